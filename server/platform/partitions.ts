import type { WriteCtx } from './ctx.ts';
import { sql } from './db.ts';

/** First key of the lock under which partitions are made. */
const partitionLock = 7164003;

/**
 * Makes the monthly partitions (UTC) of a table that moments need. The catalogue is asked each time: it is small and cached.
 * Rows of the month that wait in a default partition move into it.
 */
export async function ensureMonths(ctx: WriteCtx, table: string, moments: readonly Date[]): Promise<void> {
  // Of a thousand moments hardly two are of different months.
  const first = new Map(moments.map((moment) => [12 * moment.getUTCFullYear() + moment.getUTCMonth(), moment]));
  const months = [...first.values()].map((moment) => moment.toISOString().slice(0, 7));
  const { rows } = await sql<{ month: string }>`
    select month from unnest(${months}::text[]) as month where to_regclass(${table} || '_' || replace(month, '-', '_')) is null
  `.execute(ctx.db);
  for (const { month } of rows) await makeMonth(ctx, table, month);
}

async function makeMonth(ctx: WriteCtx, table: string, month: string): Promise<void> {
  // Two workers may come to the same new month at once.
  await sql`select pg_advisory_xact_lock(${partitionLock})`.execute(ctx.db);
  const name = `${table}_${month.replace('-', '_')}`;
  const { rows } = await sql<{ isMade: boolean; column: string; rest: string | null }>`
    select to_regclass(${name}) is not null as "isMade", a.attname as column, d.relname as rest
    from pg_partitioned_table p
    join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    left join pg_class d on d.oid = p.partdefid
    where p.partrelid = ${table}::regclass
  `.execute(ctx.db);
  const parent = rows[0];
  if (!parent) throw new Error(`${table} is not partitioned`);
  if (parent.isMade) return;
  const from = `${month}-01T00:00:00Z`;
  const until = nextMonth(from);
  // Attached afterwards, which lets others go on reading and writing the table meanwhile.
  await sql`create table ${sql.table(name)} (like ${sql.table(table)} including defaults including constraints)`.execute(
    ctx.db,
  );
  if (parent.rest !== null) {
    // Whoever is changing a row that moves would find it gone, and change nothing: he comes before, or waits and finds it moved.
    await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(ctx.db);
    const column = sql.ref(parent.column);
    await sql`
      with moved as (
        delete from ${sql.table(parent.rest)} where ${column} >= ${from} and ${column} < ${until} returning *
      )
      insert into ${sql.table(name)} select * from moved
    `.execute(ctx.db);
  }
  await sql`
    alter table ${sql.table(table)} attach partition ${sql.table(name)} for values from (${sql.lit(from)}) to (${sql.lit(until)})
  `.execute(ctx.db);
}

function nextMonth(from: string): string {
  const date = new Date(from);
  date.setUTCMonth(date.getUTCMonth() + 1);
  return date.toISOString();
}
