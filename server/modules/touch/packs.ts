import type { Channel, Policy } from '#contract/touch';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { type DB, sql, type Updateable } from '#platform/db';
import { isOrphaned, type Worker } from '#platform/pump';
import { giveAttentionBack, type TouchRef } from './attention.ts';
import { isNotHeld } from './hold.ts';
import { type FinishedTouch, finishedColumns, finishTouches } from './ledger.ts';
import { handOverMs, type PackState, type PackSubmission, pollPauseMs, type TouchPack } from './pack.ts';
import { gateChannel } from './plan.ts';
import { pauseAfter, type Receipt, type TouchReason } from './rules.ts';

/** The ledger of packs: who has which, what the platform said, and what that means for the touches in it. */

const hourMs = 3_600_000;

export type ClaimedPack = TouchPack & {
  readonly attempts: number;
  readonly mayHaveArrived: boolean;
  readonly ending: 'expired' | 'cancelled' | null;
};

const packColumns = sql`id, channel, staff_id as "staffId", kind, source_id as "sourceId", part, version_id as "versionId", message,
  platform_id as "platformId", customer_count as "customerCount", created_at as "createdAt", submitted_at as "submittedAt",
  confirmed_at as "confirmedAt", expires_at as "expiresAt", attempts, may_have_arrived as "mayHaveArrived", ending`;

/** A platform that lost its connection may need a moment until it shows what it took. */
const settlingMs = 15_000;

/**
 * What a dead worker held, or this one dropped, may be on the platform: it is looked for there before anything else. A worker that
 * only lost its connection counts as dead, and may be about to send: it is waited for, for what a process knows of an earlier attempt says
 * nothing of this one.
 */
export async function freePacks(
  ctx: Ctx,
  worker: Worker,
  channel: Channel,
  inFlight: readonly number[],
): Promise<void> {
  await sql`
    update touch_pack set state = 'planned', claimed_by = null, may_have_arrived = true,
      retry_at = clock_timestamp() + ${settlingMs / 1000} * interval '1 second'
        + case when claimed_by = ${worker.number} then 0 else ${handOverMs / 1000} end * interval '1 second'
    where state = 'claimed' and channel = ${channel} and id <> all(${inFlight}::bigint[])
      and (claimed_by = ${worker.number} or ${isOrphaned('claimed_by')})
  `.execute(ctx.db);
}

/** Packs to be handed over, for this worker. */
export async function claimPacks(ctx: Ctx, worker: Worker, channel: Channel, limit: number): Promise<ClaimedPack[]> {
  const { rows } = await sql<ClaimedPack>`
    update touch_pack set state = 'claimed', claimed_by = ${worker.number}, attempts = attempts + 1
    where id in (
      select id from touch_pack where state = 'planned' and channel = ${channel} and (retry_at is null or retry_at <= clock_timestamp())
        and ${isNotHeld('touch_pack')}
      order by id limit ${limit} for update skip locked
    )
    returning ${packColumns}
  `.execute(ctx.db);
  return rows;
}

/**
 * Who is in a pack that is about to go. Where quiet hours have begun since the gate allowed it, the gate decides anew; not so
 * once the platform may have it.
 */
export async function readMembers(ctx: WriteCtx, pack: ClaimedPack): Promise<string[]> {
  if (!pack.mayHaveArrived) {
    const { rows: late } = await sql<TouchRef>`
      update touch t set state = 'planned', pack_id = null, allowed_until = null, decided_at = null
      where pack_id = ${pack.id} and state = 'claimed' and allowed_until <= ${ctx.now}
      returning customer_id as "customerId", id as "touchId"
    `.execute(ctx.db);
    await giveAttentionBack(ctx, late);
    if (late.length > 0) wake(ctx, gateChannel);
  }
  const rows = await ctx.db
    .selectFrom('touch')
    .select('external_userid')
    .where('pack_id', '=', pack.id)
    .where('state', '=', 'claimed')
    .orderBy('id')
    .execute();
  return rows.flatMap((row) => row.external_userid ?? []);
}

/** The platform took it, now or at an attempt whose answer was lost. */
export async function settleSubmitted(
  ctx: WriteCtx,
  worker: Worker,
  pack: ClaimedPack,
  policy: Policy,
  memberCount: number,
  { platformId, failed = [] }: Pick<PackSubmission, 'platformId' | 'failed'>,
): Promise<void> {
  const isMine = await endClaim(ctx, worker, pack, {
    state: 'submitted',
    customer_count: memberCount,
    platform_id: platformId ?? null,
    submitted_at: ctx.now,
    poll_at: pack.ending === null ? new Date(ctx.now.getTime() + pollPauseMs(0)) : ctx.now,
    remind_at: policy.packs.maxReminders === 0 ? null : new Date(ctx.now.getTime() + policy.packs.remindHours * hourMs),
    may_have_arrived: false,
    retry_at: null,
  });
  if (!isMine) return;
  await sql`
    update touch set state = 'submitted' where pack_id = ${pack.id} and state = 'claimed'
  `.execute(ctx.db);
  await settleResults(
    ctx,
    pack,
    failed.map((one) => ({ ...one, state: 'failed' as const })),
  );
}

/** It did not go, or nobody knows; it goes again later, or ends. */
export async function settleRefused(
  ctx: WriteCtx,
  worker: Worker,
  pack: ClaimedPack,
  receipt: Exclude<Receipt, { outcome: 'accepted' }>,
): Promise<void> {
  const mayHaveArrived = pack.mayHaveArrived || receipt.outcome === 'unknown';
  const { message } = receipt;
  const isFinal = receipt.outcome === 'refused' && !receipt.retryable && !pack.mayHaveArrived;
  const pauseMs = isFinal ? undefined : pauseAfter(receipt, pack.attempts);
  if (pauseMs !== undefined) {
    await endClaim(ctx, worker, pack, {
      state: 'planned',
      may_have_arrived: mayHaveArrived,
      retry_at: new Date(Date.now() + (receipt.outcome === 'unknown' ? Math.max(pauseMs, settlingMs) : pauseMs)),
      platform_message: message,
    });
    return;
  }
  const reason = mayHaveArrived ? 'no_answer' : receipt.outcome === 'refused' ? receipt.reason : 'platform_unreachable';
  const state = mayHaveArrived ? 'unknown' : 'failed';
  const ended = { state, reason, platform_message: message, ended_at: mayHaveArrived ? null : ctx.now } as const;
  if (await endClaim(ctx, worker, pack, ended)) await endTouches(ctx, pack.id, 'claimed', state, reason, message);
}

/** Nobody is left in it, or it was called off before the platform had it. */
export async function settleDropped(ctx: WriteCtx, worker: Worker, pack: ClaimedPack): Promise<void> {
  const state = pack.ending ?? 'cancelled';
  if (!(await endClaim(ctx, worker, pack, { state, ended_at: ctx.now }))) return;
  await endTouches(ctx, pack.id, 'claimed', state, state === 'expired' ? 'too_late' : 'cancelled', null);
}

async function endClaim(
  ctx: WriteCtx,
  worker: Worker,
  pack: ClaimedPack,
  change: Updateable<DB['touch_pack']>,
): Promise<boolean> {
  const row = await ctx.db
    .updateTable('touch_pack')
    .set({ ...change, claimed_by: null })
    .where('id', '=', pack.id)
    .where('claimed_by', '=', worker.number)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Packs the platform has that are to be looked after now: asked for, reminded of, taken back. */
export async function claimDuePacks(
  ctx: Ctx,
  worker: Worker,
  channel: Channel,
  inFlight: readonly number[],
  limit: number,
): Promise<(ClaimedPack & { remindAt: Date | null; reminderCount: number })[]> {
  const { rows } = await sql<ClaimedPack & { remindAt: Date | null; reminderCount: number }>`
    update touch_pack set claimed_by = ${worker.number}
    where id in (
      select id from touch_pack where state in ('submitted', 'confirmed') and channel = ${channel} and poll_at <= ${ctx.now}
        and id <> all(${inFlight}::bigint[])
        and (claimed_by is null or claimed_by = ${worker.number} or ${isOrphaned('claimed_by')})
      order by poll_at limit ${limit} for update skip locked
    )
    returning ${packColumns}, remind_at as "remindAt", reminder_count as "reminderCount"
  `.execute(ctx.db);
  return rows;
}

/** What the platform says of a pack. Returns false when it is over. */
export async function settleState(
  ctx: WriteCtx,
  worker: Worker,
  pack: ClaimedPack,
  state: PackState,
  ending: 'expired' | 'cancelled' | null,
): Promise<boolean> {
  await settleResults(ctx, pack, state.results);
  const confirmedAt = pack.confirmedAt ?? state.confirmedAt;
  if (ending === null && !state.isOver) {
    await ctx.db
      .updateTable('touch_pack')
      .set({ state: confirmedAt === null ? 'submitted' : 'confirmed', confirmed_at: confirmedAt, polled_at: ctx.now })
      .where('id', '=', pack.id)
      .execute();
    return true;
  }
  const ended = { confirmed_at: confirmedAt, polled_at: ctx.now, ended_at: ctx.now, poll_at: null, remind_at: null };
  const isMine = await endClaim(ctx, worker, pack, { ...ended, state: ending ?? 'done' });
  if (!isMine) return false;
  if (ending === null) await endTouches(ctx, pack.id, 'submitted', 'failed', 'platform_refused', null);
  else await endTouches(ctx, pack.id, 'submitted', ending, ending === 'expired' ? 'not_confirmed' : 'cancelled', null);
  return false;
}

/** Lets go of a pack until it is to be looked after again. */
export async function releasePack(
  ctx: WriteCtx,
  worker: Worker,
  pack: ClaimedPack,
  next: Updateable<DB['touch_pack']> & { remind_at: Date | null },
): Promise<void> {
  const since = Math.max(pack.submittedAt?.getTime() ?? 0, pack.confirmedAt?.getTime() ?? 0);
  const times = [
    ctx.now.getTime() + pollPauseMs(ctx.now.getTime() - since),
    ...(pack.confirmedAt === null
      ? [pack.expiresAt.getTime(), next.remind_at?.getTime() ?? Number.POSITIVE_INFINITY]
      : []),
  ];
  // Never in the same moment again, however the clock goes.
  const poll_at = new Date(Math.max(ctx.now.getTime() + 1000, Math.min(...times)));
  await endClaim(ctx, worker, pack, { ...next, poll_at });
}

async function settleResults(ctx: WriteCtx, pack: ClaimedPack, results: PackState['results']): Promise<void> {
  if (results.length === 0) return;
  const told = results.map(({ externalUserid, state, reason, at }) => ({
    external_userid: externalUserid,
    state,
    reason: reason ?? null,
    at: at ?? ctx.now,
  }));
  const { rows } = await sql<FinishedTouch>`
    update touch t set state = o.state, reason = o.reason, settled_at = o.at
    from jsonb_to_recordset(${JSON.stringify(told)}::jsonb) as o(external_userid text, state text, reason text, at timestamptz)
    where t.pack_id = ${pack.id} and t.external_userid = o.external_userid and t.state in ('submitted', 'unknown')
    returning ${finishedColumns}, o.at
  `.execute(ctx.db);
  const delivered = rows.filter((row) => row.state === 'delivered').length;
  await ctx.db
    .updateTable('touch_pack')
    .set((eb) => ({
      delivered_count: eb('delivered_count', '+', delivered),
      failed_count: eb('failed_count', '+', rows.length - delivered),
    }))
    .where('id', '=', pack.id)
    .execute();
  await finishTouches(ctx, rows);
}

async function endTouches(
  ctx: WriteCtx,
  packId: number,
  from: 'claimed' | 'submitted',
  state: 'failed' | 'unknown' | 'expired' | 'cancelled',
  reason: TouchReason,
  message: string | null,
): Promise<void> {
  const { rows } = await sql<FinishedTouch>`
    update touch t set state = ${state}, reason = ${reason}, platform_message = ${message}, settled_at = ${ctx.now}
    where pack_id = ${packId} and t.state = ${from}
    returning ${finishedColumns}, ${ctx.now}::timestamptz as at
  `.execute(ctx.db);
  await finishTouches(ctx, rows);
}
