import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { silentLog } from '#platform/log';
import type { Worker } from '#platform/pump';
import { createTestDatabase } from '#testing';
import { type ClaimedTouch, claimTouches as claim, settleTouch } from './ledger.ts';
import { findWelcomed, planTouches, type TouchDraft } from './plan.ts';

/** First key of the advisory locks by which workers are known to live (server/platform/pump.ts). */
const workerLock = 7164002;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let ctx: Ctx;
const living: pg.Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  ctx = {
    db: database.db,
    bell: database.bell,
    actor: systemActor('test'),
    now: new Date(),
    log: silentLog,
    zone: 'Asia/Shanghai',
    requestId: undefined,
  };
});
afterEach(async () => {
  await Promise.all(living.splice(0).map((client) => client.end()));
  await database.pool.query('delete from touch; delete from attention');
  await database.pool.query('delete from inbox');
});
afterAll(() => database?.drop());

/** A worker that lives until its connection ends. */
async function startWorker(number: number): Promise<{ worker: Worker; die(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('select pg_advisory_lock($1, $2)', [workerLock, number]);
  living.push(client);
  return {
    worker: { number },
    async die() {
      living.splice(living.indexOf(client), 1);
      await client.end();
    },
  };
}

const urgent = { channels: ['wecom_welcome'], priority: 0 } as const;
const claimTouches = (ctx: Ctx, worker: Worker, inFlight: readonly number[], limit: number) =>
  claim(ctx, worker, urgent, inFlight, limit);

const touch = (customerId: number, change: Partial<TouchDraft> = {}): TouchDraft => ({
  customerId,
  purpose: 'welcome:code',
  kind: 'welcome',
  channel: 'wecom_welcome',
  category: 'service',
  priority: 0,
  staffId: 1,
  codeId: null,
  externalUserid: `wm${customerId}`,
  content: { message: { text: '你好', attachments: [] }, hook: '' },
  address: { welcomeCode: 'W' },
  suppressed: null,
  occasionAt: ctx.now,
  receivedAt: new Date(),
  deadlineAt: new Date(Date.now() + 20_000),
  ...change,
});
const plan = (touches: readonly TouchDraft[]) => inTransaction(ctx, (ctx) => planTouches(ctx, touches));
const many = (count: number) => Array.from({ length: count }, (_, i) => touch(i + 1));

async function rowsOf() {
  const { rows } = await database.pool.query('select * from touch order by customer_id, id');
  return rows as {
    state: string;
    reason: string | null;
    purpose: string;
    content: unknown;
    attempts: number;
    claimed_by: number | null;
  }[];
}

const accepted = { state: 'submitted', reason: null, message: null } as const;
const said = { text: '你好', attachmentCount: 0 };
const settleAs = (
  worker: Worker,
  touch: ClaimedTouch,
  settlement: Parameters<typeof settleTouch>[4],
  mayHaveArrived = false,
) =>
  inTransaction(ctx, (ctx) =>
    settleTouch(ctx, worker, touch, { isRepeatable: true }, settlement, said, mayHaveArrived),
  );

describe('planning', () => {
  it('a purpose again leaves the touch as it was', async () => {
    await plan([touch(1)]);
    await plan([touch(1, { content: { message: { text: '另一句', attachments: [] }, hook: '' } }), touch(2)]);
    const rows = await rowsOf();
    expect(rows).toHaveLength(2);
    expect(rows[0]?.content).toMatchObject({ message: { text: '你好' } });
  });

  it('a purpose by many at once makes one touch', async () => {
    await Promise.all(Array.from({ length: 8 }, () => plan(many(20))));
    expect(await rowsOf()).toHaveLength(20);
  });

  it('one purpose for two customers, and two for one, makes two touches', async () => {
    await plan([touch(1), touch(2), touch(1, { purpose: 'welcome:other' })]);
    expect(await rowsOf()).toHaveLength(3);
  });

  it('what is suppressed writes it down with its reason, and nobody sends it', async () => {
    const { worker } = await startWorker(1);
    await plan([touch(1, { suppressed: 'welcome_off' })]);
    expect(await rowsOf()).toMatchObject([{ state: 'suppressed', reason: 'welcome_off' }]);
    expect(await claimTouches(ctx, worker, [], 10)).toEqual([]);
  });
});

describe('claiming', () => {
  it('by two workers that race gives each touch to one of them', async () => {
    const workers = [await startWorker(1), await startWorker(2), await startWorker(3)];
    await plan(many(300));
    const claimAll = async ({ worker }: (typeof workers)[number]) => {
      const claimed: ClaimedTouch[] = [];
      for (;;) {
        const more = await claimTouches(
          ctx,
          worker,
          claimed.map((touch) => touch.id),
          7,
        );
        if (more.length === 0) return claimed;
        claimed.push(...more);
      }
    };
    const claims = await Promise.all(workers.map(claimAll));
    const ids = claims.flat().map((touch) => touch.id);
    expect(ids).toHaveLength(300);
    expect(new Set(ids).size).toBe(300);
    expect(claims.flat().every((touch) => touch.attempts === 1 && !touch.mayHaveArrived)).toBe(true);
  });

  it('takes the oldest first, and no more than asked', async () => {
    const { worker } = await startWorker(1);
    await plan(many(5));
    const first = await claimTouches(ctx, worker, [], 2);
    expect(first.map((touch) => touch.customerId).sort()).toEqual([1, 2]);
  });

  it('leaves a touch alone while its worker lives, and takes it over when the worker has died', async () => {
    const [one, two] = [await startWorker(1), await startWorker(2)];
    await plan(many(3));
    const held = await claimTouches(ctx, one.worker, [], 10);
    expect(held).toHaveLength(3);
    expect(await claimTouches(ctx, two.worker, [], 10)).toEqual([]);
    await one.die();
    const taken = await claimTouches(ctx, two.worker, [], 10);
    expect(taken.map((touch) => touch.id).sort()).toEqual(held.map((touch) => touch.id).sort());
    // Nobody knows whether the dead worker had sent it.
    expect(taken.every((touch) => touch.mayHaveArrived && touch.attempts === 2)).toBe(true);
  });

  it('of a dead worker by two that race gives each touch to one of them', async () => {
    const dead = await startWorker(9);
    await plan(many(60));
    await claimTouches(ctx, dead.worker, [], 100);
    await dead.die();
    const workers = [await startWorker(1), await startWorker(2)];
    const claims = await Promise.all(workers.map(({ worker }) => claimTouches(ctx, worker, [], 100)));
    const ids = claims.flat().map((touch) => touch.id);
    expect(ids).toHaveLength(60);
    expect(new Set(ids).size).toBe(60);
  });

  it('takes up again what this worker dropped, but not what is on its way', async () => {
    const { worker } = await startWorker(1);
    await plan(many(2));
    const [a, b] = await claimTouches(ctx, worker, [], 10);
    const again = await claimTouches(ctx, worker, [a?.id ?? 0], 10);
    expect(again).toMatchObject([{ id: b?.id, mayHaveArrived: true }]);
  });

  it('waits for the time of a retry, and remembers that an attempt may have arrived', async () => {
    const { worker } = await startWorker(1);
    await plan([touch(1)]);
    const [first] = await claimTouches(ctx, worker, [], 10);
    if (!first) throw new Error('nothing was claimed');
    await settleAs(worker, first, { state: 'allowed', retryInMs: 60_000, message: 'no answer' }, true);
    expect(await claimTouches(ctx, worker, [], 10)).toEqual([]);
    await database.pool.query("update touch set retry_at = clock_timestamp() - interval '1 second'");
    const [second] = await claimTouches(ctx, worker, [], 10);
    expect(second).toMatchObject({ id: first.id, attempts: 2, mayHaveArrived: true });
  });
});

describe('settling', () => {
  it('ends a touch once and tells the customer’s timeline once', async () => {
    const { worker } = await startWorker(1);
    await plan([touch(1)]);
    const [claimed] = await claimTouches(ctx, worker, [], 10);
    if (!claimed) throw new Error('nothing was claimed');
    await settleAs(worker, claimed, accepted);
    await settleAs(worker, claimed, { state: 'failed', reason: 'content_refused', message: null });
    expect(await rowsOf()).toMatchObject([{ state: 'submitted', reason: null, claimed_by: null }]);
    const { rows: facts } = await database.pool.query(
      `select facts::json -> 0 -> 'payload' as payload from inbox where facts like '%touch.settled%'`,
    );
    expect(facts).toMatchObject([{ payload: { customerId: 1, state: 'submitted', text: '你好' } }]);
    expect(await claimTouches(ctx, worker, [], 10)).toEqual([]);
  });

  it('by a worker that lost its claim changes nothing', async () => {
    const [one, two] = [await startWorker(1), await startWorker(2)];
    await plan([touch(1)]);
    const [lost] = await claimTouches(ctx, one.worker, [], 10);
    await one.die();
    const [taken] = await claimTouches(ctx, two.worker, [], 10);
    if (!lost || !taken) throw new Error('nothing was claimed');
    await settleAs(one.worker, lost, { state: 'failed', reason: 'content_refused', message: null });
    expect(await rowsOf()).toMatchObject([{ state: 'claimed', claimed_by: 2 }]);
    await settleAs(two.worker, taken, accepted);
    expect(await rowsOf()).toMatchObject([{ state: 'submitted' }]);
  });

  describe('a miss, when the same add brought another welcome code', () => {
    const expired = { state: 'missed', reason: 'code_expired', message: null } as const;
    const later = (seconds: number, change: Partial<TouchDraft> = {}) =>
      touch(1, {
        purpose: `welcome:after ${seconds}`,
        suppressed: 'already_welcomed',
        deadlineAt: new Date(Date.now() + seconds * 1000),
        ...change,
      });
    const missFirst = async (others: readonly TouchDraft[], settlement: Parameters<typeof settleTouch>[4]) => {
      const { worker } = await startWorker(1);
      await plan([touch(1)]);
      const [first] = await claimTouches(ctx, worker, [], 10);
      if (!first) throw new Error('nothing was claimed');
      await plan(others);
      await settleAs(worker, first, settlement);
      return claimTouches(ctx, worker, [], 10);
    };

    it('is tried with the newest that lives, once', async () => {
      expect(await missFirst([later(5), later(9), later(-1)], expired)).toHaveLength(1);
      const rows = await rowsOf();
      expect(rows.map(({ purpose, state }) => `${purpose} ${state}`)).toEqual([
        'welcome:code missed',
        'welcome:after 5 suppressed',
        'welcome:after 9 claimed',
        'welcome:after -1 suppressed',
      ]);
    });

    it('is not tried when the code is dead, is another edge’s, or was held back for another reason', async () => {
      const others = [
        later(-1),
        later(9, { staffId: 2 }),
        later(9, { purpose: 'welcome:other account', externalUserid: 'wm-other' }),
        later(9, { purpose: 'welcome:off', suppressed: 'welcome_off' }),
      ];
      expect(await missFirst(others, expired)).toEqual([]);
    });

    it.each([
      accepted,
      { state: 'failed', reason: 'chat_started', message: null },
      { state: 'unknown', reason: 'no_answer', message: null },
    ] as const)('is not tried when the first ended as $state', async (settlement) => {
      expect(await missFirst([later(9)], settlement)).toEqual([]);
    });

    it('is tried however planning the one and missing the other race', async () => {
      const { worker } = await startWorker(1);
      for (let round = 0; round < 20; round++) {
        const customerId = 100 + round;
        await plan([touch(customerId)]);
        const [first] = await claimTouches(ctx, worker, [], 10);
        if (!first) throw new Error('nothing was claimed');
        await Promise.all([
          settleAs(worker, first, expired),
          inTransaction(ctx, async (ctx) => {
            const isWelcomed = (await findWelcomed(ctx, [customerId])).length > 0;
            const suppressed = isWelcomed ? ('already_welcomed' as const) : null;
            await planTouches(ctx, [touch(customerId, { purpose: 'welcome:second', suppressed })]);
          }),
        ]);
        const [second, ...more] = await claimTouches(ctx, worker, [], 10);
        expect(more).toEqual([]);
        if (second?.customerId !== customerId) throw new Error('the second code was not tried');
        await settleAs(worker, second, accepted);
      }
    });
  });
});
