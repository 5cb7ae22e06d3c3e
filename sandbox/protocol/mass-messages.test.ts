import { expect, test } from 'vitest';
import { dayMs, toSeconds } from '#sandbox/clock';
import type { SandboxOptions } from '#sandbox/options';
import type { Bench } from '#sandbox/testing';
import { noon, png, startBench } from '#sandbox/testing';

/** Staff who do nothing by themselves: every confirmation below is made by hand. */
const idle = { overlookTask: 1, refuseTask: 0, confirmWhenReminded: 0, answer: 0, noteRemark: 0, noteTag: 0, drop: 0 };
const start = (options: SandboxOptions = {}) => startBench({ staffHabits: idle, ...options });

const text = { content: '新茶到店' };
const add = (bench: Bench, body: Record<string, unknown>) =>
  bench.post('externalcontact/add_msg_template', { text, ...body });
const tasksOf = async (bench: Bench, msgid: string) =>
  (await bench.post('externalcontact/get_groupmsg_task', { msgid })).task_list;
const resultsOf = async (bench: Bench, msgid: string, userid: string) =>
  (await bench.post('externalcontact/get_groupmsg_send_result', { msgid, userid })).send_list;

test('nothing is sent before the member confirms; then everybody has it, once', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = '', b = ''] = await bench.addCustomers(2, 'linxiaoyu');
  const reply = await add(bench, { chat_type: 'single', external_userid: [a, b] });
  expect(reply).toMatchObject({ errcode: 0, fail_list: [] });
  expect(reply.msgid).toMatch(/^msg/);
  expect(await tasksOf(bench, reply.msgid)).toEqual([{ userid: 'linxiaoyu', status: 0 }]);
  expect(await resultsOf(bench, reply.msgid, 'linxiaoyu')).toEqual([
    { external_userid: a, userid: 'linxiaoyu', status: 0 },
    { external_userid: b, userid: 'linxiaoyu', status: 0 },
  ]);
  expect(sandbox.messages(a)).toEqual([]);
  expect(sandbox.confirmTask('linxiaoyu', reply.msgid)).toBe(true);
  expect(sandbox.confirmTask('linxiaoyu', reply.msgid)).toBe(false);
  const send_time = toSeconds(noon);
  expect(await tasksOf(bench, reply.msgid)).toEqual([{ userid: 'linxiaoyu', status: 2, send_time }]);
  expect(await resultsOf(bench, reply.msgid, 'linxiaoyu')).toEqual([
    { external_userid: a, userid: 'linxiaoyu', status: 1, send_time },
    { external_userid: b, userid: 'linxiaoyu', status: 1, send_time },
  ]);
  expect(sandbox.messages(a).map((message) => message.via)).toEqual(['mass']);
});

test('text and attachments are bubbles of their own', async () => {
  await using bench = await start();
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const { media_id } = await bench.upload('image', png);
  const attachments = [
    { msgtype: 'image', image: { media_id } },
    { msgtype: 'link', link: { title: '茶单', url: 'https://example.com/menu' } },
  ];
  const { msgid } = await add(bench, { external_userid: [a], attachments });
  bench.sandbox.confirmTask('linxiaoyu', msgid);
  expect(bench.sandbox.messages(a).map((message) => message.content.kind)).toEqual(['text', 'image', 'link']);
  const list = await bench.post('externalcontact/get_groupmsg_list_v2', {
    chat_type: 'single',
    start_time: toSeconds(noon) - 60,
    end_time: toSeconds(noon) + 60,
  });
  expect(list.group_msg_list).toEqual([
    { msgid, create_time: toSeconds(noon), create_type: 0, text: { content: '新茶到店' }, attachments },
  ]);
});

test('without a sender the member who chatted last gets the task; with one only his own customers', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const { config_id } = await bench.addWay({ user: ['huyifan'] });
  await sandbox.step(noon + 60_000);
  await sandbox.scan(a, config_id, { half: false });
  const memberOf = async (body: Record<string, unknown>) => {
    const { msgid } = await add(bench, { external_userid: [a], ...body });
    return (await tasksOf(bench, msgid)).map((task: { userid: string }) => task.userid);
  };
  expect(await memberOf({})).toEqual(['huyifan']);
  await sandbox.step(noon + 120_000);
  sandbox.say(a, '在吗', 'linxiaoyu');
  expect(await memberOf({})).toEqual(['linxiaoyu']);
  expect(await memberOf({ sender: 'huyifan' })).toEqual(['huyifan']);
  const [b = ''] = await bench.addCustomers(1, 'linxiaoyu');
  expect(await add(bench, { external_userid: [a, b], sender: 'huyifan' })).toMatchObject({
    errcode: 0,
    fail_list: [b],
  });
});

test('a tag filter is "or" inside a group and "and" across groups; ids win over it', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = '', b = '', c = ''] = await bench.addCustomers(3, 'linxiaoyu');
  const tag = (name: string) => sandbox.addTag({ group: '口味', name }).id;
  const [green, black, vip] = [tag('绿茶'), tag('红茶'), tag('会员')];
  sandbox.staffEdit('linxiaoyu', a, { addTagIds: [green, vip] });
  sandbox.staffEdit('linxiaoyu', b, { addTagIds: [black, vip] });
  sandbox.staffEdit('linxiaoyu', c, { addTagIds: [green] });
  const targets = async (body: Record<string, unknown>) => {
    const { msgid } = await add(bench, body);
    return (await resultsOf(bench, msgid, 'linxiaoyu')).map((row: { external_userid: string }) => row.external_userid);
  };
  const tag_filter = { group_list: [{ tag_list: [green, black] }, { tag_list: [vip] }] };
  expect(await targets({ tag_filter })).toEqual([a, b]);
  expect(await targets({ tag_filter, external_userid: [c] })).toEqual([c]);
  expect(await targets({ sender: 'linxiaoyu' })).toEqual([a, b, c]);
  expect(await targets({ sender: 'linxiaoyu', external_userid: [] })).toEqual([a, b, c]);
  expect((await add(bench, { tag_filter: { group_list: [{ tag_list: ['etNone'] }] } })).errcode).toBe(40068);
});

test('who has deleted the member ends as 2, who has had enough this month as 3', async () => {
  await using bench = await start({ clock: { simMs: Date.parse('2026-02-01T10:00:00+08:00'), speed: 0 } });
  const { sandbox } = bench;
  const [gone = '', full = '', fresh = ''] = await bench.addCustomers(3, 'linxiaoyu');
  sandbox.deleteByCustomer(gone);
  for (let i = 0; i < 28; i++) sandbox.staffMass('linxiaoyu', `第${i}条`, [full]);
  const { msgid, fail_list } = await add(bench, { external_userid: [gone, full, fresh] });
  expect(fail_list).toEqual([]);
  sandbox.confirmTask('linxiaoyu', msgid);
  const statuses = (await resultsOf(bench, msgid, 'linxiaoyu')).map((row: { status: number }) => row.status);
  expect(statuses).toEqual([2, 3, 1]);
  expect((await add(bench, { external_userid: [full] })).errcode).toBe(41048);
  await sandbox.step('2026-03-01T00:00:00+08:00');
  expect((await add(bench, { external_userid: [full] })).errcode).toBe(0);
  expect(sandbox.massMessages()).toMatchObject({ overQuota: 1, duplicates: [] });
});

test('the brand may choose one a day, or seven a week that begins on Monday', async () => {
  // 2026-03-10 is a Tuesday.
  await using bench = await start();
  const { sandbox } = bench;
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const send = () => sandbox.staffMass('linxiaoyu', '你好', [a]).members.get('linxiaoyu')?.targets?.[0]?.status;
  sandbox.changeCorp({ massRule: 'daily' });
  expect([send(), send()]).toEqual([1, 3]);
  await sandbox.step('2026-03-11T00:00:00+08:00');
  expect(send()).toBe(1);
  sandbox.changeCorp({ massRule: 'weekly' });
  expect(Array.from({ length: 6 }, send)).toEqual([1, 1, 1, 1, 1, 3]);
  await sandbox.step('2026-03-15T23:59:59+08:00');
  expect(send()).toBe(3);
  await sandbox.step('2026-03-16T00:00:00+08:00');
  expect(send()).toBe(1);
});

test('a task is refused for what the reference names, in its order', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const codeOf = async (body: Record<string, unknown>) => (await add(bench, body)).errcode;
  expect(await codeOf({ text: undefined, external_userid: [a] })).toBe(40063);
  expect(await codeOf({})).toBe(40063);
  expect(await codeOf({ external_userid: [], tag_filter: { group_list: [] } })).toBe(40063);
  expect(await codeOf({ chat_type: 'group' })).toBe(40063);
  expect(await codeOf({ chat_type: 'both', external_userid: [a] })).toBe(40058);
  expect(await codeOf({ external_userid: Array(10_001).fill(a) })).toBe(40058);
  expect(await codeOf({ sender: '' })).toBe(40058);
  expect(await codeOf({ text: { content: '字'.repeat(1334) }, external_userid: [a] })).toBe(40058);
  expect(await codeOf({ external_userid: [a], attachments: [{ msgtype: 'image', image: { media_id: 'x' } }] })).toBe(
    40007,
  );
  expect(await codeOf({ sender: 'ghost' })).toBe(40003);
  expect(await codeOf({ external_userid: ['wmNobody'] })).toBe(40096);
  expect(await codeOf({ external_userid: [a], sender: 'huyifan' })).toBe(84061);
  expect(await codeOf({ sender: 'huyifan' })).toBe(41048);
  expect(await add(bench, { external_userid: [a, 'wmNobody'] })).toMatchObject({ errcode: 0, fail_list: ['wmNobody'] });
  sandbox.changeCorp({ visibleUserids: ['huyifan'] });
  expect(await codeOf({ sender: 'linxiaoyu' })).toBe(60011);
  expect(await codeOf({ external_userid: [a] })).toBe(41048);
  sandbox.changeCorp({ permissions: { massMessages: false } });
  expect(await codeOf({ external_userid: [a] })).toBe(48002);
});

test('a group message goes to groups of its owner, and only the sent ones are listed', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const [own, second, foreign] = ['linxiaoyu', 'linxiaoyu', 'huyifan'].map(
    (owner) => sandbox.createGroup({ owner, members: [a] }).chatId,
  );
  const group = (body: Record<string, unknown>) => add(bench, { chat_type: 'group', sender: 'linxiaoyu', ...body });
  const first = await group({ chat_id_list: [own, foreign, 'wrNone'] });
  expect(first).toMatchObject({ errcode: 0, fail_list: [foreign, 'wrNone'] });
  expect(await resultsOf(bench, first.msgid, 'linxiaoyu')).toEqual([]);
  sandbox.confirmTask('linxiaoyu', first.msgid);
  expect(await resultsOf(bench, first.msgid, 'linxiaoyu')).toEqual([
    { chat_id: own, userid: 'linxiaoyu', status: 1, send_time: toSeconds(noon) },
  ]);
  const all = await group({});
  sandbox.confirmTask('linxiaoyu', all.msgid);
  expect((await resultsOf(bench, all.msgid, 'linxiaoyu')).map((row: { chat_id: string }) => row.chat_id)).toEqual([
    own,
    second,
  ]);
  expect((await group({ chat_id_list: [foreign] })).errcode).toBe(41048);
  expect((await add(bench, { chat_type: 'group', sender: 'gaoyuxuan' })).errcode).toBe(41048);
});

test('three reminders in 24 hours, not four; a cancelled task takes neither reminder nor confirmation', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const { msgid } = await add(bench, { external_userid: [a] });
  const remind = async () => (await bench.post('externalcontact/remind_groupmsg_send', { msgid })).errcode;
  expect([await remind(), await remind(), await remind(), await remind()]).toEqual([0, 0, 0, 41094]);
  await sandbox.step(noon + dayMs);
  expect(await remind()).toBe(0);
  const cancel = async (id: string) =>
    (await bench.post('externalcontact/cancel_groupmsg_send', { msgid: id })).errcode;
  expect([await cancel(msgid), await cancel(msgid)]).toEqual([0, 41093]);
  expect(await remind()).toBe(41093);
  expect(sandbox.confirmTask('linxiaoyu', msgid)).toBe(false);
  expect(await tasksOf(bench, msgid)).toEqual([{ userid: 'linxiaoyu', status: 0 }]);
  expect([await cancel(''), await cancel('msgNone')]).toEqual([41046, 41047]);
});

test('member-made messages are listed apart from those of the brand', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  await bench.addCustomers(1, 'linxiaoyu');
  const { msgid } = await add(bench, { sender: 'linxiaoyu' });
  const own = sandbox.staffMass('linxiaoyu', '我自己写的').msgid;
  const list = async (body: Record<string, unknown>) =>
    (
      await bench.post('externalcontact/get_groupmsg_list_v2', {
        chat_type: 'single',
        start_time: toSeconds(noon) - 1,
        end_time: toSeconds(noon) + 1,
        ...body,
      })
    ).group_msg_list?.map((row: { msgid: string; creator?: string }) => [row.msgid, row.creator]);
  expect(await list({})).toEqual([
    [msgid, undefined],
    [own, 'linxiaoyu'],
  ]);
  expect(await list({ filter_type: 0 })).toEqual([[msgid, undefined]]);
  expect(await list({ filter_type: 1, creator: 'linxiaoyu' })).toEqual([[own, 'linxiaoyu']]);
  expect(await list({ creator: 'huyifan' })).toEqual([]);
  expect(await list({ chat_type: 'group' })).toEqual([]);
  const code = async (name: string) => (await bench.post(`externalcontact/${name}`, { msgid: own })).errcode;
  expect([await code('cancel_groupmsg_send'), await code('get_groupmsg_task')]).toEqual([41047, 0]);
  expect(await list({ end_time: toSeconds(noon) + 40 * 86_400 })).toEqual([]);
});

test('results come in pages; a page size over the limit falls back to the usual one', async () => {
  await using bench = await start();
  const ids = await bench.addCustomers(7, 'linxiaoyu');
  const { msgid } = await add(bench, { external_userid: ids });
  const page = (body: Record<string, unknown>) =>
    bench.post('externalcontact/get_groupmsg_send_result', { msgid, userid: 'linxiaoyu', ...body });
  const seen: string[] = [];
  let cursor = '';
  do {
    const reply = await page({ limit: 3, cursor });
    seen.push(...reply.send_list.map((row: { external_userid: string }) => row.external_userid));
    cursor = reply.next_cursor;
  } while (cursor !== '');
  expect(seen).toEqual(ids);
  expect((await page({ limit: 5000 })).send_list).toHaveLength(7);
  expect((await page({ cursor: 'nonsense' })).errcode).toBe(50100);
  expect((await page({ userid: 'ghost' })).errcode).toBe(40003);
});

test('for a moment after its creation a task is still being handed out, if the policy says so', async () => {
  await using bench = await start({ policy: { massDispatchMs: 150 } });
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const { msgid } = await add(bench, { external_userid: [a] });
  const ask = async () => (await bench.post('externalcontact/get_groupmsg_task', { msgid })).errcode;
  expect(await ask()).toBe(41063);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await ask()).toBe(0);
});

test('a call whose answer is lost has made its task, and one that was answered by an error has not', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  sandbox.setFaults({ dropResponse: { path: 'add_msg_template', rate: 1 } });
  await expect(add(bench, { external_userid: [a] })).rejects.toThrow();
  sandbox.clearFaults();
  expect(sandbox.tasksOf('linxiaoyu')).toHaveLength(1);
  sandbox.setFaults({ apiErrors: [-1, 45009].map((errcode) => ({ path: 'add_msg_template', errcode, times: 1 })) });
  expect([
    (await add(bench, { external_userid: [a] })).errcode,
    (await add(bench, { external_userid: [a] })).errcode,
  ]).toEqual([-1, 45009]);
  expect(sandbox.tasksOf('linxiaoyu')).toHaveLength(1);
});
