import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** What is still to be done, and how much of it. A job held by a worker that is dead counts as waiting. */
const waiting = `
  select 'facts' as what, count(*)::int as count from inbox where not is_failed
  union all select 'touches', count(*)::int from touch where priority = 0 and state in ('allowed', 'claimed')
  union all select 'tags', count(*)::int from follow_tag where is_pending
  union all select 'remarks', count(*)::int from follow where is_remark_pending
  union all select 'readings', count(*)::int from wecom_refresh
  union all select 'jobs', count(*)::int from graphile_worker.jobs where run_at <= now() + interval '5 seconds' and attempts < max_attempts`;

export type Waiting = Record<string, number>;

/** Waits until siyu has done all it has to do. @returns what was left after the time, empty when nothing was */
export async function settle(pool: pg.Pool, timeoutMs: number): Promise<Waiting> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const { rows } = await pool.query<{ what: string; count: number }>(waiting);
    const left = rows.filter((row) => row.count > 0);
    if (left.length === 0 || Date.now() > end) return Object.fromEntries(left.map((row) => [row.what, row.count]));
    await sleep(100);
  }
}
