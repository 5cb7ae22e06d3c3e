import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';

/** A limit of a platform that concerns no single customer, in the period that began then: mails a day, Moments a month. */
export interface Quota {
  readonly name: string;
  readonly periodStart: Date;
}

/** Books before the call; false when not all of it is left. Two can never both take the last. */
export async function bookQuota(ctx: WriteCtx, quota: Quota, count: number, max: number): Promise<boolean> {
  const { rows } = await sql<{ used: number }>`
    insert into touch_quota as q (name, period_start, used)
    select ${quota.name}, ${quota.periodStart}::timestamptz, ${count}::int where ${count}::int <= ${max}::int
    on conflict (name, period_start) do update set used = q.used + excluded.used where q.used + excluded.used <= ${max}::int
    returning used
  `.execute(ctx.db);
  return rows.length > 0;
}

/** The call failed: nothing was used. */
export async function giveQuotaBack(ctx: WriteCtx, quota: Quota, count: number): Promise<void> {
  await sql`
    update touch_quota set used = greatest(0, used - ${count}::int)
    where name = ${quota.name} and period_start = ${quota.periodStart}
  `.execute(ctx.db);
}
