import type { Input, Output } from '#contract';
import type { Message } from '#contract/content';
import type { listTouches } from '#contract/touch';
import type { Mover } from '#customers';
import { recordEvents } from '#events';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { decodeCursor, toPage } from '#platform/paging';
import { isOrphaned, type Worker } from '#platform/pump';
import { mayTryAnotherCode, type Settlement, type TouchReason } from './rules.ts';

/** Channel on which urgent touches are announced: a welcome never waits behind a mass send. */
export const urgentChannel = 'touch_urgent';

export interface PlannedTouch {
  readonly customerId: number;
  /** What it is for; a second touch of one purpose to one customer is the same touch. */
  readonly purpose: string;
  readonly kind: 'welcome';
  readonly channel: 'wecom_welcome';
  readonly staffId: number;
  readonly codeId: number | null;
  readonly externalUserid: string;
  readonly content: { readonly message: Message; readonly hook: string };
  readonly address: Readonly<Record<string, unknown>>;
  /** Decided against already, and why. */
  readonly suppressed: TouchReason | null;
  /** When what it answers happened. */
  readonly occasionAt: Date;
  /** Machine's time: when siyu learned of the occasion, and when it is too late. */
  readonly receivedAt: Date;
  readonly deadlineAt: Date;
}

/** Writes touches down; nothing is sent before its row is committed. A purpose that exists already stays as it is. */
export async function planTouches(ctx: WriteCtx, touches: readonly PlannedTouch[]): Promise<void> {
  if (touches.length === 0) return;
  await ctx.db
    .insertInto('touch')
    .values(
      touches.map((touch) => ({
        customer_id: touch.customerId,
        purpose: touch.purpose,
        kind: touch.kind,
        channel: touch.channel,
        staff_id: touch.staffId,
        code_id: touch.codeId,
        external_userid: touch.externalUserid,
        state: touch.suppressed ? 'suppressed' : 'planned',
        reason: touch.suppressed,
        content: JSON.stringify(touch.content),
        address: JSON.stringify(touch.address),
        occasion_at: touch.occasionAt,
        planned_at: ctx.now,
        settled_at: touch.suppressed ? ctx.now : null,
        received_at: touch.receivedAt,
        deadline_at: touch.deadlineAt,
      })),
    )
    .onConflict((conflict) => conflict.columns(['customer_id', 'purpose']).doNothing())
    .execute();
  wake(ctx, urgentChannel);
}

/**
 * Edges that a welcome is on its way to, or has reached, and for which occasion. Who suppresses another touch for one of
 * these holds it until the commit, so that its miss finds that other touch (`useAnotherCode`).
 */
export async function findWelcomed(
  ctx: WriteCtx,
  customerIds: readonly number[],
): Promise<{ customerId: number; externalUserid: string; staffId: number; occasionAt: Date }[]> {
  if (customerIds.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('touch')
    .select([
      'customer_id as customerId',
      'external_userid as externalUserid',
      'staff_id as staffId',
      'occasion_at as occasionAt',
    ])
    .where('customer_id', 'in', [...customerIds])
    .where('kind', '=', 'welcome')
    .where('state', 'in', ['planned', 'claimed', 'submitted', 'delivered', 'unknown'])
    .orderBy('id')
    .forShare()
    .execute();
  return rows.map((row) => ({ ...row, externalUserid: row.externalUserid ?? '', staffId: row.staffId ?? 0 }));
}

export interface ClaimedTouch {
  readonly customerId: number;
  readonly id: number;
  readonly kind: string;
  readonly channel: string;
  readonly staffId: number | null;
  readonly codeId: number | null;
  readonly externalUserid: string | null;
  readonly content: { readonly message: Message; readonly hook: string };
  readonly address: Readonly<Record<string, unknown>>;
  readonly attempts: number;
  /** A worker died, or an answer was lost, after an earlier attempt began. */
  readonly mayHaveArrived: boolean;
  readonly receivedAt: Date;
  readonly deadlineAt: Date;
}

/**
 * Takes due touches for this worker. What a dead worker held, or this one dropped (it is not in `inFlight`), is taken
 * over at once; it may have been sent.
 * Claim and look are one statement, so two workers never hold the same touch.
 */
export async function claimTouches(
  ctx: Ctx,
  worker: Worker,
  inFlight: readonly number[],
  limit: number,
): Promise<ClaimedTouch[]> {
  const { rows } = await sql<ClaimedTouch>`
    with due as (
      select customer_id, id, state = 'claimed' or reason = 'no_answer' as may_have_arrived
      from touch
      where (state = 'planned' and (retry_at is null or retry_at <= clock_timestamp()))
        or (state = 'claimed' and id <> all(${inFlight}::bigint[])
          and (claimed_by = ${worker.number} or ${isOrphaned('claimed_by')}))
      order by id limit ${limit} for update skip locked
    )
    update touch t
    set state = 'claimed', claimed_by = ${worker.number}, attempts = attempts + 1,
      reason = case when due.may_have_arrived then 'no_answer' end
    from due where t.customer_id = due.customer_id and t.id = due.id
    returning t.customer_id as "customerId", t.id, t.kind, t.channel, t.staff_id as "staffId", t.code_id as "codeId",
      t.external_userid as "externalUserid", t.content, t.address, t.attempts, due.may_have_arrived as "mayHaveArrived",
      t.received_at as "receivedAt", t.deadline_at as "deadlineAt"
  `.execute(ctx.db);
  return rows;
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
  settlement: Settlement,
  said: Said | undefined,
  mayHaveArrived: boolean,
): Promise<void> {
  const isEnd = settlement.state !== 'planned';
  const machineNow = Date.now();
  const row = await ctx.db
    .updateTable('touch')
    .set({
      state: settlement.state,
      // While it is still to be sent, the reason remembers that an attempt may have arrived.
      reason: isEnd ? settlement.reason : mayHaveArrived ? 'no_answer' : null,
      platform_message: settlement.message,
      said: said === undefined ? null : JSON.stringify(said),
      settled_at: isEnd ? ctx.now : null,
      retry_at: isEnd ? null : new Date(machineNow + settlement.retryInMs),
      claimed_by: null,
      took_ms: isEnd ? Math.max(0, machineNow - touch.receivedAt.getTime()) : null,
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
  await recordEvents(ctx, [
    {
      name: 'touch.settled',
      source: 'touch',
      messageId: `touch ${touch.id} ${settlement.state}`,
      occurredAt: ctx.now,
      payload: {
        customerId,
        touchId: touch.id,
        kind: touch.kind,
        channel: touch.channel,
        state: settlement.state,
        reason: settlement.reason,
        text: said?.text ?? null,
        attachmentCount: said?.attachmentCount ?? 0,
        staffId: touch.staffId,
        codeId: touch.codeId,
      },
    },
  ]);
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
    .set({ state: 'planned', reason: null, settled_at: null })
    .where('customer_id', '=', missed.customerId)
    .where('id', '=', another.id)
    .execute();
  wake(ctx, urgentChannel);
}

/** Touches go with the person. A purpose that both were touched for stays unique: the later one keeps where it came from. */
export const moveTouches: Mover = async (ctx, { from, to, accounts, isWhole, firstAccountId }) => {
  await sql`
    update touch t set customer_id = ${to}, home_id = coalesce(home_id, ${firstAccountId}),
      purpose = case when exists (select 1 from touch x where x.customer_id = ${to} and x.purpose = t.purpose)
        then t.purpose || ' of ' || ${from}::bigint else t.purpose end
    where customer_id = ${from} and (${isWhole} or home_id = any(${accounts.map((account) => account.id)}::bigint[]))
  `.execute(ctx.db);
};

export async function listTouchPage(ctx: Ctx, input: Input<typeof listTouches>): Promise<Output<typeof listTouches>> {
  const cursor = decodeCursor(input.after, ['number']);
  type Row = Output<typeof listTouches>['rows'][number];
  const { rows } = await sql<Omit<Row, 'plannedAt' | 'settledAt'> & { plannedAt: Date; settledAt: Date | null }>`
    select t.id, t.customer_id as "customerId", c.name as "customerName", t.kind, t.channel, t.state, t.reason,
      t.platform_message as "platformMessage", case when t.state = 'suppressed' then null else coalesce(t.said ->> 'text', t.content -> 'message' ->> 'text') end as text,
      jsonb_array_length(t.content -> 'message' -> 'attachments') as "attachmentCount",
      t.planned_at as "plannedAt", t.settled_at as "settledAt", t.took_ms as "tookMs",
      (select json_build_object('id', s.id, 'name', s.name) from staff s where s.id = t.staff_id) as staff,
      (select json_build_object('id', cc.id, 'name', cc.name) from channel_code cc where cc.id = t.code_id) as code
    from touch t left join customer c on c.id = t.customer_id
    where (${cursor === undefined} or t.id < ${cursor?.[0] ?? 0})
      and (${input.customer ?? null}::bigint is null or t.customer_id = ${input.customer ?? 0})
      and (${input.code ?? null}::bigint is null or t.code_id = ${input.code ?? 0})
      and (${input.state ?? null}::text is null or t.state = ${input.state ?? ''})
    order by t.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({
      ...row,
      plannedAt: row.plannedAt.toISOString(),
      settledAt: row.settledAt?.toISOString() ?? null,
    })),
  };
}
