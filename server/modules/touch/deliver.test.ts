import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Worker } from '#platform/pump';
import { createTouchWorld, hours, openPolicy, type TouchWorld } from '#testing/touch-world';
import { cancelTouches } from './cancel.ts';
import { createBulkDelivery, type Deliverer, type Delivery, type TouchToDeliver } from './deliver.ts';
import { settleTouches } from './ledger.ts';
import type { Receipt } from './rules.ts';

let world: TouchWorld;
let worker: Worker;

beforeAll(async () => {
  world = await createTouchWorld();
});
beforeEach(async () => {
  await world.setPolicy(openPolicy());
  worker = (await world.startWorker(1)).worker;
});
afterEach(() => world.clear());
afterAll(() => world?.drop());

const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const accepted: Receipt = { outcome: 'accepted' };
const refused = (reason: 'address_refused' | 'platform_refused', retryable = false, pauseMs?: number): Receipt => ({
  outcome: 'refused',
  reason,
  retryable,
  message: 'no',
  ...(pauseMs === undefined ? {} : { pauseMs }),
});

/** A mail server that is not there: says of each mail what it is told to, and remembers what it was given. */
function createPost(
  answer: (touch: TouchToDeliver, attempt: number) => Receipt | Promise<Delivery>,
  isRepeatable = false,
) {
  const sent: TouchToDeliver[] = [];
  const deliverer: Deliverer = {
    channel: 'email',
    traits: { isRepeatable },
    async deliver(_ctx, touch) {
      sent.push(touch);
      const said = { text: 'hello', attachmentCount: 0 };
      const answered = await answer(touch, sent.filter((one) => one.id === touch.id).length);
      return 'receipt' in answered ? answered : { receipt: answered, said };
    },
  };
  return { deliverer, sent };
}

async function deliverAll(deliverer: Deliverer, by = worker): Promise<void> {
  const pump = createBulkDelivery(deliverer);
  while ((await pump.drain(world.ctx, world.runtime, by)) > 0);
  await pump.finish?.();
}
const planMails = async (count: number, change: Parameters<TouchWorld['plan']>[1] = {}) => {
  await world.plan(range(count), { channel: 'email', ...change });
  await world.decide();
};
const retryNow = () =>
  world.database.pool.query('update touch set retry_at = clock_timestamp() where retry_at is not null');

describe('bulk delivery', () => {
  it('sends what the gate allowed, once each, with its words and where to', async () => {
    await planMails(30);
    const { deliverer, sent } = createPost(() => accepted);
    await deliverAll(deliverer);
    expect(new Set(sent.map((touch) => touch.id)).size).toBe(30);
    expect(sent).toHaveLength(30);
    expect(sent[0]).toMatchObject({
      address: { to: expect.stringMatching(/^mail\d+@example.test$/) },
      message: { kind: 'email', subject: '春茶' },
      mayHaveArrived: false,
    });
    expect(new Set(await world.states())).toEqual(new Set(['submitted']));
    // Nobody has to wait for a report: it has arrived as far as anybody knows.
    expect((await world.attention()).every((row) => !row.is_open)).toBe(true);
    expect(await world.told()).toHaveLength(30);
  });

  it('sends nothing the gate has not allowed', async () => {
    await world.plan(range(5), { channel: 'email', dueAt: hours(1) });
    const { deliverer, sent } = createPost(() => accepted);
    await deliverAll(deliverer);
    expect(sent).toEqual([]);
  });

  it('gives back what was refused for good, and tries again what was not', async () => {
    await planMails(2);
    const { deliverer, sent } = createPost((touch, attempt) => {
      if (touch.customerId === 1) return refused('address_refused');
      return attempt === 1 ? refused('platform_refused', true) : accepted;
    });
    await deliverAll(deliverer);
    expect(await world.states()).toEqual(['failed address_refused', 'allowed']);
    expect((await world.attention()).map((row) => row.customer_id)).toEqual([2]);
    await retryNow();
    await deliverAll(deliverer);
    expect(await world.states()).toEqual(['failed address_refused', 'submitted']);
    expect(sent).toHaveLength(3);
  });

  it('waits as long as the channel says it is closed, and does not count that as an attempt in vain', async () => {
    await planMails(1);
    const { deliverer } = createPost(() => refused('platform_refused', true, 3_600_000));
    for (let attempt = 0; attempt < 15; attempt++) {
      await deliverAll(deliverer);
      await retryNow();
    }
    expect(await world.states()).toEqual(['allowed']);
  });

  it('gives up after some hours in vain', async () => {
    await planMails(1);
    const { deliverer, sent } = createPost(() => ({ outcome: 'unreachable', message: 'no route' }));
    for (let attempt = 0; attempt < 15; attempt++) {
      await deliverAll(deliverer);
      await retryNow();
    }
    expect(await world.states()).toEqual(['failed platform_unreachable']);
    expect(sent).toHaveLength(11);
    expect(await world.attention()).toEqual([]);
  });

  it('leaves a channel alone that is down', async () => {
    await planMails(100);
    const { deliverer, sent } = createPost(() => ({ outcome: 'unreachable', message: 'no route' }));
    await deliverAll(deliverer);
    expect(sent.length).toBeLessThanOrEqual(20);
  });

  it('never sends again by itself what may have arrived', async () => {
    await planMails(1);
    const { deliverer, sent } = createPost(() => ({ outcome: 'unknown', message: 'cut off' }));
    await deliverAll(deliverer);
    await retryNow();
    await deliverAll(deliverer);
    expect(await world.states()).toEqual(['unknown no_answer']);
    expect(sent).toHaveLength(1);
    expect(await world.attention()).toMatchObject([{ is_open: false }]);
  });

  it('of a worker that was killed is unknown, unless the channel takes each touch only once', async () => {
    for (const isRepeatable of [false, true]) {
      await world.clear();
      await world.setPolicy(openPolicy());
      await planMails(3);
      const dying = await world.startWorker(7);
      const { deliverer } = createPost(() => new Promise<never>(() => {}), isRepeatable);
      void createBulkDelivery(deliverer).drain(world.ctx, world.runtime, dying.worker);
      await expect.poll(() => world.states()).toEqual(['claimed', 'claimed', 'claimed']);
      await dying.die();
      const living = await world.startWorker(8);
      const next = createPost(() => accepted, isRepeatable);
      await deliverAll(next.deliverer, living.worker);
      expect(new Set(await world.states())).toEqual(new Set([isRepeatable ? 'submitted' : 'unknown no_answer']));
      expect(next.sent).toHaveLength(isRepeatable ? 3 : 0);
    }
  });

  it('asks the gate again when quiet hours have begun meanwhile', async () => {
    await world.setPolicy(openPolicy({ quietHours: { fromMinute: 22 * 60, untilMinute: 8 * 60 } }));
    await planMails(3);
    expect(await world.states()).toEqual(['allowed', 'allowed', 'allowed']);
    // 22:00 in Shanghai.
    world.setNow(hours(12));
    const { deliverer, sent } = createPost(() => accepted);
    await deliverAll(deliverer);
    await world.decide();
    expect(sent).toEqual([]);
    expect(new Set(await world.states())).toEqual(new Set(['deferred quiet_hours']));
    expect(await world.attention()).toEqual([]);
    world.setNow(hours(22));
    await world.decide();
    await deliverAll(deliverer);
    expect(sent).toHaveLength(3);
  });

  it('by several workers sends each once', async () => {
    await planMails(60);
    const { deliverer, sent } = createPost(() => accepted);
    const others = [await world.startWorker(2), await world.startWorker(3)];
    await Promise.all([worker, ...others.map((other) => other.worker)].map((by) => deliverAll(deliverer, by)));
    expect(sent).toHaveLength(60);
    expect(new Set(sent.map((touch) => touch.id)).size).toBe(60);
  });

  it('fails what has nothing to say', async () => {
    await planMails(1, { versionId: 2 });
    await planMails(1, { versionId: 99, purpose: 'gone' });
    const { deliverer, sent } = createPost(() => accepted);
    await deliverAll(deliverer);
    expect(sent).toEqual([]);
    expect(await world.states()).toEqual(['failed content_missing', 'failed content_missing']);
  });

  it('stops what was cancelled and has not gone', async () => {
    await planMails(3);
    await world.write((ctx) => cancelTouches(ctx, { kind: 'campaign', sourceId: 1, customerIds: [2] }));
    const { deliverer, sent } = createPost(() => accepted);
    await deliverAll(deliverer);
    expect(sent.map((touch) => touch.customerId).sort()).toEqual([1, 3]);
    expect(await world.states()).toEqual(['submitted', 'cancelled cancelled', 'submitted']);
  });
});

describe('a report that comes later', () => {
  const outcome = (touchId: number, state: 'delivered' | 'failed' | 'expired') => ({ touchId, state }) as const;
  const idsOf = async () => (await world.touches()).map((row) => row.id);

  it('ends a touch once, and gives back what reached nobody', async () => {
    await planMails(3);
    await deliverAll(createPost(() => accepted).deliverer);
    const [a = 0, b = 0] = await idsOf();
    expect(await world.write((ctx) => settleTouches(ctx, [outcome(a, 'delivered'), outcome(b, 'failed')]))).toBe(2);
    expect(await world.write((ctx) => settleTouches(ctx, [outcome(a, 'failed'), outcome(b, 'failed')]))).toBe(0);
    expect(await world.states()).toEqual(['delivered', 'failed', 'submitted']);
    expect((await world.attention()).map((row) => row.customer_id)).toEqual([1, 3]);
    const told = (await world.told()).filter((one) => one.state !== 'submitted');
    expect(told.map((one) => `${one.touchId} ${one.state}`)).toEqual([`${a} delivered`, `${b} failed`]);
  });

  it('of what waits for a human opens nothing and closes nothing before', async () => {
    await planMails(1);
    const { deliverer } = createPost(() => accepted);
    await deliverAll({ ...deliverer, traits: { isRepeatable: true, waitsForHuman: true } });
    expect(await world.attention()).toMatchObject([{ is_open: true }]);
    expect(await world.told()).toEqual([]);
    const [id = 0] = await idsOf();
    await world.write((ctx) => settleTouches(ctx, [{ ...outcome(id, 'delivered'), at: hours(5) }]));
    expect(await world.attention()).toMatchObject([{ is_open: false, at: hours(5) }]);
  });
});
