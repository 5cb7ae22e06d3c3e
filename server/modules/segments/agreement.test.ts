import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Condition, condition, leafKinds } from '#contract/segments';
import { type Ctx, systemActor } from '#platform/ctx';
import { addDays, dayStart } from '#platform/days';
import { silentLog } from '#platform/log';
import { type Mirror, openMirror } from '#platform/mirror';
import { createTestDatabase, easeCommerceTables, type TestDatabase } from '#testing';
import { compile, countSql, rankingSql, rankingsIn } from './compile.ts';
import { evaluateCustomer } from './evaluate.ts';
import { type Cutoff, cutoffKey, type Person, type Sizes, type World } from './kind.ts';
import { duckdb, mirrorTables, postgres } from './mirrored.ts';
import { askedBy, loadPeople } from './person.ts';
import { rankedValue, takenOf } from './sets.ts';

/**
 * One tree, three evaluators. Random trees over random people, who sit on the boundaries that trees ask about: the same
 * people are in PostgreSQL, in the mirror (built from it), and evaluated one by one.
 */

const seed = 20261124;
const treeCount = Number(process.env.SIYU_TREES ?? 1500);
const peopleCount = 120;
const zones = ['Asia/Shanghai', 'America/New_York', 'Pacific/Apia', 'Europe/London'] as const;
/** Leap days, changes of summer time, year ends; a whole second and a fraction. */
const nows = [
  '2026-11-24T03:00:00.000Z',
  '2024-02-28T16:00:00.000Z',
  '2026-03-08T07:30:00.500Z',
  '2025-01-01T00:00:00.000Z',
].map((text) => new Date(text));
const hour = 3_600_000;

/** Moments at, just before and just after what conditions ask about, seen from any of the nows. */
const moments = fc
  .tuple(
    fc.constantFrom(...nows),
    fc.constantFrom(0, 1, 2, 24, 48, 72, 168, 720, 24 * 90, -1, -24),
    fc.constantFrom(-1, 0, 1, 500),
  )
  .map(([now, hours, ms]) => new Date(now.getTime() - hours * hour + ms));

const properties = ['amount_fen', 'category', 'odd'] as const;
const names = ['order.paid', 'product.viewed', 'cart.added'] as const;
const keys = ['city', 'level', 'birthday', 'vip'] as const;
const texts = ['上海', 'coffee', "o'clock", 'tea', 'true'] as const;
const days = [
  '2024-02-29',
  '1992-02-29',
  '2026-11-24',
  '2026-11-30',
  '1990-05-21',
  '1995-12-31',
  '2026-03-08',
  '1988-10-15',
] as const;
const amounts = [0, 1, 100, 100.5, 0.1, 0.2, -50, 1e9] as const;

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, shift = 0) =>
  fc.sample(arbitrary, { seed: seed + shift, numRuns });

const people = fc.record({
  kind: fc.constantFrom('wechat', 'wecom'),
  gender: fc.constantFrom('unknown', 'male', 'female'),
  source: fc.constantFrom('shop', 'event', 'direct'),
  code: fc.option(fc.integer({ min: 1, max: 3 })),
  addedAt: moments,
  identities: fc.uniqueArray(fc.constantFrom('wecom', 'phone', 'unionid')),
  tags: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
  attributes: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom(...keys),
      value: fc.oneof(
        fc.constantFrom<unknown>(...texts),
        fc.constantFrom<unknown>(...days, '2026-02-30', ''),
        fc.constantFrom<unknown>(...amounts),
        fc.boolean(),
      ),
    }),
    { selector: (row) => row.key },
  ),
  follows: fc.uniqueArray(
    fc.record({
      staff: fc.integer({ min: 1, max: 3 }),
      state: fc.constantFrom('active', 'left_by_customer', 'removed_by_staff'),
      addedAt: moments,
      endedAt: fc.option(moments),
      code: fc.option(fc.integer({ min: 1, max: 3 })),
    }),
    { maxLength: 3, selector: (row) => row.staff },
  ),
  events: fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      at: moments,
      payload: fc.record(
        {
          amount_fen: fc.oneof(
            fc.constantFrom<unknown>(...amounts),
            fc.constantFrom<unknown>('100', null, true, [1], { a: 1 }),
          ),
          category: fc.constantFrom<unknown>(...texts, null, 7),
          odd: fc.constantFrom<unknown>(...texts, ...amounts),
        },
        { requiredKeys: [] },
      ),
    }),
    { maxLength: 6 },
  ),
  orders: fc.array(
    fc.record({
      shop: fc.constantFrom('tmall', 'own'),
      currency: fc.constantFrom('CNY', 'CNY', 'USD'),
      state: fc.constantFrom('placed', 'paid', 'completed', 'cancelled'),
      at: moments,
      total: fc.constantFrom(0, 100, 101, 5000),
      refunded: fc.constantFrom(0, 0, 100),
      lines: fc.array(
        fc.record({
          sku: fc.option(fc.constantFrom('A1', 'B2')),
          category: fc.option(fc.constantFrom('coffee', 'tea')),
          amount: fc.constantFrom(100, 50),
          refunded: fc.constantFrom(0, 50),
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 4 },
  ),
  score: fc.option(
    fc.record({
      recency_days: fc.option(fc.constantFrom(0, 7, 30)),
      monetary_fen: fc.option(fc.constantFrom(0, 100, 5000)),
      relation: fc.option(fc.constantFrom(0, 0.1, 0.3, 0.30000000000000004)),
      rfm_group: fc.option(fc.constantFrom('champions', 'lost')),
      is_super: fc.option(fc.boolean()),
    }),
  ),
  lists: fc.uniqueArray(fc.integer({ min: 1, max: 2 })),
});

const unit = fc.constantFrom('hours' as const, 'days' as const);
const span = fc.record({ amount: fc.constantFrom(1, 2, 3, 7, 24, 30, 90), unit });
const dayOrNull = fc.option(
  fc.constantFrom('2024-02-28', '2024-02-29', '2026-11-24', '2026-03-08', '2025-01-01', '2024-12-31'),
);
const between = fc.record({ kind: fc.constant('between' as const), from: dayOrNull, to: dayOrNull });
const last = span.map((value) => ({ kind: 'last' as const, ...value }));
const window = fc.oneof(fc.constant({ kind: 'ever' as const }), last, between);
const momentTest = fc.oneof(
  last,
  span.map((value) => ({ kind: 'before' as const, ...value })),
  between,
);
const op = fc.constantFrom('eq' as const, 'ne' as const, 'gt' as const, 'gte' as const, 'lt' as const, 'lte' as const);
const comparing = (...values: number[]) => {
  const value = fc.constantFrom(...values);
  return fc.oneof(fc.record({ op, value }), fc.record({ op: fc.constant('between' as const), value, to: value }));
};
const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
const filters = fc.array(
  fc.record({
    property: fc.constantFrom(...properties),
    test: fc.oneof(
      fc.record({ op: fc.constantFrom('set', 'not_set') }),
      fc.record({ op: fc.constantFrom('is_any', 'is_none'), values: some<string>(...texts) }),
      fc.record({ op: fc.constant('contains'), text: fc.constantFrom("'", 'e', '海') }),
      fc.record({ op: fc.constant('number'), compare: comparing(0, 0.1, 100, 1e9) }),
    ),
  }),
  { maxLength: 2 },
);
const name = fc.constantFrom(...names);
const orderFilter = {
  shops: fc.option(some('tmall', 'own'), { nil: undefined }),
  skus: fc.option(some('A1', 'B2'), { nil: undefined }),
  categories: fc.option(some('coffee', 'tea'), { nil: undefined }),
  currency: fc.constantFrom('CNY', 'USD'),
};
const scoreField = fc.constantFrom('recency_days', 'monetary_fen', 'relation');
const leafOf = <K extends string, T extends Record<string, fc.Arbitrary<unknown>>>(kind: K, fields: T) =>
  fc.record({ kind: fc.constant(kind), ...fields });

const leaves: Record<(typeof leafKinds)[number], fc.Arbitrary<unknown>> = {
  attribute: leafOf('attribute', {
    key: fc.constantFrom(...keys),
    test: fc.oneof(
      fc.record({ op: fc.constantFrom('set', 'not_set', 'yes', 'no') }),
      fc.record({ op: fc.constantFrom('is_any', 'is_none'), values: some<string>(...texts) }),
      fc.record({
        op: fc.constantFrom('contains', 'not_contains', 'starts_with'),
        text: fc.constantFrom('上', "o'", 't', '2'),
      }),
      fc.record({ op: fc.constant('number'), compare: comparing(0, 0.1, 0.2, 100, 1e9) }),
      between.map(({ from, to }) => ({ op: 'day_between', from, to })),
      fc.record({ op: fc.constantFrom('day_last', 'day_next'), days: fc.constantFrom(1, 7, 30) }),
      fc.record({
        op: fc.constant('birthday'),
        days: fc.constantFrom(1, 2, 7),
        calendar: fc.constantFrom('solar', 'lunar'),
      }),
      fc.record({ op: fc.constant('month'), months: some(2, 5, 11) }),
    ),
  }),
  tag: leafOf('tag', { mode: fc.constantFrom('any', 'all', 'none'), tagIds: some(1, 2, 3, 4) }),
  follow: leafOf('follow', {
    mode: fc.constantFrom('some', 'none'),
    states: fc.option(some('active', 'left_by_customer'), { nil: undefined }),
    staffIds: fc.option(some(1, 2), { nil: undefined }),
    departmentIds: fc.option(some(7, 8), { nil: undefined }),
    codeIds: fc.option(some(1, 2), { nil: undefined }),
    added: fc.option(momentTest, { nil: undefined }),
    ended: fc.option(momentTest, { nil: undefined }),
  }),
  event: fc.oneof(
    leafOf('event', { name, filters, window, measure: fc.constant({ of: 'count' }), compare: comparing(0, 1, 2, 3) }),
    leafOf('event', {
      name,
      filters,
      window,
      measure: fc.record({
        of: fc.constantFrom('sum', 'avg', 'min', 'max'),
        property: fc.constantFrom('amount_fen', 'odd'),
      }),
      compare: comparing(0, 0.3, 100, 100.25, 200),
    }),
    leafOf('event', {
      name,
      filters,
      window,
      measure: fc.constant({ of: 'distinct', property: 'category' }),
      compare: comparing(0, 1, 2),
    }),
  ),
  event_time: leafOf('event_time', { name, filters, which: fc.constantFrom('first', 'last'), test: momentTest }),
  sequence: leafOf('sequence', {
    first: fc.record({ name, filters }),
    followed: fc.boolean(),
    next: fc.record({ name, filters }),
    within: span,
    window,
  }),
  order: leafOf('order', {
    measure: fc.constantFrom('count', 'total', 'largest', 'average'),
    ...orderFilter,
    window,
    compare: comparing(0, 1, 2, 50, 100, 101),
  }),
  order_time: leafOf('order_time', { which: fc.constantFrom('first', 'last'), ...orderFilter, test: momentTest }),
  order_gap: leafOf('order_gap', { which: fc.constantFrom('average', 'latest'), compare: comparing(0, 1, 1.5, 7, 30) }),
  score: leafOf('score', { field: scoreField, compare: comparing(0, 0.3, 7, 100) }),
  rfm: leafOf('rfm', { groups: some('champions', 'lost') }),
  super_user: leafOf('super_user', { is: fc.boolean() }),
  source: leafOf('source', { values: some('shop', 'direct') }),
  gender: leafOf('gender', { values: some('male', 'female') }),
  account_kind: leafOf('account_kind', { values: some('wechat', 'wecom') }),
  code: leafOf('code', { codeIds: some(1, 2) }),
  added: leafOf('added', { test: momentTest }),
  identity: leafOf('identity', { mode: fc.constantFrom('any', 'all', 'none'), kinds: some('wecom', 'phone') }),
  bucket: leafOf('bucket', {
    seed: fc.integer({ min: 0, max: 5 }),
    from: fc.constantFrom(0, 1000),
    to: fc.constantFrom(5000, 10000),
  }),
  top: leafOf('top', {
    by: fc.oneof(
      fc.record({ of: fc.constant('score'), field: scoreField }),
      fc.record({ of: fc.constant('event_sum'), name, property: fc.constant('amount_fen'), window }),
      fc.record({ of: fc.constant('order_total'), currency: fc.constant('CNY'), window }),
    ),
    take: fc.oneof(
      fc.record({ of: fc.constant('count'), count: fc.constantFrom(1, 5, 1000) }),
      fc.record({ of: fc.constant('share'), basisPoints: fc.constantFrom(1, 1000, 5000) }),
    ),
  }),
  segment: leafOf('segment', { segmentId: fc.constantFrom(1, 2, 3) }),
  list: leafOf('list', { listId: fc.constantFrom(1, 2) }),
};

const treeOf = (leaf: fc.Arbitrary<unknown>) =>
  fc
    .letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'tree' },
        leaf,
        leafOf('all', { of: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
        leafOf('any', { of: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
        leafOf('not', { of: tie('tree') }),
      ),
    }))
    .tree.map((tree) => condition.parse(tree));

const anyLeaf = fc.oneof(...Object.values(leaves));
/** Other segments speak of no further ones, or of those before them: never round in a circle. */
const otherLeaf = fc.oneof(
  ...Object.entries(leaves).flatMap(([kind, leaf]) => (kind === 'segment' || kind === 'top' ? [] : [leaf])),
);

let database: TestDatabase;
let mirror: Mirror;
let ctx: Ctx;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await easeCommerceTables(database.pool);
  await seedPeople();
  folder = mkdtempSync(join(tmpdir(), 'siyu-mirror-'));
  const settings = { folder, databaseUrl: database.url, memoryMb: 512, threads: 2, log: silentLog };
  mirror = await openMirror(settings, mirrorTables(properties));
  await mirror.rebuild();
  ctx = {
    db: database.db,
    actor: systemActor('test'),
    now: nows[0] as Date,
    log: silentLog,
    zone: zones[0],
    requestId: undefined,
    bell: database.bell,
  };
});

afterAll(async () => {
  await mirror?.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function seedPeople(): Promise<void> {
  const { pool } = database;
  const put = (table: string, columns: string, rows: unknown[]) =>
    pool.query(
      `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(rows)],
    );
  const all = sample(people, peopleCount).map((person, i) => ({ ...person, id: i + 1 }));
  await put(
    'attribute_definition',
    'key, name, kind, choices, created_at',
    keys.map((key) => ({ key, name: key, kind: 'text', choices: [], created_at: nows[0] })),
  );
  await pool.query("insert into tag_group (kind, name) values ('internal', 'g')");
  await pool.query("insert into tag (group_id, name) select 1, 't' || i from generate_series(1, 4) i");
  await pool.query(
    "insert into segment_list (name, created_at, created_by, row_count, unknown_count) select 'l' || i, now(), '', 0, 0 from generate_series(1, 2) i",
  );
  await pool.query('create table event_all partition of event for values from (minvalue) to (maxvalue)');
  await pool.query(
    `insert into customer (id, name, kind, gender, source, code_id, added_at, created_at) overriding system value
    select id, 'x', kind, gender, source, code, "addedAt", "addedAt"
    from jsonb_to_recordset($1) as c(id bigint, kind text, gender text, source text, code bigint, "addedAt" timestamptz)`,
    [JSON.stringify(all)],
  );
  await put(
    'identity',
    'kind, value, customer_id, source, first_seen_at',
    all.flatMap(({ id, identities }) =>
      identities.map((kind) => ({ kind, value: `${kind}${id}`, customer_id: id, source: '', first_seen_at: nows[0] })),
    ),
  );
  await put(
    'customer_tag',
    'customer_id, tag_id, tagged_at',
    all.flatMap(({ id, tags }) => tags.map((tag_id) => ({ customer_id: id, tag_id, tagged_at: nows[0] }))),
  );
  await put(
    'customer_attribute',
    'customer_id, key, value, source, set_at',
    all.flatMap(({ id, attributes }) =>
      attributes.map(({ key, value }) => ({ customer_id: id, key, value, source: '', set_at: nows[0] })),
    ),
  );
  await put(
    'follow',
    'customer_id, external_userid, staff_id, state, added_at, ended_at, code_id, remark, description, remark_mobiles, is_remark_pending, remark_attempts, changes',
    all.flatMap(({ id, follows }) =>
      follows.map((edge) => ({
        customer_id: id,
        external_userid: `wm${id}`,
        staff_id: edge.staff,
        state: edge.state,
        added_at: edge.addedAt,
        ended_at: edge.endedAt,
        code_id: edge.code,
        remark: '',
        description: '',
        remark_mobiles: [],
        is_remark_pending: false,
        remark_attempts: 0,
        changes: [],
      })),
    ),
  );
  // Nobody, customer 0, has events and orders too.
  const withNobody = [
    ...all,
    { ...(all[0] as (typeof all)[number]), id: 0 },
    { ...(all[1] as (typeof all)[number]), id: 0 },
  ];
  let eventId = 0;
  await put(
    'event',
    'customer_id, occurred_at, id, name, source, payload',
    withNobody.flatMap(({ id, events }) =>
      events.map((event) => ({
        customer_id: id,
        occurred_at: event.at,
        id: ++eventId,
        name: event.name,
        source: 'test',
        payload: event.payload,
      })),
    ),
  );
  let orderId = 0;
  const orders = withNobody.flatMap(({ id, orders }) =>
    orders.map((order) => ({ ...order, customer_id: id, id: ++orderId })),
  );
  await put(
    'shop_order',
    'customer_id, id, shop, number, currency, state, ordered_at, total_fen, refunded_fen, line_count',
    orders.map((order) => ({
      ...order,
      number: String(order.id),
      ordered_at: order.at,
      total_fen: order.total,
      refunded_fen: order.refunded,
      line_count: order.lines.length,
    })),
  );
  await put(
    'order_line',
    'customer_id, order_id, line_key, sku, category, quantity, amount_fen, refunded_quantity, refunded_fen, ordered_at',
    orders.flatMap((order) =>
      order.lines.map((line, i) => ({
        customer_id: order.customer_id,
        order_id: order.id,
        line_key: String(i),
        sku: line.sku,
        category: line.category,
        quantity: 1,
        amount_fen: line.amount,
        refunded_quantity: 0,
        refunded_fen: line.refunded,
        ordered_at: order.at,
      })),
    ),
  );
  await put(
    'customer_score',
    'customer_id, computed_at, recency_days, monetary_fen, relation, rfm_group, is_super',
    all.flatMap(({ id, score }) => (score ? [{ customer_id: id, computed_at: nows[0], ...score }] : [])),
  );
  await put(
    'segment_list_member',
    'list_id, customer_id',
    all.flatMap(({ id, lists }) => lists.map((list_id) => ({ list_id, customer_id: id }))),
  );
}

const sizes: Sizes = { customers: peopleCount, tag: (id) => id * 10, event: (name) => name.length };

interface Case {
  readonly tree: Condition;
  readonly segments: ReadonlyMap<number, Condition>;
  readonly now: Date;
  readonly zone: string;
}

const cases = fc.record({
  tree: treeOf(anyLeaf),
  others: fc.tuple(treeOf(otherLeaf), treeOf(otherLeaf)),
  now: fc.constantFrom(...nows),
  zone: fc.constantFrom(...zones),
});

function caseOf({
  tree,
  others: [first, second],
  now,
  zone,
}: typeof cases extends fc.Arbitrary<infer T> ? T : never): Case {
  const third: Condition = {
    kind: 'all',
    of: [
      { kind: 'segment', segmentId: 1 },
      { kind: 'not', of: { kind: 'segment', segmentId: 2 } },
    ],
  };
  return {
    tree,
    segments: new Map([
      [1, first],
      [2, second],
      [3, third],
    ]),
    now,
    zone,
  };
}

async function worldOf({ tree, segments, now, zone }: Case, everybody: readonly Person[]) {
  const cutoffs = new Map<string, Cutoff | null>();
  const staffOfDepartment = new Map([
    [7, [1, 2]],
    [8, []],
  ]);
  const world: World = { now, zone, segments, staffOfDepartment, cutoffs };
  for (const leaf of rankingsIn(tree, segments)) {
    const ranked = everybody
      .flatMap((person) => {
        const value = rankedValue(leaf, person, world);
        return value === undefined ? [] : [{ value, customerId: person.id }];
      })
      .sort((a, b) => b.value - a.value || a.customerId - b.customerId);
    const place = takenOf(leaf, ranked.length);
    cutoffs.set(cutoffKey(leaf), ranked.length < place || place === 0 ? null : (ranked[place - 1] ?? null));
    // Both engines draw the same line.
    for (const [dialect, ask] of [
      [postgres, askPostgres],
      [duckdb, askMirror],
    ] as const) {
      const sql = rankingSql(leaf, world, dialect);
      const [count] = await ask<{ count: number }>(sql.count);
      expect(count?.count, sql.count).toBe(ranked.length);
      if (place === 0 || place > ranked.length) continue;
      const [row] = await ask<{ value: number; customer_id: number }>(sql.last(place));
      expect({ value: row?.value, customerId: row?.customer_id }, sql.last(place)).toEqual(ranked[place - 1]);
    }
  }
  return world;
}

const askPostgres = async <T>(sql: string) => (await database.pool.query(sql)).rows as T[];
const askMirror = async <T>(sql: string) => (await mirror.query(sql)) as T[];

/** What one of the engines says differently from the evaluator of one customer, or undefined. */
async function disagreement(tree: Condition, world: World, everybody: readonly Person[]): Promise<string | undefined> {
  const own = { yes: [] as number[], no: [] as number[], unknown: [] as number[] };
  for (const person of everybody) own[evaluateCustomer(tree, person, world).verdict].push(person.id);
  for (const verdict of ['yes', 'no'] as const) {
    for (const [dialect, ask] of [
      [postgres, askPostgres],
      [duckdb, askMirror],
    ] as const) {
      const compiled = compile(tree, world, sizes, dialect, verdict);
      const text = `${compiled.with}select customer_id from (${compiled.sql}) q order by customer_id`;
      const found = (await ask<{ customer_id: number }>(text)).map((row) => row.customer_id);
      if (found.join() === own[verdict].join()) continue;
      const surplus = found.filter((id) => !own[verdict].includes(id));
      const missing = own[verdict].filter((id) => !found.includes(id));
      return `${dialect.name} ${verdict}: too many [${surplus}], missing [${missing}]\n${text}`;
    }
  }
  return undefined;
}

/** The smallest part that disagrees already. */
async function narrow(
  tree: Condition,
  why: string,
  world: World,
  everybody: readonly Person[],
): Promise<[Condition, string]> {
  const parts =
    tree.kind === 'all' || tree.kind === 'any'
      ? tree.of
      : tree.kind === 'not'
        ? [tree.of]
        : tree.kind === 'segment'
          ? [world.segments.get(tree.segmentId) as Condition]
          : [];
  for (const part of parts) {
    const problem = await disagreement(part, world, everybody);
    if (problem) return narrow(part, problem, world, everybody);
  }
  return [tree, why];
}

describe('a tree of conditions', () => {
  it('knows every kind', () => {
    expect(Object.keys(leaves).sort()).toEqual([...leafKinds].sort());
  });

  it('means the same to PostgreSQL, to the mirror and to one customer', async () => {
    const all: Case[] = sample(cases, treeCount, 1).map(caseOf);
    // Each kind by itself as well, so that none hides in large trees.
    for (const [i, leaf] of Object.values(leaves).entries()) {
      const alone = fc.record({
        tree: leaf.map((tree) => condition.parse(tree)),
        others: fc.constant([] as never),
        now: fc.constantFrom(...nows),
        zone: fc.constantFrom(...zones),
      });
      const others = sample(fc.tuple(treeOf(otherLeaf), treeOf(otherLeaf)), 40, 100 + i);
      all.push(
        ...sample(alone, 40, i + 2).map((one, n) => caseOf({ ...one, others: others[n] as [Condition, Condition] })),
      );
    }
    const ids = Array.from({ length: peopleCount }, (_, i) => i + 1);
    const asked = askedBy(
      all.flatMap(({ tree, segments }) => [tree, ...segments.values()]),
      new Map(),
    );
    const everybody = await loadPeople(ctx, ids, {
      ...asked,
      events: new Map([...asked.events.keys()].map((name) => [name, [{ kind: 'ever' as const }]])),
    });
    expect(everybody).toHaveLength(peopleCount);
    let verdicts = 0;
    const tally = { yes: 0, no: 0, unknown: 0 };
    for (const one of all) {
      const world = await worldOf(one, everybody);
      const problem = await disagreement(one.tree, world, everybody);
      if (problem) {
        const [smallest, why] = await narrow(one.tree, problem, world, everybody);
        throw new Error(`at ${one.now.toISOString()} in ${one.zone}: ${JSON.stringify(smallest)}\n${why}`);
      }
      for (const person of everybody) tally[evaluateCustomer(one.tree, person, world).verdict]++;
      verdicts += everybody.length;
    }
    process.stdout.write(`agreement: ${all.length} trees, ${verdicts} verdicts ${JSON.stringify(tally)}\n`);
    expect(Math.min(tally.yes, tally.no, tally.unknown)).toBeGreaterThan(verdicts / 50);
  }, 600_000);

  it('counts whom it selects', async () => {
    const tree = condition.parse({ kind: 'tag', mode: 'any', tagIds: [1, 2] });
    const world = await worldOf({ tree, segments: new Map(), now: nows[0] as Date, zone: zones[0] }, []);
    const [expected] = await askPostgres<{ count: number }>(
      'select count(distinct customer_id) as count from customer_tag where tag_id in (1, 2)',
    );
    expect(await askMirror(countSql(compile(tree, world, sizes, duckdb)))).toEqual([expected]);
    expect(expected?.count).toBeGreaterThan(0);
  });
});

describe('the moment at which time alone changes a verdict', () => {
  it('comes no later than the change', async () => {
    const timed = sample(cases, 250, 9)
      .map(caseOf)
      .filter(({ tree, segments }) => rankingsIn(tree, segments).length === 0);
    const ids = Array.from({ length: 40 }, (_, i) => i + 1);
    const asked = askedBy(
      timed.flatMap(({ tree, segments }) => [tree, ...segments.values()]),
      new Map(),
    );
    const everybody = await loadPeople(ctx, ids, {
      ...asked,
      events: new Map([...asked.events.keys()].map((name) => [name, [{ kind: 'ever' as const }]])),
    });
    let changes = 0;
    for (const one of timed) {
      const world = await worldOf(one, everybody);
      // The hours and days that conditions of these trees speak of, and midnights.
      const later = [1, hour, 2 * hour, 24 * hour - 1, 24 * hour, 25 * hour, 72 * hour, 7 * 24 * hour].map(
        (ms) => one.now.getTime() + ms,
      );
      later.push(dayStart(addDays(one.now.toISOString().slice(0, 10), 1), one.zone).getTime());
      const ahead = later.filter((ms) => ms > one.now.getTime());
      for (const person of everybody) {
        const { verdict, changesAt } = evaluateCustomer(one.tree, person, world);
        for (const ms of ahead) {
          const then = evaluateCustomer(one.tree, person, { ...world, now: new Date(ms) }).verdict;
          if (then === verdict) continue;
          changes++;
          expect(
            changesAt,
            `${JSON.stringify(one.tree)} of ${person.id} at ${one.now.toISOString()} becomes ${then} by ${new Date(ms).toISOString()}`,
          ).toBeLessThanOrEqual(ms);
        }
      }
    }
    expect(changes).toBeGreaterThan(200);
  });
});
