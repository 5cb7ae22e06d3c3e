import type { Message } from '#contract/content';
import type { Category, Channel, TouchKind } from '#contract/touch';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { ensureMonths } from '#platform/partitions';
import { bookAttention } from './attention.ts';
import type { TouchReason, TouchState } from './rules.ts';

/** Announces touches that somebody waits for: a welcome never waits behind a mass send. */
export const urgentChannel = 'touch_urgent';
/** Announces touches the gate has to decide about. */
export const gateChannel = 'touch_gate';

export interface TouchDraft {
  readonly customerId: number;
  /** What it is for; a second touch of one purpose and occasion to one customer is the same touch. */
  readonly purpose: string;
  /** When what it answers happened: the same whenever the same purpose is told again. */
  readonly occasionAt: Date;
  readonly kind: TouchKind;
  /** Id of the campaign, journey or code, and the variant or node; a mass message always has one. */
  readonly sourceId?: number | null;
  readonly part?: string | null;
  readonly channel: Channel;
  readonly category: Category;
  /** What is said: a version of content, or words of its own. */
  readonly versionId?: number | null;
  readonly content?: { readonly message: Message; readonly hook: string } | null;
  /** Null: the gate takes the member whom the customer follows since the latest moment. */
  readonly staffId: number | null;
  readonly codeId?: number | null;
  readonly externalUserid?: string | null;
  readonly address?: Readonly<Record<string, unknown>> | null;
  /** 0: a person waits for it (a welcome, an answer). It passes without the gate, and is counted. */
  readonly priority: 0 | 1 | 2;
  /** Decided against already, and why. */
  readonly suppressed?: TouchReason | null;
  readonly isHoldout?: boolean;
  /** The product's time: not before, and not after. */
  readonly dueAt?: Date;
  readonly expiresAt?: Date | null;
  /** The machine's time, of what somebody waits for: when siyu learned of the occasion, and when it is too late. */
  readonly receivedAt?: Date;
  readonly deadlineAt?: Date;
}

/** Writes touches down, one by one; nothing is sent before its row is committed. A purpose that exists already stays as it is. */
export async function planTouches(ctx: WriteCtx, touches: readonly TouchDraft[]): Promise<void> {
  if (touches.length === 0) return;
  await ensureMonths(
    ctx,
    'touch',
    touches.map((touch) => touch.occasionAt),
  );
  const rows = await ctx.db
    .insertInto('touch')
    .values(touches.map((touch) => toRow(touch, ctx.now)))
    .onConflict((conflict) => conflict.columns(['customer_id', 'purpose', 'occasion_at']).doNothing())
    .returning(['customer_id', 'id', 'state'])
    .execute();
  await bookAttention(
    ctx,
    rows.filter((row) => row.state === 'allowed').map((row) => ({ customerId: row.customer_id, touchId: row.id })),
  );
  wake(ctx, urgentChannel);
  wake(ctx, gateChannel);
}

function toRow(touch: TouchDraft, now: Date) {
  if (touch.channel === 'wecom_mass' && touch.sourceId == null) throw new Error('a mass message needs its source');
  const suppressed = touch.suppressed ?? null;
  const isDecided = suppressed !== null || touch.priority === 0;
  return {
    customer_id: touch.customerId,
    occasion_at: touch.occasionAt,
    purpose: touch.purpose,
    kind: touch.kind,
    source_id: touch.sourceId ?? null,
    part: touch.part ?? null,
    channel: touch.channel,
    category: touch.category,
    version_id: touch.versionId ?? null,
    content: touch.content == null ? null : JSON.stringify(touch.content),
    staff_id: touch.staffId,
    code_id: touch.codeId ?? null,
    external_userid: touch.externalUserid ?? null,
    address: touch.address == null ? null : JSON.stringify(touch.address),
    state: suppressed !== null ? 'suppressed' : touch.priority === 0 ? 'allowed' : 'planned',
    reason: suppressed,
    is_holdout: touch.isHoldout ?? false,
    priority: touch.priority,
    due_at: touch.dueAt ?? now,
    expires_at: touch.expiresAt ?? null,
    planned_at: now,
    decided_at: isDecided ? now : null,
    settled_at: suppressed === null ? null : now,
    received_at: touch.receivedAt ?? null,
    deadline_at: touch.deadlineAt ?? null,
  };
}

/**
 * Writes touches down for a set of people: `people` selects customer_id, purpose, part, version_id, staff_id, is_holdout,
 * due_at and occasion_at, in these names. Nobody is touched twice for one purpose and occasion. Returns how many rows are
 * new. One statement takes some ten thousand people a second: longer lists are written in pieces.
 */
export async function planTouchesOf(
  ctx: WriteCtx,
  people: RawBuilder<unknown>,
  plan: {
    readonly kind: TouchKind;
    readonly sourceId: number;
    readonly channel: Channel;
    readonly category: Category;
    readonly expiresAt: Date | null;
    readonly priority: 1 | 2;
  },
): Promise<number> {
  await ensureMonths(ctx, 'touch', [ctx.now]);
  const { numAffectedRows } = await sql`
    insert into touch (customer_id, occasion_at, purpose, kind, source_id, part, channel, category, version_id, staff_id, state,
      is_holdout, priority, due_at, expires_at, planned_at)
    select p.customer_id, p.occasion_at::timestamptz, p.purpose, ${plan.kind}, ${plan.sourceId}, p.part, ${plan.channel}, ${plan.category},
      p.version_id::bigint, p.staff_id::bigint, 'planned', p.is_holdout::boolean, ${plan.priority}, p.due_at::timestamptz,
      ${plan.expiresAt}::timestamptz, ${ctx.now}
    from (${people}) p
    on conflict (customer_id, purpose, occasion_at) do nothing
  `.execute(ctx.db);
  wake(ctx, gateChannel);
  return Number(numAffectedRows ?? 0);
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
    .where('state', 'in', ['allowed', 'claimed', 'submitted', 'delivered', 'unknown'])
    .orderBy('id')
    .forShare()
    .execute();
  return rows.map((row) => ({ ...row, externalUserid: row.externalUserid ?? '', staffId: row.staffId ?? 0 }));
}

/** What a tracked link or a task comes from. */
export async function findTouch(ctx: Ctx, touchId: number) {
  return await ctx.db
    .selectFrom('touch')
    .select([
      'id',
      'customer_id as customerId',
      'occasion_at as occasionAt',
      'kind',
      'source_id as sourceId',
      'part',
      'channel',
      'category',
      'version_id as versionId',
      'staff_id as staffId',
      'state',
    ])
    .where('id', '=', touchId)
    .executeTakeFirst();
}

/** How many touches of a source are in which state, for which reason, by part. */
export async function countTouches(
  ctx: Ctx,
  of: { readonly kind: TouchKind; readonly sourceId: number },
): Promise<
  { part: string | null; state: TouchState; reason: TouchReason | null; isHoldout: boolean; count: number }[]
> {
  const { rows } = await sql<{
    part: string | null;
    state: TouchState;
    reason: TouchReason | null;
    isHoldout: boolean;
    count: number;
  }>`
    select part, state, reason, is_holdout as "isHoldout", count(*) as count
    from touch where kind = ${of.kind} and source_id = ${of.sourceId}
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
  `.execute(ctx.db);
  return rows;
}
