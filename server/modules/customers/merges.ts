import type { Input, Output } from '#contract';
import type { countConflicts, decideConflict, listConflicts, mergeCustomers } from '#contract/customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { nameOfSource } from './customer.ts';
import { uniqueScope } from './partition.ts';
import { type Account, findCurrent, lockPeople } from './people.ts';
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
  // Merging would tear off an account of one that is known not to be the other's. Who means that says so of the pair.
  const apart = await findApart(ctx, await Promise.all([a, b].map((account) => readOwner(ctx, account))), [a, b]);
  if (apart) throw new AppError('customers_kept_apart', { details: apart });
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
  else {
    // The same person: not this account alone, but all that either of the two customers is.
    const ids = [await readOwner(ctx, a), await readOwner(ctx, b)];
    await takeBackDecisions(ctx, ids);
    await mergeByHand(ctx, movers, { ids });
  }
  await recordAudit(ctx, {
    action: 'identity_conflict.decided',
    subjectKind: 'identity_conflict',
    subjectId: `${a} ${b}`,
    before: { decision: link.decision },
    after: { decision: input.decision },
  });
}

const betweenCustomers = (ids: readonly number[]) => sql<boolean>`l.decision = 'different'
  and l.a_id in (select id from identity where customer_id = any(${ids}::bigint[]))
  and l.b_id in (select id from identity where customer_id = any(${ids}::bigint[]))`;

/** A pair of accounts that was decided to be different people and so keeps two customers apart; `except` is another pair. */
async function findApart(
  ctx: WriteCtx,
  ids: readonly number[],
  except: readonly number[],
): Promise<{ a: number; b: number } | undefined> {
  const { rows } = await sql<{ a: number; b: number }>`
    select l.a_id as a, l.b_id as b from identity_link l
    where ${betweenCustomers(ids)} and not (l.a_id = any(${except}::bigint[]) and l.b_id = any(${except}::bigint[]))
    order by 1, 2 limit 1
  `.execute(ctx.db);
  return rows[0];
}

async function takeBackDecisions(ctx: WriteCtx, ids: readonly number[]): Promise<void> {
  await sql`
    update identity_link l set decision = null, decided_at = null, decided_by = null where ${betweenCustomers(ids)}
  `.execute(ctx.db);
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

/**
 * What waits for somebody to decide: links that would put two accounts of a kind of which a person has one together, of
 * customers who are still two. Browsers used by several people are usual and left out.
 */
const undecided = sql<boolean>`a.kind <> 'anonymous' and b.kind <> 'anonymous' and a.customer_id <> b.customer_id`;

export async function listConflictPage(
  ctx: Ctx,
  input: Input<typeof listConflicts>,
): Promise<Output<typeof listConflicts>> {
  const cursor = decodeCursor(input.after, ['number', 'number', 'number']);
  // A forged cursor may name any number, PostgreSQL knows fewer years.
  const before = new Date(Math.min(Math.max(cursor?.[0] ?? 0, 0), Date.UTC(2200, 0)));
  type Row = Output<typeof listConflicts>['rows'][number];
  type Side = Omit<Row['a'], 'lastSeenAt'> & { lastSeenAt: string | null };
  const side = (table: 'a' | 'b') => sql`(select json_build_object(
    'id', ${sql.ref(`${table}.id`)}, 'kind', ${sql.ref(`${table}.kind`)}, 'value', ${sql.ref(`${table}.value`)},
    'customerId', c.id, 'customerName', c.name, 'isMet', c.met_at is not null,
    'accounts', (select json_agg(json_build_object('kind', i.kind, 'value', i.value) order by i.id)
      from identity i where i.customer_id = c.id),
    'lastSeenAt', (select e.occurred_at from event e where e.customer_id = c.id order by e.occurred_at desc limit 1)
  ) from customer c where c.id = ${sql.ref(`${table}.customer_id`)})`;
  const { rows } = await sql<Omit<Row, 'firstAt' | 'a' | 'b' | 'clashes'> & { firstAt: Date; a: Side; b: Side }>`
    select l.first_at as "firstAt", l.source, ${nameOfSource('l.source')} as "sourceName", ${side('a')} as a, ${side('b')} as b
    from identity_link l join identity a on a.id = l.a_id join identity b on b.id = l.b_id
    where l.verdict = 'clash' and l.decision is null and ${undecided}
      and (${cursor === undefined} or (l.first_at, l.a_id, l.b_id) < (${before}, ${cursor?.[1] ?? 0}, ${cursor?.[2] ?? 0}))
    order by l.first_at desc, l.a_id desc, l.b_id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.firstAt.getTime(), row.a.id, row.b.id]);
  const sideOf = ({ lastSeenAt, ...side }: Side) => ({
    ...side,
    lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
  });
  return {
    next: page.next,
    rows: page.rows.map(({ firstAt, a, b, ...row }) => ({
      ...row,
      a: sideOf(a),
      b: sideOf(b),
      clashes: clashesOf(a.accounts, b.accounts),
      firstAt: firstAt.toISOString(),
    })),
  };
}

function clashesOf(ofA: readonly Account[], ofB: readonly Account[]) {
  const scopes = new Map(ofB.map((account) => [uniqueScope(account), account]));
  scopes.delete(undefined);
  return ofA.flatMap((account) => {
    const other = scopes.get(uniqueScope(account));
    return other ? [{ kind: account.kind, a: account.value, b: other.value }] : [];
  });
}

/** The figure in the menu is asked for all day long: it looks at so many of the newest clashes and counts to so many. */
const countedClashes = 1000;
const countLimit = 99;

export async function countNewConflicts(ctx: Ctx): Promise<Output<typeof countConflicts>> {
  const { rows } = await sql<{ count: number; looked: number }>`
    with clash as materialized (
      select a_id, b_id from identity_link where verdict = 'clash' and decision is null
      order by first_at desc limit ${countedClashes}
    )
    select count(*) filter (where ${undecided}) as count, count(*) as looked
    from clash l join identity a on a.id = l.a_id join identity b on b.id = l.b_id
  `.execute(ctx.db);
  const { count = 0, looked = 0 } = rows[0] ?? {};
  return { count: Math.min(count, countLimit), isExact: count <= countLimit && looked < countedClashes };
}
