import type { Input, Output } from '#contract';
import type { getOrder, getOrderTotals, listOrders, listShops } from '#contract/commerce';
import { customerScope } from '#customers';
import type { Ctx } from '#platform/ctx';
import { dayRange, reportDays } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';

type Row = Output<typeof listOrders>['rows'][number];
type Order = Output<typeof getOrder>;

/** An adviser sees the orders of the customers who are with him now. */
function scopeOf(ctx: Ctx): RawBuilder<boolean> {
  const scope = customerScope(ctx.actor);
  return scope ? sql<boolean>`exists (select 1 from customer c where c.id = o.customer_id and ${scope})` : sql`true`;
}

const rowColumns = sql`
  o.id, o.shop, o.number, o.state, o.currency, o.total_fen as "totalFen", o.refunded_fen as "refundedFen",
  o.line_count as "lineCount", o.ordered_at as "orderedAt",
  (select json_build_object('id', c.id, 'name', c.name, 'avatar', c.avatar) from customer c where c.id = o.customer_id) as customer,
  array(
    select l.name from order_line l where l.customer_id = o.customer_id and l.order_id = o.id
    order by l.amount_fen desc, l.line_key limit 3
  ) as names
`;

export async function listOrderPage(ctx: Ctx, input: Input<typeof listOrders>): Promise<Output<typeof listOrders>> {
  const cursor = decodeCursor(input.after, ['number', 'number']);
  const before = new Date(Math.min(Math.max(cursor?.[0] ?? 0, 0), Date.UTC(2200, 0)));
  const { from, until } = dayRange(ctx.zone, input.from, input.to);
  const conditions = [
    scopeOf(ctx),
    ...(cursor ? [sql<boolean>`(o.ordered_at, o.id) < (${before}, ${cursor[1]})`] : []),
    ...(input.customer === undefined ? [] : [sql<boolean>`o.customer_id = ${input.customer}`]),
    ...(input.shop === undefined ? [] : [sql<boolean>`o.shop = ${input.shop}`]),
    ...(input.state === undefined ? [] : [sql<boolean>`o.state = ${input.state}`]),
    ...(input.refunded === 'any' ? [sql<boolean>`o.refunded_fen > 0`] : []),
    ...(input.refunded === 'none' ? [sql<boolean>`o.refunded_fen = 0`] : []),
    ...(from ? [sql<boolean>`o.ordered_at >= ${from}`] : []),
    ...(until ? [sql<boolean>`o.ordered_at < ${until}`] : []),
    ...(input.search === undefined ? [] : [isNumbered(input.search)]),
    ...(input.product === undefined
      ? []
      : [
          sql<boolean>`exists (
            select 1 from order_line l where l.customer_id = o.customer_id and l.order_id = o.id and l.product_id = ${input.product}
          )`,
        ]),
  ];
  const { rows } = await sql<Omit<Row, 'orderedAt'> & { orderedAt: Date }>`
    select ${rowColumns} from shop_order o where ${sql.join(conditions, sql` and `)}
    order by o.ordered_at desc, o.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.orderedAt.getTime(), row.id]);
  return { next: page.next, rows: page.rows.map((row) => ({ ...row, orderedAt: row.orderedAt.toISOString() })) };
}

/** Numbers that begin so; a number is typed or pasted, hardly ever a part from its middle. */
function isNumbered(search: string): RawBuilder<boolean> {
  const start = `${search.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`o.id = any(array(select k.order_id from order_key k where k.number like ${start} limit 1000))`;
}

export async function readOrder(ctx: Ctx, id: number): Promise<Order> {
  type Found = Omit<
    Order,
    'orderedAt' | 'paidAt' | 'completedAt' | 'cancelledAt' | 'updatedAt' | 'lines' | 'refunds'
  > & {
    customerId: number;
    orderedAt: Date;
    paidAt: Date | null;
    completedAt: Date | null;
    cancelledAt: Date | null;
    updatedAt: Date;
  };
  const { rows } = await sql<Found>`
    select ${rowColumns}, o.customer_id as "customerId", o.paid_at as "paidAt", o.completed_at as "completedAt",
      o.cancelled_at as "cancelledAt", o.updated_at as "updatedAt", o.source, o.details
    from order_key k join shop_order o on o.customer_id = k.customer_id and o.id = k.order_id
    where k.order_id = ${id} and ${scopeOf(ctx)}
  `.execute(ctx.db);
  const [found] = rows;
  if (!found) throw new AppError('not_found');
  const { customerId, ...order } = found;
  const lines = await sql<Order['lines'][number]>`
    select line_key as key, product_id as "productId", sku, name, category, quantity, amount_fen as "amountFen",
      refunded_quantity as "refundedQuantity", refunded_fen as "refundedFen"
    from order_line where customer_id = ${customerId} and order_id = ${id}
    order by product_id is null, amount_fen desc, line_key
  `.execute(ctx.db);
  type Back = Order['refunds'][number]['lines'][number];
  const refunds = await sql<{
    key: string;
    refundedAt: Date;
    amountFen: number;
    reason: string | null;
    told: { lines: readonly (readonly [string, Back, number])[] };
  }>`
    select refund_key as key, refunded_at as "refundedAt", amount_fen as "amountFen", reason, told
    from refund where customer_id = ${customerId} and order_id = ${id} order by refunded_at, refund_key
  `.execute(ctx.db);
  return {
    ...order,
    orderedAt: order.orderedAt.toISOString(),
    paidAt: order.paidAt?.toISOString() ?? null,
    completedAt: order.completedAt?.toISOString() ?? null,
    cancelledAt: order.cancelledAt?.toISOString() ?? null,
    updatedAt: order.updatedAt.toISOString(),
    lines: lines.rows,
    refunds: refunds.rows.map(({ told, refundedAt, ...refund }) => ({
      ...refund,
      refundedAt: refundedAt.toISOString(),
      lines: told.lines.map(([, line]) => line),
    })),
  };
}

/** What was sold and given back, by shop and currency: amounts of different currencies have no sum. */
export async function readOrderTotals(
  ctx: Ctx,
  input: Input<typeof getOrderTotals>,
): Promise<Output<typeof getOrderTotals>> {
  const { from, to, since, until } = reportDays(ctx.now, ctx.zone, input);
  const { rows } = await sql<Output<typeof getOrderTotals>['rows'][number]>`
    select o.shop, o.currency, count(*) filter (where o.total_fen > 0) as orders,
      count(distinct nullif(o.customer_id, 0)) filter (where o.total_fen > 0) as buyers,
      sum(o.total_fen)::bigint as "totalFen", sum(o.refunded_fen)::bigint as "refundedFen"
    from shop_order o
    where o.ordered_at >= ${since} and o.ordered_at < ${until} and o.state <> 'cancelled'
      and (${input.shop === undefined} or o.shop = ${input.shop ?? ''}) and ${scopeOf(ctx)}
    group by o.shop, o.currency order by o.shop, o.currency
  `.execute(ctx.db);
  return { from, to, rows };
}

/** Read by jumping from name to name: there are few shops and many orders. */
export async function listAllShops(ctx: Ctx): Promise<Output<typeof listShops>> {
  const { rows } = await sql<{ name: string }>`
    with recursive shops as (
      (select shop from order_key order by shop limit 1)
      union all
      select (select k.shop from order_key k where k.shop > s.shop order by k.shop limit 1) from shops s where s.shop is not null
    )
    select shop as name from shops where shop is not null limit 1000
  `.execute(ctx.db);
  return { rows };
}
