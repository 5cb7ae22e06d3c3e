import type { Database } from '#platform/db';

/** What a request may touch because somebody is signed in. */
const passing = new Set(['auth_session', 'auth_rate_limit']);
const passingColumns = ['lastRequest', 'requestCount', 'updatedAt', 'remaining'];

/**
 * A sum for each table of ours and for the jobs that wait: equal when nothing was written in between. Every write that
 * was committed leaves rows of another transaction (`xmin`) or fewer rows, also one that wrote what was there before.
 */
export async function readChecksums(database: Database): Promise<Record<string, string>> {
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
  const { rows } = await database.pool.query<{ name: string; sum: string }>(parts.join(' union all '));
  return Object.fromEntries(rows.map((row) => [row.name, row.sum]));
}
