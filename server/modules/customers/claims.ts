import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';

/** Somebody's word on an attribute of a customer; null takes it away. */
export interface AttributeClaim {
  readonly customerId: number;
  readonly homeId: number | null;
  readonly key: string;
  readonly value: string | number | boolean | null;
  readonly source: string;
  readonly setAt: Date;
  readonly setBy: string | null;
}

/**
 * Writes claims down. The rule where sources disagree: the newest word counts; of two of one moment, that of the source
 * listed first here, then the one whose text comes first. Each source's last word is kept, so that nothing is lost when
 * a newer one is taken back, and merged customers can be parted again.
 */
export async function claimAttributes(ctx: WriteCtx, claims: readonly AttributeClaim[]): Promise<void> {
  if (claims.length === 0) return;
  const rows = claims.map((claim) => ({
    customer_id: claim.customerId,
    key: claim.key,
    source: claim.source,
    home_id: claim.homeId ?? 0,
    value: JSON.stringify(claim.value),
    set_at: claim.setAt,
    set_by: claim.setBy,
  }));
  await sql`
    insert into attribute_claim as a (customer_id, key, source, home_id, value, set_at, set_by)
    select distinct on (customer_id, key, source, home_id) customer_id, key, source, home_id, value::jsonb, set_at, set_by
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(customer_id bigint, key text, source text, home_id bigint,
      value text, set_at timestamptz, set_by text)
    order by customer_id, key, source, home_id, set_at desc, value
    on conflict (customer_id, key, source, home_id) do update
      set value = excluded.value, set_at = excluded.set_at, set_by = excluded.set_by
      where a.set_at < excluded.set_at or (a.set_at = excluded.set_at and a.value::text > excluded.value::text)
  `.execute(ctx.db);
  await refreshAttributes(ctx, [...new Set(claims.map((claim) => claim.customerId))]);
}

/** Sources by how much their word weighs at the same moment: a person at the console, then the brand's own systems. */
const sourceOrder = ['user', 'key', 'import', 'api'];

/** The claim that counts for each attribute of these customers. */
export async function refreshAttributes(ctx: WriteCtx, customerIds: readonly number[]): Promise<void> {
  await sql`
    with best as materialized (
      select distinct on (customer_id, key) * from attribute_claim where customer_id = any(${customerIds}::bigint[])
      order by customer_id, key, set_at desc, coalesce(array_position(${sourceOrder}::text[], source), 9), value::text, home_id
    ), gone as (
      delete from customer_attribute a where a.customer_id = any(${customerIds}::bigint[])
        and not exists (select 1 from best b where b.customer_id = a.customer_id and b.key = a.key and b.value <> 'null')
    )
    insert into customer_attribute as a (customer_id, key, value, source, set_at, set_by)
    select customer_id, key, value, source, set_at, set_by from best where value <> 'null'
    on conflict (customer_id, key) do update
      set value = excluded.value, source = excluded.source, set_at = excluded.set_at, set_by = excluded.set_by
      where (a.value, a.source, a.set_at) is distinct from (excluded.value, excluded.source, excluded.set_at)
  `.execute(ctx.db);
}
