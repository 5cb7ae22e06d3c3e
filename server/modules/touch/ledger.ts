import type { Message } from '#contract/content';
import type { Category, Channel, TouchKind } from '#contract/touch';
import { recordEvents } from '#events';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { isOrphaned, type Worker } from '#platform/pump';
import { bookAttention, closeAttention, giveAttentionBack, type TouchRef } from './attention.ts';
import { isNotHeld } from './hold.ts';
import { gateChannel, urgentChannel } from './plan.ts';
import { type ChannelTraits, mayTryAnotherCode, type Settlement, type TouchReason, type TouchState } from './rules.ts';

export interface ClaimedTouch {
  readonly customerId: number;
  readonly id: number;
  readonly occasionAt: Date;
  readonly purpose: string;
  readonly kind: TouchKind;
  readonly sourceId: number | null;
  readonly part: string | null;
  readonly channel: Channel;
  readonly category: Category;
  readonly versionId: number | null;
  readonly staffId: number | null;
  readonly codeId: number | null;
  readonly externalUserid: string | null;
  readonly content: { readonly message: Message; readonly hook: string } | null;
  readonly address: Readonly<Record<string, unknown>> | null;
  readonly attempts: number;
  /** A worker died, or an answer was lost, after an earlier attempt began. */
  readonly mayHaveArrived: boolean;
  /** The machine's time; of what somebody waits for. */
  readonly receivedAt: Date | null;
  readonly deadlineAt: Date | null;
}

/**
 * Takes allowed touches of one channel and lane for this worker. What a dead worker held, or this one dropped (it is not in
 * `inFlight`), is taken over at once; it may have been sent.
 * Claim and look are one statement, so two workers never hold the same touch.
 */
export async function claimTouches(
  ctx: Ctx,
  worker: Worker,
  lane: { readonly channels: readonly Channel[]; readonly priority: 0 | 1 | 2 },
  inFlight: readonly number[],
  limit: number,
): Promise<ClaimedTouch[]> {
  // Of what somebody waits for, the oldest; of others, as the index has them: a million may wait.
  const inOrder = lane.priority === 0 ? sql`id` : sql`staff_id, source_id, id`;
  const { rows } = await sql<ClaimedTouch>`
    with due as (
      select customer_id, purpose, occasion_at, state = 'claimed' or reason is not distinct from 'no_answer' as may_have_arrived
      from touch
      where channel = any(${lane.channels}::text[]) and priority = ${lane.priority} and (
        state = 'allowed' and (retry_at is null or retry_at <= clock_timestamp())
          and (allowed_until is null or allowed_until > ${ctx.now} or reason = 'no_answer') and ${isNotHeld('touch')}
        or state = 'claimed' and pack_id is null and id <> all(${inFlight}::bigint[])
          and (claimed_by = ${worker.number} or ${isOrphaned('claimed_by')}))
      order by ${inOrder} limit ${limit} for update skip locked
    )
    update touch t
    set state = 'claimed', claimed_by = ${worker.number}, attempts = attempts + 1,
      reason = case when due.may_have_arrived then 'no_answer' end
    from due where t.customer_id = due.customer_id and t.purpose = due.purpose and t.occasion_at = due.occasion_at
    returning t.customer_id as "customerId", t.id, t.occasion_at as "occasionAt", t.purpose, t.kind, t.source_id as "sourceId", t.part,
      t.channel, t.category, t.version_id as "versionId", t.staff_id as "staffId", t.code_id as "codeId",
      t.external_userid as "externalUserid", t.content, t.address, t.attempts, due.may_have_arrived as "mayHaveArrived",
      t.received_at as "receivedAt", t.deadline_at as "deadlineAt"
  `.execute(ctx.db);
  return rows;
}

/**
 * Quiet hours have begun before these could be sent, or their source is held: the gate decides about them again, and nothing is
 * counted meanwhile. What may have arrived already goes on; the platform takes it once.
 */
export async function returnToGate(ctx: WriteCtx, channels: readonly Channel[]): Promise<number> {
  const { rows } = await sql<TouchRef>`
    with late as (
      select customer_id, purpose, occasion_at from touch
      where channel = any(${channels}::text[]) and priority in (1, 2) and state = 'allowed'
        and (allowed_until <= ${ctx.now} or not ${isNotHeld('touch')}) and reason is distinct from 'no_answer'
      limit 5000 for update skip locked
    )
    update touch t set state = 'planned', allowed_until = null, decided_at = null from late
    where t.customer_id = late.customer_id and t.purpose = late.purpose and t.occasion_at = late.occasion_at
    returning t.customer_id as "customerId", t.id as "touchId"
  `.execute(ctx.db);
  await giveAttentionBack(ctx, rows);
  if (rows.length > 0) wake(ctx, gateChannel);
  return rows.length;
}

/** What was said, when something was. */
export interface Said {
  readonly text: string;
  readonly attachmentCount: number;
}

/** Writes down what became of an attempt; an end is also a fact of the customer's. */
export async function settleTouch(
  ctx: WriteCtx,
  worker: Worker,
  touch: ClaimedTouch,
  traits: ChannelTraits,
  settlement: Settlement,
  said: Said | undefined,
  mayHaveArrived: boolean,
): Promise<void> {
  const machineNow = Date.now();
  const isOver = settlement.state !== 'allowed';
  const isEnd = isOver && !(settlement.state === 'submitted' && traits.waitsForHuman === true);
  const row = await ctx.db
    .updateTable('touch')
    .set({
      state: settlement.state,
      // While it is still to be sent, the reason remembers that an attempt may have arrived.
      reason: isOver ? settlement.reason : mayHaveArrived ? 'no_answer' : null,
      platform_message: settlement.message,
      said: said === undefined ? null : JSON.stringify(said),
      settled_at: isEnd ? ctx.now : null,
      retry_at: isOver ? null : new Date(machineNow + settlement.retryInMs),
      claimed_by: null,
      took_ms: isOver && touch.receivedAt ? Math.max(0, machineNow - touch.receivedAt.getTime()) : null,
    })
    // By its own number alone: the customer may have become part of another meanwhile.
    .where('id', '=', touch.id)
    .where('state', '=', 'claimed')
    .where('claimed_by', '=', worker.number)
    .returning('customer_id as customerId')
    .executeTakeFirst();
  if (!row || !isEnd) return;
  const { customerId } = row;
  if (mayTryAnotherCode(settlement)) await useAnotherCode(ctx, { ...touch, customerId }, machineNow);
  await finishTouches(ctx, [
    {
      ...touch,
      touchId: touch.id,
      customerId,
      state: settlement.state,
      reason: settlement.reason,
      said: said ?? null,
      at: ctx.now,
    },
  ]);
}

/** A touch that came to an end, or one step nearer to it. */
export interface FinishedTouch {
  readonly customerId: number;
  readonly touchId: number;
  readonly kind: string;
  readonly sourceId: number | null;
  readonly part: string | null;
  readonly channel: string;
  readonly category: string;
  readonly staffId: number | null;
  readonly codeId: number | null;
  readonly state: TouchState;
  readonly reason: TouchReason | null;
  readonly said: Said | null;
  /** When it came to that. */
  readonly at: Date;
}

/** Of `touch t`, what `finishTouches` needs besides `at`. */
export const finishedColumns = sql`t.customer_id as "customerId", t.id as "touchId", t.kind, t.source_id as "sourceId", t.part,
  t.channel, t.category, t.staff_id as "staffId", t.code_id as "codeId", t.state, t.reason, t.said`;

/** What goes with ends: the budget gets back what reached nobody, and the timelines hear of them. */
export async function finishTouches(ctx: WriteCtx, ends: readonly FinishedTouch[]): Promise<void> {
  const hasReached = ({ state }: FinishedTouch) => ['submitted', 'delivered', 'unknown'].includes(state);
  await closeAttention(ctx, ends.filter(hasReached));
  await giveAttentionBack(
    ctx,
    ends.filter((end) => !hasReached(end)),
  );
  await recordEvents(
    ctx,
    ends.map((end) => ({
      name: 'touch.settled',
      source: 'touch',
      messageId: `touch ${end.touchId} ${end.state}`,
      occurredAt: end.at,
      payload: {
        customerId: end.customerId,
        touchId: end.touchId,
        kind: end.kind,
        sourceId: end.sourceId,
        part: end.part,
        channel: end.channel,
        category: end.category,
        state: end.state,
        reason: end.reason,
        text: end.said?.text ?? null,
        attachmentCount: end.said?.attachmentCount ?? 0,
        staffId: end.staffId,
        codeId: end.codeId,
      },
    })),
  );
}

/** What a platform, or a human, did with a touch that was handed over. */
export interface Outcome {
  readonly touchId: number;
  readonly state: 'delivered' | 'failed' | 'expired' | 'cancelled' | 'unknown';
  readonly reason?: TouchReason | null;
  readonly message?: string | null;
  /** When, in the product's time; otherwise now. */
  readonly at?: Date;
}

/**
 * For channels that report later, and for tasks. An outcome that is told again, or comes after another end, changes nothing;
 * only what was taken for sent or is unknown may still turn out otherwise. Returns how many changed.
 */
export async function settleTouches(ctx: WriteCtx, outcomes: readonly Outcome[]): Promise<number> {
  if (outcomes.length === 0) return 0;
  const told = outcomes.map(({ touchId, state, reason, message, at }) => ({
    id: touchId,
    state,
    reason: reason ?? null,
    message: message ?? null,
    at: at ?? ctx.now,
  }));
  const { rows } = await sql<FinishedTouch>`
    with told as (
      select distinct on (id) * from jsonb_to_recordset(${JSON.stringify(told)}::jsonb)
        as o(id bigint, state text, reason text, message text, at timestamptz)
      order by id
    )
    update touch t set state = o.state, reason = o.reason, platform_message = coalesce(o.message, t.platform_message),
      settled_at = o.at, claimed_by = null
    from told o where t.id = o.id and t.state in ('claimed', 'submitted', 'unknown') and t.state <> o.state
    returning ${finishedColumns}, o.at
  `.execute(ctx.db);
  await finishTouches(ctx, rows);
  return rows.length;
}

/**
 * A half add and its add bring two welcome codes for one welcome. When the first died before it could be used, the newest
 * that still lives takes its place.
 */
async function useAnotherCode(ctx: WriteCtx, missed: ClaimedTouch, machineNow: number): Promise<void> {
  const another = await ctx.db
    .selectFrom('touch')
    .select('id')
    .where('customer_id', '=', missed.customerId)
    .where('external_userid', '=', missed.externalUserid)
    .where('staff_id', '=', missed.staffId)
    .where('kind', '=', missed.kind)
    .where('state', '=', 'suppressed')
    .where('reason', '=', 'already_welcomed')
    .where('deadline_at', '>', new Date(machineNow))
    .orderBy('deadline_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!another) return;
  await ctx.db
    .updateTable('touch')
    .set({ state: 'allowed', reason: null, settled_at: null })
    .where('customer_id', '=', missed.customerId)
    .where('id', '=', another.id)
    .execute();
  await bookAttention(ctx, [{ customerId: missed.customerId, touchId: another.id }]);
  wake(ctx, urgentChannel);
}
