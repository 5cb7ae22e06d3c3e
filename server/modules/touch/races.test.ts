import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '#platform/ctx';
import { openDatabase, sql } from '#platform/db';
import { silentLog } from '#platform/log';
import { createTouchWorld, hours, morning, openPolicy, type TouchWorld } from '#testing/touch-world';
import { cancelTouches } from './cancel.ts';
import { withdrawConsent } from './consent.ts';
import { foreseeVerdicts } from './foresee.ts';
import { decideBatch } from './gate.ts';
import { holdTouches, resumeTouches } from './hold.ts';
import { moveTouches } from './person.ts';
import { planTouches } from './plan.ts';

let world: TouchWorld;

beforeAll(async () => {
  world = await createTouchWorld();
});
beforeEach(() => world.setPolicy(openPolicy()));
afterEach(() => world.clear());
afterAll(() => world?.drop());

const range = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from + i);
const twoADay = { max: 2, windowHours: 24, channels: [], categories: [], isByStaff: false };
const evidence = { how: 'console' as const };

/** Workers with connections of their own, each deciding until nothing is due. */
async function decideTogether(workers: number, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
  const databases = range(workers).map(() => openDatabase(world.database.url, silentLog, { maxConnections: 2 }));
  const { now } = world.ctx;
  try {
    await Promise.all([
      meanwhile(),
      ...databases.map(async (database, i) => {
        const ctx = { ...world.ctx, db: database.db, bell: database.bell };
        // Lanes that others hold are passed over: nothing done is not yet nothing left.
        for (let idle = 0; idle < 5; ) {
          idle = (await decideBatch(ctx, () => now, i * 3)) > 0 ? 0 : idle + 1;
          if (idle > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }),
    ]);
  } finally {
    await Promise.all(databases.map((database) => database.close()));
  }
}

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('what was waited for did not come');
}

describe('a cap', () => {
  it('is never overdrawn, however many workers decide, and whatever is planned, cancelled and withdrawn meanwhile', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 4 }),
        fc.array(
          fc.record({
            what: fc.constantFrom('plan', 'plan', 'plan', 'cancel', 'withdraw'),
            source: fc.integer({ min: 1, max: 5 }),
            customer: fc.integer({ min: 1, max: 40 }),
          }),
          { minLength: 5, maxLength: 25 },
        ),
        async (workers, steps) => {
          await world.clear();
          await world.setPolicy(openPolicy({ caps: [twoADay] }));
          for (const source of range(4)) {
            await world.plan(range(40), { purpose: `source ${source}`, sourceId: source });
          }
          await decideTogether(workers, async () => {
            for (const [i, { what, source, customer }] of steps.entries()) {
              if (what === 'plan') await world.plan(range(5, customer), { purpose: `step ${i}`, sourceId: source });
              if (what === 'cancel')
                await world.write((ctx) => cancelTouches(ctx, { kind: 'campaign', sourceId: source }));
              if (what === 'withdraw') {
                const word = { customerId: customer, channel: 'any', category: 'any', evidence } as const;
                await world.write((ctx) => withdrawConsent(ctx, word));
              }
            }
          });
          await world.decide();
          const touches = await world.touches();
          const counted = await world.attention();
          expect(touches.filter((row) => row.state === 'planned')).toEqual([]);
          expect(counted.map((row) => row.touch_id).sort()).toEqual(
            touches
              .filter((row) => row.state === 'allowed')
              .map((row) => row.id)
              .sort(),
          );
          const perCustomer = Map.groupBy(counted, (row) => row.customer_id);
          expect(Math.max(0, ...[...perCustomer.values()].map((rows) => rows.length))).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('is not overdrawn by what is more pressing and planned while a batch is still being decided', async () => {
    await world.setPolicy(openPolicy({ caps: [{ ...twoADay, max: 1 }] }));
    await world.plan(range(64), { purpose: 'bulk' });
    const { pool } = world.database;
    // Bookings wait for this lock: the first batch has decided and cannot commit yet.
    await pool.query(`
      create function wait() returns trigger language plpgsql as
        'begin perform pg_advisory_xact_lock_shared(42); return null; end';
      create trigger wait after insert on attention for each statement execute function wait()`);
    const blocker = await pool.connect();
    try {
      await blocker.query('select pg_advisory_lock(42)');
      const first = decideBatch(world.ctx, () => morning, 0);
      await waitFor(async () => {
        const { rows } = await pool.query(`select 1 from pg_locks where locktype = 'advisory' and not granted`);
        return rows.length > 0;
      });
      await world.plan(range(64), { purpose: 'pressing', priority: 1, sourceId: 2 });
      const second = decideBatch(world.ctx, () => morning, 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await blocker.query('select pg_advisory_unlock(42)');
      await Promise.all([first, second]);
    } finally {
      await blocker.query('select pg_advisory_unlock_all()');
      blocker.release();
      await pool.query('drop trigger wait on attention; drop function wait');
    }
    await decideTogether(2);
    const states = await world.states();
    expect(states.filter((state) => state === 'allowed')).toHaveLength(64);
    expect(states.filter((state) => state === 'deferred cap')).toHaveLength(64);
  });

  it('lets exactly as many through as it has room for', async () => {
    await world.setPolicy(openPolicy({ caps: [twoADay] }));
    for (const source of range(5)) await world.plan(range(100), { purpose: `source ${source}`, sourceId: source });
    await decideTogether(4);
    const states = await world.states();
    expect(states.filter((state) => state === 'allowed')).toHaveLength(200);
    expect(states.filter((state) => state === 'deferred cap')).toHaveLength(300);
  });

  it('holds for somebody who becomes one with another while both are decided about', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 8; round++) {
      await world.clear();
      await world.setPolicy(openPolicy({ caps: [{ ...twoADay, max: 1 }] }));
      await world.plan(range(32), { purpose: 'one' });
      await world.plan(range(32), { purpose: 'two', sourceId: 2 });
      await decideTogether(2, async () => {
        for (let id = 1; id < 32; id += 2) {
          const move = { from: id + 1, to: id, accounts: [], isWhole: true, firstAccountId: 1 };
          await world.write((ctx) => moveTouches(ctx, move));
        }
      });
      await world.decide();
      const touches = await world.touches();
      expect(touches.every((row) => row.customer_id % 2 === 1)).toBe(true);
      expect(touches.filter((row) => row.state === 'planned')).toEqual([]);
      const counted = await world.attention();
      expect(counted.map((row) => row.touch_id).sort()).toEqual(
        touches
          .filter((row) => row.state === 'allowed')
          .map((row) => row.id)
          .sort(),
      );
      // Each of the two may have been allowed one before they were one; nobody got another afterwards.
      const perCustomer = Map.groupBy(counted, (row) => row.customer_id);
      expect(Math.max(...[...perCustomer.values()].map((rows) => rows.length))).toBeLessThanOrEqual(2);
    }
  });

  it('that was given back lets another through', async () => {
    await world.setPolicy(openPolicy({ caps: [{ ...twoADay, max: 1 }] }));
    await world.plan([1]);
    await world.decide();
    await world.write((ctx) => cancelTouches(ctx, { kind: 'campaign', sourceId: 1 }));
    expect(await world.attention()).toEqual([]);
    await world.plan([1], { purpose: 'other', sourceId: 2 });
    await world.decide();
    expect(await world.states()).toEqual(['cancelled cancelled', 'allowed']);
  });
});

describe('the gate', () => {
  it('decides about the first due touch of a customer first: by priority, then by time', async () => {
    await world.setPolicy(openPolicy({ minGapMinutes: 60 }));
    await world.plan([1], { purpose: 'bulk', dueAt: hours(-2) });
    await world.plan([1], { purpose: 'usual, later', priority: 1, dueAt: hours(-1) });
    await world.plan([1], { purpose: 'usual', priority: 1, dueAt: hours(-1.5) });
    await world.plan([1], { purpose: 'not due', priority: 1, dueAt: hours(1) });
    await world.decide();
    expect(await world.states()).toEqual(['deferred minimum_gap', 'deferred minimum_gap', 'allowed', 'planned']);
  });

  it('looks again when a wait is over', async () => {
    await world.setPolicy(openPolicy({ minGapMinutes: 60 }));
    await world.plan([1]);
    await world.plan([1], { purpose: 'other', sourceId: 2 });
    await world.decide();
    expect(await world.states()).toEqual(['allowed', 'deferred minimum_gap']);
    world.setNow(hours(1));
    await world.decide();
    expect(await world.states()).toEqual(['allowed', 'allowed']);
  });

  it('counts what a person waits for at once, and never asks it to wait', async () => {
    await world.setPolicy(openPolicy({ caps: [{ ...twoADay, max: 1 }] }));
    const answer = (purpose: string) => ({
      customerId: 1,
      purpose,
      occasionAt: morning,
      kind: 'manual' as const,
      channel: 'email' as const,
      category: 'service' as const,
      staffId: null,
      priority: 0 as const,
    });
    await world.write((ctx) => planTouches(ctx, [answer('a'), answer('b')]));
    await world.plan([1]);
    await world.decide();
    expect(await world.states()).toEqual(['allowed', 'allowed', 'deferred cap']);
  });

  it('ends holdouts only where it would have allowed, and counts nothing for them', async () => {
    await world.write((ctx) =>
      withdrawConsent(ctx, { customerId: 2, channel: 'wecom_mass', category: 'any', evidence }),
    );
    await world.plan([1, 2], { isHoldout: true });
    await world.plan([3, 4]);
    await world.decide();
    expect(await world.states()).toEqual(['suppressed holdout', 'suppressed consent_withdrawn', 'allowed', 'allowed']);
    expect(await world.attention()).toHaveLength(2);
  });

  it('foresees what it then says', async () => {
    await world.setPolicy(openPolicy({ caps: [{ ...twoADay, max: 1 }] }));
    await world.plan(range(10), { purpose: 'before', sourceId: 9 });
    await world.decide();
    const people = sql`select id as customer_id, null::bigint as staff_id, id > 40 as is_holdout from customer where id <= 50`;
    const plan = { channel: 'wecom_mass', category: 'content', at: morning, sampleSize: 3 } as const;
    const foreseen = await foreseeVerdicts(world.ctx, people, plan);
    expect(foreseen).toEqual([
      { verdict: 'allow', reason: null, count: 30, customerIds: [11, 12, 13] },
      { verdict: 'defer', reason: 'cap', count: 10, customerIds: [1, 2, 3] },
      { verdict: 'suppress', reason: 'holdout', count: 10, customerIds: [41, 42, 43] },
    ]);
    await world.plan(range(40));
    await world.decide();
    expect((await world.states()).filter((state) => state === 'allowed')).toHaveLength(10 + 30);
  });
});

describe('a withdrawal', () => {
  it('holds at once: what is planned and allowed is suppressed and given back, what has gone stays', async () => {
    await world.plan([1], { purpose: 'gone' });
    await world.plan([1], { purpose: 'allowed', sourceId: 2 });
    await world.plan([1], { purpose: 'other channel', sourceId: 3, channel: 'email' });
    await world.decide();
    await world.database.pool.query(`update touch set state = 'claimed', claimed_by = 1 where purpose = 'gone'`);
    await world.plan([1], { purpose: 'planned', sourceId: 4 });
    const word = { customerId: 1, channel: 'wecom_mass', category: 'any', evidence } as const;
    await world.write((ctx) => withdrawConsent(ctx, word));
    expect(await world.states()).toEqual([
      'claimed',
      'suppressed consent_withdrawn',
      'allowed',
      'suppressed consent_withdrawn',
    ]);
    expect(await world.attention()).toHaveLength(2);
    const { rows } = await world.database.pool.query(`select facts::json -> 0 ->> 'name' as name from inbox`);
    expect(rows).toEqual([{ name: 'consent.withdrawn' }]);
  });

  it('and the gate never pass each other', { timeout: 30_000 }, async () => {
    for (let round = 0; round < 8; round++) {
      await world.clear();
      await world.setPolicy(openPolicy());
      await world.plan(range(40));
      await decideTogether(2, async () => {
        for (const customerId of range(40)) {
          const word = { customerId, channel: 'any', category: 'any', evidence } as const;
          await world.write((ctx) => withdrawConsent(ctx, word));
        }
      });
      expect(await world.states()).toEqual(range(40).map(() => 'suppressed consent_withdrawn'));
      expect(await world.attention()).toEqual([]);
    }
  });
});

describe('somebody who becomes one with another', () => {
  const merge = () =>
    inTransaction(world.ctx, (ctx) =>
      moveTouches(ctx, { from: 2, to: 1, accounts: [], isWhole: true, firstAccountId: 1 }),
    );

  it('hears one thing once', async () => {
    await world.plan([1, 2], { purpose: 'both wait' });
    await merge();
    expect(await world.states()).toEqual(['planned', 'suppressed same_person']);
    await world.plan([1, 2], { purpose: 'one went', sourceId: 2 });
    await world.database.pool.query(
      `update touch set state = 'submitted' where purpose = 'one went' and customer_id = 2`,
    );
    await merge();
    const states = (await world.touches()).map((row) => `${row.state} ${row.reason}`);
    expect(states.slice(2).sort()).toEqual(['submitted null', 'suppressed same_person']);
  });

  it('keeps the newest word of both, and takes every no along when parted', async () => {
    const say = (customerId: number, state: string, at: Date) =>
      world.database.pool.query(
        `insert into consent (customer_id, channel, category, state, at, evidence) values ($1, 'any', 'any', $2, $3, '{}')`,
        [customerId, state, at],
      );
    await say(1, 'granted', hours(-2));
    await say(2, 'withdrawn', hours(-1));
    await merge();
    const { rows } = await world.database.pool.query('select customer_id, state from consent');
    expect(rows).toEqual([{ customer_id: 1, state: 'withdrawn' }]);
    await world.write((ctx) => moveTouches(ctx, { from: 1, to: 2, accounts: [], isWhole: false, firstAccountId: 1 }));
    const parted = await world.database.pool.query('select customer_id, state from consent order by 1');
    expect(parted.rows).toEqual([
      { customer_id: 1, state: 'withdrawn' },
      { customer_id: 2, state: 'withdrawn' },
    ]);
  });
});

describe('a source that is held', () => {
  it('is decided about only when it is resumed', async () => {
    await world.plan(range(20));
    await world.plan([1], { purpose: 'other', sourceId: 2 });
    await world.write((ctx) => holdTouches(ctx, { kind: 'campaign', sourceId: 1 }));
    await world.decide();
    expect((await world.states()).filter((state) => state === 'allowed')).toHaveLength(1);
    await world.write((ctx) => resumeTouches(ctx, { kind: 'campaign', sourceId: 1 }));
    world.setNow(hours(0.1));
    await world.decide();
    expect((await world.states()).filter((state) => state === 'allowed')).toHaveLength(21);
  });
});
