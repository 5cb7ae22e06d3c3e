// Writes server/platform/schema.ts from a freshly migrated database; with --check it only says whether the file is true.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { openDatabase } from '#platform/db';
import { silentLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { startEmbeddedPostgres } from '#platform/postgres';

/** What each database type reads as, given the parsers of server/platform/db.ts. */
const types: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bytea: 'Buffer',
  date: 'string',
  float8: 'number',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  text: 'string',
  timestamptz: 'Date',
  uuid: 'string',
  xid8: 'string',
};

interface Column {
  table: string;
  column: string;
  type: string;
  nullable: boolean;
  hasDefault: boolean;
  always: boolean;
}

async function readColumns(pool: pg.Pool): Promise<Column[]> {
  // Partitions look like their parent.
  const { rows } = await pool.query<Column>(`
    select c.relname as table, a.attname as column, t.typname as type, not a.attnotnull as nullable,
      a.atthasdef or a.attidentity <> '' as "hasDefault", a.attidentity = 'a' or a.attgenerated <> '' as always
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname, a.attnum`);
  return rows;
}

function typeOf({ type }: Column): string {
  const known = types[type.replace(/^_/, '')];
  if (!known) throw new Error(`db-types: no TypeScript type is known for ${type}`);
  return type.startsWith('_') ? `${known}[]` : known;
}

function describe(column: Column): string {
  if (column.type === 'jsonb') return `  ${column.column}: ${jsonOf(column)};`;
  const type = typeOf(column) + (column.nullable ? ' | null' : '');
  const wrapped = column.always ? `GeneratedAlways<${type}>` : column.hasDefault ? `Generated<${type}>` : type;
  const name = /^[a-z_]+[a-z0-9_]*$/i.test(column.column) ? column.column : `'${column.column}'`;
  return `  ${name}: ${wrapped};`;
}

/** JSON is read as an unknown value and written as text. */
function jsonOf({ nullable, hasDefault }: Column): string {
  const written = nullable ? 'string | null' : 'string';
  return `ColumnType<unknown, ${written}${nullable || hasDefault ? ' | undefined' : ''}, ${written}>`;
}

const pascal = (name: string) => name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());

function write(columns: readonly Column[]): string {
  const tables = [...new Set(columns.map((column) => column.table))];
  const interfaces = tables.map((table) => {
    const lines = columns.filter((column) => column.table === table).map(describe);
    return `export interface ${pascal(table)}Table {\n${lines.join('\n')}\n}\n`;
  });
  return `// Written by scripts/db-types.ts from the migrations. Do not edit.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

${interfaces.join('\n')}
export interface DB {
${tables.map((table) => `  ${table}: ${pascal(table)}Table;`).join('\n')}
}
`;
}

const file = join(import.meta.dirname, '..', 'server', 'platform', 'schema.ts');
const home = mkdtempSync(join(tmpdir(), 'siyu-types-'));
chmodSync(home, 0o755);
const server = await startEmbeddedPostgres(home, silentLog);
const database = openDatabase(server.url, silentLog);
try {
  await migrate(database, silentLog);
  const text = write(await readColumns(database.pool));
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error('server/platform/schema.ts is out of date: npm run db:types');
    process.exitCode = 1;
  }
} finally {
  await database.close();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}
