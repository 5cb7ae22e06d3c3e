import type { OrderTelling } from '#commerce';
import { maxLines } from '#contract/commerce';
import type { OrderRow } from './rows.ts';

/** Rows of one order, one after another in the file, become one telling. */

/** A row where it stands. */
export interface Placed<T> {
  readonly line: number;
  readonly row: T;
}

export interface OrderGroup {
  readonly telling: OrderTelling;
  readonly firstLine: number;
  readonly taken: readonly Placed<OrderRow>[];
  /** Rows that say what a row before them in the group said. */
  readonly merged: readonly Placed<OrderRow>[];
  readonly rejected: readonly (Placed<OrderRow> & { readonly reason: string; readonly field: string })[];
}

export const isSameOrder = (a: OrderRow, b: OrderRow) => a.number === b.number && a.shop === b.shop;

/** A group is closed at this size; what follows of the order is told next and adds to it. */
export const maxGroup = maxLines;

const iso = (ms: number) => new Date(ms).toISOString();

/** @param toldAt the moment of the telling where the file has none: when it was uploaded */
export function tellingOf(rows: readonly Placed<OrderRow>[], toldAt: number): OrderGroup {
  const [first] = rows;
  if (!first) throw new Error('an order has at least one row');
  const taken: Placed<OrderRow>[] = [];
  const merged: Placed<OrderRow>[] = [];
  const rejected: OrderGroup['rejected'][number][] = [];
  const keys = new Set<string>();
  for (const placed of rows) {
    const { row } = placed;
    if (keys.has(row.key)) merged.push(placed);
    else if (row.currency !== first.row.currency)
      rejected.push({ ...placed, reason: 'currencies_mixed', field: 'currency' });
    else if (row.item === undefined && keys.size > 0)
      rejected.push({ ...placed, reason: 'number_repeated', field: 'number' });
    else {
      keys.add(row.key);
      taken.push(placed);
    }
  }
  const all = taken.map(({ row }) => row);
  const pick = <T>(read: (row: OrderRow) => T | undefined) => all.map(read).find((value) => value !== undefined);
  const times = all.map((row) => row.orderedAt);
  const orderedAt = Math.min(...times);
  const sold = all.filter((row) => row.amountFen >= 0);
  const back = all.filter((row) => row.amountFen < 0);
  const state = pick((row) => row.state);
  const totalFen = pick((row) => row.totalFen);
  const refundedFen = pick((row) => row.refundedFen) ?? (state === 'refunded' ? totalFen : undefined);
  const updates = all.flatMap((row) => row.updatedAt ?? []);
  const paidAt = pick((row) => row.paidAt);
  const telling: OrderTelling = {
    shop: first.row.shop,
    number: first.row.number,
    updatedAt: iso(updates.length > 0 ? Math.max(...updates) : toldAt),
    accounts: [...(all.find((row) => row.accounts.length > 0)?.accounts ?? [])],
    currency: first.row.currency,
    areLinesAll: false,
    details: Object.assign({}, ...all.map((row) => row.details).reverse()),
    ...(paidAt === undefined ? {} : { paidAt: iso(paidAt) }),
    ...(sold.length === 0 ? {} : soldPart(sold, orderedAt, state)),
    ...(totalFen === undefined || sold.length === 0 ? {} : { totalFen }),
    ...refundPart(back, refundedFen, Math.max(...times)),
  };
  return { telling, firstLine: first.line, taken, merged, rejected };
}

/** Orders of a file without states are over and done: that is why they are in a file. */
function soldPart(sold: readonly OrderRow[], orderedAt: number, state: OrderRow['state']): Partial<OrderTelling> {
  const lines = sold.flatMap(({ key, item }) => (item ? [{ key, ...lineOf(item), isProduct: item.isProduct }] : []));
  return {
    orderedAt: iso(orderedAt),
    ...(state === undefined || state === 'completed' || state === 'refunded' ? { completedAt: iso(orderedAt) } : {}),
    ...(state === 'paid' ? { paidAt: iso(orderedAt) } : {}),
    ...(state === 'cancelled' ? { cancelledAt: iso(orderedAt) } : {}),
    ...(lines.length === 0 ? {} : { lines }),
  };
}

function lineOf(item: NonNullable<OrderRow['item']>) {
  const { sku, name, category, quantity, amountFen } = item;
  return {
    sku,
    quantity,
    amountFen,
    ...(name === undefined ? {} : { name }),
    ...(category === undefined ? {} : { category }),
  };
}

/** All that rows give back is one refund of the order; its lines are told by their own keys, so that parts add up. */
function refundPart(back: readonly OrderRow[], refundedFen: number | undefined, at: number): Partial<OrderTelling> {
  const lines = back.flatMap(({ key, item }) => {
    if (!item) return [];
    const { category: _, ...line } = lineOf(item);
    return [{ key, ...line }];
  });
  const whole = back.filter((row) => row.item === undefined);
  const wholeFen = whole.reduce((sum, row) => sum - row.amountFen, 0);
  const told = refundedFen ?? (whole.length > 0 ? wholeFen : undefined);
  if (lines.length === 0 && (told === undefined || told === 0)) return {};
  return {
    refunds: [
      {
        key: 'import',
        refundedAt: iso(at),
        ...(told === undefined ? {} : { amountFen: told }),
        ...(lines.length === 0 ? {} : { lines }),
      },
    ],
  };
}
