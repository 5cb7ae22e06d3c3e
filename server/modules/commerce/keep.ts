import { orderTelling } from '#contract/commerce';
import { type Mover, moveRows } from '#customers';
import type { ProjectedEvent } from '#events';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { ensureProducts, productKey } from './products.ts';
import {
  type Fields,
  figuresOf,
  foldOrder,
  type KnownLine,
  type KnownOrder,
  type KnownRefund,
  newsOf,
  nothingKnown,
  type OrderFigures,
  type OrderTelling,
  type ReturnedLine,
  type Told,
} from './rules.ts';

/** An order on its way through one batch: as it was, as it is, and whose it is. */
interface Working {
  readonly shop: string;
  readonly number: string;
  readonly id: number;
  /** Null: nothing was known of it. */
  readonly stored: { readonly customerId: number; readonly homeId: number | null } | null;
  readonly before: KnownOrder;
  known: KnownOrder;
  customerId: number;
  homeId: number | null;
  source: string;
  receivedAt: Date;
}

const keyOf = (order: { shop: string; number: string }) => `${order.shop}\n${order.number}`;

/**
 * Listens for `order.told`: folds each telling into its order, in the transaction that makes it known, and returns what the
 * timelines hear of. Orders are locked in the order of their keys, so two batches that tell of the same orders wait for each
 * other and never lock crosswise.
 */
export async function keepOrders(ctx: WriteCtx, events: readonly ProjectedEvent[]): Promise<ProjectedEvent[]> {
  const told = events.flatMap((event) =>
    event.name === 'order.told' ? [{ event, telling: orderTelling.parse(event.payload) }] : [],
  );
  const news: ProjectedEvent[] = [];
  for (const some of chunksOf(told)) news.push(...(await keepSome(ctx, some)));
  return news;
}

interface ToldOrder {
  readonly event: ProjectedEvent;
  readonly telling: OrderTelling;
}

/** So many lines are worked on at once: a thousand orders may have a hundred thousand. */
const linesAtOnce = 5000;

/** All tellings of an order in one chunk, the chunks in the order of the orders' keys: so locks are always taken in it. */
function* chunksOf(told: readonly ToldOrder[]): Generator<ToldOrder[]> {
  const byOrder = [...Map.groupBy(told, ({ telling }) => keyOf(telling))].sort(([a], [b]) => (a < b ? -1 : 1));
  let chunk: ToldOrder[] = [];
  let lines = 0;
  for (const [, tellings] of byOrder) {
    const more = tellings.reduce((sum, { telling }) => sum + 1 + (telling.lines?.length ?? 0), 0);
    if (chunk.length > 0 && lines + more > linesAtOnce) {
      yield chunk;
      [chunk, lines] = [[], 0];
    }
    chunk.push(...tellings);
    lines += more;
  }
  if (chunk.length > 0) yield chunk;
}

async function keepSome(ctx: WriteCtx, told: readonly ToldOrder[]): Promise<ProjectedEvent[]> {
  const working = await takeOrders(
    ctx,
    told.map(({ telling }) => telling),
  );
  for (const { event, telling } of told) {
    const order = working.get(keyOf(telling));
    if (!order) throw new Error(`the order ${telling.shop} ${telling.number} was not taken`);
    apply(order, event, telling);
  }
  const orders = [...working.values()];
  const figures = new Map(orders.map((order) => [order.id, figuresOf(order.known)] as const));
  const of = (order: Working) => figures.get(order.id) as OrderFigures;
  await moveToBuyers(ctx, orders);
  await writeOrders(ctx, orders, of);
  await writeLines(ctx, orders, of);
  await writeRefunds(ctx, orders, of);
  return orders.flatMap((order) => newsEvents(order, of(order)));
}

function apply(order: Working, event: ProjectedEvent, telling: OrderTelling): void {
  const before = order.known.fields.customer;
  order.known = foldOrder(order.known, telling);
  // Whoever the newest telling with an account names is the buyer. One without an account leaves that as it is.
  const after = order.known.fields.customer;
  if (telling.accounts.length > 0 && after !== undefined && (before === undefined || isNamedBy(after, telling))) {
    order.customerId = event.customerId;
    order.homeId = event.homeId;
  }
  order.source = event.source;
  order.receivedAt = event.receivedAt;
}

function isNamedBy(customer: Told, telling: OrderTelling): boolean {
  const [account] = telling.accounts;
  return (
    account !== undefined &&
    customer[0] === `${account.kind} ${account.value}` &&
    customer[1] === Date.parse(telling.updatedAt)
  );
}

/** Locks the orders, with all that is known of them; takes numbers for those that are new. */
async function takeOrders(ctx: WriteCtx, tellings: readonly OrderTelling[]): Promise<Map<string, Working>> {
  const wanted = [...new Map(tellings.map((telling) => [keyOf(telling), telling])).values()].sort((a, b) =>
    keyOf(a) < keyOf(b) ? -1 : 1,
  );
  const shops = wanted.map((telling) => telling.shop);
  const numbers = wanted.map((telling) => telling.number);
  const { rows: made } = await sql<{ shop: string; number: string; order_id: number }>`
    insert into order_key (shop, number, customer_id, order_id)
    select shop, number, 0, nextval('shop_order_id_seq')
    from unnest(${shops}::text[], ${numbers}::text[]) with ordinality as w(shop, number, place)
    where not exists (select 1 from order_key k where k.shop = w.shop and k.number = w.number)
    order by place
    on conflict do nothing returning shop, number, order_id
  `.execute(ctx.db);
  const working = new Map<string, Working>();
  const newOne = {
    stored: null,
    before: nothingKnown,
    known: nothingKnown,
    customerId: 0,
    homeId: null,
    source: '',
    receivedAt: ctx.now,
  };
  for (const row of made) working.set(keyOf(row), { ...newOne, shop: row.shop, number: row.number, id: row.order_id });
  if (made.length === wanted.length) return working;
  const { rows: keys } = await sql<{ shop: string; number: string; order_id: number; customer_id: number }>`
    select k.shop, k.number, k.order_id, k.customer_id
    from unnest(${shops}::text[], ${numbers}::text[]) with ordinality as w(shop, number, place)
    join order_key k on k.shop = w.shop and k.number = w.number
    where k.order_id <> all(${made.map((row) => row.order_id)})
    order by place for update of k
  `.execute(ctx.db);
  for (const stored of await readKnown(
    ctx,
    keys.map((row) => row.customer_id),
    keys.map((row) => row.order_id),
  )) {
    working.set(keyOf(stored), { ...stored, source: '', receivedAt: ctx.now });
  }
  return working;
}

async function readKnown(
  ctx: WriteCtx,
  customerIds: readonly number[],
  ids: readonly number[],
): Promise<Omit<Working, 'source' | 'receivedAt'>[]> {
  if (ids.length === 0) return [];
  const wanted = sql`unnest(${customerIds}::bigint[], ${ids}::bigint[]) as w(customer_id, id)`;
  const { rows: orders } = await sql<{
    customer_id: number;
    id: number;
    shop: string;
    number: string;
    told: Fields;
    updated_at: Date;
    home_id: number | null;
  }>`
    select o.customer_id, o.id, o.shop, o.number, o.told, o.updated_at, o.home_id
    from ${wanted} join shop_order o on o.customer_id = w.customer_id and o.id = w.id
  `.execute(ctx.db);
  const { rows: lines } = await sql<{ order_id: number; line_key: string; line: KnownLine; told_at: Date }>`
    select l.order_id, l.line_key, l.told_at, jsonb_build_object('sku', l.sku, 'name', l.name, 'category', l.category,
      'quantity', l.quantity, 'amountFen', l.amount_fen, 'isProduct', l.product_id is not null) as line
    from ${wanted} join order_line l on l.customer_id = w.customer_id and l.order_id = w.id
  `.execute(ctx.db);
  const { rows: refunds } = await sql<{ order_id: number; refund_key: string; told: StoredRefund }>`
    select r.order_id, r.refund_key, r.told
    from ${wanted} join refund r on r.customer_id = w.customer_id and r.order_id = w.id
  `.execute(ctx.db);
  const linesOf = Map.groupBy(lines, (row) => row.order_id);
  const refundsOf = Map.groupBy(refunds, (row) => row.order_id);
  return orders.map((row) => {
    const known: KnownOrder = {
      fields: row.told,
      lines: new Map(
        (linesOf.get(row.id) ?? []).map(({ line_key, line, told_at }) => [
          line_key,
          [lineInOrder(line), told_at.getTime()],
        ]),
      ),
      refunds: new Map((refundsOf.get(row.id) ?? []).map(({ refund_key, told }) => [refund_key, readRefund(told)])),
      updatedAt: row.updated_at.getTime(),
    };
    const { customer_id: customerId, home_id: homeId } = row;
    return {
      shop: row.shop,
      number: row.number,
      id: row.id,
      stored: { customerId, homeId },
      before: known,
      known,
      customerId,
      homeId,
    };
  });
}

/** jsonb forgets the order of names; tellings of one moment are compared as texts. */
function lineInOrder({ sku, name, category, quantity, amountFen, isProduct }: KnownLine): KnownLine {
  return { sku, name, category, quantity, amountFen, isProduct };
}

interface StoredRefund {
  readonly fields: Fields;
  readonly lines: readonly (readonly [key: string, line: ReturnedLine, at: number])[];
}

function readRefund({ fields, lines }: StoredRefund): KnownRefund {
  return {
    fields,
    lines: new Map(
      lines.map(([key, { sku, name, quantity, amountFen }, at]) => [key, [{ sku, name, quantity, amountFen }, at]]),
    ),
  };
}

function storeRefund({ fields, lines }: KnownRefund): StoredRefund {
  return { fields, lines: [...lines].map(([key, [line, at]]) => [key, line, at]) };
}

/** Orders whose buyer turned out to be somebody else go over to them, with all that hangs on them. */
async function moveToBuyers(ctx: WriteCtx, orders: readonly Working[]): Promise<void> {
  const moving = orders.filter(({ stored, customerId, homeId }) =>
    stored === null ? customerId !== 0 : stored.customerId !== customerId || stored.homeId !== homeId,
  );
  if (moving.length === 0) return;
  const rows = JSON.stringify(
    moving.map((order) => ({
      id: order.id,
      from_id: order.stored?.customerId ?? 0,
      to_id: order.customerId,
      home_id: order.homeId,
    })),
  );
  const moves = sql`jsonb_to_recordset(${rows}::jsonb) as m(id bigint, from_id bigint, to_id bigint, home_id bigint)`;
  await sql`update order_key k set customer_id = m.to_id from ${moves} where k.order_id = m.id`.execute(ctx.db);
  if (moving.every((order) => order.stored === null)) return;
  await sql`
    update shop_order o set customer_id = m.to_id, home_id = m.home_id from ${moves}
    where o.customer_id = m.from_id and o.id = m.id
  `.execute(ctx.db);
  await sql`
    update order_line l set customer_id = m.to_id, home_id = m.home_id from ${moves}
    where l.customer_id = m.from_id and l.order_id = m.id
  `.execute(ctx.db);
  await sql`
    update refund r set customer_id = m.to_id, home_id = m.home_id from ${moves}
    where r.customer_id = m.from_id and r.order_id = m.id
  `.execute(ctx.db);
}

async function writeOrders(
  ctx: WriteCtx,
  orders: readonly Working[],
  of: (order: Working) => OrderFigures,
): Promise<void> {
  const rows = orders.map((order) => {
    const figures = of(order);
    return {
      customer_id: order.customerId,
      id: order.id,
      shop: order.shop,
      number: order.number,
      currency: figures.currency,
      state: figures.state,
      ordered_at: figures.orderedAt,
      paid_at: figures.paidAt,
      completed_at: figures.completedAt,
      cancelled_at: figures.cancelledAt,
      total_fen: figures.totalFen,
      refunded_fen: figures.refundedFen,
      line_count: order.known.lines.size,
      details: figures.details,
      told: order.known.fields,
      source: order.source,
      updated_at: new Date(order.known.updatedAt),
      home_id: order.homeId,
    };
  });
  await sql`
    insert into shop_order (customer_id, id, shop, number, currency, state, ordered_at, paid_at, completed_at, cancelled_at,
      total_fen, refunded_fen, line_count, details, told, source, created_at, updated_at, home_id)
    select customer_id, id, shop, number, currency, state, ordered_at, paid_at, completed_at, cancelled_at,
      total_fen, refunded_fen, line_count, details, told, source, ${ctx.now}, updated_at, home_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as o(customer_id bigint, id bigint, shop text, number text,
      currency text, state text, ordered_at timestamptz, paid_at timestamptz, completed_at timestamptz,
      cancelled_at timestamptz, total_fen bigint, refunded_fen bigint, line_count integer, details jsonb, told jsonb,
      source text, updated_at timestamptz, home_id bigint)
    on conflict (customer_id, id) do update set currency = excluded.currency, state = excluded.state,
      ordered_at = excluded.ordered_at, paid_at = excluded.paid_at, completed_at = excluded.completed_at,
      cancelled_at = excluded.cancelled_at, total_fen = excluded.total_fen, refunded_fen = excluded.refunded_fen,
      line_count = excluded.line_count, details = excluded.details, told = excluded.told, source = excluded.source,
      updated_at = excluded.updated_at
  `.execute(ctx.db);
}

/** Only lines that changed are written: a late refund of a long order touches few of them. */
async function writeLines(
  ctx: WriteCtx,
  orders: readonly Working[],
  of: (order: Working) => OrderFigures,
): Promise<void> {
  const changed = orders.flatMap((order) => {
    const figures = of(order);
    const before = order.stored === null ? undefined : figuresOf(order.before);
    const isMoved = before !== undefined && before.orderedAt.getTime() !== figures.orderedAt.getTime();
    return [...order.known.lines].flatMap(([key, told]) => {
      const [returned, was] = [figures.returned.get(key), before?.returned.get(key)];
      const isSame =
        !isMoved &&
        order.before.lines.get(key) === told &&
        returned?.quantity === was?.quantity &&
        returned?.amountFen === was?.amountFen;
      return isSame ? [] : [{ order, key, line: told[0], toldAt: told[1], returned, orderedAt: figures.orderedAt }];
    });
  });
  const gone = orders.flatMap((order) =>
    [...order.before.lines.keys()].filter((key) => !order.known.lines.has(key)).map((key) => ({ order, key })),
  );
  if (gone.length > 0) {
    await sql`
      delete from order_line l
      using unnest(${gone.map(({ order }) => order.customerId)}::bigint[], ${gone.map(({ order }) => order.id)}::bigint[],
        ${gone.map(({ key }) => key)}::text[]) as g(customer_id, order_id, line_key)
      where l.customer_id = g.customer_id and l.order_id = g.order_id and l.line_key = g.line_key
    `.execute(ctx.db);
  }
  if (changed.length === 0) return;
  const productIds = await ensureProducts(
    ctx,
    changed.flatMap(({ order, line, orderedAt }) =>
      line.isProduct ? [{ shop: order.shop, line, soldAt: orderedAt, currency: of(order).currency }] : [],
    ),
  );
  const rows = changed.map(({ order, key, line, toldAt, returned, orderedAt }) => ({
    customer_id: order.customerId,
    order_id: order.id,
    line_key: key,
    product_id: line.isProduct ? productIds.get(productKey(order.shop, line.sku)) : null,
    sku: line.sku,
    name: line.name,
    category: line.category,
    quantity: line.quantity,
    amount_fen: line.amountFen,
    refunded_quantity: returned?.quantity ?? 0,
    refunded_fen: returned?.amountFen ?? 0,
    ordered_at: orderedAt,
    told_at: new Date(toldAt),
    home_id: order.homeId,
  }));
  await sql`
    insert into order_line (customer_id, order_id, line_key, product_id, sku, name, category, quantity, amount_fen,
      refunded_quantity, refunded_fen, ordered_at, told_at, home_id)
    select customer_id, order_id, line_key, product_id, sku, name, category, quantity, amount_fen,
      refunded_quantity, refunded_fen, ordered_at, told_at, home_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as l(customer_id bigint, order_id bigint, line_key text,
      product_id bigint, sku text, name text, category text, quantity integer, amount_fen bigint, refunded_quantity integer,
      refunded_fen bigint, ordered_at timestamptz, told_at timestamptz, home_id bigint)
    on conflict (customer_id, order_id, line_key) do update set product_id = excluded.product_id, sku = excluded.sku,
      name = excluded.name, category = excluded.category, quantity = excluded.quantity, amount_fen = excluded.amount_fen,
      refunded_quantity = excluded.refunded_quantity, refunded_fen = excluded.refunded_fen,
      ordered_at = excluded.ordered_at, told_at = excluded.told_at
  `.execute(ctx.db);
}

async function writeRefunds(
  ctx: WriteCtx,
  orders: readonly Working[],
  of: (order: Working) => OrderFigures,
): Promise<void> {
  const rows = orders.flatMap((order) =>
    [...order.known.refunds].flatMap(([key, refund]) => {
      if (order.before.refunds.get(key) === refund) return [];
      const figures = of(order).refunds.get(key);
      return [
        {
          customer_id: order.customerId,
          order_id: order.id,
          refund_key: key,
          refunded_at: figures?.refundedAt,
          amount_fen: figures?.amountFen,
          reason: figures?.reason,
          told: storeRefund(refund),
          home_id: order.homeId,
        },
      ];
    }),
  );
  if (rows.length === 0) return;
  await sql`
    insert into refund (customer_id, order_id, refund_key, refunded_at, amount_fen, reason, told, home_id)
    select customer_id, order_id, refund_key, refunded_at, amount_fen, reason, told, home_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(customer_id bigint, order_id bigint, refund_key text,
      refunded_at timestamptz, amount_fen bigint, reason text, told jsonb, home_id bigint)
    on conflict (customer_id, order_id, refund_key) do update set refunded_at = excluded.refunded_at,
      amount_fen = excluded.amount_fen, reason = excluded.reason, told = excluded.told
  `.execute(ctx.db);
}

function newsEvents(order: Working, figures: OrderFigures): ProjectedEvent[] {
  return newsOf(order.before, order.known).map((news) => ({
    customerId: order.customerId,
    homeId: order.homeId,
    name: news.name,
    at: news.at,
    source: order.source,
    staffId: null,
    codeId: null,
    externalUserid: null,
    payload: {
      orderId: order.id,
      shop: order.shop,
      number: order.number,
      currency: figures.currency,
      totalFen: figures.totalFen,
      lineCount: order.known.lines.size,
      ...(news.refundKey === undefined ? {} : { refundKey: news.refundKey, amountFen: news.amountFen }),
    },
    receivedAt: order.receivedAt,
    isNews: true,
  }));
}

const moveOrderTables = [moveRows('shop_order'), moveRows('order_line'), moveRows('refund')];

/** Orders go with the account they came through; their numbers go on leading to them. */
export const moveOrders: Mover = async (ctx, move) => {
  for (const moveTable of moveOrderTables) await moveTable(ctx, move);
  await sql`
    update order_key k set customer_id = o.customer_id from shop_order o
    where o.customer_id = ${move.to} and k.order_id = o.id and k.customer_id = ${move.from}
  `.execute(ctx.db);
};
