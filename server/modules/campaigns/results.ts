import { performance } from 'node:perf_hooks';
import type { z } from 'zod';
import type { CampaignDraft, runResult } from '#contract/campaigns';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import type { Pump } from '#platform/pump';
import { isAct, readCurrency } from '#scores';
import { countAudience, countOpens, isOpenTask } from './audiences.ts';
import { readCampaign } from './campaigns.ts';
import { concludeRun, type GroupNumbers } from './effect.ts';
import { costOf, isBroadcast } from './rules.ts';

/**
 * What came of a run, counted anew as a whole each time: everything is found in the ledger, the orders and the timeline, so that nothing
 * that is late or told twice can add up wrongly. Kept as last counted; the count after everybody's window has ended is final and does
 * not change any more, whatever becomes known later.
 */

export type RunResult = z.output<typeof runResult>;

/** How old a count may become, in the product's time. */
const everySendingMs = 60_000;
const everyMeasuringMs = 30 * 60_000;
/** Counting takes at most a fifth of the time of one worker, however fast the product's clock runs. */
const restFactor = 4;
const maxRestMs = 60_000;

/** Counts what is old, one run at a time. */
export function createMeasuring(): Pump {
  let restsUntil = 0;
  return {
    name: 'campaigns.measure',
    channel: 'campaign_measure',
    pollMs: 1000,
    lanes: 1,
    async drain(ctx) {
      if (performance.now() < restsUntil) return 0;
      const begun = performance.now();
      const { rows } = await sql<{ campaign_id: number; number: number }>`
        select r.campaign_id, r.number from campaign_run r
        left join campaign_result m on m.campaign_id = r.campaign_id and m.number = r.number
        where r.state <> 'final' and (m.measured_at is null
          or m.measured_at <= ${ctx.now}::timestamptz - case when r.state = 'measuring' then ${everyMeasuringMs}::int else ${everySendingMs}::int end * interval '1 millisecond'
          or r.measured_until <= ${ctx.now})
        order by m.measured_at nulls first, r.campaign_id limit 1
      `.execute(ctx.db);
      const [run] = rows;
      if (!run) return 0;
      await measure(ctx, run.campaign_id, run.number);
      restsUntil = performance.now() + Math.min(maxRestMs, restFactor * (performance.now() - begun));
      return 1;
    },
  };
}

/** Advisory lock under which one run is counted by one worker. */
const measureLock = 7164023;

/** Counts one run now, and moves it on where its messages have gone, or its last window has ended. A final one stays as it is. */
export async function measure(ctx: Ctx, campaignId: number, number: number): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const { rows } = await sql<{ free: boolean }>`
      select pg_try_advisory_xact_lock(${measureLock}, hashtext(${`${campaignId} ${number}`})) as free
    `.execute(ctx.db);
    if (!rows[0]?.free) return;
    const row = await ctx.db
      .selectFrom('campaign_run as r')
      .innerJoin('campaign as c', 'c.id', 'r.campaign_id')
      .selectAll('c')
      .select(['r.number', 'r.state as run_state', 'r.occasion_at', 'r.currency'])
      .where('r.campaign_id', '=', campaignId)
      .where('r.number', '=', number)
      .executeTakeFirst();
    if (!row) throw new AppError('not_found');
    if (row.run_state === 'final') return;
    const { draft } = readCampaign(row);
    // A million people take longer to count than an answer may.
    await sql`set local statement_timeout = 0`.execute(ctx.db);
    const currency = row.currency ?? (await readCurrency(ctx));
    const run = { campaignId, number, occasionAt: row.occasion_at, currency, draft };
    const broadcasts = isBroadcast(draft.channel) ? await countAudience(ctx, campaignId, number) : [];
    const progress = isBroadcast(draft.channel) ? progressOfAudience(run, broadcasts) : await gatherPeople(ctx, run);
    const isSent = row.run_state !== 'planning' && progress.open === 0;
    const measuredUntil = isSent ? (progress.until ?? ctx.now) : null;
    const isFinal = measuredUntil !== null && measuredUntil <= ctx.now;
    const result = await summarize(ctx, run, broadcasts, isFinal, progress.youngest);
    await ctx.db
      .insertInto('campaign_result')
      .values({
        campaign_id: campaignId,
        number,
        measured_at: ctx.now,
        is_final: isFinal,
        result: JSON.stringify(result),
      })
      .onConflict((conflict) =>
        conflict
          .columns(['campaign_id', 'number'])
          .doUpdateSet({ measured_at: ctx.now, is_final: isFinal, result: JSON.stringify(result) }),
      )
      .execute();
    await ctx.db
      .updateTable('campaign_run')
      .set({
        currency,
        ...(isSent ? { state: isFinal ? 'final' : 'measuring', measured_until: measuredUntil } : {}),
      })
      .where('campaign_id', '=', campaignId)
      .where('number', '=', number)
      .execute();
    if (!isSent) return;
    // All of its messages have gone: what remains is its next run, or nothing.
    await sql`
      update campaign c set state = case when next_run_at is null then 'done' else 'scheduled' end
      where id = ${campaignId} and state = 'running' and not exists (
        select 1 from campaign_run r where r.campaign_id = c.id and r.state in ('planning', 'sending')
      )
    `.execute(ctx.db);
  });
}

interface Run {
  readonly campaignId: number;
  readonly number: number;
  readonly occasionAt: Date;
  readonly currency: string | null;
  readonly draft: CampaignDraft;
}

/**
 * One row for each of a run's people in the temporary table `counted`: where their touch is, and what they did from the moment the gate
 * decided on (time zero) for as long as the window; orders also as long before.
 *
 * Counted as treated is whom the gate let through, whatever became of the message; as control whom it would have let through.
 */
async function gatherPeople(ctx: WriteCtx, run: Run): Promise<Progress> {
  const window = sql`${run.draft.windowHours}::int * interval '1 hour'`;
  const inWindow = (at: RawBuilder<unknown>) =>
    sql`${at} >= t.decided_at and ${at} < t.decided_at + ${window} and ${at} <= ${ctx.now}`;
  const after = sql`o.ordered_at >= t.decided_at`;
  const net = sql`(o.total_fen - o.refunded_fen)`;
  await sql`
    create temp table counted on commit drop as
    with t as materialized (
      select distinct on (t.customer_id) t.customer_id, t.part, t.is_holdout, t.staff_id, t.state, t.reason, t.decided_at,
        t.settled_at,
        t.decided_at is not null and case when t.is_holdout then t.state = 'suppressed' and t.reason = 'holdout'
          else t.state not in ('planned', 'deferred', 'suppressed') end as is_counted,
        t.state in ('submitted', 'delivered', 'unknown') or p.submitted_at is not null as is_submitted,
        p.confirmed_at is not null or t.state = 'delivered' as is_confirmed, t.state = 'delivered' as is_delivered
      from touch t left join touch_pack p on p.id = t.pack_id
      where t.kind = 'campaign' and t.source_id = ${run.campaignId} and t.occasion_at = ${run.occasionAt}
      order by t.customer_id, t.decided_at
    )
    select t.*, coalesce(o.orders, 0) as orders, coalesce(o.amount, 0) as amount, coalesce(o.orders_before, 0) as orders_before,
      coalesce(o.amount_before, 0) as amount_before, o.ordered_at, e.acted_at, e.opened_at, s.blocked_at
    from t
    left join lateral (
      select count(*) filter (where ${after}) as orders, sum(${net}) filter (where ${after}) as amount,
        count(*) filter (where not ${after}) as orders_before, sum(${net}) filter (where not ${after}) as amount_before,
        min(o.ordered_at) filter (where ${after}) as ordered_at
      from shop_order o
      where t.is_counted and o.customer_id = t.customer_id and o.currency = ${run.currency} and o.state <> 'cancelled'
        and o.total_fen > o.refunded_fen and o.ordered_at >= t.decided_at - ${window} and o.ordered_at < t.decided_at + ${window}
        and o.ordered_at <= ${ctx.now}
    ) o on true
    left join lateral (
      select min(e.occurred_at) filter (where ${isAct} and e.name <> 'link.opened') as acted_at,
        min(e.occurred_at) filter (where e.name = 'link.opened' and e.payload ->> 'kind' = 'campaign'
          and e.payload ->> 'sourceId' = ${String(run.campaignId)}) as opened_at
      from event e
      where t.is_counted and e.customer_id = t.customer_id and ${inWindow(sql`e.occurred_at`)} and e.occurred_at >= ${run.occasionAt}
    ) e on true
    left join lateral (
      select min(s.ended_at) as blocked_at from follow_spell s
      where t.is_counted and s.customer_id = t.customer_id and s.ended_by = 'customer' and ${inWindow(sql`s.ended_at`)}
    ) s on true
  `.execute(ctx.db);
  return readProgress(ctx, run.draft);
}

/** An audience has been told when the last of its members has sent it; its window is counted from the beginning. */
function progressOfAudience({ occasionAt, draft }: Run, broadcasts: RunResult['broadcasts']): Progress {
  const open = broadcasts.filter(isOpenTask).reduce((sum, { count }) => sum + count, 0);
  return { open, until: new Date(occasionAt.getTime() + draft.windowHours * 3_600_000), youngest: null };
}

interface Progress {
  /** Touches that have not gone. */
  readonly open: number;
  /** When the last window ends. */
  readonly until: Date | null;
  /** The last time zero. */
  readonly youngest: Date | null;
}

async function readProgress(ctx: Ctx, draft: CampaignDraft): Promise<Progress> {
  const { rows } = await sql<Progress>`
    select count(*) filter (where state in ('planned', 'deferred', 'allowed', 'claimed')) as open,
      max(decided_at) filter (where is_counted) + ${draft.windowHours}::int * interval '1 hour' as until,
      max(decided_at) filter (where is_counted) as youngest
    from counted
  `.execute(ctx.db);
  return rows[0] ?? { open: 0, until: null, youngest: null };
}

async function summarize(
  ctx: Ctx,
  { draft, campaignId, occasionAt }: Run,
  broadcasts: RunResult['broadcasts'],
  isOver: boolean,
  youngest: Date | null,
): Promise<Omit<RunResult, 'measuredAt' | 'isFinal'>> {
  const hasPeople = !isBroadcast(draft.channel);
  const numbers = hasPeople ? await readNumbers(ctx) : [];
  const funnel = hasPeople ? await readFunnel(ctx, draft) : [];
  const messages = funnel.reduce((sum, part) => sum + part.submitted, 0);
  const effect = concludeRun(numbers, {
    holdoutShare: hasPeople ? draft.holdoutBasisPoints / 10_000 : 0,
    weights: new Map(draft.variants.map(({ part, weight }) => [part, weight])),
    isOver,
    messages,
    costFen: costOf(draft, messages),
    marginBasisPoints: draft.marginBasisPoints,
  });
  return {
    numbers,
    effect,
    funnel,
    staff: hasPeople ? await readStaff(ctx) : [],
    days: hasPeople ? await readDays(ctx) : [],
    broadcasts,
    opens: await countOpens(ctx, campaignId, occasionAt, ctx.now),
    curve: await readCurve(ctx, draft, youngest),
  };
}

/** Powers of y and of x in each of the sums that statistics.ts has. */
const powers = {
  y: [1, 0],
  yy: [2, 0],
  yyy: [3, 0],
  x: [0, 1],
  xx: [0, 2],
  xxx: [0, 3],
  xy: [1, 1],
  xyy: [2, 1],
  xxy: [1, 2],
} as const;

function powersOf(y: string, x: string): RawBuilder<unknown> {
  const sums = Object.entries(powers).map(([name, [ofY, ofX]]) => {
    const factors = [...Array(ofY).fill(`${y}::float8`), ...Array(ofX).fill(`${x}::float8`)];
    return `'${name}', coalesce(sum(${factors.join(' * ')}), 0)`;
  });
  return sql.raw(`jsonb_build_object('people', count(*), ${sums.join(', ')})`);
}

async function readNumbers(ctx: Ctx): Promise<GroupNumbers[]> {
  const { rows } = await sql<GroupNumbers>`
    select part, is_holdout as "isHoldout", count(*) as people, count(*) filter (where orders > 0) as ordered, count(acted_at) as acted,
      count(blocked_at) as blocked, count(opened_at) as opened, ${powersOf('orders', 'orders_before')} as orders,
      ${powersOf('amount', 'amount_before')} as "amountFen"
    from counted where is_counted group by part, is_holdout order by part, is_holdout
  `.execute(ctx.db);
  return rows;
}

/** What was done with the messages, and by those who were to have one. */
const steps = sql`
  count(*) filter (where is_counted) as allowed, count(*) filter (where is_submitted) as submitted,
  count(*) filter (where is_confirmed) as confirmed, count(*) filter (where is_delivered) as delivered, count(opened_at) as opened,
  count(acted_at) as acted, count(*) filter (where orders > 0) as ordered, count(blocked_at) as blocked,
  coalesce(sum(amount), 0)::bigint as "amountFen"
`;

async function readFunnel(ctx: Ctx, draft: CampaignDraft): Promise<RunResult['funnel']> {
  const { rows } = await sql<RunResult['funnel'][number]>`
    select v.part, count(c.customer_id) as planned, ${steps}
    from unnest(${draft.variants.map(({ part }) => part)}::text[]) v(part) left join counted c on c.part = v.part and not c.is_holdout
    group by v.part order by v.part
  `.execute(ctx.db);
  return rows;
}

async function readStaff(ctx: Ctx): Promise<RunResult['staff']> {
  const { rows } = await sql<RunResult['staff'][number]>`
    select s.id, s.name, ${steps}
    from counted c left join staff s on s.id = c.staff_id where not c.is_holdout and c.is_counted
    group by s.id order by allowed desc, s.id limit 200
  `.execute(ctx.db);
  return rows.map(({ opened: _, ...row }: RunResult['staff'][number] & { opened?: number }) => row);
}

async function readDays(ctx: Ctx): Promise<RunResult['days']> {
  const dayIn = (column: string) => sql`(${sql.ref(column)} at time zone ${ctx.zone})::date`;
  const what = {
    allowed: 'decided_at',
    delivered: 'delivered_at',
    opened: 'opened_at',
    ordered: 'ordered_at',
    blocked: 'blocked_at',
  };
  const parts = Object.entries(what).map(
    ([name, column]) =>
      sql`select ${dayIn(column)} as day, ${name} as what from treated where ${sql.ref(column)} is not null`,
  );
  const counts = Object.keys(what).map((name) => sql`count(*) filter (where what = ${name}) as ${sql.ref(name)}`);
  const { rows } = await sql<RunResult['days'][number]>`
    with treated as (
      select *, case when is_delivered then settled_at end as delivered_at from counted where is_counted and not is_holdout
    )
    select day::text, ${sql.join(counts)} from (${sql.join(parts, sql` union all `)}) d group by day order by day
  `.execute(ctx.db);
  return rows.filter(({ day }) => day <= dayOf(ctx.now, ctx.zone));
}

/** The share with an order so many days after time zero, for as many days as everybody has behind him. */
async function readCurve(ctx: Ctx, draft: CampaignDraft, youngest: Date | null): Promise<RunResult['curve']> {
  if (!youngest) return [];
  const hours = Math.min(draft.windowHours, Math.floor((ctx.now.getTime() - youngest.getTime()) / 3_600_000));
  const { rows } = await sql<{ isHoldout: boolean; day: number | null; count: number }>`
    select is_holdout as "isHoldout", floor(extract(epoch from ordered_at - decided_at) / 86400)::int as day, count(*) as count
    from counted where is_counted group by 1, 2
  `.execute(ctx.db);
  const shareAfter = (days: number, isHoldout: boolean) => {
    const group = rows.filter((row) => row.isHoldout === isHoldout);
    const count = (some: typeof group) => some.reduce((sum, row) => sum + row.count, 0);
    return group.length === 0 ? null : count(group.filter(({ day }) => day !== null && day < days)) / count(group);
  };
  return Array.from({ length: Math.floor(hours / 24) + 1 }, (_, days) => ({
    days,
    treated: shareAfter(days, false) ?? 0,
    control: shareAfter(days, true),
  }));
}
