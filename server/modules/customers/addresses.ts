import type { Ctx } from '#platform/ctx';

/** Where a customer can be written to: the account that became known last. What names many people is nobody's address. */
export async function findAddress(
  ctx: Ctx,
  customerId: number,
  kind: 'email' | 'phone',
): Promise<{ accountId: number; value: string } | undefined> {
  return await ctx.db
    .selectFrom('identity')
    .select(['id as accountId', 'value'])
    .where('customer_id', '=', customerId)
    .where('kind', '=', kind)
    .where('is_shared', '=', false)
    .orderBy('first_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
