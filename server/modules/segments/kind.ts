import type { Condition, Leaf, LeafOf } from '#contract/segments';
import { type Expression, except } from './expressions.ts';
import type { Verdict } from './rules.ts';

/** Everything outside one person that a tree needs: the same for all three evaluators. */
export interface World {
  readonly now: Date;
  readonly zone: string;
  /** Trees of the segments that the tree speaks of, also indirectly. */
  readonly segments: ReadonlyMap<number, Condition>;
  /** Staff of a department and of all below it. */
  readonly staffOfDepartment: ReadonlyMap<number, readonly number[]>;
  /** Where the line of a top n lies, by `cutoffKey`; null when there are fewer, so that everybody with a value is in. */
  readonly cutoffs: ReadonlyMap<string, Cutoff | null>;
}

/** The last who is in: smaller values are out, and of equal values the larger ids. */
export interface Cutoff {
  readonly value: number;
  readonly customerId: number;
}

export const cutoffKey = (leaf: LeafOf<'top'>) => JSON.stringify([leaf.by, leaf.take]);

export interface Value {
  readonly text: string | null;
  /** In ten-thousandths. */
  readonly number: number | null;
}

export interface PersonEvent {
  readonly at: Date;
  readonly properties: ReadonlyMap<string, Value>;
}

export interface PersonOrder {
  readonly id: number;
  readonly at: Date;
  readonly shop: string;
  readonly currency: string;
  readonly isCancelled: boolean;
  readonly netFen: number;
  readonly lines: readonly { readonly sku: string | null; readonly category: string | null; readonly netFen: number }[];
}

/** All that conditions can ask of one customer. */
export interface Person {
  readonly id: number;
  readonly kind: string;
  readonly gender: string;
  readonly source: string;
  readonly codeId: number | null;
  readonly addedAt: Date;
  readonly identities: ReadonlySet<string>;
  /** `day` is 20261121, when the text has the form of a day. */
  readonly attributes: ReadonlyMap<string, Value & { readonly day: number | null }>;
  readonly tags: ReadonlySet<number>;
  readonly follows: readonly {
    readonly staffId: number;
    readonly state: string;
    readonly addedAt: Date;
    readonly endedAt: Date | null;
    readonly codeId: number | null;
  }[];
  /** By name. */
  readonly events: ReadonlyMap<string, readonly PersonEvent[]>;
  readonly orders: readonly PersonOrder[];
  readonly score: Readonly<Record<string, number | string | boolean | null>> | undefined;
  readonly lists: ReadonlySet<number>;
}

/** What an evaluator found out, with the values it saw and the earliest moment at which time alone may change it. */
export interface Finding {
  readonly verdict: Verdict;
  readonly seen: unknown;
  readonly changesAt: number;
}

export const never = Number.POSITIVE_INFINITY;

/** What is known about how many; only ever used to choose an order of work. */
export interface Sizes {
  readonly customers: number;
  tag(id: number): number;
  /** Rows of an event name, from a moment on. */
  event(name: string, from: Date | undefined, now: Date): number;
}

/** What the compiler gives a kind. */
export interface Compiling {
  readonly world: World;
  readonly sizes: Sizes;
  readonly dialect: Dialect;
  /** The rows of another segment: whom it is true or false for. */
  segment(id: number, verdict: 'yes' | 'no'): Expression;
}

/**
 * The one difference between the engines: how a property of an event is read. PostgreSQL takes it out of the payload, the
 * mirror has a column for each property that is in use.
 */
export interface Dialect {
  readonly name: 'postgres' | 'duckdb';
  text(alias: string, property: string): string;
  number(alias: string, property: string): string;
}

export interface Selection {
  readonly yes: Expression;
  readonly no: Expression;
}

/** For conditions that nobody is unknown for. */
export const plain = (yes: Expression): Selection => ({ yes, no: except(yes) });

/** What a change must touch for a verdict to change: a table, or part of one ('tag:12', 'event:order.paid'). */
export type Need = string;

export interface Kind<K extends Leaf['kind']> {
  toSql(leaf: LeafOf<K>, to: Compiling): Selection;
  evaluate(leaf: LeafOf<K>, person: Person, world: World): Finding;
  needs(leaf: LeafOf<K>): readonly Need[];
  /** Queries for (customer_id, due_at): who may change between two moments by time alone. */
  moments?(leaf: LeafOf<K>, to: Compiling, from: Date, until: Date): readonly string[];
}

export const found = (isTrue: boolean, seen: unknown, changesAt: number = never): Finding => ({
  verdict: isTrue ? 'yes' : 'no',
  seen,
  changesAt,
});

export const unknown = (seen: unknown = null, changesAt: number = never): Finding => ({
  verdict: 'unknown',
  seen,
  changesAt,
});

/** The first of some moments that is still to come. */
export function firstAfter(now: Date, moments: Iterable<number>): number {
  let first = never;
  for (const at of moments) if (at > now.getTime() && at < first) first = at;
  return first;
}
