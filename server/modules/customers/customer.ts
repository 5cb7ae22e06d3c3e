import type { Input, Output } from '#contract';
import type { getCustomer, listTimeline, setRemark, tagCustomers } from '#contract/customers';
import { customerFilter } from '#contract/customers';
import { recordAudit } from '#organization';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { storeFacts } from '#platform/facts';
import { randomToken } from '#platform/ids';
import { endOperation, reportProgress, resumeOperation, startOperation } from '#platform/operations';
import { decodeCursor, toPage } from '#platform/paging';
import { countFiltered, readRows, selectIds, visibleIds } from './list.ts';
import { findCurrent } from './people.ts';
import { refreshSearch } from './search.ts';
import { changeTags, mirrorChannel } from './tags.ts';

/** One customer as the 360 page shows it; not_found also for one the actor may not see. */
export async function readCustomer(ctx: Ctx, id: number): Promise<Output<typeof getCustomer>> {
  const { customerId } = (await findCurrent(ctx, [id])).get(id) ?? { customerId: id };
  if (customerId !== id) return readCustomer(ctx, customerId);
  await requireVisible(ctx, id);
  const [row] = await readRows(ctx, [id]);
  if (!row) throw new AppError('not_found');
  type Customer = Output<typeof getCustomer>;
  const person = await ctx.db
    .selectFrom('customer')
    .select(['position', 'created_at', 'observed_at'])
    .select((eb) =>
      eb
        .selectFrom('event')
        .whereRef('event.customer_id', '=', 'customer.id')
        .select(eb.fn.countAll<number>().as('n'))
        .as('events'),
    )
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const identities = await ctx.db
    .selectFrom('identity')
    .select(['kind', 'value', 'first_seen_at', 'source', nameOfSource('identity.source').as('sourceName')])
    .where('customer_id', '=', id)
    .orderBy('first_seen_at')
    .orderBy('kind')
    .execute();
  const follows = await sql<
    Omit<Customer['follows'][number], 'addedAt' | 'endedAt'> & { addedAt: Date; endedAt: Date | null }
  >`
    select f.staff_id as "staffId", s.name as "staffName", s.avatar as "staffAvatar", f.external_userid as "externalUserid",
      f.state, f.added_at as "addedAt", f.ended_at as "endedAt", f.add_way as "addWay", f.remark, f.description,
      f.remark_mobiles as "remarkMobiles",
      (select json_build_object('id', cc.id, 'name', cc.name) from channel_code cc where cc.id = f.code_id) as code
    from follow f join staff s on s.id = f.staff_id where f.customer_id = ${id} order by f.state <> 'active', f.added_at
  `.execute(ctx.db);
  const tags = await sql<Customer['allTags'][number]>`
    select t.id, t.name, g.name as "groupName", g.kind,
      case when bool_or(ft.problem is not null) then 'failed' when bool_or(ft.is_pending) then 'pending' else 'synced' end as sync,
      max(ft.problem) as problem
    from customer_tag ct join tag t on t.id = ct.tag_id join tag_group g on g.id = t.group_id
    left join follow_tag ft on ft.customer_id = ct.customer_id and ft.tag_id = ct.tag_id
    where ct.customer_id = ${id} group by t.id, g.id order by g.sort desc, g.id, t.id
  `.execute(ctx.db);
  const attributes = await ctx.db
    .selectFrom('customer_attribute')
    .selectAll()
    .select(nameOfSource('customer_attribute.source').as('sourceName'))
    .where('customer_id', '=', id)
    .orderBy('key')
    .execute();
  const merges = await ctx.db
    .selectFrom('customer_merge')
    .select(['id', 'gone_id', 'gone_name', 'merged_at', 'source'])
    .where('kept_id', '=', id)
    .where('undone_at', 'is', null)
    .orderBy('id')
    .execute();
  return {
    ...row,
    merges: merges.map((merge) => ({
      id: merge.id,
      goneId: merge.gone_id,
      goneName: merge.gone_name,
      at: merge.merged_at.toISOString(),
      by: merge.source,
    })),
    position: person.position,
    firstSeenAt: person.created_at.toISOString(),
    observedAt: person.observed_at?.toISOString() ?? null,
    eventCount: person.events ?? 0,
    identities: identities.map((identity) => ({
      kind: identity.kind,
      value: identity.value,
      since: identity.first_seen_at.toISOString(),
      source: identity.source,
      sourceName: identity.sourceName,
    })),
    follows: follows.rows.map((follow) => ({
      ...follow,
      addedAt: follow.addedAt.toISOString(),
      endedAt: follow.endedAt?.toISOString() ?? null,
    })),
    allTags: tags.rows,
    attributes: attributes.map((attribute) => ({
      key: attribute.key,
      value: attribute.value as Customer['attributes'][number]['value'],
      source: attribute.source,
      sourceName: attribute.sourceName,
      setAt: attribute.set_at.toISOString(),
      setBy: attribute.set_by,
    })),
  };
}

/** The name of the brand's own system that told something; null when it was not one of these. */
export function nameOfSource(column: string) {
  return sql<string | null>`(select s.name from source s where ${sql.ref(column)} = 'source.' || s.id)`;
}

export async function requireVisible(ctx: Ctx, id: number): Promise<void> {
  const visible = await visibleIds(ctx, [id]);
  if (visible.length === 0) throw new AppError('not_found');
}

export async function readTimeline(ctx: Ctx, input: Input<typeof listTimeline>): Promise<Output<typeof listTimeline>> {
  await requireVisible(ctx, input.id);
  const cursor = decodeCursor(input.after, ['number', 'number']);
  // Times of events have milliseconds; a forged cursor may name any number, PostgreSQL knows fewer years.
  const before = new Date(Math.min(Math.max(cursor?.[0] ?? 0, 0), Date.UTC(2200, 0)));
  const { rows } = await sql<{
    id: number;
    at: Date;
    name: string;
    staff: { id: number; name: string } | null;
    code: { id: number; name: string } | null;
    source: string;
    sourceName: string | null;
    payload: Record<string, unknown>;
  }>`
    select e.id, e.occurred_at as at, e.name, e.payload, e.source, ${nameOfSource('e.source')} as "sourceName",
      (select json_build_object('id', s.id, 'name', s.name) from staff s where s.id = e.staff_id) as staff,
      (select json_build_object('id', cc.id, 'name', cc.name) from channel_code cc where cc.id = e.code_id) as code
    from event e
    where e.customer_id = ${input.id}
      and (${cursor === undefined} or (e.occurred_at, e.id) < (${before}, ${cursor?.[1] ?? 0}))
    order by e.occurred_at desc, e.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.at.getTime(), row.id]);
  return {
    next: page.next,
    rows: page.rows.map(({ payload, at, ...row }) => ({ ...row, at: at.toISOString(), details: payload })),
  };
}

/** A remark on one follow; WeCom is told afterwards. */
export async function changeRemark(ctx: WriteCtx, input: Input<typeof setRemark>): Promise<void> {
  await requireVisible(ctx, input.id);
  const { actor } = ctx;
  // A remark is what one staff member reads in his own list: an adviser changes his own, not a colleague's.
  if (actor.kind !== 'system' && actor.role === 'adviser' && actor.staffId !== input.staffId) {
    throw new AppError('not_allowed');
  }
  const before = await ctx.db
    .selectFrom('follow')
    .select(['external_userid', 'remark', 'description'])
    .where('customer_id', '=', input.id)
    .where('staff_id', '=', input.staffId)
    .where('state', '=', 'active')
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  const after = { remark: input.remark, description: input.description ?? before.description };
  await ctx.db
    .updateTable('follow')
    .set({ ...after, remark_prefix: null, is_remark_pending: true, remark_attempts: 0, remark_problem: null })
    .where('customer_id', '=', input.id)
    .where('external_userid', '=', before.external_userid)
    .where('staff_id', '=', input.staffId)
    .execute();
  await refreshSearch(ctx, [input.id]);
  wake(ctx, mirrorChannel);
  await recordAudit(ctx, {
    action: 'customer.remark_changed',
    subjectKind: 'customer',
    subjectId: input.id,
    before: { remark: before.remark, description: before.description },
    after,
  });
}

/** Chosen customers at once; a whole filter as long work. */
export async function tagSelection(
  ctx: WriteCtx,
  input: Input<typeof tagCustomers>,
): Promise<Output<typeof tagCustomers>> {
  if (input.customerIds) {
    const ids = await visibleIds(ctx, input.customerIds);
    const changed = await tagAndTell(ctx, ids, input);
    await recordAudit(ctx, {
      action: 'customer.tagged',
      subjectKind: 'customer',
      subjectId: ids.length === 1 ? (ids[0] ?? 0) : `${ids.length}`,
      after: { add: input.add, remove: input.remove, customerIds: ids },
    });
    return { changed, operationId: null };
  }
  const filter = input.filter ?? { tagMode: 'any' as const };
  const { actor } = ctx;
  // Long work runs without a person at it: an adviser, who sees only his own, chooses customers instead.
  if (actor.kind === 'system' || actor.role === 'adviser') throw new AppError('not_allowed');
  const { count, isExact } = await countFiltered(ctx, filter);
  const operationId = await startOperation(ctx, {
    kind: 'customer.tag',
    input: { filter, add: input.add, remove: input.remove },
    ...(isExact ? { totalCount: count } : {}),
  });
  await recordAudit(ctx, {
    action: 'customer.tagged',
    subjectKind: 'operation',
    subjectId: operationId,
    after: { add: input.add, remove: input.remove, filter },
  });
  return { changed: 0, operationId };
}

export async function tagAndTell(
  ctx: WriteCtx,
  ids: readonly number[],
  tags: { add: readonly number[]; remove: readonly number[] },
) {
  if (ids.length === 0) return 0;
  const changed = await changeTags(ctx, { customerIds: ids, add: tags.add, remove: tags.remove });
  const names = await tagNames(ctx, [...tags.add, ...tags.remove]);
  const batch = randomToken(9);
  await storeFacts(
    ctx,
    ids.map((id) => ({
      source: 'siyu',
      messageId: `tag ${batch} ${id}`,
      name: 'customer.tagged',
      subject: `customer:${id}`,
      occurredAt: ctx.now,
      payload: {
        customerId: id,
        added: tags.add.map((tag) => names.get(tag)),
        removed: tags.remove.map((tag) => names.get(tag)),
        by: ctx.actor.name,
      },
    })),
  );
  return changed;
}

async function tagNames(ctx: Ctx, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('tag')
    .select(['id', 'name'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.id, row.name]));
}

const batchSize = 500;

/** The job behind a tagging of a whole filter: batches in the order of ids, each with its progress in one transaction. */
export async function runTagging(ctx: Ctx, operationId: number): Promise<void> {
  const operation = await resumeOperation(ctx, operationId);
  if (!operation) return;
  const input = operation.input as { filter: unknown; add: number[]; remove: number[] };
  const filter = customerFilter.parse(input.filter);
  let { lastId = 0 } = operation.cursor as { lastId?: number };
  let doneCount = operation.done_count;
  let changedCount = (operation.summary as { changed?: number }).changed ?? 0;
  for (;;) {
    const goesOn = await inTransaction(ctx, async (ctx) => {
      const ids = await selectIds(ctx, filter, lastId, batchSize);
      if (ids.length === 0) return false;
      changedCount += await tagAndTell(ctx, ids, input);
      doneCount += ids.length;
      lastId = ids.at(-1) ?? lastId;
      return reportProgress(ctx, operationId, { cursor: { lastId }, doneCount, summary: { changed: changedCount } });
    });
    if (!goesOn) break;
  }
  const { cancel_requested } = await ctx.db
    .selectFrom('operation')
    .select('cancel_requested')
    .where('id', '=', operationId)
    .executeTakeFirstOrThrow();
  await endOperation(ctx, operationId, { state: cancel_requested ? 'cancelled' : 'done' });
}
