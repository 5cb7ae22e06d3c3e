import type { Input } from '#contract';
import type { finishTask, postponeTask, refuseTask } from '#contract/tasks';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { ownStaffId, taskScope } from './list.ts';
import { checkPostponing, isToDo, type Previous, type TaskReason, type TaskState, undoUntil } from './rules.ts';

/** What an adviser taps on a task of his: done, later, does not suit, and back again. */

interface Held {
  readonly customerId: number;
  readonly title: string;
  readonly staffId: number;
  readonly state: TaskState;
  readonly dueOn: string;
  readonly postponeCount: number;
  readonly expiresAt: Date;
  readonly previous: Previous | null;
  readonly isTold: boolean;
}

/** Locks a task of the actor's own. One of a colleague whose leader he is he sees, but does not do. */
async function holdOwn(ctx: WriteCtx, id: number): Promise<Held> {
  const { rows } = await sql<Held>`
    select t.customer_id as "customerId", t.title, t.staff_id as "staffId", t.state, t.due_on as "dueOn",
      t.postpone_count as "postponeCount", t.expires_at as "expiresAt", t.previous, t.is_told as "isTold"
    from task t where t.id = ${id} and ${taskScope(ctx.actor)} for update of t
  `.execute(ctx.db);
  const [held] = rows;
  if (!held) throw new AppError('not_found');
  if (held.staffId !== ownStaffId(ctx.actor)) throw new AppError('task_of_other');
  return held;
}

async function holdToDo(ctx: WriteCtx, id: number): Promise<Held> {
  const held = await holdOwn(ctx, id);
  if (!isToDo(held.state) || held.expiresAt <= ctx.now) {
    throw new AppError('task_ended', { details: { state: isToDo(held.state) ? 'expired' : held.state } });
  }
  return held;
}

interface Change {
  readonly state: TaskState;
  readonly dueOn?: string;
  readonly reason?: TaskReason;
  readonly note: string;
}

async function change(ctx: WriteCtx, id: number, held: Held, to: Change): Promise<void> {
  const previous: Previous = {
    at: ctx.now.toISOString(),
    state: held.state,
    dueOn: held.dueOn,
    postponeCount: held.postponeCount,
  };
  const isPostponed = to.state === 'postponed';
  await ctx.db
    .updateTable('task')
    .set({
      state: to.state,
      reason: to.reason ?? null,
      note: to.note,
      due_on: to.dueOn ?? held.dueOn,
      postpone_count: held.postponeCount + (isPostponed ? 1 : 0),
      ended_at: isPostponed ? null : ctx.now,
      previous: JSON.stringify(previous),
      // He acted: it leaves his leader's list until it is overdue again.
      ...(isPostponed ? { escalated_to: null, escalated_on: null, escalation_count: 0 } : {}),
    })
    .where('customer_id', '=', held.customerId)
    .where('id', '=', id)
    .execute();
  await recordAudit(ctx, {
    action: `task.${to.state}`,
    subjectKind: 'task',
    subjectId: id,
    subjectName: held.title,
    before: { state: held.state, dueOn: held.dueOn },
    after: { state: to.state, ...(to.dueOn ? { dueOn: to.dueOn } : {}), ...(to.reason ? { reason: to.reason } : {}) },
  });
}

export async function finish(ctx: WriteCtx, input: Input<typeof finishTask>): Promise<void> {
  await change(ctx, input.id, await holdToDo(ctx, input.id), { state: 'done', note: input.note });
}

export async function refuse(ctx: WriteCtx, input: Input<typeof refuseTask>): Promise<void> {
  const { id, reason, note } = input;
  await change(ctx, id, await holdToDo(ctx, id), { state: 'not_suitable', reason, note });
}

export async function postpone(ctx: WriteCtx, input: Input<typeof postponeTask>): Promise<void> {
  const held = await holdToDo(ctx, input.id);
  const days = { today: dayOf(ctx.now, ctx.zone), lastDay: lastDayOf(ctx, held.expiresAt) };
  const verdict = checkPostponing(input.until, days);
  if (verdict !== 'fits') throw new AppError('task_day_unfit', { details: { problem: verdict, ...days } });
  await change(ctx, input.id, held, { state: 'postponed', dueOn: input.until, note: input.note });
}

/** The last civil day of which some is left before the task expires. */
export function lastDayOf(ctx: Pick<Ctx, 'zone'>, expiresAt: Date): string {
  return dayOf(new Date(expiresAt.getTime() - 1), ctx.zone);
}

export async function undo(ctx: WriteCtx, id: number): Promise<void> {
  const held = await holdOwn(ctx, id);
  const { previous } = held;
  if (previous === null || held.isTold || undoUntil(previous, ctx.now) === null) throw new AppError('task_undo_over');
  await ctx.db
    .updateTable('task')
    .set({
      state: previous.state,
      due_on: previous.dueOn,
      postpone_count: previous.postponeCount,
      reason: null,
      note: '',
      ended_at: null,
      previous: null,
    })
    .where('customer_id', '=', held.customerId)
    .where('id', '=', id)
    .execute();
  await recordAudit(ctx, {
    action: 'task.reopened',
    subjectKind: 'task',
    subjectId: id,
    subjectName: held.title,
    before: { state: held.state },
    after: { state: previous.state, dueOn: previous.dueOn },
  });
}
