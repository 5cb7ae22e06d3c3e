import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign, getCampaign, getCampaignRun, launchCampaign, measureCampaignRun } from '#contract/campaigns';
import { createContent } from '#contract/content';
import { inTransaction } from '#platform/ctx';
import { sql } from '#platform/db';
import { ensureMonths } from '#platform/partitions';
import { createTestApp, drainPumps, easeCommerceTables, type TestApp } from '#testing';
import { createMeasuring } from './results.ts';
import { runPump } from './runs.ts';
import { compareMeans, compareShares, historySlope, momentsOf, type PowerSums } from './statistics.ts';

const people = 4000;
const start = new Date('2026-11-19T03:00:00Z');
const hours = (count: number) => count * 3_600_000;
const windowHours = 72;

let siyu: TestApp;
let id: number;

const setClock = (to: number) => siyu.clock.set({ realMs: Date.now(), simMs: to, speed: 0 });
const read = () => siyu.call(siyu.owner, getCampaignRun, { id, number: 1 });
const measure = () => siyu.call(siyu.owner, measureCampaignRun, { id, number: 1 });

beforeAll(async () => {
  siyu = await createTestApp();
  setClock(start.getTime());
  await easeCommerceTables(siyu.database.pool);
  const { db } = siyu.database;
  await sql`
    insert into customer (name, added_at, created_at) select '顾客' || n, ${start}, ${start} from generate_series(1, ${people}) n
  `.execute(db);
  await sql`insert into staff (wecom_userid, name, observed_at) values ('li', '李娜', ${start})`.execute(db);
  const wordings = { wecom: { text: '周末新品上架' } };
  const [a, b] = [
    await siyu.call(siyu.owner, createContent, { name: '甲', category: 'promotion', wordings }),
    await siyu.call(siyu.owner, createContent, { name: '乙', category: 'promotion', wordings }),
  ];
  ({ id } = await siyu.call(siyu.owner, createCampaign, {
    name: '周末上新',
    who: { kind: 'rule', tree: { kind: 'account_kind', values: ['wechat'] } },
    variants: [
      { part: 'A', contentId: a.id },
      { part: 'B', contentId: b.id },
    ],
    holdoutBasisPoints: 2000,
    windowHours,
    perMessageFen: 5,
    fixedFen: 10_000,
    marginBasisPoints: 4000,
  }));
  await siyu.call(siyu.owner, launchCampaign, { id });
  await drainPumps(siyu.ctx, [runPump]);
});
afterAll(() => siyu.close());

/** What the gate and the channel would do: by the customer's number, so that the numbers can be counted again here. */
async function letThrough(): Promise<void> {
  const { db } = siyu.database;
  await sql`
    update touch set decided_at = ${start}::timestamptz + (customer_id % 4) * interval '1 hour',
      state = case when customer_id % 10 = 9 then 'suppressed' when is_holdout then 'suppressed' when customer_id % 10 = 8 then 'expired' else 'delivered' end,
      reason = case when customer_id % 10 = 9 then 'give_first' when is_holdout then 'holdout' when customer_id % 10 = 8 then 'not_confirmed' end,
      settled_at = ${start}::timestamptz + interval '6 hours', staff_id = 1
    where source_id = ${id}
  `.execute(db);
}

interface Order {
  customerId: number;
  at: number;
  fen: number;
  refunded: number;
  state: string;
  currency: string;
}

/** Orders before and after; some outside the window, cancelled, given back or in another currency. */
function ordersOf(): Order[] {
  const orders: Order[] = [];
  for (let customerId = 1; customerId <= people; customerId++) {
    const usual = { customerId, fen: 5000 + (customerId % 37) * 700, refunded: 0, state: 'paid', currency: 'CNY' };
    if (customerId % 5 === 0) orders.push({ ...usual, at: start.getTime() - hours(10 + (customerId % 50)) });
    if (customerId % 7 === 0) orders.push({ ...usual, at: start.getTime() + hours(4 + (customerId % 60)) });
    if (customerId % 21 === 0) orders.push({ ...usual, at: start.getTime() + hours(5), fen: 20_000, refunded: 4000 });
    if (customerId % 11 === 0) orders.push({ ...usual, at: start.getTime() + hours(7), state: 'cancelled' });
    if (customerId % 13 === 0) orders.push({ ...usual, at: start.getTime() + hours(7), refunded: usual.fen });
    if (customerId % 17 === 0) orders.push({ ...usual, at: start.getTime() + hours(7), currency: 'USD' });
    // At the very moment of time zero, and at the very end of the window.
    if (customerId % 19 === 0) orders.push({ ...usual, at: start.getTime() + hours(customerId % 4) });
    if (customerId % 23 === 0) orders.push({ ...usual, at: start.getTime() + hours((customerId % 4) + windowHours) });
  }
  return orders;
}

async function buy(): Promise<void> {
  await sql`
    insert into shop_order (customer_id, id, shop, number, currency, state, ordered_at, total_fen, refunded_fen)
    select "customerId", row_number() over (), '天猫', (row_number() over ())::text, currency, state,
      to_timestamp(at / 1000.0), fen, refunded
    from jsonb_to_recordset(${JSON.stringify(ordersOf())}::jsonb)
      as o("customerId" bigint, at float8, fen bigint, refunded bigint, state text, currency text)
  `.execute(siyu.database.db);
}

/** The same numbers, counted person by person. */
async function countAgain(isHoldout: boolean, part: string | null) {
  const { rows } = await sql<{ customer_id: number; is_holdout: boolean; part: string }>`
    select customer_id, is_holdout, part from touch where source_id = ${id}
  `.execute(siyu.database.db);
  const orders = Map.groupBy(ordersOf(), (order) => order.customerId);
  const sums = { people: 0, ordered: 0, y: [] as number[], x: [] as number[] };
  for (const row of rows) {
    if (row.is_holdout !== isHoldout || row.customer_id % 10 === 9 || (part !== null && row.part !== part)) continue;
    const zero = start.getTime() + hours(row.customer_id % 4);
    const counted = (orders.get(row.customer_id) ?? []).filter(
      (order) => order.state !== 'cancelled' && order.currency === 'CNY' && order.fen > order.refunded,
    );
    const net = (some: Order[]) => some.reduce((sum, order) => sum + order.fen - order.refunded, 0);
    const after = counted.filter(({ at }) => at >= zero && at < zero + hours(windowHours));
    const before = counted.filter(({ at }) => at < zero && at >= zero - hours(windowHours));
    sums.people++;
    if (after.length > 0) sums.ordered++;
    sums.y.push(net(after));
    sums.x.push(net(before));
  }
  return sums;
}

const powerSums = ({ y, x }: { y: number[]; x: number[] }): PowerSums => {
  const sum = (of: (y: number, x: number) => number) => y.reduce((total, value, i) => total + of(value, x[i] ?? 0), 0);
  return {
    people: y.length,
    y: sum((a) => a),
    yy: sum((a) => a * a),
    yyy: sum((a) => a ** 3),
    x: sum((_, b) => b),
    xx: sum((_, b) => b * b),
    xxx: sum((_, b) => b ** 3),
    xy: sum((a, b) => a * b),
    xyy: sum((a, b) => a * a * b),
    xxy: sum((a, b) => a * b * b),
  };
};

describe('a run that is measured', () => {
  it('has nothing to tell while the gate has not decided', async () => {
    await measure();
    const { state, result, touches } = await read();
    expect(state).toBe('sending');
    expect(result).toMatchObject({ isFinal: false, numbers: [] });
    expect(result?.effect.comparisons[0]?.findings[0]).toMatchObject({ conclusion: 'refused', estimate: null });
    expect(touches.every((touch) => touch.state === 'planned')).toBe(true);
  });

  it('counts whom the gate let through, and those left alone whom it would have', async () => {
    await letThrough();
    await buy();
    setClock(start.getTime() + hours(200));
    await measure();
    const { state, result } = await read();
    expect(state).toBe('final');
    const treated = await countAgain(false, null);
    const control = await countAgain(true, null);
    const [overall] = result?.effect.comparisons ?? [];
    expect(overall).toMatchObject({ treatedPeople: treated.people, controlPeople: control.people });
    const ordered = overall?.findings.find(({ metric }) => metric === 'ordered');
    const shares = compareShares(
      { people: treated.people, hits: treated.ordered },
      { people: control.people, hits: control.ordered },
    );
    expect(ordered?.estimate?.value).toBeCloseTo(shares.value, 12);
    expect(ordered?.estimate?.low).toBeCloseTo(shares.low, 12);
    expect(ordered?.estimate?.pValue).toBeCloseTo(shares.pValue, 12);
  });

  it('compares amounts with what the same people had before', async () => {
    const { result } = await read();
    const first = powerSums(await countAgain(false, null));
    const second = powerSums(await countAgain(true, null));
    const theta = historySlope(first, second);
    const means = compareMeans(momentsOf(first, theta), momentsOf(second, theta));
    const amount = result?.effect.comparisons[0]?.findings.find(({ metric }) => metric === 'amount');
    expect(amount?.estimate?.value).toBeCloseTo(means.value, 6);
    expect(amount?.estimate?.low).toBeCloseTo(means.low, 6);
    expect(amount?.treated).toBeCloseTo(first.y / first.people, 6);
    expect(amount?.varianceExplained).not.toBeNull();
  });

  it('tells each variant, the funnel, staff and days', async () => {
    const { result } = await read();
    const a = await countAgain(false, 'A');
    expect(result?.effect.comparisons.map(({ part }) => part)).toEqual([null, 'A', 'B']);
    expect(result?.effect.comparisons[1]?.treatedPeople).toBe(a.people);
    expect(result?.effect.ratio.isOff).toBe(false);
    const funnel = result?.funnel.find(({ part }) => part === 'A');
    expect(funnel).toMatchObject({ allowed: a.people, ordered: a.ordered, amountFen: a.y.reduce((x, y) => x + y, 0) });
    expect(funnel?.delivered).toBeLessThan(a.people);
    const all = result?.funnel.reduce((sum, part) => sum + part.delivered, 0) ?? 0;
    expect(result?.staff).toMatchObject([{ name: '李娜', delivered: all }]);
    expect(result?.effect.money).toMatchObject({ messages: all, costFen: all * 5 + 10_000 });
    expect(result?.days.reduce((sum, day) => sum + day.delivered, 0)).toBe(all);
    expect(result?.curve.map(({ days }) => days)).toEqual([0, 1, 2, 3]);
    const overall = result?.effect.comparisons[0]?.findings[0];
    expect(result?.curve.at(-1)?.treated).toBeCloseTo(overall?.treated ?? 0, 12);
    expect(result?.curve.at(-1)?.control).toBeCloseTo(overall?.control ?? 0, 12);
  });

  it('is done, and stays as it was when it became final', async () => {
    expect((await siyu.call(siyu.owner, getCampaign, { id })).state).toBe('done');
    const before = await read();
    await sql`update shop_order set state = 'cancelled'`.execute(siyu.database.db);
    await measure();
    expect(await read()).toEqual(before);
    const pump = createMeasuring();
    expect(await pump.drain(siyu.ctx, undefined as never, { number: 0 })).toBe(0);
  });
});

describe('acts, ends and opened links', () => {
  it('count within the window only, and opened links only of this campaign', async () => {
    const { db } = siyu.database;
    setClock(start.getTime() + hours(300));
    const now = siyu.clock.now();
    const { rows } = await sql<{ id: number }>`
      insert into campaign (name, state, channel, category, draft, content_ids, created_by, created_at, updated_at, updated_by_id, run_count)
      select name, 'running', channel, category, draft, content_ids, created_by, created_at, updated_at, updated_by_id, 1
      from campaign where id = ${id} returning id
    `.execute(db);
    const other = rows[0]?.id ?? 0;
    await sql`
      insert into campaign_run (campaign_id, number, state, occasion_at, expires_at, currency)
      values (${other}, 1, 'sending', ${now}, ${now}, 'CNY')
    `.execute(db);
    await sql`
      insert into touch (customer_id, occasion_at, purpose, kind, source_id, part, channel, category, state, priority, due_at, planned_at, decided_at)
      select n, ${now}, 'x', 'campaign', ${other}, 'A', 'wecom_mass', 'promotion', 'delivered', 2, ${now}, ${now}, ${now}
      from generate_series(1, 6) n
    `.execute(db);
    const at = (hour: number) => new Date(now.getTime() + hours(hour));
    await inTransaction(siyu.ctx, (ctx) => ensureMonths(ctx, 'event', [at(0), at(windowHours)]));
    await sql`
      insert into event (customer_id, occurred_at, name, source, payload) values
        (1, ${at(1)}, 'page.viewed', 'test', '{}'),
        (2, ${at(windowHours)}, 'page.viewed', 'test', '{}'),
        (3, ${at(-1)}, 'page.viewed', 'test', '{}'),
        (4, ${at(1)}, 'segment.entered', 'test', '{}'),
        (5, ${at(1)}, 'link.opened', 'test', ${JSON.stringify({ kind: 'campaign', sourceId: other })}),
        (6, ${at(1)}, 'link.opened', 'test', ${JSON.stringify({ kind: 'campaign', sourceId: id })})
    `.execute(db);
    await sql`
      insert into follow_spell (customer_id, external_userid, staff_id, started_at, ended_at, ended_by) values
        (1, 'wm1', 1, ${at(-9)}, ${at(2)}, 'customer'), (2, 'wm2', 1, ${at(-9)}, ${at(2)}, 'staff'),
        (3, 'wm3', 1, ${at(-9)}, ${at(windowHours + 1)}, 'customer')
    `.execute(db);
    setClock(at(windowHours + 2).getTime());
    await siyu.call(siyu.owner, measureCampaignRun, { id: other, number: 1 });
    const { result } = await siyu.call(siyu.owner, getCampaignRun, { id: other, number: 1 });
    expect(result?.funnel[0]).toMatchObject({ allowed: 6, acted: 1, opened: 1, blocked: 1, ordered: 0 });
  });
});
