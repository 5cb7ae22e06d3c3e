import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { lockCustomers } from './follows.ts';
import { createPeopleMemory, type PeopleMemory, refreshMemory } from './memory.ts';
import { uniqueScope } from './partition.ts';
import { type Mover, regroup } from './regroup.ts';

/** One account of a person. */
export interface Account {
  readonly kind: string;
  readonly value: string;
}

/** A fact names a person by the accounts it knows: the first is whose fact it is, the others are the same person's. */
export interface Mention {
  readonly accounts: readonly Account[];
  /** Without accounts: the customer as known when the fact was told. */
  readonly customerId?: number;
  readonly at: Date;
  readonly source: string;
}

/** Whom a mention means. `homeId` goes into the rows that the fact makes; null is the customer's first account. */
export interface Person {
  readonly customerId: number;
  readonly homeId: number | null;
}

/** A mention of nobody. */
export const nobody: Person = { customerId: 0, homeId: null };

/** How WeCom names the accounts: wm… is a WeChat user, wo… a WeCom user of another corp. */
export const wecomAccount = (externalUserid: string): Account => ({ kind: 'wecom', value: externalUserid });

const accountKey = (account: Account) => `${account.kind} ${account.value}`;

interface KnownAccount extends Account {
  id: number;
  customerId: number;
  firstAccountId: number;
  isShared: boolean;
}

interface Pair {
  readonly one: string;
  readonly other: string;
  at: Date;
  readonly source: string;
}

/** Facts are projected under this lock, shared; who moves rows between customers has it alone. */
const peopleLock = 7164004;

export async function lockPeople(ctx: WriteCtx, mode: 'shared' | 'alone'): Promise<void> {
  await (mode === 'shared'
    ? sql`select pg_advisory_xact_lock_shared(${peopleLock})`
    : sql`select pg_advisory_xact_lock(${peopleLock})`
  ).execute(ctx.db);
}

/** Somebody else changed people since they were looked up: the transaction changed nothing and is run again. */
class PeopleChanged extends Error {
  readonly code = '40001';
}

/**
 * Whom the facts of a batch speak of, one answer for each mention. Unknown accounts become customers or join the customer
 * they are named with; where evidence says that two customers are one, or no longer are, their rows are moved. To be
 * called once in a transaction, before anything else is read of customers.
 */
export async function resolvePeople(
  ctx: WriteCtx,
  mentions: readonly Mention[],
  movers: readonly Mover[],
  memory: PeopleMemory = createPeopleMemory(),
): Promise<Person[]> {
  if (mentions.every(({ accounts, customerId }) => accounts.length === 0 && customerId === undefined)) {
    return mentions.map(() => nobody);
  }
  const isOpen = (mention: Mention) => !recall(memory, mention);
  let open = mentions.filter(isOpen);
  // Whether rows have to move is looked up before the lock is taken, because a shared lock cannot become one's own.
  const needsMoves =
    open.some(({ accounts }) => accounts.length > 1) && (await plan(ctx, open, 'look')).moves.length > 0;
  await lockPeople(ctx, needsMoves ? 'alone' : 'shared');
  if (refreshMemory(memory, await readEpoch(ctx))) open = [...mentions];
  const found = await settle(ctx, open, movers, needsMoves, memory);
  const current = await findCurrent(ctx, [...new Set(mentions.flatMap(({ customerId }) => customerId ?? []))]);
  return mentions.map((mention) => {
    const [naming] = mention.accounts;
    if (!naming) return current.get(mention.customerId ?? 0) ?? nobody;
    const person = found.get(accountKey(naming)) ?? memory.people.get(accountKey(naming));
    if (!person) throw new Error(`no customer was made for the account ${accountKey(naming)}`);
    return person;
  });
}

/** Makes what is new of these mentions known, and returns whose their accounts are. */
async function settle(
  ctx: WriteCtx,
  mentions: readonly Mention[],
  movers: readonly Mover[],
  mayMove: boolean,
  memory: PeopleMemory,
): Promise<Map<string, Person>> {
  const accounts = accountsOf(mentions);
  if (accounts.length === 0) return new Map();
  const before = await findAccounts(ctx, accounts);
  const unknown = accounts.filter((account) => !before.has(accountKey(account)));
  const isPaired = mentions.some(({ accounts }) => accounts.length > 1);
  if (unknown.length === 0 && !isPaired) return remember(memory, mentions, before, new Set());
  if (unknown.length > 0) await lockAccounts(ctx, unknown);
  // Without pairs only what is unknown needs a decision.
  const news = isPaired
    ? mentions
    : mentions.filter(({ accounts }) => accounts.some((account) => !before.has(accountKey(account))));
  const { attachments, moves, fresh } = await plan(ctx, news, 'lock');
  if (moves.length > 0 && !mayMove) throw new PeopleChanged('people changed meanwhile');
  await attach(ctx, attachments, news);
  if (moves.length > 0) await move(ctx, moves, news, movers);
  else remember(memory, mentions, before, new Set(fresh.map(pairKey)));
  // Those that were there hold good, unless accounts changed hands.
  const changed = moves.length > 0 ? accounts : accountsOf(news);
  return new Map([...asPeople(before), ...asPeople(await findAccounts(ctx, changed))]);
}

const accountsOf = (mentions: readonly Mention[]) => [
  ...new Map(mentions.flatMap(({ accounts }) => accounts.map((account) => [accountKey(account), account]))).values(),
];

const asPeople = (accounts: ReadonlyMap<string, KnownAccount>) =>
  new Map([...accounts].map(([key, account]) => [key, asPerson(account)]));

function asPerson({ id, customerId, firstAccountId }: KnownAccount): Person {
  return { customerId, homeId: id === firstAccountId ? null : id };
}

const pairKey = (pair: { one: string; other: string }) => [pair.one, pair.other].sort().join('|');

/** Whether all that a mention says is remembered. */
function recall(memory: PeopleMemory, { accounts, at }: Mention): boolean {
  const keys = accounts.map(accountKey);
  if (keys.length === 1) return memory.people.has(keys[0] ?? '');
  return keys.every(
    (key, i) =>
      memory.people.has(key) &&
      (i === 0 ||
        key === keys[0] ||
        (memory.pairs.get(pairKey({ one: keys[0] ?? '', other: key })) ?? Infinity) <= at.getTime()),
  );
}

/** Remembers what was there before this transaction: what it makes is not sure until it commits. */
function remember(
  memory: PeopleMemory,
  mentions: readonly Mention[],
  before: ReadonlyMap<string, KnownAccount>,
  fresh: ReadonlySet<string>,
): Map<string, Person> {
  const people = asPeople(before);
  for (const [key, person] of people) memory.people.set(key, person);
  for (const pair of pairsOf(mentions)) {
    const key = pairKey(pair);
    if (!fresh.has(key)) memory.pairs.set(key, Math.min(pair.at.getTime(), memory.pairs.get(key) ?? Infinity));
  }
  return people;
}

/** Changes whenever accounts change hands. Read under the people lock, which whoever changes it holds alone. */
async function readEpoch(ctx: WriteCtx): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`select last_value as epoch from people_epoch`.execute(ctx.db);
  return rows[0]?.epoch ?? 0;
}

/** Each pair of accounts named together, with the earliest moment; a fact says that its first account is the others'. */
function pairsOf(mentions: readonly Mention[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { accounts, at, source } of mentions) {
    const [first, ...others] = [...new Set(accounts.map(accountKey))];
    if (first === undefined) continue;
    for (const other of others) {
      const key = pairKey({ one: first, other });
      const known = pairs.get(key);
      if (!known) pairs.set(key, { one: first, other, at, source });
      else if (at < known.at) known.at = at;
    }
  }
  return [...pairs.values()];
}

async function findAccounts(ctx: WriteCtx, accounts: readonly Account[]): Promise<Map<string, KnownAccount>> {
  const { rows } = await sql<KnownAccount>`
    select i.kind, i.value, i.id, i.customer_id as "customerId", coalesce(c.account_id, i.id) as "firstAccountId",
      i.is_shared as "isShared"
    from identity i join customer c on c.id = i.customer_id
    join unnest(${accounts.map((a) => a.kind)}::text[], ${accounts.map((a) => a.value)}::text[]) as named(kind, value)
      on named.kind = i.kind and named.value = i.value
  `.execute(ctx.db);
  return new Map(rows.map((row) => [accountKey(row), row]));
}

/**
 * The customers that ids mean today. One that was merged away since is the one it became part of, and what is said of it
 * belongs to the account it began with.
 */
export async function findCurrent(ctx: Pick<Ctx, 'db'>, ids: readonly number[]): Promise<Map<number, Person>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: number; customerId: number; homeId: number | null }>`
    with recursive way(id, at, home_id, step) as (
      select id, id, null::bigint, 0 from unnest(${ids}::bigint[]) as id
      union all
      select way.id, m.kept_id, coalesce(way.home_id, m.account_id), way.step + 1
      from way join customer_merge m on m.gone_id = way.at and m.undone_at is null where way.step < 50
    )
    select distinct on (id) id, at as "customerId", home_id as "homeId" from way order by id, step desc
  `.execute(ctx.db);
  return new Map(rows.map(({ id, ...person }) => [id, person]));
}

/** Two workers that meet the same new account wait for each other here. */
async function lockAccounts(ctx: WriteCtx, accounts: readonly Account[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hash) from (
      select distinct hashtextextended(key, 7164) as hash from unnest(${accounts.map(accountKey)}::text[]) as key order by hash
    ) as keys
  `.execute(ctx.db);
}

/** Accounts named together that nothing speaks against: they become one customer, or join the one that is known. */
interface Attachment {
  readonly accounts: readonly string[];
  readonly known: ReadonlyMap<string, KnownAccount>;
  readonly pairs: readonly Pair[];
}

/**
 * Sorts what is new into what can simply be written down and what needs a decision over all that is known of the accounts:
 * two customers, or an account of a kind that the customer has already. (A link within one customer changes no decision,
 * however old it is: whatever it brings together is together.)
 */
async function plan(
  ctx: WriteCtx,
  mentions: readonly Mention[],
  mode: 'look' | 'lock',
): Promise<{ attachments: Attachment[]; moves: Pair[][]; fresh: Pair[] }> {
  const accounts = accountsOf(mentions);
  const found = await findAccounts(ctx, accounts);
  const fresh = await findNewPairs(ctx, pairsOf(mentions), found);
  const byKey = new Map(accounts.map((account) => [accountKey(account), account]));
  const touched = new Set(fresh.flatMap((pair) => [pair.one, pair.other]));
  const seeds = [...byKey.keys()].filter((key) => touched.has(key) || !found.has(key));
  const groups = groupBy(seeds, fresh);
  const customerIds = [
    ...new Set(groups.flatMap((group) => group.keys.flatMap((key) => found.get(key)?.customerId ?? []))),
  ];
  const others = await readCustomersAccounts(ctx, customerIds, mode);
  const attachments: Attachment[] = [];
  const moves: Pair[][] = [];
  for (const group of groups) {
    const known = new Map(group.keys.flatMap((key) => (found.has(key) ? [[key, found.get(key) as KnownAccount]] : [])));
    const customers = new Set([...known.values()].map((account) => account.customerId));
    const members = new Set([...group.keys, ...[...customers].flatMap((id) => others.get(id) ?? [])]);
    const scopes = [...members].flatMap((key) => uniqueScope(accountOfKey(key)) ?? []);
    const isClear =
      customers.size <= 1 &&
      new Set(scopes).size === scopes.length &&
      ![...known.values()].some((account) => account.isShared);
    if (isClear) attachments.push({ accounts: group.keys, known, pairs: group.pairs });
    else moves.push(group.pairs);
  }
  return { attachments, moves, fresh };
}

function accountOfKey(key: string): Account {
  const at = key.indexOf(' ');
  return { kind: key.slice(0, at), value: key.slice(at + 1) };
}

/** Pairs that were not known, or not from so early on. */
async function findNewPairs(
  ctx: WriteCtx,
  pairs: readonly Pair[],
  found: ReadonlyMap<string, KnownAccount>,
): Promise<Pair[]> {
  const ids = pairs.flatMap((pair) => {
    const [a, b] = [found.get(pair.one)?.id, found.get(pair.other)?.id];
    return a !== undefined && b !== undefined ? [[Math.min(a, b), Math.max(a, b)] as const] : [];
  });
  const firsts = new Map<string, Date>();
  if (ids.length > 0) {
    const { rows } = await sql<{ a: number; b: number; at: Date }>`
      select a_id as a, b_id as b, first_at as at from identity_link
      where (a_id, b_id) in (select * from unnest(${ids.map(([a]) => a)}::bigint[], ${ids.map(([, b]) => b)}::bigint[]))
    `.execute(ctx.db);
    for (const row of rows) firsts.set(`${row.a} ${row.b}`, row.at);
  }
  return pairs.filter((pair) => {
    const [a, b] = [found.get(pair.one)?.id, found.get(pair.other)?.id];
    const first = a !== undefined && b !== undefined ? firsts.get(`${Math.min(a, b)} ${Math.max(a, b)}`) : undefined;
    return !first || pair.at < first;
  });
}

function groupBy(keys: readonly string[], pairs: readonly Pair[]): { keys: string[]; pairs: Pair[] }[] {
  const groupOf = new Map(keys.map((key) => [key, { keys: [key], pairs: [] as Pair[] }]));
  for (const pair of pairs) {
    const a = groupOf.get(pair.one);
    const b = groupOf.get(pair.other);
    if (!a || !b) throw new Error('a pair of accounts that nobody named');
    a.pairs.push(pair);
    if (a === b) continue;
    a.keys.push(...b.keys);
    a.pairs.push(...b.pairs);
    for (const key of b.keys) groupOf.set(key, a);
  }
  return [...new Set(groupOf.values())];
}

async function readCustomersAccounts(
  ctx: WriteCtx,
  customerIds: readonly number[],
  mode: 'look' | 'lock',
): Promise<Map<number, string[]>> {
  if (customerIds.length === 0) return new Map();
  // So that two workers cannot both find room for an account of a kind of which there can be one.
  if (mode === 'lock') await lockCustomers(ctx, customerIds);
  const rows = await ctx.db
    .selectFrom('identity')
    .select(['customer_id', 'kind', 'value'])
    .where('customer_id', 'in', [...customerIds])
    .execute();
  return new Map([...Map.groupBy(rows, (row) => row.customer_id)].map(([id, list]) => [id, list.map(accountKey)]));
}

async function attach(ctx: WriteCtx, attachments: readonly Attachment[], mentions: readonly Mention[]): Promise<void> {
  if (attachments.length === 0) return;
  const firsts = firstMentions(mentions);
  const newcomers = attachments.filter(({ known }) => known.size === 0);
  const made = await makeCustomers(
    ctx,
    newcomers.map(({ accounts }) => ({
      kind: accounts.some((key) => key.startsWith('wecom wo')) ? 'wecom' : 'wechat',
      seenAt: new Date(Math.min(...accounts.map((key) => firsts.get(key)?.at.getTime() ?? ctx.now.getTime()))),
    })),
  );
  const customers = new Map(newcomers.map((attachment, i) => [attachment, made[i] ?? 0]));
  const rows = attachments.flatMap((attachment) => {
    const [known] = attachment.known.values();
    const customerId = known?.customerId ?? customers.get(attachment) ?? 0;
    return attachment.accounts
      .filter((key) => !attachment.known.has(key))
      .map((key) => ({ key, customerId, isFirst: !known && key === attachment.accounts[0] }));
  });
  const ids = await insertAccounts(ctx, rows, firsts);
  await sql`
    update customer c set account_id = r.account_id
    from unnest(${made}::bigint[], ${newcomers.map(({ accounts }) => ids.get(accounts[0] ?? '') ?? 0)}::bigint[]) as r(id, account_id)
    where c.id = r.id
  `.execute(ctx.db);
  const known = new Map(attachments.flatMap(({ known }) => [...known].map(([key, account]) => [key, account.id])));
  await insertLinks(
    ctx,
    attachments.flatMap(({ pairs }) => pairs),
    (key) => ids.get(key) ?? known.get(key) ?? 0,
    'joined',
  );
}

/** Writes the accounts and links down, and decides anew who is who among all that they touch. */
async function move(
  ctx: WriteCtx,
  moves: readonly (readonly Pair[])[],
  mentions: readonly Mention[],
  movers: readonly Mover[],
): Promise<void> {
  const pairs = moves.flat();
  const keys = [...new Set(pairs.flatMap((pair) => [pair.one, pair.other]))];
  const found = await findAccounts(ctx, keys.map(accountOfKey));
  const unknown = keys.filter((key) => !found.has(key));
  const ids = await insertAccounts(
    ctx,
    unknown.map((key) => ({ key, customerId: 0 })),
    firstMentions(mentions),
  );
  const idOf = (key: string) => ids.get(key) ?? found.get(key)?.id ?? 0;
  await insertLinks(ctx, pairs, idOf, 'clash');
  await regroup(ctx, keys.map(idOf), movers);
}

function firstMentions(mentions: readonly Mention[]): Map<string, Mention> {
  const firsts = new Map<string, Mention>();
  for (const mention of mentions) {
    for (const account of mention.accounts) {
      const key = accountKey(account);
      const known = firsts.get(key);
      if (!known || mention.at < known.at) firsts.set(key, mention);
    }
  }
  return firsts;
}

async function makeCustomers(ctx: WriteCtx, customers: readonly { kind: string; seenAt: Date }[]): Promise<number[]> {
  if (customers.length === 0) return [];
  const rows = await ctx.db
    .insertInto('customer')
    .values(customers.map(({ kind, seenAt }) => ({ kind, added_at: seenAt, created_at: ctx.now })))
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

async function insertAccounts(
  ctx: WriteCtx,
  accounts: readonly { key: string; customerId: number }[],
  firsts: ReadonlyMap<string, Mention>,
): Promise<Map<string, number>> {
  if (accounts.length === 0) return new Map();
  const rows = await ctx.db
    .insertInto('identity')
    .values(
      accounts.map(({ key, customerId }) => ({
        ...accountOfKey(key),
        customer_id: customerId,
        source: firsts.get(key)?.source ?? 'siyu',
        first_seen_at: firsts.get(key)?.at ?? ctx.now,
      })),
    )
    .returning(['id', 'kind', 'value'])
    .execute();
  return new Map(rows.map((row) => [accountKey(row), row.id]));
}

async function insertLinks(
  ctx: WriteCtx,
  pairs: readonly Pair[],
  idOf: (key: string) => number,
  verdict: 'joined' | 'clash',
): Promise<void> {
  if (pairs.length === 0) return;
  const rows = pairs.map((pair) => {
    const [one, other] = [idOf(pair.one), idOf(pair.other)];
    return { a_id: Math.min(one, other), b_id: Math.max(one, other), first_at: pair.at, source: pair.source, verdict };
  });
  await sql`
    insert into identity_link as l (a_id, b_id, first_at, source, verdict)
    select a_id, b_id, first_at, source, verdict from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(a_id bigint, b_id bigint, first_at timestamptz, source text, verdict text)
    on conflict (a_id, b_id) do update set first_at = least(l.first_at, excluded.first_at)
  `.execute(ctx.db);
}
