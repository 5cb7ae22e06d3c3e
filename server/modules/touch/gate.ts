import type { Policy } from '#contract/touch';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Pump } from '#platform/pump';
import { laneCount } from './attention.ts';
import { isNotHeld } from './hold.ts';
import { judge, planByIndex } from './judge.ts';
import { gateChannel } from './plan.ts';
import { readPolicy } from './policy.ts';

/** Announces touches that may be sent, to those who send them. */
export const deliveryChannel = 'touch_deliver';

/** Lanes that one batch takes, and touches of each: large enough to be worth a transaction, short enough to wait for. */
const lanesAtOnce = 4;
const touchesOfLane = 2500;

/** Decides what is due, in sets. */
export function createGate(): Pump {
  let turn = 0;
  return {
    name: 'touch.decide',
    channel: gateChannel,
    pollMs: 500,
    lanes: 2,
    async drain(ctx, runtime) {
      turn = (turn + lanesAtOnce) % laneCount;
      return await decideBatch(ctx, () => runtime.clock.now(), turn);
    },
  };
}

/**
 * One batch: the first due touch of each customer in some lanes that no other worker holds. Verdict, booking and holding the
 * lanes are one transaction: who decides about a customer next sees what was allowed now. `turn`: the lane to begin with, so
 * that none waits for all others.
 */
export async function decideBatch(ctx: Ctx, clock: () => Date, turn = 0): Promise<number> {
  const policy = await readPolicy(ctx);
  return await inTransaction(ctx, async (ctx) => {
    const lanes = await takeLanes(ctx, turn);
    if (lanes.length === 0) return 0;
    // Taken with the lanes held, so that nobody decided about these customers at a later moment.
    return await decideLanes({ ...ctx, now: clock() }, policy, lanes);
  });
}

async function takeLanes(ctx: WriteCtx, turn: number): Promise<number[]> {
  const isDue = (priority: number) => sql`exists (
    select 1 from touch t where (t.customer_id & 15) = l.lane and t.priority = ${sql.lit(priority)}
      and t.state in ('planned', 'deferred') and t.due_at <= ${ctx.now}
  )`;
  const { rows } = await sql<{ lane: number }>`
    select l.lane from touch_lane l where ${isDue(1)} or ${isDue(2)}
    order by (l.lane + ${laneCount} - ${turn}::int) % ${laneCount} limit ${lanesAtOnce} for update of l skip locked
  `.execute(ctx.db);
  return rows.map((row) => row.lane);
}

async function decideLanes(ctx: WriteCtx, policy: Policy, lanes: readonly number[]): Promise<number> {
  await planByIndex(ctx);
  const holds = await ctx.db.selectFrom('touch_hold').select('kind').limit(1).execute();
  const putOff = holds.length === 0 ? 0 : await putOffHeld(ctx, lanes);
  const due = sql`
    select distinct on (t.customer_id) t.* from unnest(${lanes}::int[]) as l(lane) cross join unnest(array[1, 2]) as p(priority)
    cross join lateral (
      select customer_id, purpose, occasion_at, id, priority, channel, category, staff_id, is_holdout, planned_at, due_at, expires_at, address
      from touch d where (customer_id & 15) = l.lane and priority = p.priority and state in ('planned', 'deferred')
        and due_at <= ${ctx.now} and ${holds.length === 0 ? sql`true` : isNotHeld('d')}
      order by due_at limit ${touchesOfLane}
    ) t
    order by t.customer_id, t.priority, t.due_at, t.id
  `;
  const { rows } = await sql<{ decided: number; allowed: number }>`
    with judged as (${judge(policy, due, ctx)}),
    decided as (
      update touch t set
        state = case j.verdict when 'allow' then 'allowed' when 'defer' then 'deferred' else 'suppressed' end,
        reason = j.reason, detail = j.detail, staff_id = j.sender_id, external_userid = j.external_userid,
        address = coalesce(t.address, j.address), home_id = coalesce(j.home_id, t.home_id), allowed_until = j.allowed_until,
        due_at = case j.verdict when 'defer' then j.until else t.due_at end,
        decided_at = case j.verdict when 'defer' then null else ${ctx.now}::timestamptz end,
        settled_at = case j.verdict when 'suppress' then ${ctx.now}::timestamptz end
      from judged j
      where t.customer_id = j.customer_id and t.purpose = j.purpose and t.occasion_at = j.occasion_at
        and t.state in ('planned', 'deferred')
      returning t.customer_id, t.id, t.channel, t.category, t.staff_id, t.home_id, t.state
    ),
    booked as (
      insert into attention (customer_id, at, touch_id, channel, category, staff_id, home_id, is_open)
      select customer_id, ${ctx.now}, id, channel, category, staff_id, home_id, true from decided where state = 'allowed'
      returning 1
    )
    select (select count(*) from decided) as decided, (select count(*) from booked) as allowed
  `.execute(ctx.db);
  const { decided = 0, allowed = 0 } = rows[0] ?? {};
  if (allowed > 0) wake(ctx, deliveryChannel);
  return decided + putOff;
}

const putOffMinutes = 5;

/** What a source holds comes up again later, so that it is not passed over at each batch: it may be a million touches. */
async function putOffHeld(ctx: WriteCtx, lanes: readonly number[]): Promise<number> {
  const { numAffectedRows } = await sql`
    update touch t set due_at = ${new Date(ctx.now.getTime() + putOffMinutes * 60_000)} from (
      select t.customer_id, t.purpose, t.occasion_at
      from touch_hold h cross join unnest(${lanes}::int[]) as l(lane) cross join unnest(array[1, 2]) as p(priority)
      cross join lateral (
        select customer_id, purpose, occasion_at from touch
        where (customer_id & 15) = l.lane and priority = p.priority and state in ('planned', 'deferred') and due_at <= ${ctx.now}
          and kind = h.kind and source_id = h.source_id
        order by due_at limit ${touchesOfLane}
      ) t
    ) held
    where t.customer_id = held.customer_id and t.purpose = held.purpose and t.occasion_at = held.occasion_at
  `.execute(ctx.db);
  return Number(numAffectedRows ?? 0);
}
