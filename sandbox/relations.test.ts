import { expect, test } from 'vitest';
import type { Bench } from './testing.ts';
import { noon, startBench } from './testing.ts';

const edgeOf = (bench: Bench, id: string) => {
  const found = bench.sandbox.truth().edges.find((edge) => edge.external_userid === id);
  if (!found) throw new Error(`no edge of ${id}`);
  return found;
};

test('without verification the two are contacts at once, with it only when the member accepts', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  const { config_id } = await bench.addWay({ skip_verify: false, state: 'ch_2' });
  expect(await sandbox.scan(person.externalUserid, config_id)).toMatchObject({
    kind: 'requested',
    userid: 'linxiaoyu',
  });
  expect(sandbox.truth().edges).toEqual([]);
  expect(sandbox.accept(person.externalUserid)).toBe(true);
  expect(edgeOf(bench, person.externalUserid)).toMatchObject({ status: 'friends', state: 'ch_2', add_way: 1 });
  expect(sandbox.truth().welcomes).toMatchObject([{ changeType: 'add_external_contact' }]);
});

test('a member who is left alone accepts in simulated minutes', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  const { config_id } = await bench.addWay({ skip_verify: false });
  await sandbox.scan(person.externalUserid, config_id);
  await sandbox.step(noon + 41 * 60_000);
  expect(edgeOf(bench, person.externalUserid).status).toBe('friends');
});

test('scanning again as a friend changes nothing', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  const { config_id } = await bench.addWay();
  await sandbox.scan(person.externalUserid, config_id, { half: false });
  const before = edgeOf(bench, person.externalUserid);
  expect(await sandbox.scan(person.externalUserid, config_id)).toMatchObject({ kind: 'already', userid: 'linxiaoyu' });
  expect(edgeOf(bench, person.externalUserid)).toEqual(before);
  expect(sandbox.truth().scans[config_id]).toBe(2);
});

test('a code with several members picks each of them now and then', async () => {
  await using bench = await startBench();
  const { config_id } = await bench.addWay({ type: 2, user: ['linxiaoyu', 'chenjiaqi', 'wangzihan'] });
  await bench.sandbox.adds({ configId: config_id, count: 60, perSecond: 10_000 });
  const users = bench.sandbox.truth().edges.map((edge) => edge.userid);
  for (const userid of ['linxiaoyu', 'chenjiaqi', 'wangzihan']) {
    expect(users.filter((one) => one === userid).length).toBeGreaterThan(5);
  }
});

test('an exclusive code leads a customer back to the member they have', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  const own = await bench.addWay({ user: ['huyifan'] });
  const shared = await bench.addWay({ type: 2, user: ['linxiaoyu', 'chenjiaqi'], is_exclusive: true });
  await sandbox.scan(person.externalUserid, own.config_id);
  expect(await sandbox.scan(person.externalUserid, shared.config_id)).toMatchObject({
    kind: 'already',
    userid: 'huyifan',
  });
});

test('after the customer leaves, the member keeps card and tags; coming back starts a second spell', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  const { config_id } = await bench.addWay({ state: 'first' });
  const back = await bench.addWay({ state: 'second' });
  await sandbox.scan(person.externalUserid, config_id, { half: false });
  const tagId = sandbox.truth().tags[0]?.id ?? '';
  sandbox.staffEdit('linxiaoyu', person.externalUserid, { remark: '老客', addTagIds: [tagId] });
  await sandbox.step(noon + 60_000);
  sandbox.deleteByCustomer(person.externalUserid);
  expect(edgeOf(bench, person.externalUserid)).toMatchObject({ ended: 'customer', endedByCustomerAt: noon + 60_000 });
  expect((await bench.get('externalcontact/list', { userid: 'linxiaoyu' })).external_userid).toEqual([
    person.externalUserid,
  ]);
  expect(() => sandbox.say(person.externalUserid, '在吗')).toThrow('deleted');
  await sandbox.step(noon + 120_000);
  await sandbox.scan(person.externalUserid, back.config_id, { half: false });
  expect(edgeOf(bench, person.externalUserid)).toMatchObject({
    ended: null,
    state: 'second',
    remark: '老客',
    tags: [tagId],
    createtime: (noon + 120_000) / 1000,
    spells: [
      { startedAt: noon, endedAt: noon + 60_000, endedBy: 'customer' },
      { startedAt: noon + 120_000, endedAt: null, endedBy: null },
    ],
  });
});

test('a member who deleted the customer starts from a clean card', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson({ name: '小王' });
  const { config_id } = await bench.addWay();
  await sandbox.scan(person.externalUserid, config_id, { half: false });
  sandbox.staffEdit('linxiaoyu', person.externalUserid, { remark: '老客' });
  sandbox.staffDelete('linxiaoyu', person.externalUserid);
  expect((await bench.get('externalcontact/list', { userid: 'linxiaoyu' })).errcode).toBe(84061);
  sandbox.deleteByCustomer(person.externalUserid);
  expect(edgeOf(bench, person.externalUserid)).toMatchObject({ ended: 'both', spells: [{ endedBy: 'staff' }] });
  await sandbox.scan(person.externalUserid, config_id, { half: false });
  expect(edgeOf(bench, person.externalUserid)).toMatchObject({ ended: null, remark: '小王' });
});

test('a half add is confirmed by itself, unless the customer has left again', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const { config_id } = await bench.addWay();
  const [stays, leaves] = [sandbox.makePerson(), sandbox.makePerson()];
  for (const person of [stays, leaves]) await sandbox.scan(person.externalUserid, config_id, { half: true });
  expect(edgeOf(bench, stays.externalUserid).status).toBe('half');
  sandbox.deleteByCustomer(leaves.externalUserid);
  await sandbox.step(noon + 3 * 60_000);
  expect(edgeOf(bench, stays.externalUserid).status).toBe('friends');
  expect(edgeOf(bench, leaves.externalUserid).status).toBe('ended');
});

test('about three adds in ten come as a half first', async () => {
  await using bench = await startBench();
  const { config_id } = await bench.addWay();
  await bench.sandbox.adds({ configId: config_id, count: 400, perSecond: 100_000 });
  const half = bench.sandbox.truth().edges.filter((edge) => edge.status === 'half').length;
  expect(half).toBeGreaterThan(80);
  expect(half).toBeLessThan(160);
});

test('a code whose members have all gone adds nobody', async () => {
  await using bench = await startBench();
  const { config_id } = await bench.addWay();
  bench.sandbox.changeStaff('linxiaoyu', { status: 2 });
  const person = bench.sandbox.makePerson();
  expect(await bench.sandbox.scan(person.externalUserid, config_id)).toMatchObject({
    kind: 'refused',
    problem: 'nobody_there',
  });
});
