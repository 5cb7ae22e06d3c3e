import type { Input, Output } from '#contract';
import type { createTag, createTagGroup, listTags, updateTag, updateTagGroup } from '#contract/customers';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError, constraintName, sqlState } from '#platform/errors';
import type { Edge } from './follows.ts';

/** Channel on which work for WeCom's tags and remarks is announced. */
export const mirrorChannel = 'mirror';

/** WeCom holds at most so many corp tags (error 40126). */
const maxWecomTags = 10_000;

/** Tags of customers: internal ones as they are, WeCom's from the active edges. */
export async function refreshCustomerTags(ctx: WriteCtx, customerIds: readonly number[]): Promise<void> {
  if (customerIds.length === 0) return;
  await sql`
    with wanted as (
      select distinct ft.customer_id, ft.tag_id
      from follow_tag ft
      join follow f using (customer_id, external_userid, staff_id)
      where ft.customer_id = any(${customerIds}) and ft.is_wanted and f.state = 'active'
    ), gone as (
      delete from customer_tag ct using tag t, tag_group g
      where ct.customer_id = any(${customerIds}) and t.id = ct.tag_id and g.id = t.group_id and g.kind = 'wecom'
        and not exists (select 1 from wanted w where w.customer_id = ct.customer_id and w.tag_id = ct.tag_id)
    )
    insert into customer_tag (customer_id, tag_id, tagged_at)
    select customer_id, tag_id, ${ctx.now} from wanted
    on conflict do nothing
  `.execute(ctx.db);
}

/** What a reading says of the tags of one edge. */
export interface ObservedEdgeTags {
  readonly customerId: number;
  readonly externalUserid: string;
  readonly staffId: number;
  readonly observedAt: Date;
  readonly readAt: Date;
  readonly tagIds: readonly number[];
}

/** Tags of edges as WeCom has them. What we changed and WeCom took after this reading began stays as we want it. */
export async function applyObservedTags(ctx: WriteCtx, edges: readonly ObservedEdgeTags[]): Promise<void> {
  if (edges.length === 0) return;
  const rows = JSON.stringify(
    edges.map((edge) => ({
      customer_id: edge.customerId,
      external_userid: edge.externalUserid,
      staff_id: edge.staffId,
      observed_at: edge.observedAt,
      read_at: edge.readAt,
      tag_ids: edge.tagIds,
    })),
  );
  const observed = sql`jsonb_to_recordset(${rows}::jsonb) as r(customer_id bigint, external_userid text, staff_id bigint,
    observed_at timestamptz, read_at timestamptz, tag_ids jsonb)`;
  await sql`
    delete from follow_tag ft using ${observed}
    where ft.customer_id = r.customer_id and ft.external_userid = r.external_userid and ft.staff_id = r.staff_id
      and not ft.is_pending and (ft.told_at is null or ft.told_at < r.read_at) and not r.tag_ids @> to_jsonb(ft.tag_id)
  `.execute(ctx.db);
  await sql`
    insert into follow_tag as ft (customer_id, external_userid, staff_id, tag_id, changed_at, read_at)
    select r.customer_id, r.external_userid, r.staff_id, tag_id::bigint, r.observed_at, r.read_at
    from ${observed} cross join jsonb_array_elements_text(r.tag_ids) as tag_id
    on conflict (customer_id, external_userid, staff_id, tag_id) do update
      set is_wanted = true, problem = null, read_at = excluded.read_at
      where not ft.is_pending and not ft.is_wanted and (ft.told_at is null or ft.told_at < excluded.read_at)
  `.execute(ctx.db);
  await refreshCustomerTags(ctx, [...new Set(edges.map((edge) => edge.customerId))]);
}

export interface TagRequest {
  readonly customerIds: readonly number[];
  readonly add: readonly number[];
  readonly remove: readonly number[];
}

/**
 * Adds and removes tags. Internal tags change at once; WeCom tags change on every active edge here, and WeCom is told
 * afterwards. Returns how many customers changed.
 */
export async function changeTags(ctx: WriteCtx, request: TagRequest): Promise<number> {
  const ids = [...new Set([...request.add, ...request.remove])];
  const tags = await ctx.db
    .selectFrom('tag as t')
    .innerJoin('tag_group as g', 'g.id', 't.group_id')
    .select(['t.id', 'g.kind'])
    .where('t.id', 'in', ids)
    .where('t.deleted_at', 'is', null)
    .execute();
  const kinds = new Map(tags.map((tag) => [tag.id, tag.kind]));
  const unknown = ids.filter((id) => !kinds.has(id));
  if (unknown.length > 0) throw new AppError('tag_unknown', { details: { tagIds: unknown } });
  const of = (list: readonly number[], kind: string) => list.filter((id) => kinds.get(id) === kind);
  const customerIds = [...new Set(request.customerIds)].sort((a, b) => a - b);
  const changed = new Set<number>();
  const note = (rows: readonly { customer_id: number }[]) => {
    for (const row of rows) changed.add(row.customer_id);
  };

  const internalAdd = of(request.add, 'internal');
  const internalRemove = of(request.remove, 'internal').filter((id) => !internalAdd.includes(id));
  note(
    (
      await sql<{ customer_id: number }>`
        insert into customer_tag (customer_id, tag_id, tagged_at)
        select c.id, t, ${ctx.now} from customer c cross join unnest(${internalAdd}::bigint[]) as t
        where c.id = any(${customerIds}) on conflict do nothing returning customer_id
      `.execute(ctx.db)
    ).rows,
  );
  note(
    (
      await sql<{ customer_id: number }>`
        delete from customer_tag where customer_id = any(${customerIds}) and tag_id = any(${internalRemove}) returning customer_id
      `.execute(ctx.db)
    ).rows,
  );
  const wecomAdd = of(request.add, 'wecom');
  const wecomRemove = of(request.remove, 'wecom').filter((id) => !wecomAdd.includes(id));
  note(await wantEdgeTags(ctx, customerIds, wecomAdd, true));
  note(await wantEdgeTags(ctx, customerIds, wecomRemove, false));
  if (wecomAdd.length + wecomRemove.length > 0) {
    await refreshCustomerTags(ctx, customerIds);
    wake(ctx, mirrorChannel);
  }
  return changed.size;
}

async function wantEdgeTags(ctx: WriteCtx, customerIds: readonly number[], tagIds: readonly number[], wanted: boolean) {
  if (tagIds.length === 0) return [];
  const { rows } = await sql<{ customer_id: number }>`
    insert into follow_tag as ft (customer_id, external_userid, staff_id, tag_id, is_wanted, is_pending, changed_at)
    select f.customer_id, f.external_userid, f.staff_id, t, ${wanted}, true, ${ctx.now}
    from follow f cross join unnest(${tagIds}::bigint[]) as t
    where f.customer_id = any(${customerIds}) and f.state = 'active'
      and (${wanted} or exists (
        select 1 from follow_tag x where x.customer_id = f.customer_id and x.external_userid = f.external_userid
          and x.staff_id = f.staff_id and x.tag_id = t
      ))
    on conflict (customer_id, external_userid, staff_id, tag_id) do update
      set is_wanted = excluded.is_wanted, is_pending = true, changed_at = excluded.changed_at, attempts = 0, problem = null
      where ft.is_wanted <> excluded.is_wanted or ft.problem is not null
    returning customer_id
  `.execute(ctx.db);
  return rows;
}

/** Tags for new edges, as their channel codes ask. Unknown and deleted tags are passed over: the code outlived them. */
export async function tagEdges(ctx: WriteCtx, edges: readonly (Edge & { tagIds: readonly number[] })[]): Promise<void> {
  const rows = edges.flatMap(({ customerId, externalUserid, staffId, tagIds }) =>
    tagIds.map((tagId) => ({
      customer_id: customerId,
      external_userid: externalUserid,
      staff_id: staffId,
      tag_id: tagId,
    })),
  );
  if (rows.length === 0) return;
  const wanted = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    as r(customer_id bigint, external_userid text, staff_id bigint, tag_id bigint)`;
  await sql`
    insert into follow_tag (customer_id, external_userid, staff_id, tag_id, is_wanted, is_pending, changed_at)
    select distinct r.customer_id, r.external_userid, r.staff_id, t.id, true, true, ${ctx.now}::timestamptz
    from ${wanted} join tag t on t.id = r.tag_id join tag_group g on g.id = t.group_id
    where t.deleted_at is null and g.kind = 'wecom'
    on conflict do nothing
  `.execute(ctx.db);
  await sql`
    insert into customer_tag (customer_id, tag_id, tagged_at)
    select distinct r.customer_id, t.id, ${ctx.now}::timestamptz from ${wanted} join tag t on t.id = r.tag_id
    where t.deleted_at is null
    on conflict do nothing
  `.execute(ctx.db);
  wake(ctx, mirrorChannel);
}

export async function listTagGroups(ctx: Ctx): Promise<Output<typeof listTags>> {
  type Group = Output<typeof listTags>['groups'][number];
  const { rows } = await sql<Group>`
    with counts as (select tag_id, count(*) as n from customer_tag group by tag_id)
    select g.id, g.name, g.kind, coalesce(json_agg(json_build_object(
      'id', t.id, 'groupId', g.id, 'name', t.name, 'customerCount', coalesce(n, 0),
      'sync', case when t.problem is not null then 'failed' when t.pending is not null then 'pending' else 'synced' end,
      'syncProblem', t.problem
    ) order by t.sort desc, t.id) filter (where t.id is not null), '[]') as tags
    from tag_group g
    left join tag t on t.group_id = g.id and t.deleted_at is null
    left join counts on counts.tag_id = t.id
    where g.deleted_at is null
    group by g.id order by g.sort desc, g.id
  `.execute(ctx.db);
  return { groups: rows };
}

export async function addTagGroup(ctx: WriteCtx, input: Input<typeof createTagGroup>): Promise<number> {
  const names = [...new Set(input.tags)];
  if (input.kind === 'wecom') await assertRoom(ctx, names.length);
  const group = await translateTaken(() =>
    ctx.db
      .insertInto('tag_group')
      .values({ name: input.name, kind: input.kind })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  const pending = input.kind === 'wecom' ? ('create' as const) : null;
  await ctx.db
    .insertInto('tag')
    .values(names.map((name) => ({ group_id: group.id, name, pending })))
    .execute();
  wake(ctx, mirrorChannel);
  await recordAudit(ctx, {
    action: 'tag_group.created',
    subjectKind: 'tag_group',
    subjectId: group.id,
    subjectName: input.name,
    after: { kind: input.kind, tags: names },
  });
  return group.id;
}

async function assertRoom(ctx: WriteCtx, more: number): Promise<void> {
  const { count } = await ctx.db
    .selectFrom('tag as t')
    .innerJoin('tag_group as g', 'g.id', 't.group_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('g.kind', '=', 'wecom')
    .where('t.deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (count + more > maxWecomTags) throw new AppError('tag_limit', { details: { limit: maxWecomTags } });
}

async function requireGroup(ctx: WriteCtx, id: number) {
  const group = await ctx.db
    .selectFrom('tag_group')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!group) throw new AppError('not_found');
  return group;
}

async function requireTag(ctx: WriteCtx, id: number) {
  const tag = await ctx.db
    .selectFrom('tag as t')
    .innerJoin('tag_group as g', 'g.id', 't.group_id')
    .select(['t.id', 't.name', 't.group_id', 't.wecom_id', 't.pending', 'g.kind'])
    .where('t.id', '=', id)
    .where('t.deleted_at', 'is', null)
    .forUpdate('t')
    .executeTakeFirst();
  if (!tag) throw new AppError('not_found');
  return tag;
}

export async function renameTagGroup(ctx: WriteCtx, input: Input<typeof updateTagGroup>): Promise<void> {
  const group = await requireGroup(ctx, input.id);
  if (group.name === input.name) return;
  await translateTaken(() =>
    ctx.db.updateTable('tag_group').set({ name: input.name }).where('id', '=', input.id).execute(),
  );
  if (group.kind === 'wecom' && group.wecom_id) {
    await ctx.db.updateTable('tag_group').set({ is_rename_pending: true }).where('id', '=', input.id).execute();
    wake(ctx, mirrorChannel);
  }
  await recordAudit(ctx, {
    action: 'tag_group.renamed',
    subjectKind: 'tag_group',
    subjectId: input.id,
    subjectName: input.name,
    before: { name: group.name },
    after: { name: input.name },
  });
}

export async function removeTagGroup(ctx: WriteCtx, id: number): Promise<void> {
  const group = await requireGroup(ctx, id);
  const tags = await ctx.db
    .selectFrom('tag')
    .select('id')
    .where('group_id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
  for (const tag of tags) await dropTag(ctx, tag.id, group.kind);
  await ctx.db.updateTable('tag_group').set({ deleted_at: ctx.now }).where('id', '=', id).execute();
  await recordAudit(ctx, {
    action: 'tag_group.deleted',
    subjectKind: 'tag_group',
    subjectId: id,
    subjectName: group.name,
  });
}

export async function addTag(ctx: WriteCtx, input: Input<typeof createTag>): Promise<number> {
  const group = await requireGroup(ctx, input.groupId);
  if (group.kind === 'wecom') await assertRoom(ctx, 1);
  const pending = group.kind === 'wecom' ? ('create' as const) : null;
  const tag = await translateTaken(() =>
    ctx.db
      .insertInto('tag')
      .values({ group_id: input.groupId, name: input.name, pending })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  wake(ctx, mirrorChannel);
  await recordAudit(ctx, {
    action: 'tag.created',
    subjectKind: 'tag',
    subjectId: tag.id,
    subjectName: input.name,
    after: { group: group.name },
  });
  return tag.id;
}

export async function renameTag(ctx: WriteCtx, input: Input<typeof updateTag>): Promise<void> {
  const tag = await requireTag(ctx, input.id);
  if (tag.name === input.name) return;
  const pending = tag.kind === 'wecom' ? (tag.wecom_id ? ('rename' as const) : ('create' as const)) : null;
  await translateTaken(() =>
    ctx.db.updateTable('tag').set({ name: input.name, pending, problem: null }).where('id', '=', input.id).execute(),
  );
  wake(ctx, mirrorChannel);
  await recordAudit(ctx, {
    action: 'tag.renamed',
    subjectKind: 'tag',
    subjectId: input.id,
    subjectName: input.name,
    before: { name: tag.name },
    after: { name: input.name },
  });
}

export async function removeTag(ctx: WriteCtx, id: number): Promise<void> {
  const tag = await requireTag(ctx, id);
  await dropTag(ctx, id, tag.kind);
  await recordAudit(ctx, { action: 'tag.deleted', subjectKind: 'tag', subjectId: id, subjectName: tag.name });
}

async function dropTag(ctx: WriteCtx, id: number, kind: string): Promise<void> {
  await ctx.db.deleteFrom('customer_tag').where('tag_id', '=', id).execute();
  await ctx.db.deleteFrom('follow_tag').where('tag_id', '=', id).execute();
  await ctx.db
    .updateTable('tag')
    .set((eb) => ({
      deleted_at: ctx.now,
      problem: null,
      pending: kind === 'wecom' ? eb.case().when('wecom_id', 'is not', null).then('delete').else(null).end() : null,
    }))
    .where('id', '=', id)
    .execute();
  if (kind === 'wecom') wake(ctx, mirrorChannel);
}

async function translateTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const name = constraintName(error);
    if (sqlState(error) === '23505' && (name === 'tag_name' || name === 'tag_group_name'))
      throw new AppError('tag_name_taken');
    throw error;
  }
}
