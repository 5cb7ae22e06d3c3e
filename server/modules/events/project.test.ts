import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '#app';
import { getInbox, retryFacts } from '#contract/events';
import { type Ctx, inTransaction } from '#platform/ctx';
import { type DB, openDatabase, sql } from '#platform/db';
import { storeFacts } from '#platform/facts';
import { silentLog } from '#platform/log';
import { createSealer } from '#platform/seal';
import { createTestApp, drainPumps, type TestApp } from '#testing';
import type { Fact } from './facts.ts';
import { recordEvents } from './inbox.ts';
import { createProjectors, type Listener } from './project.ts';

const start = Date.parse('2026-11-21T02:00:00Z');

function followAdded(
  messageId: string,
  externalUserid: string,
  staffUserid: string,
  second: number,
  codeId: number | null = null,
): Fact {
  return {
    name: 'follow.added',
    source: 'test',
    messageId,
    occurredAt: new Date(start + second * 1000),
    payload: { externalUserid, staffUserid, codeId, welcomeCode: null, isHalf: false },
  };
}

function followEnded(
  messageId: string,
  externalUserid: string,
  staffUserid: string,
  second: number,
  by: 'customer' | 'staff' | 'transfer',
): Fact {
  return {
    name: 'follow.ended',
    source: 'test',
    messageId,
    occurredAt: new Date(start + second * 1000),
    payload: { externalUserid, staffUserid, by },
  };
}

const tell = (ctx: Ctx, facts: readonly Fact[]) => inTransaction(ctx, (ctx) => recordEvents(ctx, facts));

const listening = (...listeners: Listener[]) => createProjectors({ listeners, movers: [] });

const drain = (ctx: Ctx, pumps = listening()) => drainPumps(ctx, pumps);

async function countOf(siyu: TestApp, table: keyof DB, where = 'true'): Promise<number> {
  const { rows } = await siyu.database.pool.query<{ n: number }>(`select count(*) as n from ${table} where ${where}`);
  return rows[0]?.n ?? 0;
}

/** A list in another order that depends on nothing but the list. */
const shuffled = <T>(list: readonly T[], seed: number): T[] =>
  fc.sample(fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length }), {
    seed,
    numRuns: 1,
  })[0] ?? [];

describe('several workers on one database', () => {
  let siyu: TestApp;
  let second: { stop(): Promise<unknown> };

  beforeAll(async () => {
    siyu = await createTestApp();
    await siyu.startWorker();
    second = await startSecondApp(siyu);
  });
  afterAll(async () => {
    await second?.stop();
    await siyu?.close();
  });

  it('make of facts told twice and out of order each add once', async () => {
    const people = Array.from({ length: 80 }, (_, i) => `wmPerson${String(i).padStart(6, '0')}`);
    const facts = people.flatMap((person, i) => [
      followAdded(`${person} add li`, person, 'Li', i),
      followAdded(`${person} half li`, person, 'li', i + 1),
      followAdded(`${person} add wang`, person, 'wang', i + 2),
      ...(i % 4 === 0 ? [followEnded(`${person} end li`, person, 'LI', i + 100, 'customer')] : []),
      ...(i % 8 === 0 ? [followAdded(`${person} again li`, person, 'li', i + 200)] : []),
    ]);
    const told = shuffled([...facts, ...facts], 7);
    const letters = Array.from({ length: 40 }, (_, i) => told.filter((_, n) => n % 40 === i));
    await Promise.all(letters.map((letter) => tell(siyu.ctx, letter)));
    await siyu.settle();

    expect(await countOf(siyu, 'customer')).toBe(80);
    expect(await countOf(siyu, 'identity')).toBe(80);
    expect(await countOf(siyu, 'staff')).toBe(2);
    expect(await countOf(siyu, 'follow')).toBe(160);
    expect(await countOf(siyu, 'follow_spell')).toBe(160 + 10);
    expect(await countOf(siyu, 'event_key')).toBe(facts.length);
    expect(await countOf(siyu, 'event', "name = 'follow.added'")).toBe(160 + 10);
    expect(await countOf(siyu, 'event', "name = 'follow.ended'")).toBe(20);
    expect(await countOf(siyu, 'follow', "state = 'active'")).toBe(160 - 10);
    expect(await countOf(siyu, 'follow_spell', 'is_first')).toBe(80);
    expect(await countOf(siyu, 'inbox')).toBe(0);
    const wrong = await countOf(
      siyu,
      'customer',
      `active_follow_count <> (select count(*) from follow f where f.customer_id = customer.id and f.state = 'active')`,
    );
    expect(wrong).toBe(0);
  });

  it('make one customer of one new account that many facts name at once', async () => {
    const people = Array.from({ length: 30 }, (_, i) => `wmRace${i}`);
    const letters = people.flatMap((person, i) =>
      [0, 1, 2].map((n) => [followAdded(`${person} ${n}`, person, `racer${n}`, i)]),
    );
    await Promise.all(shuffled(letters, 3).map((letter) => tell(siyu.ctx, letter)));
    await siyu.settle();
    expect(await countOf(siyu, 'identity', "value like 'wmRace%'")).toBe(30);
    expect(await countOf(siyu, 'follow', "external_userid like 'wmRace%'")).toBe(90);
    expect(await countOf(siyu, 'customer', 'active_follow_count = 3')).toBe(30);
  });
});

/** Another process of the same installation, as far as the database can tell. */
async function startSecondApp(siyu: TestApp): Promise<{ stop(): Promise<unknown> }> {
  const database = openDatabase(siyu.database.url, silentLog, { maxConnections: 10 });
  const secret = 'test secret test secret test secret';
  const publicUrl = 'http://siyu.test';
  const runtime = {
    db: database.db,
    bell: database.bell,
    clock: siyu.clock,
    log: silentLog,
    zone: 'Asia/Shanghai',
    publicUrl,
    sealer: createSealer(secret),
  };
  const config = { home: '/nonexistent', publicUrl, metricsToken: undefined, allowPrivateWebhooks: true };
  const app = await createApp({ config, database, runtime, secret, version: 'second' });
  const worker = await app.startWorker();
  return {
    async stop() {
      await worker.stop();
      await app.http.close();
      await database.close();
    },
  };
}

describe('a fact', () => {
  let siyu: TestApp;
  beforeAll(async () => {
    siyu = await createTestApp();
  });
  afterAll(() => siyu?.close());

  const bad = (messageId: string, name: string, payload: Record<string, unknown>) =>
    inTransaction(siyu.ctx, (ctx) =>
      storeFacts(ctx, [
        { source: 'test', messageId, name, subject: 'account:wmLane', occurredAt: new Date(start), payload },
      ]),
    );
  /** The pauses between attempts are the machine's time. */
  const hurry = () => siyu.database.pool.query('update inbox set retry_at = null');

  it('that cannot be projected is set aside and does not hold up its lane', async () => {
    await tell(siyu.ctx, [followAdded('before', 'wmLane', 'li', 1)]);
    await bad('nonsense', 'follow.added', { externalUserid: 7 });
    await bad('unknown', 'nobody.knows', {});
    await tell(siyu.ctx, [followEnded('after', 'wmLane', 'li', 2, 'customer')]);
    await drain(siyu.ctx);
    // Its neighbours are known at once.
    expect(await countOf(siyu, 'follow', "state = 'left_by_customer'")).toBe(1);
    for (let i = 0; i < 6; i++) {
      await hurry();
      await drain(siyu.ctx);
    }
    const inbox = await siyu.call(siyu.owner, getInbox, {});
    expect(inbox.waiting).toBe(0);
    expect(inbox.failed.map((fact) => fact.name).sort()).toEqual(['follow.added', 'nobody.knows']);
    expect(inbox.failed.every((fact) => fact.problem !== '' && fact.attempts === 5)).toBe(true);
    await tell(siyu.ctx, [followAdded('later', 'wmLane', 'li', 3)]);
    await drain(siyu.ctx);
    expect(await countOf(siyu, 'follow', "state = 'active'")).toBe(1);
  });

  it('that was set aside is tried again when somebody asks, once its cause is gone', async () => {
    await siyu.database.pool.query(`
      update inbox set facts = jsonb_set(facts::jsonb, '{0,payload}',
        '{"externalUserid":"wmMended","staffUserid":"li","codeId":null,"welcomeCode":null,"isHalf":false}')::text
      where facts like '%nonsense%'`);
    expect(await siyu.call(siyu.owner, retryFacts, {})).toEqual({ retried: 2 });
    await drain(siyu.ctx);
    expect(await countOf(siyu, 'follow', "external_userid = 'wmMended'")).toBe(1);
  });

  it('that fails in a listener leaves nothing behind, and is known once the listener works', async () => {
    let isBroken = true;
    const pumps = listening(async (ctx) => {
      await ctx.db.insertInto('setting').values({ key: 'listener', value: '{}', updated_at: ctx.now }).execute();
      if (isBroken) throw new Error('the listener fails');
    });
    const keys = await countOf(siyu, 'event_key');
    await tell(siyu.ctx, [followAdded('heard', 'wmHeard', 'li', 1)]);
    await drain(siyu.ctx, pumps);
    expect(await countOf(siyu, 'identity', "value = 'wmHeard'")).toBe(0);
    expect(await countOf(siyu, 'event_key')).toBe(keys);
    expect(await countOf(siyu, 'setting', "key = 'listener'")).toBe(0);
    isBroken = false;
    await hurry();
    await drain(siyu.ctx, pumps);
    expect(await countOf(siyu, 'follow', "external_userid = 'wmHeard'")).toBe(1);
    expect(await countOf(siyu, 'setting', "key = 'listener'")).toBe(1);
  });

  it('told twice is heard once, also in one batch', async () => {
    const heard: string[] = [];
    const pumps = listening(async (_ctx, events) => {
      heard.push(...events.map((event) => event.name));
    });
    const fact = followAdded('twice', 'wmTwice', 'li', 1);
    await tell(siyu.ctx, [fact, fact]);
    await drain(siyu.ctx, pumps);
    await tell(siyu.ctx, [fact]);
    await drain(siyu.ctx, pumps);
    expect(heard).toEqual(['follow.added', 'follow.told']);
  });
});

describe('the order in which facts become known', () => {
  let siyu: TestApp;
  beforeAll(async () => {
    siyu = await createTestApp();
  });
  afterAll(() => siyu?.close());

  interface Change {
    readonly person: number;
    readonly staff: string;
    readonly second: number;
    readonly what: 'added' | 'customer' | 'staff' | 'transfer';
    readonly codeId: number | null;
  }
  // Few people and moments, so that changes meet.
  const change: fc.Arbitrary<Change> = fc.record({
    person: fc.nat(1),
    staff: fc.constantFrom('li', 'wang'),
    second: fc.nat(5),
    what: fc.constantFrom('added', 'added', 'customer', 'staff', 'transfer'),
    codeId: fc.constantFrom(null, null, 1, 2),
  });
  const history = fc.array(change, { minLength: 1, maxLength: 9 });
  const delivery = fc.record({ seed: fc.nat(), batch: fc.integer({ min: 1, max: 9 }), again: fc.nat(3) });

  let world = 0;
  async function deliver(
    changes: readonly Change[],
    how: { seed: number; batch: number; again: number },
  ): Promise<string> {
    const prefix = `wmWorld${++world}x`;
    const facts = changes.map((change, i) => {
      const account = `${prefix}${change.person}`;
      return change.what === 'added'
        ? followAdded(`${prefix} ${i}`, account, change.staff, change.second, change.codeId)
        : followEnded(`${prefix} ${i}`, account, change.staff, change.second, change.what);
    });
    const order = shuffled([...facts, ...facts.slice(0, how.again)], how.seed);
    for (let i = 0; i < order.length; i += how.batch) {
      await tell(siyu.ctx, order.slice(i, i + how.batch));
      await drain(siyu.ctx);
    }
    return prefix;
  }

  /** What is known of a world's people, by their accounts instead of ids. */
  async function knownOf(prefix: string) {
    const read = async (query: ReturnType<typeof sql<{ row: Record<string, unknown> }>>) =>
      (await query.execute(siyu.database.db)).rows.map(({ row }) => row);
    const like = `${prefix}%`;
    return {
      customers: await read(sql`
        select json_build_object('account', replace(i.value, ${prefix}, ''), 'source', c.source, 'code', c.code_id,
          'addedAt', c.added_at, 'active', c.active_follow_count) as row
        from customer c join identity i on i.customer_id = c.id where i.value like ${like} order by i.value`),
      follows: await read(sql`
        select json_build_object('account', replace(external_userid, ${prefix}, ''), 'staff', s.wecom_userid, 'state', f.state,
          'addedAt', added_at, 'endedAt', ended_at, 'code', code_id, 'way', add_way, 'changes', changes) as row
        from follow f join staff s on s.id = f.staff_id where external_userid like ${like}
        order by external_userid, s.wecom_userid`),
      spells: await read(sql`
        select json_build_object('account', replace(external_userid, ${prefix}, ''), 'staff', s.wecom_userid,
          'startedAt', started_at, 'endedAt', ended_at, 'by', ended_by, 'code', code_id, 'first', is_first) as row
        from follow_spell p join staff s on s.id = p.staff_id where external_userid like ${like}
        order by external_userid, s.wecom_userid, started_at`),
    };
  }

  it('does not matter for what is known in the end', async () => {
    await tell(siyu.ctx, [
      followAdded('staff li', 'wmFirst', 'li', 0),
      followAdded('staff wang', 'wmFirst', 'wang', 0),
    ]);
    await drain(siyu.ctx);
    await fc.assert(
      fc.asyncProperty(history, delivery, delivery, async (changes, one, other) => {
        const [a, b] = [await deliver(changes, one), await deliver(changes, other)];
        expect(await knownOf(b)).toEqual(await knownOf(a));
      }),
      { numRuns: 25, seed: 20261121 },
    );
  });
});
