import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createSource, listSources } from '#contract/web';
import { createWebhook, deleteWebhook, setWebhookState } from '#contract/webhooks';
import { becomeOwner, findPostgres, makeHome, removeHome, type Session, startSiyu } from '#scripts/processes';
import { type Bench, percentile } from './parts/bench.ts';
import { type Keeper, keep } from './parts/siyu-keeper.ts';
import { siyuEnv } from './parts/system.ts';

const patienceMs = 300_000;

/** A receiver that answers at once, or never; it counts messages and doubles. */
async function startReceiver(answers: boolean) {
  const heard = new Map<string, number>();
  let count = 0;
  const server: Server = createServer((request, response) => {
    const id = String(request.headers['webhook-id']);
    request.resume();
    request.on('end', () => {
      count++;
      if (!heard.has(id)) heard.set(id, performance.now());
      if (answers) response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    heard,
    doubles: () => count - heard.size,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** `each` messages that wait, for each webhook. */
async function fill(client: pg.Client, webhookIds: readonly number[], each: number): Promise<void> {
  await client.query(
    `insert into webhook_delivery (customer_id, webhook_id, message_id, event_name, occurred_at, source, accounts, properties, created_at, due_at)
    select n, w, 'msg_' || md5(w || ' ' || n), 'order.paid', now(), 'bench', $2, $3, now(), now()
    from generate_series(1, $4::int) n cross join unnest($1::bigint[]) w`,
    [
      webhookIds,
      JSON.stringify([{ kind: 'phone', value: '13800000001' }]),
      JSON.stringify({ number: 'A20261121-0001', amount_fen: 12800, lines: [{ sku: 'TEA-250', quantity: 2 }] }),
      each,
    ],
  );
  await client.query('analyze webhook_delivery');
}

interface Setting {
  readonly living: number;
  readonly dead: number;
  readonly messages: number;
}

/** Messages wait while their webhooks are off; the time runs from when these are turned on. */
async function measure(session: Session, client: pg.Client, { living, dead, messages }: Setting) {
  const receivers = await Promise.all(Array.from({ length: living + dead }, (_, i) => startReceiver(i >= dead)));
  const ids: number[] = [];
  for (const { url } of receivers) {
    const { id } = await session.call(createWebhook, { url });
    await session.call(setWebhookState, { id, isEnabled: false });
    ids.push(id);
  }
  const each = Math.ceil(messages / living);
  await fill(client, ids, each);
  const startedAt = performance.now();
  for (const id of ids) await session.call(setWebhookState, { id, isEnabled: true });
  const others = receivers.slice(dead);
  const isDone = () => others.every(({ heard }) => heard.size === each);
  while (!isDone() && performance.now() - startedAt < patienceMs) await sleep(20);
  if (!isDone()) throw new Error('not all messages arrived in time');
  const endedAt = Math.max(...others.flatMap(({ heard }) => [...heard.values()]));
  const perSecond = Math.round((each * living) / ((endedAt - startedAt) / 1000));
  const doubles = receivers.reduce((sum, receiver) => sum + receiver.doubles(), 0);
  for (const id of ids) await session.call(deleteWebhook, { id });
  await sleep(500);
  for (const receiver of receivers) receiver.close();
  console.log(`${living} receivers that answer, ${dead} that never do: ${perSecond} messages/s, ${doubles} doubles`);
  return { perSecond, doubles };
}

/** siyu is killed again and again while it sends, and started again each time: all must arrive, some twice. */
async function measureKills(session: Session, home: string, keeper: Keeper, messages: number, kills: number) {
  const client = new pg.Client({ connectionString: findPostgres(home).url });
  await client.connect();
  const receiver = await startReceiver(true);
  const { id } = await session.call(createWebhook, { url: receiver.url });
  await fill(client, [id], messages);
  await client.end();
  for (let n = 1; n <= kills; n++) {
    while (receiver.heard.size < (messages * n) / (kills + 1)) await sleep(1);
    await keeper.kill(false);
    await keeper.ready();
  }
  const until = performance.now() + patienceMs;
  while (receiver.heard.size < messages && performance.now() < until) await sleep(20);
  // Time for doubles to come.
  await sleep(3000);
  const lost = messages - receiver.heard.size;
  receiver.close();
  await session.call(deleteWebhook, { id });
  console.log(`killed ${kills} times among ${messages} messages: ${lost} lost, ${receiver.doubles()} came twice`);
  return { lost, twice: receiver.doubles() };
}

/** One event after another: from the moment before it is told to siyu until the receiver hears of it. */
async function measureDelay(session: Session, perSecond: number, seconds: number): Promise<number> {
  const receiver = await startReceiver(true);
  const delays: number[] = [];
  await session.call(createSource, { name: '商城', kind: 'shop' });
  const { rows } = await session.call(listSources, {});
  const headers = {
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(`${rows[0]?.writeKey}:`).toString('base64')}`,
  };
  const { id } = await session.call(createWebhook, { url: receiver.url });
  for (let n = 0; n < perSecond * seconds; n++) {
    const before = receiver.heard.size;
    const toldAt = performance.now();
    const body = JSON.stringify({
      event: 'Order Completed',
      userId: `u${n % 10}`,
      messageId: `delay ${n}`,
      properties: {},
    });
    const response = await fetch(`${session.url}/v1/track`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`the event was answered ${response.status}: ${await response.text()}`);
    while (receiver.heard.size === before && performance.now() - toldAt < 10_000) await sleep(1);
    delays.push(performance.now() - toldAt);
    await sleep(1000 / perSecond);
  }
  await session.call(deleteWebhook, { id });
  receiver.close();
  const [p50 = 0, p95 = 0] = [0.5, 0.95].map((share) => Math.round(percentile(delays, share)));
  console.log(`one event after another: from being told to the receiver p50 ${p50} ms, p95 ${p95} ms`);
  return p95;
}

export const bench: Bench = {
  summary:
    'Messages that wait are posted, signed, to receivers in this process: to one, to ten, and to one beside five that never answer; then siyu is killed (SIGKILL) while it sends.',
  options: { messages: 20_000, kills: 5 },
  async run({ messages = 20_000, kills = 5 }) {
    const home = makeHome('webhooks');
    const env = { ...siyuEnv, SIYU_WEBHOOK_PRIVATE: 'allow' };
    const siyu = await startSiyu({ home, env });
    const keeper = keep(siyu, (place) => startSiyu({ ...place, env }));
    const client = new pg.Client({ connectionString: findPostgres(home).url });
    try {
      const session = await becomeOwner(siyu);
      await client.connect();
      // The first ones find cold caches.
      await measure(session, client, { living: 1, dead: 0, messages: 500 });
      const one = await measure(session, client, { living: 1, dead: 0, messages });
      const ten = await measure(session, client, { living: 10, dead: 0, messages });
      const beside = await measure(session, client, { living: 1, dead: 5, messages });
      const delay_p95_ms = await measureDelay(session, 10, 10);
      await client.end();
      const killed = await measureKills(session, home, keeper, messages, kills);
      const ratio = Math.round((beside.perSecond / one.perSecond) * 100) / 100;
      const doubles = one.doubles + ten.doubles + beside.doubles;
      return {
        result: {
          messages,
          deliveries_per_s: one.perSecond,
          ten_receivers_per_s: ten.perSecond,
          beside_dead_per_s: beside.perSecond,
          ratio_beside_dead: ratio,
          delay_p95_ms,
          doubles,
          kills,
          lost_after_kills: killed.lost,
          twice_after_kills: killed.twice,
        },
        broken: [
          ...(ratio >= 0.7 ? [] : [`beside dead receivers ${ratio} of the rate is left, and must be 0.7 at least`]),
          ...(killed.lost === 0 ? [] : [`${killed.lost} messages were lost when siyu was killed`]),
          ...(doubles === 0 ? [] : [`${doubles} messages came twice`]),
        ],
      };
    } finally {
      await client.end().catch(() => {});
      await keeper.stop();
      await removeHome(home);
    }
  },
};
