import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAudit, listOperations } from '#contract/organization';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  getWebhookDelivery,
  listWebhookDeliveries,
  listWebhooks,
  pingWebhook,
  replayWebhook,
  rotateWebhookSecret,
  setWebhookState,
} from '#contract/webhooks';
import { type Fact, recordEvents } from '#events';
import { inTransaction } from '#platform/ctx';
import { createTestApp, type TestApp } from '#testing';

/** A shop's own system hears what happens, with everything running as it does in earnest. */
describe('a webhook', () => {
  let siyu: TestApp;
  const heard: { headers: Record<string, string>; body: string }[] = [];
  let status = 204;
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      heard.push({ headers: request.headers as Record<string, string>, body: Buffer.concat(chunks).toString() });
      response.writeHead(status).end();
    });
  });

  beforeAll(async () => {
    siyu = await createTestApp();
    await siyu.startWorker();
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await siyu?.close();
    receiver.closeAllConnections();
    receiver.close();
  });

  const tell = async (...facts: Fact[]) => {
    await inTransaction(siyu.ctx, (ctx) => recordEvents(ctx, facts));
    await siyu.settle();
  };
  const tracked = (event: string, messageId: string): Fact => ({
    name: 'event.tracked',
    source: 'shop',
    messageId,
    occurredAt: new Date('2026-11-21T08:00:00Z'),
    payload: { accounts: [{ kind: 'phone', value: '13800000001' }], event, properties: { number: messageId } },
  });

  it('is told, tried again, replayed, re-keyed and deleted', async () => {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    await tell(tracked('cart.added', 'before there was a webhook'));
    const { id, secret } = await siyu.call(siyu.owner, createWebhook, { url, eventNames: ['cart.added', '预约到店'] });

    await tell(tracked('cart.added', 'a'), tracked('product.viewed', 'b'), tracked('预约到店', 'c'));
    const events = heard.map(({ headers, body }) => new Webhook(secret).verify(body, headers));
    expect(events).toHaveLength(2);
    expect(events).toContainEqual({
      type: 'cart.added',
      timestamp: '2026-11-21T08:00:00.000Z',
      data: {
        customerId: expect.any(Number),
        accounts: [{ kind: 'phone', value: '13800000001' }],
        source: 'shop',
        staffId: null,
        codeId: null,
        properties: { number: 'a' },
      },
    });

    status = 503;
    await tell(tracked('cart.added', 'd'));
    const waiting = await siyu.call(siyu.owner, listWebhookDeliveries, { webhook: id, state: 'planned' });
    expect(waiting.rows).toMatchObject([
      { eventName: 'cart.added', lastStatus: 503, lastReason: 'status', attempts: 1 },
    ]);
    status = 200;
    const { operationId } = await siyu.call(siyu.owner, replayWebhook, { id });
    await siyu.settle();
    await siyu.settle();
    const { rows: operations } = await siyu.call(siyu.owner, listOperations, { kind: 'webhook.replay' });
    expect(operations).toMatchObject([{ id: operationId, state: 'done', doneCount: 1 }]);
    expect(heard.slice(2).map(({ headers }) => headers['webhook-id'])).toEqual(
      Array(2).fill(waiting.rows[0]?.messageId),
    );

    const { secret: second } = await siyu.call(siyu.owner, rotateWebhookSecret, { id });
    const { deliveryId } = await siyu.call(siyu.owner, pingWebhook, { id });
    await siyu.settle();
    const ping = heard.at(-1);
    for (const key of [secret, second]) {
      expect(new Webhook(key).verify(ping?.body ?? '', ping?.headers ?? {})).toMatchObject({ type: 'webhook.pinged' });
    }
    expect(await siyu.call(siyu.owner, getWebhookDelivery, { id: deliveryId })).toMatchObject({
      state: 'delivered',
      body: ping?.body,
      log: [{ status: 200, reason: null }],
    });

    const shown = JSON.stringify([
      await siyu.call(siyu.owner, getWebhook, { id }),
      await siyu.call(siyu.owner, listWebhooks, {}),
      await siyu.call(siyu.owner, listAudit, {}),
    ]);
    for (const key of [secret, second]) expect(shown).not.toContain(key.slice('whsec_'.length));

    await siyu.call(siyu.owner, setWebhookState, { id, isEnabled: false });
    const told = heard.length;
    await tell(tracked('cart.added', 'e'));
    expect(heard).toHaveLength(told);
    await siyu.call(siyu.owner, deleteWebhook, { id });
    expect((await siyu.call(siyu.owner, listWebhooks, {})).rows).toEqual([]);
    const { rows: audit } = await siyu.call(siyu.owner, listAudit, { subjectKind: 'webhook' });
    expect(audit.map((entry) => entry.action).reverse()).toEqual([
      'webhook.created',
      'webhook.replayed',
      'webhook.secret_rotated',
      'webhook.pinged',
      'webhook.turned_off',
      'webhook.deleted',
    ]);
  });
});
