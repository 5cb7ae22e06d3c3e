import type { LeafOf } from '#contract/segments';
import { eventConditions } from './behaviour.ts';
import { rows } from './expressions.ts';
import {
  type Cutoff,
  cutoffKey,
  type Dialect,
  found,
  type Kind,
  type Person,
  plain,
  unknown,
  type World,
} from './kind.ts';
import { isInRange, rangeOf, scale } from './rules.ts';
import { all, double, inRange } from './sql.ts';

/** Conditions that depend on everybody: the first of a ranking. */

type Top = LeafOf<'top'>;

/** What is ranked, as (customer_id, value). */
export function rankedSql({ by }: Top, world: Pick<World, 'now' | 'zone'>, dialect: Dialect): string {
  switch (by.of) {
    case 'score':
      return `select customer_id, ${by.field} as value from customer_score where ${by.field} is not null`;
    case 'event_sum': {
      const conditions = eventConditions(
        { name: by.name, filters: [] },
        rangeOf(by.window, world.now, world.zone),
        dialect,
      );
      return `select e.customer_id, coalesce(sum(${dialect.number('e', by.property)}), 0) as value from event e
        where ${all(conditions)} group by e.customer_id`;
    }
    case 'order_total':
      return `select customer_id, sum(total_fen - refunded_fen) as value from shop_order
        where customer_id > 0 and state <> 'cancelled' and currency = '${by.currency}'
          and ${all(inRange('ordered_at', rangeOf(by.window, world.now, world.zone)))} group by customer_id`;
  }
}

const isScore = (leaf: Top) => leaf.by.of === 'score';

/** Scores are doubles, sums are whole. */
const literal = (leaf: Top, value: number) => (isScore(leaf) ? double(value) : String(value));

/** How many are in, of so many who have a value. */
export function takenOf({ take }: Top, ranked: number): number {
  return take.of === 'count' ? take.count : Math.ceil((ranked * take.basisPoints) / 10_000);
}

export function rankedValue({ by }: Top, person: Person, world: World): number | undefined {
  switch (by.of) {
    case 'score': {
      const value = person.score?.[by.field];
      return typeof value === 'number' ? value : undefined;
    }
    case 'event_sum': {
      const range = rangeOf(by.window, world.now, world.zone);
      const events = (person.events.get(by.name) ?? []).filter((event) => isInRange(event.at, range));
      if (events.length === 0) return undefined;
      return events.reduce((sum, event) => sum + (event.properties.get(by.property)?.number ?? 0), 0);
    }
    case 'order_total': {
      const range = rangeOf(by.window, world.now, world.zone);
      const orders = person.orders.filter(
        (order) => !order.isCancelled && order.currency === by.currency && isInRange(order.at, range),
      );
      return orders.length === 0 ? undefined : orders.reduce((sum, order) => sum + order.netFen, 0);
    }
  }
}

const isIn = (value: number, id: number, cutoff: Cutoff | null) =>
  cutoff === null || value > cutoff.value || (value === cutoff.value && id <= cutoff.customerId);

function cutoffOf(leaf: Top, world: World): Cutoff | null {
  const cutoff = world.cutoffs.get(cutoffKey(leaf));
  if (cutoff === undefined) throw new Error('the line of a ranking was not drawn before it was asked for');
  return cutoff;
}

export const top: Kind<'top'> = {
  toSql(leaf, { world, sizes, dialect }) {
    const cutoff = cutoffOf(leaf, world);
    const source = `select customer_id from (${rankedSql(leaf, world, dialect)}) v`;
    const size = leaf.take.of === 'count' ? leaf.take.count : (sizes.customers * leaf.take.basisPoints) / 10_000;
    const isAbove = cutoff
      ? `(value > ${literal(leaf, cutoff.value)} or (value = ${literal(leaf, cutoff.value)} and customer_id <= ${cutoff.customerId}))`
      : 'customer_id > 0';
    const yes = rows(`${source} where ${isAbove}`, true, size);
    if (!isScore(leaf)) return plain(yes);
    return { yes, no: rows(`${source} where not ${isAbove}`, true, sizes.customers / 2) };
  },
  evaluate(leaf, person, world) {
    const value = rankedValue(leaf, person, world);
    if (value === undefined) return isScore(leaf) ? unknown() : found(false, null);
    const seen = leaf.by.of === 'event_sum' ? value / scale : value;
    return found(isIn(value, person.id, cutoffOf(leaf, world)), seen);
  },
  needs({ by }) {
    if (by.of === 'score') return ['score', 'ranking'];
    return by.of === 'event_sum' ? [`event:${by.name}`, 'ranking'] : ['order', 'ranking'];
  },
};
