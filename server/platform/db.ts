import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Bell, createBell } from './bell.ts';
import type { Logger } from './log.ts';
import type { DB } from './schema.ts';

export type Db = Kysely<DB>;
export type Tx = Transaction<DB>;

export { CompiledQuery, type RawBuilder, sql, type Updateable } from 'kysely';
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
  // One that breaks while it is in use fails its query as well; without this it would end the process.
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ err: error }, 'a connection broke')));
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool: withCopy(pool) }) });
  return { db, pool, url, bell: createBell(pool, log), close: () => db.destroy() };
}

/** Rows for `copyRows`: text of the form that COPY reads. */
class CopyText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Kysely knows no COPY: a statement whose only parameter is a CopyText goes as one, on the connection it belongs to. */
function withCopy(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const query = (text: string, values: readonly unknown[]) =>
        values[0] instanceof CopyText ? copy(client, text, values[0]) : client.query(text, values as unknown[]);
      return { query: query as unknown as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) };
    },
  };
}

function copy(client: pg.PoolClient, text: string, rows: CopyText): Promise<{ command: 'COPY'; rows: [] }> {
  return new Promise((resolve, reject) => {
    const stream = client.query(copyFrom(text));
    stream.on('error', reject);
    stream.on('finish', () => resolve({ command: 'COPY', rows: [] }));
    stream.end(rows.text);
  });
}

/**
 * Many rows into one table, several times as fast as an insert: for facts. Values are texts as PostgreSQL reads them;
 * no conflict is tolerated and nothing is returned.
 */
export async function copyRows<T extends keyof DB & string>(
  db: Db,
  table: T,
  columns: readonly (keyof DB[T] & string)[],
  rows: readonly (readonly CopyValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  let text = '';
  for (const row of rows) {
    for (const [i, value] of row.entries()) text += (i === 0 ? '' : '\t') + copyValue(value);
    text += '\n';
  }
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const statement = sql`copy ${sql.table(table)} (${names}) from stdin`.compile(db);
  await db.executeQuery({ ...statement, parameters: [new CopyText(text)] });
}

export type CopyValue = string | number | Date | null;

function copyValue(value: CopyValue): string {
  if (value === null) return '\\N';
  if (value instanceof Date) return momentText(value);
  if (typeof value === 'number') return String(value);
  return /[\\\t\n\r]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    : value;
}

const dayMs = 86_400_000;
let lastDay = { number: Number.NaN, text: '' };

/** As `toISOString` writes it, in a fifth of the time: moments of one batch are mostly of one day. */
function momentText(moment: Date): string {
  const ms = moment.getTime();
  const number = Math.floor(ms / dayMs);
  if (number !== lastDay.number) lastDay = { number, text: new Date(number * dayMs).toISOString().slice(0, 10) };
  const left = ms - number * dayMs;
  const two = (n: number) => (n < 10 ? `0${n}` : `${n}`);
  const seconds = Math.floor(left / 1000) % 60;
  const thousandths = `${left % 1000}`.padStart(3, '0');
  return `${lastDay.text}T${two(Math.floor(left / 3_600_000))}:${two(Math.floor(left / 60_000) % 60)}:${two(seconds)}.${thousandths}Z`;
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
