import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dayMs } from './clock.ts';
import { startSandbox } from './index.ts';
import type { Bench, Reply } from './testing.ts';
import { noon, startBench } from './testing.ts';

const idle = { overlookTask: 1, answer: 0, noteRemark: 0, noteTag: 0, drop: 0 };

const send = async (bench: Bench, ids: string[], content: string, url: string) => {
  const { msgid } = await bench.post('externalcontact/add_msg_template', {
    external_userid: ids,
    text: { content },
    attachments: [{ msgtype: 'link', link: { title: '茶单', url } }],
  });
  bench.sandbox.confirmTask('linxiaoyu', msgid);
  return msgid as string;
};

test('the same words to the same person twice are told, whatever link they carry; so is what went beyond the quota', async () => {
  await using bench = await startBench({ staffHabits: idle });
  const { sandbox } = bench;
  const [a = '', b = ''] = await bench.addCustomers(2, 'linxiaoyu');
  const first = await send(bench, [a, b], '新茶到店 https://s.cn/1', 'https://s.cn/1');
  await sandbox.step(noon + dayMs);
  const second = await send(bench, [a], '新茶到店 https://s.cn/2', 'https://s.cn/2');
  await send(bench, [b], '新茶到店了', 'https://s.cn/3');
  const truth = sandbox.massMessages();
  expect(truth.duplicates).toEqual([
    {
      userid: 'linxiaoyu',
      externalUserid: a,
      words: '新茶到店 \n[茶单] ',
      msgids: [first, second],
      at: [noon, noon + dayMs],
    },
  ]);
  expect(truth.sends).toEqual([
    { externalUserid: a, day: '2026-03-10', count: 1 },
    { externalUserid: b, day: '2026-03-10', count: 1 },
    { externalUserid: a, day: '2026-03-11', count: 1 },
    { externalUserid: b, day: '2026-03-11', count: 1 },
  ]);
  expect(truth.sentByHour[12]).toBe(4);
  expect(truth.overQuota).toBe(0);
  sandbox.changeCorp({ massRule: 'daily' });
  sandbox.staffMass('linxiaoyu', '再来一条', [a]);
  expect(sandbox.massMessages().overQuota).toBe(1);
});

test('a stopped sandbox goes on with its tasks, orders, Moments, codes and messages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const storePath = join(folder, 'store.json');
  const first = await startBench({ storePath, seed: 'kept', staffHabits: { overlookTask: 0, refuseTask: 0 } });
  const ids = await first.addCustomers(30, 'linxiaoyu', 'loyal');
  const { msgid } = await first.post('externalcontact/add_msg_template', {
    external_userid: ids,
    text: { content: '春茶节8折' },
  });
  await first.post('externalcontact/add_moment_task', { text: { content: '冲泡指南' } });
  await first.post('message/send', {
    ...{ touser: 'linxiaoyu', msgtype: 'text', agentid: first.sandbox.corp.agentId },
    text: { content: '早上好' },
  });
  const { ticket } = await first.get('get_jsapi_ticket');
  await first.sandbox.step(noon + dayMs);
  const window = {
    messages: [msgid],
    people: ids.map((externalUserid) => ({ externalUserid, from: noon, until: noon + 9 * dayMs })),
  };
  const before = {
    mass: first.sandbox.massMessages(),
    moments: first.sandbox.momentTruth(),
    effect: first.sandbox.effect(window),
    orders: first.sandbox.orders(),
  };
  expect(before.mass.tasks[0]?.members[0]?.sentAt).not.toBeNull();
  await first.stop();

  const second = await startSandbox({ storePath, clock: { simMs: noon + dayMs, speed: 0 } });
  expect({
    mass: second.massMessages(),
    moments: second.momentTruth(),
    effect: second.effect(window),
    orders: second.orders(),
  }).toEqual(before);
  const url = `${second.url}/cgi-bin/get_jsapi_ticket?access_token=${first.token}`;
  expect(await (await fetch(url)).json()).toMatchObject({ ticket });
  expect(second.appMessages('linxiaoyu')).toHaveLength(1);
  // Purchases that were planned before the stop are still made.
  await second.step(noon + 9 * dayMs);
  expect(second.orders(0, 10_000).entries.length).toBeGreaterThan(before.orders.entries.length);
  second.reset();
  expect(second.massMessages().tasks).toEqual([]);
  expect(second.orders().entries).toEqual([]);
  expect(second.stats().planned).toBe(0);
  await second.stop();
  await rm(folder, { recursive: true });
});

test('the control routes of all this speak plain HTTP', async () => {
  await using bench = await startBench({ staffHabits: idle });
  const [id = ''] = await bench.addCustomers(1, 'linxiaoyu', 'loyal');
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${bench.sandbox.url}/_control${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: (await response.json()) as Reply };
  };
  const msgid = await send(bench, [id], '新茶到店', 'https://s.cn/1');
  const { body: made } = await call('POST', '/staff/linxiaoyu/mass', { text: '你好', externalUserids: [id] });
  expect(made.msgid).toMatch(/^msg/);
  expect((await call('GET', '/mass-messages')).body.tasks).toHaveLength(2);
  expect((await call('GET', '/staff/linxiaoyu/tasks')).body).toEqual([]);
  expect((await call('POST', '/staff/linxiaoyu/confirm', { id: msgid })).body).toEqual({ confirmed: false });
  expect(await call('POST', '/staff/linxiaoyu/confirm', { id: 'msgNone' })).toMatchObject({ status: 404 });
  const question = { messages: [msgid], people: [{ externalUserid: id, from: noon, until: noon + dayMs }] };
  expect((await call('POST', '/effect', question)).body.people).toMatchObject([{ externalUserid: id, read: 0 }]);
  const { body: order } = await call('POST', `/people/${id}/buy`, { lines: [{ sku: 'LJ-050', quantity: 2 }] });
  expect(order).toMatchObject({ totalFen: 25_600 });
  expect((await call('GET', '/orders?after=0&limit=1')).body).toMatchObject({
    entries: [{ seq: 1, kind: 'order', order: { number: order.number, externalUserid: id } }],
    last: 1,
    hasMore: false,
  });
  expect((await call('GET', '/orders?after=x')).status).toBe(400);
  expect(await call('POST', `/people/${id}/buy`, { lines: [{ sku: 'none' }] })).toMatchObject({ status: 404 });
  expect((await call('POST', `/people/${id}/mute`, {})).status).toBe(200);
  expect((await call('GET', '/truth')).body.edges[0].mutedAt).toBe(noon);
  const { body: habits } = await call('POST', '/habits', {
    staff: { confirmHours: [0, 0.1] },
    people: { loyal: { readMass: 1 } },
  });
  expect(habits).toMatchObject({ staff: { confirmHours: [0, 0.1] }, people: { loyal: { readMass: 1 } } });
  expect(await call('POST', '/habits', { staff: { confirmHour: 1 } })).toMatchObject({ status: 400 });
  expect((await call('POST', '/policy', { linkPreview: 0.2 })).body).toMatchObject({
    linkPreview: 0.2,
    massDispatchMs: 0,
  });
  expect(await call('POST', '/policy', { linkPreview: 'often' })).toMatchObject({ status: 400 });
  expect(await call('POST', '/policy', { linkPreviews: 1 })).toMatchObject({ status: 400 });
});
