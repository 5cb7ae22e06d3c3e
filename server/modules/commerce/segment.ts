import { orderTelling } from '#contract/commerce';
import { decimalOf, multiply, toFen } from './money.ts';
import { defaultCurrency, type OrderTelling } from './rules.ts';

/**
 * Segment's e-commerce events about orders (spec v2) as tellings: Order Completed, Order Updated, Order Refunded, Order
 * Cancelled. Undefined for other events, and for one that names no order or is not of this form; it stays an event.
 *
 * @param told.shop the source: Order Refunded does not repeat the `affiliation`, so that cannot name the shop
 * @param told.messageId names the refund, for the spec gives refunds no id
 */
export function orderFromSegment(
  event: string,
  properties: Readonly<Record<string, unknown>>,
  told: { shop: string; messageId: string; at: Date; accounts: OrderTelling['accounts'] },
): OrderTelling | undefined {
  const number = textOf(properties.order_id) ?? textOf(properties.orderId);
  if (number === undefined) return undefined;
  const currency = textOf(properties.currency)?.toUpperCase() ?? defaultCurrency;
  if (!/^[A-Z]{3}$/.test(currency)) return undefined;
  const at = told.at.toISOString();
  const common = {
    shop: told.shop,
    number,
    updatedAt: at,
    accounts: told.accounts,
    ...(properties.currency === undefined ? {} : { currency }),
  };
  const lines = linesOf(properties.products, currency);
  const total = fenOf(properties.total ?? properties.revenue ?? properties.value, currency);
  const contents = {
    ...(total === undefined ? {} : { totalFen: total }),
    ...(lines === undefined ? {} : { lines, areLinesAll: true }),
    details: detailsOf(properties),
  };
  const telling = tellingOf();
  return telling && orderTelling.safeParse({ ...common, ...telling }).data;

  function tellingOf(): object | undefined {
    switch (event) {
      case 'Order Completed':
        return { ...contents, orderedAt: at, paidAt: at };
      case 'Order Updated':
        return contents;
      case 'Order Cancelled':
        return { cancelledAt: at };
      case 'Order Refunded':
        return {
          refunds: [
            {
              key: told.messageId.slice(0, 80),
              refundedAt: at,
              ...(total === undefined ? {} : { amountFen: total }),
              ...(lines === undefined ? {} : { lines: lines.map(({ category: _, ...line }) => line) }),
            },
          ],
        };
      default:
        return undefined;
    }
  }
}

const kept = ['affiliation', 'checkout_id', 'coupon', 'shipping', 'tax', 'discount'] as const;

function detailsOf(properties: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const details: Record<string, string | number | boolean> = {};
  for (const name of kept) {
    const value = properties[name];
    if (typeof value === 'number' || typeof value === 'boolean') details[name] = value;
    if (typeof value === 'string' && value !== '') details[name] = value.slice(0, 300);
  }
  return details;
}

function linesOf(products: unknown, currency: string) {
  if (!Array.isArray(products)) return undefined;
  const seen = new Map<string, number>();
  return products.flatMap((product: unknown) => {
    if (typeof product !== 'object' || product === null) return [];
    const fields = product as Readonly<Record<string, unknown>>;
    const id = textOf(fields.product_id) ?? textOf(fields.id) ?? textOf(fields.sku);
    const sku = textOf(fields.sku) ?? id;
    if (id === undefined || sku === undefined) return [];
    const place = (seen.get(id) ?? 0) + 1;
    seen.set(id, place);
    const quantity = decimalOf(fields.quantity ?? 1) ?? { units: 1n, places: 0 };
    const price = decimalOf(fields.price ?? 0) ?? { units: 0n, places: 0 };
    const name = textOf(fields.name, 300);
    const category = textOf(fields.category, 100);
    return [
      {
        key: place === 1 ? id : `${id.slice(0, 70)}#${place}`,
        sku,
        ...(name === undefined ? {} : { name }),
        ...(category === undefined ? {} : { category }),
        quantity: Number(quantity.units) / 10 ** quantity.places,
        amountFen: toFen(multiply(price, quantity), currency),
      },
    ];
  });
}

function fenOf(value: unknown, currency: string): number | undefined {
  const amount = decimalOf(value);
  return amount && toFen(amount, currency);
}

function textOf(value: unknown, longest = 80): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim().slice(0, longest);
  return text === '' ? undefined : text;
}
