import type { Input, Output } from '#contract';
import type { getTaskReport } from '#contract/tasks';
import type { Ctx } from '#platform/ctx';
import { dayOf, reportDays } from '#platform/days';
import { sql } from '#platform/db';
import { isAct } from '#scores';
import { taskScope } from './list.ts';

/** An act so soon after is taken for a reaction: the hours of module scores, as a default. */
const reactionHours = 72;
const orderDays = 7;

/** What became of the tasks of a period, for each adviser. Who has a task now answers for it. */
export async function readReport(ctx: Ctx, input: Input<typeof getTaskReport>): Promise<Output<typeof getTaskReport>> {
  const { from, to, days } = reportDays(ctx.now, ctx.zone, input);
  const today = dayOf(ctx.now, ctx.zone);
  const scope = taskScope(ctx.actor);
  const period = sql`t.first_due_on >= ${from}::date and t.first_due_on <= ${to}::date`;
  const { rows } = await sql<Output<typeof getTaskReport>['rows'][number]>`
    with given as (
      select t.*, (t.ended_at at time zone ${ctx.zone})::date as ended_on, after.acted, after.ordered
      from task t
      left join lateral (
        select
          exists (
            select 1 from event e where e.customer_id = t.customer_id and e.occurred_at > t.ended_at
              and e.occurred_at <= t.ended_at + ${reactionHours} * interval '1 hour' and e.occurred_at <= ${ctx.now} and ${isAct}
          ) as acted,
          exists (
            select 1 from shop_order o where o.customer_id = t.customer_id and o.state <> 'cancelled' and o.ordered_at > t.ended_at
              and o.ordered_at <= t.ended_at + ${orderDays} * interval '1 day' and o.ordered_at <= ${ctx.now}
          ) as ordered
        where t.state = 'done'
      ) after on true
      where ${period} and ${scope}
    )
    select json_build_object('id', g.staff_id, 'name', coalesce((select s.name from staff s where s.id = g.staff_id), '')) as staff,
      count(*) as given, count(*) filter (where g.state = 'done') as done,
      count(*) filter (where g.state = 'done' and g.ended_on <= g.first_due_on) as "inTime",
      count(*) filter (where g.postpone_count > 0) as postponed,
      count(*) filter (where g.state = 'not_suitable') as "notSuitable", count(*) filter (where g.state = 'expired') as expired,
      count(*) filter (where g.state in ('open', 'postponed')) as open,
      count(*) filter (where g.state in ('open', 'postponed') and g.due_on < ${today}::date) as overdue,
      count(*) filter (where g.acted) as reacted, count(*) filter (where g.ordered) as ordered
    from given g group by g.staff_id order by count(*) desc, g.staff_id limit 500
  `.execute(ctx.db);
  const { rows: byDay } = await sql<Output<typeof getTaskReport>['days'][number]>`
    with due as (
      select t.first_due_on as day, count(*) as count from task t where ${period} and ${scope} group by 1
    ), done as (
      select (t.ended_at at time zone ${ctx.zone})::date as day, count(*) as count from task t
      where t.state = 'done' and t.ended_at >= (${from}::date::timestamp at time zone ${ctx.zone})
        and t.ended_at < ((${to}::date + 1)::timestamp at time zone ${ctx.zone}) and ${scope} group by 1
    )
    select wanted.day::text as day, coalesce(due.count, 0) as due, coalesce(done.count, 0) as done
    from unnest(${days}::date[]) as wanted(day)
    left join due on due.day = wanted.day left join done on done.day = wanted.day order by wanted.day
  `.execute(ctx.db);
  return { from, to, rows, days: byDay };
}
