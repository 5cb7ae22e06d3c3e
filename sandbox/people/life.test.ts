import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { dayMs } from '#sandbox/clock';
import { noon, startBench, startReceiver } from '#sandbox/testing';

test('a week of arrivals: people come through the codes at the rate asked for, and the same seed repeats it', async () => {
  const week = async () => {
    await using bench = await startBench({ seed: 'week' });
    const { config_id } = await bench.addWay({ state: 'a' });
    await bench.addWay({ type: 2, user: ['huyifan', 'wusiqi'], state: 'b', skip_verify: false });
    bench.sandbox.setPopulation({ perDay: 30, days: 7, weights: { loyal: 1, bargain_only: 1 } });
    const result = await bench.sandbox.step(noon + 9 * dayMs);
    expect(result.idle).toBe(true);
    const truth = bench.sandbox.truth();
    return { truth, configId: config_id, population: bench.sandbox.stats().population };
  };
  const [first, second] = [await week(), await week()];
  expect(first.truth.people.length).toBeGreaterThan(150);
  expect(first.truth.people.length).toBeLessThan(270);
  expect(new Set(first.truth.people.map((person) => person.kind))).toEqual(new Set(['loyal', 'bargain_only']));
  expect(first.truth.people.every((person) => person.createdAt < noon + 7 * dayMs)).toBe(true);
  expect(first.truth.scans[first.configId]).toBeGreaterThan(50);
  expect(second.truth.edges).toEqual(first.truth.edges);
});

test('every action happens at its own simulated time and in order', async () => {
  await using bench = await startBench();
  await using receiver = await startReceiver(bench.sandbox.corp);
  await bench.sandbox.setCallback({ url: receiver.url });
  await bench.addWay();
  bench.sandbox.setPopulation({ perDay: 40, days: 2 });
  const result = await bench.sandbox.step('2026-03-12T12:00:00+08:00');
  expect(result.at).toBe(Date.parse('2026-03-12T12:00:00+08:00'));
  expect(result.callbacks).toBe(receiver.events.length);
  const times = bench.sandbox.truth().edges.map((edge) => edge.createtime);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(times).size).toBeGreaterThan(40);
});

test('people come through a place on the web, as visitors with a phone', async () => {
  await using bench = await startBench();
  const { config_id, qr_code } = await bench.addWay({ state: 'poster' });
  await bench.addWay({ state: 'elsewhere' });
  const agents: string[] = [];
  const page = http.createServer((request, response) => {
    agents.push(request.headers['user-agent'] ?? '');
    response.end(request.url === '/q/1' ? `<img src="${qr_code}">` : 'no code here');
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const { port } = page.address() as AddressInfo;
  bench.sandbox.setPlaces([
    { name: 'poster', url: `http://127.0.0.1:${port}/q/1`, weight: 3, kinds: { silent: 1 } },
    { name: 'dead end', url: `http://127.0.0.1:${port}/q/2`, weight: 1 },
  ]);
  bench.sandbox.setPopulation({ perDay: 40, days: 1 });
  await bench.sandbox.step(noon + dayMs);
  page.close();
  const { people, edges } = bench.sandbox.truth();
  const { population } = bench.sandbox.stats();
  expect(people.length).toBeGreaterThan(10);
  expect(people.every((person) => person.kind === 'silent' && person.place === 'poster')).toBe(true);
  expect(edges.every((edge) => edge.config_id === config_id)).toBe(true);
  expect(population?.lostVisits).toBeGreaterThan(0);
  expect(population?.arrived).toBe(people.length + (population?.lostVisits ?? 0));
  expect(agents.every((agent) => agent.includes('MicroMessenger'))).toBe(true);
});

test('a welcome is answered, and the link in it is opened', async () => {
  const visits: string[] = [];
  const page = http.createServer((request, response) => {
    visits.push(request.url ?? '');
    response.end('ok');
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const { port } = page.address() as AddressInfo;
  await using bench = await startBench({
    habits: { loyal: { replyToWelcome: 1, tapLink: 1 } },
    staffHabits: { answer: 1 },
  });
  const { sandbox } = bench;
  const { config_id } = await bench.addWay();
  const person = sandbox.makePerson({ kind: 'loyal' });
  const result = await sandbox.scan(person.externalUserid, config_id, { half: false });
  await bench.post('externalcontact/send_welcome_msg', {
    welcome_code: result.kind === 'added' ? result.welcomeCode : '',
    text: { content: '送您一份新人礼' },
    attachments: [{ msgtype: 'link', link: { title: '领取', url: `http://127.0.0.1:${port}/gift` } }],
  });
  await sandbox.step(noon + 2 * 3600_000);
  page.close();
  const said = sandbox.messages(person.externalUserid).map((message) => `${message.from}/${message.content.kind}`);
  expect(said).toEqual(['staff/text', 'staff/link', 'customer/text', 'staff/text']);
  expect(visits).toEqual(['/gift']);
  expect(sandbox.truth()).toMatchObject({ repliesToWelcome: 1, messages: { taps: 1 } });
});

test('those who come for the gift have gone two days later, and an annoyed one leaves after the second message', async () => {
  await using bench = await startBench({
    habits: {
      bargain_only: { leaveAfterGift: 1, comeBack: 0, replyToWelcome: 0, writeLater: 0 },
      easily_annoyed: { leavePerExtraMessage: 1, leavePerDay: 0, comeBack: 0, writeLater: 0 },
    },
    staffHabits: { drop: 0 },
  });
  const { sandbox } = bench;
  const { config_id } = await bench.addWay();
  const hunter = sandbox.makePerson({ kind: 'bargain_only' });
  const touchy = sandbox.makePerson({ kind: 'easily_annoyed' });
  const scanned = await sandbox.scan(hunter.externalUserid, config_id, { half: false });
  await bench.post('externalcontact/send_welcome_msg', {
    welcome_code: scanned.kind === 'added' ? scanned.welcomeCode : '',
    text: { content: '礼物' },
  });
  await sandbox.scan(touchy.externalUserid, config_id, { half: false });
  sandbox.staffSay('linxiaoyu', touchy.externalUserid, '新品上市');
  await sandbox.step(noon + 2 * dayMs);
  const endedOf = (id: string) => sandbox.truth().edges.find((edge) => edge.external_userid === id)?.ended;
  expect(endedOf(hunter.externalUserid)).toBe('customer');
  expect(endedOf(touchy.externalUserid)).toBeNull();
  sandbox.staffSay('linxiaoyu', touchy.externalUserid, '限时优惠');
  await sandbox.step(noon + 3 * dayMs);
  expect(endedOf(touchy.externalUserid)).toBe('customer');
});

test('with a running clock things happen by themselves', async () => {
  await using bench = await startBench({ clock: { simMs: noon, speed: 100_000 } });
  await bench.addWay();
  bench.sandbox.setPopulation({ perDay: 2000 });
  await expect.poll(() => bench.sandbox.stats().people, { timeout: 5000 }).toBeGreaterThan(50);
});
