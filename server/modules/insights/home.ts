import type { Input, Output } from '#contract';
import type { getHome } from '#contract/insights';
import type { Ctx } from '#platform/ctx';
import { reportDays } from '#platform/days';
import { sql } from '#platform/db';

type Home = Output<typeof getHome>;

/** Days after which newcomers are looked at again. */
const retentionDays = [1, 7, 14, 30] as const;

/**
 * The figures of the home page. Added: people whose first stay with anybody began in the period. Lost: people whose last
 * stay ended in the period and who are with nobody now. All of them count people, not follows, except `follows`.
 */
export async function readHome(ctx: Ctx, input: Input<typeof getHome>): Promise<Home> {
  const { from, to, days, since, until } = reportDays(ctx.now, ctx.zone, input);
  const before = new Date(since.getTime() - (until.getTime() - since.getTime()));

  const [counts, movement, sources, codes, retention, staff, welcomes] = await Promise.all([
    sql<{ now: number; follows: number }>`
      select count(*) filter (where active_follow_count > 0) as now, coalesce(sum(active_follow_count), 0) as follows from customer
    `.execute(ctx.db),
    readMovement(ctx, before, until),
    sql<Home['sources'][number]>`
      select source, count(*) as added, count(*) filter (where gone_at is null) as active,
        count(*) filter (where gone_at is null)::float8 / count(*) as rate
      from customer where met_at >= ${since} and met_at < ${until} group by source order by count(*) desc, source
    `.execute(ctx.db),
    sql<Home['codes'][number]>`
      select cc.id, cc.name, count(*) as added, count(*) filter (where c.gone_at is null) as active
      from customer c join channel_code cc on cc.id = c.code_id
      where c.met_at >= ${since} and c.met_at < ${until} group by cc.id order by count(*) desc, cc.id limit 12
    `.execute(ctx.db),
    readRetention(ctx, since, until),
    sql<Home['staff'][number]>`
      with spells as (
        select staff_id, count(*) filter (where started_at >= ${since} and started_at < ${until}) as added,
          count(*) filter (where ended_at >= ${since} and ended_at < ${until}) as lost
        from follow_spell
        where (started_at >= ${since} and started_at < ${until}) or (ended_at >= ${since} and ended_at < ${until})
        group by staff_id
      ), held as (select staff_id, count(*) as customers from follow where state = 'active' group by staff_id),
      replies as (
        select staff_id, avg(reply_percentage) as percentage, avg(reply_minutes) as minutes from staff_day
        where day between ${from} and ${to} group by staff_id
      )
      select s.id, s.name, coalesce(added, 0) as added, coalesce(lost, 0) as lost, coalesce(customers, 0) as customers,
        r.percentage as "replyPercentage", r.minutes as "replyMinutes"
      from staff s left join spells on spells.staff_id = s.id left join held on held.staff_id = s.id
      left join replies r on r.staff_id = s.id
      where coalesce(added, 0) + coalesce(lost, 0) + coalesce(customers, 0) > 0
      order by coalesce(added, 0) desc, coalesce(customers, 0) desc, s.name limit 100
    `.execute(ctx.db),
    sql<Home['welcomes']>`
      select count(*) filter (where state in ('submitted', 'delivered')) as sent, count(*) filter (where state = 'missed') as missed,
        count(*) filter (where state in ('failed', 'unknown')) as failed,
        round(percentile_cont(0.5) within group (order by took_ms) filter (where state in ('submitted', 'delivered')))::int as "medianMs",
        round(percentile_cont(0.99) within group (order by took_ms) filter (where state in ('submitted', 'delivered')))::int as "p99Ms"
      from touch where kind = 'welcome' and planned_at >= ${since} and planned_at < ${until}
    `.execute(ctx.db),
  ]);

  const customersNow = counts.rows[0]?.now ?? 0;
  const inPeriod = movement.filter((row) => row.day >= from);
  const earlier = movement.filter((row) => row.day < from);
  const sum = (rows: typeof movement, key: 'added' | 'lost') => rows.reduce((total, row) => total + row[key], 0);
  const added = sum(inPeriod, 'added');
  const lost = sum(inPeriod, 'lost');
  return {
    from,
    to,
    totals: {
      customersNow,
      added,
      lost,
      net: added - lost,
      addedBefore: sum(earlier, 'added'),
      lostBefore: sum(earlier, 'lost'),
      follows: counts.rows[0]?.follows ?? 0,
    },
    days: await withTotals(ctx, days, inPeriod, until),
    sources: sources.rows,
    codes: codes.rows,
    retention,
    staff: staff.rows,
    welcomes: welcomes.rows[0] ?? { sent: 0, missed: 0, failed: 0, medianMs: null, p99Ms: null },
  };
}

interface Movement {
  day: string;
  added: number;
  lost: number;
}

/** People by the day they came, and by the day they were gone for good as far as we know now. */
async function readMovement(ctx: Ctx, since: Date, until: Date): Promise<Movement[]> {
  const { rows } = await sql<Movement>`
    with added as (
      select (met_at at time zone ${ctx.zone})::date as day, count(*) as n from customer
      where met_at >= ${since} and met_at < ${until} group by 1
    ), lost as (
      select (gone_at at time zone ${ctx.zone})::date as day, count(*) as n from customer
      where gone_at >= ${since} and gone_at < ${until} group by 1
    )
    select day::text as day, coalesce(added.n, 0) as added, coalesce(lost.n, 0) as lost
    from added full join lost using (day) order by day
  `.execute(ctx.db);
  return rows;
}

/** Customers at the end of each day: those known before, plus what came, minus what went. */
async function withTotals(
  ctx: Ctx,
  days: readonly string[],
  movement: readonly Movement[],
  until: Date,
): Promise<Home['days']> {
  const { rows } = await sql<{ total: number }>`
    select (select count(*) from customer where met_at < ${until}) - (select count(*) from customer where gone_at < ${until}) as total
  `.execute(ctx.db);
  let total = rows[0]?.total ?? 0;
  const byDay = new Map(movement.map((row) => [row.day, row]));
  return [...days]
    .reverse()
    .map((day) => {
      const { added = 0, lost = 0 } = byDay.get(day) ?? {};
      const row = { day, added, lost, total };
      total -= added - lost;
      return row;
    })
    .reverse();
}

/** Of the people added in a week, how many are n days old, and how many of those still had somebody n days after. */
async function readRetention(ctx: Ctx, since: Date, until: Date): Promise<Home['retention']> {
  const points = retentionDays.map((days) => {
    const isOld = sql`started_at <= ${ctx.now}::timestamptz - ${days} * interval '1 day'`;
    const wasThere = sql`(gone_at is null or gone_at >= started_at + ${days} * interval '1 day')`;
    return sql`count(*) filter (where ${isOld}), count(*) filter (where ${isOld} and ${wasThere})`;
  });
  const { rows } = await sql<{ week: string; added: number; counts: number[] }>`
    with newcomer as materialized (
      -- Gone when no stay is open; somebody who is with anybody now was kept.
      select met_at as started_at, date_trunc('week', met_at at time zone ${ctx.zone})::date as week, gone_at
      from customer where met_at >= ${since} and met_at < ${until}
    )
    select week::text as week, count(*) as added, array[${sql.join(points)}] as counts
    from newcomer group by week order by week
  `.execute(ctx.db);
  return rows.map(({ week, added, counts }) => ({
    week,
    added,
    points: retentionDays.map((days, i) => ({ days, eligible: counts[2 * i] ?? 0, kept: counts[2 * i + 1] ?? 0 })),
  }));
}
