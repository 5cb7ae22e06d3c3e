import type { Ctx } from '#platform/ctx';

/**
 * Where a customer can be written to: the account that became known last, or the one with this value as long as it is his.
 * What names many people is nobody's address.
 */
export async function findAddress(
  ctx: Ctx,
  customerId: number,
  kind: 'email' | 'phone',
  value?: string,
): Promise<{ accountId: number; value: string } | undefined> {
  return await ctx.db
    .selectFrom('identity')
    .select(['id as accountId', 'value'])
    .where('customer_id', '=', customerId)
    .where('kind', '=', kind)
    .where('is_shared', '=', false)
    .$if(value !== undefined, (query) => query.where('value', '=', value ?? ''))
    .orderBy('first_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
