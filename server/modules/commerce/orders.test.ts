import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  getOrder,
  getOrderTotals,
  listOrders,
  listProducts,
  listShops,
  tellOrders,
  tellProducts,
} from '#contract/commerce';
import { listTimeline } from '#contract/customers';
import { sql } from '#platform/db';
import { createTestApp, drainPumps, projectFacts, type TestApp } from '#testing';

const at = (minute: number) => new Date(Date.UTC(2026, 9, 1, 0, minute)).toISOString();

let siyu: TestApp;
beforeAll(async () => {
  siyu = await createTestApp();
});
afterAll(() => siyu.close());

const line = (key: string, amountFen: number, quantity = 1) => ({
  key,
  sku: key,
  name: `商品${key}`,
  quantity,
  amountFen,
});

async function tell(...orders: object[]) {
  const answer = await siyu.call(siyu.owner, tellOrders, { orders: orders as never });
  await projectFacts(siyu);
  return answer;
}

async function findOrder(number: string) {
  const { rows } = await siyu.call(siyu.owner, listOrders, { search: number });
  const row = rows.find((order) => order.number === number);
  return row && siyu.call(siyu.owner, getOrder, { id: row.id });
}

async function timelineOf(customerId: number) {
  const { rows } = await siyu.call(siyu.owner, listTimeline, { id: customerId });
  return rows.map((row) => row.name).filter((name) => name.startsWith('order.'));
}

const phone = (value: string) => [{ kind: 'phone', value }];

describe('orders', () => {
  it('are told in parts, late and twice, and are on the timeline once', async () => {
    const first = {
      shop: '天猫',
      number: 'A1',
      updatedAt: at(1),
      accounts: phone('13800000001'),
      orderedAt: at(1),
      lines: [line('茶', 5000, 2), line('杯', 3000)],
    };
    expect(await tell(first)).toMatchObject({ accepted: 1, refused: 0 });
    await tell(first, { shop: '天猫', number: 'A1', updatedAt: at(2), paidAt: at(2), totalFen: 7500 });
    await tell({
      shop: '天猫',
      number: 'A1',
      updatedAt: at(90),
      refunds: [
        {
          key: 'r1',
          refundedAt: at(90),
          amountFen: 3000,
          lines: [{ key: '杯', sku: '杯', quantity: 1, amountFen: 3000 }],
        },
      ],
    });
    const order = await findOrder('A1');
    expect(order).toMatchObject({
      state: 'paid',
      totalFen: 7500,
      refundedFen: 3000,
      currency: 'CNY',
      lineCount: 2,
      refunds: [{ amountFen: 3000, lines: [{ sku: '杯' }] }],
    });
    expect(order?.lines.find((item) => item.key === '杯')).toMatchObject({ refundedQuantity: 1, refundedFen: 3000 });
    expect(await timelineOf(order?.customer?.id ?? 0)).toEqual(['order.refunded', 'order.paid', 'order.placed']);
  });

  it('are each accepted or refused by themselves, with the field that is wrong', async () => {
    const answer = await tell(
      { shop: '天猫', number: 'B1', updatedAt: at(1), totalFen: 100 },
      { shop: '天猫', number: 'B2', updatedAt: 'yesterday' },
      { shop: '天猫', number: 'B3', updatedAt: at(1), lines: [{ key: '1', sku: 'x', quantity: 1.5, amountFen: 1 }] },
      {},
    );
    expect(answer).toMatchObject({ accepted: 1, refused: 3 });
    expect(answer.outcomes.map((outcome) => outcome.problems[0]?.path)).toEqual([
      undefined,
      'updatedAt',
      'lines.0.quantity',
      'shop',
    ]);
    expect(await findOrder('B1')).toMatchObject({ customer: null, totalFen: 100 });
    expect(await findOrder('B2')).toBeUndefined();
  });

  it('of one number in two shops, and of two currencies, are kept apart', async () => {
    await tell(
      { shop: '京东', number: 'C1', updatedAt: at(1), orderedAt: at(1), totalFen: 100, currency: 'CNY' },
      { shop: 'Shopify', number: 'C1', updatedAt: at(1), orderedAt: at(1), totalFen: 900, currency: 'USD' },
      { shop: 'Shopify', number: 'C2', updatedAt: at(1), orderedAt: at(1), totalFen: 50, currency: 'EUR' },
    );
    const { rows } = await siyu.call(siyu.owner, getOrderTotals, { from: '2026-09-01', to: '2026-10-31' });
    expect(rows.filter((row) => row.shop !== '天猫')).toEqual([
      expect.objectContaining({ shop: 'Shopify', currency: 'EUR', totalFen: 50, orders: 1, buyers: 0 }),
      expect.objectContaining({ shop: 'Shopify', currency: 'USD', totalFen: 900 }),
      expect.objectContaining({ shop: '京东', currency: 'CNY', totalFen: 100 }),
    ]);
    expect((await siyu.call(siyu.owner, listShops, {})).rows.map((row) => row.name)).toEqual(
      expect.arrayContaining(['Shopify', '京东', '天猫']),
    );
  });

  it('go to the buyer whom the newest telling names, with lines and refunds', async () => {
    const order = { shop: '天猫', number: 'D1', orderedAt: at(1), lines: [line('伞', 900)] };
    await tell({ ...order, updatedAt: at(1), refunds: [{ key: 'r', refundedAt: at(1), amountFen: 1 }] });
    expect(await findOrder('D1')).toMatchObject({ customer: null });
    await tell({ shop: '天猫', number: 'D1', updatedAt: at(5), accounts: phone('13800000005') });
    const now = await findOrder('D1');
    expect(now).toMatchObject({
      customer: { id: expect.any(Number) },
      lines: [{ key: '伞' }],
      refunds: [{ key: 'r' }],
    });
    // An older word on whose it is changes nothing.
    await tell({ shop: '天猫', number: 'D1', updatedAt: at(3), accounts: phone('13800000006') });
    expect(await findOrder('D1')).toMatchObject({ customer: now?.customer });
    const { rows } = await sql<{ n: number }>`
      select (select count(*) from order_line where customer_id = 0 and sku = '伞') + (select count(*) from refund where customer_id = 0) as n
    `.execute(siyu.database.db);
    expect(rows[0]?.n).toBe(0);
  });

  it('follow their people when two customers turn out to be one', async () => {
    await tell({
      shop: '天猫',
      number: 'E1',
      updatedAt: at(1),
      orderedAt: at(1),
      accounts: phone('13800000007'),
      totalFen: 10,
    });
    await tell({
      shop: '天猫',
      number: 'E2',
      updatedAt: at(2),
      orderedAt: at(2),
      accounts: [{ kind: 'email', value: 'e@siyu.test' }],
      totalFen: 20,
    });
    await tell({
      shop: '天猫',
      number: 'E3',
      updatedAt: at(3),
      orderedAt: at(3),
      accounts: [...phone('13800000007'), { kind: 'email', value: 'e@siyu.test' }],
      totalFen: 30,
    });
    const [one, two, three] = [await findOrder('E1'), await findOrder('E2'), await findOrder('E3')];
    expect(one?.customer?.id).toBeGreaterThan(0);
    expect([two?.customer?.id, three?.customer?.id]).toEqual([one?.customer?.id, one?.customer?.id]);
    const { rows } = await siyu.call(siyu.owner, listOrders, { customer: one?.customer?.id });
    expect(rows.map((row) => row.number)).toEqual(['E3', 'E2', 'E1']);
  });

  it('are the same whatever the order and the batches in which they were told', async () => {
    let round = 0;
    const part = fc.record(
      {
        minute: fc.integer({ min: 1, max: 9 }),
        accounts: fc.constantFrom(phone('13900000001'), phone('13900000002'), []),
        orderedAt: fc.constantFrom(at(1), at(2)),
        paidAt: fc.constant(at(3)),
        totalFen: fc.nat({ max: 1000 }),
        areLinesAll: fc.boolean(),
        lines: fc.constantFrom([line('a', 100)], [line('a', 200), line('b', 5)]),
        refunds: fc.constantFrom(
          [{ key: 'r1', amountFen: 7 }],
          [{ key: 'r2', lines: [{ key: 'z', sku: 'a', quantity: 1, amountFen: 3 }] }],
        ),
      },
      { requiredKeys: ['minute'] },
    );
    const read = async (number: string) => {
      const order = await findOrder(number);
      const { id: _, number: __, source: ___, customer, ...rest } = order as NonNullable<typeof order>;
      return { ...rest, lines: rest.lines.map(({ productId: _, ...item }) => item), customer: customer?.id ?? null };
    };
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 2, maxLength: 5 }), fc.nat({ max: 3 }), async (parts, cut) => {
        round++;
        const tellings = (number: string) =>
          parts.map(({ minute, ...rest }) => ({ shop: 'P', number, updatedAt: at(minute), ...rest }));
        await tell(...tellings(`F${round}x`));
        const other = tellings(`F${round}y`).reverse();
        await tell(...other.slice(0, cut + 1));
        if (other.length > cut + 1) await tell(...other.slice(cut + 1));
        expect(await read(`F${round}y`)).toEqual(await read(`F${round}x`));
      }),
      { numRuns: 40 },
    );
  });

  it('told of by several workers at once are neither lost nor doubled', async () => {
    const numbers = Array.from({ length: 60 }, (_, i) => `G${i}`);
    const tellings = numbers.flatMap((number, i) =>
      [1, 2, 3].map((minute) => ({
        shop: '并发',
        number,
        updatedAt: at(minute),
        orderedAt: at(1),
        accounts: [{ kind: 'shop_user', value: `并发:${(i + minute) % 7}` }],
        lines: [line(`g${(i + minute) % 5}`, minute * 100)],
        refunds: [{ key: `r${minute}`, refundedAt: at(minute), amountFen: minute }],
      })),
    );
    await siyu.call(siyu.owner, tellOrders, { orders: tellings });
    const pumps = siyu.app.modules
      .flatMap((module) => module.pumps ?? [])
      .filter((pump) => pump.name.startsWith('events.project'));
    await Promise.all([1, 2, 3].map(() => drainPumps(siyu.ctx, pumps)));
    await projectFacts(siyu);
    const { rows } = await sql<{ orders: number; refunded: number; events: number }>`
      select count(*) as orders, sum(refunded_fen) as refunded,
        (select count(*) from event where name like 'order.%' and payload ->> 'shop' = '并发') as events
      from shop_order where shop = '并发'
    `.execute(siyu.database.db);
    expect(rows[0]).toEqual({ orders: 60, refunded: 60 * 6, events: 60 * 4 });
  });

  it('of other advisers’ customers are kept from an adviser', async () => {
    const adviser = await siyu.signIn('adviser');
    expect((await siyu.call(adviser, listOrders, {})).rows).toEqual([]);
    const order = await findOrder('A1');
    expect((await siyu.ask(adviser, getOrder, { id: order?.id ?? 0 })).status).toBe(404);
  });
});

describe('products', () => {
  it('are called as in the newest order, until a catalogue tells of them', async () => {
    const sold = (number: string, minute: number, name: string) => ({
      shop: '产品',
      number,
      updatedAt: at(minute),
      orderedAt: at(minute),
      lines: [{ key: '1', sku: 'P-1', name, quantity: 2, amountFen: minute * 100 }],
    });
    await tell(sold('H2', 20, '新名'), sold('H1', 10, '旧名'));
    const read = async () => (await siyu.call(siyu.owner, listProducts, { shop: '产品' })).rows[0];
    expect(await read()).toMatchObject({ name: '新名', priceFen: 1000, soldCount: 4, isCatalogued: false });
    const answer = await siyu.call(siyu.owner, tellProducts, {
      products: [
        { shop: '产品', sku: 'P-1', updatedAt: at(5), name: '目录名', priceFen: 800, currency: 'CNY' },
        { shop: '产品' },
      ],
    });
    expect(answer).toMatchObject({ accepted: 1, refused: 1 });
    await tell(sold('H3', 30, '更新的名'));
    expect(await read()).toMatchObject({ name: '目录名', priceFen: 800, soldCount: 6, isCatalogued: true });
    for (const search of ['目录', 'p-1', 'P-1 目']) {
      expect((await siyu.call(siyu.owner, listProducts, { search })).rows.map((row) => row.sku)).toEqual(['P-1']);
    }
    expect((await siyu.call(siyu.owner, listProducts, { search: '旧名' })).rows).toEqual([]);
  });

  it('are not made for postage and discounts', async () => {
    await tell({
      shop: '产品',
      number: 'I1',
      updatedAt: at(1),
      orderedAt: at(1),
      lines: [{ key: '1', sku: 'POST', name: '运费', quantity: 1, amountFen: 800, isProduct: false }],
    });
    expect(await findOrder('I1')).toMatchObject({ totalFen: 800, lines: [{ sku: 'POST', productId: null }] });
    expect((await siyu.call(siyu.owner, listProducts, { search: '运费' })).rows).toEqual([]);
  });
});
