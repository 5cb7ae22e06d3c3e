import type { LeafOf } from '#contract/segments';
import { rows } from './expressions.ts';
import { firstAfter, found, type Kind, type Person, type PersonOrder, plain, unknown, type World } from './kind.ts';
import { windowMoments } from './people.ts';
import { averageFits, fits, isInRange, type Range, rangeOf, turnsOf } from './rules.ts';
import { all, averageSql, compareSql, inRange, interval, quoteAll, whole } from './sql.ts';

/** Conditions on orders. Cancelled ones are none; amounts are net of refunds. */

type Filter = Pick<LeafOf<'order'>, 'shops' | 'skus' | 'categories'> & { currency?: string };

const dayMs = 86_400_000;

/** Orders as (customer_id, id, ordered_at, net_fen): whole ones, or of each only the lines that are asked for. */
function ordersSql(filter: Filter, range: Range): string {
  const conditions = [
    'o.customer_id > 0',
    "o.state <> 'cancelled'",
    ...inRange('o.ordered_at', range),
    ...(filter.shops ? [`o.shop in (${quoteAll(filter.shops)})`] : []),
    ...(filter.currency ? [`o.currency = '${filter.currency}'`] : []),
  ];
  if (!filter.skus && !filter.categories) {
    return `select o.customer_id, o.id, o.ordered_at, o.total_fen - o.refunded_fen as net_fen from shop_order o where ${all(conditions)}`;
  }
  const lines = [
    ...(filter.skus ? [`l.sku in (${quoteAll(filter.skus)})`] : []),
    ...(filter.categories ? [`l.category in (${quoteAll(filter.categories)})`] : []),
  ];
  return `select o.customer_id, o.id, o.ordered_at, sum(l.amount_fen - l.refunded_fen) as net_fen
    from shop_order o join order_line l on l.customer_id = o.customer_id and l.order_id = o.id
    where ${all([...conditions, ...lines])} group by o.customer_id, o.id, o.ordered_at`;
}

interface Found {
  readonly at: Date;
  readonly id: number;
  readonly netFen: number;
}

function ordersOf(person: Person, filter: Filter): Found[] {
  return person.orders.flatMap((order) => {
    if (order.isCancelled) return [];
    if (filter.shops && !filter.shops.includes(order.shop)) return [];
    if (filter.currency && filter.currency !== order.currency) return [];
    if (!filter.skus && !filter.categories) return [{ at: order.at, id: order.id, netFen: order.netFen }];
    const lines = order.lines.filter((line) => fitsLine(line, filter));
    if (lines.length === 0) return [];
    return [{ at: order.at, id: order.id, netFen: lines.reduce((sum, line) => sum + line.netFen, 0) }];
  });
}

function fitsLine(line: PersonOrder['lines'][number], { skus, categories }: Filter): boolean {
  return (
    (!skus || (line.sku !== null && skus.includes(line.sku))) &&
    (!categories || (line.category !== null && categories.includes(line.category)))
  );
}

function orderMoments(
  filter: Filter,
  window: LeafOf<'order'>['window'] | LeafOf<'order_time'>['test'],
  from: Date,
  until: Date,
): string[] {
  const select = (dueAt: string, conditions: string[]) =>
    `select customer_id, ${dueAt} as due_at from shop_order where ${all([
      ...conditions,
      'customer_id > 0',
      ...(filter.shops ? [`shop in (${quoteAll(filter.shops)})`] : []),
    ])}`;
  return windowMoments(select, 'ordered_at', window, from, until);
}

const orderNeeds = (filter: Filter) => (filter.skus || filter.categories ? ['order', 'order_line'] : ['order']);

/** A currency only matters where amounts are added up. */
const filterOf = ({ measure, currency, ...filter }: LeafOf<'order'>): Filter =>
  measure === 'count' ? filter : { ...filter, currency };

function havingSql({ measure, compare }: LeafOf<'order'>): string {
  switch (measure) {
    case 'count':
      return compareSql('count(*)', compare, whole);
    case 'total':
      return compareSql('sum(net_fen)', compare, whole);
    case 'largest':
      return compareSql('max(net_fen)', compare, whole);
    case 'average':
      return averageSql('net_fen', compare, whole);
  }
}

function measureOf({ measure, compare }: LeafOf<'order'>, orders: readonly Found[]) {
  const total = orders.reduce((sum, order) => sum + BigInt(order.netFen), 0n);
  switch (measure) {
    case 'count':
      return { seen: orders.length, holds: fits(orders.length, compare) };
    case 'total':
      return { seen: Number(total), holds: fits(Number(total), compare) };
    case 'largest': {
      if (orders.length === 0) return undefined;
      const largest = Math.max(...orders.map((order) => order.netFen));
      return { seen: largest, holds: fits(largest, compare) };
    }
    case 'average':
      if (orders.length === 0) return undefined;
      return { seen: Number(total) / orders.length, holds: averageFits(total, orders.length, compare, 1) };
  }
}

export const order: Kind<'order'> = {
  toSql(leaf, { world, sizes }) {
    const source = `select customer_id from (${ordersSql(filterOf(leaf), rangeOf(leaf.window, world.now, world.zone))}) o`;
    const size = sizes.customers / (leaf.window.kind === 'ever' ? 4 : 16);
    const having = havingSql(leaf);
    const grouped = (condition: string) => rows(`${source} group by customer_id having ${condition}`, true, size);
    const ofNothing = measureOf(leaf, []);
    if (!ofNothing) return { yes: grouped(having), no: grouped(`not (${having})`) };
    const others = plain(grouped(ofNothing.holds ? `not (${having})` : having));
    return ofNothing.holds ? { yes: others.no, no: others.yes } : others;
  },
  evaluate(leaf, person, world) {
    const all = ordersOf(person, filterOf(leaf));
    const range = rangeOf(leaf.window, world.now, world.zone);
    const changesAt = firstAfter(
      world.now,
      all.flatMap(({ at }) => Object.values(turnsOf(at, leaf.window))),
    );
    const result = measureOf(
      leaf,
      all.filter(({ at }) => isInRange(at, range)),
    );
    return result ? found(result.holds, result.seen, changesAt) : unknown(null, changesAt);
  },
  needs: orderNeeds,
  moments: (leaf, _, from, until) => orderMoments(leaf, leaf.window, from, until),
};

const seenAt = (person: Person, filter: Filter, { now }: World) =>
  ordersOf(person, filter).filter(({ at }) => at <= now);

const ahead = (person: Person, { now }: World) =>
  firstAfter(
    now,
    person.orders.map(({ at }) => at.getTime()),
  );

export const orderTime: Kind<'order_time'> = {
  toSql({ currency: _, ...leaf }, { world, sizes }) {
    const seen = rangeOf({ kind: 'ever' }, world.now, world.zone);
    const source = `select customer_id from (${ordersSql(leaf, seen)}) o`;
    const moment = `${leaf.which === 'first' ? 'min' : 'max'}(ordered_at)`;
    const having = all(inRange(moment, rangeOf(leaf.test, world.now, world.zone)));
    const grouped = (condition: string) =>
      rows(`${source} group by customer_id having ${condition}`, true, sizes.customers / 8);
    return { yes: grouped(having), no: grouped(`not (${having})`) };
  },
  evaluate({ currency: _, ...leaf }, person, world) {
    const times = seenAt(person, leaf, world).map(({ at }) => at.getTime());
    if (times.length === 0) return unknown(null, ahead(person, world));
    const at = new Date(leaf.which === 'first' ? Math.min(...times) : Math.max(...times));
    const turns = Object.values(turnsOf(at, leaf.test));
    const holds = isInRange(at, rangeOf(leaf.test, world.now, world.zone));
    return found(holds, at, firstAfter(world.now, [...turns, ahead(person, world)]));
  },
  needs: orderNeeds,
  moments: (leaf, _, from, until) => [
    ...orderMoments(leaf, { kind: 'ever' }, from, until),
    ...orderMoments(leaf, leaf.test, from, until),
  ],
};

export const orderGap: Kind<'order_gap'> = {
  toSql({ which, compare }, { world, sizes }) {
    const orders = ordersSql({}, rangeOf({ kind: 'ever' }, world.now, world.zone));
    // Of the latest gap, only the last two orders are looked at.
    const latest = `select customer_id, ordered_at from (
        select customer_id, ordered_at, row_number() over (partition by customer_id order by ordered_at desc, id desc) as place
        from (${orders}) o
      ) p where place <= 2`;
    const source = `select customer_id from (${which === 'average' ? orders : latest}) g`;
    const having = compareSql(
      'max(ordered_at)',
      compare,
      (days) => `min(ordered_at) + (count(*) - 1) * ${interval(Math.round(days * dayMs))}`,
    );
    const grouped = (condition: string) =>
      rows(`${source} group by customer_id having count(*) >= 2 and ${condition}`, true, sizes.customers / 16);
    return { yes: grouped(having), no: grouped(`not (${having})`) };
  },
  evaluate({ which, compare }, person, world) {
    const times = seenAt(person, {}, world)
      .map(({ at }) => at.getTime())
      .sort((a, b) => b - a)
      .slice(0, which === 'latest' ? 2 : undefined);
    const changesAt = ahead(person, world);
    const gaps = times.length - 1;
    if (gaps < 1) return unknown(null, changesAt);
    const whole = (times[0] ?? 0) - (times.at(-1) ?? 0);
    const bound = (days: number) => Math.round(days * dayMs) * gaps;
    const scaled = {
      ...compare,
      value: bound(compare.value),
      ...(compare.op === 'between' ? { to: bound(compare.to) } : {}),
    };
    return found(fits(whole, scaled as typeof compare), whole / gaps / dayMs, changesAt);
  },
  needs: () => ['order'],
  moments: (_, __, from, until) => orderMoments({}, { kind: 'ever' }, from, until),
};
