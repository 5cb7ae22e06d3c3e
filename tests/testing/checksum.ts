import { createHash } from 'node:crypto';
import type { Database } from '#platform/db';

/** Tables and columns that any request may touch, because it came from somebody who is signed in. */
const passing = new Set(['auth_session', 'auth_rate_limit']);
const passingColumns: Readonly<Record<string, readonly string[]>> = {
  auth_api_key: ['lastRequest', 'requestCount', 'updatedAt', 'remaining'],
};

/** Count and hash of the rows of each table of ours, and of the jobs that wait: equal when nothing was changed. */
export async function readChecksums(database: Database): Promise<Record<string, string>> {
  const { rows: tables } = await database.pool.query<{ name: string }>(`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`);
  const parts = tables
    .filter(({ name }) => !passing.has(name))
    .map(({ name }) => {
      const without = (passingColumns[name] ?? []).map((column) => ` - '${column}'`).join('');
      return `select '${name}' as name, md5(to_jsonb(t)${without ? ` ${without}` : ''} #>> '{}') as row from "${name}" t`;
    });
  parts.push(`select 'jobs', md5(to_jsonb(j) #>> '{}') from graphile_worker.jobs j`);
  const { rows } = await database.pool.query<{ name: string; sum: string }>(`
    select name, count(*) || ' ' || md5(string_agg(row, '' order by row)) as sum
    from (${parts.join(' union all ')}) as rows group by name order by name`);
  return Object.fromEntries(rows.map((row) => [row.name, row.sum]));
}

export function hashOf(sums: Readonly<Record<string, string>>): string {
  return createHash('md5').update(JSON.stringify(sums)).digest('hex');
}
