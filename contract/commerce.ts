import { z } from 'zod';
import { route } from './route.ts';
import { after, day, id, limit, line, none, page, time } from './types.ts';

/** Products and orders of any number of shops. Money is whole numbers in the smallest unit of its currency. */

/** So many orders, products, or lines of one order are taken in one call. */
export const maxOrders = 500;
export const maxProducts = 500;
export const maxLines = 2000;

/** Beyond this no shop's money goes; sums stay exact. */
const fen = z.number().int().min(0).max(1e12);
const currency = z.string().regex(/^[A-Z]{3}$/);
const shop = line(60);
const sku = line(80);

/** A moment of this century: the timeline is kept by month. */
const moment = time.refine((value) => {
  const year = new Date(value).getUTCFullYear();
  return year >= 2000 && year <= 2100;
}, 'time_out_of_range');

export const accountKinds = ['wecom', 'unionid', 'openid', 'phone', 'email', 'shop_user', 'anonymous', 'user'] as const;
const account = z.object({ kind: z.enum(accountKinds), value: line(200) });

export const orderLineTelling = z.object({
  /** What is the same whenever this line is told again. */
  key: line(80),
  sku,
  name: line(300).optional(),
  category: line(100).nullish(),
  quantity: z.number().int().min(1).max(10_000_000),
  /** Of the whole line, after discounts. */
  amountFen: fen,
  /** False for postage, fees and discounts: money of the order that is no product. */
  isProduct: z.boolean().default(true),
});

export const refundTelling = z.object({
  key: line(80),
  refundedAt: moment.optional(),
  /** When it is left out, the sum of the lines. */
  amountFen: fen.optional(),
  reason: line(200).optional(),
  /** What was given back; `key` is the key of the order's line where that is known. */
  lines: z
    .array(
      z.object({
        key: line(80),
        sku,
        name: line(300).optional(),
        quantity: z.number().int().min(0).max(10_000_000),
        amountFen: fen,
      }),
    )
    .max(maxLines)
    .optional(),
});

/** What somebody says of an order: what is left out stays as it was. */
export const orderTelling = z.object({
  shop,
  /** The shop's own number of the order; shop and number together name it. */
  number: line(80),
  /** The moment at which this was true in the shop. Of each field the newest telling counts, whatever the order of arrival. */
  updatedAt: moment,
  /** Whose order it is. The first account names the person, the others join it. Left out: nobody, or whoever was told before. */
  accounts: z.array(account).max(10).default([]),
  currency: currency.optional(),
  orderedAt: moment.optional(),
  paidAt: moment.optional(),
  completedAt: moment.optional(),
  cancelledAt: moment.optional(),
  /** When it is never told, the sum of the lines. */
  totalFen: fen.optional(),
  lines: z.array(orderLineTelling).max(maxLines).optional(),
  /** These are all lines: those told before and not named here are gone. */
  areLinesAll: z.boolean().default(false),
  refunds: z.array(refundTelling).max(200).optional(),
  details: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/), z.union([line(300, 0), z.number(), z.boolean()]))
    .refine((value) => Object.keys(value).length <= 30, 'too_many')
    .optional(),
});

export const orderState = z.enum(['placed', 'paid', 'completed', 'cancelled']);

const outcome = z.object({
  /** Its place in the call, from 0. */
  index: z.number().int(),
  isAccepted: z.boolean(),
  problems: z.array(z.object({ path: z.string(), problem: z.string(), message: z.string() })),
});

export const tellOrders = route({
  method: 'POST',
  path: '/api/orders',
  permission: 'order.write',
  summary:
    'Tell of up to 500 orders, wholly or in part. May be repeated: the same telling changes nothing, of each field the newest telling counts. Each order is accepted or refused by itself; accepted ones are known within a moment',
  input: z.object({
    // An order that is not of this form is refused by itself and does not keep the others out.
    orders: z
      .array(z.union([orderTelling, z.record(z.string(), z.unknown())]))
      .min(1)
      .max(maxOrders),
  }),
  output: z.object({ accepted: z.number().int(), refused: z.number().int(), outcomes: z.array(outcome) }),
});

export const productTelling = z.object({
  shop,
  sku,
  updatedAt: moment,
  name: line(300),
  category: line(100).nullish(),
  priceFen: fen.nullish(),
  currency: currency.nullish(),
  imageUrl: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .nullish(),
});

export const tellProducts = route({
  method: 'POST',
  path: '/api/products',
  permission: 'order.write',
  summary:
    'Tell of up to 500 products of a catalogue. A product that only orders name has the name and price of the newest of them',
  input: z.object({
    products: z
      .array(z.union([productTelling, z.record(z.string(), z.unknown())]))
      .min(1)
      .max(maxProducts),
  }),
  output: z.object({ accepted: z.number().int(), refused: z.number().int(), outcomes: z.array(outcome) }),
});

export const orderRow = z.object({
  id,
  shop: z.string(),
  number: z.string(),
  /** Null: nobody knows whose it is. */
  customer: z.object({ id, name: z.string().nullable(), avatar: z.string().nullable() }).nullable(),
  state: orderState,
  currency: z.string(),
  totalFen: z.number().int(),
  refundedFen: z.number().int(),
  lineCount: z.number().int(),
  orderedAt: time,
  /** Names of the first lines. */
  names: z.array(z.string()),
});

/** The filters of the list; they stand in the URL of the page under the same names. */
export const orderFilter = z.object({
  /** Start of an order's number. */
  search: line(80).optional(),
  shop: shop.optional(),
  state: orderState.optional(),
  refunded: z.enum(['any', 'none']).optional(),
  customer: id.optional(),
  product: id.optional(),
  from: day.optional(),
  to: day.optional(),
});

export const listOrders = route({
  method: 'GET',
  path: '/api/orders',
  permission: 'order.read',
  summary: 'Orders, the newest first',
  input: orderFilter.extend({ after, limit }),
  output: page(orderRow),
});

export const getOrderTotals = route({
  method: 'GET',
  path: '/api/orders/totals',
  permission: 'order.read',
  summary:
    'Orders of a period by shop and currency; by default the last thirty days. Amounts of different currencies are never added',
  input: z.object({ shop: shop.optional(), from: day.optional(), to: day.optional() }),
  output: z.object({
    from: z.string(),
    to: z.string(),
    rows: z.array(
      z.object({
        shop: z.string(),
        currency: z.string(),
        orders: z.number().int(),
        buyers: z.number().int(),
        totalFen: z.number().int(),
        refundedFen: z.number().int(),
      }),
    ),
  }),
});

export const getOrder = route({
  method: 'GET',
  path: '/api/orders/:id',
  permission: 'order.read',
  summary: 'One order with its lines and refunds',
  input: z.object({ id }),
  output: orderRow.extend({
    paidAt: time.nullable(),
    completedAt: time.nullable(),
    cancelledAt: time.nullable(),
    updatedAt: time,
    source: z.string(),
    details: z.record(z.string(), z.unknown()),
    lines: z.array(
      z.object({
        key: z.string(),
        productId: id.nullable(),
        sku: z.string(),
        name: z.string(),
        category: z.string().nullable(),
        quantity: z.number().int(),
        amountFen: z.number().int(),
        refundedQuantity: z.number().int(),
        refundedFen: z.number().int(),
      }),
    ),
    refunds: z.array(
      z.object({
        key: z.string(),
        refundedAt: time,
        amountFen: z.number().int(),
        reason: z.string().nullable(),
        lines: z.array(
          z.object({ sku: z.string(), name: z.string(), quantity: z.number().int(), amountFen: z.number().int() }),
        ),
      }),
    ),
  }),
  errors: ['not_found'],
});

export const product = z.object({
  id,
  shop: z.string(),
  sku: z.string(),
  name: z.string(),
  category: z.string().nullable(),
  priceFen: z.number().int().nullable(),
  currency: z.string().nullable(),
  imageUrl: z.string().nullable(),
  isCatalogued: z.boolean(),
  /** Moment of the newest order that names it. */
  soldAt: time.nullable(),
  /** Pieces in orders of the last 365 days before that moment, less what was given back. */
  soldCount: z.number().int(),
});

export const listProducts = route({
  method: 'GET',
  path: '/api/products',
  permission: 'order.read',
  summary: 'Products, the newest first',
  input: z.object({ search: line(60).optional(), shop: shop.optional(), after, limit }),
  output: page(product),
});

export const getProduct = route({
  method: 'GET',
  path: '/api/products/:id',
  permission: 'order.read',
  summary: 'One product',
  input: z.object({ id }),
  output: product,
  errors: ['not_found'],
});

export const listShops = route({
  method: 'GET',
  path: '/api/shops',
  permission: 'order.read',
  summary: 'Names of all shops that orders were told of',
  input: none,
  output: z.object({ rows: z.array(z.object({ name: z.string() })) }),
});
