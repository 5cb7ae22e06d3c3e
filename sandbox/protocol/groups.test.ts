import { expect, test } from 'vitest';
import { startBench } from '#sandbox/testing';

test('groups are listed by owner and read with their members', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson({ name: '小王' });
  const group = sandbox.createGroup({ owner: 'linxiaoyu', name: '福利群1', members: ['chenjiaqi'] });
  sandbox.addGroupMembers(group.chatId, [person.externalUserid], 3);
  const list = (body: Record<string, unknown>) => bench.post('externalcontact/groupchat/list', { limit: 10, ...body });
  expect((await list({})).group_chat_list).toEqual([{ chat_id: group.chatId, status: 0 }]);
  expect((await list({ owner_filter: { userid_list: ['chenjiaqi'] } })).group_chat_list).toEqual([]);
  expect((await list({ status_filter: 9 })).errmsg).toMatch(/^status_filter invalid/);
  expect((await list({ limit: 0 })).errcode).toBe(40058);

  const { group_chat } = await bench.post('externalcontact/groupchat/get', { chat_id: group.chatId, need_name: 1 });
  expect(group_chat).toMatchObject({ name: '福利群1', owner: 'linxiaoyu', notice: '', admin_list: [] });
  expect(group_chat.member_list[2]).toMatchObject({
    userid: person.externalUserid,
    type: 2,
    join_scene: 3,
    unionid: person.unionid,
    name: '小王',
  });
  expect(group_chat.member_list[2]).not.toHaveProperty('invitor');
  expect(group_chat.member_version).toMatch(/^[0-9a-f]{32}$/);
  // In a group, but no contact of anybody.
  expect((await bench.get('externalcontact/get', { external_userid: person.externalUserid })).errcode).toBe(84061);
});

test('unknown and dissolved groups, and a brand too large to list whole', async () => {
  await using bench = await startBench({ staffCount: 1001 });
  const get = async (chat_id: string) => (await bench.post('externalcontact/groupchat/get', { chat_id })).errcode;
  expect(await get('wrNobody')).toBe(40050);
  const group = bench.sandbox.createGroup({ owner: 'linxiaoyu' });
  bench.sandbox.dismissGroup(group.chatId);
  expect(await get(group.chatId)).toBe(49008);
  expect((await bench.post('externalcontact/groupchat/list', { limit: 10 })).errcode).toBe(81017);
});
