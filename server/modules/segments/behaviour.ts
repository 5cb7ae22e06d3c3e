import type { LeafOf } from '#contract/segments';
import { rows } from './expressions.ts';
import {
  type Compiling,
  type Dialect,
  firstAfter,
  found,
  type Kind,
  never,
  type Person,
  type PersonEvent,
  plain,
  type Selection,
  unknown,
  type World,
} from './kind.ts';
import { windowMoments } from './people.ts';
import { averageFits, fits, isInRange, type Range, rangeOf, scale, spanMs, turnsOf } from './rules.ts';
import { all, averageSql, compareSql, inRange, interval, quote, quoteAll, scaled, whole } from './sql.ts';

/** Conditions on what a customer did: events, their measures, their first and last time, and what followed what. */

type Filter = LeafOf<'event'>['filters'][number];

/** A condition on a property of an event. */
export function filterSql({ property, test }: Filter, alias: string, dialect: Dialect): string {
  const text = dialect.text(alias, property);
  switch (test.op) {
    case 'set':
      return `${text} is not null`;
    case 'not_set':
      return `${text} is null`;
    case 'is_any':
      return `${text} in (${quoteAll(test.values)})`;
    case 'is_none':
      return `${text} not in (${quoteAll(test.values)})`;
    case 'contains':
      return `strpos(${text}, ${quote(test.text)}) > 0`;
    case 'number':
      return compareSql(dialect.number(alias, property), test.compare, scaled);
  }
}

/** An event without the property fits no filter but `not_set`. */
function fitsFilter({ property, test }: Filter, event: PersonEvent): boolean {
  const value = event.properties.get(property);
  const text = value?.text ?? null;
  if (test.op === 'not_set') return text === null;
  if (text === null) return false;
  switch (test.op) {
    case 'set':
      return true;
    case 'is_any':
      return test.values.includes(text);
    case 'is_none':
      return !test.values.includes(text);
    case 'contains':
      return text.includes(test.text);
    case 'number':
      return typeof value?.number === 'number' && fits(value.number, test.compare, scale);
  }
}

export function eventConditions(
  step: { name: string; filters: readonly Filter[] },
  range: Range,
  dialect: Dialect,
  alias = 'e',
): string[] {
  return [
    `${alias}.name = ${quote(step.name)}`,
    ...inRange(`${alias}.occurred_at`, range),
    `${alias}.customer_id > 0`,
    ...step.filters.map((filter) => filterSql(filter, alias, dialect)),
  ];
}

const eventsOf = (person: Person, { name, filters }: { name: string; filters: readonly Filter[] }) =>
  (person.events.get(name) ?? []).filter((event) => filters.every((filter) => fitsFilter(filter, event)));

function eventMoments(
  step: { name: string; filters: readonly Filter[] },
  window: Parameters<typeof windowMoments>[2] | LeafOf<'event'>['window'],
  dialect: Dialect,
  from: Date,
  until: Date,
): string[] {
  const select = (dueAt: string, conditions: string[]) =>
    `select e.customer_id, ${dueAt} as due_at from event e where ${all([
      `e.name = ${quote(step.name)}`,
      ...conditions,
      'e.customer_id > 0',
      ...step.filters.map((filter) => filterSql(filter, 'e', dialect)),
    ])}`;
  return windowMoments(select, 'e.occurred_at', window, from, until);
}

/** The condition on a group of events of one customer. */
function havingSql({ measure, compare }: LeafOf<'event'>, dialect: Dialect): string {
  if (measure.of === 'count') return compareSql('count(*)', compare, whole);
  const value = dialect.number('e', measure.property);
  switch (measure.of) {
    case 'sum':
      return compareSql(`coalesce(sum(${value}), 0)`, compare, scaled);
    case 'avg':
      return averageSql(value, compare, scaled);
    case 'min':
    case 'max':
      return compareSql(`${measure.of}(${value})`, compare, scaled);
    case 'distinct':
      return compareSql(`count(distinct ${dialect.text('e', measure.property)})`, compare, whole);
  }
}

/** Counts need whole numbers; the bound itself is rounded as the SQL has it. */
function measureOf(
  leaf: LeafOf<'event'>,
  events: readonly PersonEvent[],
): { seen: unknown; holds: boolean } | undefined {
  const { measure, compare } = leaf;
  if (measure.of === 'count') return { seen: events.length, holds: fits(events.length, compare) };
  const values = events.map((event) => event.properties.get(measure.property));
  if (measure.of === 'distinct') {
    const count = new Set(values.flatMap((value) => value?.text ?? [])).size;
    return { seen: count, holds: fits(count, compare) };
  }
  const numbers = values.flatMap((value) => value?.number ?? []);
  const sum = numbers.reduce((total, value) => total + BigInt(value), 0n);
  if (measure.of === 'sum') return { seen: Number(sum) / scale, holds: fits(Number(sum), compare, scale) };
  if (numbers.length === 0) return undefined;
  if (measure.of === 'avg') {
    return { seen: Number(sum) / numbers.length / scale, holds: averageFits(sum, numbers.length, compare, scale) };
  }
  const value = measure.of === 'min' ? Math.min(...numbers) : Math.max(...numbers);
  return { seen: value / scale, holds: fits(value, compare, scale) };
}

/** Whether a comparison asks for no more than "at all". */
function isAtLeastOne(compare: LeafOf<'event'>['compare']): boolean {
  return (compare.op === 'gte' && compare.value === 1) || (compare.op === 'gt' && compare.value === 0);
}

export const event: Kind<'event'> = {
  toSql(leaf, { world, sizes, dialect }): Selection {
    const range = rangeOf(leaf.window, world.now, world.zone);
    const size = sizes.event(leaf.name, range.after ?? range.from, world.now) / (1 + leaf.filters.length * 2);
    const source = `select e.customer_id from event e where ${all(eventConditions(leaf, range, dialect))}`;
    if (leaf.measure.of === 'count' && isAtLeastOne(leaf.compare)) return plain(rows(source, false, size));
    const having = havingSql(leaf, dialect);
    const grouped = (condition: string) => rows(`${source} group by e.customer_id having ${condition}`, true, size / 2);
    const ofNothing = measureOf(leaf, []);
    if (!ofNothing) return { yes: grouped(having), no: grouped(`not (${having})`) };
    // Whoever has none is in no group: then the others are the ones to name.
    const others = plain(grouped(ofNothing.holds ? `not (${having})` : having));
    return ofNothing.holds ? { yes: others.no, no: others.yes } : others;
  },
  evaluate(leaf, person, world) {
    const all = eventsOf(person, leaf);
    const range = rangeOf(leaf.window, world.now, world.zone);
    const inside = all.filter((event) => isInRange(event.at, range));
    const turns = all.map((event) => turnsOf(event.at, leaf.window));
    const changesAt = firstAfter(
      world.now,
      turns.flatMap((turn) => [turn.enters, turn.leaves]),
    );
    const result = measureOf(leaf, inside);
    if (!result) return unknown(null, changesAt);
    return found(result.holds, result.seen, leavesLater(leaf, turns, world) ?? changesAt);
  },
  needs: ({ name }) => [`event:${name}`],
  moments: (leaf, { dialect }, from, until) => eventMoments(leaf, leaf.window, dialect, from, until),
};

/** "At least n in the last …" stays true until only n − 1 are left: no need to look at each one that leaves. */
function leavesLater(
  { measure, compare }: LeafOf<'event'>,
  turns: readonly { enters: number; leaves: number }[],
  { now }: World,
): number | undefined {
  if (measure.of !== 'count' || compare.op !== 'gte' || compare.value < 1) return undefined;
  const ms = now.getTime();
  if (turns.some((turn) => turn.enters > ms)) return undefined;
  const leaving = turns.flatMap((turn) => (turn.leaves > ms ? [turn.leaves] : [])).sort((a, b) => a - b);
  const surplus = leaving.length - Math.round(compare.value);
  return surplus >= 0 ? (leaving[surplus] ?? never) : never;
}

export const eventTime: Kind<'event_time'> = {
  toSql(leaf, { world, sizes, dialect }) {
    const range = rangeOf(leaf.test, world.now, world.zone);
    const seen = rangeOf({ kind: 'ever' }, world.now, world.zone);
    const source = `select e.customer_id from event e where ${all(eventConditions(leaf, seen, dialect))}`;
    const moment = `${leaf.which === 'first' ? 'min' : 'max'}(e.occurred_at)`;
    const having = all(inRange(moment, range));
    const size = sizes.event(leaf.name, undefined, world.now) / 2;
    const grouped = (condition: string) => rows(`${source} group by e.customer_id having ${condition}`, true, size);
    return { yes: grouped(having), no: grouped(`not (${having})`) };
  },
  evaluate(leaf, person, world) {
    const all = eventsOf(person, leaf);
    const seen = all.filter((event) => event.at <= world.now).map((event) => event.at.getTime());
    const ahead = firstAfter(
      world.now,
      all.map((event) => event.at.getTime()),
    );
    if (seen.length === 0) return unknown(null, ahead);
    const at = new Date(leaf.which === 'first' ? Math.min(...seen) : Math.max(...seen));
    const { enters, leaves } = turnsOf(at, leaf.test);
    const holds = isInRange(at, rangeOf(leaf.test, world.now, world.zone));
    return found(holds, at, firstAfter(world.now, [enters, leaves, ahead]));
  },
  needs: ({ name }) => [`event:${name}`],
  moments: (leaf, { dialect }, from, until) => [
    ...eventMoments(leaf, { kind: 'ever' }, dialect, from, until),
    ...(leaf.test.kind === 'between' ? [] : eventMoments(leaf, leaf.test, dialect, from, until).slice(-1)),
  ],
};

export const sequence: Kind<'sequence'> = {
  toSql(leaf, { world, sizes, dialect }: Compiling) {
    const span = spanMs(leaf.within);
    const range = rangeOf(leaf.window, world.now, world.zone);
    // Only what is old enough can have gone without an answer.
    const settled = new Date(world.now.getTime() - span);
    const first = leaf.followed || range.upTo <= settled ? range : { ...range, upTo: settled };
    const since = range.after ?? range.from;
    const then: Range = { upTo: world.now, ...(since ? { after: since } : {}) };
    const step = (part: LeafOf<'sequence'>['first'], within: Range) =>
      `select e.customer_id, e.occurred_at from event e where ${all(eventConditions(part, within, dialect))}`;
    const joined = `(${step(leaf.first, first)}) a ${leaf.followed ? '' : 'left '}join (${step(leaf.next, then)}) b
      on b.customer_id = a.customer_id and b.occurred_at > a.occurred_at and b.occurred_at < a.occurred_at + ${interval(span)}`;
    const size = sizes.event(leaf.first.name, since, world.now) / 2;
    return plain(
      rows(`select a.customer_id from ${joined}${leaf.followed ? '' : ' where b.customer_id is null'}`, false, size),
    );
  },
  evaluate(leaf, person, world) {
    const span = spanMs(leaf.within);
    const now = world.now.getTime();
    const range = rangeOf(leaf.window, world.now, world.zone);
    const thens = eventsOf(person, leaf.next).map((event) => event.at.getTime());
    const firsts = eventsOf(person, leaf.first);
    const answered = (at: number) => thens.some((then) => then > at && then < at + span && then <= now);
    const seen = firsts.filter((event) => {
      const at = event.at.getTime();
      if (!isInRange(event.at, range)) return false;
      return leaf.followed ? answered(at) : at + span <= now && !answered(at);
    });
    const turns = firsts.flatMap((event) => {
      const { enters, leaves } = turnsOf(event.at, leaf.window);
      return [enters, leaves, ...(leaf.followed ? [] : [event.at.getTime() + span])];
    });
    return found(
      seen.length > 0,
      seen.map((event) => event.at),
      firstAfter(world.now, [...turns, ...thens]),
    );
  },
  needs: ({ first, next }) => [`event:${first.name}`, `event:${next.name}`],
  moments: (leaf, { dialect }, from, until) => [
    ...eventMoments(leaf.first, leaf.window, dialect, from, until),
    ...eventMoments(leaf.next, { kind: 'ever' }, dialect, from, until),
    ...(leaf.followed ? [] : eventMoments(leaf.first, { kind: 'before', ...leaf.within }, dialect, from, until)),
  ],
};
