import { assertMessage } from '#content';
import type { Input, Output } from '#contract';
import type { createAssignment, listAssignments } from '#contract/tasks';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { addDays, dayOf, dayStart } from '#platform/days';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { planTouches } from '#touch';
import { lastDayOf } from './taps.ts';

/** Longest time that a task may lie ahead. */
const maxDaysAhead = 366;

/** Plans a touch for each customer; it becomes a task when the gate has allowed it. */
export async function assign(
  ctx: WriteCtx,
  input: Input<typeof createAssignment>,
): Promise<Output<typeof createAssignment>> {
  const today = dayOf(ctx.now, ctx.zone);
  if (input.dueOn < today || input.lastDay > addDays(today, maxDaysAhead)) {
    throw new AppError('task_day_unfit', {
      details: { problem: input.dueOn < today ? 'not_later' : 'too_late', today },
    });
  }
  if (input.words !== '') await assertMessage(ctx, { text: input.words, attachments: [] }, 'words');
  if (input.staffId !== null) await requireActive(ctx, input.staffId);
  const { id, expires_at } = await ctx.db
    .insertInto('task_assignment')
    .values({
      title: input.title,
      why: input.why,
      words: input.words,
      category: input.category,
      priority: input.priority,
      due_on: input.dueOn,
      expires_at: dayStart(addDays(input.lastDay, 1), ctx.zone),
      created_at: ctx.now,
      created_by: ctx.actor.name,
    })
    .returning(['id', 'expires_at'])
    .executeTakeFirstOrThrow();
  const { rows: people } = await sql<{ customerId: number; staffId: number; externalUserid: string }>`
    select distinct on (f.customer_id) f.customer_id as "customerId", f.staff_id as "staffId", f.external_userid as "externalUserid"
    from follow f join staff s on s.id = f.staff_id
    where f.customer_id = any(${input.customerIds}::bigint[]) and f.state = 'active' and s.state = 'active'
      and (${input.staffId}::bigint is null or f.staff_id = ${input.staffId})
    order by f.customer_id, f.added_at desc, f.staff_id
  `.execute(ctx.db);
  if (people.length === 0) throw new AppError('task_nobody');
  await planTouches(
    ctx,
    people.map((person) => ({
      ...person,
      purpose: `task:${id}`,
      occasionAt: ctx.now,
      kind: 'task',
      sourceId: id,
      channel: 'staff_task',
      category: input.category,
      // Service is an answer: somebody waits for it, so that it goes past the gate, which counts it all the same.
      priority: input.category === 'service' ? 0 : input.priority === 2 ? 2 : 1,
      expiresAt: expires_at,
    })),
  );
  await recordAudit(ctx, {
    action: 'task.assigned',
    subjectKind: 'task_assignment',
    subjectId: id,
    subjectName: input.title,
    after: { category: input.category, dueOn: input.dueOn, staffId: input.staffId, customers: people.length },
  });
  return { id, planned: people.length, unreachable: new Set(input.customerIds).size - people.length };
}

export async function requireActive(ctx: Ctx, staffId: number): Promise<void> {
  const staff = await ctx.db
    .selectFrom('staff')
    .select('id')
    .where('id', '=', staffId)
    .where('state', '=', 'active')
    .executeTakeFirst();
  if (!staff) throw new AppError('staff_unknown', { details: { staffId } });
}

export async function listAssignmentPage(
  ctx: Ctx,
  input: Input<typeof listAssignments>,
): Promise<Output<typeof listAssignments>> {
  const cursor = decodeCursor(input.after, ['number']);
  type Row = Output<typeof listAssignments>['rows'][number];
  const { rows } = await sql<Omit<Row, 'createdAt' | 'lastDay'> & { createdAt: Date; expiresAt: Date }>`
    select a.id, a.title, a.category, a.created_at as "createdAt", a.created_by as "createdBy", a.due_on as "dueOn",
      a.expires_at as "expiresAt",
      coalesce((
        select json_object_agg(g.state, g.count) from (
          select t.state, count(*) as count from touch p join task t on t.customer_id = p.customer_id and t.touch_id = p.id
          where p.kind = 'task' and p.source_id = a.id group by t.state
        ) g
      ), '{}') as tasks,
      coalesce((
        select json_agg(json_build_object('state', g.state, 'reason', g.reason, 'count', g.count) order by g.count desc) from (
          select p.state, p.reason, count(*) as count from touch p
          where p.kind = 'task' and p.source_id = a.id
            and not exists (select 1 from task t where t.customer_id = p.customer_id and t.touch_id = p.id)
          group by p.state, p.reason
        ) g
      ), '[]') as held
    from task_assignment a where (${cursor === undefined} or a.id < ${cursor?.[0] ?? 0})
    order by a.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    next: page.next,
    rows: page.rows.map(({ createdAt, expiresAt, ...row }) => ({
      ...row,
      createdAt: createdAt.toISOString(),
      lastDay: lastDayOf(ctx, expiresAt),
    })),
  };
}
