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

test('the phone shows mass messages, groups, Moments and orders; the member’s client what waits and what the app wrote', async () => {
  await using bench = await startBench({ staffHabits: { overlookTask: 1 } });
  const { sandbox } = bench;
  const [id = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const { chatId } = sandbox.createGroup({ owner: 'linxiaoyu', name: '茶友会', members: [id] });
  const mass = (body: Record<string, unknown>) =>
    bench.post('externalcontact/add_msg_template', { sender: 'linxiaoyu', text: { content: '新茶到店' }, ...body });
  const sent = await mass({});
  const inGroup = await mass({ chat_type: 'group', chat_id_list: [chatId] });
  const waiting = await mass({});
  for (const { msgid } of [sent, inGroup]) sandbox.confirmTask('linxiaoyu', msgid);
  const { momentId } = sandbox.staffMoment('linxiaoyu', '雨天适合喝熟普');
  sandbox.like(id, momentId, 'linxiaoyu');
  sandbox.buy(id, [{ sku: 'LJ-050' }]);
  sandbox.mute(id, true);
  sandbox.muteGroup(id, chatId, true);
  const read = async (path: string) => (await fetch(`${sandbox.url}/_phone/${path}`)).json();
  expect(await read(`people/${id}`)).toMatchObject({
    chats: [{ isMuted: true, messages: [{ via: 'mass', content: { text: '新茶到店' } }] }],
    groups: [{ name: '茶友会', isMuted: true, messages: [{ name: '林晓雨', content: { text: '新茶到店' } }] }],
    moments: [{ momentId, name: '林晓雨', likes: [{ externalUserid: id }] }],
    orders: [{ totalFen: 12_800, refundedFen: 0 }],
  });
  const { agentId: agentid } = sandbox.corp;
  await bench.post('message/send', { touser: 'linxiaoyu', msgtype: 'text', agentid, text: { content: '早上好' } });
  expect(await read('staff/linxiaoyu')).toMatchObject({
    tasks: [{ id: waiting.msgid, kind: 'single', count: 1, reminders: 0 }],
    messages: [{ content: { text: '早上好' }, pressed: null, replaced: null }],
  });
  expect(await read('staff/ghost')).toMatchObject({ error: { code: 'staff_unknown' } });
});

test('the browser is told whose client it is by a cookie for the authorize address alone', async () => {
  await using bench = await startBench();
  const hold = (body: unknown) =>
    fetch(`${bench.sandbox.url}/_phone/holder`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const reply = await hold({ kind: 'staff', id: 'linxiaoyu' });
  expect(reply.headers.get('set-cookie')).toBe('sandbox_holder=staff.linxiaoyu; Path=/connect; HttpOnly; SameSite=Lax');
  expect((await hold({ kind: 'robot', id: 'x' })).status).toBe(400);
});

test('texts exist in both languages, key by key', async () => {
  const { words } = (await import(new URL('phone/words.js', import.meta.url).href)) as {
    words: Record<'zh' | 'en', Record<string, unknown>>;
  };
  expect(Object.keys(words.en).toSorted()).toEqual(Object.keys(words.zh).toSorted());
});
