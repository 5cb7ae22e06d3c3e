import { afterAll, beforeAll, expect, test } from 'vitest';
import { dayMs } from '#sandbox/clock';
import type { Bench, Reply } from '#sandbox/testing';
import { noon, startBench } from '#sandbox/testing';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const post = (path: string, body: Record<string, unknown>) => bench.post(`externalcontact/${path}`, body);

test('a way is made, read back, changed and deleted', async () => {
  const made = await bench.addWay({ remark: '静安店门口', state: 'ch_7' });
  expect(made.config_id).toMatch(/^[0-9a-f]{32}$/);
  expect(made.qr_code).toBe(`${bench.sandbox.url}/qr/${made.config_id}.png`);
  const { contact_way } = await post('get_contact_way', { config_id: made.config_id });
  expect(contact_way).toMatchObject({
    type: 1,
    scene: 2,
    remark: '静安店门口',
    state: 'ch_7',
    skip_verify: true,
    user: ['linxiaoyu'],
  });
  expect(
    (await post('update_contact_way', { config_id: made.config_id, state: 'ch_8', user: ['chenjiaqi'] })).errcode,
  ).toBe(0);
  const changed = await post('get_contact_way', { config_id: made.config_id });
  expect(changed.contact_way).toMatchObject({ state: 'ch_8', user: ['chenjiaqi'], remark: '静安店门口' });
  expect((await post('del_contact_way', { config_id: made.config_id })).errcode).toBe(0);
  expect((await post('get_contact_way', { config_id: made.config_id })).errcode).toBe(41044);
});

test('its picture is a PNG, and a browser that follows the code lands on the phone', async () => {
  const { config_id, qr_code } = await bench.addWay();
  const picture = await fetch(qr_code);
  expect(picture.headers.get('content-type')).toBe('image/png');
  expect(
    Buffer.from(await picture.arrayBuffer())
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG');
  const followed = await fetch(`${bench.sandbox.url}/scan/${config_id}`, { redirect: 'manual' });
  expect(followed.headers.get('location')).toBe(`/?scan=${config_id}`);
});

test.each([
  ['type missing', { type: undefined }, 41037],
  ['scene missing', { scene: undefined }, 41038],
  ['an unknown type', { type: 3 }, 41039],
  ['an unknown scene', { scene: 3 }, 41040],
  ['a button style that does not exist', { scene: 1, style: 4 }, 41042],
  ['a style of its own for QR codes', { scene: 2, style: 9 }, 0],
  ['no member', { user: [] }, 40063],
  ['two members for one', { user: ['linxiaoyu', 'chenjiaqi'] }, 40058],
  ['an unknown member', { user: ['ghost'] }, 60111],
  ['an unknown department', { type: 2, user: [], party: [99] }, 60123],
  ['a department', { type: 2, user: [], party: [2] }, 0],
  ['a remark that is too long', { remark: '字'.repeat(31) }, 40058],
])('%s', async (_name, body, errcode) => {
  expect((await bench.addWay(body)) as unknown as Reply).toMatchObject({ errcode });
});

test('members must be active, licensed and visible', async () => {
  const { sandbox } = bench;
  sandbox.changeStaff('songweiwei', { status: 4 });
  expect(await bench.addWay({ user: ['songweiwei'] })).toMatchObject({ errcode: 41054 });
  sandbox.changeStaff('songweiwei', { status: 1, licensed: false });
  expect(await bench.addWay({ user: ['songweiwei'] })).toMatchObject({ errcode: 84074 });
  sandbox.changeCorp({ visibleUserids: ['linxiaoyu'] });
  expect(await bench.addWay({ user: ['chenjiaqi'] })).toMatchObject({ errcode: 60011 });
  sandbox.changeCorp({ visibleUserids: null });
});

test('more than a hundred members behind one code are refused', async () => {
  await using big = await startBench({ staffCount: 130 });
  expect(await big.addWay({ type: 2, user: [], party: [1] })).toMatchObject({ errcode: 41041 });
});

test('codes made in the console are not the app’s to see', async () => {
  const way = bench.sandbox.addContactWay({ users: ['linxiaoyu'], remark: '后台创建' });
  expect((await post('get_contact_way', { config_id: way.configId })).errcode).toBe(41044);
  const { contact_way } = await post('list_contact_way', { limit: 1000 });
  expect(contact_way).not.toContainEqual({ config_id: way.configId });
});

test('the list covers the last ninety days and pages by a thousand at most', async () => {
  await using own = await startBench({ clock: { simMs: noon, speed: 0 } });
  const old = await own.addWay();
  await own.sandbox.step(noon + 91 * dayMs);
  const young = await own.addWay();
  const all = await own.post('externalcontact/list_contact_way', {});
  expect(all.contact_way).toEqual([{ config_id: young.config_id }]);
  const range = { start_time: Math.floor(noon / 1000) - 1, limit: 1 };
  const first = await own.post('externalcontact/list_contact_way', range);
  expect(first.contact_way).toEqual([{ config_id: old.config_id }]);
  const second = await own.post('externalcontact/list_contact_way', { ...range, cursor: first.next_cursor });
  expect(second).toMatchObject({ contact_way: [{ config_id: young.config_id }], next_cursor: '' });
});

test('a temporary code works once', async () => {
  const { config_id } = await bench.addWay({ is_temp: true });
  const [first, second] = [bench.sandbox.makePerson(), bench.sandbox.makePerson()];
  expect(await bench.sandbox.scan(first.externalUserid, config_id)).toMatchObject({ kind: 'added' });
  expect(await bench.sandbox.scan(second.externalUserid, config_id)).toEqual({
    kind: 'refused',
    problem: 'code_used',
    staffName: null,
  });
});
