import type { Mover } from '#customers';
import type { Listener } from '#events';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { isAct, isActName } from '#scores';
import { giveAttentionBack, holdLanes, type TouchRef } from './attention.ts';

/** An event by which somebody says that he hears too much of us: he muted us, or ended a contact himself. */
const isMute = sql`(e.name = 'touch.muted' or e.name = 'follow.ended' and e.payload ->> 'by' = 'customer')`;

/** Keeps when somebody last did something of his own accord, and when he last muted us: the gate waits longer then. */
export const noteActs: Listener = async (ctx, events) => {
  const noted = new Map<number, { act: Date | null; mute: Date | null }>();
  for (const { customerId, name, at, payload, isNews } of events) {
    if (customerId <= 0 || !isNews) continue;
    const isMuted = name === 'touch.muted' || (name === 'follow.ended' && payload.by === 'customer');
    if (!isMuted && !isActName(name)) continue;
    const known = noted.get(customerId) ?? { act: null, mute: null };
    if (isMuted) known.mute = later(known.mute, at);
    else known.act = later(known.act, at);
    noted.set(customerId, known);
  }
  if (noted.size === 0) return;
  // In one order, so that two batches never wait for each other in a ring.
  const ids = [...noted.keys()].sort((a, b) => a - b);
  const times = (of: 'act' | 'mute') => `{${ids.map((id) => noted.get(id)?.[of]?.getTime() ?? 'null').join(',')}}`;
  const moment = (ms: string) => sql.raw(`'epoch'::timestamptz + ${ms} * interval '1 millisecond'`);
  // Who did something later already is passed over before he would be locked: shops tell old things, too.
  await sql`
    insert into touch_person as p (customer_id, last_act_at, muted_at)
    select n.id, n.act, n.mute from (
      select id, ${moment('act')} as act, ${moment('mute')} as mute
      from unnest(${`{${ids.join(',')}}`}::bigint[], ${times('act')}::bigint[], ${times('mute')}::bigint[]) as n(id, act, mute)
    ) n
    where not exists (
      select 1 from touch_person k where k.customer_id = n.id
        and (n.act is null or k.last_act_at >= n.act) and (n.mute is null or k.muted_at >= n.mute)
    )
    on conflict (customer_id) do update
      set last_act_at = greatest(p.last_act_at, excluded.last_act_at), muted_at = greatest(p.muted_at, excluded.muted_at)
      where excluded.last_act_at > coalesce(p.last_act_at, '-infinity') or excluded.muted_at > coalesce(p.muted_at, '-infinity')
  `.execute(ctx.db);
};

const later = (a: Date | null, b: Date) => (a !== null && a > b ? a : b);

/** Touches go with the person, and nobody decides about either meanwhile. */
export const moveTouches: Mover = async (ctx, move) => {
  const { from, to, accounts, isWhole, firstAccountId } = move;
  await holdLanes(ctx, [from, to]);
  const isMoving = sql`(${isWhole} or home_id = any(${accounts.map((account) => account.id)}::bigint[]))`;
  await suppressDoubles(ctx, from, to, isMoving);
  // A purpose that both were touched for stays unique: the later one keeps where it came from.
  await sql`
    update touch t set customer_id = ${to}, home_id = coalesce(home_id, ${firstAccountId}),
      purpose = case when exists (
        select 1 from touch x where x.customer_id = ${to} and x.purpose = t.purpose and x.occasion_at = t.occasion_at
      ) then t.purpose || ' of ' || ${from}::bigint else t.purpose end
    where customer_id = ${from} and ${isMoving}
  `.execute(ctx.db);
  await sql`
    update attention set customer_id = ${to}, home_id = coalesce(home_id, ${firstAccountId})
    where customer_id = ${from} and ${isMoving}
  `.execute(ctx.db);
  await moveConsents(ctx, from, to, isWhole);
  await rememberAnew(ctx, [from, to]);
};

/** Two who were to hear the same thing are one person, who hears it once. */
async function suppressDoubles(ctx: WriteCtx, from: number, to: number, isMoving: typeof isMute): Promise<void> {
  const waits = (row: string) => sql`${sql.ref(row)}.state in ('planned', 'deferred', 'allowed')`;
  const { rows } = await sql<TouchRef>`
    with double as (
      select case when ${waits('a')} then a.customer_id else b.customer_id end as customer_id, a.purpose, a.occasion_at
      from (select * from touch where customer_id = ${from} and ${isMoving}) a
      join touch b on b.customer_id = ${to} and b.purpose = a.purpose and b.occasion_at = a.occasion_at
      where (${waits('a')} or ${waits('b')}) and a.state not in ('suppressed', 'cancelled') and b.state not in ('suppressed', 'cancelled')
    )
    update touch t set state = 'suppressed', reason = 'same_person', detail = null, settled_at = ${ctx.now} from double d
    where t.customer_id = d.customer_id and t.purpose = d.purpose and t.occasion_at = d.occasion_at
    returning t.customer_id as "customerId", t.id as "touchId"
  `.execute(ctx.db);
  await giveAttentionBack(ctx, rows);
}

/** The newest word counts; of two at one moment the no. Who is parted from another takes every no along, and no yes. */
async function moveConsents(ctx: WriteCtx, from: number, to: number, isWhole: boolean): Promise<void> {
  await sql`
    insert into consent as c (customer_id, channel, category, state, at, evidence)
    select ${to}, channel, category, state, at, evidence from consent
    where customer_id = ${from} and (${isWhole} or state = 'withdrawn')
    on conflict (customer_id, channel, category) do update
      set state = excluded.state, at = excluded.at, evidence = excluded.evidence
      where (c.at, c.state) < (excluded.at, excluded.state)
  `.execute(ctx.db);
  if (isWhole) await ctx.db.deleteFrom('consent').where('customer_id', '=', from).execute();
}

/** The acts have moved already: what is remembered of both follows from them. */
async function rememberAnew(ctx: WriteCtx, customerIds: readonly number[]): Promise<void> {
  await ctx.db
    .deleteFrom('touch_person')
    .where('customer_id', 'in', [...customerIds])
    .execute();
  await sql`
    insert into touch_person (customer_id, last_act_at, muted_at)
    select e.customer_id, max(e.occurred_at) filter (where ${isAct}), max(e.occurred_at) filter (where ${isMute})
    from event e where e.customer_id = any(${customerIds}::bigint[]) and (${isAct} or ${isMute}) group by e.customer_id
  `.execute(ctx.db);
}
