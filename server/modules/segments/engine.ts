import { performance } from 'node:perf_hooks';
import type { Condition } from '#contract/segments';
import type { Ctx } from '#platform/ctx';
import { CompiledQuery, sql } from '#platform/db';
import { AppError, sqlState } from '#platform/errors';
import type { Mirror } from '#platform/mirror';
import { type Compiled, compile } from './compile.ts';
import type { Cutoff, Dialect, Sizes, World } from './kind.ts';
import { drawLines } from './lines.ts';
import { duckdb, postgres } from './mirrored.ts';
import { askedBy } from './person.ts';
import { readSizes, usualSizes } from './sizes.ts';
import { loadWorld } from './world.ts';

export type Row = Record<string, unknown>;
export type Ask = <T extends Row>(sql: string) => Promise<T[]>;

/** What a question has to work with: one engine, and everything that trees need. */
export interface Question {
  readonly engine: 'mirror' | 'postgres';
  readonly world: World;
  readonly ask: Ask;
  compile(tree: Condition, verdict?: 'yes' | 'no'): Compiled;
}

/** Asks about everybody: the mirror where there is one that holds what is asked for, PostgreSQL otherwise. */
export interface Engine {
  readonly mirror: Mirror | undefined;
  question(ctx: Ctx, trees: readonly Condition[], signal?: AbortSignal): Promise<Question>;
}

/** Sizes only choose an order of work; lines of rankings are drawn anew when they are this old. */
const sizesLiveMs = 60_000;
const linesLiveMs = 600_000;

export function createEngine(mirror: Mirror | undefined): Engine {
  let sizes: { at: number; value: Promise<Sizes> } | undefined;
  let lines: { at: number; values: Map<string, Cutoff | null> } = { at: 0, values: new Map() };

  const holds = (trees: readonly Condition[], world: World): boolean => {
    if (!mirror?.isReady) return false;
    const columns = new Set(
      mirror.tables.find((table) => table.name === 'event')?.columns.map((column) => column.name),
    );
    return [...askedBy(trees, world.segments).properties].every((property) => columns.has(`text ${property}`));
  };

  async function sizesFor(ctx: Ctx, ask: Ask, isMirror: boolean): Promise<Sizes> {
    if (!isMirror) {
      const { rows } = await sql<{ count: number }>`
        select greatest(reltuples, 1)::bigint as count from pg_class where oid = 'customer'::regclass
      `.execute(ctx.db);
      return usualSizes(rows[0]?.count ?? 1);
    }
    const now = performance.now();
    if (!sizes || now - sizes.at > sizesLiveMs) sizes = { at: now, value: readSizes(ask) };
    return sizes.value.catch((error) => {
      sizes = undefined;
      throw error;
    });
  }

  return {
    mirror,
    async question(ctx, trees, signal) {
      const bare = await loadWorld(ctx, trees);
      const isMirror = holds(trees, bare);
      const dialect: Dialect = isMirror ? duckdb : postgres;
      const ask: Ask =
        isMirror && mirror ? (text) => mirror.query(text, signal) : (text) => askPostgres(ctx, text, signal);
      const known = await sizesFor(ctx, isMirror && mirror ? (text) => mirror.query(text) : ask, isMirror);
      const now = performance.now();
      if (now - lines.at > linesLiveMs) lines = { at: now, values: new Map() };
      const cutoffs = new Map(lines.values);
      for (const tree of trees) {
        for (const [key, cutoff] of await drawLines(tree, { ...bare, cutoffs }, dialect, ask)) {
          cutoffs.set(key, cutoff);
          lines.values.set(key, cutoff);
        }
      }
      const world = { ...bare, cutoffs };
      return {
        engine: isMirror ? 'mirror' : 'postgres',
        world,
        ask,
        compile: (tree, verdict = 'yes') => compile(tree, world, known, dialect, verdict),
      };
    },
  };
}

/** A question that nobody waits for any more is stopped in the database too. */
async function askPostgres<T extends Row>(ctx: Ctx, text: string, signal: AbortSignal | undefined): Promise<T[]> {
  signal?.throwIfAborted();
  const read = async (db: Ctx['db']) => (await db.executeQuery(CompiledQuery.raw(text))).rows as T[];
  if (!signal || ctx.db.isTransaction) return read(ctx.db);
  return ctx.db.connection().execute(async (db) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    let done = false;
    const stop = () => {
      if (!done) sql`select pg_cancel_backend(${rows[0]?.pid ?? 0})`.execute(ctx.db).catch(() => {});
    };
    signal.addEventListener('abort', stop);
    try {
      return await read(db);
    } catch (error) {
      signal.throwIfAborted();
      if (sqlState(error) === '57014') throw new AppError('segment_too_slow');
      throw error;
    } finally {
      done = true;
      signal.removeEventListener('abort', stop);
    }
  });
}
