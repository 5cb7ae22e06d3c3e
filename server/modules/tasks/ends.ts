import { undoMs } from '#contract/tasks';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Chore } from '#platform/schedule';
import { everyMs } from '#platform/schedule';
import { settleTouches } from '#touch';
import { outcomeOf, type TaskReason, type TaskState } from './rules.ts';

/** Ends that nobody taps, and what the ledger of touches hears of all ends. */

/** So many at once: the transaction stays short, the rest comes half a second later. */
const batchSize = 2000;

/** What is too late leaves the lists. */
export async function expireTasks(ctx: WriteCtx): Promise<void> {
  await sql`
    update task t set state = 'expired', reason = 'too_late', ended_at = ${ctx.now}, previous = null
    from (
      select customer_id, id from task where state in ('open', 'postponed') and expires_at <= ${ctx.now}
      order by expires_at limit ${batchSize} for update skip locked
    ) late
    where t.customer_id = late.customer_id and t.id = late.id
  `.execute(ctx.db);
}

/**
 * The touch behind a task ends when the task can no longer be taken back. Done is delivered; otherwise nobody was reached
 * and the customer's attention is given back.
 */
export async function tellEnds(ctx: WriteCtx): Promise<void> {
  const { rows } = await sql<{ touchId: number; state: TaskState; reason: TaskReason | null; endedAt: Date }>`
    update task t set is_told = true
    from (
      select customer_id, id from task
      where ended_at is not null and not is_told
        and (previous is null or ended_at <= ${new Date(ctx.now.getTime() - undoMs)})
      order by ended_at limit ${batchSize} for update skip locked
    ) ended
    where t.customer_id = ended.customer_id and t.id = ended.id
    returning t.touch_id as "touchId", t.state, t.reason, t.ended_at as "endedAt"
  `.execute(ctx.db);
  await settleTouches(
    ctx,
    rows.map(({ touchId, state, endedAt }) => ({ touchId, ...outcomeOf(state), at: endedAt })),
  );
}

export const endChores: readonly Chore[] = [
  { name: 'tasks.expire', next: everyMs(60_000), run: expireTasks },
  { name: 'tasks.tell', next: everyMs(15_000), run: tellEnds },
];

/** For journeys and campaigns that are stopped: what nobody has done yet leaves the lists. Returns how many did. */
export async function withdrawTasks(
  ctx: WriteCtx,
  of: { readonly kind: 'journey' | 'campaign'; readonly sourceId: number; readonly customerIds?: readonly number[] },
): Promise<number> {
  const { numAffectedRows } = await sql`
    update task t set state = 'cancelled', reason = 'withdrawn', ended_at = ${ctx.now}, previous = null
    where t.kind = ${of.kind} and t.source_id = ${of.sourceId} and t.state in ('open', 'postponed')
      and (${of.customerIds ?? null}::bigint[] is null or t.customer_id = any(${of.customerIds ?? null}::bigint[]))
  `.execute(ctx.db);
  return Number(numAffectedRows ?? 0);
}
