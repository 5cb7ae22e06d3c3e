import type { PriceLevel } from './people/habits.ts';
import type { Random } from './random.ts';
import type { State } from './store.ts';
import { nextSeq } from './store.ts';
import type { World } from './world.ts';
import { tell } from './world.ts';

/** The brand's tea shop: what it sells, who bought what, and what was given back. Money is whole fen. */
export type Product = { sku: string; name: string; category: string; priceFen: number; level: PriceLevel };

export const catalogue: readonly Product[] = [
  { sku: 'LJ-050', name: '明前龙井 50g', category: '绿茶', priceFen: 12800, level: 'middle' },
  { sku: 'BLC-050', name: '碧螺春 50g', category: '绿茶', priceFen: 9800, level: 'middle' },
  { sku: 'MF-100', name: '黄山毛峰 100g', category: '绿茶', priceFen: 6800, level: 'low' },
  { sku: 'TGY-100', name: '清香铁观音 100g', category: '乌龙茶', priceFen: 7800, level: 'low' },
  { sku: 'FHDC-080', name: '凤凰单丛·鸭屎香 80g', category: '乌龙茶', priceFen: 15800, level: 'middle' },
  { sku: 'DHP-080', name: '武夷大红袍 80g', category: '乌龙茶', priceFen: 26800, level: 'high' },
  { sku: 'JJM-050', name: '金骏眉 50g', category: '红茶', priceFen: 19800, level: 'middle' },
  { sku: 'DH-100', name: '滇红工夫 100g', category: '红茶', priceFen: 5900, level: 'low' },
  { sku: 'BHYZ-050', name: '白毫银针 50g', category: '白茶', priceFen: 22800, level: 'high' },
  { sku: 'LBC-357', name: '老白茶饼 357g', category: '白茶', priceFen: 39800, level: 'high' },
  { sku: 'SP-357', name: '熟普茶饼 357g', category: '普洱', priceFen: 16800, level: 'middle' },
  { sku: 'MLHC-100', name: '茉莉花茶 100g', category: '花茶', priceFen: 4900, level: 'low' },
  { sku: 'SYZ-012', name: '试饮装 12 泡', category: '组合', priceFen: 2990, level: 'low' },
  { sku: 'GWB-001', name: '快客旅行茶具', category: '茶具', priceFen: 8800, level: 'middle' },
  { sku: 'LH-001', name: '山间四季礼盒', category: '礼盒', priceFen: 59800, level: 'high' },
];

export type OrderLine = {
  sku: string;
  name: string;
  category: string;
  quantity: number;
  priceFen: number;
  /** Of the whole line. */
  amountFen: number;
};

export type Order = {
  number: string;
  at: number;
  externalUserid: string;
  unionid: string;
  lines: OrderLine[];
  totalFen: number;
  /** Which message or Moment brought it; null: the person's own idea. The shop does not know this. */
  cause: string | null;
};

export type Refund = { number: string; orderNumber: string; at: number; externalUserid: string; amountFen: number };

/** What happened in the shop, in order. Both kinds are numbered through, so that a reader can go on where it was. */
export type ShopEntry = { seq: number; kind: 'order'; order: Order } | { seq: number; kind: 'refund'; refund: Refund };

const lineCounts = { 1: 0.6, 2: 0.3, 3: 0.1 };
const quantities = { 1: 0.8, 2: 0.2 };
/** Share of orders of which money is given back, and how much: all of it, or half as amends. */
const refundShare = 0.04;
const wholeShare = 0.6;
const halfShare = 0.5;

type Purse = Readonly<Record<PriceLevel, number>>;

/** Average spend of one order, before and after refunds. */
export function expectedSpend(purse: Purse): { spendFen: number; netFen: number } {
  const weightOf = (product: Product) => purse[product.level];
  const weights = catalogue.reduce((sum, product) => sum + weightOf(product), 0);
  const price = catalogue.reduce((sum, product) => sum + weightOf(product) * product.priceFen, 0) / weights;
  const spendFen = price * mean(lineCounts) * mean(quantities);
  return { spendFen, netFen: spendFen * (1 - refundShare * (wholeShare + (1 - wholeShare) * halfShare)) };
}

function mean(shares: Readonly<Record<number, number>>): number {
  return Object.entries(shares).reduce((sum, [value, share]) => sum + Number(value) * share, 0);
}

export function fillBasket(purse: Purse, random: Random): OrderLine[] {
  const weights = Object.fromEntries(catalogue.map((product) => [product.sku, purse[product.level]]));
  return Array.from({ length: Number(random.weighted(lineCounts)) }, () =>
    lineOf(requireProduct(random.weighted(weights)), Number(random.weighted(quantities))),
  );
}

/** @returns what is given back of an order and after how long, or null */
export function planRefund(order: Order, random: Random): { afterMs: number; amountFen: number } | null {
  if (!random.chance(refundShare)) return null;
  const afterMs = random.between(1, 7) * 86_400_000;
  const share = random.chance(wholeShare) ? 1 : halfShare;
  return { afterMs, amountFen: Math.round(order.totalFen * share) };
}

export function lineOf(product: Product, quantity: number): OrderLine {
  const { sku, name, category, priceFen } = product;
  return { sku, name, category, quantity, priceFen, amountFen: priceFen * quantity };
}

export function findProduct(sku: string): Product | undefined {
  return catalogue.find((product) => product.sku === sku);
}

function requireProduct(sku: string): Product {
  const product = findProduct(sku);
  if (!product) throw new Error(`no product ${sku}`);
  return product;
}

export function placeOrder(
  world: World,
  at: number,
  externalUserid: string,
  lines: OrderLine[],
  cause: string | null,
): Order {
  const { state } = world;
  const person = state.people.get(externalUserid);
  if (!person) throw new Error(`no person ${externalUserid}`);
  const totalFen = lines.reduce((sum, line) => sum + line.amountFen, 0);
  const number = `T${String(nextSeq(state)).padStart(9, '0')}`;
  const order: Order = { number, at, externalUserid, unionid: person.unionid, lines, totalFen, cause };
  state.shop.push({ seq: state.shop.length + 1, kind: 'order', order });
  tell(world, { kind: 'ordered', at, externalUserid, order });
  return order;
}

export function giveBack(world: World, at: number, orderNumber: string, amountFen: number): void {
  const { state } = world;
  const entry = state.shop.find((one) => one.kind === 'order' && one.order.number === orderNumber);
  if (entry?.kind !== 'order') return;
  const { externalUserid } = entry.order;
  const refund: Refund = { number: `${orderNumber}-R1`, orderNumber, at, externalUserid, amountFen };
  state.shop.push({ seq: state.shop.length + 1, kind: 'refund', refund });
  tell(world, { kind: 'refunded', at, externalUserid });
}

export function ordersOf(state: State, externalUserid: string): (Order & { refundedFen: number })[] {
  const refunds = new Map<string, number>();
  const orders: Order[] = [];
  for (const entry of state.shop) {
    if (entry.kind === 'order' && entry.order.externalUserid === externalUserid) orders.push(entry.order);
    if (entry.kind === 'refund') refunds.set(entry.refund.orderNumber, entry.refund.amountFen);
  }
  return orders.map((order) => ({ ...order, refundedFen: refunds.get(order.number) ?? 0 }));
}

/** What a shop system would tell: everything but the cause. */
export function shopEntries(state: State, after: number, limit: number) {
  const entries = state.shop.slice(after, after + limit).map((entry) => {
    if (entry.kind === 'refund') return entry;
    const { cause: _cause, ...order } = entry.order;
    return { ...entry, order };
  });
  return { entries, last: entries.at(-1)?.seq ?? after, hasMore: state.shop.length > after + entries.length };
}
