import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from '#sandbox/testing';
import { png, startBench } from '#sandbox/testing';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

async function addOne(choice: { half?: boolean } = { half: false }, on: Bench = bench) {
  const person = on.sandbox.makePerson();
  const { config_id } = await on.addWay();
  const result = await on.sandbox.scan(person.externalUserid, config_id, choice);
  if (result.kind !== 'added') throw new Error(result.kind);
  return { id: person.externalUserid, code: result.welcomeCode ?? '', userid: result.userid };
}

const send = (body: Record<string, unknown>, on: Bench = bench) => on.post('externalcontact/send_welcome_msg', body);
const text = { content: '欢迎来到山间茶事' };

test('text and attachments become bubbles of their own on the phone', async () => {
  const { id, code } = await addOne();
  const { media_id } = await bench.upload('image', png);
  const reply = await send({
    welcome_code: code,
    text,
    attachments: [
      { msgtype: 'image', image: { media_id } },
      { msgtype: 'link', link: { title: '新人礼', url: 'https://example.com/gift' } },
      {
        msgtype: 'miniprogram',
        miniprogram: { title: '商城', pic_media_id: media_id, appid: 'wx1', page: 'index.html' },
      },
    ],
  });
  expect(reply).toMatchObject({ errcode: 0, errmsg: 'ok' });
  expect(bench.sandbox.messages(id).map((message) => message.content.kind)).toEqual([
    'text',
    'image',
    'link',
    'miniprogram',
  ]);
});

test('a code is used once', async () => {
  const { id, code } = await addOne();
  expect((await send({ welcome_code: code, text })).errcode).toBe(0);
  expect((await send({ welcome_code: code, text })).errcode).toBe(41051);
  expect(bench.sandbox.messages(id)).toHaveLength(1);
  const welcome = bench.sandbox.truth().welcomes.find((one) => one.code === code);
  expect(welcome).toMatchObject({ deliveredCount: 1, attempts: 2, late: false });
});

test('two callers at the same moment: one wins, the other is told that a welcome is being sent', async () => {
  const { id, code } = await addOne();
  bench.sandbox.setFaults({ apiDelayMs: [50, 50] });
  const replies = await Promise.all([send({ welcome_code: code, text }), send({ welcome_code: code, text })]);
  bench.sandbox.clearFaults();
  expect(replies.map((reply) => reply.errcode).sort()).toEqual([0, 41096]);
  expect(bench.sandbox.messages(id)).toHaveLength(1);
});

test('a code dies after its real seconds, whatever the simulated clock says', async () => {
  await using quick = await startBench({ policy: { welcomeTtlMs: 150 }, clock: { simMs: 0, speed: 0 } });
  const first = await addOne({ half: false }, quick);
  await quick.sandbox.step(3600_000);
  expect((await send({ welcome_code: first.code, text }, quick)).errcode).toBe(0);
  const second = await addOne({ half: false }, quick);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await send({ welcome_code: second.code, text }, quick)).errcode).toBe(41050);
  const welcome = quick.sandbox.truth().welcomes.find((one) => one.code === second.code);
  expect(welcome).toMatchObject({ deliveredCount: 0, deliveredAt: null, late: true });
});

test('no welcome once the customer has started chatting', async () => {
  const { id, code } = await addOne();
  bench.sandbox.say(id, '你好');
  expect((await send({ welcome_code: code, text })).errcode).toBe(41051);
});

test('missing and unknown codes are told apart', async () => {
  expect((await send({ text })).errcode).toBe(41049);
  expect((await send({ welcome_code: '', text })).errcode).toBe(41049);
  expect((await send({ welcome_code: 'nonsense', text })).errcode).toBe(41050);
});

test('a bad message is refused and leaves the code usable', async () => {
  const { code } = await addOne();
  const errcode = async (body: Record<string, unknown>) => (await send({ welcome_code: code, ...body })).errcode;
  expect(await errcode({})).toBe(41089);
  expect(await errcode({ text: { content: '字'.repeat(1334) } })).toBe(40058);
  expect(
    await errcode({ attachments: Array(10).fill({ msgtype: 'link', link: { title: 'a', url: 'https://a.b' } }) }),
  ).toBe(41064);
  expect(await errcode({ attachments: [{ msgtype: 'voice', voice: {} }] })).toBe(41065);
  expect(await errcode({ attachments: [{ msgtype: 'image', link: {} }] })).toBe(40058);
  expect(await errcode({ attachments: [{ msgtype: 'image', image: { media_id: 'nope' } }] })).toBe(40007);
  expect(await errcode({ attachments: [{ msgtype: 'image', image: { pic_url: 'https://else.where/a.png' } }] })).toBe(
    40058,
  );
  expect(await errcode({ attachments: [{ msgtype: 'link', link: { title: 'a' } }] })).toBe(40058);
  expect(await errcode({ text })).toBe(0);
});

test('a half add carries the code; confirming carries a new one only when the first was not used', async () => {
  const used = await addOne({ half: true });
  expect((await send({ welcome_code: used.code, text })).errcode).toBe(0);
  bench.sandbox.accept(used.id);
  const unused = await addOne({ half: true });
  bench.sandbox.accept(unused.id);
  const codesOf = (id: string) => bench.sandbox.truth().welcomes.filter((welcome) => welcome.externalUserid === id);
  expect(codesOf(used.id).map((welcome) => welcome.changeType)).toEqual(['add_half_external_contact']);
  const [first, second] = codesOf(unused.id);
  expect(second?.changeType).toBe('add_external_contact');
  expect((await send({ welcome_code: second?.code, text })).errcode).toBe(0);
  // Either code welcomes the same two people, so the other one is spent as well.
  expect((await send({ welcome_code: first?.code, text })).errcode).toBe(41051);
});

test('a welcome configured in the console leaves no code for the app', async () => {
  bench.sandbox.changeStaff('linxiaoyu', { consoleWelcome: true });
  const person = bench.sandbox.makePerson();
  const { config_id } = await bench.addWay();
  expect(await bench.sandbox.scan(person.externalUserid, config_id)).toMatchObject({
    kind: 'added',
    welcomeCode: null,
  });
  bench.sandbox.changeStaff('linxiaoyu', { consoleWelcome: false });
});
