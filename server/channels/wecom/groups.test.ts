import { afterAll, beforeAll, expect, test } from 'vitest';
import { listGroups, refreshGroups } from '#contract/wecom';
import { type Connected, connectSandbox } from '#testing';

let world: Connected;
let people: string[];
let tea: string;

beforeAll(async () => {
  world = await connectSandbox();
  people = await world.befriend('linxiaoyu', 3);
  tea = world.sandbox.createGroup({ owner: 'linxiaoyu', name: '茶友一群', members: people }).chatId;
  await world.readGroups();
});

afterAll(() => world?.close());

const list = async (input = {}) => (await world.siyu.call(world.siyu.owner, listGroups, input)).rows;

test('a group that was made is known by its callback', async () => {
  expect(await list()).toMatchObject([
    { chatId: tea, name: '茶友一群', state: 'normal', customerCount: 3, memberCount: 4, ownerUserid: 'linxiaoyu' },
  ]);
});

test('a change of its name, its owner or its members is read again', async () => {
  world.sandbox.changeGroup(tea, { name: '茶友会' });
  world.sandbox.removeGroupMembers(tea, people.slice(0, 1));
  await world.readGroups();
  expect(await list({ search: '茶友会' })).toMatchObject([{ chatId: tea, customerCount: 2 }]);
  expect(await list({ search: '%' })).toEqual([]);
});

test('groups that no callback told of are found by a reconciliation, the largest first', async () => {
  world.sandbox.clearCallback();
  const fresh = world.sandbox.createGroup({ owner: 'linxiaoyu', members: people.slice(0, 1) }).chatId;
  await world.reconcile();
  expect((await list()).map((group) => group.chatId)).toEqual([tea, fresh]);
  const first = await world.siyu.call(world.siyu.owner, listGroups, { limit: 1 });
  const second = await world.siyu.call(world.siyu.owner, listGroups, { limit: 1, after: first.next ?? '' });
  expect([first.rows[0]?.chatId, second.rows[0]?.chatId, second.next]).toEqual([tea, fresh, null]);
});

test('a group that is gone is found dismissed when its owner’s list names it no more', async () => {
  world.sandbox.dismissGroup(tea);
  await world.reconcile();
  expect((await list()).map((group) => group.chatId)).not.toContain(tea);
  expect(await list({ state: 'dismissed' })).toMatchObject([{ chatId: tea }]);
});

test('reading groups on demand is one operation at a time', async () => {
  const { owner } = world.siyu;
  const first = await world.siyu.call(owner, refreshGroups, {});
  expect(await world.siyu.call(owner, refreshGroups, {})).toEqual(first);
});

test('groups the app may not see do not keep a reconciliation from ending well', async () => {
  world.sandbox.changeCorp({ permissions: { groups: false } });
  await world.reconcile();
  const { rows } = await world.siyu.database.pool.query(
    "select state, problem from operation where kind = 'wecom.reconcile' order by id desc limit 1",
  );
  expect(rows).toEqual([{ state: 'done', problem: null }]);
});
