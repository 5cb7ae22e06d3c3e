import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { isOrphaned, type Worker } from '#platform/pump';
import { failingAttempts, failingDays, type Message, type Receipt, type Settlement } from './rules.ts';

/** Messages on their way at once to one webhook, in one process; to one that is failing only a few. */
export const atOnce = 16;
const atOnceWhileFailing = 2;

/** Attempts that are kept of one message: one more than a whole schedule has. */
const keptAttempts = 11;

export interface ClaimedMessage extends Message {
  readonly id: number;
  readonly webhookId: number;
  readonly messageId: string;
  readonly url: string;
  /** Sealed. */
  readonly secret: string;
  readonly previousSecret: string | null;
  readonly attempt: number;
}

/**
 * Takes due messages for this worker, for each webhook as many as there is room for: `busy` says how many of each are on
 * their way. There is no limit for all together, so a receiver that never answers takes nothing from the others.
 */
export async function claimMessages(
  ctx: Ctx,
  worker: Worker,
  busy: ReadonlyMap<number, number>,
): Promise<ClaimedMessage[]> {
  const { rows } = await sql<ClaimedMessage>`
    with due as (
      select d.customer_id, d.id, w.url, w.secret,
        case when w.previous_until > ${ctx.now} then w.previous_secret end as previous_secret
      from webhook w
      left join unnest(${[...busy.keys()]}::bigint[], ${[...busy.values()]}::int[]) as b(webhook_id, count) on b.webhook_id = w.id
      cross join lateral (
        select customer_id, id from webhook_delivery
        -- Asked for once, the time can be looked up in the index: many messages may wait for a later attempt.
        where webhook_id = w.id and state = 'planned' and due_at <= (select clock_timestamp())
        order by due_at
        limit greatest(0, case when w.failing_since is null then ${atOnce}::int else ${atOnceWhileFailing}::int end - coalesce(b.count, 0))
        for update skip locked
      ) d
      where w.is_enabled and w.deleted_at is null and (w.resting_until is null or w.resting_until <= clock_timestamp())
    )
    update webhook_delivery d set state = 'claimed', claimed_by = ${worker.number}, attempts = attempts + 1
    from due where d.customer_id = due.customer_id and d.id = due.id
    returning d.id, d.customer_id as "customerId", d.webhook_id as "webhookId", d.message_id as "messageId",
      d.event_name as "eventName", d.occurred_at as "occurredAt", d.source, d.staff_id as "staffId", d.code_id as "codeId",
      d.accounts, d.properties, d.attempts as attempt, due.url, due.secret, due.previous_secret as "previousSecret"
  `.execute(ctx.db);
  return rows;
}

/** Frees what a dead worker held, or this one dropped (it is not in `inFlight`). It may have arrived: receivers drop doubles. */
export async function freeMessages(ctx: Ctx, worker: Worker, inFlight: readonly number[]): Promise<void> {
  await sql`
    update webhook_delivery set state = 'planned', claimed_by = null, due_at = clock_timestamp()
    where state = 'claimed' and id <> all(${inFlight}::bigint[])
      and (claimed_by = ${worker.number} or ${isOrphaned('claimed_by')})
  `.execute(ctx.db);
}

/** An attempt that is over, and what it means. */
export interface Attempted {
  readonly message: ClaimedMessage;
  /** The worker's number when it claimed the message. */
  readonly claimedBy: number;
  /** In the product's time. */
  readonly at: Date;
  readonly receipt: Receipt;
  readonly settlement: Settlement;
}

/** Writes down what came of attempts, all in a few statements, and turns off webhooks that are gone or fail for days. */
export async function settleMessages(ctx: WriteCtx, attempts: readonly Attempted[]): Promise<void> {
  await settleDeliveries(ctx, attempts);
  await countHours(ctx, attempts);
  await judgeWebhooks(ctx, attempts);
}

async function settleDeliveries(ctx: WriteCtx, attempts: readonly Attempted[]): Promise<void> {
  const rows = attempts.map(({ message, claimedBy, at, receipt, settlement }) => ({
    customer_id: message.customerId,
    id: message.id,
    claimed_by: claimedBy,
    state: settlement.state,
    retry_ms: settlement.retryInMs,
    status: receipt.status,
    reason: receipt.reason,
    entry: { at, tookMs: receipt.tookMs, status: receipt.status, reason: receipt.reason, answer: receipt.answer },
  }));
  await sql`
    update webhook_delivery d
    set state = s.state, claimed_by = null, last_status = s.status, last_reason = s.reason,
      settled_at = case when s.state = 'planned' then null else ${ctx.now}::timestamptz end,
      due_at = clock_timestamp() + coalesce(s.retry_ms, 0) * interval '1 millisecond',
      log = case when jsonb_array_length(d.log) < ${keptAttempts}::int then d.log else d.log - 0 end || s.entry
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s(customer_id bigint, id bigint, claimed_by integer,
      state text, retry_ms bigint, status integer, reason text, entry jsonb)
    where d.customer_id = s.customer_id and d.id = s.id and d.state = 'claimed' and d.claimed_by = s.claimed_by
  `.execute(ctx.db);
}

async function countHours(ctx: WriteCtx, attempts: readonly Attempted[]): Promise<void> {
  const rows = attempts.map(({ message, at, receipt }) => ({
    webhook_id: message.webhookId,
    at,
    delivered: receipt.reason === null ? 1 : 0,
    took_ms: receipt.tookMs,
  }));
  await sql`
    insert into webhook_hour as h (webhook_id, hour, delivered, failed, took_ms)
    select webhook_id, date_trunc('hour', at, 'UTC') as hour, sum(delivered), count(*) - sum(delivered), sum(took_ms)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as a(webhook_id bigint, at timestamptz, delivered integer, took_ms bigint)
    -- Workers that write at once take the rows in one order.
    group by webhook_id, hour order by webhook_id, hour
    on conflict (webhook_id, hour) do update set delivered = h.delivered + excluded.delivered,
      failed = h.failed + excluded.failed, took_ms = h.took_ms + excluded.took_ms
  `.execute(ctx.db);
}

async function judgeWebhooks(ctx: WriteCtx, attempts: readonly Attempted[]): Promise<void> {
  const ids = [...new Set(attempts.map(({ message }) => message.webhookId))].sort((a, b) => a - b);
  const rows = ids.map((id) => {
    const own = attempts.filter(({ message }) => message.webhookId === id);
    const rests = own.flatMap(({ settlement }) => settlement.restMs ?? []);
    return {
      id,
      failed: own.filter(({ receipt }) => receipt.reason !== null).length,
      succeeded: own.some(({ receipt }) => receipt.reason === null),
      is_gone: own.some(({ settlement }) => settlement.isGone),
      rest_ms: rests.length === 0 ? null : Math.max(...rests),
    };
  });
  await sql`select id from webhook where id = any(${ids}) order by id for update`.execute(ctx.db);
  const { rows: judged } = await sql<{ id: number; url: string; reason: string; turned_off: boolean }>`
    with told as (
      select w.id, t.is_gone, t.rest_ms, t.succeeded,
        case when t.succeeded then 0 else w.failed_in_row + t.failed end as failed_in_row,
        case when t.succeeded then null else coalesce(w.failing_since, clock_timestamp()) end as failing_since
      from webhook w
      join jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as t(id bigint, failed integer, succeeded boolean, is_gone boolean, rest_ms bigint)
        on t.id = w.id
    ), judged as (
      select *, case
        when is_gone then 'gone'
        when failed_in_row >= ${failingAttempts} and failing_since <= clock_timestamp() - ${failingDays} * interval '1 day' then 'failing'
      end as verdict from told
    )
    update webhook w
    set failed_in_row = j.failed_in_row, failing_since = j.failing_since,
      succeeded_at = case when j.succeeded then clock_timestamp() else w.succeeded_at end,
      resting_until = case when j.rest_ms is null then w.resting_until
        else greatest(w.resting_until, clock_timestamp() + j.rest_ms * interval '1 millisecond') end,
      is_enabled = w.is_enabled and j.verdict is null,
      disabled_reason = case when w.is_enabled then j.verdict else w.disabled_reason end,
      disabled_at = case when w.is_enabled and j.verdict is not null then ${ctx.now}::timestamptz else w.disabled_at end
    from judged j where w.id = j.id
    returning w.id, w.url, w.disabled_reason as reason, not w.is_enabled and w.disabled_at = ${ctx.now}::timestamptz as turned_off
  `.execute(ctx.db);
  for (const webhook of judged.filter((row) => row.turned_off)) {
    ctx.log.warn({ webhook: webhook.id, reason: webhook.reason }, 'a webhook was turned off');
    await recordAudit(ctx, {
      action: 'webhook.turned_off',
      subjectKind: 'webhook',
      subjectId: webhook.id,
      subjectName: webhook.url,
      after: { reason: webhook.reason },
    });
  }
}
