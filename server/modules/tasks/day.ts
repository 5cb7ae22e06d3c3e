import { notifyStaff } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { addDays, civilMoment, dayOf, dayStart } from '#platform/days';
import { sql } from '#platform/db';
import { type Chore, everyMs } from '#platform/schedule';
import { readSetting, saveSetting } from '#platform/settings';
import { departmentsOf } from './list.ts';
import { type Department, ladderOf, nextRung, type Overdue, summaryText, type Workload } from './rules.ts';
import { readSettings } from './settings.ts';

const doneKey = 'tasks.day';

/**
 * The morning: what is overdue goes up to whoever comes next, then everybody hears what there is to do. Once a civil day,
 * at the minute of the settings or, when nobody worked then, as soon as somebody does.
 */
export async function beginDay(ctx: WriteCtx, publicUrl: string): Promise<void> {
  const today = dayOf(ctx.now, ctx.zone);
  const { summary, escalation } = await readSettings(ctx);
  const { minute, weekday } = civilMoment(ctx.now, ctx.zone);
  if (minute < summary.minute) return;
  const begun = (await readSetting(ctx, doneKey))?.value as { day?: string } | undefined;
  if (begun?.day !== undefined && begun.day >= today) return;
  await saveSetting(ctx, doneKey, { day: today });
  if (escalation.isOn) await escalate(ctx, today);
  if (summary.isOn && summary.weekdays.includes(weekday)) await tellSummaries(ctx, today, publicUrl);
}

export const dayChore = (publicUrl: string): Chore => ({
  name: 'tasks.day',
  next: everyMs(60_000),
  run: (ctx) => beginDay(ctx, publicUrl),
});

interface OverdueGroup extends Overdue {
  readonly staffId: number;
  readonly departmentIds: number[];
}

/** Overdue tasks of one member with one history go the same way: few groups, whatever the number of tasks. */
async function escalate(ctx: WriteCtx, today: string): Promise<void> {
  const { escalation } = await readSettings(ctx);
  const departments = await readDepartments(ctx);
  const { rows: groups } = await sql<OverdueGroup>`
    select t.staff_id as "staffId", t.due_on as "dueOn", t.escalation_count as "escalationCount", t.escalated_on as "escalatedOn",
      coalesce(s.state <> 'active', true) as "isOrphaned",
      array(select sd.department_id from staff_department sd where sd.staff_id = t.staff_id) as "departmentIds"
    from task t left join staff s on s.id = t.staff_id
    where t.state in ('open', 'postponed') and t.due_on <= ${today}::date
    group by t.staff_id, t.due_on, t.escalation_count, t.escalated_on, s.state
  `.execute(ctx.db);
  const steps = groups.flatMap((group) => {
    const rung = nextRung(group, ladderOf(group.staffId, group.departmentIds, departments), today, escalation);
    return rung === undefined ? [] : [{ ...group, rung }];
  });
  if (steps.length === 0) return;
  await sql`
    update task t set escalated_to = r.rung, escalated_on = ${today}::date, escalation_count = t.escalation_count + 1
    from jsonb_to_recordset(${JSON.stringify(steps)}::jsonb)
      as r("staffId" bigint, "dueOn" date, "escalationCount" smallint, "escalatedOn" date, rung bigint)
    where t.state in ('open', 'postponed') and t.staff_id = r."staffId" and t.due_on = r."dueOn"
      and t.escalation_count = r."escalationCount" and t.escalated_on is not distinct from r."escalatedOn"
  `.execute(ctx.db);
}

async function readDepartments(ctx: Ctx): Promise<Map<number, Department>> {
  const { rows } = await sql<Department>`
    select d.id, parent.id as "parentId", array(
      select sd.staff_id from staff_department sd join staff s on s.id = sd.staff_id
      where sd.department_id = d.id and sd.is_leader and s.state = 'active' order by sd.staff_id
    ) as "leaderIds"
    from department d left join department parent on parent.wecom_id = d.parent_wecom_id and parent.deleted_at is null
    where d.deleted_at is null
  `.execute(ctx.db);
  return new Map(rows.map((row) => [row.id, row]));
}

async function tellSummaries(ctx: WriteCtx, today: string, publicUrl: string): Promise<void> {
  const { rows } = await sql<Workload & { staffId: number }>`
    with own as (
      select staff_id, count(*) filter (where due_on < ${today}::date) as overdue, count(*) filter (where due_on = ${today}::date) as due
      from task where state in ('open', 'postponed') and due_on <= ${today}::date group by staff_id
    ), leader as (
      select distinct staff_id from staff_department where is_leader
    ), led as (
      select l.staff_id, count(*) as escalated from leader l
      join task t on t.escalated_to in (${departmentsOf(sql.ref('l.staff_id'))})
      where t.state in ('open', 'postponed') and t.staff_id <> l.staff_id group by l.staff_id
    )
    select s.id as "staffId", coalesce(own.overdue, 0) as overdue, coalesce(own.due, 0) as "dueToday",
      coalesce(led.escalated, 0) as escalated
    from staff s left join own on own.staff_id = s.id left join led on led.staff_id = s.id
    where s.state = 'active' and (own.staff_id is not null or led.staff_id is not null)
    order by s.id
  `.execute(ctx.db);
  const expiresAt = dayStart(addDays(today, 1), ctx.zone);
  await notifyStaff(
    ctx,
    rows.flatMap(({ staffId, ...workload }) => {
      const body = summaryText(workload);
      const path = workload.dueToday + workload.overdue > 0 ? '/m/' : '/m/team';
      if (body === undefined) return [];
      return [{ staffId, purpose: `tasks:${today}`, title: '今日任务', body, url: `${publicUrl}${path}`, expiresAt }];
    }),
  );
}
