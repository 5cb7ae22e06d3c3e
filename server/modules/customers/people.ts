import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';

/** An account that a fact speaks of: the first identity names the person, the others join in when they are free. */
export interface Account {
  readonly kind: string;
  readonly value: string;
}

/** How WeCom names the accounts: wm… is a WeChat user, wo… a WeCom user of another corp. */
export const wecomAccount = (externalUserid: string): Account => ({ kind: 'wecom', value: externalUserid });

const keyOf = (account: Account) => `${account.kind} ${account.value}`;

/**
 * The customers behind accounts; a customer is made for an account nobody knows. Safe when several workers meet the same
 * new account: the account's key is locked first.
 */
export async function ensureCustomers(
  ctx: WriteCtx,
  accounts: readonly (Account & { seenAt: Date; source: string })[],
): Promise<Map<string, number>> {
  const wanted = [...new Map(accounts.map((account) => [keyOf(account), account])).values()];
  const found = await findCustomers(ctx, wanted);
  const unknown = wanted.filter((account) => !found.has(keyOf(account)));
  if (unknown.length === 0) return found;
  await sql`
    select pg_advisory_xact_lock(hash) from (
      select distinct hashtextextended(key, 7164) as hash from unnest(${unknown.map(keyOf)}::text[]) as key order by hash
    ) as keys
  `.execute(ctx.db);
  for (const [key, id] of await findCustomers(ctx, unknown)) found.set(key, id);
  const missing = unknown.filter((account) => !found.has(keyOf(account)));
  if (missing.length === 0) return found;
  const made = await ctx.db
    .insertInto('customer')
    .values(
      missing.map((account) => ({
        added_at: account.seenAt,
        created_at: ctx.now,
        kind: account.kind === 'wecom' && account.value.startsWith('wo') ? 'wecom' : 'wechat',
      })),
    )
    .returning('id')
    .execute();
  await ctx.db
    .insertInto('identity')
    .values(
      missing.map((account, i) => ({
        kind: account.kind,
        value: account.value,
        customer_id: made[i]?.id ?? 0,
        source: account.source,
        first_seen_at: account.seenAt,
      })),
    )
    .execute();
  missing.forEach((account, i) => {
    found.set(keyOf(account), made[i]?.id ?? 0);
  });
  return found;
}

async function findCustomers(ctx: WriteCtx, accounts: readonly Account[]): Promise<Map<string, number>> {
  if (accounts.length === 0) return new Map();
  const { rows } = await sql<{ kind: string; value: string; id: number }>`
    select kind, value, customer_id as id from identity
    where (kind, value) in (select * from unnest(${accounts.map((a) => a.kind)}::text[], ${accounts.map((a) => a.value)}::text[]))
  `.execute(ctx.db);
  return new Map(rows.map((row) => [keyOf(row), row.id]));
}

export function customerOf(customers: ReadonlyMap<string, number>, account: Account): number {
  const id = customers.get(keyOf(account));
  if (id === undefined) throw new Error(`no customer was made for the account ${keyOf(account)}`);
  return id;
}

/** Further accounts of known customers. One that belongs to somebody else stays there and is reported. */
export async function addIdentities(
  ctx: WriteCtx,
  identities: readonly (Account & { customerId: number; source: string })[],
): Promise<{ kind: string; value: string; customerId: number; ownerId: number }[]> {
  if (identities.length === 0) return [];
  const rows = JSON.stringify(
    identities.map((identity) => ({
      kind: identity.kind,
      value: identity.value,
      customer_id: identity.customerId,
      source: identity.source,
    })),
  );
  await sql`
    insert into identity (kind, value, customer_id, source, first_seen_at)
    select distinct on (kind, value) kind, value, customer_id, source, ${ctx.now}::timestamptz
    from jsonb_to_recordset(${rows}::jsonb) as i(kind text, value text, customer_id bigint, source text)
    order by kind, value
    on conflict do nothing
  `.execute(ctx.db);
  const taken = await sql<{ kind: string; value: string; customerId: number; ownerId: number }>`
    select i.kind, i.value, i.customer_id as "customerId", o.customer_id as "ownerId"
    from jsonb_to_recordset(${rows}::jsonb) as i(kind text, value text, customer_id bigint)
    join identity o on o.kind = i.kind and o.value = i.value
    where o.customer_id <> i.customer_id
  `.execute(ctx.db);
  return taken.rows;
}
