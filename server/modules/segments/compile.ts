import type { Condition, LeafOf } from '#contract/segments';
import { and, type Expression, or, render, rows, unique } from './expressions.ts';
import {
  type Compiling,
  cutoffKey,
  type Dialect,
  type Finding,
  type Need,
  type Person,
  type Selection,
  type Sizes,
  type World,
} from './kind.ts';
import { kinds } from './kinds.ts';
import { rankedSql } from './sets.ts';

/** Leaves other than `segment`. */
type Known = Exclude<Condition, { kind: 'all' | 'any' | 'not' | 'segment' }>;

/** A kind only ever meets its own leaf, which a table of kinds cannot say in types. */
interface AnyKind {
  toSql(leaf: Known, to: Compiling): Selection;
  evaluate(leaf: Known, person: Person, world: World): Finding;
  needs(leaf: Known): readonly Need[];
  moments?(leaf: Known, to: Compiling, from: Date, until: Date): readonly string[];
}
export const kindFor = (leaf: Known) => kinds[leaf.kind] as unknown as AnyKind;

export interface Compiled {
  /** Selects customer_id, nobody twice. */
  readonly sql: string;
  /** Common table expressions, each another segment, in the order in which they build on each other; '' for none. */
  readonly with: string;
}

/** One tree as SQL: whom it is true for, or false for. */
export function compile(
  tree: Condition,
  world: World,
  sizes: Sizes,
  dialect: Dialect,
  verdict: 'yes' | 'no' = 'yes',
): Compiled {
  const tables = new Map<string, string>();
  const to: Compiling = {
    world,
    sizes,
    dialect,
    // Another segment is worked out once, however often it is spoken of.
    segment(id, verdict) {
      const name = `segment_${id}_${verdict}`;
      if (!tables.has(name)) {
        const other = world.segments.get(id);
        if (!other) throw new Error(`the tree of segment ${id} was not read`);
        // What it builds on is entered before it.
        const sql = unique(render(expressionsOf(other, to)[verdict], sizes.customers));
        tables.set(name, sql);
      }
      return rows(`select customer_id from ${name}`, true, sizes.customers / 8);
    },
  };
  const sql = unique(render(expressionsOf(tree, to)[verdict], sizes.customers));
  const list = [...tables].map(([name, body]) => `${name} as (${body})`);
  return { sql, with: list.length > 0 ? `with ${list.join(', ')} ` : '' };
}

function expressionsOf(tree: Condition, to: Compiling): { yes: Expression; no: Expression } {
  switch (tree.kind) {
    case 'all': {
      const parts = tree.of.map((part) => expressionsOf(part, to));
      return { yes: and(parts.map((part) => part.yes)), no: or(parts.map((part) => part.no)) };
    }
    case 'any': {
      const parts = tree.of.map((part) => expressionsOf(part, to));
      return { yes: or(parts.map((part) => part.yes)), no: and(parts.map((part) => part.no)) };
    }
    case 'not': {
      const { yes, no } = expressionsOf(tree.of, to);
      return { yes: no, no: yes };
    }
    case 'segment':
      return {
        get yes() {
          return to.segment(tree.segmentId, 'yes');
        },
        get no() {
          return to.segment(tree.segmentId, 'no');
        },
      };
    default:
      return kindFor(tree).toSql(tree, to);
  }
}

export const countSql = (compiled: Compiled) => `${compiled.with}select count(*) as count from (${compiled.sql}) q`;

/** Every leaf of a tree and of the segments it speaks of. */
export function leavesOf(tree: Condition, segments: ReadonlyMap<number, Condition>): Known[] {
  const leaves: Known[] = [];
  const seen = new Set<number>();
  const open = [tree];
  for (let next = open.pop(); next; next = open.pop()) {
    switch (next.kind) {
      case 'all':
      case 'any':
        open.push(...next.of);
        break;
      case 'not':
        open.push(next.of);
        break;
      case 'segment': {
        const other = segments.get(next.segmentId);
        if (other && !seen.has(next.segmentId)) open.push(other);
        seen.add(next.segmentId);
        break;
      }
      default:
        leaves.push(next);
    }
  }
  return leaves;
}

export function segmentsIn(tree: Condition): number[] {
  switch (tree.kind) {
    case 'all':
    case 'any':
      return [...new Set(tree.of.flatMap(segmentsIn))];
    case 'not':
      return segmentsIn(tree.of);
    case 'segment':
      return [tree.segmentId];
    default:
      return [];
  }
}

export const needsOf = (tree: Condition, segments: ReadonlyMap<number, Condition>) =>
  new Set(leavesOf(tree, segments).flatMap((leaf) => kindFor(leaf).needs(leaf)));

/** Queries for who may change by time alone between two moments, as (customer_id, due_at). */
export function momentsOf(tree: Condition, to: Omit<Compiling, 'segment'>, from: Date, until: Date): string[] {
  const compiling = {
    ...to,
    segment: () => {
      throw new Error('moments are asked of leaves only');
    },
  };
  return leavesOf(tree, to.world.segments).flatMap(
    (leaf) => kindFor(leaf).moments?.(leaf, compiling, from, until) ?? [],
  );
}

/** The lines of rankings that a tree needs drawn before it can be compiled or evaluated. */
export function rankingsIn(tree: Condition, segments: ReadonlyMap<number, Condition>): LeafOf<'top'>[] {
  const found = new Map<string, LeafOf<'top'>>();
  for (const leaf of leavesOf(tree, segments)) if (leaf.kind === 'top') found.set(cutoffKey(leaf), leaf);
  return [...found.values()];
}

export function rankingSql(leaf: LeafOf<'top'>, world: Pick<World, 'now' | 'zone'>, dialect: Dialect) {
  const ranked = rankedSql(leaf, world, dialect);
  return {
    count: `select count(*) as count from (${ranked}) v`,
    last: (place: number) =>
      `select value, customer_id from (${ranked}) v order by value desc, customer_id limit 1 offset ${place - 1}`,
  };
}
