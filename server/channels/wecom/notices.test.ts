import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { getJsSignature, runSelfCheck } from '#contract/wecom';
import { notifyStaff, type StaffNotice } from '#organization';
import { inTransaction } from '#platform/ctx';
import { type Connected, connectSandbox } from '#testing';
import { checkTrustedDomain } from './check.ts';
import type { WecomChannel } from './index.ts';

const lin = 'linxiaoyu';
let world: Connected;
let staffId: number;
let people: string[];

beforeAll(async () => {
  world = await connectSandbox();
  staffId = await world.staffId(lin);
  people = await world.befriend(lin, 1);
  return () => world.close();
});
beforeEach(() => world.reconnect());
afterEach(async () => {
  world.sandbox.setFaults({ apiErrors: [], dropResponse: null });
  await world.siyu.database.pool.query('delete from staff_notice');
});

const notice = (purpose: string, more: Partial<StaffNotice> = {}): StaffNotice => ({
  staffId,
  purpose,
  title: '今日任务',
  body: `有 3 位客户等你关心 ${purpose}`,
  url: 'http://siyu.test/m/',
  expiresAt: new Date(world.siyu.clock.now().getTime() + 3_600_000),
  ...more,
});
const tell = (...notices: StaffNotice[]) => inTransaction(world.siyu.ctx, (ctx) => notifyStaff(ctx, notices));
/** Sends what may be sent, whatever pause it was to make. */
async function send() {
  await world.siyu.database.pool.query('update staff_notice set retry_at = null');
  await world.pump('wecom.notify');
}
const received = (purpose: string) =>
  world.sandbox.appMessages(lin).filter((message) => JSON.stringify(message).includes(purpose));
const states = async () =>
  (await world.siyu.database.pool.query('select purpose, state, problem from staff_notice order by id')).rows;

test('a notice is a card that leads to its page, and one of a purpose is one', async () => {
  await tell(notice('day 1'), notice('day 1'));
  await tell(notice('day 1'));
  await send();
  expect(received('day 1')).toHaveLength(1);
  expect(JSON.stringify(received('day 1'))).toContain('http://siyu.test/m/');
  expect(await states()).toMatchObject([{ state: 'sent' }]);
});

test('one without a page is a text, and what people write is no markup', async () => {
  await tell(notice('plain', { url: null, body: '<a href="http://evil.test">plain</a>' }));
  await send();
  expect(JSON.stringify(received('plain'))).not.toContain('<a ');
});

test('an answer that was lost is asked for again, and the member has it once', async () => {
  await tell(notice('lost answer'));
  world.sandbox.setFaults({ dropResponse: { path: 'message/send', rate: 1 } });
  await send();
  expect(await states()).toMatchObject([{ state: 'planned', problem: expect.stringContaining('check_network') }]);
  world.sandbox.setFaults({ dropResponse: null });
  await send();
  expect(await states()).toMatchObject([{ state: 'sent', problem: null }]);
  expect(received('lost answer').filter((message) => message.receivers?.length !== 0)).toHaveLength(1);
});

test('a busy platform is tried again, one that refuses for good is not', async () => {
  await tell(notice('busy'));
  world.sandbox.setFaults({ apiErrors: [{ path: 'message/send', errcode: -1, times: 1 }] });
  await send();
  await send();
  await tell(notice('refused'));
  world.sandbox.setFaults({ apiErrors: [{ path: 'message/send', errcode: 81013, times: 1 }] });
  await send();
  expect(await states()).toMatchObject([
    { purpose: 'busy', state: 'sent' },
    { purpose: 'refused', state: 'failed', problem: expect.stringContaining('81013') },
  ]);
  const check = await world.siyu.call(world.siyu.owner, runSelfCheck, {});
  expect(check.lines.find((line) => line.key === 'app_messages')).toMatchObject({
    state: 'warning',
    finding: 'app_messages.failed',
    values: { count: 1 },
  });
});

test('a member gets no more in a minute than the platform lets through; the rest waits', async () => {
  await tell(...Array.from({ length: 40 }, (_, i) => notice(`many ${i}`)));
  await send();
  const rows = await states();
  expect(rows.filter((row) => row.state === 'sent')).toHaveLength(25);
  expect(rows.filter((row) => row.state === 'planned')).toHaveLength(15);
  await world.siyu.database.pool.query("update staff_notice set claimed_at = claimed_at - interval '2 minutes'");
  await send();
  expect((await states()).every((row) => row.state === 'sent')).toBe(true);
});

test('what is of no use any more is not sent', async () => {
  await tell(notice('late', { expiresAt: new Date(world.siyu.clock.now().getTime() - 1) }));
  await send();
  expect(await states()).toMatchObject([{ state: 'expired' }]);
  expect(received('late')).toEqual([]);
});

test('what a worker held when it died is sent again only while the platform knows it for a repetition', async () => {
  await tell(notice('fresh'), notice('old'));
  const dead = "update staff_notice set state = 'claimed', claimed_by = 999, claimed_at = now() - interval";
  await world.siyu.database.pool.query(`${dead} '1 minute' where purpose = 'fresh'`);
  await world.siyu.database.pool.query(`${dead} '1 day' where purpose = 'old'`);
  await send();
  expect(await states()).toMatchObject([
    { purpose: 'fresh', state: 'sent' },
    { purpose: 'old', state: 'unknown', problem: 'no_answer' },
  ]);
});

test('members and customers are recognised by the code their client hands out, once', async () => {
  const channel = world.siyu.app.modules.find((module) => module.name === 'wecom') as WecomChannel;
  const { ctx } = world.siyu;
  const codeOf = async (cookie: string) => {
    const address = (await channel.members.begin(ctx, 'a1', 'http://siyu.test/m/in?x=1')) ?? '';
    const answer = await fetch(address, { redirect: 'manual', headers: { cookie } });
    const back = new URL(answer.headers.get('location') ?? '');
    expect(back.searchParams.get('state')).toBe('a1');
    expect(back.href.startsWith('http://siyu.test/m/in?x=1&')).toBe(true);
    return back.searchParams.get('code') ?? '';
  };
  const code = await codeOf(`sandbox_holder=staff.${lin}`);
  expect(await channel.members.finish(ctx, code)).toEqual({ staffId });
  expect(await channel.members.finish(ctx, code)).toBeUndefined();
  const person = people[0] ?? '';
  expect(await channel.visitors.finish(ctx, await codeOf(`sandbox_holder=person.${person}`))).toEqual({
    externalUserid: person,
  });
  expect(await channel.members.finish(ctx, await codeOf(`sandbox_holder=person.${person}`))).toBeUndefined();
  expect(await channel.visitors.finish(ctx, 'nonsense')).toBeUndefined();
});

test('a page of ours is signed as the client expects, with tickets that are asked for once', async () => {
  const url = 'http://siyu.test/m/sidebar?from=chat';
  const ask = () => world.siyu.call(world.siyu.owner, getJsSignature, { url });
  const { corpId, agentId, config, agentConfig } = await ask();
  expect({ corpId, agentId: Number(agentId) }).toEqual({
    corpId: world.sandbox.corp.corpId,
    agentId: world.sandbox.corp.agentId,
  });
  for (const [kind, signed] of [
    ['corp', config],
    ['app', agentConfig],
  ] as const) {
    const { nonceStr: noncestr, timestamp, signature } = signed;
    const page = { kind, noncestr, timestamp: String(timestamp), url, signature };
    expect(world.sandbox.checkSignature(page)).toEqual({ ok: true });
  }
  world.sandbox.setFaults({
    apiErrors: [
      { path: 'get_jsapi_ticket', errcode: 45009 },
      { path: 'ticket/get', errcode: 45009 },
    ],
  });
  expect((await ask()).config.signature).toMatch(/^[0-9a-f]{40}$/);
});

test('a page of somebody else is not signed', async () => {
  const { siyu } = world;
  const answer = await siyu.ask(siyu.owner, getJsSignature, { url: 'http://evil.test/m/' });
  expect(answer).toMatchObject({ status: 422, body: { error: { code: 'wecom_page_foreign' } } });
});

test.each([
  ['none is set', '', { state: 'warning', finding: 'oauth.missing', values: { host: 'siyu.test:8443' } }],
  ['the port is missing', 'siyu.test', { state: 'warning', finding: 'oauth.other', values: { trusted: 'siyu.test' } }],
  ['it is the very host', 'siyu.test:8443', { state: 'ok' }],
])('the trusted domain of the app is compared with siyu’s address: %s', (_what, trusted, line) => {
  expect(checkTrustedDomain('https://siyu.test:8443/', trusted)).toMatchObject(line);
});
