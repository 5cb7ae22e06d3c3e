import { expect, test } from 'vitest';
import { startBench } from './testing.ts';

test('the phone page and everything it names is served', async () => {
  await using bench = await startBench();
  const { url } = bench.sandbox;
  const page = await (await fetch(`${url}/`)).text();
  const waiting = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1] ?? '');
  const seen = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await fetch(url + path);
    expect(response.status, path).toBe(200);
    if (!path.endsWith('.js')) continue;
    for (const match of (await response.text()).matchAll(/from '\.\/([^']+)'/g)) waiting.push(`/phone/${match[1]}`);
  }
  expect(seen.size).toBeGreaterThanOrEqual(10);
});

test('the phone shows chats and requests, and the stream says whose view is out of date', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const { config_id } = await bench.addWay({ state: 'ch_1' });
  const verified = await bench.addWay({ user: ['huyifan'], skip_verify: false });
  const person = sandbox.makePerson({ name: '小王' });
  const stream = await fetch(`${sandbox.url}/_phone/stream`);
  const reader = stream.body?.getReader();
  await reader?.read();
  await sandbox.scan(person.externalUserid, config_id, { half: false });
  await sandbox.scan(person.externalUserid, verified.config_id);
  sandbox.staffSay('linxiaoyu', person.externalUserid, '你好');
  const chunk = new TextDecoder().decode((await reader?.read())?.value);
  expect(chunk).toContain(`{"kind":"added","externalUserid":"${person.externalUserid}"}`);
  await reader?.cancel();
  const phone = await (await fetch(`${sandbox.url}/_phone/people/${person.externalUserid}`)).json();
  expect(phone).toMatchObject({
    person: { name: '小王' },
    chats: [{ userid: 'linxiaoyu', friends: true, state: 'ch_1', messages: [{ content: { text: '你好' } }] }],
    requests: [{ userid: 'huyifan' }],
  });
});

test('texts exist in both languages, key by key', async () => {
  const { words } = (await import(new URL('phone/words.js', import.meta.url).href)) as {
    words: Record<'zh' | 'en', Record<string, unknown>>;
  };
  expect(Object.keys(words.en).toSorted()).toEqual(Object.keys(words.zh).toSorted());
});
