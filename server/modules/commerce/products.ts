import type { Input, Output } from '#contract';
import { type listProducts, productTelling, type tellProducts } from '#contract/commerce';
import { gramsOf, gramsToFind, normalizeForSearch } from '#customers';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import type { KnownLine } from './rules.ts';
import { judge } from './tell.ts';

export const productKey = (shop: string, sku: string) => `${shop}\n${sku}`;

interface Sale {
  readonly shop: string;
  readonly line: KnownLine;
  readonly soldAt: Date;
  readonly currency: string;
}

/**
 * Ids of the products that lines name; those nobody knows are made. Without a catalogue a product is called and priced as
 * in the newest order that names it; of orders of one moment the greater text counts.
 */
export async function ensureProducts(ctx: WriteCtx, sales: readonly Sale[]): Promise<Map<string, number>> {
  const newest = new Map<string, Sale>();
  for (const sale of sales) {
    const key = productKey(sale.shop, sale.line.sku);
    const other = newest.get(key);
    if (other === undefined || isNewer(sale, other)) newest.set(key, sale);
  }
  if (newest.size === 0) return new Map();
  const rows = JSON.stringify(
    [...newest.values()].map(({ shop, line, soldAt, currency }) => ({
      shop,
      sku: line.sku,
      name: line.name,
      category: line.category,
      price_fen: line.quantity === 0 ? null : Math.round(line.amountFen / line.quantity),
      currency,
      sold_at: soldAt,
      ...searchable(line.name, line.sku),
    })),
  );
  const told = sql`jsonb_to_recordset(${rows}::jsonb) as p(shop text, sku text, name text, category text,
    price_fen bigint, currency text, sold_at timestamptz, search_text text, search_grams text[])`;
  // Rows that stay as they are are only read: the same products are sold in every batch.
  await sql`
    insert into product as known (shop, sku, name, category, price_fen, currency, sold_at, search_text, search_grams, created_at)
    select shop, sku, name, category, price_fen, currency, sold_at, search_text, search_grams, ${ctx.now}
    from ${told}
    where not exists (
      select 1 from product k where k.shop = p.shop and k.sku = p.sku
        and (k.sold_at > p.sold_at or (k.sold_at = p.sold_at and k.name >= p.name))
    )
    order by shop, sku
    on conflict (shop, sku) do update set
      sold_at = excluded.sold_at,
      name = case when known.catalogued_at is null then excluded.name else known.name end,
      category = case when known.catalogued_at is null then excluded.category else known.category end,
      price_fen = case when known.catalogued_at is null then excluded.price_fen else known.price_fen end,
      currency = case when known.catalogued_at is null then excluded.currency else known.currency end,
      search_text = case when known.catalogued_at is null then excluded.search_text else known.search_text end,
      search_grams = case when known.catalogued_at is null then excluded.search_grams else known.search_grams end
    where known.sold_at is null or known.sold_at < excluded.sold_at
      or (known.sold_at = excluded.sold_at and known.name < excluded.name)
  `.execute(ctx.db);
  const { rows: ids } = await sql<{ id: number; shop: string; sku: string }>`
    select k.id, k.shop, k.sku from ${told} join product k on k.shop = p.shop and k.sku = p.sku
  `.execute(ctx.db);
  return new Map(ids.map((row) => [productKey(row.shop, row.sku), row.id]));
}

function isNewer(a: Sale, b: Sale): boolean {
  const [x, y] = [a.soldAt.getTime(), b.soldAt.getTime()];
  return x === y ? a.line.name > b.line.name : x > y;
}

function searchable(name: string, sku: string) {
  const text = `${sku} ${name}`;
  return { search_text: normalizeForSearch(text), search_grams: gramsOf(text) };
}

/** Products of a catalogue; each is accepted or refused by itself, and of each the newest telling counts. */
export async function keepProducts(
  ctx: WriteCtx,
  input: Input<typeof tellProducts>,
): Promise<Output<typeof tellProducts>> {
  const { accepted, answer } = judge(input.products, productTelling);
  const newest = new Map<string, (typeof accepted)[number]>();
  for (const told of accepted) {
    const key = productKey(told.shop, told.sku);
    const other = newest.get(key);
    if (other === undefined || Date.parse(other.updatedAt) <= Date.parse(told.updatedAt)) newest.set(key, told);
  }
  const rows = [...newest.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, told]) => ({
      shop: told.shop,
      sku: told.sku,
      name: told.name,
      category: told.category ?? null,
      price_fen: told.priceFen ?? null,
      currency: told.currency ?? null,
      image_url: told.imageUrl ?? null,
      catalogued_at: told.updatedAt,
      ...searchable(told.name, told.sku),
    }));
  await sql`
    insert into product as known (shop, sku, name, category, price_fen, currency, image_url, catalogued_at, search_text,
      search_grams, created_at)
    select shop, sku, name, category, price_fen, currency, image_url, catalogued_at, search_text, search_grams, ${ctx.now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as p(shop text, sku text, name text, category text,
      price_fen bigint, currency text, image_url text, catalogued_at timestamptz, search_text text, search_grams text[])
    on conflict (shop, sku) do update set name = excluded.name, category = excluded.category, price_fen = excluded.price_fen,
      currency = excluded.currency, image_url = excluded.image_url, catalogued_at = excluded.catalogued_at,
      search_text = excluded.search_text, search_grams = excluded.search_grams
    where known.catalogued_at is null or known.catalogued_at <= excluded.catalogued_at
  `.execute(ctx.db);
  return answer;
}

type Product = Output<typeof listProducts>['rows'][number];

export async function listProductPage(
  ctx: Ctx,
  input: Input<typeof listProducts>,
): Promise<Output<typeof listProducts>> {
  const cursor = decodeCursor(input.after, ['number']);
  const text = normalizeForSearch(input.search ?? '');
  const { rows } = await sql<{ id: number }>`
    select id from product
    where (${cursor === undefined} or id < ${cursor?.[0] ?? 0})
      and (${input.shop === undefined} or shop = ${input.shop ?? ''})
      and (${input.search === undefined} or (search_grams @> ${gramsToFind(input.search ?? '')}::text[] and strpos(search_text, ${text}) > 0))
    order by id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    next: page.next,
    rows: await readProducts(
      ctx,
      page.rows.map((row) => row.id),
    ),
  };
}

export async function readProduct(ctx: Ctx, id: number): Promise<Product> {
  const [row] = await readProducts(ctx, [id]);
  if (!row) throw new AppError('not_found');
  return row;
}

async function readProducts(ctx: Ctx, ids: readonly number[]): Promise<Product[]> {
  const { rows } = await sql<Omit<Product, 'soldAt'> & { soldAt: Date | null }>`
    select p.id, p.shop, p.sku, p.name, p.category, p.price_fen as "priceFen", p.currency, p.image_url as "imageUrl",
      p.catalogued_at is not null as "isCatalogued", p.sold_at as "soldAt",
      coalesce((
        select sum(l.quantity - l.refunded_quantity) from order_line l
        where l.product_id = p.id and l.ordered_at > p.sold_at - interval '365 days'
      ), 0) as "soldCount"
    from unnest(${ids}::bigint[]) with ordinality as wanted(id, place) join product p on p.id = wanted.id
    order by wanted.place
  `.execute(ctx.db);
  return rows.map((row) => ({ ...row, soldAt: row.soldAt?.toISOString() ?? null }));
}
