import { webhookRetentionDays } from '#contract/webhooks';
import { type Ctx, inTransaction } from '#platform/ctx';
import { sql } from '#platform/db';
import { addJob } from '#platform/jobs';
import { type Chore, dailyAt } from '#platform/schedule';

const batchSize = 5000;
const dayMs = 86_400_000;

/** Each night at 04:10. */
export const planTidying: Chore = {
  name: 'webhook.tidy',
  next: dailyAt(4 * 60 + 10),
  run: (ctx) => addJob(ctx, 'webhook.tidy', {}, { key: 'webhook.tidy' }),
};

/** Removes messages older than 30 days, sent or not, and all that belongs to deleted webhooks; in short transactions. */
export async function tidyWebhooks(ctx: Ctx): Promise<void> {
  const before = new Date(ctx.now.getTime() - webhookRetentionDays * dayMs);
  await repeat(ctx, () => removeOld(ctx, before));
  await ctx.db.deleteFrom('webhook_hour').where('hour', '<', before).execute();
  const deleted = await ctx.db.selectFrom('webhook').select('id').where('deleted_at', 'is not', null).execute();
  for (const { id } of deleted) {
    await repeat(ctx, () => removeOf(ctx, id));
    await inTransaction(ctx, async (ctx) => {
      await ctx.db.deleteFrom('webhook_hour').where('webhook_id', '=', id).execute();
      await ctx.db.deleteFrom('webhook').where('id', '=', id).execute();
    });
  }
}

async function repeat(ctx: Ctx, removeBatch: () => Promise<number>): Promise<void> {
  let removed = 0;
  for (;;) {
    const count = await removeBatch();
    removed += count;
    if (count < batchSize) break;
  }
  if (removed > 0) ctx.log.info({ removed }, 'old webhook messages were removed');
}

/** Ids grow with time, so the oldest are found without an index on time. */
async function removeOld(ctx: Ctx, before: Date): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with oldest as (select customer_id, id, created_at from webhook_delivery order by id limit ${batchSize})
    delete from webhook_delivery d using oldest o
    where d.customer_id = o.customer_id and d.id = o.id and o.created_at < ${before} and d.state <> 'claimed'
  `.execute(ctx.db);
  return Number(numAffectedRows);
}

async function removeOf(ctx: Ctx, webhookId: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with own as (select customer_id, id from webhook_delivery where webhook_id = ${webhookId} order by id limit ${batchSize})
    delete from webhook_delivery d using own o where d.customer_id = o.customer_id and d.id = o.id
  `.execute(ctx.db);
  return Number(numAffectedRows);
}
