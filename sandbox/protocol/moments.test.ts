import { expect, test } from 'vitest';
import { dayMs, toSeconds } from '#sandbox/clock';
import type { SandboxOptions } from '#sandbox/options';
import type { Bench, Reply } from '#sandbox/testing';
import { noon, png, startBench } from '#sandbox/testing';

const idle = { overlookTask: 1, refuseTask: 0, confirmWhenReminded: 0, answer: 0, noteRemark: 0, noteTag: 0, drop: 0 };
const start = (options: SandboxOptions = {}) => startBench({ staffHabits: idle, ...options });

const add = (bench: Bench, body: Record<string, unknown> = {}) =>
  bench.post('externalcontact/add_moment_task', { text: { content: '清明前的第一批龙井' }, ...body });
const result = (bench: Bench, jobid: string) => bench.get('externalcontact/get_moment_task_result', { jobid });
const ask = (bench: Bench, name: string, body: Record<string, unknown>) => bench.post(`externalcontact/${name}`, body);

async function made(bench: Bench, body: Record<string, unknown> = {}): Promise<string> {
  const { jobid } = await add(bench, body);
  return (await result(bench, jobid)).result.moment_id;
}

async function uploadImage(bench: Bench, attachmentType = '1', bytes: Buffer = png): Promise<Reply> {
  const form = new FormData();
  form.set('media', new File([new Uint8Array(bytes)], 'a.png', { type: 'image/png' }));
  const query = new URLSearchParams({
    access_token: bench.token,
    media_type: 'image',
    attachment_type: attachmentType,
  });
  const url = `${bench.sandbox.url}/cgi-bin/media/upload_attachment?${query}`;
  return (await (await fetch(url, { method: 'POST', body: form })).json()) as Reply;
}

test('a job makes the Moment; each member publishes it to their own customers when they confirm', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = '', b = ''] = await bench.addCustomers(2, 'linxiaoyu');
  await bench.addCustomers(1, 'huyifan');
  const { jobid } = await add(bench, { visible_range: { sender_list: { user_list: ['linxiaoyu', 'ghost'] } } });
  const reply = await result(bench, jobid);
  expect(reply).toMatchObject({
    status: 3,
    type: 'add_moment_task',
    result: {
      errcode: 0,
      errmsg: 'ok',
      invalid_sender_list: { user_list: ['ghost'], department_list: [] },
      invalid_external_contact_list: { tag_list: [] },
    },
  });
  const { moment_id } = reply.result;
  expect(moment_id).toMatch(/^mom/);
  const of = { moment_id, userid: 'linxiaoyu' };
  expect((await ask(bench, 'get_moment_task', { moment_id })).task_list).toEqual([
    { userid: 'linxiaoyu', publish_status: 0 },
  ]);
  expect((await ask(bench, 'get_moment_customer_list', of)).customer_list).toEqual([
    { userid: 'linxiaoyu', external_userid: a },
    { userid: 'linxiaoyu', external_userid: b },
  ]);
  expect((await ask(bench, 'get_moment_send_result', of)).errcode).toBe(41062);
  sandbox.deleteByCustomer(b);
  sandbox.confirmTask('linxiaoyu', moment_id);
  expect((await ask(bench, 'get_moment_task', { moment_id })).task_list).toEqual([
    { userid: 'linxiaoyu', publish_status: 1 },
  ]);
  expect((await ask(bench, 'get_moment_send_result', of)).customer_list).toEqual([{ external_userid: a }]);
  expect(sandbox.moments(a)).toMatchObject([{ momentId: moment_id, userid: 'linxiaoyu', publishedAt: noon }]);
  expect(sandbox.moments(b)).toEqual([]);

  expect(sandbox.like(a, moment_id, 'linxiaoyu')).toBe(true);
  expect(sandbox.like(a, moment_id, 'linxiaoyu')).toBe(false);
  expect(sandbox.like(b, moment_id, 'linxiaoyu')).toBe(false);
  expect(sandbox.comment(a, moment_id, 'linxiaoyu', '想喝')).toBe(true);
  const row = { external_userid: a, create_time: toSeconds(noon) };
  expect(await ask(bench, 'get_moment_comments', of)).toMatchObject({ comment_list: [row], like_list: [row] });
});

test('senders, tags, or both decide who sees it; without them all do', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = '', b = ''] = await bench.addCustomers(2, 'linxiaoyu');
  const [c = ''] = await bench.addCustomers(1, 'huyifan');
  const tag = sandbox.addTag({ group: '口味', name: '绿茶' }).id;
  for (const [userid, id] of [
    ['linxiaoyu', a],
    ['huyifan', c],
  ] as const)
    sandbox.staffEdit(userid, id, { addTagIds: [tag] });
  const audience = async (visible_range: Record<string, unknown> | undefined) => {
    const moment_id = await made(bench, { visible_range });
    const { task_list } = await ask(bench, 'get_moment_task', { moment_id });
    const lists = await Promise.all(
      task_list.map(({ userid }: { userid: string }) => ask(bench, 'get_moment_customer_list', { moment_id, userid })),
    );
    const rows = lists.flatMap((list: Reply) => list.customer_list);
    return {
      members: task_list.length,
      customers: rows.map((one: { external_userid: string }) => one.external_userid),
    };
  };
  const tags = { external_contact_list: { tag_list: [tag] } };
  expect(await audience(undefined)).toEqual({ members: 12, customers: [a, b, c] });
  expect(await audience({ sender_list: { user_list: ['linxiaoyu'] } })).toEqual({ members: 1, customers: [a, b] });
  expect(await audience({ sender_list: { department_list: [4] } })).toEqual({ members: 3, customers: [c] });
  expect(await audience(tags)).toEqual({ members: 2, customers: [a, c] });
  expect(await audience({ ...tags, sender_list: { user_list: ['huyifan'] } })).toEqual({ members: 1, customers: [c] });
  const list = await ask(bench, 'get_moment_list', { start_time: toSeconds(noon) - 1, end_time: toSeconds(noon) + 1 });
  expect(list.moment_list.map((row: { visible_type: number }) => row.visible_type)).toEqual([1, 1, 1, 0, 0]);
});

test('a customer sees three a day from one member; the fourth counts as published and is not seen', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const publish = async () => {
    const moment_id = await made(bench, { visible_range: { sender_list: { user_list: ['linxiaoyu'] } } });
    sandbox.confirmTask('linxiaoyu', moment_id);
    return (await ask(bench, 'get_moment_send_result', { moment_id, userid: 'linxiaoyu' })).customer_list;
  };
  for (let i = 0; i < 4; i++) expect(await publish()).toEqual([{ external_userid: a }]);
  expect(sandbox.moments(a)).toHaveLength(3);
  expect(sandbox.momentTruth().map((moment) => moment.members[0]?.audience[0]?.outcome)).toEqual([
    'shown',
    'shown',
    'shown',
    'hidden',
  ]);
  await sandbox.step(noon + dayMs);
  await publish();
  expect(sandbox.moments(a)).toHaveLength(4);
});

test('pictures come from upload_attachment and are of the right size', async () => {
  await using bench = await start();
  const [a = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const uploaded = await uploadImage(bench);
  expect(uploaded).toMatchObject({ errcode: 0, errmsg: '', type: 'image', created_at: toSeconds(noon) });
  expect((await uploadImage(bench, '3')).errcode).toBe(41072);
  const tall = Buffer.from(png);
  tall.writeUInt32BE(1200, 16);
  tall.writeUInt32BE(1200, 20);
  expect((await uploadImage(bench, '1', tall)).errcode).toBe(41081);
  expect((await uploadImage(bench, '1', Buffer.from('no picture'))).errcode).toBe(41090);
  const image = { msgtype: 'image', image: { media_id: uploaded.media_id } };
  const link = { msgtype: 'link', link: { title: '茶单', url: 'https://example.com', media_id: uploaded.media_id } };
  const moment_id = await made(bench, { attachments: [image, image] });
  bench.sandbox.confirmTask('linxiaoyu', moment_id);
  expect(bench.sandbox.moments(a)[0]?.contents.map((content) => content.kind)).toEqual(['text', 'image', 'image']);

  const textOf = async (body: Record<string, unknown>) => (await add(bench, body)).errmsg.split('.')[0];
  const { media_id } = await bench.upload('image', png);
  expect(await textOf({ attachments: [image, link] })).toBe('invalid attachments msgtype');
  expect(await textOf({ attachments: [{ msgtype: 'file', file: {} }] })).toBe('invalid attachments msgtype');
  expect(await textOf({ attachments: Array(10).fill(image) })).toBe('invalid attachments size');
  expect(await textOf({ attachments: [link, link] })).toBe('invalid attachments size');
  expect(await textOf({ attachments: [{ msgtype: 'image', image: {} }] })).toBe('invalid msg');
  expect(await textOf({ text: { content: '字'.repeat(1334) } })).toBe('invalid text size');
  expect((await add(bench, { text: undefined })).errcode).toBe(41089);
  expect((await add(bench, { attachments: [{ msgtype: 'image', image: { media_id } }] })).errcode).toBe(40007);
});

test('ids, owners and kinds are checked; a cancelled Moment is published no more', async () => {
  await using bench = await start();
  const { sandbox } = bench;
  await bench.addCustomers(1, 'linxiaoyu');
  const moment_id = await made(bench, { visible_range: { sender_list: { user_list: ['linxiaoyu'] } } });
  const codeOf = async (name: string, body: Record<string, unknown>) => (await ask(bench, name, body)).errcode;
  expect(await codeOf('get_moment_task', {})).toBe(41059);
  expect(await codeOf('get_moment_task', { moment_id: 'momNone' })).toBe(41060);
  expect(await codeOf('get_moment_comments', { moment_id, userid: 'huyifan' })).toBe(41061);
  expect(await codeOf('get_moment_comments', { moment_id, userid: 'ghost' })).toBe(40003);
  expect(await codeOf('get_moment_list', { start_time: 0, end_time: 31 * 86_400 })).toBe(40058);
  expect((await result(bench, 'nothing')).errcode).toBe(40088);
  expect(await codeOf('cancel_moment_task', { moment_id })).toBe(0);
  expect(sandbox.confirmTask('linxiaoyu', moment_id)).toBe(false);
  const nobody = await add(bench, { visible_range: { sender_list: { user_list: ['ghost'] } } });
  expect((await result(bench, nobody.jobid)).result).toMatchObject({ errcode: 40003 });
  await sandbox.step(noon + dayMs + 1000);
  expect((await result(bench, nobody.jobid)).errcode).toBe(40088);
});

test('ten a minute, so many a month, and a job that takes its time', async () => {
  await using bench = await start({ policy: { momentsPerMinute: 2, momentJobMs: 200 } });
  const { jobid } = await add(bench);
  expect(await result(bench, jobid)).not.toHaveProperty('result');
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect((await result(bench, jobid)).status).toBe(3);
  expect([(await add(bench)).errcode, (await add(bench)).errcode]).toEqual([0, 45009]);
  await using small = await start({ policy: { momentsPerMonth: 1 } });
  expect([(await add(small)).errcode, (await add(small)).errcode]).toEqual([0, 41210]);
});

test('people come across Moments, like them, and buy a little more', async () => {
  await using bench = await start({
    habits: { loyal: { readMoment: 1, likeMoment: 1, leavePerDay: 0 } },
    staffHabits: { ...idle, overlookTask: 0, confirmHours: [0.1, 0.2] },
  });
  const { sandbox } = bench;
  await bench.addCustomers(50, 'linxiaoyu', 'loyal');
  const moment_id = await made(bench, { text: { content: '冲泡指南' } });
  await sandbox.step(noon + 2 * dayMs);
  const member = sandbox.momentTruth()[0]?.members.find((one) => one.userid === 'linxiaoyu');
  expect(member?.audience.every((one) => one.readAt !== null)).toBe(true);
  expect(member?.likes).toHaveLength(50);
  expect(member?.comments.length).toBeGreaterThan(5);
  const people = (member?.audience ?? []).map((one) => ({
    externalUserid: one.externalUserid,
    from: noon,
    until: noon + 20 * dayMs,
  }));
  const { sums } = sandbox.effect({ messages: [moment_id], people });
  expect(sums.with.purchases).toBeGreaterThan(sums.without.purchases * 1.02);
});
