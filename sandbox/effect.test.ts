import { expect, test } from 'vitest';
import { dayMs } from './clock.ts';
import type { KindName } from './people/habits.ts';
import { kindNames } from './people/habits.ts';
import { noon, startBench } from './testing.ts';

const idle = { overlookTask: 1, answer: 0, noteRemark: 0, noteTag: 0, drop: 0 };

test('what a campaign does in a simulated crowd agrees with the closed form, for the touched and for the others', async () => {
  await using bench = await startBench({ seed: 'effect', staffHabits: idle });
  const { sandbox } = bench;
  const ids: string[] = [];
  for (const kind of kindNames) ids.push(...(await bench.addCustomers(600, 'linxiaoyu', kind)));
  const touched = ids.filter((_id, index) => index % 2 === 0);
  const spared = ids.filter((_id, index) => index % 2 === 1);
  // Two other messages for everybody, so that lifts overlap.
  sandbox.staffMass('linxiaoyu', '冲泡教程：水温与时间');
  await sandbox.step(noon + 2 * dayMs);
  const { msgid } = await bench.post('externalcontact/add_msg_template', {
    external_userid: touched,
    sender: 'linxiaoyu',
    text: { content: '本周全场8折，仅限三天' },
  });
  sandbox.confirmTask('linxiaoyu', msgid);
  const from = sandbox.now();
  await sandbox.step(from + dayMs);
  sandbox.staffMass('linxiaoyu', '天气转凉，注意保暖');
  const until = from + 7 * dayMs;
  await sandbox.step(until);

  const ask = (people: string[]) =>
    sandbox.effect({ messages: [msgid], people: people.map((externalUserid) => ({ externalUserid, from, until })) });
  const { people, sums } = ask(touched);
  const alone = ask(spared);

  // The number of orders is Poisson around what is expected; four standard deviations, fixed seed.
  const isNear = (happened: number, expected: number) => Math.abs(happened - expected) < 4 * Math.sqrt(expected);
  expect(sums.with.purchases).toBeGreaterThan(sums.without.purchases * 1.15);
  expect(isNear(sums.orders, sums.with.purchases)).toBe(true);
  expect(isNear(sums.caused, sums.with.purchases - sums.without.purchases)).toBe(true);
  expect(isNear(alone.sums.orders, alone.sums.with.purchases)).toBe(true);
  expect(alone.sums.with).toEqual(alone.sums.without);
  expect(alone.sums.caused).toBe(0);
  // Buyers are a sum of independent chances p, which strays by at most the root of the sum of p.
  const buyers = people.filter((one) => one.orders > 0).length;
  expect(isNear(buyers, sums.with.probability)).toBe(true);
  // An order's total spreads about as wide as its mean: one standard deviation of the sum is below twice mean × root.
  const meanFen = sums.with.spendFen / sums.with.purchases;
  expect(Math.abs(sums.spendFen - sums.with.spendFen)).toBeLessThan(4 * 2 * meanFen * Math.sqrt(sums.with.purchases));
  // The two halves were drawn from the same people: without the message they are alike.
  expect(Math.abs(sums.without.purchases / alone.sums.without.purchases - 1)).toBeLessThan(0.1);
  // Who did not read it is not changed by it.
  for (const one of people.filter((row) => row.read === 0)) expect(one.with).toEqual(one.without);
  const readers = sandbox.massMessages().tasks.find((task) => task.msgid === msgid)?.members[0]?.targets ?? [];
  expect(readers.filter((target) => target.readAt !== null).length).toBe(people.filter((one) => one.read > 0).length);
});

test('people of a kind buy, read and answer by their rates', async () => {
  const kind: KindName = 'loyal';
  await using bench = await startBench({ seed: 'rates', staffHabits: idle });
  const { sandbox } = bench;
  await bench.addCustomers(1000, 'linxiaoyu', kind);
  const rates = sandbox.habits().people[kind];
  const { msgid } = sandbox.staffMass('linxiaoyu', '您好');
  await sandbox.step(noon + dayMs);
  const targets = sandbox.massMessages().tasks.find((task) => task.msgid === msgid)?.members[0]?.targets ?? [];
  expect(targets.filter((target) => target.readAt !== null).length / 1000).toBeCloseTo(rates.readMass, 1);
  const { entries } = sandbox.orders(0, 10_000);
  const expected = 1000 * rates.purchasesPerDay;
  expect(Math.abs(entries.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
});

test('whoever has muted the member reads nothing more, and too much makes people mute or leave', async () => {
  await using bench = await startBench({
    seed: 'too much',
    staffHabits: idle,
    habits: { easily_annoyed: { leavePerDay: 0, writeLater: 0, comeBack: 0 }, loyal: { readMass: 1, leavePerDay: 0 } },
  });
  const { sandbox } = bench;
  const touchy = await bench.addCustomers(200, 'linxiaoyu', 'easily_annoyed');
  const [deaf = ''] = await bench.addCustomers(1, 'linxiaoyu', 'loyal');
  sandbox.mute(deaf, true);
  for (let day = 1; day <= 4; day++) {
    sandbox.staffMass('linxiaoyu', `第${day}天的消息`);
    await sandbox.step(noon + day * dayMs);
  }
  const { edges } = sandbox.truth();
  const annoyed = edges.filter((edge) => touchy.includes(edge.external_userid));
  const gone = annoyed.filter((edge) => edge.ended === 'customer').length;
  const muted = annoyed.filter((edge) => edge.mutedAt !== null).length;
  expect(gone).toBeGreaterThan(60);
  expect(muted).toBeGreaterThan(20);
  const readAt = (id: string) =>
    sandbox
      .massMessages()
      .tasks.flatMap((task) => task.members.flatMap((member) => member.targets))
      .filter((target) => target.id === id && target.readAt !== null);
  expect(readAt(deaf)).toEqual([]);
});

test('the orders of the shop come in order and go on where the reader was; some are given back', async () => {
  await using bench = await startBench({ seed: 'shop', staffHabits: idle });
  const { sandbox } = bench;
  const ids = await bench.addCustomers(400, 'linxiaoyu', 'loyal');
  await sandbox.step(noon + 30 * dayMs);
  const first = sandbox.orders(0, 100);
  const rest = sandbox.orders(first.last, 10_000);
  expect(first).toMatchObject({ last: 100, hasMore: true });
  expect(rest.hasMore).toBe(false);
  const entries = [...first.entries, ...rest.entries];
  expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_entry, index) => index + 1));
  const orders = entries.flatMap((entry) => (entry.kind === 'order' ? [entry.order] : []));
  const refunds = entries.flatMap((entry) => (entry.kind === 'refund' ? [entry.refund] : []));
  expect(orders.every((order) => ids.includes(order.externalUserid) && order.unionid.startsWith('o'))).toBe(true);
  expect(orders.every((order) => order.totalFen === order.lines.reduce((sum, line) => sum + line.amountFen, 0))).toBe(
    true,
  );
  expect(orders[0]).not.toHaveProperty('cause');
  expect(refunds.length).toBeGreaterThan(0);
  for (const refund of refunds) {
    const order = orders.find((one) => one.number === refund.orderNumber);
    expect(refund.at).toBeGreaterThan(order?.at ?? Number.POSITIVE_INFINITY);
    expect(refund.amountFen).toBeLessThanOrEqual(order?.totalFen ?? 0);
  }
  const byHand = sandbox.buy(ids[0] ?? '', [{ sku: 'DHP-080', quantity: 2 }]);
  expect(byHand).toMatchObject({ totalFen: 53_600, cause: null });
  expect(sandbox.ordersOf(ids[0] ?? '').at(-1)).toMatchObject({ number: byHand.number, refundedFen: 0 });
});
