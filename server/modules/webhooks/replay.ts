import type { Input } from '#contract';
import type { replayWebhook } from '#contract/webhooks';
import { recordAudit } from '#organization';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
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
  const choice = { ...input, states: input.only === 'failed' ? ['failed'] : ['failed', 'delivered'] };
  let { stage = 0, afterId = 0 } = operation.cursor as { stage?: number; afterId?: number };
  let doneCount = operation.done_count;
  while (stage < stages.length) {
    const step = await inTransaction(ctx, async (ctx) => {
      const ids = await planAgain(ctx, choice, stage, afterId);
      wake(ctx, webhookChannel);
      const isOver = ids.length < batchSize;
      const cursor = isOver ? { stage: stage + 1, afterId: 0 } : { stage, afterId: Math.max(...ids) };
      const progress = { cursor, doneCount: doneCount + ids.length };
      return { goesOn: await reportProgress(ctx, operationId, progress), ...cursor, count: ids.length };
    });
    ({ stage, afterId } = step);
    doneCount += step.count;
    if (!step.goesOn) return endOperation(ctx, operationId, { state: 'cancelled' });
  }
  await endOperation(ctx, operationId, { state: 'done' });
}

interface Choice {
  readonly webhookId: number;
  readonly lastId: number;
  readonly from: string | null;
  readonly until: string | null;
  readonly states: readonly string[];
}

/** First those that wait for another attempt: it is now. Then those that were given up, or with `all` also arrived. */
const stages: readonly ((choice: Choice) => RawBuilder<unknown>)[] = [
  () => sql`state = 'planned' and last_reason is not null and due_at > clock_timestamp()`,
  ({ states }) => sql`state = any(${states}::text[])`,
];

async function planAgain(ctx: WriteCtx, choice: Choice, stage: number, afterId: number): Promise<number[]> {
  const { webhookId, lastId, from, until } = choice;
  const { rows } = await sql<{ id: number }>`
    with chosen as (
      select customer_id, id from webhook_delivery
      where webhook_id = ${webhookId} and id > ${afterId} and id <= ${lastId} and ${stages[stage]?.(choice) ?? sql`false`}
        and (${from}::timestamptz is null or created_at >= ${from}::timestamptz)
        and (${until}::timestamptz is null or created_at < ${until}::timestamptz)
      order by id limit ${batchSize} for update
    )
    update webhook_delivery d set state = 'planned', attempts = 0, due_at = clock_timestamp(), settled_at = null
    from chosen c where d.customer_id = c.customer_id and d.id = c.id returning d.id
  `.execute(ctx.db);
  return rows.map((row) => row.id);
}
