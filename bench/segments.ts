import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DuckDBInstance } from '@duckdb/node-api';
import { openDatabase } from '#platform/db';
import { silentLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { openMirror, plainRow } from '#platform/mirror';
import { startEmbeddedPostgres } from '#platform/postgres';
import { bench as compiler } from '#segments';
import { baseNow, fillMirror, properties } from './parts/base.ts';
import { type Bench, brokenBounds, percentile } from './parts/bench.ts';
import { copyToPostgres } from './parts/copy.ts';
import { others, type Realistic, realistic } from './parts/realistic.ts';

const bounds = { median_ms: 100, p95_ms: 400, ratio_to_handwritten: 1.5, disagreements: 0 };
const repeats = 7;
const threads = 2;
const memoryMb = 4096;
/** PostgreSQL answers for so many at most: its part is to agree, not to be fast. */
const maxCompared = 50_000;

type Ask = (sql: string) => Promise<Record<string, unknown>[]>;

const median = (values: readonly number[]) => percentile(values, 0.5);

async function timed(ask: Ask, sql: string): Promise<{ ms: number; count: number }> {
  const begun = performance.now();
  const [row] = await ask(sql);
  return { ms: performance.now() - begun, count: Number(Object.values(row ?? {})[0]) };
}

/** Draws the lines of rankings; then the counts of all segments as SQL, and their hand-written twins. */
async function compileAll(ask: Ask, dialect: (typeof compiler)['duckdb']) {
  const sizes = await compiler.readSizes(ask as never);
  const cutoffs = new Map();
  const world = { now: baseNow, zone: 'Asia/Shanghai', segments: others, staffOfDepartment: new Map(), cutoffs };
  let drawingMs = 0;
  const twinOf = ({ twin }: Realistic) => {
    const cutoff = [...cutoffs.values()][0];
    return twin
      .replaceAll('CUTOFF', String(cutoff?.value))
      .replace('LAST', String(cutoff?.customerId))
      .replace('BUCKET', compiler.bucketSql('customer_id', 7));
  };
  for (const { tree } of realistic) {
    const begun = performance.now();
    for (const [key, cutoff] of await compiler.drawLines(tree, world, dialect, ask as never)) cutoffs.set(key, cutoff);
    drawingMs += performance.now() - begun;
  }
  const counts = realistic.map((segment) => ({
    ...segment,
    sql: compiler.countSql(compiler.compile(segment.tree, world, sizes, dialect)),
    twin: twinOf(segment),
  }));
  return { counts, drawingMs };
}

async function compareWithPostgres(customers: number): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'siyu-segments-'));
  const server = await startEmbeddedPostgres(home, silentLog);
  const database = openDatabase(server.url, silentLog);
  let disagreements = 0;
  try {
    await migrate(database, silentLog);
    await copyToPostgres(database, customers);
    const settings = { folder: join(home, 'mirror'), databaseUrl: server.url, memoryMb, threads, log: silentLog };
    const mirror = await openMirror(settings, compiler.mirrorTables(properties));
    const begun = performance.now();
    await mirror.rebuild();
    const status = await mirror.status();
    console.log(
      `the mirror of ${customers} customers was built from PostgreSQL in ${Math.round(performance.now() - begun)} ms, ${Math.round(status.diskBytes / 1e6)} MB`,
    );
    const askPostgres: Ask = async (sql) => (await database.pool.query(sql)).rows;
    const askMirror: Ask = async (sql) => mirror.query(sql);
    const [slow, fast] = [
      await compileAll(askPostgres, compiler.postgres),
      await compileAll(askMirror, compiler.duckdb),
    ];
    const slowMs: number[] = [];
    for (const [i, { name, sql }] of slow.counts.entries()) {
      const expected = await timed(askPostgres, sql);
      slowMs.push(expected.ms);
      const found = await timed(askMirror, fast.counts[i]?.sql ?? '');
      const twin = await timed(askMirror, fast.counts[i]?.twin ?? '');
      if (new Set([expected.count, found.count, twin.count]).size === 1) continue;
      disagreements++;
      console.log(`DISAGREE ${name}: PostgreSQL ${expected.count}, mirror ${found.count}, by hand ${twin.count}`);
    }
    console.log(`PostgreSQL answered the same ${slow.counts.length} with a median of ${Math.round(median(slowMs))} ms`);
    await mirror.close();
  } finally {
    await database.close();
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
  return disagreements;
}

export const bench: Bench = {
  summary:
    'Counts twenty realistic segments in the mirror, each beside a query written by hand for the same answer; and the same counts in PostgreSQL, on fewer customers.',
  options: { customers: 10_000_000 },
  async run({ customers = 0 }) {
    let disagreements = await compareWithPostgres(Math.min(customers, maxCompared));
    const folder = mkdtempSync(join(tmpdir(), 'siyu-segments-'));
    try {
      const file = join(folder, 'mirror.duckdb');
      const instance = await DuckDBInstance.create(file, {
        threads: String(threads),
        memory_limit: `${memoryMb}MB`,
        preserve_insertion_order: 'false',
      });
      const connection = await instance.connect();
      const begun = performance.now();
      await fillMirror(connection, customers, compiler.mirrorTables(properties));
      await connection.run('checkpoint');
      const buildSeconds = (performance.now() - begun) / 1000;
      const ask: Ask = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS().map(plainRow);
      const sized = await ask(
        'select (select count(*) from customer) as customers, (select count(*) from customer_tag) as tags, (select count(*) from event) as events',
      );
      console.log(`made and put in order in ${buildSeconds.toFixed(1)} s: ${JSON.stringify(sized[0])}`);
      console.log(
        `on disk ${Math.round(statSync(file).size / 1e6)} MB; DuckDB may use ${memoryMb} MB and ${threads} threads`,
      );
      const { counts, drawingMs } = await compileAll(ask, compiler.duckdb);
      console.log(`lines of rankings drawn in ${Math.round(drawingMs)} ms`);
      const results: { ours: number; theirs: number }[] = [];
      for (const { name, sql, twin } of counts) {
        const [ours, theirs]: [number[], number[]] = [[], []];
        let same = true;
        for (let i = 0; i < repeats; i++) {
          const mine = await timed(ask, sql);
          const other = await timed(ask, twin);
          ours.push(mine.ms);
          theirs.push(other.ms);
          same &&= mine.count === other.count;
          if (i === 0) process.stdout.write(`${String(mine.count).padStart(9)} `);
        }
        if (!same) disagreements++;
        results.push({ ours: median(ours), theirs: median(theirs) });
        console.log(
          `${median(ours).toFixed(0).padStart(5)} ms, by hand ${median(theirs).toFixed(0).padStart(5)} ms  ${name}${same ? '' : '  DISAGREE'}`,
        );
      }
      const memory = process.resourceUsage().maxRSS / 1024;
      console.log(`memory of this process at its highest: ${Math.round(memory)} MB`);
      connection.closeSync();
      instance.closeSync();
      const times = results.map(({ ours }) => ours);
      const result = {
        customers,
        segments: results.length,
        median_ms: Math.round(median(times)),
        p95_ms: Math.round(percentile(times, 0.95)),
        ratio_to_handwritten: Number(median(results.map(({ ours, theirs }) => ours / theirs)).toFixed(2)),
        disagreements,
      };
      return { result, broken: brokenBounds(result, bounds) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
