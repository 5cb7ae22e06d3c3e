import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkSms, getSms, sendTestSms, setSms } from '#contract/sms';
import { type Sandbox, startSandbox } from '#sandbox';
import { createTestApp, type TestApp } from '#testing';
import { claimTouch, createTeller, runtimeOf } from '#testing/touches';
import type { Deliverer, TouchToDeliver } from '#touch';
import { createSmsChannel } from './index.ts';

/** Against a sandbox that speaks the provider's signed API. */

let siyu: TestApp;
let sandbox: Sandbox;
let account: { keyId: string; keySecret: string; endpoint: string };
let wang: number;
let tell: ReturnType<typeof createTeller>;
/** An address where nobody listens. */
let closed: string;
const phone = '13800000001';

async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

beforeAll(async () => {
  sandbox = await startSandbox({ clock: { simMs: Date.now(), speed: 0 } });
  const told = (await (await fetch(`${sandbox.url}/_control/sms`)).json()) as { account: typeof account };
  account = told.account;
  closed = await closedUrl();
  siyu = await createTestApp();
  tell = createTeller(siyu);
  wang = await tell('wang', { phone: '+86 138 0000 0001' });
});
afterAll(async () => {
  await siyu?.close();
  await sandbox?.stop();
});
beforeEach(async () => {
  sandbox.sms.clear();
  await siyu.database.pool.query('delete from sms_report');
  await siyu.database.pool.query('delete from consent');
});

async function setUp(change: Record<string, unknown> = {}) {
  const settings = { ...account, signName: '山间茶事', ...change };
  await siyu.call(siyu.owner, setSms, settings as Parameters<typeof setSms.input.parse>[0] & typeof settings);
  const channel = createSmsChannel(runtimeOf(siyu));
  const [deliverer] = channel.deliverers;
  const [pump] = channel.pumps ?? [];
  if (!deliverer || !pump) throw new Error('the channel delivers nothing');
  /** Asks for all reports now, however long they would wait. */
  const askForReports = async () => {
    await siyu.database.pool.query('update sms_report set due_at = clock_timestamp()');
    await pump.drain(siyu.ctx, runtimeOf(siyu), { number: 0 });
  };
  return { deliverer, askForReports };
}
const params = { name: '王芳', order: 'A1', day: '周五' };
const message = { kind: 'sms', templateCode: 'SMS_100000002', params, preview: '王芳，您的订单A1已发出' } as const;
const promotion = {
  ...message,
  templateCode: 'SMS_200000001',
  params: { name: '王芳', offer: '八折', code: 'a1' },
} as const;

async function deliver(deliverer: Deliverer, change: Partial<TouchToDeliver> = {}) {
  const touch = await claimTouch(siyu, { customerId: wang, channel: 'sms', message, ...change });
  const result = await deliverer.deliver(siyu.ctx, touch, runtimeOf(siyu));
  const { outcome } = result.receipt;
  const state = outcome === 'accepted' ? 'submitted' : outcome === 'unknown' ? 'unknown' : 'failed';
  await siyu.database.pool.query('update touch set state = $1 where id = $2', [state, touch.id]);
  return { touch, ...result };
}
const stateOf = async ({ id }: { id: number }) =>
  (await siyu.database.pool.query('select state, reason from touch where id = $1', [id])).rows[0];
const waiting = async () => (await siyu.call(siyu.owner, getSms, {})).unreported;
const consents = async () =>
  (
    await siyu.database.pool.query('select channel, category, state, evidence from consent where customer_id = $1', [
      wang,
    ])
  ).rows;

describe('settings', () => {
  it('need the secret the first time and keep it to themselves', async () => {
    const first = { keyId: account.keyId, signName: '山间茶事', endpoint: account.endpoint };
    expect((await siyu.ask(siyu.owner, setSms, first)).body).toMatchObject({
      error: { code: 'input_invalid', fields: [{ path: 'keySecret' }] },
    });
    expect((await siyu.ask(siyu.owner, checkSms, {})).body).toMatchObject({ error: { code: 'channel_not_set_up' } });
    await setUp();
    await siyu.call(siyu.owner, setSms, first);
    expect((await siyu.call(siyu.owner, checkSms, {})).outcome).toBe('accepted');
    expect(JSON.stringify(await siyu.call(siyu.owner, getSms, {}))).not.toContain(account.keySecret);
  });
});

describe('a check', () => {
  it.each([
    ['key_unknown', { keyId: 'LTAInobodyknows' }],
    ['key_wrong', { keySecret: 'wrongwrongwrong' }],
    ['unreachable', { endpoint: 'CLOSED' }],
    ['endpoint_wrong', { endpoint: 'URL/nowhere' }],
  ])('names what is wrong: %s', async (problem, change) => {
    await setUp(
      'endpoint' in change
        ? { endpoint: change.endpoint?.replace('URL', sandbox.url).replace('CLOSED', closed) }
        : change,
    );
    const answer = await siyu.call(siyu.owner, checkSms, {});
    expect(answer).toMatchObject({ problem });
    // What the gateway repeats of a call holds a person's number.
    expect(answer.message).not.toContain('PhoneNumber');
  });
});

describe('a test', () => {
  it('is sent by an approved template', async () => {
    await setUp();
    const answer = await siyu.call(siyu.owner, sendTestSms, { phone, templateCode: 'SMS_100000002', params });
    expect(answer).toEqual({ outcome: 'accepted', problem: null, message: null });
    expect(sandbox.sms.messages()).toMatchObject([
      { phone, content: '【山间茶事】王芳，您的订单A1已发出，预计周五送达。' },
    ]);
    expect((await siyu.call(siyu.owner, getSms, {})).health.succeededAt).not.toBeNull();
  });

  it('that is refused says why', async () => {
    await setUp({ signName: '别人' });
    const test = { phone, templateCode: 'SMS_100000002', params };
    expect(await siyu.call(siyu.owner, sendTestSms, test)).toMatchObject({ problem: 'sign_name_refused' });
    expect((await siyu.call(siyu.owner, getSms, {})).health).toMatchObject({ problem: 'sign_name_refused' });
    await setUp();
    expect(await siyu.call(siyu.owner, sendTestSms, { ...test, params: {} })).toMatchObject({
      problem: 'parameters_refused',
      message: expect.stringContaining('isv.TEMPLATE_MISSING_PARAMETERS'),
    });
  });
});

describe('a touch', () => {
  it('becomes a message, and its report says that it arrived', async () => {
    const { deliverer, askForReports } = await setUp();
    const { touch, receipt, said } = await deliver(deliverer);
    expect(receipt).toEqual({ outcome: 'accepted' });
    expect(said).toEqual({ text: message.preview, attachmentCount: 0 });
    expect(sandbox.sms.messages()).toMatchObject([{ phone, outId: String(touch.id) }]);
    await askForReports();
    expect(await stateOf(touch)).toEqual({ state: 'submitted', reason: null });
    expect(await waiting()).toBe(1);
    await sandbox.step(sandbox.now() + 10_000);
    await askForReports();
    expect(await stateOf(touch)).toEqual({ state: 'delivered', reason: null });
    expect(await waiting()).toBe(0);
  });

  it('to a number out of service is reported as failed', async () => {
    const { deliverer, askForReports } = await setUp();
    sandbox.sms.setNumber(phone, 'out_of_service');
    const { touch } = await deliver(deliverer);
    await sandbox.step(sandbox.now() + 10_000);
    await askForReports();
    expect(await stateOf(touch)).toEqual({ state: 'failed', reason: 'address_refused' });
  });

  it('whose answer is lost is found out about, and not sent again', async () => {
    const { deliverer, askForReports } = await setUp();
    sandbox.sms.setFaults([{ answer: 'dropped', times: 1 }]);
    const { touch, receipt } = await deliver(deliverer);
    expect(receipt).toMatchObject({ outcome: 'unknown' });
    await sandbox.step(sandbox.now() + 10_000);
    await askForReports();
    expect(await stateOf(touch)).toEqual({ state: 'delivered', reason: null });
    expect(sandbox.sms.messages()).toHaveLength(1);
  });

  it('of which the provider never heard has failed, once that is sure', async () => {
    const { deliverer, askForReports } = await setUp();
    sandbox.sms.setFaults([{ code: 'isp.SYSTEM_ERROR', answer: 'dropped', times: 1 }]);
    const { touch } = await deliver(deliverer);
    await askForReports();
    await askForReports();
    expect(await stateOf(touch)).toMatchObject({ state: 'unknown' });
    await askForReports();
    expect(await stateOf(touch)).toEqual({ state: 'failed', reason: 'platform_unreachable' });
    expect(await waiting()).toBe(0);
  });

  it.each([
    ['isv.MOBILE_NUMBER_ILLEGAL', '', { reason: 'address_refused', retryable: false }],
    ['isv.SMS_TEMPLATE_ILLEGAL', '', { reason: 'content_refused', retryable: false }],
    ['isv.BUSINESS_LIMIT_CONTROL', '触发分钟级流控Permits:1', { reason: 'platform_quota', pauseMs: 60_000 }],
    ['isv.BUSINESS_LIMIT_CONTROL', '触发小时级流控Permits:5', { reason: 'platform_quota', pauseMs: 1_200_000 }],
    ['isv.BUSINESS_LIMIT_CONTROL', '触发天级流控Permits:10', { reason: 'platform_quota', retryable: false }],
    ['isv.AMOUNT_NOT_ENOUGH', '', { reason: 'not_permitted', retryable: true }],
    ['isp.SYSTEM_ERROR', '', { reason: 'platform_refused', retryable: true }],
    ['isv.SOMETHING_NEW', '', { reason: 'platform_refused', retryable: false }],
  ])('that is refused with %s %s', async (code, message, receipt) => {
    const { deliverer } = await setUp();
    sandbox.sms.setFaults([{ code, message }]);
    expect((await deliver(deliverer)).receipt).toMatchObject({ outcome: 'refused', ...receipt });
    expect(await waiting()).toBe(0);
  });

  it('to somebody who answered R withdraws the consent to promotions', async () => {
    const { deliverer } = await setUp();
    sandbox.sms.reply(phone, 'R');
    const { receipt } = await deliver(deliverer, { message: promotion, category: 'promotion' });
    expect(receipt).toMatchObject({ reason: 'consent_withdrawn', retryable: false });
    expect(await consents()).toMatchObject([
      { channel: 'sms', category: 'promotion', state: 'withdrawn', evidence: { how: 'platform' } },
    ]);
  });

  it('that the black list held back withdraws it, too, when the report says so', async () => {
    const { deliverer, askForReports } = await setUp();
    sandbox.sms.setNumber(phone, 'in_black_list');
    const { touch } = await deliver(deliverer, { message: promotion, category: 'promotion' });
    await sandbox.step(sandbox.now() + 10_000);
    await askForReports();
    expect(await stateOf(touch)).toEqual({ state: 'failed', reason: 'consent_withdrawn' });
    expect(await consents()).toMatchObject([{ channel: 'sms', category: 'promotion', state: 'withdrawn' }]);
  });

  it('to nobody’s number, or a foreign one, is not tried', async () => {
    const { deliverer } = await setUp();
    const nobody = await tell('nobody', {});
    const foreign = await tell('foreign', { phone: '+44 7700 900123' });
    expect((await deliver(deliverer, { customerId: nobody })).receipt).toMatchObject({ reason: 'no_address' });
    expect((await deliver(deliverer, { customerId: foreign })).receipt).toMatchObject({ reason: 'address_refused' });
    expect(sandbox.sms.messages()).toHaveLength(0);
  });

  it('waits while the provider cannot be reached', async () => {
    const { deliverer } = await setUp({ endpoint: closed });
    expect((await deliver(deliverer)).receipt).toMatchObject({ outcome: 'unreachable', pauseMs: 60_000 });
    expect(await waiting()).toBe(0);
  });
});
