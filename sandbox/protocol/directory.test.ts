import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from '#sandbox/testing';
import { startBench } from '#sandbox/testing';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

test('a member is read without what new apps may not see', async () => {
  const member = await bench.get('user/get', { userid: 'linxiaoyu' });
  expect(member).toMatchObject({
    errcode: 0,
    userid: 'linxiaoyu',
    name: '林晓雨',
    department: [2],
    gender: '0',
    status: 1,
  });
  expect(member).not.toHaveProperty('mobile');
  expect(member).not.toHaveProperty('avatar');
  expect(member.is_leader_in_dept).toEqual([1]);
});

test('userids are unique without regard to case', async () => {
  expect((await bench.get('user/get', { userid: 'LinXiaoyu' })).userid).toBe('linxiaoyu');
});

test('unknown members and departments have codes of their own', async () => {
  expect((await bench.get('user/get', { userid: 'ghost' })).errcode).toBe(60111);
  expect((await bench.get('user/get')).errcode).toBe(41009);
  expect((await bench.get('user/list', { department_id: '99' })).errcode).toBe(60003);
  expect((await bench.get('department/get', { id: '99' })).errcode).toBe(60003);
});

test('lists show direct members, and only those in the visible range', async () => {
  const names = async () =>
    (await bench.get('user/simplelist', { department_id: '2' })).userlist.map((one: { userid: string }) => one.userid);
  expect(await names()).toEqual(['linxiaoyu', 'chenjiaqi', 'wangzihan']);
  bench.sandbox.changeCorp({ visibleUserids: ['chenjiaqi'] });
  expect(await names()).toEqual(['chenjiaqi']);
  expect((await bench.get('user/get', { userid: 'linxiaoyu' })).errcode).toBe(60011);
  bench.sandbox.changeCorp({ visibleUserids: null });
});

test('departments are the shops below the brand', async () => {
  const { department } = await bench.get('department/list');
  expect(department).toHaveLength(6);
  expect(department[0]).toMatchObject({ id: 1, parentid: 0 });
  expect((await bench.get('department/list', { id: '2' })).department).toHaveLength(1);
  expect((await bench.get('department/simplelist')).department_id[1]).toEqual({ id: 2, parentid: 1, order: 99999000 });
});

test('the app tells whom it may see and refuses to speak of another', async () => {
  const { agentId } = bench.sandbox.corp;
  const agent = await bench.get('agent/get', { agentid: String(agentId) });
  expect(agent).toMatchObject({ errcode: 0, agentid: agentId, allow_partys: { partyid: [1] } });
  expect((await bench.get('agent/get', { agentid: '9' })).errcode).toBe(301002);
});
