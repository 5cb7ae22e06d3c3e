import type { Mover } from '#customers';
import type { WriteCtx } from '#platform/ctx';
import { addDays, dayOf } from '#platform/days';
import { sql } from '#platform/db';
import { ensureMonths } from '#platform/partitions';
import { numbersOf } from './lookback.ts';
import { releasePeople } from './travellers.ts';

/** Figures are folded, and versions that nobody goes by any more are no longer looked at. */
export async function tidyJourneys(ctx: WriteCtx): Promise<void> {
  await foldCounts(ctx);
  await ensureMonths(ctx, 'journey_step', [ctx.now, new Date(ctx.now.getTime() + 31 * 86_400_000)]);
  // Somebody may have come in by a version at the moment in which it was said to be over: it is looked at again.
  await sql`
    update journey_version v set is_over = not v.is_over
    where v.is_over = (
      exists (select 1 from journey_enrolment e where e.version_id = v.id and e.state = 'active')
      or exists (select 1 from journey j where j.version_id = v.id and j.deleted_at is null)
    )
  `.execute(ctx.db);
}

async function foldCounts(ctx: WriteCtx): Promise<void> {
  await sql`
    with gone as (
      delete from journey_count where ctid in (select ctid from journey_count where (version_id, day, what, node, way) in (
        select version_id, day, what, node, way from journey_count group by 1, 2, 3, 4, 5 having count(*) > 1
      ) for update skip locked) returning *
    )
    insert into journey_count (version_id, day, what, node, way, count)
    select version_id, day, what, node, way, sum(count) from gone group by 1, 2, 3, 4, 5
  `.execute(ctx.db);
}

/** Paths are kept for so long after their end. */
const keptDays = 400;

/** What ended long ago goes: each day about as much as came in on one. */
export async function forgetPaths(ctx: WriteCtx): Promise<void> {
  const before = addDays(dayOf(ctx.now, ctx.zone), -keptDays);
  // Ended paths have no index of their own: for many millions this takes longer than an answer may.
  await sql`set local statement_timeout = 0`.execute(ctx.db);
  await sql`delete from journey_enrolment where state = 'ended' and ended_at < ${before}::date`.execute(ctx.db);
  await sql`delete from journey_intake where done_at < ${before}::date`.execute(ctx.db);
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'journey_step'::regclass and c.relname < ${`journey_step_${before.slice(0, 7).replace('-', '_')}`}
  `.execute(ctx.db);
  for (const { name } of rows) await sql`drop table ${sql.table(name)}`.execute(ctx.db);
}

/**
 * Paths go where the account goes that brought the person in. Two who turn out to be one go on in one path of a journey that
 * lets nobody in twice: the later one ends.
 */
export const moveJourneys: Mover = async (ctx, { from, to, accounts, isWhole, firstAccountId }) => {
  const { rows } = await sql<{ id: number; entered_at: Date }>`
    update journey_enrolment set customer_id = ${to}, home_id = coalesce(home_id, ${firstAccountId})
    where customer_id = ${from} and (${isWhole} or home_id = any(${accounts.map((account) => account.id)}::bigint[]))
    returning id, entered_at
  `.execute(ctx.db);
  if (rows.length > 0) {
    const first = new Date(Math.min(...rows.map((row) => row.entered_at.getTime())));
    await sql`
      update journey_step set customer_id = ${to}
      where customer_id = ${from} and at >= ${first} and enrolment_id = any(${numbersOf(rows.map((row) => row.id))}::bigint[])
    `.execute(ctx.db);
  }
  await movePerson(ctx, from, to, isWhole);
  await endDoubles(ctx, to);
};

/** Who was in a journey, as either of two, was in it. */
async function movePerson(ctx: WriteCtx, from: number, to: number, isWhole: boolean): Promise<void> {
  const inside = (customerId: number) => sql`(
    select count(*)::integer from journey_enrolment e
    where e.customer_id = ${customerId} and e.journey_id = p.journey_id and e.state = 'active'
  )`;
  await sql`
    insert into journey_person as p (customer_id, journey_id, entered_at, inside)
    select ${to}, journey_id, max(entered_at), 0 from (
      select journey_id, entered_at from journey_enrolment where customer_id = ${to}
      union all select journey_id, entered_at from journey_person where customer_id = ${from} and ${isWhole}
    ) known group by journey_id
    on conflict (customer_id, journey_id) do update set entered_at = greatest(p.entered_at, excluded.entered_at)
  `.execute(ctx.db);
  if (isWhole) await sql`delete from journey_person where customer_id = ${from}`.execute(ctx.db);
  await sql`update journey_person p set inside = ${inside(from)} where customer_id = ${from}`.execute(ctx.db);
  await sql`update journey_person p set inside = ${inside(to)} where customer_id = ${to}`.execute(ctx.db);
}

async function endDoubles(ctx: WriteCtx, customerId: number): Promise<void> {
  const { rows } = await sql<{ journey_id: number }>`
    update journey_enrolment e set state = 'ended', ended_at = ${ctx.now}, end_reason = 'merged', arrived_xid = null
    from (
      select e.id, row_number() over (partition by e.journey_id order by e.entered_at, e.id) as place
      from journey_enrolment e join journey_version v on v.id = e.version_id
      where e.customer_id = ${customerId} and e.state = 'active' and v.graph #>> '{reentry,kind}' <> 'always'
    ) d
    where e.customer_id = ${customerId} and e.id = d.id and d.place > 1 returning e.journey_id
  `.execute(ctx.db);
  await releasePeople(
    ctx,
    rows.map((row) => ({ customerId, journeyId: row.journey_id })),
  );
}
