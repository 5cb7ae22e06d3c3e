import type { Output } from '#contract';
import type { getInbox } from '#contract/events';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { inboxChannel, pressingChannel, type StoreOptions, storeFacts, unpackLetter } from '#platform/facts';
import { type Fact, isPressing, subjectOf } from './facts.ts';

/**
 * The one door for facts: callbacks, readings, importers, pages, results of touches. Returns when they are stored; they
 * are known (projected, on the timeline, heard by listeners) within a moment of the commit, each once.
 * @throws UnstorableFact for what cannot be kept
 */
export async function recordEvents(ctx: WriteCtx, facts: readonly Fact[], options: StoreOptions = {}): Promise<void> {
  await storeFacts(
    ctx,
    facts.map((fact) => ({
      ...fact,
      payload: fact.payload as Record<string, unknown>,
      subject: subjectOf(fact),
      isPressing: isPressing(fact),
    })),
    options,
  );
}

export async function readInbox(ctx: Ctx): Promise<Output<typeof getInbox>> {
  const { rows } = await sql<{ waiting: number; age: number | null }>`
    select coalesce(sum(fact_count), 0) as waiting, extract(epoch from clock_timestamp() - min(received_at)) * 1000 as age
    from inbox where not is_failed
  `.execute(ctx.db);
  const failed = await ctx.db
    .selectFrom('inbox')
    .selectAll()
    .where('is_failed', '=', true)
    .orderBy('id', 'desc')
    .limit(50)
    .execute();
  return {
    waiting: rows[0]?.waiting ?? 0,
    oldestAgeMs: rows[0]?.age == null ? null : Math.round(rows[0].age),
    failed: failed.map((row) => ({
      id: row.id,
      // A letter that fails is opened: what failed is one fact.
      name: (JSON.parse(unpackLetter(row)) as { name: string }[])[0]?.name ?? '',
      receivedAt: row.received_at.toISOString(),
      attempts: row.attempts,
      problem: row.problem ?? '',
    })),
  };
}

export async function retryFailedFacts(ctx: WriteCtx): Promise<number> {
  const rows = await ctx.db
    .updateTable('inbox')
    .set({ is_failed: false, attempts: 0, retry_at: null })
    .where('is_failed', '=', true)
    .returning('id')
    .execute();
  wake(ctx, pressingChannel);
  wake(ctx, inboxChannel);
  await recordAudit(ctx, { action: 'inbox.retried', subjectKind: 'inbox', subjectId: rows.length });
  return rows.length;
}
