import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { moveCustomerRows, moveRows } from '#customers';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { sql } from '#platform/db';
import { silentLog } from '#platform/log';
import { createTestDatabase, drainPumps } from '#testing';
import type { Fact } from './facts.ts';
import { recordEvents } from './inbox.ts';
import { createProjectors } from './project.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let ctx: Ctx;
const pumps = createProjectors({ listeners: [], movers: [moveCustomerRows, moveRows('event')] });

beforeAll(async () => {
  database = await createTestDatabase();
  ctx = {
    db: database.db,
    bell: database.bell,
    actor: systemActor('test'),
    now: new Date('2026-11-21T02:00:00Z'),
    log: silentLog,
    zone: 'Asia/Shanghai',
    requestId: undefined,
  };
});
afterAll(() => database?.drop());
const forget = () =>
  database.pool.query(
    `select nextval('people_epoch');
    truncate customer, identity, identity_link, customer_merge, account_profile, attribute_claim, customer_attribute,
      event, event_key, inbox, follow, follow_spell, follow_tag, customer_tag`,
  );
beforeEach(forget);

const minute = (n: number) => new Date(Date.parse('2026-11-01T00:00:00Z') + n * 60_000);
const asAccount = (name: string) => {
  const [kind = '', value = ''] = name.split('/');
  return { kind, value };
};

let told = 0;
function tracked(at: number, ...names: string[]): Fact {
  return {
    name: 'event.tracked',
    source: 'shop',
    messageId: `fact ${++told}`,
    occurredAt: minute(at),
    payload: { accounts: names.map(asAccount), event: 'page.viewed', properties: { by: names[0] } },
  };
}

function identified(at: number, attributes: Record<string, string>, ...names: string[]): Fact {
  return {
    name: 'person.identified',
    source: 'shop',
    messageId: `fact ${++told}`,
    occurredAt: minute(at),
    payload: { accounts: names.map(asAccount), attributes },
  };
}

/** Each letter is one transaction of one teller. */
async function tell(...letters: readonly (readonly Fact[])[]): Promise<void> {
  for (const letter of letters) await inTransaction(ctx, (ctx) => recordEvents(ctx, letter));
  await drainPumps(ctx, pumps);
}

/** Who is who, what each did and what is known of each: without numbers, which depend on who came first. */
async function readPeople() {
  type Person = { accounts: string[]; events: string[] | null; attributes: object | null; eventCount: number };
  const { rows } = await sql<Person>`
    select (select jsonb_agg(kind || '/' || value order by kind, value) from identity i where i.customer_id = c.id) as accounts,
      (select jsonb_agg(payload ->> 'by' order by payload ->> 'by') from event e where e.customer_id = c.id and name = 'page.viewed') as events,
      (select jsonb_object_agg(key, value) from customer_attribute a where a.customer_id = c.id) as attributes,
      (select count(*) from event e where e.customer_id = c.id and name = 'page.viewed') as "eventCount"
    from customer c order by 1
  `.execute(database.db);
  const { rows: lost } = await sql<{ n: number }>`
    select (select count(*) from event where customer_id <> 0 and customer_id not in (select id from customer))
      + (select count(*) from identity where customer_id not in (select id from customer)) as n
  `.execute(database.db);
  expect(lost[0]?.n).toBe(0);
  expect((await sql`select 1 from inbox`.execute(database.db)).rows).toEqual([]);
  return rows;
}

describe('accounts', () => {
  it('that a fact names together are one customer, whoever was known before', async () => {
    await tell([tracked(1, 'anonymous/x')], [tracked(2, 'user/1')], [tracked(3, 'user/1', 'anonymous/x')]);
    expect(await readPeople()).toEqual([
      {
        accounts: ['anonymous/x', 'user/1'],
        events: ['anonymous/x', 'user/1', 'user/1'],
        attributes: null,
        eventCount: 3,
      },
    ]);
  });

  it('of two users on one browser stay two customers, and the clash waits for an operator', async () => {
    await tell([tracked(1, 'user/1', 'anonymous/x')], [tracked(2, 'user/2', 'anonymous/x')]);
    expect(await readPeople()).toHaveLength(2);
    const { rows } = await sql`select verdict from identity_link order by first_at`.execute(database.db);
    expect(rows).toEqual([{ verdict: 'joined' }, { verdict: 'clash' }]);
  });

  it('go to whom they belong when an older fact becomes known, with what came through them', async () => {
    await tell(
      [tracked(5, 'anonymous/x')],
      [tracked(6, 'user/1', 'anonymous/x')],
      [identified(7, { city: '上海' }, 'user/1')],
    );
    expect(await readPeople()).toHaveLength(1);
    await tell([tracked(1, 'user/2', 'anonymous/x')]);
    const after = await readPeople();
    expect(after).toHaveLength(2);
    expect(after).toMatchObject([
      { accounts: ['user/1'], events: ['user/1'], attributes: { city: '上海' } },
      { accounts: ['anonymous/x', 'user/2'], events: ['anonymous/x', 'user/2'], attributes: null },
    ]);
  });

  const names = [
    'user/1',
    'user/2',
    'user/3',
    'anonymous/x',
    'anonymous/y',
    'phone/138',
    'phone/139',
    'wecom/wmA',
    'wecom/wmB',
  ];
  const fact = fc.record({
    at: fc.integer({ min: 0, max: 40 }),
    names: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
    city: fc.option(fc.constantFrom('上海', '杭州', '成都'), { nil: undefined }),
  });
  const asFact = ({ at, names, city }: { at: number; names: string[]; city: string | undefined }) =>
    city === undefined ? tracked(at, ...names) : identified(at, { city }, ...names);

  it('are the same people in whatever order and however bundled the same facts are told', {
    timeout: 180_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fact, { minLength: 2, maxLength: 24 }), fc.nat(), async (drawn, seed) => {
        const facts = drawn.map(asFact);
        await forget();
        await tell(facts);
        const together = await readPeople();
        const orders = fc.sample(fc.shuffledSubarray(facts, { minLength: facts.length }), { seed, numRuns: 2 });
        for (const order of orders) {
          await forget();
          for (const one of order) await tell([one]);
          expect(await readPeople()).toEqual(together);
        }
      }),
      { numRuns: Number(process.env.SIYU_TEST_RUNS ?? 40) },
    );
  });

  it('are the same people when several workers project at once', { timeout: 120_000 }, async () => {
    const facts = fc.sample(fact, { seed: 11, numRuns: 400 }).map(asFact);
    for (const letter of facts) await inTransaction(ctx, (ctx) => recordEvents(ctx, [letter]));
    await Promise.all([1, 2, 3, 4].map(() => drainPumps(ctx, pumps)));
    await drainPumps(ctx, pumps);
    const racing = await readPeople();
    await forget();
    await tell(facts);
    expect(racing).toEqual(await readPeople());
  });
});
