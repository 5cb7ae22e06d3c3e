import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkEmail, getEmail, openUnsubscribe, sendTestEmail, setEmail, unsubscribe } from '#contract/email';
import { listAudit } from '#contract/organization';
import { createSealer } from '#platform/seal';
import { type Mailbox, startMailbox } from '#sandbox/mail/mailbox';
import { createTestApp, type TestApp } from '#testing';
import { secret } from '#testing/app';
import { claimTouch, createTeller, runtimeOf } from '#testing/touches';
import type { Deliverer, TouchToDeliver } from '#touch';
import { createEmailChannel } from './index.ts';
import { passFor, readPass } from './unsubscribe.ts';

/** Against a real mail server on this machine. */

const sealer = createSealer(secret);
let siyu: TestApp;
let mailbox: Mailbox;
let wang: number;
let tell: ReturnType<typeof createTeller>;

beforeAll(async () => {
  const account = { user: 'siyu', password: 'right' };
  mailbox = await startMailbox({ host: '127.0.0.1', port: 0, account, clock: { now: () => Date.now() } });
  siyu = await createTestApp();
  tell = createTeller(siyu);
  wang = await tell('wang', { email: 'Wang@Example.test' });
});
afterAll(async () => {
  await siyu?.close();
  await mailbox?.stop();
});
beforeEach(() => mailbox.clear());

const server = {
  host: '127.0.0.1',
  security: 'none',
  user: 'siyu',
  password: 'right',
  senderName: '山间茶事',
  senderAddress: 'tea@brand.test',
} as const;

/** A channel of its own for each test: what it remembers of the server does not go over. */
async function setUp(change: Partial<Parameters<typeof setEmail.input.parse>[0] & object> = {}): Promise<Deliverer> {
  await siyu.call(siyu.owner, setEmail, { ...server, port: mailbox.port, ...change });
  const [deliverer] = createEmailChannel(runtimeOf(siyu)).deliverers;
  if (!deliverer) throw new Error('the channel delivers nothing');
  return deliverer;
}
const message = { kind: 'email', subject: '春茶上新', preheader: '明前龙井', markdown: '你好 **王芳**' } as const;
const touchOf = (change: Partial<TouchToDeliver> = {}) =>
  claimTouch(siyu, { customerId: wang, channel: 'email', message, ...change });
async function deliver(deliverer: Deliverer, change: Partial<TouchToDeliver> = {}) {
  const touch = await touchOf(change);
  const result = await deliverer.deliver(siyu.ctx, touch, runtimeOf(siyu));
  return { touch, ...result };
}
const lastMail = async () => {
  const [mail] = mailbox.list();
  if (!mail) throw new Error('no mail has come');
  return { ...mail, parsed: await simpleParser(mail.raw) };
};
const consents = async () =>
  (
    await siyu.database.pool.query('select channel, category, state, evidence from consent where customer_id = $1', [
      wang,
    ])
  ).rows;

describe('settings', () => {
  it('keep the password to themselves', async () => {
    await setUp();
    const { settings } = await siyu.call(siyu.owner, getEmail, {});
    expect(settings).toMatchObject({ host: '127.0.0.1', hasPassword: true, senderName: '山间茶事' });
    expect(JSON.stringify(settings)).not.toContain('right');
    await setUp({ password: undefined, senderName: '茶事' });
    expect((await siyu.call(siyu.owner, sendTestEmail, { to: 'me@x.test' })).outcome).toBe('accepted');
    const { rows } = await siyu.call(siyu.owner, listAudit, { subjectKind: 'channel' });
    expect(rows[0]).toMatchObject({ action: 'email.updated', after: { senderName: '茶事', passwordChanged: false } });
    expect(JSON.stringify(rows)).not.toContain('right');
  });
});

describe('a test', () => {
  it('arrives, and the card says so', async () => {
    await setUp();
    expect(await siyu.call(siyu.owner, sendTestEmail, { to: 'me@x.test' })).toEqual({
      outcome: 'accepted',
      problem: null,
      message: null,
    });
    expect((await lastMail()).parsed.subject).toBe('山间茶事 · 测试邮件');
    const { health } = await siyu.call(siyu.owner, getEmail, {});
    expect(health.succeededAt).not.toBeNull();
  });

  it.each([
    ['name_unknown', { host: 'mail.invalid' }],
    ['login_refused', { password: 'wrong' }],
    ['certificate', { security: 'starttls' }],
  ] as const)('and a check name what is wrong: %s', async (problem, change) => {
    await setUp(change);
    expect(await siyu.call(siyu.owner, checkEmail, {})).toMatchObject({ problem });
    expect(await siyu.call(siyu.owner, sendTestEmail, { to: 'me@x.test' })).toMatchObject({ problem });
    const { health } = await siyu.call(siyu.owner, getEmail, {});
    expect(health).toMatchObject({ problem, failedAt: expect.any(String) });
  });

  it('and a check name a sender that is refused', async () => {
    await setUp();
    mailbox.setFaults([{ at: 'sender', message: '5.7.1 not yours' }]);
    const refused = { outcome: 'refused', problem: 'sender_refused', message: expect.stringContaining('not yours') };
    expect(await siyu.call(siyu.owner, checkEmail, {})).toMatchObject(refused);
    expect(await siyu.call(siyu.owner, sendTestEmail, { to: 'me@x.test' })).toMatchObject(refused);
  });
});

describe('a touch', () => {
  it('becomes a mail', async () => {
    const { touch, receipt, said } = await deliver(await setUp());
    expect(receipt).toEqual({ outcome: 'accepted' });
    expect(said).toEqual({ text: '春茶上新\n\n你好 王芳', attachmentCount: 0 });
    const mail = await lastMail();
    expect(mail.to).toEqual(['wang@example.test']);
    expect(mail.messageId).toMatch(new RegExp(`^<touch-${touch.id}\\.[0-9a-f]{10}@brand\\.test>$`));
    expect(mail.parsed.html).toContain('<strong>王芳</strong>');
  });

  it('that is a promotion says so in its subject, unless it is set otherwise', async () => {
    await deliver(await setUp(), { category: 'promotion' });
    expect((await lastMail()).subject).toBe('（广告）春茶上新');
    await deliver(await setUp({ marksPromotions: false }), { category: 'promotion' });
    expect((await lastMail()).subject).toBe('春茶上新');
  });

  it('whose answer is lost is unknown, and the mail is there', async () => {
    const deliverer = await setUp();
    mailbox.setFaults([{ at: 'end', does: 'drop', times: 1 }]);
    expect((await deliver(deliverer)).receipt).toMatchObject({ outcome: 'unknown' });
    expect(mailbox.counts().received).toBe(1);
  });

  it.each([
    [
      { at: 'recipient', code: 550 },
      { reason: 'address_refused', retryable: false },
    ],
    [
      { at: 'message', code: 554 },
      { reason: 'content_refused', retryable: false },
    ],
    [
      { at: 'recipient', code: 450 },
      { reason: 'platform_refused', retryable: true, pauseMs: 300_000 },
    ],
    [{ at: 'login' }, { reason: 'not_permitted', retryable: true }],
  ] as const)('that is refused says why: %j', async (fault, receipt) => {
    const deliverer = await setUp();
    mailbox.setFaults([fault]);
    expect((await deliver(deliverer)).receipt).toMatchObject({ outcome: 'refused', ...receipt });
  });

  it('waits while nothing is set up, or e-mail is off', async () => {
    const deliverer = await setUp({ isEnabled: false });
    expect((await deliver(deliverer)).receipt).toMatchObject({ reason: 'not_permitted', retryable: true });
  });

  it('for somebody without an address says so', async () => {
    const nobody = await tell('nobody', {});
    const { receipt } = await deliver(await setUp(), { customerId: nobody });
    expect(receipt).toMatchObject({ reason: 'no_address', retryable: false });
  });

  it('does not ask a server again at once that does not let us in', async () => {
    const deliverer = await setUp({ password: 'wrong' });
    const dialogues: string[] = [];
    mailbox.setFaults([{ at: 'connect', code: 554, times: 1 }]);
    for (let i = 0; i < 3; i++) dialogues.push(JSON.stringify((await deliver(deliverer)).receipt));
    expect(new Set(dialogues).size).toBe(1);
    expect(dialogues[0]).toContain('554');
  });

  it('above the limit of the day waits, and what was not sent is not counted', async () => {
    const deliverer = await setUp();
    const { sentToday } = await siyu.call(siyu.owner, getEmail, {});
    mailbox.setFaults([{ at: 'recipient', times: 1 }]);
    await deliver(deliverer);
    expect((await siyu.call(siyu.owner, getEmail, {})).sentToday).toBe(sentToday);
    const limited = await setUp({ dailyLimit: sentToday + 1 });
    const receipts = await Promise.all([1, 2, 3].map(() => deliver(limited)));
    const outcomes = receipts.map(({ receipt }) => ('reason' in receipt ? receipt.reason : receipt.outcome));
    expect(outcomes.sort()).toEqual(['accepted', 'platform_quota', 'platform_quota']);
    expect(mailbox.counts().received).toBe(1);
  });
});

describe('unsubscribing', () => {
  const passOf = (url: string | null) => url?.split('/unsubscribe/')[1] ?? '';
  async function mailedPass() {
    await deliver(await setUp());
    return passOf((await lastMail()).unsubscribeUrl);
  }
  const withdrawn = { channel: 'email', category: 'any', state: 'withdrawn', evidence: { how: 'link' } };

  beforeEach(() => siyu.database.pool.query('delete from consent'));

  it('asks first when the link is opened', async () => {
    const page = await siyu.ask(siyu.nobody, openUnsubscribe, { pass: await mailedPass() });
    expect(page.status).toBe(200);
    expect(page.raw.toString()).toContain('<form method="post">');
    expect(page.raw.toString()).toContain('不再接收「山间茶事」的邮件？');
    expect(await consents()).toEqual([]);
  });

  it.each([
    ['the button', 'application/x-www-form-urlencoded', ''],
    ['one click in a mail program', 'application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click'],
    [
      'one click as a form with parts',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    ],
  ])('holds at once: %s', async (_, contentType, payload) => {
    const answer = await siyu.app.http.inject({
      method: 'POST',
      url: `/unsubscribe/${await mailedPass()}`,
      headers: { 'content-type': contentType },
      payload,
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toContain('已退订');
    expect(await consents()).toMatchObject([withdrawn]);
  });

  it('may be repeated, and comes from any page', async () => {
    const pass = await mailedPass();
    for (const origin of ['null', 'https://mail.example.com', 'http://siyu.test']) {
      const answer = await siyu.app.http.inject({ method: 'POST', url: `/unsubscribe/${pass}`, headers: { origin } });
      expect(answer.statusCode).toBe(200);
    }
    expect(await consents()).toMatchObject([withdrawn]);
  });

  it('follows the account to whom the customer has become one with', async () => {
    const pass = await mailedPass();
    const { rows } = await siyu.database.pool.query(
      "select id from identity where kind = 'email' and customer_id = $1",
      [wang],
    );
    const other = await tell('other', {});
    await siyu.database.pool.query('update identity set customer_id = $1 where id = $2', [other, rows[0]?.id]);
    await siyu.ask(siyu.nobody, unsubscribe, { pass });
    await siyu.database.pool.query('update identity set customer_id = $1 where id = $2', [wang, rows[0]?.id]);
    const { rows: kept } = await siyu.database.pool.query('select customer_id from consent');
    expect(kept).toEqual([{ customer_id: other }]);
  });

  it('needs a pass that this server made', async () => {
    const pass = passFor(sealer, { accountId: 7, touchId: 9 });
    expect(readPass(sealer, pass)).toEqual({ accountId: 7, touchId: 9 });
    const forged = [
      passFor(createSealer('another secret another secret'), { accountId: 7, touchId: 9 }),
      `${pass.slice(0, -2)}AA`,
      `B${pass.slice(1)}`,
      `${pass}AAAA`,
    ];
    for (const pass of forged) {
      expect(readPass(sealer, pass)).toBeUndefined();
      expect((await siyu.ask(siyu.nobody, openUnsubscribe, { pass })).status).toBe(404);
      expect((await siyu.ask(siyu.nobody, unsubscribe, { pass })).status).toBe(404);
    }
    expect(await consents()).toEqual([]);
  });
});
