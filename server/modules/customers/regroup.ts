import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { storeFacts } from '#platform/facts';
import { randomToken } from '#platform/ids';
import { refreshAttributes } from './claims.ts';
import { refreshFollowFigures } from './follows.ts';
import { type AccountLink, type AccountRef, choosePeople } from './partition.ts';
import { refreshProfiles } from './profiles.ts';
import { refreshSearch } from './search.ts';
import { refreshCustomerTags } from './tags.ts';

/** Accounts go from one customer to another, and all that came through them goes with them. */
export interface PeopleMove {
  readonly from: number;
  readonly to: number;
  readonly accounts: readonly AccountRef[];
  /** All that is left of `from`, also rows that came through no account: `from` ends. */
  readonly isWhole: boolean;
  /** The account that `from` began with. */
  readonly firstAccountId: number;
}

/** Moves the rows of the tables a module owns. Called with the people lock held, so nobody else projects facts meanwhile. */
export type Mover = (ctx: WriteCtx, move: PeopleMove) => Promise<void>;

/** The mover of a table whose rows have `customer_id` and `home_id` and nothing that is unique to a customer. */
export function moveRows(table: string): Mover {
  return async (ctx, { from, to, accounts, isWhole, firstAccountId }) => {
    await sql`
      update ${sql.table(table)} set customer_id = ${to}, home_id = coalesce(home_id, ${firstAccountId})
      where customer_id = ${from} and (${isWhole} or home_id = any(${accounts.map((account) => account.id)}::bigint[]))
    `.execute(ctx.db);
  };
}

interface OwnedAccount extends AccountRef {
  readonly customerId: number;
}

/**
 * Decides anew who is who among the accounts that are linked, however far, to the given ones, and moves what belongs to
 * accounts that change hands. A customer goes on in the group that holds the account it began with; of several in one
 * group the oldest goes on. A group that holds the first account of a customer who was merged away gets that one back.
 */
export async function regroup(ctx: WriteCtx, seeds: readonly number[], movers: readonly Mover[]): Promise<void> {
  const { accounts, links } = await readComponent(ctx, seeds);
  const { groups, verdicts, shared } = choosePeople(accounts, links);
  await writeVerdicts(ctx, verdicts, shared);
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const living = await readCustomers(ctx, [...new Set(accounts.map((account) => account.customerId))]);
  const owners = await chooseOwners(ctx, groups, living, byId);
  await sql`
    update identity i set customer_id = r.customer_id
    from unnest(${[...owners.keys()]}::bigint[], ${[...owners.values()]}::bigint[]) as r(id, customer_id)
    where i.id = r.id and i.customer_id <> r.customer_id
  `.execute(ctx.db);

  const moves = movesOf(accounts, owners, living);
  if (moves.length > 0) await sql`select nextval('people_epoch')`.execute(ctx.db);
  for (const move of moves) for (const mover of movers) await mover(ctx, move);
  await tellParted(ctx, moves, living);
  const ended = [...living].flatMap(([id, { accountId }]) => ((owners.get(accountId) ?? id) === id ? [] : [id]));
  await recordMerges(ctx, ended, living, owners);
  await sql`delete from customer where id = any(${ended}::bigint[])`.execute(ctx.db);
  const touched = [...new Set([...owners.values(), ...moves.flatMap((move) => [move.from, move.to])])].filter(
    (id) => !ended.includes(id),
  );
  await refreshPeople(ctx, touched);
}

async function readComponent(
  ctx: WriteCtx,
  seeds: readonly number[],
): Promise<{ accounts: OwnedAccount[]; links: AccountLink[] }> {
  // A shared account is nobody's: what else it is linked to does not belong here.
  const component = sql`
    with recursive member(id) as (
      select unnest(${seeds}::bigint[])
      union
      select case when l.a_id = m.id then l.b_id else l.a_id end
      from member m
      join identity i on i.id = m.id and (not i.is_shared or i.id = any(${seeds}::bigint[]))
      join identity_link l on l.a_id = m.id or l.b_id = m.id
      where not i.is_shared or l.decision is not null or l.a_id = any(${seeds}::bigint[]) and l.b_id = any(${seeds}::bigint[])
    )`;
  const { rows: accounts } = await sql<OwnedAccount>`
    ${component} select i.id, i.kind, i.value, i.is_shared as "isShared", i.customer_id as "customerId"
    from identity i where i.id in (select id from member) order by i.id
  `.execute(ctx.db);
  const { rows: links } = await sql<Omit<AccountLink, 'at'> & { at: Date }>`
    select a_id as a, b_id as b, case when decision = 'same' then decided_at else first_at end as at, decision
    from identity_link
    where a_id = any(${accounts.map((account) => account.id)}) and b_id = any(${accounts.map((account) => account.id)})
  `.execute(ctx.db);
  return { accounts, links: links.map((link) => ({ ...link, at: link.at.getTime() })) };
}

interface LivingCustomer {
  readonly accountId: number;
  readonly name: string | null;
}

async function readCustomers(ctx: WriteCtx, ids: readonly number[]): Promise<Map<number, LivingCustomer>> {
  const { rows } = await sql<{ id: number; accountId: number; name: string | null }>`
    select c.id, coalesce(c.account_id, (select min(i.id) from identity i where i.customer_id = c.id)) as "accountId", c.name
    from customer c where c.id = any(${ids}::bigint[]) order by c.id for update
  `.execute(ctx.db);
  return new Map(rows.map(({ id, ...customer }) => [id, customer]));
}

/** The customer of each account from now on. */
async function chooseOwners(
  ctx: WriteCtx,
  groups: readonly (readonly number[])[],
  living: ReadonlyMap<number, LivingCustomer>,
  accounts: ReadonlyMap<number, OwnedAccount>,
): Promise<Map<number, number>> {
  const began = new Map([...living].map(([id, { accountId }]) => [accountId, id]));
  const owners = new Map<number, number>();
  const orphaned: (readonly number[])[] = [];
  for (const group of groups) {
    const customers = group.flatMap((id) => began.get(id) ?? []);
    if (customers.length === 0) orphaned.push(group);
    else for (const id of group) owners.set(id, Math.min(...customers));
  }
  for (const group of orphaned) {
    const customerId = (await bringBack(ctx, group)) ?? (await makeCustomer(ctx, group, accounts));
    for (const id of group) owners.set(id, customerId);
  }
  return owners;
}

/** A customer who was merged away and whose first account now stands for itself again. */
async function bringBack(ctx: WriteCtx, group: readonly number[]): Promise<number | undefined> {
  const merges = await ctx.db
    .selectFrom('customer_merge')
    .select(['id as mergeId', 'gone_id as id', 'account_id as accountId'])
    .where('account_id', 'in', [...group])
    .where('undone_at', 'is', null)
    .orderBy('gone_id')
    .execute();
  const [oldest, ...others] = merges;
  if (!oldest) return undefined;
  await ctx.db.updateTable('customer_merge').set({ undone_at: ctx.now }).where('id', '=', oldest.mergeId).execute();
  await sql`
    update customer_merge set kept_id = ${oldest.id} where id = any(${others.map((merge) => merge.mergeId)}::bigint[])
  `.execute(ctx.db);
  await sql`
    insert into customer (id, account_id, added_at, created_at) overriding system value
    values (${oldest.id}, ${oldest.accountId}, ${ctx.now}, ${ctx.now})
  `.execute(ctx.db);
  return oldest.id;
}

async function makeCustomer(
  ctx: WriteCtx,
  group: readonly number[],
  accounts: ReadonlyMap<number, OwnedAccount>,
): Promise<number> {
  const isOther = group.some((id) => accounts.get(id)?.kind === 'wecom' && accounts.get(id)?.value.startsWith('wo'));
  const { id } = await ctx.db
    .insertInto('customer')
    .values({
      account_id: Math.min(...group),
      kind: isOther ? 'wecom' : 'wechat',
      added_at: ctx.now,
      created_at: ctx.now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Parts of customers that go on come first: what is left of one that ends goes where its first account goes. */
function movesOf(
  accounts: readonly OwnedAccount[],
  owners: ReadonlyMap<number, number>,
  living: ReadonlyMap<number, LivingCustomer>,
): PeopleMove[] {
  const moves = new Map<string, PeopleMove & { accounts: AccountRef[] }>();
  for (const account of accounts) {
    const { customerId: from, id } = account;
    const to = owners.get(id) ?? from;
    const customer = living.get(from);
    if (to === from || !customer) continue;
    const isWhole = owners.get(customer.accountId) === to;
    const key = `${from} ${to}`;
    const move = moves.get(key) ?? { from, to, accounts: [], isWhole, firstAccountId: customer.accountId };
    move.accounts.push(account);
    moves.set(key, move);
  }
  return [...moves.values()].sort((a, b) => Number(a.isWhole) - Number(b.isWhole));
}

async function recordMerges(
  ctx: WriteCtx,
  ended: readonly number[],
  living: ReadonlyMap<number, LivingCustomer>,
  owners: ReadonlyMap<number, number>,
): Promise<void> {
  if (ended.length === 0) return;
  const rows = ended.map((id) => {
    const { accountId = 0, name = null } = living.get(id) ?? {};
    return { goneId: id, keptId: owners.get(accountId) ?? 0, accountId, name };
  });
  await ctx.db
    .insertInto('customer_merge')
    .values(
      rows.map(({ goneId, keptId, accountId, name }) => ({
        kept_id: keptId,
        gone_id: goneId,
        account_id: accountId,
        gone_name: name,
        source: ctx.actor.name,
        merged_at: ctx.now,
      })),
    )
    .execute();
  const batch = randomToken(9);
  await storeFacts(
    ctx,
    rows.map(({ goneId, keptId, name }) => ({
      source: 'siyu',
      messageId: `merge ${batch} ${goneId}`,
      name: 'customer.merged',
      subject: `customer:${keptId}`,
      occurredAt: ctx.now,
      payload: { customerId: keptId, goneId, goneName: name, by: ctx.actor.name },
    })),
  );
}

/** Customers that were not there before were part of another one. */
async function tellParted(
  ctx: WriteCtx,
  moves: readonly PeopleMove[],
  living: ReadonlyMap<number, LivingCustomer>,
): Promise<void> {
  const parted = moves.filter((move) => !living.has(move.to));
  const batch = randomToken(9);
  await storeFacts(
    ctx,
    parted.map(({ from, to }) => ({
      source: 'siyu',
      messageId: `part ${batch} ${from} ${to}`,
      name: 'customer.parted',
      subject: `customer:${to}`,
      occurredAt: ctx.now,
      payload: { customerId: to, fromId: from, by: ctx.actor.name },
    })),
  );
}

async function writeVerdicts(
  ctx: WriteCtx,
  verdicts: ReadonlyMap<AccountLink, string>,
  shared: ReadonlySet<number>,
): Promise<void> {
  const links = [...verdicts];
  await sql`
    update identity_link l set verdict = r.verdict
    from unnest(${links.map(([link]) => link.a)}::bigint[], ${links.map(([link]) => link.b)}::bigint[],
      ${links.map(([, verdict]) => verdict)}::text[]) as r(a_id, b_id, verdict)
    where l.a_id = r.a_id and l.b_id = r.b_id and l.verdict <> r.verdict
  `.execute(ctx.db);
  await sql`
    update identity set is_shared = true where id = any(${[...shared]}::bigint[]) and not is_shared
  `.execute(ctx.db);
}

/** Everything about customers that follows from rows elsewhere. */
async function refreshPeople(ctx: WriteCtx, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await refreshFollowFigures(ctx, ids);
  await refreshProfiles(ctx, ids);
  await refreshCustomerTags(ctx, ids);
  await refreshAttributes(ctx, ids);
  await refreshSearch(ctx, ids);
}
