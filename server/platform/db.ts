import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { type Bell, createBell } from './bell.ts';
import type { Logger } from './log.ts';
import type { DB } from './schema.ts';

export type Db = Kysely<DB>;
export type Tx = Transaction<DB>;

export { CompiledQuery, type RawBuilder, sql } from 'kysely';
export type { DB } from './schema.ts';

// Ids and counts are bigint in the database and stay below 2^53: as numbers they are ordinary values everywhere.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
// bigint[] has a number, but no name in the driver's list.
const bigintArray = 1016 as Parameters<typeof pg.types.getTypeParser>[0];
const readArray = pg.types.getTypeParser(bigintArray) as (text: string) => (string | null)[];
pg.types.setTypeParser(bigintArray, (text) => readArray(text).map((value) => (value === null ? null : Number(value))));
// A civil day is a text like 2026-11-21; as a Date it would slip with the machine's zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

export interface Database {
  readonly db: Db;
  readonly pool: pg.Pool;
  readonly url: string;
  readonly bell: Bell;
  close(): Promise<void>;
}

export function openDatabase(url: string, log: Logger, options: { maxConnections?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 20,
    application_name: 'siyu',
    // A query that hangs must not take the product with it; long work is done in batches.
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 10_000,
  });
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  return { db, pool, url, bell: createBell(pool, log), close: () => db.destroy() };
}

/** Refuses servers that siyu's SQL does not run on. */
export async function assertServerVersion(db: Db): Promise<void> {
  const { rows } = await sql<{ version: number }>`select current_setting('server_version_num')::int as version`.execute(
    db,
  );
  const version = rows[0]?.version ?? 0;
  if (version < 150_000) {
    throw new Error(`siyu needs PostgreSQL 15 or newer; this server is ${Math.floor(version / 10_000)}.`);
  }
}
