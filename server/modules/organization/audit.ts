import type { Input, Output } from '#contract';
import type { listAudit } from '#contract/organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { dayRange } from '#platform/days';
import { sql } from '#platform/db';
import { decodeCursor, toPage } from '#platform/paging';

export interface AuditedChange {
  /** Past tense: 'channel_code.updated'. */
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string | number;
  readonly subjectName?: string | null;
  /** Only what changed; never a secret. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Writes down who changed what, in the transaction of the change. */
export async function recordAudit(ctx: WriteCtx, change: AuditedChange): Promise<void> {
  await ctx.db
    .insertInto('audit_entry')
    .values({
      at: ctx.now,
      actor_kind: ctx.actor.kind,
      actor_id: ctx.actor.id,
      actor_name: ctx.actor.name,
      action: change.action,
      subject_kind: change.subjectKind,
      subject_id: String(change.subjectId),
      subject_name: change.subjectName ?? null,
      before: change.before === undefined ? null : JSON.stringify(change.before),
      after: change.after === undefined ? null : JSON.stringify(change.after),
      request_id: ctx.requestId ?? null,
    })
    .execute();
}

export async function listAuditEntries(ctx: Ctx, input: Input<typeof listAudit>): Promise<Output<typeof listAudit>> {
  const cursor = decodeCursor(input.after, ['number']);
  const range = dayRange(ctx.zone, input.from, input.to);
  const rows = await ctx.db
    .selectFrom('audit_entry')
    .selectAll()
    .$if(cursor !== undefined, (query) => query.where('id', '<', cursor?.[0] ?? 0))
    .$if(input.subjectKind !== undefined, (query) => query.where('subject_kind', '=', input.subjectKind ?? ''))
    .$if(input.actorId !== undefined, (query) => query.where('actor_id', '=', input.actorId ?? ''))
    .$if(input.search !== undefined, (query) =>
      query.where(
        sql<boolean>`position(lower(${input.search ?? ''}) in lower(concat_ws(' ', actor_name, action, subject_name, subject_id))) > 0`,
      ),
    )
    .$if(range.from !== undefined, (query) => query.where('at', '>=', range.from ?? ctx.now))
    .$if(range.until !== undefined, (query) => query.where('at', '<', range.until ?? ctx.now))
    .orderBy('id', 'desc')
    .limit(input.limit + 1)
    .execute();
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({
      id: row.id,
      at: row.at.toISOString(),
      actor: { kind: row.actor_kind as 'user' | 'key' | 'system', id: row.actor_id, name: row.actor_name },
      action: row.action,
      subjectKind: row.subject_kind,
      subjectId: row.subject_id,
      subjectName: row.subject_name,
      before: row.before ?? null,
      after: row.after ?? null,
      requestId: row.request_id,
    })),
  };
}
