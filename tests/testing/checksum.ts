import type { Database } from '#platform/db';

/** What a request may touch because somebody is signed in. */
const passing = new Set(['auth_session', 'auth_rate_limit']);
const passingColumns = ['lastRequest', 'requestCount', 'updatedAt', 'remaining'];

/** What was read last, and the statement that reads it: its tables are those of the migrations. */
const readings = new WeakMap<Database, { text: string; snapshot: string; sums: Record<string, string> }>();

/**
 * A sum for each table of ours and for the jobs that wait: equal when nothing was written in between. Every write that
 * was committed leaves rows of another transaction (`xmin`) or fewer rows, also one that wrote what was there before.
 */
export async function readChecksums(database: Database): Promise<Record<string, string>> {
  const { pool } = database;
  const last = readings.get(database);
  const { rows: now } = await pool.query<{ snapshot: string }>('select pg_current_snapshot()::text as snapshot');
  // `xmin:xmax:` and nobody between them: since then no transaction on this server has so much as begun to write.
  if (last && now[0]?.snapshot === last.snapshot && isAtRest(last.snapshot)) return last.sums;
  const text = last?.text ?? (await writeStatement(database));
  const { rows } = await pool.query<{ name: string; sum: string }>({ name: 'checksums', text });
  const { snapshot = '', ...sums } = Object.fromEntries(rows.map((row) => [row.name, row.sum]));
  readings.set(database, { text, snapshot, sums });
  return sums;
}

const isAtRest = (snapshot: string) => {
  const [xmin, xmax] = snapshot.split(':');
  return xmin === xmax;
};

async function writeStatement(database: Database): Promise<string> {
  const { rows: tables } = await database.pool.query<{ name: string }>(`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`);
  const parts = tables.flatMap(({ name }) => {
    if (passing.has(name)) return [];
    if (name !== 'auth_api_key') {
      return `select '${name}' as name, concat_ws(' ', count(*), sum(xmin::text::bigint), max(xmin::text::bigint)) as sum from "${name}"`;
    }
    const kept = passingColumns.map((column) => ` - '${column}'`).join('');
    return `select '${name}', md5(string_agg((to_jsonb(k)${kept})::text, ' ' order by k.id)) from "${name}" k`;
  });
  parts.push(`select 'jobs', concat_ws(' ', count(*), sum(id::bigint), sum(attempts)) from graphile_worker.jobs`);
  parts.push(`select 'snapshot', pg_current_snapshot()::text`);
  return `${parts.join(' union all ')} order by 1`;
}
