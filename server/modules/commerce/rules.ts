import type { z } from 'zod';
import type { orderState, orderTelling } from '#contract/commerce';

/**
 * What an order is after all that was told of it. Tellings come late, twice, in parts and out of order; the order
 * depends on the set of them only. Each field keeps the newest telling, lines and refunds do so by their keys.
 */

export type OrderTelling = z.output<typeof orderTelling>;
export type OrderState = z.output<typeof orderState>;

type Value = string | number | boolean;

/** A value, and the moment (in milliseconds) of the telling that set it. */
export type Told<T = Value> = readonly [value: T, at: number];

export type Fields = Readonly<Record<string, Told>>;

export interface KnownLine {
  readonly sku: string;
  readonly name: string;
  readonly category: string | null;
  readonly quantity: number;
  readonly amountFen: number;
  readonly isProduct: boolean;
}

export interface ReturnedLine {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly amountFen: number;
}

export interface KnownRefund {
  readonly fields: Fields;
  readonly lines: ReadonlyMap<string, Told<ReturnedLine>>;
}

export interface KnownOrder {
  /** 'customer' is the first account of the telling that named one; 'all' says that a telling held all lines. */
  readonly fields: Fields;
  readonly lines: ReadonlyMap<string, Told<KnownLine>>;
  readonly refunds: ReadonlyMap<string, KnownRefund>;
  /** The newest telling of all. */
  readonly updatedAt: number;
}

export const nothingKnown: KnownOrder = { fields: {}, lines: new Map(), refunds: new Map(), updatedAt: 0 };

/** Two tellings of one moment: the greater text counts, so that the order of arrival never decides. */
function newer<T>(a: Told<T> | undefined, b: Told<T>): Told<T> {
  if (a === undefined || a[1] < b[1]) return b;
  if (a[1] > b[1]) return a;
  return JSON.stringify(a[0]) >= JSON.stringify(b[0]) ? a : b;
}

function mergeFields(known: Fields, told: Readonly<Record<string, Value | undefined>>, at: number): Fields {
  const merged: Record<string, Told> = { ...known };
  for (const [name, value] of Object.entries(told)) {
    if (value !== undefined) merged[name] = newer(known[name], [value, at]);
  }
  return merged;
}

/** Moments are kept as ISO texts in UTC, so that one moment is one text. */
const isoOf = (time: string | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

export function foldOrder(known: KnownOrder, telling: OrderTelling): KnownOrder {
  const at = Date.parse(telling.updatedAt);
  const [account] = telling.accounts;
  const details = Object.entries(telling.details ?? {}).map(([name, value]) => [`detail.${name}`, value] as const);
  const fields = mergeFields(
    known.fields,
    {
      customer: account && `${account.kind} ${account.value}`,
      currency: telling.currency,
      orderedAt: isoOf(telling.orderedAt),
      paidAt: isoOf(telling.paidAt),
      completedAt: isoOf(telling.completedAt),
      cancelledAt: isoOf(telling.cancelledAt),
      totalFen: telling.totalFen,
      all: telling.areLinesAll ? true : undefined,
      ...Object.fromEntries(details),
    },
    at,
  );
  // Lines older than a telling of all lines are gone, also when they arrive after it.
  const since = fields.all?.[1] ?? 0;
  const lines = new Map([...known.lines].filter(([, line]) => line[1] >= since));
  for (const line of at >= since ? (telling.lines ?? []) : []) {
    lines.set(line.key, newer(lines.get(line.key), [knownLine(line), at]));
  }
  const refunds = new Map(known.refunds);
  for (const refund of telling.refunds ?? []) {
    refunds.set(refund.key, foldRefund(refunds.get(refund.key) ?? { fields: {}, lines: new Map() }, refund, at));
  }
  return { fields, lines, refunds, updatedAt: Math.max(known.updatedAt, at) };
}

function knownLine(line: NonNullable<OrderTelling['lines']>[number]): KnownLine {
  return {
    sku: line.sku,
    name: line.name ?? line.sku,
    category: line.category ?? null,
    quantity: line.quantity,
    amountFen: line.amountFen,
    isProduct: line.isProduct,
  };
}

function foldRefund(known: KnownRefund, refund: NonNullable<OrderTelling['refunds']>[number], at: number): KnownRefund {
  const fields = mergeFields(
    known.fields,
    { refundedAt: isoOf(refund.refundedAt), amountFen: refund.amountFen, reason: refund.reason },
    at,
  );
  const lines = new Map(known.lines);
  for (const { key, sku, name, quantity, amountFen } of refund.lines ?? []) {
    lines.set(key, newer(lines.get(key), [{ sku, name: name ?? sku, quantity, amountFen }, at]));
  }
  // Without a moment of its own it is as old as the first telling of it.
  const since = Math.min(at, (known.fields.since?.[0] as number | undefined) ?? at);
  return { fields: { ...fields, since: [since, 0] }, lines };
}

export interface RefundFigures {
  readonly refundedAt: Date;
  readonly amountFen: number;
  readonly reason: string | null;
}

interface Returned {
  readonly quantity: number;
  readonly amountFen: number;
}

export interface OrderFigures {
  readonly currency: string;
  readonly state: OrderState;
  readonly orderedAt: Date;
  readonly paidAt: Date | null;
  readonly completedAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly totalFen: number;
  readonly refundedFen: number;
  readonly details: Readonly<Record<string, Value>>;
  readonly refunds: ReadonlyMap<string, RefundFigures>;
  /** What was given back of each line, by its key. */
  readonly returned: ReadonlyMap<string, Returned>;
}

/** Where nobody ever told the currency. */
export const defaultCurrency = 'CNY';

export function figuresOf(known: KnownOrder): OrderFigures {
  const { fields } = known;
  const text = (name: string) => fields[name]?.[0] as string | undefined;
  const moment = (name: string) => {
    const value = text(name);
    return value === undefined ? null : new Date(value);
  };
  const refunds = new Map([...known.refunds].map(([key, refund]) => [key, figuresOfRefund(refund)] as const));
  const times = [
    ...['paidAt', 'completedAt', 'cancelledAt'].flatMap((name) => moment(name) ?? []),
    ...[...refunds.values()].map((refund) => refund.refundedAt),
    new Date(known.updatedAt),
  ];
  const earliest = new Date(Math.min(...times.map((time) => time.getTime())));
  return {
    currency: text('currency') ?? defaultCurrency,
    state: stateOf(known),
    orderedAt: moment('orderedAt') ?? earliest,
    paidAt: moment('paidAt'),
    completedAt: moment('completedAt'),
    cancelledAt: moment('cancelledAt'),
    totalFen: (fields.totalFen?.[0] as number | undefined) ?? sumOf(known.lines),
    refundedFen: [...refunds.values()].reduce((sum, refund) => sum + refund.amountFen, 0),
    details: Object.fromEntries(
      Object.entries(fields).flatMap(([name, [value]]) =>
        name.startsWith('detail.') ? [[name.slice('detail.'.length), value] as const] : [],
      ),
    ),
    refunds,
    returned: returnedOf(known),
  };
}

function sumOf(lines: ReadonlyMap<string, Told<{ readonly amountFen: number }>>): number {
  return [...lines.values()].reduce((sum, [line]) => sum + line.amountFen, 0);
}

/** Only what was paid can be given back: a refund proves the payment, also where nobody told of it. */
function stateOf({ fields, refunds }: KnownOrder): OrderState {
  if (fields.cancelledAt) return 'cancelled';
  if (fields.completedAt) return 'completed';
  return fields.paidAt || refunds.size > 0 ? 'paid' : 'placed';
}

function figuresOfRefund({ fields, lines }: KnownRefund): RefundFigures {
  const told = fields.amountFen?.[0] as number | undefined;
  const refundedAt = (fields.refundedAt?.[0] ?? fields.since?.[0] ?? 0) as string | number;
  return {
    refundedAt: new Date(refundedAt),
    amountFen: told ?? sumOf(lines),
    reason: (fields.reason?.[0] as string | undefined) ?? null,
  };
}

/** By the line's key; where a refund knows only the product, from that product's lines in the order of their keys. */
function returnedOf({ lines, refunds }: KnownOrder): ReadonlyMap<string, Returned> {
  const returned = new Map<string, Returned>();
  if (refunds.size === 0 || lines.size === 0) return returned;
  const of = (key: string) => returned.get(key) ?? { quantity: 0, amountFen: 0 };
  const add = (key: string, quantity: number, amountFen: number) => {
    const before = of(key);
    returned.set(key, { quantity: before.quantity + quantity, amountFen: before.amountFen + amountFen });
  };
  const bySku = Map.groupBy(sortedByKey(lines), ([, [line]]) => line.sku);
  for (const [, refund] of sortedByKey(refunds)) {
    for (const [key, [back]] of sortedByKey(refund.lines)) {
      if (lines.has(key)) {
        add(key, back.quantity, back.amountFen);
        continue;
      }
      const candidates = bySku.get(back.sku) ?? [];
      let { quantity, amountFen } = back;
      for (const [place, [lineKey, [line]]] of candidates.entries()) {
        const isLast = place === candidates.length - 1;
        const open = Math.max(0, line.quantity - of(lineKey).quantity);
        const taken = isLast ? quantity : Math.min(quantity, open);
        if (taken === 0 && quantity > 0 && !isLast) continue;
        // Money follows the pieces; who takes the last piece takes what rounding left.
        const share = taken === quantity ? amountFen : Math.round((amountFen * taken) / quantity);
        add(lineKey, taken, share);
        quantity -= taken;
        amountFen -= share;
        if (quantity === 0) break;
      }
    }
  }
  return returned;
}

function sortedByKey<T>(entries: ReadonlyMap<string, T>): [string, T][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What a customer's timeline hears of an order. Each kind once; of refunds each refund once. */
export interface OrderNews {
  readonly name: 'order.placed' | 'order.paid' | 'order.refunded' | 'order.cancelled';
  readonly at: Date;
  readonly refundKey?: string;
  readonly amountFen?: number;
}

/** A field that was told once is never untold, so that what was news cannot become news again. */
export function newsOf(before: KnownOrder, after: KnownOrder): OrderNews[] {
  const figures = figuresOf(after);
  const news: OrderNews[] = [];
  const isNew = (name: string) => after.fields[name] !== undefined && before.fields[name] === undefined;
  if (isNew('orderedAt')) news.push({ name: 'order.placed', at: figures.orderedAt });
  if (isNew('paidAt') && figures.paidAt) news.push({ name: 'order.paid', at: figures.paidAt });
  for (const [refundKey, refund] of figures.refunds) {
    if (before.refunds.has(refundKey)) continue;
    news.push({ name: 'order.refunded', at: refund.refundedAt, refundKey, amountFen: refund.amountFen });
  }
  if (isNew('cancelledAt') && figures.cancelledAt) news.push({ name: 'order.cancelled', at: figures.cancelledAt });
  return news;
}
