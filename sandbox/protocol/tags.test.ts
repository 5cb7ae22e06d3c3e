import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from '#sandbox/testing';
import { startBench } from '#sandbox/testing';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const add = (body: Record<string, unknown>) => bench.post('externalcontact/add_corp_tag', body);
const list = (body: Record<string, unknown> = {}) => bench.post('externalcontact/get_corp_tag_list', body);

test('adding answers only with the tags just made, and a known group name joins that group', async () => {
  const first = await add({
    group_name: '口味',
    tag: [{ name: '岩茶' }, { name: '岩茶' }, { name: '绿茶', order: 9 }],
  });
  expect(first.tag_group.group_id).toMatch(/^et[A-Za-z0-9_-]{30}$/);
  expect(first.tag_group.tag.map((tag: { name: string }) => tag.name)).toEqual(['岩茶', '绿茶']);
  const second = await add({ group_name: '口味', tag: [{ name: '白茶' }] });
  expect(second.tag_group.group_id).toBe(first.tag_group.group_id);
  expect(second.tag_group.tag).toHaveLength(1);
  const { tag_group } = await list({ group_id: [first.tag_group.group_id] });
  // A larger order comes first.
  expect(tag_group[0].tag.map((tag: { name: string }) => tag.name)).toEqual(['绿茶', '岩茶', '白茶']);
});

test('names that are taken, empty or unplaced are refused', async () => {
  const { tag_group } = await add({ group_name: '来源', tag: [{ name: '门店' }] });
  expect((await add({ group_id: tag_group.group_id, tag: [{ name: '门店' }] })).errcode).toBe(40071);
  expect((await add({ group_id: tag_group.group_id, tag: [{ name: '' }] })).errcode).toBe(41018);
  expect((await add({ group_id: 'etUnknown', tag: [{ name: 'x' }] })).errcode).toBe(40068);
  expect((await add({ group_name: '来源', tag: [{ name: '字'.repeat(31) }] })).errcode).toBe(40058);
});

test('a deleted tag is shown only to whoever asks for it by id, and the last one takes its group along', async () => {
  const { tag_group } = await add({ group_name: '临时', tag: [{ name: '甲' }] });
  const [tag] = tag_group.tag;
  const person = bench.sandbox.makePerson();
  const { config_id } = await bench.addWay();
  await bench.sandbox.scan(person.externalUserid, config_id);
  const mark = { userid: 'linxiaoyu', external_userid: person.externalUserid, add_tag: [tag.id] };
  expect((await bench.post('externalcontact/mark_tag', mark)).errcode).toBe(0);
  expect((await bench.post('externalcontact/del_corp_tag', { tag_id: [tag.id] })).errcode).toBe(0);
  expect((await list()).tag_group.map((group: { group_id: string }) => group.group_id)).not.toContain(
    tag_group.group_id,
  );
  const byId = await list({ tag_id: [tag.id] });
  expect(byId.tag_group[0]).toMatchObject({ deleted: true, tag: [{ id: tag.id, deleted: true }] });
  const { follow_user } = await bench.get('externalcontact/get', { external_userid: person.externalUserid });
  expect(follow_user[0].tags).toEqual([]);
});

test('editing and deleting need an id, a known one, and one of our own', async () => {
  const edit = async (body: Record<string, unknown>) =>
    (await bench.post('externalcontact/edit_corp_tag', body)).errcode;
  const remove = async (body: Record<string, unknown>) =>
    (await bench.post('externalcontact/del_corp_tag', body)).errcode;
  const { tag_group } = await add({ group_name: '城市', tag: [{ name: '上海' }, { name: '杭州' }] });
  const [shanghai] = tag_group.tag;
  const consoleTag = bench.sandbox.truth().tags.find((tag) => tag.creator === 'console');
  expect(await edit({})).toBe(41017);
  expect(await edit({ id: 'etUnknown', name: 'x' })).toBe(40068);
  expect(await edit({ id: shanghai.id, name: '杭州' })).toBe(40071);
  expect(await edit({ id: shanghai.id, name: '沪' })).toBe(0);
  expect(await edit({ id: consoleTag?.id, name: 'x' })).toBe(301002);
  expect(await remove({})).toBe(41017);
  expect(await remove({ tag_id: ['etUnknown'] })).toBe(40068);
  expect(await remove({ group_id: [tag_group.group_id] })).toBe(0);
});

test('tags sit on the edge to one member, not on the person', async () => {
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  for (const user of ['wusiqi', 'xuruoxi']) {
    await sandbox.scan(person.externalUserid, (await bench.addWay({ user: [user] })).config_id);
  }
  const tagId = sandbox.truth().tags.find((tag) => tag.name === '核心')?.id ?? '';
  const mark = (body: Record<string, unknown>) =>
    bench.post('externalcontact/mark_tag', { userid: 'wusiqi', external_userid: person.externalUserid, ...body });
  expect((await mark({})).errcode).toBe(41017);
  expect((await mark({ add_tag: [tagId] })).errcode).toBe(0);
  const { follow_user } = await bench.get('externalcontact/get', { external_userid: person.externalUserid });
  expect(follow_user.map((follow: { tags: unknown[] }) => follow.tags.length)).toEqual([1, 0]);
  expect(follow_user[0].tags[0]).toEqual({ group_name: '客户等级', tag_name: '核心', tag_id: tagId, type: 1 });
  expect((await mark({ remove_tag: [tagId] })).errcode).toBe(0);
});
