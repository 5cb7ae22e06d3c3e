import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from '#sandbox/testing';
import { startBench } from '#sandbox/testing';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

async function addCustomers(count: number, user: string): Promise<string[]> {
  const { config_id } = await bench.addWay({ user: [user], state: 'ch_1' });
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const person = bench.sandbox.makePerson();
    await bench.sandbox.scan(person.externalUserid, config_id, { half: false });
    ids.push(person.externalUserid);
  }
  return ids;
}

test('list tells unknown, unlicensed and customerless members apart', async () => {
  const codeOf = async (userid: string) => (await bench.get('externalcontact/list', { userid })).errcode;
  expect(await codeOf('')).toBe(60111);
  expect(await codeOf('ghost')).toBe(40003);
  expect(await codeOf('gaoyuxuan')).toBe(84061);
  const [id] = await addCustomers(1, 'gaoyuxuan');
  expect(await bench.get('externalcontact/list', { userid: 'gaoyuxuan' })).toMatchObject({
    errcode: 0,
    external_userid: [id],
  });
  bench.sandbox.changeStaff('gaoyuxuan', { licensed: false });
  expect(await codeOf('gaoyuxuan')).toBe(84061);
});

test('get shows the person once and every member who added them', async () => {
  const { sandbox } = bench;
  const person = sandbox.makePerson({ name: '小王', gender: 1 });
  for (const user of ['wusiqi', 'xuruoxi']) {
    const { config_id } = await bench.addWay({ user: [user], state: `from_${user}` });
    await sandbox.scan(person.externalUserid, config_id);
  }
  const reply = await bench.get('externalcontact/get', { external_userid: person.externalUserid });
  expect(reply.external_contact).toMatchObject({ name: '小王', type: 1, gender: 1, unionid: person.unionid });
  expect(person.externalUserid).toMatch(/^wm[A-Za-z0-9_-]{30}$/);
  expect(reply.follow_user).toHaveLength(2);
  expect(reply.follow_user[0]).toMatchObject({
    userid: 'wusiqi',
    add_way: 1,
    state: 'from_wusiqi',
    createtime: Math.floor(sandbox.now() / 1000),
    oper_userid: person.externalUserid,
  });
  expect(reply).not.toHaveProperty('next_cursor');
});

test('get refuses what is missing, unknown, or no longer a contact', async () => {
  const codeOf = async (id: string) => (await bench.get('externalcontact/get', { external_userid: id })).errcode;
  expect(await codeOf('')).toBe(41035);
  expect(await codeOf('wmNobody')).toBe(40096);
  expect(await codeOf(bench.sandbox.makePerson().externalUserid)).toBe(40096);
  const [id = ''] = await addCustomers(1, 'huyifan');
  bench.sandbox.deleteByCustomer(id);
  expect(await codeOf(id)).toBe(0);
  bench.sandbox.staffDelete('huyifan', id);
  expect(await codeOf(id)).toBe(84061);
});

test('a way without a state leaves the follow without one', async () => {
  const { config_id } = await bench.addWay({ user: ['xuruoxi'] });
  const person = bench.sandbox.makePerson();
  await bench.sandbox.scan(person.externalUserid, config_id);
  const reply = await bench.get('externalcontact/get', { external_userid: person.externalUserid });
  expect(reply.follow_user[0]).not.toHaveProperty('state');
});

test('batch/get_by_user pages without repeating or skipping, while people come and go', async () => {
  const before = await addCustomers(7, 'sunyating');
  const page = (cursor?: string) =>
    bench.post('externalcontact/batch/get_by_user', {
      userid_list: ['sunyating'],
      limit: 3,
      ...(cursor !== undefined && { cursor }),
    });
  const seen: string[] = [];
  const collect = (reply: { external_contact_list: { external_contact: { external_userid: string } }[] }) =>
    seen.push(...reply.external_contact_list.map((one) => one.external_contact.external_userid));
  const first = await page('');
  collect(first as never);
  bench.sandbox.staffDelete('sunyating', before[0] ?? '');
  const second = await page(first.next_cursor);
  collect(second as never);
  const third = await page(second.next_cursor);
  collect(third as never);
  expect(seen).toEqual(before);
  expect(third.next_cursor).toBe('');
  expect(first.external_contact_list[0].follow_info).toMatchObject({ userid: 'sunyating', tag_id: [] });
});

test('a foreign or expired cursor is 50100', async () => {
  await using quick = await startBench({ policy: { cursorTtlMs: 100 } });
  const { config_id } = await quick.addWay();
  await quick.sandbox.adds({ configId: config_id, count: 3, perSecond: 1000 });
  const ask = (userid: string, cursor: string) =>
    quick.post('externalcontact/batch/get_by_user', { userid_list: [userid], limit: 1, cursor });
  const { next_cursor } = await ask('linxiaoyu', '');
  expect((await ask('linxiaoyu', 'made-up')).errcode).toBe(50100);
  expect((await ask('chenjiaqi', next_cursor)).errcode).toBe(50100);
  expect((await ask('linxiaoyu', next_cursor)).errcode).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect((await ask('linxiaoyu', next_cursor)).errcode).toBe(50100);
});

test('the page size is clamped to 100', async () => {
  await using big = await startBench();
  const { config_id } = await big.addWay();
  await big.sandbox.adds({ configId: config_id, count: 105, perSecond: 10_000 });
  const reply = await big.post('externalcontact/batch/get_by_user', { userid_list: ['linxiaoyu'], limit: 1000 });
  expect(reply.external_contact_list).toHaveLength(100);
  const usual = await big.post('externalcontact/batch/get_by_user', { userid_list: ['linxiaoyu'] });
  expect(usual.external_contact_list).toHaveLength(50);
});

test('remark changes what is given and nothing else', async () => {
  const [id = ''] = await addCustomers(1, 'zhouhaoran');
  const send = (body: Record<string, unknown>) =>
    bench.post('externalcontact/remark', { userid: 'zhouhaoran', external_userid: id, ...body });
  expect((await send({ remark: '小李-老客', remark_mobiles: ['13800000001'] })).errcode).toBe(0);
  expect((await send({ description: '爱喝岩茶' })).errcode).toBe(0);
  const { follow_user } = await bench.get('externalcontact/get', { external_userid: id });
  expect(follow_user[0]).toMatchObject({
    remark: '小李-老客',
    description: '爱喝岩茶',
    remark_mobiles: ['13800000001'],
  });
  expect((await send({ remark_mobiles: [''] })).errcode).toBe(0);
  expect(bench.sandbox.truth().edges.find((edge) => edge.external_userid === id)?.remark).toBe('小李-老客');
  expect((await send({})).errcode).toBe(40063);
  expect((await send({ remark: '字'.repeat(21) })).errcode).toBe(40058);
  expect((await send({ userid: 'ghost', remark: 'x' })).errcode).toBe(40003);
  expect((await send({ external_userid: 'wmNobody', remark: 'x' })).errcode).toBe(40096);
  expect((await send({ userid: 'linxiaoyu', remark: 'x' })).errcode).toBe(84061);
});
