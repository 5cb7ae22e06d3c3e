import type { Input, Output } from '#contract';
import type { getCodeStats } from '#contract/acquisition';
import type { Ctx } from '#platform/ctx';
import { reportDays } from '#platform/days';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { stillThereDays } from './rules.ts';

type Stats = Output<typeof getCodeStats>;

/**
 * What one code brought. An add is a stay that began through this code in the period; it is still there after n days
 * when the stay had not ended n days after it began, counted only over adds that are at least n days old.
 */
export async function readCodeStats(ctx: Ctx, input: Input<typeof getCodeStats>): Promise<Stats> {
  const code = await ctx.db.selectFrom('channel_code').select('entry').where('id', '=', input.id).executeTakeFirst();
  if (!code) throw new AppError('not_found');
  const { from, to, days: wanted, since, until } = reportDays(ctx.now, ctx.zone, input);
  const isLanding = code.entry === 'landing';
  const spells = sql`(
    select * from follow_spell where code_id = ${input.id} and started_at >= ${since} and started_at < ${until}
  )`;
  const [totals, kept, days, staff] = await Promise.all([
    sql<Omit<Stats['totals'], 'scans'> & { scans: number }>`
      select count(*) as adds, count(*) filter (where s.is_first) as "newCustomers",
        count(*) filter (where s.ended_at is null) as active, count(*) filter (where s.ended_at is not null) as lost,
        (select coalesce(sum(scans), 0) from code_scan_day where code_id = ${input.id} and day between ${from} and ${to}) as scans,
        (select count(*) from touch where code_id = ${input.id} and kind = 'welcome' and state in ('submitted', 'delivered')
          and planned_at >= ${since} and planned_at < ${until}) as "welcomesSent",
        (select count(*) from touch where code_id = ${input.id} and kind = 'welcome' and state in ('missed', 'failed', 'unknown')
          and planned_at >= ${since} and planned_at < ${until}) as "welcomesMissed"
      from ${spells} s
    `.execute(ctx.db),
    sql<{ days: number; eligible: number; kept: number }>`
      select n as days, count(*) filter (where is_old) as eligible,
        count(*) filter (where is_old and (ended_at is null or ended_at >= started_at + n * interval '1 day')) as kept
      from (
        select n, s.*, started_at <= ${ctx.now}::timestamptz - n * interval '1 day' as is_old
        from unnest(${[...stillThereDays]}::int[]) as n left join ${spells} s on true
      ) as looked group by n order by n
    `.execute(ctx.db),
    sql<{ day: string; scans: number; adds: number; lost: number }>`
      with added as (
        select (started_at at time zone ${ctx.zone})::date as day, count(*) as n from ${spells} s group by 1
      ), lost as (
        select (ended_at at time zone ${ctx.zone})::date as day, count(*) as n from follow_spell
        where code_id = ${input.id} and ended_at >= ${since} and ended_at < ${until} group by 1
      )
      select wanted.day::text as day, coalesce(added.n, 0) as adds, coalesce(lost.n, 0) as lost, coalesce(d.scans, 0) as scans
      from unnest(${wanted}::date[]) as wanted(day)
      left join added on added.day = wanted.day left join lost on lost.day = wanted.day
      left join code_scan_day d on d.code_id = ${input.id} and d.day = wanted.day order by wanted.day
    `.execute(ctx.db),
    sql<Stats['staff'][number]>`
      select st.id, st.name, count(*) as adds, count(*) filter (where s.ended_at is null) as active,
        (select sum(chats)::int from staff_day d where d.staff_id = st.id and d.day between ${from} and ${to}) as chats,
        (select avg(reply_percentage) from staff_day d where d.staff_id = st.id and d.day between ${from} and ${to}) as "replyPercentage",
        (select avg(reply_minutes) from staff_day d where d.staff_id = st.id and d.day between ${from} and ${to}) as "replyMinutes"
      from ${spells} s join staff st on st.id = s.staff_id group by st.id order by count(*) desc, st.name
    `.execute(ctx.db),
  ]);
  const total = totals.rows[0];
  if (!total) throw new Error('an aggregate without a row');
  return {
    totals: { ...total, scans: isLanding ? total.scans : null },
    stillThere: kept.rows.map((row) => ({ ...row, rate: row.eligible === 0 ? null : row.kept / row.eligible })),
    days: days.rows.map((row) => ({ ...row, scans: isLanding ? row.scans : null })),
    staff: staff.rows,
  };
}
