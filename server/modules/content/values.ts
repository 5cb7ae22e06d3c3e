import { readOrganizationName } from '#organization';
import type { Ctx } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { sql } from '#platform/db';
import { keyOfAttribute, type Values } from './template.ts';

/** What variables say of whom: read in sets, and only what the templates use. */

export interface Whom {
  readonly customerId: number | null;
  /** Who says it; for a nickname also whose remark counts. Null: the newest to have the customer, where that matters. */
  readonly staffId: number | null;
  /** The channel code through which the customer came. */
  readonly codeId: number | null;
}

/** Values of `variables` for each of `whom`, in their order. What is not known is left out. */
export async function readValues(ctx: Ctx, variables: ReadonlySet<string>, whom: readonly Whom[]): Promise<Values[]> {
  const uses = (start: string) => [...variables].some((name) => name.startsWith(start));
  const customerIds = distinct(whom.map((one) => one.customerId));
  const [people, nicknames, attributes, tags, orders, staff, codes, organization] = await Promise.all([
    uses('customer.') ? readPeople(ctx, customerIds) : none<Person>(),
    uses('customer.nickname') ? readRemarks(ctx, whom) : none<string>(),
    uses('customer.attributes.') ? readAttributes(ctx, customerIds, variables) : none<Record<string, unknown>>(),
    uses('customer.tags') ? readTags(ctx, customerIds) : none<string[]>(),
    uses('customer.last_order') ? readLastOrders(ctx, customerIds) : none<Order>(),
    uses('staff.') ? readStaff(ctx, distinct(whom.map((one) => one.staffId))) : none<{ name: string; alias: string }>(),
    uses('code.') ? readCodes(ctx, distinct(whom.map((one) => one.codeId))) : none<{ name: string; hook: string }>(),
    uses('organization.') ? readOrganizationName(ctx) : undefined,
  ]);
  return whom.map((one) => {
    const person = people.get(one.customerId ?? 0);
    const order = orders.get(one.customerId ?? 0);
    return {
      customer: known({
        name: person?.name,
        nickname: nicknames.get(pairOf(one)) || person?.name,
        gender: person?.gender === 'unknown' ? undefined : person?.gender,
        title: person?.gender === 'male' ? '先生' : person?.gender === 'female' ? '女士' : undefined,
        tags: tags.get(one.customerId ?? 0),
        attributes: attributes.get(one.customerId ?? 0),
        added_on: person && dayOf(person.addedAt, ctx.zone),
        days_since_added: person && daysSince(ctx, person.addedAt),
        last_order: order && {
          number: order.number,
          product: order.product ?? undefined,
          amount: (order.amountFen / 100).toFixed(2),
          currency: order.currency,
          on: dayOf(order.at, ctx.zone),
          days_since: daysSince(ctx, order.at),
        },
      }),
      staff: known(staff.get(one.staffId ?? 0) ?? {}),
      code: known(codes.get(one.codeId ?? 0) ?? {}),
      organization: known({ name: organization }),
    };
  });
}

const none = async <T>() => new Map<number | string, T>();

function distinct(ids: readonly (number | null)[]): number[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}

/** Empty texts are nothing: so a condition on one is false, and its default is taken. */
function known(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}

/** Civil days since then: yesterday is 1, whatever the hour. */
function daysSince(ctx: Ctx, at: Date): number {
  const utc = (day: string) => Date.parse(`${day}T00:00:00Z`);
  return Math.max(0, Math.round((utc(dayOf(ctx.now, ctx.zone)) - utc(dayOf(at, ctx.zone))) / 86_400_000));
}

interface Person {
  readonly name: string | undefined;
  readonly gender: string;
  readonly addedAt: Date;
}

async function readPeople(ctx: Ctx, ids: readonly number[]): Promise<Map<number | string, Person>> {
  const { rows } = await sql<{ id: number; name: string | null; gender: string; addedAt: Date }>`
    select id, name, gender, coalesce(met_at, added_at) as "addedAt" from customer where id = any(${ids}::bigint[])
  `.execute(ctx.db);
  return new Map(rows.map(({ id, name, ...person }) => [id, { ...person, name: name ?? undefined }]));
}

const pairOf = ({ customerId, staffId }: Whom) => `${customerId ?? 0} ${staffId ?? 0}`;

/** Remarks without what the channel code put before the name. */
async function readRemarks(ctx: Ctx, whom: readonly Whom[]): Promise<Map<number | string, string>> {
  const pairs = whom.filter((one) => one.customerId !== null);
  const { rows } = await sql<{ customerId: number; staffId: number; remark: string; prefix: string | null }>`
    select w.customer_id as "customerId", w.staff_id as "staffId", f.remark, c.remark_prefix as prefix
    from (select distinct customer_id, staff_id from unnest(
      ${pairs.map((one) => one.customerId ?? 0)}::bigint[], ${pairs.map((one) => one.staffId ?? 0)}::bigint[]
    ) as w(customer_id, staff_id)) as w
    cross join lateral (
      select remark, code_id from follow f
      where f.customer_id = w.customer_id and f.state = 'active' and (w.staff_id = 0 or f.staff_id = w.staff_id)
      order by f.added_at desc limit 1
    ) as f
    left join channel_code c on c.id = f.code_id
  `.execute(ctx.db);
  return new Map(
    rows.map(({ customerId, staffId, remark, prefix }) => [
      pairOf({ customerId, staffId, codeId: null }),
      (prefix && remark.startsWith(prefix) ? remark.slice(prefix.length) : remark).trim(),
    ]),
  );
}

async function readAttributes(
  ctx: Ctx,
  ids: readonly number[],
  variables: ReadonlySet<string>,
): Promise<Map<number | string, Record<string, unknown>>> {
  const keys = [...variables].flatMap((path) => keyOfAttribute(path) ?? []);
  const { rows } = await sql<{ id: number; values: Record<string, unknown> }>`
    select customer_id as id, jsonb_object_agg(key, value) as values from customer_attribute
    where customer_id = any(${ids}::bigint[]) and key = any(${keys}) group by customer_id
  `.execute(ctx.db);
  return new Map(rows.map(({ id, values }) => [id, values]));
}

async function readTags(ctx: Ctx, ids: readonly number[]): Promise<Map<number | string, string[]>> {
  const { rows } = await sql<{ id: number; names: string[] }>`
    select ct.customer_id as id, array_agg(t.name order by t.name) as names
    from customer_tag ct join tag t on t.id = ct.tag_id and t.deleted_at is null
    where ct.customer_id = any(${ids}::bigint[]) group by ct.customer_id
  `.execute(ctx.db);
  return new Map(rows.map(({ id, names }) => [id, names]));
}

interface Order {
  readonly number: string;
  readonly currency: string;
  readonly amountFen: number;
  readonly at: Date;
  readonly product: string | null;
}

/** The newest order that was not cancelled, and what it was mostly for. */
async function readLastOrders(ctx: Ctx, ids: readonly number[]): Promise<Map<number | string, Order>> {
  const { rows } = await sql<Order & { id: number }>`
    select p.id, o.number, o.currency, o.total_fen as "amountFen", o.ordered_at as at, (
      select l.name from order_line l where l.customer_id = p.id and l.order_id = o.id and l.product_id is not null
      order by l.amount_fen desc, l.line_key limit 1
    ) as product
    from unnest(${ids}::bigint[]) as p(id)
    cross join lateral (
      select id, number, currency, total_fen, ordered_at from shop_order
      where customer_id = p.id and state <> 'cancelled' and total_fen > 0 order by ordered_at desc, id desc limit 1
    ) as o
  `.execute(ctx.db);
  return new Map(rows.map(({ id, ...order }) => [id, order]));
}

async function readStaff(
  ctx: Ctx,
  ids: readonly number[],
): Promise<Map<number | string, { name: string; alias: string }>> {
  const { rows } = await sql<{ id: number; name: string; alias: string }>`
    select id, name, coalesce(nullif(alias, ''), name) as alias from staff where id = any(${ids}::bigint[])
  `.execute(ctx.db);
  return new Map(rows.map(({ id, ...staff }) => [id, staff]));
}

async function readCodes(
  ctx: Ctx,
  ids: readonly number[],
): Promise<Map<number | string, { name: string; hook: string }>> {
  const { rows } = await sql<{ id: number; name: string; hook: string }>`
    select id, name, case when hook ->> 'kind' = 'none' then '' else hook ->> 'text' end as hook
    from channel_code where id = any(${ids}::bigint[])
  `.execute(ctx.db);
  return new Map(rows.map(({ id, ...code }) => [id, code]));
}
