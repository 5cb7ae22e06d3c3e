import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectedEvent } from '#events';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { silentLog } from '#platform/log';
import type { Runtime } from '#platform/module';
import type { Pump, Worker } from '#platform/pump';
import { createSealer } from '#platform/seal';
import { createTestDatabase } from '#testing';
import { atOnce, claimMessages, freeMessages } from './claims.ts';
import { createWebhookDelivery } from './deliver.ts';
import { listDeliveries, readDelivery } from './log.ts';
import { createTeller } from './messages.ts';
import { replayMessage, runReplay, startReplay } from './replay.ts';
import { tidyWebhooks } from './tidy.ts';
import {
  addWebhook,
  changeWebhook,
  ping,
  readWebhook,
  removeWebhook,
  rotateSecret,
  switchWebhook,
} from './webhooks.ts';

/** First key of the advisory locks by which workers are known to live (server/platform/pump.ts). */
const workerLock = 7164002;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let now: Date;
const sealer = createSealer('test secret test secret test secret');
const parts = { sealer, allowPrivate: true };
const undo: (() => Promise<unknown>)[] = [];

const ctx = (): Ctx => ({
  db: database.db,
  bell: database.bell,
  actor: systemActor('test'),
  now,
  log: silentLog,
  zone: 'Asia/Shanghai',
  requestId: undefined,
});
const write = <T>(work: Parameters<typeof inTransaction<T>>[1]) => inTransaction(ctx(), work);

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => {
  now = new Date('2026-11-21T08:30:00Z');
});
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
  await database.pool.query(
    'truncate webhook, webhook_delivery, webhook_hour, identity, operation, audit_entry; delete from graphile_worker._private_jobs',
  );
});
afterAll(() => database?.drop());

interface Heard {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse, heard: Heard) => void;

/** A receiver that writes down what it hears. */
async function startReceiver(answer: Answer = (_, response) => response.end('thanks')) {
  const heard: Heard[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const one = { path: request.url ?? '', headers: request.headers as Record<string, string>, body };
      heard.push(one);
      answer(request, response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  undo.push(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard, stop };
}

const answering =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end(`status ${status}`);
  };

/** A worker that lives until its connection ends. */
async function startWorker(number: number): Promise<{ worker: Worker; die(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('select pg_advisory_lock($1, $2)', [workerLock, number]);
  let isDead = false;
  const die = async () => {
    if (isDead) return;
    isDead = true;
    await client.end();
  };
  undo.push(die);
  return { worker: { number }, die };
}

const runtime = (): Runtime => ({
  db: database.db,
  bell: database.bell,
  clock: { now: () => now },
  log: silentLog,
  zone: 'Asia/Shanghai',
  publicUrl: 'http://siyu.test',
  sealer,
});

/** Sends what is due until nothing is, and waits for all answers. */
function startDelivery(worker: Worker, options: { timeoutMs?: number; allowPrivate?: boolean } = {}) {
  const pump: Pump = createWebhookDelivery({ allowPrivate: true, timeoutMs: 2000, ...options });
  undo.push(async () => pump.finish?.());
  return {
    pump,
    drain: () => pump.drain(ctx(), runtime(), worker),
    async run() {
      for (let quiet = 0; quiet < 3; quiet++) {
        while ((await pump.drain(ctx(), runtime(), worker)) > 0) quiet = 0;
        await pump.finish?.();
      }
    },
  };
}

const event = (change: Partial<ProjectedEvent> = {}): ProjectedEvent => ({
  customerId: 0,
  homeId: null,
  name: 'order.paid',
  at: new Date('2026-11-21T08:00:00Z'),
  source: 'shop',
  staffId: null,
  codeId: null,
  externalUserid: null,
  payload: { number: 'A1' },
  receivedAt: now,
  isNews: true,
  ...change,
});

const tell = async (events: readonly ProjectedEvent[], teller = createTeller()) => {
  await write(async (ctx) => teller(ctx, events));
};

const add = (url: string, eventNames: string[] | null = null) =>
  write((ctx) => addWebhook(ctx, parts, { url, description: '', eventNames }));

async function deliveries() {
  const { rows } = await database.pool.query(
    'select id, webhook_id, message_id, event_name, state, attempts, last_status, last_reason, claimed_by, due_at, log from webhook_delivery order by id',
  );
  return rows as {
    id: number;
    webhook_id: number;
    message_id: string;
    event_name: string;
    state: string;
    attempts: number;
    last_status: number | null;
    last_reason: string | null;
    claimed_by: number | null;
    due_at: Date;
    log: { status: number | null; reason: string | null; answer: string }[];
  }[];
}

const makeDue = () =>
  database.pool.query("update webhook_delivery set due_at = clock_timestamp() where state = 'planned'");
const inMinutes = async () => {
  const [row] = await deliveries();
  return ((row?.due_at.getTime() ?? 0) - Date.now()) / 60_000;
};

describe('telling', () => {
  it('writes one message for each webhook that wants the event, under one id', async () => {
    const all = await add('http://one.test/');
    const some = await add('http://two.test/', ['order.paid', '加购']);
    await tell([
      event(),
      event({ name: 'tag.changed' }),
      event({ name: '加购' }),
      event({ name: 'order.paid', isNews: false }),
    ]);
    const rows = await deliveries();
    expect(rows.map((row) => [row.webhook_id, row.event_name]).sort()).toEqual(
      [
        [all.id, 'order.paid'],
        [all.id, 'tag.changed'],
        [all.id, '加购'],
        [some.id, 'order.paid'],
        [some.id, '加购'],
      ].sort(),
    );
    const paid = rows.filter((row) => row.event_name === 'order.paid');
    expect(new Set(paid.map((row) => row.message_id)).size).toBe(1);
    expect(new Set(rows.map((row) => row.message_id)).size).toBe(3);
    // The signature joins its parts with full stops.
    expect(rows.every((row) => /^msg_[A-Za-z0-9_-]{24}$/.test(row.message_id))).toBe(true);
  });

  it('carries the accounts of the customer, also where the event had only his id', async () => {
    const { url, heard } = await startReceiver();
    await add(url);
    await database.pool.query(`insert into identity (kind, value, customer_id, source, first_seen_at) values
      ('wecom', 'wm1', 17, 'wecom', '2026-01-01'), ('phone', '13800000001', 17, 'shop', '2026-02-01'), ('wecom', 'wm2', 18, 'wecom', '2026-01-01')`);
    await tell([event({ customerId: 17 }), event({ customerId: 404 })]);
    await startDelivery((await startWorker(1)).worker).run();
    const byCustomer = new Map(heard.map(({ body }) => [JSON.parse(body).data.customerId, JSON.parse(body)]));
    expect(byCustomer.get(17)).toEqual({
      type: 'order.paid',
      timestamp: '2026-11-21T08:00:00.000Z',
      data: {
        customerId: 17,
        accounts: [
          { kind: 'wecom', value: 'wm1' },
          { kind: 'phone', value: '13800000001' },
        ],
        source: 'shop',
        staffId: null,
        codeId: null,
        properties: { number: 'A1' },
      },
    });
    expect(byCustomer.get(404).data.accounts).toEqual([]);
  });

  it('is part of the transaction that makes the event known', async () => {
    await add('http://one.test/');
    const teller = createTeller();
    const failing = write(async (ctx) => {
      await teller(ctx, [event()]);
      throw new Error('the batch failed');
    });
    await expect(failing).rejects.toThrow('the batch failed');
    expect(await deliveries()).toEqual([]);
  });

  it('asks the database nothing while there is no webhook, and hears at once of a new one', async () => {
    const teller = createTeller();
    const queries = async (work: () => Promise<unknown>) => {
      let count = 0;
      const inner = ctx();
      const counted = new Proxy(inner.bell, {});
      await inTransaction({ ...inner, bell: counted }, async (ctx) => {
        const executor = ctx.db.getExecutor();
        const original = executor.executeQuery.bind(executor);
        executor.executeQuery = ((...args: Parameters<typeof original>) => {
          count++;
          return original(...args);
        }) as typeof executor.executeQuery;
        await teller(ctx, [event()]);
      });
      await work();
      return count;
    };
    expect(await queries(async () => {})).toBe(1);
    expect(await queries(async () => {})).toBe(0);
    await add('http://one.test/');
    await tell([event()], teller);
    expect(await deliveries()).toHaveLength(1);
  });

  it('leaves out webhooks that are off or deleted', async () => {
    const off = await add('http://one.test/');
    const gone = await add('http://two.test/');
    await add('http://three.test/');
    await write((ctx) => switchWebhook(ctx, { id: off.id, isEnabled: false }));
    await write((ctx) => removeWebhook(ctx, gone.id));
    await tell([event()]);
    expect(await deliveries()).toHaveLength(1);
  });
});

describe('delivering', () => {
  it('posts signed JSON once and keeps what was answered', async () => {
    const { url, heard } = await startReceiver((_, response) => response.writeHead(202).end('got it'));
    const { id, secret } = await add(url);
    await tell([event()]);
    await startDelivery((await startWorker(1)).worker).run();
    expect(heard).toHaveLength(1);
    const [one] = heard;
    expect(one?.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'siyu-webhooks' });
    expect(new Webhook(secret).verify(one?.body ?? '', one?.headers ?? {})).toMatchObject({ type: 'order.paid' });
    expect(await deliveries()).toMatchObject([
      {
        state: 'delivered',
        attempts: 1,
        last_status: 202,
        last_reason: null,
        log: [{ status: 202, answer: 'got it' }],
      },
    ]);
    const webhook = await readWebhook(ctx(), id);
    expect(webhook).toMatchObject({ failingSince: null, failedInRow: 0, waiting: 0 });
    expect(webhook.hours.at(-1)).toMatchObject({ hour: '2026-11-21T08:00:00.000Z', delivered: 1, failed: 0 });
  });

  it('tries again what failed, under the same id, with a new signature', async () => {
    let isUp = false;
    const { url, heard } = await startReceiver((...args) => (isUp ? answering(200) : answering(500))(...args));
    const { id, secret } = await add(url);
    await tell([event()]);
    const delivery = startDelivery((await startWorker(1)).worker);
    await delivery.run();
    expect(await deliveries()).toMatchObject([
      { state: 'planned', attempts: 1, last_status: 500, last_reason: 'status' },
    ]);
    expect(await inMinutes()).toBeGreaterThan(3 / 60);
    expect(await inMinutes()).toBeLessThan(7 / 60);
    expect(await readWebhook(ctx(), id)).toMatchObject({
      failedInRow: 1,
      failingSince: expect.any(String),
      waiting: 1,
    });
    await delivery.run();
    expect(heard).toHaveLength(1);
    await makeDue();
    await delivery.run();
    expect(await inMinutes()).toBeGreaterThan(4.9);
    isUp = true;
    await makeDue();
    await delivery.run();
    expect(heard).toHaveLength(3);
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const { body, headers } of heard) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 3 }]);
    expect(await readWebhook(ctx(), id)).toMatchObject({ failedInRow: 0, failingSince: null });
  });

  it('gives up after the last attempt of the schedule, and keeps all attempts', async () => {
    const { url } = await startReceiver(answering(500));
    await add(url);
    await tell([event()]);
    const delivery = startDelivery((await startWorker(1)).worker);
    for (let i = 0; i < 12; i++) {
      await makeDue();
      await delivery.run();
    }
    const [row] = await deliveries();
    expect(row).toMatchObject({ state: 'failed', attempts: 10 });
    expect(row?.log).toHaveLength(10);
  });

  it('honours Retry-After for the message, and for the whole receiver at 429', async () => {
    const { url, heard } = await startReceiver(answering(429, { 'retry-after': '1200' }));
    const { id } = await add(url);
    await tell([event()]);
    const delivery = startDelivery((await startWorker(1)).worker);
    await delivery.run();
    expect(await inMinutes()).toBeGreaterThan(19.9);
    await tell([event(), event()]);
    await delivery.run();
    expect(heard).toHaveLength(1);
    expect((await readWebhook(ctx(), id)).restingUntil).not.toBeNull();
    await database.pool.query("update webhook set resting_until = clock_timestamp() - interval '1 second'");
    await delivery.run();
    expect(heard.length).toBeGreaterThan(1);
  });

  it('turns a webhook off at 410, and says so', async () => {
    const { url, heard } = await startReceiver(answering(410));
    const { id } = await add(url);
    await tell([event()]);
    const delivery = startDelivery((await startWorker(1)).worker);
    await delivery.run();
    expect(await deliveries()).toMatchObject([{ state: 'failed', last_reason: 'gone' }]);
    expect(await readWebhook(ctx(), id)).toMatchObject({ isEnabled: false, disabledReason: 'gone' });
    await tell([event()]);
    await delivery.run();
    expect(heard).toHaveLength(1);
    const { rows } = await database.pool.query(
      "select action, after from audit_entry where action = 'webhook.turned_off'",
    );
    expect(rows).toEqual([{ action: 'webhook.turned_off', after: { reason: 'gone' } }]);
    await write((ctx) => switchWebhook(ctx, { id, isEnabled: true }));
    expect(await readWebhook(ctx(), id)).toMatchObject({ isEnabled: true, disabledReason: null });
  });

  it('turns off what has failed for days, not what failed often or long ago', async () => {
    const { url } = await startReceiver(answering(500));
    const { id } = await add(url);
    const delivery = startDelivery((await startWorker(1)).worker);
    await tell(Array.from({ length: 12 }, () => event()));
    await delivery.run();
    expect(await readWebhook(ctx(), id)).toMatchObject({ isEnabled: true, failedInRow: 12 });
    const failedSince = (days: number, inRow: number) =>
      database.pool.query(
        "update webhook set failing_since = clock_timestamp() - $1 * interval '1 day', failed_in_row = $2",
        [days, inRow],
      );
    const failOnce = async () => {
      await tell([event()]);
      await delivery.run();
      return (await readWebhook(ctx(), id)).isEnabled;
    };
    await failedSince(30, 1);
    expect(await failOnce()).toBe(true);
    await failedSince(2.9, 100);
    expect(await failOnce()).toBe(true);
    await failedSince(3.1, 9);
    expect(await failOnce()).toBe(false);
    expect(await readWebhook(ctx(), id)).toMatchObject({ disabledReason: 'failing' });
  });

  it('does not follow redirects', async () => {
    const target = await startReceiver();
    const { url } = await startReceiver(answering(302, { location: target.url }));
    await add(url);
    await tell([event()]);
    await startDelivery((await startWorker(1)).worker).run();
    expect(target.heard).toEqual([]);
    expect(await deliveries()).toMatchObject([{ state: 'planned', last_status: 302, last_reason: 'redirected' }]);
  });

  it.each([
    ['connection_refused', 'http://127.0.0.1:9/'],
    ['name_unknown', 'http://nobody.invalid/'],
  ])('says %s of %s', async (reason, url) => {
    await add(url);
    await tell([event()]);
    await startDelivery((await startWorker(1)).worker).run();
    expect(await deliveries()).toMatchObject([{ state: 'planned', last_status: null, last_reason: reason }]);
  });

  it('says that a connection broke, or that no TLS was spoken', async () => {
    const { url } = await startReceiver((request) => request.socket.destroy());
    await add(url);
    await add(url.replace('http:', 'https:'));
    await tell([event()]);
    await startDelivery((await startWorker(1)).worker).run();
    expect((await deliveries()).map((row) => row.last_reason)).toEqual(['connection_broken', 'certificate']);
  });

  it('gives up a receiver that does not answer in time', async () => {
    const { url } = await startReceiver(() => {});
    await add(url);
    await tell([event()]);
    await startDelivery((await startWorker(1)).worker, { timeoutMs: 100 }).run();
    expect(await deliveries()).toMatchObject([{ state: 'planned', last_reason: 'timed_out' }]);
  });

  it('takes the status for the answer when its text never ends, and keeps only the beginning of a long one', async () => {
    const { url } = await startReceiver((request, response, { body }) => {
      response.writeHead(200);
      if (JSON.parse(body).type === 'long') response.end('答'.repeat(200_000));
      else response.write('begun \u0000');
      request.on('error', () => {});
    });
    await add(url);
    await tell([event({ name: 'long' }), event({ name: 'endless' })]);
    await startDelivery((await startWorker(1)).worker, { timeoutMs: 300 }).run();
    const rows = await deliveries();
    expect(rows.map((row) => row.state)).toEqual(['delivered', 'delivered']);
    expect(rows.map((row) => row.log[0]?.answer)).toEqual(['答'.repeat(1000), 'begun \ufffd']);
  });

  it('goes on to all others while some receivers never answer', async () => {
    const dead = await startReceiver(() => {});
    const living = await startReceiver();
    for (let i = 0; i < 6; i++) await add(dead.url, ['order.paid']);
    await add(living.url);
    await tell(Array.from({ length: 200 }, () => event()));
    const delivery = startDelivery((await startWorker(1)).worker, { timeoutMs: 20_000 });
    const startedAt = Date.now();
    while (living.heard.length < 200 && Date.now() - startedAt < 10_000) {
      await delivery.drain();
      await sleep(5);
    }
    expect(living.heard).toHaveLength(200);
    // Each of the dead ones holds its own room and no more.
    expect(dead.heard).toHaveLength(6 * atOnce);
    await dead.stop();
  });

  it('tries a receiver that is failing with few at once', async () => {
    let busy = 0;
    let most = 0;
    const { url } = await startReceiver(async (_, response) => {
      busy++;
      most = Math.max(most, busy);
      await sleep(20);
      busy--;
      response.writeHead(500).end();
    });
    const { id } = await add(url);
    await database.pool.query('update webhook set failing_since = clock_timestamp() where id = $1', [id]);
    await tell(Array.from({ length: 20 }, () => event()));
    await startDelivery((await startWorker(1)).worker).run();
    expect(most).toBe(2);
    expect((await deliveries()).every((row) => row.attempts === 1)).toBe(true);
  });

  it('says that a secret cannot be read when the server has another secret than before', async () => {
    const { url, heard } = await startReceiver();
    const { id } = await add(url);
    await database.pool.query('update webhook set secret = $1', [
      createSealer('another secret another secret').seal('x'),
    ]);
    await tell([event()]);
    const delivery = startDelivery((await startWorker(1)).worker);
    await delivery.run();
    expect(heard).toEqual([]);
    expect(await deliveries()).toMatchObject([{ state: 'planned', last_reason: 'secret_unreadable' }]);
    await write((ctx) => rotateSecret(ctx, parts, { id, overlapHours: 0 }));
    await makeDue();
    await delivery.run();
    expect(heard).toHaveLength(1);
  });
});

describe('what may not be reached', () => {
  it('is not reached, whatever stands in the row', async () => {
    const { url, heard } = await startReceiver();
    const port = new URL(url).port;
    const urls = [
      `https://127.0.0.1:${port}/`,
      `https://localhost:${port}/`,
      `https://[::ffff:127.0.0.1]:${port}/`,
      `http://127.0.0.1:${port}/`,
      `https://user:word@127.0.0.1:${port}/`,
    ];
    for (const url of urls) {
      await database.pool.query(
        'insert into webhook (url, secret, secret_made_at, created_at) values ($1, $2, $3, $3)',
        [url, sealer.seal('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'), now],
      );
    }
    await tell([event()]);
    await startDelivery((await startWorker(1)).worker, { allowPrivate: false }).run();
    expect((await deliveries()).map((row) => row.last_reason)).toEqual([
      'address_private',
      'address_private',
      'address_private',
      'url_refused',
      'url_refused',
    ]);
    expect(heard).toEqual([]);
  });

  it('is refused when a webhook is made or changed', async () => {
    const strict = { sealer, allowPrivate: false };
    const make = (url: string) => write((ctx) => addWebhook(ctx, strict, { url, description: '', eventNames: null }));
    await expect(make('https://169.254.169.254/latest')).rejects.toMatchObject({
      code: 'webhook_url_refused',
      details: { reason: 'address_private' },
    });
    await expect(make('http://hooks.example.com/')).rejects.toMatchObject({ details: { reason: 'not_https' } });
    const { id } = await make('https://hooks.example.com/');
    const change = write((ctx) =>
      changeWebhook(ctx, strict, { id, url: 'https://10.0.0.1/', description: '', eventNames: null }),
    );
    await expect(change).rejects.toMatchObject({ code: 'webhook_url_refused' });
  });
});

describe('workers', () => {
  it('that race send each message once', async () => {
    const { url, heard } = await startReceiver();
    await add(url);
    await tell(Array.from({ length: 300 }, () => event()));
    const racing = await Promise.all(
      [1, 2, 3].map(async (number) => startDelivery((await startWorker(number)).worker)),
    );
    await Promise.all(racing.map((delivery) => delivery.run()));
    expect(heard).toHaveLength(300);
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(300);
    expect((await deliveries()).every((row) => row.state === 'delivered' && row.claimed_by === null)).toBe(true);
  });

  it('that die leave their messages to the others, under the same id', async () => {
    const { url, heard } = await startReceiver();
    await add(url);
    await tell([event(), event()]);
    const [one, two] = [await startWorker(1), await startWorker(2)];
    const held = await claimMessages(ctx(), one.worker, new Map());
    expect(held).toHaveLength(2);
    await freeMessages(ctx(), two.worker, []);
    expect(await claimMessages(ctx(), two.worker, new Map())).toEqual([]);
    await one.die();
    await startDelivery(two.worker).run();
    expect(heard.map(({ headers }) => headers['webhook-id']).sort()).toEqual(held.map((row) => row.messageId).sort());
    expect((await deliveries()).every((row) => row.state === 'delivered' && row.attempts === 2)).toBe(true);
  });

  it('take up again what they dropped, but not what is on its way', async () => {
    await add('http://one.test/');
    await tell([event(), event()]);
    const { worker } = await startWorker(1);
    const [a, b] = await claimMessages(ctx(), worker, new Map());
    await freeMessages(ctx(), worker, [a?.id ?? 0]);
    expect((await claimMessages(ctx(), worker, new Map())).map((row) => row.id)).toEqual([b?.id]);
  });

  it('claim for each webhook as many as there is room for', async () => {
    const busy = await add('http://one.test/');
    const free = await add('http://two.test/');
    await tell(Array.from({ length: 40 }, () => event()));
    const { worker } = await startWorker(1);
    const claimed = await claimMessages(ctx(), worker, new Map([[busy.id, atOnce - 3]]));
    const of = (id: number) => claimed.filter((row) => row.webhookId === id).length;
    expect([of(busy.id), of(free.id)]).toEqual([3, atOnce]);
  });
});

describe('secrets', () => {
  it('are sealed in the database', async () => {
    const { secret } = await add('http://one.test/');
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { rows } = await database.pool.query('select * from webhook');
    expect(JSON.stringify(rows)).not.toContain(secret.slice('whsec_'.length));
    const { rows: audit } = await database.pool.query('select * from audit_entry');
    expect(JSON.stringify(audit)).not.toContain(secret.slice('whsec_'.length));
  });

  it('both sign while a new one takes over, then only the new one', async () => {
    const { url, heard } = await startReceiver();
    const { id, secret: old } = await add(url);
    const fresh = await write((ctx) => rotateSecret(ctx, parts, { id, overlapHours: 24 }));
    const delivery = startDelivery((await startWorker(1)).worker);
    const verifies = async (secret: string) => {
      await tell([event()]);
      await delivery.run();
      const last = heard.at(-1);
      try {
        new Webhook(secret).verify(last?.body ?? '', last?.headers ?? {});
        return true;
      } catch {
        return false;
      }
    };
    expect(fresh).not.toBe(old);
    expect([await verifies(old), await verifies(fresh)]).toEqual([true, true]);
    expect(heard.at(-1)?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    expect((await readWebhook(ctx(), id)).previousSecretUntil).toBe('2026-11-22T08:30:00.000Z');
    now = new Date('2026-11-22T08:30:01Z');
    expect([await verifies(old), await verifies(fresh)]).toEqual([false, true]);
    expect((await readWebhook(ctx(), id)).previousSecretUntil).toBeNull();
    const last = await write((ctx) => rotateSecret(ctx, parts, { id, overlapHours: 0 }));
    expect([await verifies(fresh), await verifies(last)]).toEqual([false, true]);
  });
});

describe('replay', () => {
  /** Six messages on three days: 1, 3 and 5 failed, the others arrived. */
  async function sixMessages() {
    const { url, heard } = await startReceiver((request, response, { body }) =>
      (JSON.parse(body).data.properties.fails ? answering(410) : answering(200))(request, response, {
        path: '',
        headers: {},
        body,
      }),
    );
    const { id } = await add(url);
    for (let i = 1; i <= 6; i++) {
      now = new Date(`2026-11-2${Math.ceil(i / 2)}T08:30:00Z`);
      await tell([event({ payload: { i } })]);
    }
    await database.pool.query("update webhook_delivery set state = 'delivered', attempts = 1");
    await database.pool.query(
      "update webhook_delivery set state = 'failed', attempts = 10 where (properties ->> 'i')::int % 2 = 1",
    );
    const delivery = startDelivery((await startWorker(1)).worker);
    const replayed = async (choice: { only: 'failed' | 'all'; from?: string; until?: string }) => {
      const operationId = await write((ctx) => startReplay(ctx, { id, ...choice }));
      await runReplay(ctx(), operationId);
      await delivery.run();
      return heard
        .splice(0)
        .map(({ body }) => JSON.parse(body).data.properties.i as number)
        .sort();
    };
    return { id, heard, delivery, replayed };
  }

  it('of all failed sends those and no others', async () => {
    const { replayed } = await sixMessages();
    // 2 failed too and waits for its next attempt; 4 waits for its first.
    await database.pool.query(`update webhook_delivery set state = 'planned', due_at = clock_timestamp() + interval '1 hour',
      last_reason = case properties ->> 'i' when '2' then 'status' end where properties ->> 'i' in ('2', '4')`);
    expect(await replayed({ only: 'failed' })).toEqual([1, 2, 3, 5]);
    expect(await replayed({ only: 'failed' })).toEqual([]);
  });

  it('of a range sends what was made in it', async () => {
    const { replayed } = await sixMessages();
    const range = { from: '2026-11-22T00:00:00Z', until: '2026-11-23T08:30:00Z' };
    expect(await replayed({ only: 'failed', ...range })).toEqual([3]);
    expect(await replayed({ only: 'all', ...range })).toEqual([3, 4]);
  });

  it('of one sends it again under its id, with the whole schedule before it', async () => {
    const { id, heard, delivery } = await sixMessages();
    const page = await listDeliveries(ctx(), { webhook: id, limit: 50 });
    const first = page.rows.at(-1);
    await write((ctx) => replayMessage(ctx, first?.id ?? 0));
    expect(await readDelivery(ctx(), first?.id ?? 0)).toMatchObject({ state: 'planned', attempts: 0 });
    await delivery.run();
    expect(heard.map(({ headers }) => headers['webhook-id'])).toEqual([first?.messageId]);
  });

  it('goes on where it was when its worker died', async () => {
    const { id } = await sixMessages();
    const operationId = await write((ctx) => startReplay(ctx, { id, only: 'failed' }));
    const rows = await deliveries();
    await database.pool.query(`update operation set state = 'running', cursor = $1, done_count = 1`, [
      JSON.stringify({ stage: 1, afterId: rows[0]?.id }),
    ]);
    await runReplay(ctx(), operationId);
    const planned = (await deliveries()).filter((row) => row.state === 'planned').map((row) => row.id);
    expect(planned).toEqual([rows[2]?.id, rows[4]?.id]);
    const { rows: ended } = await database.pool.query('select state, done_count from operation');
    expect(ended).toEqual([{ state: 'done', done_count: 3 }]);
  });

  it('is refused while the webhook is off', async () => {
    const { id } = await sixMessages();
    await write((ctx) => switchWebhook(ctx, { id, isEnabled: false }));
    const [row] = await deliveries();
    await expect(write((ctx) => startReplay(ctx, { id, only: 'failed' }))).rejects.toMatchObject({
      code: 'webhook_off',
    });
    await expect(write((ctx) => replayMessage(ctx, row?.id ?? 0))).rejects.toMatchObject({ code: 'webhook_off' });
    await expect(write((ctx) => ping(ctx, id))).rejects.toMatchObject({ code: 'webhook_off' });
  });
});

describe('a test message', () => {
  it('goes to a webhook whatever it chose, once', async () => {
    const { url, heard } = await startReceiver(answering(500));
    const { id } = await add(url, ['order.paid']);
    await add('http://other.test/');
    const deliveryId = await write((ctx) => ping(ctx, id));
    await startDelivery((await startWorker(1)).worker).run();
    expect(heard).toHaveLength(1);
    expect(JSON.parse(heard[0]?.body ?? '')).toMatchObject({ type: 'webhook.pinged', data: { customerId: null } });
    expect(await readDelivery(ctx(), deliveryId)).toMatchObject({ state: 'failed', attempts: 1, lastStatus: 500 });
  });
});

describe('tidying', () => {
  it('removes what is older than thirty days, and all of deleted webhooks', async () => {
    const kept = await add('http://one.test/');
    const gone = await add('http://two.test/');
    await tell([event()]);
    now = new Date('2026-12-21T08:30:00Z');
    await tell([event()]);
    await tidyWebhooks(ctx());
    expect(await deliveries()).toHaveLength(4);
    now = new Date('2026-12-21T08:30:01Z');
    await tidyWebhooks(ctx());
    expect(await deliveries()).toHaveLength(2);
    await write((ctx) => removeWebhook(ctx, gone.id));
    expect((await listDeliveries(ctx(), { limit: 50 })).rows.map((row) => row.webhook.id)).toEqual([kept.id]);
    await tidyWebhooks(ctx());
    expect((await deliveries()).map((row) => row.webhook_id)).toEqual([kept.id]);
    const { rows } = await database.pool.query('select id from webhook');
    expect(rows).toEqual([{ id: kept.id }]);
  });
});
