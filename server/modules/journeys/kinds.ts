import { type DataOf, type EventStep, type GraphNode, type NodeKind, spanMinutes } from '#contract/journey-graph';
import { dayOf } from '#platform/days';
import { bucketOf } from '#segments';
import { dayOfNumber, minuteOf, nextMinute, nextYearly } from './calendar.ts';

/**
 * What a node of each kind does with one person: pure, and the same in the engine, which moves thousands, and in a replay of
 * one. Times are milliseconds.
 *
 * A step has a time of its own: when it was due, not when somebody came round to it. So a path depends on the person and not
 * on how busy the workers are, and late steps are made up for in their order.
 */

export interface Visit {
  readonly customerId: number;
  /** When the person came to the node. */
  readonly at: number;
}

export type Move =
  /** Goes on by a way; `at` is when. */
  | { readonly is: 'pass'; readonly way: string; readonly at: number }
  | { readonly is: 'wait'; readonly until: number }
  | { readonly is: 'end'; readonly reason: 'end' | 'moved' };

/** What must be known of the person, by kinds that ask for something. */
export interface KnownOf {
  /** The first way whose conditions are true; null when none is. */
  readonly branch: string | null;
  /** The day (as 20261121) that the attribute names; null when it names none. */
  readonly wait_date: number | null;
  /** When what he waits for happened first: after he came, and before the time is over; null while it has not. */
  readonly wait_event: number | null;
}

type Known<K extends NodeKind> = K extends keyof KnownOf ? KnownOf[K] : undefined;

interface Kind<K extends NodeKind> {
  arrive(data: DataOf<K>, visit: Visit, known: Known<K>, zone: string): Move;
  /** By which way a wait that is over is left. `wokenAt`: when what it was for happened. */
  leave?(wokenAt: number | null): string;
}

const pass = (way: string, at: number): Move => ({ is: 'pass', way, at });
const onward = { arrive: (_data: unknown, { at }: Visit) => pass('next', at) };
const minuteMs = 60_000;

export const deadlineOf = (data: DataOf<'wait_event'>, arrivedAt: number) => arrivedAt + spanMinutes(data) * minuteMs;

const kinds: { readonly [K in NodeKind]: Kind<K> } = {
  wait: {
    arrive: (data, { at }) => ({ is: 'wait', until: at + spanMinutes(data) * minuteMs }),
    leave: () => 'next',
  },
  wait_until: {
    arrive: ({ minute, weekdays }, { at }, _known, zone) => ({
      is: 'wait',
      until: nextMinute(at, minute, zone, (weekday) => weekdays.includes(weekday)),
    }),
    leave: () => 'next',
  },
  wait_date: {
    arrive: (data, { at }, day, zone) => {
      const until = dateOf(data, at, day, zone);
      return until === undefined ? pass('missing', at) : { is: 'wait', until: Math.max(at, until) };
    },
    leave: () => 'next',
  },
  wait_event: {
    arrive: (data, { at }, happenedAt) =>
      happenedAt === null ? { is: 'wait', until: deadlineOf(data, at) } : pass('happened', happenedAt),
    leave: (wokenAt) => (wokenAt === null ? 'timeout' : 'happened'),
  },
  branch: { arrive: (_data, { at }, way) => pass(way ?? 'otherwise', at) },
  split: { arrive: (data, { customerId, at }) => pass(armOf(data, customerId), at) },
  touch: onward,
  task: onward,
  tag: onward,
  attribute: onward,
  webhook: onward,
  move: { arrive: () => ({ is: 'end', reason: 'moved' }) },
  end: { arrive: () => ({ is: 'end', reason: 'end' }) },
};

/** A kind only ever meets its own node, which a table of kinds cannot say in types. */
interface AnyKind {
  arrive(data: unknown, visit: Visit, known: unknown, zone: string): Move;
  leave?(wokenAt: number | null): string;
}
const kindFor = (node: GraphNode) => kinds[node.kind] as unknown as AnyKind;

/** What a person who comes to a node does. @param known as `KnownOf` says */
export const arriveAt = (node: GraphNode, visit: Visit, known: unknown, zone: string): Move =>
  kindFor(node).arrive(node.data, visit, known, zone);

/** Nodes at which people stand until a time has come. */
export const isWait = (node: GraphNode) => kindFor(node).leave !== undefined;

/** By which way somebody leaves a node at which he waited. */
export function leaveBy(node: GraphNode, wokenAt: number | null): string {
  const way = kindFor(node).leave?.(wokenAt);
  if (way === undefined) throw new Error(`nobody waits at a node of kind ${node.kind}`);
  return way;
}

/** The arm of a person: shares are by weight, and a person draws the same arm each time. */
export function armOf({ seed, arms }: DataOf<'split'>, customerId: number): string {
  const whole = arms.reduce((sum, arm) => sum + arm.weight, 0);
  const drawn = bucketOf(customerId, seed) * whole;
  let below = 0;
  for (const arm of arms) {
    below += arm.weight * 10_000;
    if (drawn < below) return arm.id;
  }
  throw new Error('the arms of an experiment do not make a whole');
}

function dateOf(data: DataOf<'wait_date'>, at: number, day: number | null, zone: string): number | undefined {
  const named = day === null ? undefined : dayOfNumber(day);
  if (day === null || named === undefined) return undefined;
  if (data.calendar === 'once') return minuteOf(named, data, zone);
  return nextYearly(day, { ...data, calendar: data.calendar }, at, zone);
}

/** The event a node waits for. */
export const awaited = (node: GraphNode): EventStep | undefined => (node.kind === 'wait_event' ? node.data : undefined);

/** The attribute a node of kind `attribute` writes; null takes it away. */
export function attributeValue(data: DataOf<'attribute'>, at: number, zone: string): string | number | boolean | null {
  switch (data.value.of) {
    case 'fixed':
      return data.value.value;
    case 'today':
      return dayOf(new Date(at), zone);
    case 'nothing':
      return null;
  }
}
