import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getRelay, rotateRelaySecret, sendTestRelay, setRelay } from '#contract/relay';
import { createTestApp, type TestApp } from '#testing';
import { claimTouch, createTeller, runtimeOf } from '#testing/touches';
import type { TouchToDeliver } from '#touch';
import { createRelayChannel } from './index.ts';
import { judge } from './rules.ts';

let siyu: TestApp;
let wang: number;
/** What the brand's own sender heard, and how it answers: a status, or 0 to break off. */
const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
let answers: number[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    heard.push({ headers: request.headers, body });
    const status = answers.shift() ?? 200;
    if (status === 0) return request.socket.destroy();
    response.writeHead(status, status === 429 ? { 'retry-after': '7' } : {});
    return response.end('said');
  });
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/touches`;
  siyu = await createTestApp();
  wang = await createTeller(siyu)('wang', { phone: '13800000001', email: 'wang@example.test' });
});
afterAll(async () => {
  await siyu?.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

async function deliver(change: Partial<TouchToDeliver> = {}, options = { allowPrivate: true }) {
  heard.length = 0;
  const [deliverer] = createRelayChannel(runtimeOf(siyu), options).deliverers;
  const message = { kind: 'webhook' as const, fields: { title: '春茶上新', text: '你好王芳' } };
  const touch = await claimTouch(siyu, { customerId: wang, channel: 'webhook', message, ...change });
  const result = await deliverer?.deliver(siyu.ctx, touch, runtimeOf(siyu));
  return { touch, ...result };
}

it('the secret is shown when it is made, and never again', async () => {
  const { secret } = await siyu.call(siyu.owner, setRelay, { url });
  expect(secret).toMatch(/^whsec_/);
  expect((await siyu.call(siyu.owner, setRelay, { url, description: '呼叫中心' })).secret).toBeNull();
  const shown = JSON.stringify(await siyu.call(siyu.owner, getRelay, {}));
  expect(shown).not.toContain(secret ?? 'none');
  expect(shown).not.toContain('sealed');
});

it('a touch is posted, signed, under a webhook-id of its own', async () => {
  const { secret } = await siyu.call(siyu.owner, rotateRelaySecret, {});
  const { touch, receipt, said } = await deliver({ category: 'promotion', sourceId: 3, part: 'A' });
  expect(receipt).toEqual({ outcome: 'accepted' });
  expect(said).toEqual({ text: '春茶上新\n你好王芳', attachmentCount: 0 });
  const [message] = heard;
  expect(message?.headers['webhook-id']).toBe(`touch_${touch.id}`);
  expect(new Webhook(secret).verify(message?.body ?? '', message?.headers as Record<string, string>)).toMatchObject({
    type: 'touch.deliver',
    data: {
      touchId: touch.id,
      customerId: wang,
      category: 'promotion',
      source: { kind: 'manual', id: 3, part: 'A' },
      accounts: expect.arrayContaining([{ kind: 'phone', value: '13800000001' }]),
      fields: { title: '春茶上新', text: '你好王芳' },
    },
  });
});

describe('the answer', () => {
  it.each([
    [204, { outcome: 'accepted' }],
    [422, { outcome: 'refused', retryable: false, message: 'HTTP 422 said' }],
    [410, { outcome: 'refused', retryable: false }],
    [302, { outcome: 'refused', retryable: true }],
    [429, { outcome: 'refused', retryable: true, pauseMs: 7000 }],
    [503, { outcome: 'refused', retryable: true, pauseMs: 60_000 }],
    [500, { outcome: 'unknown' }],
    [502, { outcome: 'unknown' }],
    [0, { outcome: 'unknown' }],
  ])('%i means %j', async (status, receipt) => {
    answers = [status];
    expect((await deliver()).receipt).toMatchObject(receipt);
    expect(heard).toHaveLength(1);
  });

  it('of nobody means that nothing was sent', async () => {
    await siyu.call(siyu.owner, setRelay, { url: 'http://127.0.0.1:9/' });
    expect((await deliver()).receipt).toMatchObject({ outcome: 'unreachable' });
    expect((await siyu.call(siyu.owner, sendTestRelay, {})).problem).toBe('connection_refused');
    expect((await siyu.call(siyu.owner, getRelay, {})).health).toMatchObject({ problem: 'connection_refused' });
    await siyu.call(siyu.owner, setRelay, { url });
    expect(await siyu.call(siyu.owner, sendTestRelay, {})).toEqual({
      outcome: 'accepted',
      problem: null,
      message: null,
    });
    expect((await siyu.call(siyu.owner, getRelay, {})).health.succeededAt).not.toBeNull();
  });

  it('that the network gives is never taken for the receiver’s', () => {
    for (const reason of ['timed_out', 'connection_broken'] as const) {
      const { receipt } = judge({ status: null, reason, answer: '', retryAfterMs: null });
      expect(receipt.outcome).toBe('unknown');
    }
  });
});

it('nothing goes to an address inside the house unless the server is set to allow it', async () => {
  const { receipt } = await deliver({}, { allowPrivate: false });
  expect(receipt).toMatchObject({ outcome: 'refused', reason: 'platform_refused' });
  expect(heard).toHaveLength(0);
});
