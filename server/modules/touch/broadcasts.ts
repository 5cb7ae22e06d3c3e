import type { Category } from '#contract/touch';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';

/**
 * What goes to an audience: messages to groups, and Moments. No gate decides about them, for nobody is addressed: a group
 * is a place one may leave, a Moment is looked up. The platform's quotas hold for them as for touches.
 */

/** Announces broadcasts that are to be submitted, stopped or asked about. */
export const broadcastBell = 'broadcast';

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
  wake(ctx, broadcastBell);
  return rows.length;
}

/** States in which something can still be stopped. */
export const stoppable = ['planned', 'claimed', 'submitted', 'confirmed'] as const;

/** Stops what has not gone: what the platform has is cancelled there, and ends when it was told. Returns how many stop. */
export async function cancelBroadcasts(
  ctx: WriteCtx,
  of: { readonly kind: 'campaign' | 'manual'; readonly sourceId: number; readonly part?: string },
): Promise<number> {
  return stopBroadcasts(
    ctx,
    sql`kind = ${of.kind} and source_id = ${of.sourceId} and (${of.part ?? null}::text is null or part = ${of.part ?? ''})`,
  );
}

export async function stopBroadcasts(ctx: WriteCtx, which: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ id: number; isOver: boolean }>`
    update broadcast set ending = 'cancelled', poll_at = ${ctx.now},
      state = case when state = 'planned' and not may_have_arrived then 'cancelled' else state end,
      reason = case when state = 'planned' and not may_have_arrived then 'cancelled' else reason end,
      ended_at = case when state = 'planned' and not may_have_arrived then ${ctx.now}::timestamptz end
    where (${which}) and state in ('planned', 'claimed', 'submitted', 'confirmed') and ending is distinct from 'cancelled'
    returning id, state = 'cancelled' as "isOver"
  `.execute(ctx.db);
  const over = rows.filter((row) => row.isOver).map((row) => row.id);
  await endTargets(ctx, over, 'cancelled');
  wake(ctx, broadcastBell);
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
export const reached = sql`case when b.channel = 'wecom_group' then coalesce(g.customer_count, 0) else t.customer_count end`;
