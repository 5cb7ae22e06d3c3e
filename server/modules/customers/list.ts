import type { Input, Output } from '#contract';
import type { countCustomers, listCustomers } from '#contract/customers';
import type { Actor, Ctx } from '#platform/ctx';
import { dayRange } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { decodeCursor, toPage } from '#platform/paging';
import { gramsToFind, normalizeForSearch } from './rules.ts';

type Filter = Input<typeof countCustomers>;
type Row = Output<typeof listCustomers>['rows'][number];
type Condition = RawBuilder<boolean>;

/** Counting stops here: an operator needs to know that there are many, not how many exactly. */
const countLimit = 100_000;

/** Whom this actor may see: an adviser the customers who are with him now, everybody else all. */
export function customerScope(actor: Actor): Condition | undefined {
  if (actor.kind === 'system' || actor.role !== 'adviser') return undefined;
  return sql<boolean>`exists (
    select 1 from follow f where f.customer_id = c.id and f.staff_id = ${actor.staffId ?? 0} and f.state = 'active'
  )`;
}

/**
 * The conditions of a filter on `customer c`. Each is answered from an index that ends in the customer's id, so that a
 * page in the order of ids needs no sorting, however many customers there are.
 */
function conditionsOf(ctx: Ctx, filter: Filter): Condition[] {
  const conditions: Condition[] = [];
  const scope = customerScope(ctx.actor);
  if (scope) conditions.push(scope);
  if (filter.search !== undefined) conditions.push(searchCondition(filter.search));
  if (filter.tags?.length) conditions.push(tagCondition(filter.tags, filter.tagMode));
  if (filter.staff !== undefined) {
    conditions.push(
      sql`c.id in (select customer_id from follow where staff_id = ${filter.staff} and state = 'active')`,
    );
  }
  if (filter.code !== undefined) {
    conditions.push(sql`c.id in (select customer_id from follow where code_id = ${filter.code})`);
  }
  if (filter.source !== undefined) conditions.push(sql`c.source = ${filter.source}`);
  if (filter.active === true) conditions.push(sql`c.active_follow_count > 0`);
  if (filter.active === false) conditions.push(sql`c.active_follow_count = 0`);
  const range = dayRange(ctx.zone, filter.from, filter.to);
  if (range.from) conditions.push(sql`c.added_at >= ${range.from}`);
  if (range.until) conditions.push(sql`c.added_at < ${range.until}`);
  return conditions;
}

function searchCondition(search: string): Condition {
  const text = normalizeForSearch(search);
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const byName = sql<boolean>`(c.search_grams @> ${gramsToFind(search)}::text[] and c.search_text like ${pattern})`;
  const digits = /^\+?\d{4,15}$/.test(text);
  const account = /^w[mo][\w-]{8,}$/i.test(search);
  if (digits) {
    const start = `${text.replace('+', '')}%`;
    const end = `${[...text.replace('+', '')].reverse().join('')}%`;
    return sql<boolean>`(${byName} or c.id in (
      select customer_id from identity where kind = 'phone' and (value like ${start} or reverse(value) like ${end})
    ))`;
  }
  if (account) return sql<boolean>`c.id in (select customer_id from identity where value = ${search})`;
  return byName;
}

function tagCondition(tags: readonly number[], mode: Filter['tagMode']): Condition {
  switch (mode) {
    case 'any':
      return sql`c.id in (select customer_id from customer_tag where tag_id = any(${tags}))`;
    case 'none':
      return sql`not exists (select 1 from customer_tag x where x.customer_id = c.id and x.tag_id = any(${tags}))`;
    case 'all': {
      const each = tags.map((tag) => sql`c.id in (select customer_id from customer_tag where tag_id = ${tag})`);
      return sql<boolean>`(${sql.join(each, sql` and `)})`;
    }
  }
}

const all = (conditions: readonly Condition[]) =>
  conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join([...conditions], sql` and `)}`;

export async function listCustomerPage(
  ctx: Ctx,
  input: Input<typeof listCustomers>,
): Promise<Output<typeof listCustomers>> {
  const cursor = decodeCursor(input.after, ['number']);
  const conditions = conditionsOf(ctx, input);
  if (cursor) conditions.push(sql`c.id < ${cursor[0]}`);
  const { rows } = await sql<{ id: number }>`
    select c.id from customer c where ${all(conditions)} order by c.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    rows: await readRows(
      ctx,
      page.rows.map((row) => row.id),
    ),
    next: page.next,
  };
}

/** List rows for chosen ids, in the order of the ids given. */
export async function readRows(ctx: Ctx, ids: readonly number[]): Promise<Row[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Omit<Row, 'addedAt'> & { addedAt: Date }>`
    select c.id, c.name, c.avatar, c.kind, c.corp_name as "corpName", c.gender, c.source, c.added_at as "addedAt",
      c.active_follow_count > 0 as "isActive",
      (select f.remark from follow f where f.customer_id = c.id and f.remark <> '' order by f.added_at desc limit 1) as remark,
      (select json_build_object('id', cc.id, 'name', cc.name) from channel_code cc where cc.id = c.code_id) as code,
      coalesce((
        select json_agg(json_build_object('id', s.id, 'name', s.name) order by f.added_at)
        from follow f join staff s on s.id = f.staff_id where f.customer_id = c.id and f.state = 'active'
      ), '[]') as staff,
      coalesce((
        select json_agg(json_build_object('id', t.id, 'name', t.name, 'kind', g.kind) order by g.sort desc, t.id)
        from customer_tag ct join tag t on t.id = ct.tag_id join tag_group g on g.id = t.group_id where ct.customer_id = c.id
      ), '[]') as tags
    from unnest(${ids}::bigint[]) with ordinality as wanted(id, place)
    join customer c on c.id = wanted.id
    order by wanted.place
  `.execute(ctx.db);
  return rows.map((row) => ({ ...row, addedAt: row.addedAt.toISOString() }));
}

export async function countFiltered(ctx: Ctx, filter: Filter): Promise<Output<typeof countCustomers>> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (select 1 from customer c where ${all(conditionsOf(ctx, filter))} limit ${countLimit + 1}) as counted
  `.execute(ctx.db);
  const count = rows[0]?.count ?? 0;
  return { count: Math.min(count, countLimit), isExact: count <= countLimit };
}

/** Ids that a filter selects, after a given id, in order: for work in batches. */
export async function selectIds(ctx: Ctx, filter: Filter, afterId: number, limit: number): Promise<number[]> {
  const conditions = [...conditionsOf(ctx, filter), sql<boolean>`c.id > ${afterId}`];
  const { rows } = await sql<{ id: number }>`
    select c.id from customer c where ${all(conditions)} order by c.id limit ${limit}
  `.execute(ctx.db);
  return rows.map((row) => row.id);
}

/** Which of these the actor may see. */
export async function visibleIds(ctx: Ctx, ids: readonly number[]): Promise<number[]> {
  const scope = customerScope(ctx.actor);
  const { rows } = await sql<{ id: number }>`
    select c.id from customer c where c.id = any(${ids}) and ${scope ?? sql<boolean>`true`} order by c.id
  `.execute(ctx.db);
  return rows.map((row) => row.id);
}
