import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { isOrphaned, type Worker } from '#platform/pump';

/** Channel on which notices are announced. */
export const noticeChannel = 'staff_notice';

export interface StaffNotice {
  readonly staffId: number;
  /** What it is for; a second notice of one purpose to one member is the same notice. */
  readonly purpose: string;
  /** At most 40 characters or so: a phone shows one line of it. */
  readonly title: string;
  readonly body: string;
  /** The page it leads to, or null. */
  readonly url: string | null;
  /** When it is of no use any more: today's tasks need not be told tomorrow. */
  readonly expiresAt: Date;
}

/**
 * Tells members something in their own chat. Written down here, sent by the channel that reaches them; nothing is sent
 * before the row is committed, and nothing twice.
 */
export async function notifyStaff(ctx: WriteCtx, notices: readonly StaffNotice[]): Promise<void> {
  if (notices.length === 0) return;
  const rows = notices.map(({ staffId, purpose, title, body, url, expiresAt }) => ({
    staff_id: staffId,
    purpose,
    title,
    body,
    url,
    expires_at: expiresAt,
  }));
  await sql`
    insert into staff_notice (staff_id, purpose, title, body, url, expires_at, planned_at)
    select staff_id, purpose, title, body, url, expires_at, ${ctx.now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as n(staff_id bigint, purpose text, title text, body text, url text, expires_at timestamptz)
    on conflict (staff_id, purpose) do nothing
  `.execute(ctx.db);
  wake(ctx, noticeChannel);
}

/** What a platform lets one member receive, and how long it knows a repeated message for the same. */
export interface NoticeLimits {
  readonly perMinute: number;
  readonly perHour: number;
  readonly repeatableMs: number;
}

export interface ClaimedNotice {
  readonly id: number;
  readonly staffUserid: string;
  readonly title: string;
  readonly body: string;
  readonly url: string | null;
  readonly attempts: number;
}

/** Claims are made one after another, because the limits for a member count those of all workers. */
const claimLock = 7164006;

/**
 * Takes what is due for this worker, within the limits for each member. What a dead worker held is taken over while the
 * platform still knows a repetition for one; after that it may have arrived and is not sent again.
 */
export async function claimNotices(
  ctx: Ctx,
  worker: Worker,
  limits: NoticeLimits,
  limit: number,
): Promise<ClaimedNotice[]> {
  return inTransaction(ctx, async (ctx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(claimLock)})`.execute(ctx.db);
    await sql`
      update staff_notice set state = 'expired', settled_at = ${ctx.now}, problem = null
      where state = 'planned' and expires_at <= ${ctx.now}
    `.execute(ctx.db);
    const isDropped = sql`state = 'claimed' and (claimed_by = ${worker.number} or ${isOrphaned('claimed_by')})`;
    await sql`
      update staff_notice set state = 'unknown', settled_at = ${ctx.now}, problem = 'no_answer', claimed_by = null
      where ${isDropped} and claimed_at <= clock_timestamp() - make_interval(secs => ${limits.repeatableMs / 1000})
    `.execute(ctx.db);
    const { rows } = await sql<ClaimedNotice>`
      with waiting as (
        select id, staff_id, row_number() over (partition by staff_id order by id) as place from staff_notice
        where (state = 'planned' and (retry_at is null or retry_at <= clock_timestamp())) or ${isDropped}
      ), recent as (
        select staff_id, count(*) as in_hour,
          count(*) filter (where claimed_at > clock_timestamp() - interval '1 minute') as in_minute
        from staff_notice
        where state in ('sent', 'claimed', 'unknown') and claimed_at > clock_timestamp() - interval '1 hour'
        group by staff_id
      ), due as (
        select w.id from waiting w left join recent r on r.staff_id = w.staff_id
        where w.place + coalesce(r.in_minute, 0) <= ${limits.perMinute}
          and w.place + coalesce(r.in_hour, 0) <= ${limits.perHour}
        order by w.id limit ${limit}
      )
      update staff_notice n set state = 'claimed', claimed_by = ${worker.number}, claimed_at = clock_timestamp(),
        attempts = attempts + 1
      from due, staff s where n.id = due.id and s.id = n.staff_id
      returning n.id, s.wecom_userid as "staffUserid", n.title, n.body, n.url, n.attempts
    `.execute(ctx.db);
    return rows;
  });
}

export type NoticeOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly problem: string }
  /** Sent again after a pause, unless it was tried too often. */
  | { readonly kind: 'again'; readonly problem: string };

const maxAttempts = 12;

/** Pause before the next attempt: doubled each time, ten minutes at most. */
function noticePauseMs(attempts: number): number {
  return Math.min(600_000, 1000 * 2 ** (attempts - 1));
}

export async function settleNotice(
  ctx: WriteCtx,
  worker: Worker,
  notice: ClaimedNotice,
  outcome: NoticeOutcome,
): Promise<void> {
  const isAgain = outcome.kind === 'again' && notice.attempts < maxAttempts;
  const problem = outcome.kind === 'sent' ? null : outcome.problem;
  await ctx.db
    .updateTable('staff_notice')
    .set({
      state: isAgain ? 'planned' : outcome.kind === 'sent' ? 'sent' : 'failed',
      problem,
      settled_at: isAgain ? null : ctx.now,
      retry_at: isAgain ? new Date(Date.now() + noticePauseMs(notice.attempts)) : null,
      claimed_by: null,
    })
    .where('id', '=', notice.id)
    .where('state', '=', 'claimed')
    .where('claimed_by', '=', worker.number)
    .execute();
}
