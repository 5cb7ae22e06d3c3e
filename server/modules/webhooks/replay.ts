import type { Input } from '#contract';
import type { replayWebhook } from '#contract/webhooks';
import { recordAudit } from '#organization';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { endOperation, reportProgress, resumeOperation, startOperation } from '#platform/operations';
import { webhookChannel } from './messages.ts';
import { requireEnabled } from './webhooks.ts';

const batchSize = 1000;

/** Sends one message again, now. One that is on its way is left alone: it is being sent now. */
export async function replayMessage(ctx: WriteCtx, id: number): Promise<void> {
  const row = await ctx.db
    .selectFrom('webhook_delivery')
    .select(['customer_id', 'webhook_id', 'event_name', 'message_id'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw new AppError('not_found');
  const webhook = await requireEnabled(ctx, row.webhook_id);
  await sql`
    update webhook_delivery set state = 'planned', attempts = 0, due_at = clock_timestamp(), settled_at = null
    where customer_id = ${row.customer_id} and id = ${id} and state <> 'claimed'
  `.execute(ctx.db);
  wake(ctx, webhookChannel);
  await recordAudit(ctx, {
    action: 'webhook.replayed',
    subjectKind: 'webhook',
    subjectId: row.webhook_id,
    subjectName: webhook.url,
    after: { messageId: row.message_id, eventName: row.event_name },
  });
}

/** Starts sending many again; an operation that a person can watch and stop. */
export async function startReplay(ctx: WriteCtx, input: Input<typeof replayWebhook>): Promise<number> {
  const webhook = await requireEnabled(ctx, input.id);
  const last = await ctx.db
    .selectFrom('webhook_delivery')
    .select('id')
    .where('webhook_id', '=', input.id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const choice = { only: input.only, from: input.from ?? null, until: input.until ?? null };
  const operationId = await startOperation(ctx, {
    kind: 'webhook.replay',
    input: { ...choice, webhookId: input.id, lastId: last?.id ?? 0 },
  });
  await recordAudit(ctx, {
    action: 'webhook.replayed',
    subjectKind: 'webhook',
    subjectId: input.id,
    subjectName: webhook.url,
    after: { ...choice, operationId },
  });
  return operationId;
}

export async function runReplay(ctx: Ctx, operationId: number): Promise<void> {
  const operation = await resumeOperation(ctx, operationId);
  if (!operation) return;
  const input = operation.input as {
    webhookId: number;
    lastId: number;
    only: 'failed' | 'all';
    from: string | null;
    until: string | null;
  };
  let { afterId = 0 } = operation.cursor as { afterId?: number };
  let doneCount = operation.done_count;
  for (;;) {
    const step = await inTransaction(ctx, async (ctx) => {
      const states = input.only === 'failed' ? ['failed'] : ['failed', 'delivered'];
      const { rows } = await sql<{ id: number }>`
        with chosen as (
          select customer_id, id from webhook_delivery
          where webhook_id = ${input.webhookId} and id > ${afterId} and id <= ${input.lastId} and state = any(${states}::text[])
            and (${input.from}::timestamptz is null or created_at >= ${input.from}::timestamptz)
            and (${input.until}::timestamptz is null or created_at < ${input.until}::timestamptz)
          order by id limit ${batchSize} for update
        )
        update webhook_delivery d set state = 'planned', attempts = 0, due_at = clock_timestamp(), settled_at = null
        from chosen c where d.customer_id = c.customer_id and d.id = c.id returning d.id
      `.execute(ctx.db);
      const ids = rows.map((row) => row.id);
      wake(ctx, webhookChannel);
      const reached = Math.max(afterId, ...ids);
      const goesOn = await reportProgress(ctx, operationId, {
        cursor: { afterId: reached },
        doneCount: doneCount + ids.length,
      });
      return { goesOn, reached, count: ids.length };
    });
    afterId = step.reached;
    doneCount += step.count;
    if (!step.goesOn) return endOperation(ctx, operationId, { state: 'cancelled' });
    if (step.count < batchSize) return endOperation(ctx, operationId, { state: 'done' });
  }
}
