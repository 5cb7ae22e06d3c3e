import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Edge } from './follows.ts';

/**
 * What WeCom still has to be told about tags and remarks, for the channel that tells it. Rows are taken oldest first; a
 * row stays until the channel reports on it, so a crash repeats a call, and each of these calls may be repeated.
 */

export interface PendingEdgeTags extends Edge {
  readonly staffUserid: string;
  readonly add: readonly { tagId: number; wecomId: string }[];
  readonly remove: readonly { tagId: number; wecomId: string }[];
  readonly attempts: number;
}

const maxAttempts = 8;

/** Edges whose tags changed here, with WeCom's ids. Edges whose tags WeCom does not know yet wait. */
export async function takePendingTags(ctx: Ctx, limit: number): Promise<PendingEdgeTags[]> {
  const { rows } = await sql<PendingEdgeTags>`
    select ft.customer_id as "customerId", ft.external_userid as "externalUserid", ft.staff_id as "staffId",
      s.wecom_userid as "staffUserid", max(ft.attempts) as attempts,
      coalesce(json_agg(json_build_object('tagId', t.id, 'wecomId', t.wecom_id)) filter (where ft.is_wanted), '[]') as add,
      coalesce(json_agg(json_build_object('tagId', t.id, 'wecomId', t.wecom_id)) filter (where not ft.is_wanted), '[]') as remove
    from (
      select * from follow_tag where is_pending and attempts < ${maxAttempts} order by changed_at limit ${limit * 4}
    ) ft
    join tag t on t.id = ft.tag_id join staff s on s.id = ft.staff_id
    where t.wecom_id is not null
    group by ft.customer_id, ft.external_userid, ft.staff_id, s.wecom_userid
    order by min(ft.changed_at) limit ${limit}
  `.execute(ctx.db);
  return rows;
}

export type MirrorOutcome =
  | { kind: 'done' }
  | { kind: 'again'; problem: string }
  | { kind: 'refused'; problem: string };

export async function reportTags(ctx: WriteCtx, pending: PendingEdgeTags, outcome: MirrorOutcome): Promise<void> {
  const tagIds = [...pending.add, ...pending.remove].map((tag) => tag.tagId);
  const edge = sql`customer_id = ${pending.customerId} and external_userid = ${pending.externalUserid}
    and staff_id = ${pending.staffId} and tag_id = any(${tagIds})`;
  switch (outcome.kind) {
    case 'done': {
      // Only what was told is settled: somebody may have changed a tag back while the call was under way. A removal
      // stays as a row until a later reading confirms it.
      const added = pending.add.map((tag) => tag.tagId);
      await sql`
        update follow_tag set is_pending = false, problem = null, attempts = 0, told_at = ${new Date()}
        where ${edge} and is_pending and is_wanted = (tag_id = any(${added}))
      `.execute(ctx.db);
      return;
    }
    case 'again':
      await sql`update follow_tag set attempts = attempts + 1, changed_at = ${ctx.now},
        problem = case when attempts + 1 >= ${maxAttempts} then ${outcome.problem} else problem end,
        is_pending = attempts + 1 < ${maxAttempts}
        where ${edge} and is_pending`.execute(ctx.db);
      return;
    case 'refused':
      await sql`update follow_tag set is_pending = false, problem = ${outcome.problem} where ${edge} and is_pending`.execute(
        ctx.db,
      );
  }
}

export interface PendingRemark extends Edge {
  readonly staffUserid: string;
  readonly remark: string;
  readonly description: string;
  readonly attempts: number;
}

export async function takePendingRemarks(ctx: Ctx, limit: number): Promise<PendingRemark[]> {
  const { rows } = await sql<PendingRemark>`
    select f.customer_id as "customerId", f.external_userid as "externalUserid", f.staff_id as "staffId",
      s.wecom_userid as "staffUserid", f.remark, f.description, f.remark_attempts as attempts
    from follow f join staff s on s.id = f.staff_id
    where f.is_remark_pending order by f.remark_attempts, f.customer_id limit ${limit}
  `.execute(ctx.db);
  return rows;
}

export async function reportRemark(ctx: WriteCtx, pending: PendingRemark, outcome: MirrorOutcome): Promise<void> {
  const gaveUp = outcome.kind === 'refused' || (outcome.kind === 'again' && pending.attempts + 1 >= maxAttempts);
  await ctx.db
    .updateTable('follow')
    .set({
      is_remark_pending: outcome.kind === 'again' && !gaveUp,
      ...(outcome.kind === 'done' ? { remark_told_at: new Date() } : {}),
      remark_attempts: outcome.kind === 'again' ? pending.attempts + 1 : 0,
      remark_problem: outcome.kind === 'done' ? null : outcome.problem,
    })
    .where('customer_id', '=', pending.customerId)
    .where('external_userid', '=', pending.externalUserid)
    .where('staff_id', '=', pending.staffId)
    // A newer wish waits for its own call.
    .where('remark', '=', pending.remark)
    .where('description', '=', pending.description)
    .execute();
}

export interface PendingTag {
  readonly id: number;
  readonly name: string;
  readonly wecomId: string | null;
  readonly pending: 'create' | 'rename' | 'delete';
  readonly groupId: number;
  readonly groupName: string;
  readonly groupWecomId: string | null;
}

/** Tags that WeCom has to learn, rename or forget; those it refused wait for a person. */
export async function takePendingCatalogue(
  ctx: Ctx,
): Promise<{ tags: PendingTag[]; groups: { id: number; name: string; wecomId: string }[] }> {
  const tags = await sql<PendingTag>`
    select t.id, t.name, t.wecom_id as "wecomId", t.pending, g.id as "groupId", g.name as "groupName", g.wecom_id as "groupWecomId"
    from tag t join tag_group g on g.id = t.group_id
    where t.pending is not null and t.problem is null and g.kind = 'wecom' order by t.id limit 200
  `.execute(ctx.db);
  const groups = await sql<{ id: number; name: string; wecomId: string }>`
    select id, name, wecom_id as "wecomId" from tag_group where is_rename_pending and wecom_id is not null and deleted_at is null
  `.execute(ctx.db);
  return { tags: tags.rows, groups: groups.rows };
}

export async function reportTagMirrored(
  ctx: WriteCtx,
  tagId: number,
  told: { name: string; wecomId?: string; groupWecomId?: string },
): Promise<void> {
  await sql`
    update tag set wecom_id = coalesce(${told.wecomId ?? null}, wecom_id), problem = null, observed_at = ${ctx.now},
      pending = case when deleted_at is not null and pending = 'delete' and ${told.wecomId ?? null}::text is null then null
        when deleted_at is not null then 'delete' when name <> ${told.name} then 'rename' else null end
    where id = ${tagId}
  `.execute(ctx.db);
  if (told.groupWecomId) {
    await sql`
      update tag_group g set wecom_id = ${told.groupWecomId}
      from tag t where t.id = ${tagId} and g.id = t.group_id and g.wecom_id is null
    `.execute(ctx.db);
  }
}

export async function reportTagRefused(ctx: WriteCtx, tagId: number, problem: string): Promise<void> {
  await ctx.db.updateTable('tag').set({ problem }).where('id', '=', tagId).execute();
}

export async function reportGroupRenamed(ctx: WriteCtx, groupId: number, name: string): Promise<void> {
  await ctx.db
    .updateTable('tag_group')
    .set({ is_rename_pending: false })
    .where('id', '=', groupId)
    .where('name', '=', name)
    .execute();
}

/** WeCom's whole catalogue of tags, as read at `observedAt`. */
export interface ObservedTagGroup {
  readonly wecomId: string;
  readonly name: string;
  readonly sort: number;
  readonly tags: readonly { wecomId: string; name: string; sort: number }[];
}

/**
 * Takes the catalogue over: new groups and tags, new names and order, and what is gone. What we wait to tell WeCom is
 * left alone. Groups and tags made here under the same name before are the same.
 */
export async function applyTagCatalogue(
  ctx: WriteCtx,
  groups: readonly ObservedTagGroup[],
  observedAt: Date,
): Promise<void> {
  await sql`lock table tag_group, tag in share row exclusive mode`.execute(ctx.db);
  const groupRows = JSON.stringify(
    groups.map((group) => ({ wecom_id: group.wecomId, name: group.name, sort: group.sort })),
  );
  const tagRows = JSON.stringify(
    groups.flatMap((group) =>
      group.tags.map((tag) => ({
        group_wecom_id: group.wecomId,
        wecom_id: tag.wecomId,
        name: tag.name,
        sort: tag.sort,
      })),
    ),
  );
  const observedGroups = sql`jsonb_to_recordset(${groupRows}::jsonb) as o(wecom_id text, name text, sort bigint)`;
  const observedTags = sql`jsonb_to_recordset(${tagRows}::jsonb) as o(group_wecom_id text, wecom_id text, name text, sort bigint)`;
  await sql`
    update tag_group g set wecom_id = o.wecom_id from ${observedGroups}
    where g.kind = 'wecom' and g.wecom_id is null and g.deleted_at is null and g.name = o.name
      and not exists (select 1 from tag_group x where x.wecom_id = o.wecom_id)
  `.execute(ctx.db);
  // Gone from WeCom and told to WeCom once: gone here too. Before names are taken over, so that they are free.
  await sql`
    update tag t set deleted_at = ${observedAt}, pending = null
    where t.wecom_id is not null and t.deleted_at is null and (t.observed_at is null or t.observed_at < ${observedAt})
      and t.wecom_id not in (select o.wecom_id from ${observedTags})
  `.execute(ctx.db);
  await sql`
    update tag_group g set deleted_at = ${observedAt}
    where g.wecom_id is not null and g.deleted_at is null and g.wecom_id not in (select o.wecom_id from ${observedGroups})
      and not exists (select 1 from tag t where t.group_id = g.id and t.deleted_at is null)
  `.execute(ctx.db);
  await sql`
    insert into tag_group as g (kind, name, wecom_id, sort, observed_at)
    select 'wecom', o.name, o.wecom_id, o.sort, ${observedAt} from ${observedGroups}
    on conflict (wecom_id) do update
      set name = case when g.is_rename_pending then g.name else excluded.name end, sort = excluded.sort,
        observed_at = excluded.observed_at, deleted_at = null
  `.execute(ctx.db);
  await sql`
    update tag t set wecom_id = o.wecom_id, pending = null from ${observedTags}, tag_group g
    where g.wecom_id = o.group_wecom_id and t.group_id = g.id and t.name = o.name and t.wecom_id is null and t.deleted_at is null
      and not exists (select 1 from tag x where x.wecom_id = o.wecom_id)
  `.execute(ctx.db);
  await sql`
    insert into tag as t (group_id, name, wecom_id, sort, observed_at)
    select g.id, o.name, o.wecom_id, o.sort, ${observedAt} from ${observedTags} join tag_group g on g.wecom_id = o.group_wecom_id
    on conflict (wecom_id) do update
      set name = case when t.pending is null then excluded.name else t.name end, sort = excluded.sort,
        group_id = excluded.group_id, observed_at = excluded.observed_at,
        deleted_at = case when t.pending = 'delete' then t.deleted_at else null end
  `.execute(ctx.db);
  await sql`
    delete from customer_tag ct using tag t where t.id = ct.tag_id and t.deleted_at is not null
  `.execute(ctx.db);
  await sql`
    delete from follow_tag ft using tag t where t.id = ft.tag_id and t.deleted_at is not null
  `.execute(ctx.db);
}

/** Our ids of WeCom's tags. */
export async function findTagIds(ctx: Pick<Ctx, 'db'>, wecomIds: readonly string[]): Promise<Map<string, number>> {
  if (wecomIds.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('tag')
    .select(['id', 'wecom_id'])
    .where('wecom_id', 'in', [...new Set(wecomIds)])
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.wecom_id ?? '', row.id]));
}
