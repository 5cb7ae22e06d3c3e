import type { Input, Output } from '#contract';
import type { decideConflict, listConflicts, mergeCustomers } from '#contract/customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { findCurrent, lockPeople } from './people.ts';
import { type Mover, regroup } from './regroup.ts';

/** An operator says that two customers are one person, whatever speaks against it. */
export async function mergeByHand(
  ctx: WriteCtx,
  movers: readonly Mover[],
  input: Input<typeof mergeCustomers>,
): Promise<number> {
  await lockPeople(ctx, 'alone');
  const [a, b] = await Promise.all(input.ids.map((id) => requireFirstAccount(ctx, id)));
  if (a === undefined || b === undefined || a === b) throw new AppError('merge_needs_two');
  await decide(ctx, movers, a, b, 'same');
  const customerId = await readOwner(ctx, a);
  if (customerId !== (await readOwner(ctx, b))) throw new AppError('customers_kept_apart');
  await recordAudit(ctx, {
    action: 'customer.merged',
    subjectKind: 'customer',
    subjectId: customerId,
    after: { ids: input.ids },
  });
  return customerId;
}

/** Parts what was merged: the gone customer comes back with all that came through its accounts, before and since. */
export async function undoMerge(ctx: WriteCtx, movers: readonly Mover[], mergeId: number): Promise<number> {
  await lockPeople(ctx, 'alone');
  const merge = await ctx.db
    .selectFrom('customer_merge')
    .select(['kept_id', 'gone_id', 'account_id'])
    .where('id', '=', mergeId)
    .where('undone_at', 'is', null)
    .executeTakeFirst();
  if (!merge) throw new AppError('not_found');
  const kept = await findFirstAccount(ctx, merge.kept_id);
  if (kept === undefined) throw new Error(`the customer ${merge.kept_id} of the merge ${mergeId} was never known`);
  await decide(ctx, movers, merge.account_id, kept, 'different');
  const customerId = await readOwner(ctx, merge.account_id);
  await recordAudit(ctx, {
    action: 'customer.parted',
    subjectKind: 'customer',
    subjectId: customerId,
    before: { keptId: merge.kept_id, goneId: merge.gone_id },
  });
  return customerId;
}

export async function decideByHand(
  ctx: WriteCtx,
  movers: readonly Mover[],
  input: Input<typeof decideConflict>,
): Promise<void> {
  await lockPeople(ctx, 'alone');
  const [a, b] = [Math.min(input.a, input.b), Math.max(input.a, input.b)];
  const link = await ctx.db
    .selectFrom('identity_link')
    .select('decision')
    .where('a_id', '=', a)
    .where('b_id', '=', b)
    .executeTakeFirst();
  if (!link) throw new AppError('not_found');
  if (input.decision === 'different') await decide(ctx, movers, a, b, 'different');
  // The same person: not this account alone, but all that either of the two customers is.
  else await mergeByHand(ctx, movers, { ids: [await readOwner(ctx, a), await readOwner(ctx, b)] });
  await recordAudit(ctx, {
    action: 'identity_conflict.decided',
    subjectKind: 'identity_conflict',
    subjectId: `${a} ${b}`,
    before: { decision: link.decision },
    after: { decision: input.decision },
  });
}

async function decide(
  ctx: WriteCtx,
  movers: readonly Mover[],
  one: number,
  other: number,
  decision: 'same' | 'different',
): Promise<void> {
  const decided = { decision, decided_at: ctx.now, decided_by: ctx.actor.name };
  await ctx.db
    .insertInto('identity_link')
    .values({
      a_id: Math.min(one, other),
      b_id: Math.max(one, other),
      first_at: ctx.now,
      source: 'siyu',
      verdict: 'clash',
      ...decided,
    })
    .onConflict((conflict) => conflict.columns(['a_id', 'b_id']).doUpdateSet(decided))
    .execute();
  await regroup(ctx, [one, other], movers);
}

async function requireFirstAccount(ctx: WriteCtx, customerId: number): Promise<number> {
  const account = await findFirstAccount(
    ctx,
    (await findCurrent(ctx, [customerId])).get(customerId)?.customerId ?? customerId,
  );
  if (account === undefined) throw new AppError('not_found');
  return account;
}

/** The account a customer began with, also of one that was merged away. */
async function findFirstAccount(ctx: WriteCtx, customerId: number): Promise<number | undefined> {
  const { rows } = await sql<{ id: number | null }>`
    select coalesce(
      (select coalesce(c.account_id, (select min(id) from identity i where i.customer_id = c.id)) from customer c where c.id = ${customerId}),
      (select account_id from customer_merge where gone_id = ${customerId} order by id desc limit 1)
    ) as id
  `.execute(ctx.db);
  return rows[0]?.id ?? undefined;
}

async function readOwner(ctx: WriteCtx, accountId: number): Promise<number> {
  const row = await ctx.db
    .selectFrom('identity')
    .select('customer_id')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return row.customer_id;
}

/** Links that would put two accounts of a kind of which a person has one together; browsers used by several are usual and left out. */
export async function listConflictPage(
  ctx: Ctx,
  input: Input<typeof listConflicts>,
): Promise<Output<typeof listConflicts>> {
  const cursor = decodeCursor(input.after, ['number', 'number']);
  type Row = Output<typeof listConflicts>['rows'][number];
  const side = (table: 'a' | 'b') => sql`json_build_object(
    'id', ${sql.ref(`${table}.id`)}, 'kind', ${sql.ref(`${table}.kind`)}, 'value', ${sql.ref(`${table}.value`)},
    'customerId', ${sql.ref(`${table}.customer_id`)},
    'customerName', (select name from customer c where c.id = ${sql.ref(`${table}.customer_id`)}),
    'accounts', (select json_agg(json_build_object('kind', i.kind, 'value', i.value) order by i.id)
      from identity i where i.customer_id = ${sql.ref(`${table}.customer_id`)})
  )`;
  const { rows } = await sql<Omit<Row, 'firstAt'> & { firstAt: Date; aId: number; bId: number }>`
    select l.first_at as "firstAt", l.source, l.a_id as "aId", l.b_id as "bId", ${side('a')} as a, ${side('b')} as b
    from identity_link l join identity a on a.id = l.a_id join identity b on b.id = l.b_id
    where l.verdict = 'clash' and l.decision is null and a.kind <> 'anonymous' and b.kind <> 'anonymous'
      and a.customer_id <> b.customer_id
      and (${cursor === undefined} or (l.a_id, l.b_id) > (${cursor?.[0] ?? 0}, ${cursor?.[1] ?? 0}))
    order by l.a_id, l.b_id limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.aId, row.bId]);
  return {
    next: page.next,
    rows: page.rows.map(({ aId: _a, bId: _b, firstAt, ...row }) => ({ ...row, firstAt: firstAt.toISOString() })),
  };
}
