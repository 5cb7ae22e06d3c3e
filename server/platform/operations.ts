import type { Ctx, WriteCtx } from './ctx.ts';
import { AppError } from './errors.ts';
import { addJob } from './jobs.ts';

/** Long work that a person watches: started here, done by the job of the same name, resumed from its cursor. */
export interface OperationStart {
  readonly kind:
    | 'wecom.reconcile'
    | 'wecom.read_groups'
    | 'customer.tag'
    | 'webhook.replay'
    | 'import.run'
    | 'score.compute';
  readonly input?: Readonly<Record<string, unknown>>;
  readonly totalCount?: number;
}

export async function startOperation(ctx: WriteCtx, start: OperationStart): Promise<number> {
  const { id } = await ctx.db
    .insertInto('operation')
    .values({
      kind: start.kind,
      input: JSON.stringify(start.input ?? {}),
      total_count: start.totalCount ?? null,
      created_at: ctx.now,
      created_by: ctx.actor.name,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await addJob(ctx, start.kind, { operationId: id }, { key: `operation:${id}`, maxAttempts: 25 });
  return id;
}

/** Marks it running; says from where to go on. Undefined when it ended already. */
export async function resumeOperation(ctx: Ctx, id: number) {
  const row = await ctx.db
    .updateTable('operation')
    .set((eb) => ({ state: 'running', started_at: eb.fn.coalesce('started_at', eb.val(ctx.now)) }))
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .returningAll()
    .executeTakeFirst();
  return row;
}

export interface Progress {
  readonly step?: string;
  readonly cursor?: Readonly<Record<string, unknown>>;
  readonly doneCount?: number;
  readonly totalCount?: number | null;
  readonly summary?: Readonly<Record<string, number>>;
}

/** Writes the progress down. Returns false when somebody asked to stop. */
export async function reportProgress(ctx: Ctx, id: number, progress: Progress): Promise<boolean> {
  const row = await ctx.db
    .updateTable('operation')
    .set({
      ...(progress.step === undefined ? {} : { step: progress.step }),
      ...(progress.cursor === undefined ? {} : { cursor: JSON.stringify(progress.cursor) }),
      ...(progress.doneCount === undefined ? {} : { done_count: progress.doneCount }),
      ...(progress.totalCount === undefined ? {} : { total_count: progress.totalCount }),
      ...(progress.summary === undefined ? {} : { summary: JSON.stringify(progress.summary) }),
    })
    .where('id', '=', id)
    .returning('cancel_requested')
    .executeTakeFirst();
  return row?.cancel_requested !== true;
}

export async function endOperation(
  ctx: Ctx,
  id: number,
  end: { state: 'done' | 'failed' | 'cancelled'; problem?: string },
): Promise<void> {
  await ctx.db
    .updateTable('operation')
    .set({ state: end.state, problem: end.problem ?? null, ended_at: ctx.now, step: null })
    .where('id', '=', id)
    .execute();
}

export async function requestCancel(ctx: WriteCtx, id: number): Promise<void> {
  const row = await ctx.db
    .updateTable('operation')
    .set({ cancel_requested: true })
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .returning('id')
    .executeTakeFirst();
  if (!row) throw new AppError('not_found');
}
