import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSandbox } from './index.ts';
import { noon, startBench, startReceiver } from './testing.ts';

test('two sandboxes with one seed are alike and share nothing', async () => {
  await using first = await startBench();
  await using second = await startBench();
  expect(second.sandbox.corp.corpId).toBe(first.sandbox.corp.corpId);
  expect(first.sandbox.corp.corpId).toMatch(/^ww[0-9a-f]{16}$/);
  await first.addWay();
  expect(second.sandbox.stats().contactWays).toBe(0);
});

test('a stopped sandbox goes on where it was, with its unsent callbacks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const storePath = join(folder, 'store.json');
  const first = await startBench({ storePath });
  const receiver = await startReceiver(first.sandbox.corp);
  await first.sandbox.setCallback({ url: receiver.url });
  const { config_id } = await first.addWay({ state: 'kept' });
  const person = first.sandbox.makePerson();
  receiver.troubles.push(500);
  await first.sandbox.scan(person.externalUserid, config_id, { half: true });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = first.sandbox.truth();
  await first.stop();
  expect(receiver.events).toEqual([]);

  const second = await startSandbox({ storePath, clock: { simMs: noon, speed: 0 } });
  expect(second.truth()).toEqual(before);
  await second.waitUntilIdle();
  expect(receiver.events.map((event) => event.changeType)).toEqual(['add_half_external_contact']);
  // The confirmation that was planned before the stop still happens.
  await second.step(noon + 3 * 60_000);
  expect(second.truth().edges[0]?.status).toBe('friends');
  await second.stop();
  await receiver[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('reset forgets people and codes, and keeps credentials, tokens and callback', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  await using receiver = await startReceiver(sandbox.corp);
  await sandbox.setCallback({ url: receiver.url });
  const { config_id } = await bench.addWay();
  await sandbox.adds({ configId: config_id, count: 3, perSecond: 1000 });
  const { secret } = sandbox.corp;
  sandbox.reset();
  expect(sandbox.stats()).toMatchObject({ people: 0, edges: 0, contactWays: 0, staff: 12, planned: 0 });
  expect(sandbox.corp).toMatchObject({ secret, callback: { url: receiver.url } });
  expect((await bench.get('getcallbackip')).errcode).toBe(0);
});

test('the control routes speak plain HTTP and say what is wrong', async () => {
  await using bench = await startBench();
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${bench.sandbox.url}/_control${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  expect(await call('GET', '/corp')).toMatchObject({ status: 200, body: { corpId: bench.sandbox.corp.corpId } });
  const person = await call('POST', '/people', { name: '小王' });
  const { config_id } = await bench.addWay();
  const scanned = await call('POST', `/people/${person.body.id}/scan`, { configId: config_id, half: false });
  expect(scanned.body).toMatchObject({ kind: 'added', staff: 'linxiaoyu', staffName: '林晓雨' });
  expect(await call('POST', `/people/${person.body.id}/say`, { text: '你好' })).toMatchObject({ status: 200 });
  expect((await call('GET', '/truth')).body).toMatchObject({
    edges: [{ external_userid: person.body.id, status: 'friends' }],
  });
  expect(await call('POST', '/people/nobody/say', { text: '你好' })).toMatchObject({ status: 404 });
  expect(await call('POST', '/population', { perDay: -1 })).toMatchObject({
    status: 400,
    body: { error: { code: 'input_invalid' } },
  });
  expect(await call('POST', '/step', { to: 'yesterday' })).toMatchObject({
    status: 400,
    body: { error: { code: 'time_invalid' } },
  });
  expect(await call('POST', '/callback', { url: 'nonsense' })).toMatchObject({
    status: 400,
    body: { ok: false, problem: 'url_invalid' },
  });
  expect((await call('POST', '/step', { to: noon + 1000 })).body).toMatchObject({ at: noon + 1000, idle: true });
});
