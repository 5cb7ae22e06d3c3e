import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { dayMs } from '#sandbox/clock';
import type { Bench } from '#sandbox/testing';
import { noon, png, startBench, startReceiver } from '#sandbox/testing';

const send = (bench: Bench, body: Record<string, unknown>) =>
  bench.post('message/send', {
    touser: 'linxiaoyu',
    msgtype: 'text',
    agentid: bench.sandbox.corp.agentId,
    text: { content: '今天有 3 位客户要关心' },
    ...body,
  });
const contentsOf = (bench: Bench, userid = 'linxiaoyu') =>
  bench.sandbox.appMessages(userid).map((message) => message.content);

test('members receive what is written to them, to their department, or to all', async () => {
  await using bench = await startBench();
  const reply = await send(bench, { touser: 'LinXiaoYu2|linxiaoyu', toparty: '3|99' });
  expect(reply).toMatchObject({ errcode: 0, invaliduser: 'linxiaoyu2', invalidparty: '99', invalidtag: '' });
  expect(reply.msgid).toMatch(/^[\w-]{64}$/);
  const had = () => bench.sandbox.staff().filter((staff) => bench.sandbox.appMessages(staff.userid).length > 0);
  expect(had().map((staff) => staff.userid)).toEqual(['linxiaoyu', 'zhaomingyuan', 'sunyating', 'zhouhaoran']);
  expect((await send(bench, { touser: '@all' })).errcode).toBe(0);
  expect(had()).toHaveLength(12);
});

test('each kind of message is read, and refused for what is wrong with it', async () => {
  await using bench = await startBench();
  const { media_id } = await bench.upload('image', png);
  const textcard = { title: '客户关怀', description: '<div class="normal">3 位</div>', url: 'http://127.0.0.1:9/' };
  const codeOf = async (body: Record<string, unknown>) => (await send(bench, body)).errcode;
  expect(await codeOf({ text: { content: '字'.repeat(700) } })).toBe(0);
  expect(await codeOf({ msgtype: 'markdown', markdown: { content: '**3** 位' } })).toBe(0);
  expect(await codeOf({ msgtype: 'textcard', textcard })).toBe(0);
  expect(await codeOf({ msgtype: 'image', image: { media_id } })).toBe(0);
  expect(await codeOf({ msgtype: 'news', news: { articles: [{ title: '周报', url: 'https://a.b' }] } })).toBe(0);
  const contents = contentsOf(bench);
  expect(contents.map((content) => content.kind)).toEqual(['text', 'markdown', 'textcard', 'image', 'news']);
  // 2048 bytes hold 682 of these characters.
  expect(contents[0]).toEqual({ kind: 'text', text: '字'.repeat(682) });

  expect(await codeOf({ msgtype: undefined })).toBe(40008);
  expect(await codeOf({ msgtype: 'smoke' })).toBe(40008);
  expect(await codeOf({ agentid: undefined })).toBe(41011);
  expect(await codeOf({ agentid: 5 })).toBe(301002);
  expect(await codeOf({ touser: undefined })).toBe(82001);
  expect(await codeOf({ touser: 'ghost' })).toBe(81013);
  expect(await codeOf({ touser: Array(1001).fill('a').join('|') })).toBe(40032);
  expect(await codeOf({ text: { content: '' } })).toBe(44004);
  expect(await codeOf({ msgtype: 'textcard', textcard: { ...textcard, url: 'nowhere' } })).toBe(40094);
  expect(await codeOf({ msgtype: 'textcard', textcard: { title: 'a' } })).toBe(40063);
  expect(await codeOf({ msgtype: 'image', image: { media_id: 'x' } })).toBe(40007);
  expect(await codeOf({ msgtype: 'news', news: { articles: Array(9).fill({ title: 'a' }) } })).toBe(45008);
  const long = await send(bench, { msgtype: 'markdown', markdown: { content: '字'.repeat(1400) } });
  expect(long.errmsg).toMatch(/^markdown\.content exceed max length 4096\. invalid Request Parameter/);
});

test('what is over a member’s frequency is dropped without a word, what is over the day’s allowance is refused', async () => {
  await using bench = await startBench({
    policy: { appMessagesPerMember: { perMinute: 2, perHour: 100 }, appMessagesPerAccount: 1 },
  });
  for (let i = 0; i < 4; i++) expect((await send(bench, {})).errcode).toBe(0);
  expect(contentsOf(bench)).toHaveLength(2);
  // Twelve accounts, one receiver a day for each; four are used.
  expect((await send(bench, { toparty: '3|4|5' })).errcode).toBe(45009);
  expect((await send(bench, { touser: 'huyifan' })).errcode).toBe(0);
  await bench.sandbox.step(noon + dayMs);
  expect((await send(bench, { toparty: '3|4|5' })).errcode).toBe(0);
});

test('a repeated message goes nowhere when the caller asked for the check', async () => {
  await using bench = await startBench();
  for (let i = 0; i < 3; i++) expect((await send(bench, { enable_duplicate_check: 1 })).errcode).toBe(0);
  expect(contentsOf(bench)).toHaveLength(1);
  await send(bench, {});
  expect(contentsOf(bench)).toHaveLength(2);
});

test('a message can be taken back for a day', async () => {
  await using bench = await startBench();
  const { msgid } = await send(bench, {});
  const { msgid: old } = await send(bench, {});
  const recall = async (id: string) => (await bench.post('message/recall', { msgid: id })).errcode;
  expect(await recall(msgid)).toBe(0);
  expect(bench.sandbox.appMessages('linxiaoyu')[0]?.recalledAt).toBe(noon);
  await bench.sandbox.step(noon + dayMs + 1000);
  expect(await recall(old)).toBe(42052);
  expect(await recall('nothing')).toBe(40058);
});

test('a card with buttons: pressed once, heard by the app, then changed with a code that works once', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  await using receiver = await startReceiver(sandbox.corp);
  const template_card = {
    card_type: 'button_interaction',
    task_id: 'task-1',
    main_title: { title: '王小芳今天生日', desc: '发一句祝福' },
    button_list: [
      { text: '已完成', style: 1, key: 'done' },
      { text: '不合适', style: 2, key: 'unsuitable' },
    ],
  };
  const card = (change: Record<string, unknown> = {}) =>
    send(bench, { msgtype: 'template_card', template_card: { ...template_card, ...change } });
  expect((await card()).errcode).toBe(43012);
  await sandbox.setCallback({ url: receiver.url });
  const { msgid, response_code } = await card();
  expect(response_code).toMatch(/^[\w-]{72}$/);
  expect((await card()).errcode).toBe(42014);
  expect((await card({ task_id: 'a b' })).errcode).toBe(42014);
  expect((await card({ task_id: 't2', button_list: [] })).errcode).toBe(40058);
  expect((await card({ task_id: 't2', main_title: undefined })).errcode).toBe(40058);
  expect((await card({ card_type: 'text_notice' })).errcode).toBe(40058);
  expect((await card({ card_type: 'text_notice', card_action: { type: 1, url: 'https://a.b' } })).errcode).toBe(0);
  expect((await card({ card_type: 'vote_interaction' })).errcode).toBe(40058);

  expect(sandbox.pressButton('huyifan', msgid, 'done')).toBe(false);
  expect(sandbox.pressButton('linxiaoyu', msgid, 'done')).toBe(true);
  expect(sandbox.pressButton('linxiaoyu', msgid, 'unsuitable')).toBe(false);
  await sandbox.waitUntilIdle(5000);
  const event = receiver.events.at(-1);
  expect(event?.xml).not.toContain('ChangeType');
  expect(event?.fields).toMatchObject({
    FromUserName: 'linxiaoyu',
    Event: 'template_card_event',
    EventKey: 'done',
    TaskId: 'task-1',
    CardType: 'button_interaction',
    AgentID: String(sandbox.corp.agentId),
  });
  const update = (code: string) =>
    bench.post('message/update_template_card', {
      userids: ['linxiaoyu', 'ghost'],
      agentid: sandbox.corp.agentId,
      response_code: code,
      button: { replace_name: '已完成' },
    });
  const code = event?.fields.ResponseCode ?? '';
  expect(await update(code)).toMatchObject({ errcode: 0, invaliduser: ['ghost'] });
  expect((await update(code)).errcode).toBe(60140);
  expect(
    sandbox
      .appMessages('linxiaoyu')
      .find((one) => one.msgid === msgid)
      ?.replaced.get('linxiaoyu'),
  ).toBe('已完成');
});

test('members open the link of an app message in their hours, in their own name', async () => {
  const agents: string[] = [];
  const page = http.createServer((request, response) => {
    agents.push(request.headers['user-agent'] ?? '');
    response.end('ok');
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}/today`;
  await using bench = await startBench({ staffHabits: { openAppLink: 1 } });
  await bench.sandbox.step('2026-03-10T23:00:00+08:00');
  await send(bench, { msgtype: 'textcard', textcard: { title: '今日任务', description: '3 位客户', url } });
  await bench.sandbox.step('2026-03-11T08:59:00+08:00');
  expect(agents).toEqual([]);
  await bench.sandbox.step('2026-03-11T10:00:00+08:00');
  expect(agents).toEqual([expect.stringContaining('wxwork')]);
  page.close();
});
