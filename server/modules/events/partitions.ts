import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';

/** Makes the monthly partitions (UTC) of `event` that moments need. The catalogue is asked each time: it is small and cached. */
export async function ensurePartitions(ctx: WriteCtx, moments: readonly Date[]): Promise<void> {
  const months = new Set(moments.map((moment) => moment.toISOString().slice(0, 7)));
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'event'::regclass
  `.execute(ctx.db);
  const existing = new Set(rows.map((row) => row.name));
  for (const month of months) {
    const name = `event_${month.replace('-', '_')}`;
    if (existing.has(name)) continue;
    const from = `${month}-01T00:00:00Z`;
    const until = nextMonth(from);
    // Two workers may come to the same new month at once.
    await sql`select pg_advisory_xact_lock(7164003)`.execute(ctx.db);
    await sql`
      create table if not exists ${sql.table(name)} partition of event for values from (${sql.lit(from)}) to (${sql.lit(until)})
    `.execute(ctx.db);
  }
}

function nextMonth(from: string): string {
  const date = new Date(from);
  date.setUTCMonth(date.getUTCMonth() + 1);
  return date.toISOString();
}
