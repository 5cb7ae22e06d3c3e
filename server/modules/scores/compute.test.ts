import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { scoreSettings } from '#contract/scores';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { sql } from '#platform/db';
import { silentLog } from '#platform/log';
import { requestCancel, startOperation } from '#platform/operations';
import { createTestDatabase } from '#testing';
import { moveScores, noteChanges, planRefresh, refreshScores } from './changes.ts';
import { computeScores, ensureComputation, runComputation } from './compute.ts';
import { readCustomerScores } from './customer.ts';
import { readPurchaseModel, readRfm, readSuperUsers } from './reports.ts';
import { changeSettings } from './settings.ts';
import { readSourceQuality } from './sources.ts';
import { createRandom, live } from './testing.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let ctx: Ctx;
const now = new Date('2026-11-21T10:00:00+08:00');

beforeAll(async () => {
  database = await createTestDatabase();
  ctx = {
    db: database.db,
    bell: database.bell,
    actor: systemActor('test'),
    now,
    log: silentLog,
    zone: 'Asia/Shanghai',
    requestId: undefined,
  };
  await database.pool.query(`
    create table if not exists event_2026 partition of event for values from ('2026-01-01') to ('2027-01-01');
    insert into staff (wecom_userid, name, state, can_follow, observed_at) values ('li', '李娜', 'active', true, '2026-01-01')`);
});
afterEach(async () => {
  await database.pool.query(`
    truncate customer, shop_order, event, touch, follow_spell, channel_code, customer_score, score_change, score_run, operation, setting
    restart identity cascade`);
});
afterAll(() => database?.drop());

const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

async function addCustomers(count: number): Promise<void> {
  await database.pool.query(
    `insert into customer (name, added_at, met_at, created_at) select '客户' || n, $1, $1, $1 from generate_series(1, $2::int) n`,
    [daysAgo(400), count],
  );
}

interface Order {
  readonly customer: number;
  readonly daysAgo: number;
  readonly total?: number;
  readonly refunded?: number;
  readonly state?: string;
  readonly currency?: string;
}

let numbers = 0;
async function addOrders(orders: readonly Order[]): Promise<void> {
  await database.pool.query(
    `insert into shop_order (customer_id, id, shop, number, currency, state, ordered_at, total_fen, refunded_fen, line_count, details,
      told, source, created_at, updated_at)
    select customer, id, 'test', id::text, currency, state, at, total, refunded, 1, '{}', '{}', 'test', at, at
    from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $7::bigint[])
      as o(customer, id, currency, state, at, total, refunded)`,
    [
      orders.map(({ customer }) => customer),
      orders.map(() => ++numbers),
      orders.map(({ currency = 'CNY' }) => currency),
      orders.map(({ state = 'paid' }) => state),
      orders.map((order) => daysAgo(order.daysAgo)),
      orders.map(({ total = 1000 }) => total),
      orders.map(({ refunded = 0 }) => refunded),
    ],
  );
}

async function addActs(customer: number, name: string, days: readonly number[]): Promise<void> {
  await database.pool.query(
    `insert into event (customer_id, occurred_at, name, source, payload)
    select $1, at, $2, 'test', '{}' from unnest($3::timestamptz[]) at`,
    [customer, name, days.map(daysAgo)],
  );
}

async function addTouch(customer: number, days: number, state = 'submitted'): Promise<void> {
  await database.pool.query(
    `insert into touch (customer_id, purpose, kind, channel, category, state, priority, due_at, occasion_at, planned_at, settled_at)
    values ($1, $2, 'campaign', 'sms', 'content', $3, 2, $4, $4, $4, $4)`,
    [customer, `touch ${++numbers}`, state, daysAgo(days)],
  );
}

async function compute(at: Ctx = ctx): Promise<number> {
  const id = await inTransaction(at, (at) => ensureComputation(at));
  await computeScores(at, id);
  return id;
}

async function scoreOf(customer: number) {
  return database.db.selectFrom('customer_score').selectAll().where('customer_id', '=', customer).executeTakeFirst();
}

const dump = async () =>
  (await database.db.selectFrom('customer_score').selectAll().orderBy('customer_id').execute()).map(
    ({ computed_at, ...row }) => row,
  );

describe('what counts', () => {
  it('refunds net out; what was given back whole, cancelled, free or of another currency is no purchase', async () => {
    await addCustomers(3);
    await addOrders([
      { customer: 1, daysAgo: 10, total: 5000, refunded: 2000 },
      { customer: 1, daysAgo: 5, total: 4000, refunded: 4000 },
      { customer: 1, daysAgo: 4, total: 9000, state: 'cancelled' },
      { customer: 1, daysAgo: 3, total: 0 },
      { customer: 1, daysAgo: 2, total: 9000, currency: 'GBP' },
      { customer: 2, daysAgo: 1, total: 9000, currency: 'GBP' },
    ]);
    await compute();
    expect(await scoreOf(1)).toMatchObject({ recency_days: 10, frequency: 1, monetary_fen: 3000 });
    expect(await scoreOf(2)).toMatchObject({
      recency_days: null,
      frequency: null,
      r: null,
      rfm_group: null,
      relation: 0,
    });
    expect((await readRfm(ctx)).run).toMatchObject({
      currency: 'CNY',
      buyers: 1,
      customers: 3,
      otherCurrencyOrders: 2,
    });
  });

  it('an order that nobody said was paid counts only while the setting says so', async () => {
    await addCustomers(1);
    await addOrders([{ customer: 1, daysAgo: 1, state: 'placed' }]);
    await compute();
    expect(await scoreOf(1)).toMatchObject({ frequency: 1 });
    await inTransaction(ctx, (ctx) => changeSettings(ctx, scoreSettings.parse({ countUnpaid: false })));
    await compute();
    expect(await scoreOf(1)).toMatchObject({ frequency: null });
  });

  it('the window holds its first day whole and nothing before; older orders leave 1-1-1', async () => {
    await addCustomers(2);
    await inTransaction(ctx, (ctx) => changeSettings(ctx, scoreSettings.parse({ rfm: { windowDays: 30 } })));
    // Today is a day of the window: its first is 29 days back, from midnight.
    await addOrders([
      { customer: 1, daysAgo: 29 + 9.9 / 24 },
      { customer: 2, daysAgo: 29 + 10.1 / 24 },
    ]);
    await compute();
    expect(await scoreOf(1)).toMatchObject({ recency_days: 29, frequency: 1 });
    expect(await scoreOf(2)).toMatchObject({ recency_days: 30, frequency: 0, monetary_fen: 0, r: 1, f: 1, m: 1 });
  });
});

describe('RFM over everybody', () => {
  it('fifths of a hundred buyers, groups and matrix that add up', async () => {
    await addCustomers(100);
    await addOrders(
      Array.from({ length: 100 }, (_, i) =>
        Array.from({ length: 1 + (i % 10) }, () => ({ customer: i + 1, daysAgo: i + 1, total: 100 * (i + 1) })),
      ).flat(),
    );
    await compute();
    const { groups, matrix, distribution, limits } = await readRfm(ctx);
    expect(distribution.map(({ recency }) => recency)).toEqual([20, 20, 20, 20, 20]);
    expect(limits?.recencyDays).toEqual([20, 40, 60, 80]);
    expect(limits?.orders).toEqual([2, 4, 6, 8]);
    const people = (rows: readonly { customers: number }[]) => rows.reduce((sum, { customers }) => sum + customers, 0);
    expect(people(groups)).toBe(100);
    expect(people(matrix)).toBe(100);
    for (const { key, customers } of groups) {
      expect(customers, String(key)).toBe(people(matrix.filter(({ group }) => group === key)));
    }
    const { curve, superUsers, superUserShare } = await readSuperUsers(ctx);
    expect(curve).toHaveLength(101);
    expect(superUserShare).toBe(superUsers / 100);
  });
});

describe('relation', () => {
  it('halves an act after the half-life, caps a day, and counts neither our doings nor what systems say', async () => {
    await addCustomers(3);
    await addActs(1, 'form.submitted', [30]);
    await addActs(2, 'form.submitted', [0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.21]);
    for (const name of ['touch.settled', 'customer.tagged', 'follow.added', 'order.paid', 'segment.entered']) {
      await addActs(3, name, [1]);
    }
    await compute();
    expect((await scoreOf(1))?.relation).toBeCloseTo((100 * 0.5) / 10.5, 6);
    expect((await scoreOf(2))?.relation).toBeCloseTo(50, 6);
    expect((await scoreOf(3))?.relation).toBe(0);
  });

  it('a reaction is an act within 72 hours after a touch that reached', async () => {
    await addCustomers(1);
    for (const days of [40, 30, 20, 10]) await addTouch(1, days);
    await addTouch(1, 5, 'failed');
    await addActs(1, 'product.viewed', [39, 26.9, 19.5, 4.9]);
    await compute();
    const { relation } = await readCustomerScores(ctx, 1);
    expect(relation).toMatchObject({ reached: 4, reacted: 2, responsiveness: 0.5, acts: 4 });
    expect(relation.medianReplyMs).toBeCloseTo(0.75 * 86_400_000, -3);
    const attention = [40, 30, 20, 10].reduce((sum, age) => sum + 0.5 ** (age / 30), 0);
    expect((await scoreOf(1))?.attention).toBeCloseTo(attention, 6);
  });
});

describe('freebie hunters and sources', () => {
  const addStay = (customer: number, code: number | null, came: number, left: number | null) =>
    database.pool.query(
      `insert into follow_spell (customer_id, external_userid, staff_id, started_at, ended_at, ended_by, code_id, is_first)
      values ($1::bigint, 'wm' || $1::bigint, 1, $2, $3, 'customer', $4, true)`,
      [customer, daysAgo(came), left === null ? null : daysAgo(left), code],
    );
  const addCode = (name: string, hook: string) =>
    database.pool.query(
      `insert into channel_code (name, source, entry, rotation, backup_staff_ids, skip_verify, tag_ids, remark_prefix, description, hook,
        welcome, state_key, slug, created_by, created_at, updated_at)
      values ($1, 'shop', 'direct', '[]', '{}', true, '{}', '', '', $2, '{}', $1, $1, 'test', $3, $3)`,
      [name, JSON.stringify({ kind: hook, text: '' }), now],
    );

  it('who takes the gift and leaves is one, with the reasons; who pays is none', async () => {
    await addCustomers(3);
    await addCode('赠品', 'gift');
    await addCode('服务', 'service');
    await addStay(1, 1, 60, 58);
    await addStay(2, 1, 60, null);
    await addOrders([{ customer: 2, daysAgo: 3 }]);
    await addStay(3, 2, 60, 58);
    await compute();
    expect(await scoreOf(1)).toMatchObject({ freebie: 75 });
    expect(await scoreOf(2)).toMatchObject({ freebie: 0 });
    expect(await scoreOf(3)).toMatchObject({ freebie: 0 });
    const { freebie } = await readCustomerScores(ctx, 1);
    expect(freebie.reasons.map(({ reason }) => reason)).toEqual(['came_for_gift', 'left_soon', 'never_answered']);
  });

  it('quality of a source counts who came 30 days ago, and is refused for few', async () => {
    await addCustomers(70);
    await database.pool.query(
      `update customer set met_at = $1, source = case when id <= 40 then 'shop' else 'ad' end`,
      [daysAgo(60)],
    );
    await database.pool.query('update customer set met_at = $1 where id > 65', [daysAgo(10)]);
    for (let id = 1; id <= 40; id++) await addStay(id, null, 60, id <= 10 ? 40 : null);
    for (let id = 1; id <= 4; id++) await addActs(id, 'product.viewed', [50]);
    await addOrders([
      { customer: 5, daysAgo: 55 },
      { customer: 5, daysAgo: 20 },
    ]);
    const { rows } = await readSourceQuality(ctx, { by: 'source', from: '2026-08-01', to: '2026-11-21' });
    expect(rows.map(({ source, people, tooNew }) => ({ source, people, tooNew }))).toEqual([
      { source: 'shop', people: 40, tooNew: 0 },
      { source: 'ad', people: 25, tooNew: 5 },
    ]);
    expect(rows[0]).toMatchObject({
      kept: { value: 0.75 },
      answered: { value: 0.1 },
      bought: { value: 0.025 },
      spendFen: null,
    });
    expect(rows[1]).toMatchObject({ kept: null, answered: null, bought: null });
  });
});

/** Enough people for a fit, living by the model. */
async function addBrand(people: number): Promise<void> {
  const random = createRandom(31);
  await addCustomers(people);
  await addOrders(
    Array.from({ length: people }, (_, i) => {
      const came = 300 - (i % 200);
      const times = [0, ...live(random, 'mbg', { r: 0.8, alpha: 25, a: 0.9, b: 2.5 }, came - 1)];
      return times.map((at) => ({ customer: i + 1, daysAgo: came - at, total: 1000 + Math.floor(random() * 5000) }));
    }).flat(),
  );
}

describe('a full computation', () => {
  it('fits, calibrates, and expects of each what the model says', async () => {
    await addBrand(600);
    await compute();
    const { report, alive, expectedOrders } = await readPurchaseModel(ctx);
    expect(report).toMatchObject({ refusal: null, buyers: 600 });
    expect(report?.holdout?.rankings.find(({ name }) => name === 'mbg_expected')?.auc).toBeGreaterThan(0.6);
    expect(alive.reduce((sum, { customers }) => sum + customers, 0)).toBe(600);
    expect(expectedOrders.reduce((sum, { customers }) => sum + customers, 0)).toBe(600);
    const { purchases } = await readCustomerScores(ctx, 7);
    const row = await scoreOf(7);
    expect(row).toMatchObject({ expected_orders: purchases.expectedOrders, p_alive: purchases.pAlive });
    expect(row?.expected_value_fen).toBeCloseTo((row?.expected_orders ?? 0) * (purchases.expectedSpendFen ?? 0), -1);
  });

  it('refuses with its reason where history is short, and leaves the scores empty', async () => {
    await addCustomers(10);
    await addOrders([{ customer: 1, daysAgo: 3 }]);
    await compute();
    expect((await readPurchaseModel(ctx)).report?.refusal).toBe('too_few_buyers');
    expect(await scoreOf(1)).toMatchObject({ expected_orders: null, p_alive: null, expected_value_fen: null });
    expect((await readCustomerScores(ctx, 1)).purchases.refusal).toBe('too_few_buyers');
  });

  it('again changes nothing, not even the time of a row', async () => {
    await addBrand(300);
    await compute();
    const before = await database.db.selectFrom('customer_score').selectAll().orderBy('customer_id').execute();
    await compute({ ...ctx, now: new Date(now.getTime() + 1000) });
    const after = await database.db.selectFrom('customer_score').selectAll().orderBy('customer_id').execute();
    expect(after).toEqual(before);
  });

  it('goes on after a crash from where it was', async () => {
    await addBrand(300);
    await compute();
    const whole = await dump();
    await database.pool.query('delete from customer_score where customer_id > 100');
    const { id: runId } = await database.db
      .selectFrom('score_run')
      .select('id')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    const operation = await inTransaction(ctx, (ctx) => startOperation(ctx, { kind: 'score.compute' }));
    await database.pool.query(`update operation set state = 'running', cursor = $2 where id = $1`, [
      operation,
      { runId, lastId: 100 },
    ]);
    await computeScores(ctx, operation);
    expect(await dump()).toEqual(whole);
    expect(await database.db.selectFrom('score_run').select('id').execute()).toHaveLength(1);
  });

  it('that fails for the last time is told as failed, before that it is tried again', async () => {
    await addCustomers(1);
    const operation = await inTransaction(ctx, (ctx) => ensureComputation(ctx));
    const stateOf = async () =>
      (await database.db.selectFrom('operation').select('state').where('id', '=', operation).executeTakeFirst())?.state;
    // A share that no settings allow stands for whatever goes wrong.
    await database.pool.query(
      `insert into setting (key, value, updated_at) values ('scores.settings', '{"superShare": 7}', $1)`,
      [now],
    );
    await expect(runComputation(ctx, { operationId: operation }, { isLast: false })).rejects.toThrow();
    expect(await stateOf()).toBe('running');
    await expect(runComputation(ctx, { operationId: operation }, { isLast: true })).rejects.toThrow();
    expect(await stateOf()).toBe('failed');
  });

  it('stops when it is asked to', async () => {
    await addCustomers(10);
    const operation = await inTransaction(ctx, (ctx) => ensureComputation(ctx));
    await inTransaction(ctx, (ctx) => requestCancel(ctx, operation));
    await computeScores(ctx, operation);
    const { rows } = await sql<{ state: string }>`select state from operation where id = ${operation}`.execute(
      database.db,
    );
    expect(rows).toEqual([{ state: 'cancelled' }]);
    expect(await dump()).toEqual([]);
  });
});

describe('what changed', () => {
  const told = (customerId: number) => ({
    customerId,
    name: 'order.placed',
    at: now,
    source: 'test',
    staffId: null,
    codeId: null,
    externalUserid: null,
    homeId: null,
    payload: {},
    receivedAt: now,
    isNews: true,
  });

  it('is scored as a full computation by the same measure would, and nobody else is touched', async () => {
    await addBrand(300);
    await compute();
    const before = await dump();
    await addOrders([{ customer: 5, daysAgo: 0.1, total: 99_000 }]);
    await addActs(6, 'product.viewed', [0.1]);
    await inTransaction(ctx, async (ctx) => {
      await noteChanges(ctx, [told(5), told(6), told(6), told(0)] as never);
    });
    await refreshScores(ctx);
    const after = await dump();
    const changed = after.filter((row, i) => JSON.stringify(row) !== JSON.stringify(before[i]));
    expect(changed.map(({ customer_id }) => customer_id)).toEqual([5, 6]);
    for (const { customer_id } of changed) {
      const live = await readCustomerScores(ctx, customer_id);
      const row = await scoreOf(customer_id);
      expect(row).toMatchObject({
        frequency: live.rfm?.orders,
        p_alive: live.purchases.pAlive,
        relation: live.relation.score,
      });
    }
    expect(await database.db.selectFrom('score_change').selectAll().execute()).toEqual([]);
  });

  it('asks for one job, and for a full computation while there was none', async () => {
    await addCustomers(2);
    await inTransaction(ctx, async (ctx) => {
      await noteChanges(ctx, [told(1)] as never);
      await planRefresh(ctx);
      await planRefresh(ctx);
    });
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from graphile_worker.jobs where task_identifier = 'score.refresh'
    `.execute(database.db);
    expect(rows[0]?.count).toBe(1);
    await refreshScores(ctx);
    const { rows: operations } = await sql<{ kind: string }>`select kind from operation`.execute(database.db);
    expect(operations).toEqual([{ kind: 'score.compute' }]);
  });

  it('of two who became one is scored under the one, and the other’s scores are gone', async () => {
    await addCustomers(2);
    await addOrders([
      { customer: 1, daysAgo: 3 },
      { customer: 2, daysAgo: 2 },
    ]);
    await compute();
    await inTransaction(ctx, async (ctx) => {
      await database.pool.query('update shop_order set customer_id = 1 where customer_id = 2');
      await database.pool.query('delete from customer where id = 2');
      await moveScores(ctx, { from: 2, to: 1 } as never);
    });
    await refreshScores(ctx);
    expect(await scoreOf(1)).toMatchObject({ frequency: 2, recency_days: 2 });
    expect(await scoreOf(2)).toBeUndefined();
  });
});
