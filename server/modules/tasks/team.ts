import type { Input, Output } from '#contract';
import type { cancelTasks, listTaskHeirs, reassignTasks, remindTasks } from '#contract/tasks';
import { notifyStaff, recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { addDays, dayOf, dayStart } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { requireActive } from './assignments.ts';
import { departmentsLedBy, isToDo, ownStaffId, taskScope } from './list.ts';

/** What a manager does with tasks of others. */

/** A leader's word counts in the departments he leads; that of operators everywhere. */
function ledByActor(ctx: Ctx, staffId: RawBuilder<unknown>): RawBuilder<boolean> {
  const { actor } = ctx;
  if (actor.kind === 'system' || actor.permissions.has('task.manage')) return sql<boolean>`true`;
  return sql<boolean>`exists (
    select 1 from staff_department sd where sd.staff_id = ${staffId} and sd.department_id in (${departmentsLedBy(ownStaffId(actor))})
  )`;
}

export async function reassign(
  ctx: WriteCtx,
  { ids, staffId }: Input<typeof reassignTasks>,
): Promise<Output<typeof reassignTasks>> {
  await requireActive(ctx, staffId);
  const { rows: allowed } = await sql<{
    ok: boolean;
  }>`select ${ledByActor(ctx, sql`${staffId}::bigint`)} as ok`.execute(ctx.db);
  if (!allowed[0]?.ok) throw new AppError('not_allowed');
  const { rows: moved } = await sql<{ id: number; from: number }>`
    with held as (
      select t.customer_id, t.id, t.staff_id from task t
      where t.id = any(${ids}::bigint[]) and ${isToDo} and ${taskScope(ctx.actor)} and ${ledByActor(ctx, sql`t.staff_id`)}
        and t.staff_id <> ${staffId}
        and exists (select 1 from follow f where f.customer_id = t.customer_id and f.staff_id = ${staffId} and f.state = 'active')
      order by t.customer_id, t.id for update of t
    )
    update task t
    set staff_id = ${staffId}, escalated_to = null, escalated_on = null, escalation_count = 0, previous = null, reminded_on = null
    from held where t.customer_id = held.customer_id and t.id = held.id
    returning t.id, held.staff_id as "from"
  `.execute(ctx.db);
  if (moved.length > 0) {
    await recordAudit(ctx, {
      action: 'task.reassigned',
      subjectKind: 'task',
      subjectId: moved.length === 1 ? (moved[0]?.id ?? 0) : `${moved.length}`,
      before: moved,
      after: { staffId },
    });
  }
  return { moved: moved.length, kept: new Set(ids).size - moved.length };
}

export async function listHeirs(ctx: Ctx, id: number): Promise<Output<typeof listTaskHeirs>> {
  const { rows: tasks } = await sql<{ customerId: number; staffId: number }>`
    select t.customer_id as "customerId", t.staff_id as "staffId" from task t where t.id = ${id} and ${taskScope(ctx.actor)}
  `.execute(ctx.db);
  const [task] = tasks;
  if (!task) throw new AppError('not_found');
  const { rows } = await sql<Output<typeof listTaskHeirs>['rows'][number]>`
    select distinct s.id, s.name from follow f join staff s on s.id = f.staff_id
    where f.customer_id = ${task.customerId} and f.state = 'active' and s.state = 'active' and s.id <> ${task.staffId}
      and ${ledByActor(ctx, sql`s.id`)} and ${ledByActor(ctx, sql`${task.staffId}::bigint`)}
    order by s.name, s.id limit 100
  `.execute(ctx.db);
  return { rows };
}

export async function remind(
  ctx: WriteCtx,
  { ids }: Input<typeof remindTasks>,
  publicUrl: string,
): Promise<Output<typeof remindTasks>> {
  const today = dayOf(ctx.now, ctx.zone);
  const { rows } = await sql<{ id: number; staffId: number; title: string; customer: string | null }>`
    with held as (
      select t.customer_id, t.id from task t
      where t.id = any(${ids}::bigint[]) and ${isToDo} and ${taskScope(ctx.actor)} and ${ledByActor(ctx, sql`t.staff_id`)}
        and t.staff_id <> ${ownStaffId(ctx.actor)} and t.reminded_on is distinct from ${today}::date
      order by t.customer_id, t.id for update of t
    )
    update task t set reminded_on = ${today}::date
    from held where t.customer_id = held.customer_id and t.id = held.id
    returning t.id, t.staff_id as "staffId", t.title,
      (select c.name from customer c where c.id = t.customer_id) as customer
  `.execute(ctx.db);
  await notifyStaff(
    ctx,
    rows.map(({ id, staffId, title, customer }) => ({
      staffId,
      purpose: `task:${id}:${today}`,
      title: '任务提醒',
      body: customer === null ? title : `${title}（${customer}）`,
      url: `${publicUrl}/m/tasks/${id}`,
      expiresAt: dayStart(addDays(today, 1), ctx.zone),
    })),
  );
  if (rows.length > 0) {
    await recordAudit(ctx, {
      action: 'task.reminded',
      subjectKind: 'task',
      subjectId: rows.length === 1 ? (rows[0]?.id ?? 0) : `${rows.length}`,
      after: { ids: rows.map(({ id }) => id) },
    });
  }
  return { reminded: rows.length };
}

export async function cancel(ctx: WriteCtx, { ids }: Input<typeof cancelTasks>): Promise<Output<typeof cancelTasks>> {
  const { rows } = await sql<{ id: number }>`
    with held as (
      select t.customer_id, t.id from task t where t.id = any(${ids}::bigint[]) and ${isToDo}
      order by t.customer_id, t.id for update of t
    )
    update task t set state = 'cancelled', reason = 'by_manager', ended_at = ${ctx.now}, previous = null
    from held where t.customer_id = held.customer_id and t.id = held.id
    returning t.id
  `.execute(ctx.db);
  if (rows.length > 0) {
    await recordAudit(ctx, {
      action: 'task.cancelled',
      subjectKind: 'task',
      subjectId: rows.length === 1 ? (rows[0]?.id ?? 0) : `${rows.length}`,
      after: { ids: rows.map(({ id }) => id) },
    });
  }
  return { cancelled: rows.length };
}
