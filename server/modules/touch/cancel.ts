import type { TouchKind } from '#contract/touch';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { giveAttentionBack, holdLanes, type TouchRef } from './attention.ts';

/**
 * Stops what has not gone: planned, deferred and allowed touches end as cancelled, and what was counted is given back. Packs
 * that staff have not confirmed are taken back from the platform by their channel; touches in them end when it has answered.
 * Returns how many ended at once.
 */
export async function cancelTouches(
  ctx: WriteCtx,
  of: {
    readonly kind: TouchKind;
    readonly sourceId: number;
    readonly part?: string;
    readonly customerIds?: readonly number[];
  },
): Promise<number> {
  await holdLanes(ctx, of.customerIds ?? 'all');
  const isOfSource = sql`kind = ${of.kind} and source_id = ${of.sourceId}
    and (${of.part ?? null}::text is null or part = ${of.part ?? null})`;
  const { rows } = await sql<TouchRef & { wasAllowed: boolean }>`
    with waiting as (
      select customer_id, purpose, occasion_at, state from touch
      where ${isOfSource} and state in ('planned', 'deferred', 'allowed')
        and (${of.customerIds === undefined} or customer_id = any(${of.customerIds ?? []}::bigint[]))
      for update
    )
    update touch t set state = 'cancelled', reason = 'cancelled', detail = null, settled_at = ${ctx.now}
    from waiting w where t.customer_id = w.customer_id and t.purpose = w.purpose and t.occasion_at = w.occasion_at
    returning t.customer_id as "customerId", t.id as "touchId", w.state = 'allowed' as "wasAllowed"
  `.execute(ctx.db);
  await giveAttentionBack(
    ctx,
    rows.filter((row) => row.wasAllowed),
  );
  if (of.customerIds === undefined) {
    await sql`
      update touch_pack set ending = 'cancelled', poll_at = case when state = 'submitted' then ${ctx.now}::timestamptz end,
        retry_at = case when may_have_arrived then retry_at end
      where ${isOfSource} and state in ('planned', 'claimed', 'submitted')
    `.execute(ctx.db);
  }
  return rows.length;
}
