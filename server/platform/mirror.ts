import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { currentPosition, type FeedRow, type FeedTable, moveFollower, readFeed, watchTables } from './feed.ts';
import { randomToken } from './ids.ts';
import type { Logger } from './log.ts';

/**
 * A columnar copy of some tables in DuckDB, for questions about everybody at once. It is a cache: a file that can be
 * deleted at any time and is then built anew. It follows PostgreSQL by the change feed; after each step it is equal to what
 * PostgreSQL was at one snapshot, which is written into the file in the same transaction as the rows.
 */
export interface MirrorTable {
  /** The name in the mirror, and in PostgreSQL: a table or a view. */
  readonly name: string;
  /** The table whose changes are watched; its key stands in the mirror's table under the same name. */
  readonly feed: FeedTable;
  readonly columns: readonly {
    readonly name: string;
    readonly type: 'bigint' | 'integer' | 'smallint' | 'varchar' | 'boolean' | 'double' | 'timestamptz';
    /** What is read in PostgreSQL; the column of the same name by default. */
    readonly sql?: string;
  }[];
  /** Rows that are mirrored. */
  readonly where?: string;
  /** The order on disk: what is asked for together lies together. */
  readonly order: string;
}

export interface MirrorSettings {
  /** Folder of the file. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly memoryMb: number;
  readonly threads: number;
  readonly log: Logger;
}

export interface MirrorStatus {
  readonly state: 'building' | 'following' | 'failed';
  /** For how long the copy has not been compared with PostgreSQL: it is behind by this at most. */
  readonly lagMs: number | null;
  readonly builtAt: Date | null;
  readonly buildMs: number | null;
  readonly diskBytes: number;
  readonly memoryBytes: number;
  readonly problem: string | null;
}

export type MirrorRow = Readonly<Record<string, unknown>>;

export interface Mirror {
  readonly tables: readonly MirrorTable[];
  readonly isReady: boolean;
  /** Answers from the copy; stops when `signal` says so. */
  query<T extends MirrorRow>(sql: string, signal?: AbortSignal): Promise<T[]>;
  status(): Promise<MirrorStatus>;
  /** Catches up with PostgreSQL once. Returns how many rows of the feed were taken. */
  step(): Promise<number>;
  /** Builds a new copy of these tables while the old one answers, and puts it in its place. */
  rebuild(tables?: readonly MirrorTable[]): Promise<void>;
  /** Keeps stepping until the mirror is closed. */
  follow(): void;
  close(): Promise<void>;
}

const file = 'mirror.duckdb';
/** Questions that are worked on at the same time; more wait their turn. */
const maxReaders = 4;
/**
 * Following costs what it costs, and what people wait for comes first: after a step the copy rests nine times as long as the
 * step took, so that it is behind while very much happens. Who asks a question then makes it catch up before.
 */
const stepEveryMs = 200;
const restShare = 9;
const longestRestMs = 10_000;
/** A copy that was equal so lately is answered from; catching up is waited for so long at most. */
const freshMs = 1000;
const catchUpMs = 3000;
/** Keys of one COPY when a copy is built. */
const buildKeys = 100_000;
/** Changed rows are read again so many keys at a time. */
const stepKeys = 5000;
/** Added rows are read so many ranges of ids at a time. */
const stepRanges = 50;
/** A table whose changed share is larger is written in order again. */
const untidyShare = 0.1;

interface Copy {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly tables: readonly MirrorTable[];
  readonly path: string;
  readonly name: string;
  position: string;
}

const layoutOf = (tables: readonly MirrorTable[]) => JSON.stringify(tables);
const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Opens the copy if there is a usable one; otherwise `isReady` is false until `rebuild` has made one. */
export async function openMirror(settings: MirrorSettings, tables: readonly MirrorTable[]): Promise<Mirror> {
  const { folder, log } = settings;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, file);
  let wanted = tables;
  let copy: Copy | undefined;
  let stopped = false;
  let loop: Promise<void> = Promise.resolve();
  let working: Promise<unknown> = Promise.resolve();
  let problem: string | null = null;
  let equalAt: number | undefined;
  let toldAt = 0;
  let built: { at: Date; ms: number } | undefined;
  let building = false;
  const idle: DuckDBConnection[] = [];
  const waiting: (() => void)[] = [];
  let readers = 0;
  const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 2, application_name: 'siyu mirror' });
  pool.on('error', (error) => log.warn({ err: error }, "the mirror's database connection was lost"));

  /** One at a time: steps, builds. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = working.then(work, work);
    working = next.catch(() => {});
    return next;
  };

  async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    try {
      await client.query("set timezone = 'UTC'; set datestyle = 'ISO'; set extra_float_digits = 1");
      return await work(client);
    } finally {
      client.release();
    }
  }

  const openInstance = (at: string) =>
    DuckDBInstance.create(at, {
      threads: String(settings.threads),
      memory_limit: `${settings.memoryMb}MB`,
      temp_directory: join(folder, 'spill'),
      max_temp_directory_size: '20GB',
      checkpoint_threshold: '256MB',
      preserve_insertion_order: 'false',
    });

  async function readMeta(connection: DuckDBConnection): Promise<Record<string, string>> {
    const reader = await connection.runAndReadAll('select key, value from mirror_meta');
    return Object.fromEntries(reader.getRowsJS() as [string, string][]);
  }

  async function openExisting(): Promise<Copy | undefined> {
    if (!existsSync(path)) return undefined;
    let instance: DuckDBInstance | undefined;
    try {
      instance = await openInstance(path);
      const writer = await instance.connect();
      const meta = await readMeta(writer);
      const isKnown = await withClient(async (client) => {
        const { rows } = await client.query<{ database: string; known: boolean }>(
          `select oid::text as database, exists (select 1 from change_follower where name = $1)
            and pg_snapshot_xmax($2::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) as known
          from pg_database where datname = current_database()`,
          [meta.name, meta.position],
        );
        return rows[0]?.known === true && rows[0].database === meta.database;
      });
      // Another database, another layout, or a feed that was pruned past where this copy stands.
      if (isKnown && meta.layout === layoutOf(wanted)) {
        built = { at: new Date(meta.built_at ?? 0), ms: Number(meta.build_ms) };
        return { instance, writer, tables: wanted, path, name: meta.name ?? '', position: meta.position ?? '' };
      }
    } catch (error) {
      log.warn({ err: error }, 'the mirror cannot be read and is built anew');
    }
    instance?.closeSync();
    return undefined;
  }

  const columnsOf = (table: MirrorTable) => table.columns.map((column) => quoteName(column.name)).join(', ');

  /** Rows of one table from PostgreSQL, by way of a file: bounded in memory, and the same for builds and steps. */
  async function copyRows(
    client: pg.ClientBase,
    connection: DuckDBConnection,
    table: MirrorTable,
    target: string,
    where: string,
  ) {
    const select = table.columns.map((column) => `${column.sql ?? column.name}`).join(', ');
    const conditions = [...(table.where ? [`(${table.where})`] : []), where].join(' and ');
    const csv = join(folder, `rows-${randomToken(6)}.csv`);
    try {
      const source = client.query(
        copyTo(`copy (select ${select} from ${table.name} where ${conditions}) to stdout (format csv, null '\\N')`),
      );
      await pipeline(source, createWriteStream(csv));
      if (statSync(csv).size === 0) return;
      const types = table.columns.map((column) => `${quoteText(column.name)}: '${column.type}'`).join(', ');
      await connection.run(
        `insert into ${target} (${columnsOf(table)}) select * from read_csv(${quoteText(csv)}, header = false, auto_detect = false,
          delim = ',', quote = '"', escape = '"', nullstr = '\\N', allow_quoted_nulls = false, columns = {${types}})`,
      );
    } finally {
      rmSync(csv, { force: true });
    }
  }

  async function build(): Promise<Copy> {
    const begun = Date.now();
    const next = join(folder, 'mirror.next.duckdb');
    for (const name of [next, `${next}.wal`]) rmSync(name, { force: true });
    const layout = wanted;
    const name = `mirror ${randomToken(9)}`;
    const instance = await openInstance(next);
    const writer = await instance.connect();
    return withClient(async (client) => {
      await watchTables(
        client,
        layout.map((table) => table.feed),
      );
      // The position comes first: what is written while rows are copied is read once more by the first step.
      const position = await currentPosition(client);
      await moveFollower(client, name, position);
      for (const table of layout) {
        const types = table.columns.map((column) => `${quoteName(column.name)} ${column.type}`).join(', ');
        await writer.run(`create table staged (${types})`);
        const key = table.feed.key;
        const { rows } = await client.query<{ first: number | null; last: number | null }>(
          `select min(${key}) as first, max(${key}) as last from ${table.feed.name} where ${key} > 0`,
        );
        const { first, last } = rows[0] ?? { first: null, last: null };
        for (let from = first ?? 1; from <= (last ?? 0); from += buildKeys) {
          if (stopped) throw new Error('the mirror was closed while it was built');
          await copyRows(client, writer, table, 'staged', `${key} >= ${from} and ${key} < ${from + buildKeys}`);
        }
        await writer.run(`create table ${table.name} as select * from staged order by ${table.order}`);
        await writer.run('drop table staged');
      }
      const { rows } = await client.query<{ database: string }>(
        'select oid::text as database from pg_database where datname = current_database()',
      );
      const meta = {
        position,
        name,
        layout: layoutOf(layout),
        database: rows[0]?.database ?? '',
        built_at: new Date().toISOString(),
        build_ms: String(Date.now() - begun),
      };
      await writer.run('create table mirror_meta (key varchar primary key, value varchar)');
      for (const [key, value] of Object.entries(meta)) {
        await writer.run(`insert into mirror_meta values (${quoteText(key)}, ${quoteText(value)})`);
      }
      const made: Copy = { instance, writer, tables: layout, path: next, name, position };
      // Until the copy is equal to one snapshot, rows told of twice are replaced and not added.
      await stepOnce(made, client, true);
      await writer.run('checkpoint');
      built = { at: new Date(), ms: Date.now() - begun };
      return made;
    });
  }

  async function stepOnce(target: Copy, client: pg.PoolClient, isFirst: boolean): Promise<number> {
    await client.query('begin isolation level repeatable read read only');
    try {
      const position = await currentPosition(client);
      const feedNames = [...new Set(target.tables.map((table) => table.feed.name))];
      const changes = await gather(readFeed(client, target.position, feedNames), isFirst);
      if (changes.count > 0) {
        await target.writer.run('begin transaction');
        try {
          for (const table of target.tables) {
            const change = changes.tables.get(table.feed.name);
            if (change) await applyChange(client, target.writer, table, change);
          }
          await target.writer.run(`update mirror_meta set value = ${quoteText(position)} where key = 'position'`);
          await target.writer.run('commit');
        } catch (error) {
          await target.writer.run('rollback');
          throw error;
        }
      }
      target.position = position;
      return changes.count;
    } finally {
      await client.query('rollback');
    }
  }

  async function applyChange(client: pg.ClientBase, writer: DuckDBConnection, table: MirrorTable, change: Change) {
    const { key, rows } = table.feed;
    for (const keys of slices([...change.replaced], stepKeys)) {
      await writer.run(`delete from ${table.name} where ${quoteName(key)} in (${keys.join(', ')})`);
      await copyRows(client, writer, table, table.name, `${key} = any('{${keys.join(',')}}'::bigint[])`);
    }
    if (!rows) return;
    const { ids, first, last } = change;
    if (!first || !last) return;
    // What was replaced was read as a whole a moment ago.
    const isElse =
      change.replaced.size > 0 ? ` and ${key} <> all('{${[...change.replaced].join(',')}}'::bigint[])` : '';
    // Ids were given one after another, so many of them are one walk along their index; the times say which partitions to walk in.
    for (const some of slices(rangesOf(ids), stepRanges)) {
      const isAdded = some.map(([from, until]) => `${rows.id} between ${from} and ${until}`).join(' or ');
      const isThen = `${rows.at} >= '${first.toISOString()}' and ${rows.at} <= '${last.toISOString()}'`;
      await copyRows(client, writer, table, table.name, `(${isAdded}) and ${isThen}${isElse}`);
    }
  }

  async function step(): Promise<number> {
    const current = copy;
    if (!current) return 0;
    const begun = Date.now();
    const count = await withClient(async (client) => {
      const count = await stepOnce(current, client, false);
      // Also when nothing changed, now and then: a follower that is never heard of is given up.
      if (count > 0 || Date.now() - toldAt > 30_000) {
        await moveFollower(client, current.name, current.position);
        toldAt = Date.now();
      }
      return count;
    });
    equalAt = begun;
    return count;
  }

  async function rebuild(): Promise<void> {
    building = true;
    try {
      const made = await build();
      const old = copy;
      // Nobody reads while the files change places; who asks waits a moment.
      await drainReaders();
      made.writer.closeSync();
      made.instance.closeSync();
      old?.writer.closeSync();
      old?.instance.closeSync();
      copy = undefined;
      rmSync(`${path}.wal`, { force: true });
      renameSync(made.path, path);
      const instance = await openInstance(path);
      copy = { ...made, path, instance, writer: await instance.connect() };
      problem = null;
    } finally {
      building = false;
      for (const wake of waiting.splice(0)) wake();
    }
  }

  let catching: Promise<unknown> | undefined;
  /** Equal to PostgreSQL as it is now, or as near to it as can be waited for. */
  async function catchUp(): Promise<void> {
    if (building) return;
    catching ??= mirror
      .step()
      .catch((error) => log.warn({ err: error }, 'the mirror could not catch up'))
      .finally(() => {
        catching = undefined;
      });
    await Promise.race([catching, new Promise((resolve) => setTimeout(resolve, catchUpMs).unref())]);
  }

  let isFollowing = false;
  const closing = new AbortController();

  let isSwapping = false;
  async function drainReaders(): Promise<void> {
    isSwapping = true;
    while (readers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const connection of idle.splice(0)) connection.closeSync();
    isSwapping = false;
  }

  async function read<T extends MirrorRow>(sql: string, signal?: AbortSignal): Promise<T[]> {
    while (readers >= maxReaders || isSwapping) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        setTimeout(resolve, 50);
      });
      signal?.throwIfAborted();
    }
    const current = copy;
    if (!current) throw new Error('the mirror is not built yet');
    readers++;
    const connection = idle.pop() ?? (await current.instance.connect());
    const stop = () => connection.interrupt();
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', stop);
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjectsJS().map(plainRow) as T[];
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      idle.push(connection);
      readers--;
      waiting.shift()?.();
    }
  }

  async function tidy(): Promise<void> {
    const current = copy;
    if (!current) return;
    for (const table of current.tables) {
      const changed = untidy.get(table.feed.name) ?? 0;
      const reader = await current.writer.runAndReadAll(`select count(*) from ${table.name}`);
      const total = Number(reader.getRowsJS()[0]?.[0] ?? 0);
      if (changed < 100_000 || changed < total * untidyShare) continue;
      await current.writer.run('begin transaction');
      await current.writer.run(`create table tidied as select * from ${table.name} order by ${table.order}`);
      await current.writer.run(`drop table ${table.name}`);
      await current.writer.run(`alter table tidied rename to ${table.name}`);
      await current.writer.run('commit');
      untidy.set(table.feed.name, 0);
    }
  }
  const untidy = new Map<string, number>();

  /** Tables that are there: a module may come later than this one. */
  async function present(list: readonly MirrorTable[]): Promise<MirrorTable[]> {
    return withClient(async (client) => {
      const { rows } = await client.query<{ name: string }>(
        'select name from unnest($1::text[]) as name where to_regclass(name) is not null',
        [list.map((table) => table.name)],
      );
      const names = new Set(rows.map((row) => row.name));
      return list.filter((table) => names.has(table.name));
    });
  }

  wanted = await present(tables);
  copy = await openExisting();

  const mirror: Mirror = {
    get tables() {
      return copy?.tables ?? wanted;
    },
    get isReady() {
      return copy !== undefined;
    },
    async query<T extends MirrorRow>(sql: string, signal?: AbortSignal): Promise<T[]> {
      if (isFollowing && Date.now() - (equalAt ?? 0) > freshMs) await catchUp();
      return read<T>(sql, signal);
    },
    async status() {
      const memory = copy
        ? await read<{ bytes: number }>('select sum(memory_usage_bytes)::bigint as bytes from duckdb_memory()')
        : [];
      return {
        state: problem !== null ? 'failed' : building || !copy ? 'building' : 'following',
        lagMs: equalAt === undefined ? null : Date.now() - equalAt,
        builtAt: built?.at ?? null,
        buildMs: built?.ms ?? null,
        diskBytes: existsSync(path) ? statSync(path).size : 0,
        memoryBytes: memory[0]?.bytes ?? 0,
        problem,
      };
    },
    step: () => inTurn(step),
    rebuild: (tables) =>
      inTurn(async () => {
        if (tables) wanted = await present(tables);
        await rebuild();
      }),
    follow() {
      isFollowing = true;
      loop = (async () => {
        for (let idleSteps = 0; !stopped; ) {
          const begun = performance.now();
          try {
            if (!copy) await mirror.rebuild();
            const count = await mirror.step();
            problem = null;
            idleSteps = count === 0 ? idleSteps + 1 : 0;
            if (idleSteps === 50) await inTurn(tidy);
          } catch (error) {
            if (stopped) return;
            problem = error instanceof Error ? error.message : String(error);
            log.error({ err: error }, 'the mirror could not follow and tries again');
            await new Promise((resolve) => setTimeout(resolve, 2000));
          }
          const restMs = Math.min(longestRestMs, Math.max(stepEveryMs, restShare * (performance.now() - begun)));
          await sleep(restMs, undefined, { signal: closing.signal }).catch(() => {});
        }
      })();
    },
    async close() {
      stopped = true;
      closing.abort();
      await loop;
      await working.catch(() => {});
      await drainReaders();
      copy?.writer.closeSync();
      copy?.instance.closeSync();
      copy = undefined;
      await pool.end();
    },
  };
  return mirror;

  async function gather(pages: AsyncIterable<FeedRow[]>, isFirst: boolean) {
    const tables = new Map<string, Change>();
    let count = 0;
    for await (const page of pages) {
      for (const row of page) {
        count++;
        const change = tables.get(row.table_name) ?? { replaced: new Set<number>(), ids: [] };
        tables.set(row.table_name, change);
        untidy.set(row.table_name, (untidy.get(row.table_name) ?? 0) + (row.row_ids?.length ?? row.keys.length));
        const { row_ids: ids, first_at: first, last_at: last } = row;
        if (row.is_insert && !isFirst && ids && first && last) {
          for (const id of ids) change.ids.push(id);
          // A ms is as fine as a Date is.
          const until = new Date(last.getTime() + 1);
          if (!change.first || first < change.first) change.first = first;
          if (!change.last || until > change.last) change.last = until;
        } else for (const key of row.keys) change.replaced.add(key);
      }
    }
    return { tables, count };
  }
}

interface Change {
  readonly replaced: Set<number>;
  /** Of rows that were only added, and the times between which they lie. */
  readonly ids: number[];
  first?: Date;
  last?: Date;
}

function* slices<T>(list: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size);
}

/** Ids without the gaps between them: the first and the last of each range. */
function rangesOf(ids: readonly number[]): (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const id of ids.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && id <= last[1] + 1) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges;
}

/** Counts and ids are numbers, as everywhere. */
export function plainRow(row: MirrorRow): MirrorRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}
