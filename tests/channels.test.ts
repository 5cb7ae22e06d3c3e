import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createContent } from '#contract/content';
import { setEmail } from '#contract/email';
import { setSms } from '#contract/sms';
import { type Channel, listTouches } from '#contract/touch';
import { inTransaction } from '#platform/ctx';
import { type Sandbox, startSandbox } from '#sandbox';
import { freePort } from '#scripts/processes';
import { createTestApp, type TestApp } from '#testing';
import { createTeller } from '#testing/touches';
import { planTouches } from '#touch';

/** Contents that go out by e-mail and SMS, through the gate and a worker, to a mailbox and phones; and what people answer. */

let siyu: TestApp;
let sandbox: Sandbox;
let wang: number;
let li: number;
let versionId: number;
const noon = Date.parse('2026-11-26T12:00:00+08:00');

beforeAll(async () => {
  sandbox = await startSandbox({ clock: { simMs: noon, speed: 1 } });
  siyu = await createTestApp({ port: await freePort() });
  siyu.clock.set({ realMs: Date.now(), simMs: noon, speed: 1 });
  await siyu.listen();
  const { host, port, account } = sandbox.mail;
  const sender = { senderName: '山间茶事', senderAddress: 'tea@brand.test' };
  await siyu.call(siyu.owner, setEmail, { host, port, security: 'none', ...account, ...sender });
  const told = (await (await fetch(`${sandbox.url}/_control/sms`)).json()) as {
    account: { keyId: string; keySecret: string; endpoint: string };
  };
  await siyu.call(siyu.owner, setSms, { ...told.account, signName: '山间茶事' });
  const tell = createTeller(siyu);
  wang = await tell('wang', { name: '王芳', email: 'wang@example.test', phone: '13800000001' });
  li = await tell('li', { name: '李雷', email: 'li@example.test', phone: '13800000002' });
  const { versionId: made } = await siyu.call(siyu.owner, createContent, {
    name: '取货提醒',
    category: 'service',
    wordings: {
      email: { subject: '{{ customer.name }}，茶到了', preheader: '', markdown: '你好 **{{ customer.name }}**' },
      sms: {
        templateCode: 'SMS_100000002',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of Alibaba Cloud's templates look like those of JavaScript
        templateText: '${name}，您的订单${order}已发出，预计${day}送达。',
        params: [
          { name: 'name', text: '{{ customer.name }}' },
          { name: 'order', text: 'A1' },
          { name: 'day', text: '周五' },
        ],
      },
    },
  });
  versionId = made;
  await siyu.startWorker();
});
afterAll(async () => {
  await siyu?.close();
  await sandbox?.stop();
});
beforeEach(() => {
  sandbox.mail.clear();
  sandbox.sms.clear();
});

let purposes = 0;
/** Plans one touch for each, lets everything that is due happen, and says what became of them. */
async function reach(channel: Channel, customerIds: readonly number[]) {
  purposes++;
  const purpose = `story:${purposes}`;
  await inTransaction(siyu.ctx, (ctx) =>
    planTouches(
      ctx,
      customerIds.map((customerId) => ({
        ...{ customerId, channel, purpose, versionId },
        category: 'service',
        kind: 'manual',
        staffId: null,
        occasionAt: ctx.now,
        priority: 1,
      })),
    ),
  );
  await restOf(channel);
  return statesOf(purpose);
}
async function restOf(channel: Channel): Promise<void> {
  const end = Date.now() + 20_000;
  while (Date.now() < end) {
    const pages = await Promise.all(
      (['planned', 'allowed', 'claimed'] as const).map((state) =>
        siyu.call(siyu.owner, listTouches, { channel, state }),
      ),
    );
    if (pages.every(({ rows }) => rows.length === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('touches are still under way after 20 seconds');
}
async function statesOf(purpose: string) {
  const { rows } = await siyu.database.pool.query<{ customer_id: number; state: string; reason: string | null }>(
    'select customer_id, state, reason from touch where purpose = $1 order by customer_id',
    [purpose],
  );
  return rows.map(({ customer_id, state, reason }) => ({ customer: customer_id, state, reason }));
}

it('a content reaches everybody in his own words', async () => {
  expect(await reach('email', [wang, li])).toEqual([
    { customer: wang, state: 'submitted', reason: null },
    { customer: li, state: 'submitted', reason: null },
  ]);
  expect(sandbox.mail.list({ to: 'wang@example.test' })).toMatchObject([{ subject: '王芳，茶到了' }]);
  expect(sandbox.mail.list({ to: 'li@example.test' })).toMatchObject([{ subject: '李雷，茶到了' }]);
});

it('a reader who unsubscribes with one click hears nothing more by e-mail, and others still do', async () => {
  await reach('email', [wang]);
  const [mail] = sandbox.mail.list({ to: 'wang@example.test' });
  const answer = await fetch(`${sandbox.url}/_control/mail/${mail?.id}/unsubscribe`, { method: 'POST' });
  expect(await answer.json()).toMatchObject({ status: 200, text: expect.stringContaining('已退订') });
  sandbox.mail.clear();
  expect(await reach('email', [wang, li])).toEqual([
    { customer: wang, state: 'suppressed', reason: 'consent_withdrawn' },
    { customer: li, state: 'submitted', reason: null },
  ]);
  expect(sandbox.mail.list().map(({ to }) => to)).toEqual([['li@example.test']]);
});

it('a mail whose answer was lost is never sent a second time', async () => {
  sandbox.mail.setFaults([{ at: 'end', does: 'drop', times: 1 }]);
  expect(await reach('email', [li])).toEqual([{ customer: li, state: 'unknown', reason: 'no_answer' }]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(sandbox.mail.counts()).toEqual({ received: 1, repeated: 0 });
});

it('a text message is sent by its template, and its report says that it arrived', async () => {
  expect(await reach('sms', [wang])).toMatchObject([{ state: 'submitted' }]);
  expect(sandbox.sms.messages()).toMatchObject([
    { phone: '13800000001', content: '【山间茶事】王芳，您的订单A1已发出，预计周五送达。' },
  ]);
  await sandbox.step(sandbox.now() + 10_000);
  await siyu.database.pool.query('update sms_report set due_at = clock_timestamp()');
  const end = Date.now() + 10_000;
  while ((await statesOf(`story:${purposes}`))[0]?.state !== 'delivered' && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await statesOf(`story:${purposes}`)).toMatchObject([{ state: 'delivered' }]);
});
