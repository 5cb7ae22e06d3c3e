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

/** Up to so many tags are looked for one by one; more of them together. */
const maxTagWays = 8;

/** A search looks through so many of the newest customers before it goes by its index. */
const nearCount = 20_000;

/** A period of up to so many days holds few enough customers to sort them. */
const shortPeriodMs = 92 * 86_400_000;

/**
 * Customers from an index that begins with what they have in common and ends in their id. It gives them in the order of
 * a page, so that reading stops when the page is full, wherever in the list they are.
 */
const inOrder = (source: RawBuilder<unknown>) =>
  sql<boolean>`c.id in (select distinct customer_id from ${source} order by customer_id desc)`;

/** The same customers where something else, a name, leads to them: each is looked up by itself. */
const among = (source: RawBuilder<unknown>) => sql<boolean>`c.id in (select customer_id from ${source})`;

const ofStaff = (staffId: number) => sql`follow where staff_id = ${staffId} and state = 'active'`;

const withTag = (tagId: number) => sql<boolean>`c.id in (select customer_id from customer_tag where tag_id = ${tagId})`;

/** Whom this actor may see: an adviser the customers who are with him now, everybody else all. */
export function customerScope(actor: Actor, within = among): Condition | undefined {
  if (actor.kind === 'system' || actor.role !== 'adviser') return undefined;
  return within(ofStaff(actor.staffId ?? 0));
}

/**
 * A filter on `customer c` as ways to be selected, each a list of conditions: whoever fits one of the ways is selected.
 * Ways are asked for one by one, because PostgreSQL cannot read "this or that" from two indexes in order.
 */
function waysOf(ctx: Ctx, filter: Filter, reading: 'index' | 'text' = 'index'): Condition[][] {
  const common: Condition[] = [];
  const within = filter.search === undefined ? inOrder : among;
  const scope = customerScope(ctx.actor, within);
  if (scope) common.push(scope);
  if (filter.staff !== undefined) common.push(within(ofStaff(filter.staff)));
  if (filter.code !== undefined) common.push(within(sql`follow where code_id = ${filter.code}`));
  if (filter.source !== undefined) common.push(sql`c.source = ${filter.source}`);
  if (filter.active === true) common.push(sql`c.active_follow_count > 0`);
  if (filter.active === false) common.push(sql`c.gone_at is not null`);
  const range = dayRange(ctx.zone, filter.from, filter.to);
  if (range.from) common.push(sql`c.added_at >= ${range.from}`);
  if (range.until) common.push(sql`c.added_at < ${range.until}`);
  const bySearch = filter.search === undefined ? [[]] : waysOfSearch(filter.search, reading).map((way) => [way]);
  return bySearch.flatMap((search) =>
    waysOfTags(filter.tags ?? [], filter.tagMode).map((tags) => [...common, ...search, ...tags]),
  );
}

/** @param reading whether names and remarks are found by the index over their pieces, or by reading them */
function waysOfSearch(search: string, reading: 'index' | 'text'): Condition[] {
  const text = normalizeForSearch(search);
  const isAccount = /^w[mo][\w-]{8,}$/i.test(search);
  if (isAccount) return [sql`c.id in (select customer_id from identity where value = ${search})`];
  // strpos rather than like: PostgreSQL takes a like for rarer than it is, and then reads the wrong index.
  const hasText = sql<boolean>`strpos(c.search_text, ${text}) > 0`;
  const hasPieces = sql<boolean>`c.search_grams @> ${gramsToFind(search)}::text[]`;
  const byPieces = isOnePiece(text) ? hasPieces : sql<boolean>`(${hasPieces} and ${hasText})`;
  const byName = reading === 'text' ? hasText : byPieces;
  if (!isPhonePart(text)) return [byName];
  const digits = text.replace('+', '');
  const start = `${digits}%`;
  const end = `${[...digits].reverse().join('')}%`;
  const byPhone = sql<boolean>`c.id = any(array(
    select customer_id from identity where kind = 'phone' and (value like ${start} or reverse(value) like ${end})
  ))`;
  return [byName, byPhone];
}

/** Whether the index over pieces answers for this text alone. */
const isOnePiece = (text: string) => [...text].length <= 2 && !text.includes(' ');

const isPhonePart = (text: string) => /^\+?\d{4,15}$/.test(text);

function waysOfTags(tags: readonly number[], mode: Filter['tagMode']): Condition[][] {
  const [first, ...more] = tags;
  if (first === undefined) return [[]];
  switch (mode) {
    case 'any':
      if (more.length < maxTagWays) return tags.map((tag) => [withTag(tag)]);
      return [[inOrder(sql`customer_tag where tag_id = any(${tags})`)]];
    case 'none':
      return [[sql`not exists (select 1 from customer_tag x where x.customer_id = c.id and x.tag_id = any(${tags}))`]];
    case 'all':
      return [tags.map(withTag)];
  }
}

const all = (conditions: readonly Condition[]) =>
  conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join([...conditions], sql` and `)}`;

/** Ids of those who fit one of the ways; `order` names the column when the first of them are wanted. */
function selectFirst(
  ways: readonly Condition[][],
  limit: number,
  order: RawBuilder<unknown> = sql``,
): RawBuilder<{ id: number }> {
  const selects = ways.map((way) => sql`(select c.id from customer c where ${all(way)} ${order} limit ${limit})`);
  if (selects.length === 1) return sql`select id from ${selects[0] ?? sql``} as c ${order}`;
  return sql`select id from (${sql.join(selects, sql` union `)}) as c ${order} limit ${limit}`;
}

/** The next ids of a page. */
async function readPageIds(
  ctx: Ctx,
  filter: Filter,
  before: number | undefined,
  limit: number,
): Promise<{ id: number }[]> {
  const text = normalizeForSearch(filter.search ?? '');
  if (!isOnePiece(text) && !isPhonePart(text)) {
    const near = await readNearIds(ctx, filter, before, limit);
    if (near.length === limit) return near;
  }
  const ways = waysOf(ctx, filter).map((way) =>
    before === undefined ? way : [...way, sql<boolean>`c.id < ${before}`],
  );
  const { from, until = ctx.now } = dayRange(ctx.zone, filter.from, filter.to);
  const isShort = from !== undefined && until.getTime() - from.getTime() <= shortPeriodMs;
  // An old period would be looked for from the newest customer on: sorted by an expression, it is read by its own index.
  const order = isShort ? sql`order by c.id + 0 desc` : sql`order by c.id desc`;
  return (await selectFirst(ways, limit, order).execute(ctx.db)).rows;
}

/**
 * A page from the newest customers alone, by reading their texts: several pieces that many have, for instance the
 * beginning of a shop's remarks, are found at once there, while the index would first collect all who have them.
 */
async function readNearIds(ctx: Ctx, filter: Filter, before: number | undefined, limit: number) {
  const { rows: last } = await sql<{ id: number | null }>`select max(id) as id from customer`.execute(ctx.db);
  const newest = before ?? (last[0]?.id ?? 0) + 1;
  const window = sql<boolean>`c.id < ${newest} and c.id >= ${newest - nearCount}`;
  const ways = waysOf(ctx, filter, 'text');
  const { rows } = await selectFirst(
    ways.map((way) => [...way, window]),
    limit,
    sql`order by c.id desc`,
  ).execute(ctx.db);
  return rows;
}

export async function listCustomerPage(
  ctx: Ctx,
  input: Input<typeof listCustomers>,
): Promise<Output<typeof listCustomers>> {
  const cursor = decodeCursor(input.after, ['number']);
  const rows = await readPageIds(ctx, input, cursor?.[0], input.limit + 1);
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
      c.active_follow_count > 0 as "isActive", c.met_at is not null as "isMet",
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
    select count(*) as count from (${selectFirst(waysOf(ctx, filter), countLimit + 1)}) as counted
  `.execute(ctx.db);
  const count = rows[0]?.count ?? 0;
  return { count: Math.min(count, countLimit), isExact: count <= countLimit };
}

/** Ids that a filter selects, after a given id, in order: for work in batches. */
export async function selectIds(ctx: Ctx, filter: Filter, afterId: number, limit: number): Promise<number[]> {
  const ways = waysOf(ctx, filter).map((way) => [...way, sql<boolean>`c.id > ${afterId}`]);
  const { rows } = await selectFirst(ways, limit, sql`order by c.id`).execute(ctx.db);
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
