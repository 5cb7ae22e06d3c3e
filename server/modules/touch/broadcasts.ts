import type { Input, Output } from '#contract';
import type {
  broadcastChannel,
  cancelBroadcast,
  decideBroadcast,
  listBroadcasts,
  listBroadcastTargets,
  remindBroadcast,
} from '#contract/broadcasts';
import type { ChannelMessage } from '#contract/content';
import type { Category } from '#contract/touch';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { mayRemind } from './broadcast-rules.ts';

/**
 * What goes to an audience: messages to groups, and Moments. No gate decides about them, for nobody is addressed: a group
 * is a place one may leave, a Moment is looked up. The platform's quotas hold for them as for touches.
 */

/** Announces broadcasts that are to be submitted, stopped or asked about. */
export const broadcastChannelName = 'broadcast';

export type BroadcastChannel = Output<typeof listBroadcasts>['rows'][number]['channel'] & ReturnType<typeof broadcastChannel.parse>;

export interface BroadcastDraft {
  /** What it is for; planned again, it is the same broadcast. */
  readonly purpose: string;
  readonly kind: 'campaign' | 'manual';
  readonly sourceId: number | null;
  readonly part: string | null;
  readonly category: Category;
  readonly versionId: number;
  readonly audience: Audience;
  /** The product's time: not before, and not after. */
  readonly dueAt: Date;
  readonly expiresAt: Date;
}

/**
 * Groups by their chat ids; or a Moment of some members (none named: of everybody who may), for their customers with one of
 * some tags (none named: for all of them).
 */
export type Audience =
  | { readonly channel: 'wecom_group'; readonly chatIds: readonly string[] }
  | { readonly channel: 'wecom_moment'; readonly staffIds: readonly number[]; readonly tagIds: readonly number[] };

/** Most groups that one task may have (doc 92135). */
const maxGroups = 2000;

/**
 * Writes broadcasts down: one for each owner of the groups, who is the only one who can send to them; one for a Moment.
 * Groups that are dismissed, unknown, or owned by nobody of the staff are left out. Returns how many broadcasts are new.
 */
export async function planBroadcasts(ctx: WriteCtx, draft: BroadcastDraft): Promise<number> {
  const { audience } = draft;
  const sender =
    audience.channel === 'wecom_group'
      ? sql`select s.id as staff_id, g.chat_id as key,
          (row_number() over (partition by s.id order by g.chat_id) - 1) / ${maxGroups} as chunk
        from wecom_group_chat g join staff s on lower(s.wecom_userid) = lower(g.owner_userid)
        where g.chat_id = any(${audience.chatIds}::text[]) and g.state <> 'dismissed' and s.state = 'active'`
      : audience.staffIds.length === 0
        ? sql`select null::bigint as staff_id, null::text as key, 0::bigint as chunk`
        : sql`select null::bigint as staff_id, wecom_userid as key, 0::bigint as chunk from staff
          where id = any(${audience.staffIds}::bigint[]) and state = 'active'`;
  const tagIds = audience.channel === 'wecom_moment' ? audience.tagIds : [];
  const { rows } = await sql<{ id: number }>`
    with target as (${sender}),
    made as (
      insert into broadcast (channel, purpose, kind, source_id, part, category, version_id, staff_id, tag_ids, created_at, due_at,
        expires_at)
      select ${audience.channel}, ${draft.purpose}::text || coalesce(' ' || staff_id || '.' || chunk, ''), ${draft.kind}, ${draft.sourceId}::bigint,
        ${draft.part}::text, ${draft.category}, ${draft.versionId}::bigint, staff_id, ${tagIds}::bigint[], ${ctx.now}, ${draft.dueAt}, ${draft.expiresAt}
      from (select distinct staff_id, chunk from target) t
      on conflict (purpose) do nothing
      returning id, purpose, staff_id
    ), kept as (
      insert into broadcast_target (broadcast_id, key)
      select m.id, t.key from made m join target t
        on m.purpose = ${draft.purpose}::text || coalesce(' ' || t.staff_id || '.' || t.chunk, '')
      where t.key is not null
    )
    select id from made
  `.execute(ctx.db);
  wake(ctx, broadcastChannelName);
  return rows.length;
}

/** States in which something can still be stopped. */
const stoppable = ['planned', 'claimed', 'submitted', 'confirmed'] as const;

/** Stops what has not gone: what the platform has is cancelled there, and ends when it was told. Returns how many stop. */
export async function cancelBroadcasts(
  ctx: WriteCtx,
  of: { readonly kind: 'campaign' | 'manual'; readonly sourceId: number; readonly part?: string },
): Promise<number> {
  return stop(ctx, sql`kind = ${of.kind} and source_id = ${of.sourceId} and (${of.part ?? null}::text is null or part = ${of.part ?? ''})`);
}

async function stop(ctx: WriteCtx, which: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ id: number; isOver: boolean }>`
    update broadcast set ending = 'cancelled', poll_at = ${ctx.now},
      state = case when state = 'planned' and not may_have_arrived then 'cancelled' else state end,
      reason = case when state = 'planned' and not may_have_arrived then 'cancelled' else reason end,
      ended_at = case when state = 'planned' and not may_have_arrived then ${ctx.now} end
    where (${which}) and state in ('planned', 'claimed', 'submitted', 'confirmed') and ending is distinct from 'cancelled'
    returning id, state = 'cancelled' as "isOver"
  `.execute(ctx.db);
  const over = rows.filter((row) => row.isOver).map((row) => row.id);
  await endTargets(ctx, over, 'cancelled');
  wake(ctx, broadcastChannelName);
  return rows.length;
}

/** Targets that still waited end as their broadcast did. */
export async function endTargets(ctx: WriteCtx, ids: readonly number[], state: 'failed' | 'expired' | 'cancelled') {
  if (ids.length === 0) return;
  await ctx.db
    .updateTable('broadcast_target')
    .set({ state, settled_at: ctx.now })
    .where('broadcast_id', 'in', [...ids])
    .where('state', '=', 'waiting')
    .execute();
}

export interface BroadcastCount {
  readonly channel: 'wecom_group' | 'wecom_moment';
  readonly part: string | null;
  readonly state: string;
  /** Tasks in this state; their groups or members, and how many of those have sent it. */
  readonly count: number;
  readonly targetCount: number;
  readonly sentCount: number;
  readonly customerCount: number;
}

/** States by part, for results. */
export async function countBroadcasts(
  ctx: Ctx,
  of: { readonly kind: 'campaign' | 'manual'; readonly sourceId: number },
): Promise<BroadcastCount[]> {
  const { rows } = await sql<BroadcastCount>`
    select b.channel, b.part, b.state, count(distinct b.id)::int as count, count(t.key)::int as "targetCount",
      (count(t.key) filter (where t.state = 'sent'))::int as "sentCount",
      coalesce(sum(${reached}) filter (where t.state = 'sent'), 0)::int as "customerCount"
    from broadcast b left join broadcast_target t on t.broadcast_id = b.id
      left join wecom_group_chat g on b.channel = 'wecom_group' and g.chat_id = t.key
    where b.kind = ${of.kind} and b.source_id = ${of.sourceId}
    group by b.channel, b.part, b.state order by b.channel, b.part, b.state
  `.execute(ctx.db);
  return rows;
}

/** People behind one target: a Moment's were told one by one; of a group it is everybody who is in it. */
const reached = sql`case when b.channel = 'wecom_group' then coalesce(g.customer_count, 0) else t.customer_count end`;

export async function listBroadcastPage(
  ctx: Ctx,
  input: Input<typeof listBroadcasts>,
): Promise<Output<typeof listBroadcasts>> {
  const cursor = decodeCursor(input.after, ['number']);
  type Row = Output<typeof listBroadcasts>['rows'][number];
  type Times = 'createdAt' | 'dueAt' | 'submittedAt' | 'confirmedAt' | 'endedAt' | 'expiresAt';
  type Raw = Omit<Row, Times | 'remindedAt' | 'text' | 'attachmentCount'> & {
    [K in Times]: null extends Row[K] ? Date | null : Date;
  } & { remindedAt: Date[]; message: ChannelMessage | null };
  const { rows } = await sql<Raw>`
    select b.id, b.channel, b.kind, b.source_id as "sourceId", b.part, b.category, b.message, b.state, b.reason,
      b.platform_message as "platformMessage", b.created_at as "createdAt", b.due_at as "dueAt",
      b.submitted_at as "submittedAt", b.confirmed_at as "confirmedAt", b.ended_at as "endedAt",
      b.expires_at as "expiresAt", b.reminded_at as "remindedAt",
      b.ending is not null and b.ended_at is null as "isEnding",
      (select json_build_object('id', c.id, 'name', c.name) from content_version v join content c on c.id = v.content_id
        where v.id = b.version_id) as content,
      (select json_build_object('id', s.id, 'name', s.name) from staff s where s.id = b.staff_id) as staff,
      t.*
    from (
      select * from broadcast b
      where (${cursor === undefined} or b.id < ${cursor?.[0] ?? 0})
        and (${input.channel ?? null}::text is null or b.channel = ${input.channel ?? ''})
        and (${input.kind ?? null}::text is null or b.kind = ${input.kind ?? ''})
        and (${input.source ?? null}::bigint is null or b.source_id = ${input.source ?? 0})
        and (${input.state ?? null}::text is null or b.state = ${input.state ?? ''})
      order by b.id desc limit ${input.limit + 1}
    ) b cross join lateral (
      select count(*)::int as "targetCount", (count(*) filter (where t.state = 'sent'))::int as "sentCount",
        (count(*) filter (where t.state in ('failed', 'expired')))::int as "failedCount",
        coalesce(sum(${reached}) filter (where t.state = 'sent'), 0)::int as "customerCount",
        coalesce(sum(t.like_count), 0)::int as "likeCount", coalesce(sum(t.comment_count), 0)::int as "commentCount"
      from broadcast_target t left join wecom_group_chat g on b.channel = 'wecom_group' and g.chat_id = t.key
      where t.broadcast_id = b.id
    ) t
    order by b.id desc
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { next: page.next, rows: page.rows.map(toShown) };

  function toShown({ message, ...row }: Raw): Row {
    const says = message?.kind === 'wecom' || message?.kind === 'moment' ? message : undefined;
    return {
      ...row,
      text: says?.text ?? null,
      attachmentCount: says?.attachments.length ?? 0,
      createdAt: row.createdAt.toISOString(),
      dueAt: row.dueAt.toISOString(),
      submittedAt: row.submittedAt?.toISOString() ?? null,
      confirmedAt: row.confirmedAt?.toISOString() ?? null,
      endedAt: row.endedAt?.toISOString() ?? null,
      expiresAt: row.expiresAt.toISOString(),
      remindedAt: row.remindedAt.map((at) => at.toISOString()),
    };
  }
}

export async function listTargetPage(
  ctx: Ctx,
  input: Input<typeof listBroadcastTargets>,
): Promise<Output<typeof listBroadcastTargets>> {
  const cursor = decodeCursor(input.after, ['string']);
  await requireBroadcast(ctx, input.id);
  type Row = Output<typeof listBroadcastTargets>['rows'][number];
  const { rows } = await sql<Omit<Row, 'settledAt'> & { settledAt: Date | null }>`
    select t.key, coalesce(nullif(g.name, ''), s.name) as name, t.state, t.reason, t.settled_at as "settledAt",
      ${reached} as "customerCount", t.like_count as "likeCount", t.comment_count as "commentCount"
    from broadcast_target t join broadcast b on b.id = t.broadcast_id
      left join wecom_group_chat g on b.channel = 'wecom_group' and g.chat_id = t.key
      left join staff s on b.channel = 'wecom_moment' and lower(s.wecom_userid) = lower(t.key)
    where t.broadcast_id = ${input.id} and (${cursor === undefined} or t.key > ${cursor?.[0] ?? ''})
    order by t.key limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.key]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({ ...row, settledAt: row.settledAt?.toISOString() ?? null })),
  };
}

async function requireBroadcast(ctx: Ctx, id: number) {
  const row = await ctx.db.selectFrom('broadcast').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return row;
}

/** Asks for a reminder; the pump reminds. */
export async function askToRemind(ctx: WriteCtx, { id }: Input<typeof remindBroadcast>): Promise<void> {
  const row = await requireBroadcast(ctx, id);
  if (row.channel !== 'wecom_group' || row.state !== 'submitted' || row.ending !== null)
    throw new AppError('broadcast_not_waiting');
  if (!mayRemind(row.reminded_at, ctx.now)) throw new AppError('broadcast_reminded');
  await ctx.db
    .updateTable('broadcast')
    .set({ remind_at: ctx.now, poll_at: ctx.now })
    .where('id', '=', id)
    .execute();
  await recordAudit(ctx, { action: 'broadcast.reminded', subjectKind: 'broadcast', subjectId: id });
  wake(ctx, broadcastChannelName);
}

export async function cancelOne(ctx: WriteCtx, { id }: Input<typeof cancelBroadcast>): Promise<void> {
  const row = await requireBroadcast(ctx, id);
  if (!(stoppable as readonly string[]).includes(row.state)) throw new AppError('broadcast_over');
  await stop(ctx, sql`id = ${id}`);
  await recordAudit(ctx, { action: 'broadcast.cancelled', subjectKind: 'broadcast', subjectId: id });
}

/** Somebody looked at WeCom and knows what happened. */
export async function decideUnknown(ctx: WriteCtx, { id, as }: Input<typeof decideBroadcast>): Promise<void> {
  const row = await requireBroadcast(ctx, id);
  if (row.state !== 'unknown') throw new AppError('broadcast_known');
  await ctx.db
    .updateTable('broadcast')
    .set(
      as === 'sent'
        ? { state: 'done', reason: 'decided_by_hand', ended_at: ctx.now }
        : {
            state: 'planned',
            reason: null,
            may_have_arrived: false,
            ended_at: null,
            retry_at: null,
            attempts: 0,
            booked_at: null,
          },
    )
    .where('id', '=', id)
    .execute();
  if (as === 'sent') {
    await ctx.db
      .updateTable('broadcast_target')
      .set({ state: 'sent', settled_at: ctx.now })
      .where('broadcast_id', '=', id)
      .where('state', '=', 'waiting')
      .execute();
  }
  await recordAudit(ctx, {
    action: 'broadcast.decided',
    subjectKind: 'broadcast',
    subjectId: id,
    before: { state: row.state },
    after: { as },
  });
  wake(ctx, broadcastChannelName);
}
