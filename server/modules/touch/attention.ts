import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';

/**
 * The attention budget is a ledger: a row for each touch that was allowed, and none for what reached nobody. What is left of
 * it is counted, never kept.
 */

/** A touch, and whose it is. */
export interface TouchRef {
  readonly customerId: number;
  readonly touchId: number;
}

/** Who decides about customers of a lane holds its row until the commit. */
export async function holdLanes(ctx: WriteCtx, customerIds: readonly number[] | 'all'): Promise<void> {
  const lanes =
    customerIds === 'all'
      ? Array.from({ length: laneCount }, (_, lane) => lane)
      : [...new Set(customerIds.map((id) => id % laneCount))];
  // In one order, so that two that want several never wait for each other in a ring. The gate itself waits for none.
  await sql`select lane from touch_lane where lane = any(${lanes}::int[]) order by lane for update`.execute(ctx.db);
}

export const laneCount = 16;

/** Counts touches that passed without the gate. */
export async function bookAttention(ctx: WriteCtx, touches: readonly TouchRef[]): Promise<void> {
  if (touches.length === 0) return;
  await sql`
    insert into attention (customer_id, at, touch_id, channel, category, staff_id, home_id, is_open)
    select t.customer_id, ${ctx.now}, t.id, t.channel, t.category, t.staff_id, t.home_id, true
    from ${setOf(touches)} join touch t on t.customer_id = r.customer_id and t.id = r.touch_id
    on conflict do nothing
  `.execute(ctx.db);
}

/** They reached nobody: their customers are counted less. */
export async function giveAttentionBack(ctx: WriteCtx, touches: readonly TouchRef[]): Promise<void> {
  if (touches.length === 0) return;
  await sql`
    delete from attention a using ${setOf(touches)} where a.customer_id = r.customer_id and a.touch_id = r.touch_id
  `.execute(ctx.db);
}

/** They have arrived, or are taken to have: from then on they count as of the moment they did. */
export async function closeAttention(ctx: WriteCtx, touches: readonly (TouchRef & { at: Date })[]): Promise<void> {
  if (touches.length === 0) return;
  await sql`
    update attention a set is_open = false, at = r.at from ${setOf(touches)}
    where a.customer_id = r.customer_id and a.touch_id = r.touch_id and a.is_open
  `.execute(ctx.db);
}

function setOf(touches: readonly (TouchRef & { at?: Date })[]) {
  return sql`unnest(${touches.map((touch) => touch.customerId)}::bigint[], ${touches.map((touch) => touch.touchId)}::bigint[],
    ${touches.map((touch) => touch.at ?? null)}::timestamptz[]) as r(customer_id, touch_id, at)`;
}
