import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContent } from '#contract/content';
import { createTagGroup, listTags } from '#contract/customers';
import { enrolInJourney, getJourneyFigures, listCustomerJourneys } from '#contract/journeys';
import type { Ctx } from '#platform/ctx';
import { type Database, openDatabase } from '#platform/db';
import { silentLog } from '#platform/log';
import { createEngine } from '#segments';
import { createStage, type LooseDraft, type Stage } from '#testing/journeys';
import { lookAtArrivals } from './arrivals.ts';
import { createMover } from './tick.ts';
import { createVersions } from './versions.ts';

const start = Date.parse('2026-11-21T08:00:00+08:00');
const hour = 3_600_000;
const day = 24 * hour;
const crowd = 5000;

let stage: Stage;
let tagId: number;
let contentId: number;

beforeAll(async () => {
  stage = await createStage(crowd, start);
  const { siyu } = stage;
  await siyu.call(siyu.owner, createTagGroup, { name: '赛跑', kind: 'internal', tags: ['过'] });
  tagId = (await siyu.call(siyu.owner, listTags, {})).groups[0]?.tags[0]?.id ?? 0;
  const content = await siyu.call(siyu.owner, createContent, {
    name: '赛跑',
    category: 'care',
    wordings: { wecom: { text: '你好', attachments: [] } },
  } as never);
  contentId = content.id;
});

afterAll(() => stage?.siyu.close());

const person = (i: number) => stage.customers[i] as number;

const victim = 'worker of journeys';

/** A worker of its own, as far as the database can tell. */
function createWorker() {
  const url = new URL(stage.siyu.database.url);
  url.searchParams.set('application_name', victim);
  const database = openDatabase(url.href, silentLog, { maxConnections: 2 });
  const versions = createVersions();
  const mover = createMover(createEngine(undefined), versions, 400);
  const ctx = (): Ctx => ({ ...stage.siyu.ctx, db: database.db });
  return { database, tick: () => mover.tick(ctx()), arrive: () => lookAtArrivals(ctx(), versions) };
}

describe('several workers', () => {
  it('that are killed in the middle take each step of everybody once', async () => {
    const id = await stage.publish('杀不死', {
      nodes: [
        { id: 't', kind: 'tag', data: { add: [tagId] }, next: 'm' },
        { id: 'm', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 's' },
        {
          id: 's',
          kind: 'split',
          data: {
            seed: 5,
            arms: [
              { id: 'l', name: '左', weight: 1 },
              { id: 'r', name: '右', weight: 1 },
            ],
          },
          next: { l: 'w', r: 'v' },
        },
        { id: 'w', kind: 'wait', data: { amount: 1, unit: 'hours' }, next: 'n' },
        { id: 'v', kind: 'wait', data: { amount: 2, unit: 'hours' }, next: 'n' },
        { id: 'n', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 'h' },
        { id: 'h', kind: 'webhook', data: { topic: '过了' }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
    });
    for (let i = 0; i < crowd; i += 1000) {
      const customerIds = stage.customers.slice(i, i + 1000);
      await stage.siyu.call(stage.siyu.owner, enrolInJourney, { id, customerIds });
    }
    // The last steps come due while the first are taken.
    stage.setTime(start + 3 * hour);
    const workers = [createWorker(), createWorker(), createWorker()];
    const kills = await race(workers);
    // How many fit in depends on the machine.
    expect(kills).toBeGreaterThan(2);
    await Promise.all(workers.map((worker) => worker.database.close()));

    const { ended, nodes, entered } = await stage.siyu.call(stage.siyu.owner, getJourneyFigures, { id });
    expect([entered, ended]).toEqual([crowd, [{ reason: 'end', count: crowd }]]);
    const passed = Object.fromEntries(
      nodes.map(({ node, ways }) => [node, ways.reduce((sum, way) => sum + way.count, 0)]),
    );
    expect(passed).toMatchObject({ t: crowd, m: crowd, s: crowd, n: crowd, h: crowd, e: crowd });
    expect((passed.w ?? 0) + (passed.v ?? 0)).toBe(crowd);
    const [sums] = await stage.query(
      `select count(*)::int as steps, count(distinct (enrolment_id, step))::int as different, count(distinct (enrolment_id, node))::int as nodes
      from journey_step`,
    );
    expect(sums).toEqual({ steps: 7 * crowd, different: 7 * crowd, nodes: 7 * crowd });
    const touches = await stage.query(
      'select part, count(*)::int as count, count(distinct customer_id)::int as people from touch where source_id = $1 group by part order by part',
      [id],
    );
    expect(touches).toEqual([
      { part: 'm', count: crowd, people: crowd },
      { part: 'n', count: crowd, people: crowd },
    ]);
    await stage.project();
    const [told] = await stage.query("select count(*)::int as n from event where name = 'journey.told'");
    expect(told).toEqual({ n: crowd });
    const [inside] = await stage.query('select sum(inside)::int as n from journey_person where journey_id = $1', [id]);
    expect(inside).toEqual({ n: 0 });
  }, 120_000);

  /** Lets workers run until nobody is due, while their connections are cut in the middle of what they do. */
  async function race(workers: readonly { database: Database; tick(): Promise<number> }[]): Promise<number> {
    let isOver = false;
    let kills = 0;
    const killer = (async () => {
      const client = new pg.Client({ connectionString: stage.siyu.database.url });
      await client.connect();
      while (!isOver && kills < 12) {
        const { rowCount } = await client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = $1 and state <> 'idle' order by random() limit 1`,
          [victim],
        );
        kills += rowCount ?? 0;
        await sleep(30 + 120 * Math.random());
      }
      await client.end();
    })();
    const left = async () =>
      (await stage.query<{ n: number }>("select count(*)::int as n from journey_enrolment where state = 'active'"))[0]
        ?.n ?? 0;
    await Promise.all(
      workers.map(async (worker) => {
        while (!isOver) {
          const moved = await worker.tick().catch(() => 0);
          if (moved > 0) continue;
          if ((await left()) === 0) isOver = true;
          else await sleep(5);
        }
      }),
    );
    await killer;
    return kills;
  }

  it('bring the same people in once, whoever is first', async () => {
    const id = await stage.publish('一起进', { nodes: waiting });
    const customerIds = stage.customers.slice(0, 500);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => stage.siyu.call(stage.siyu.owner, enrolInJourney, { id, customerIds })),
    );
    expect(answers.reduce((sum, answer) => sum + answer.entered, 0)).toBe(500);
    const [rows] = await stage.query(
      'select count(*)::int as n, count(distinct customer_id)::int as people from journey_enrolment where journey_id = $1',
      [id],
    );
    expect(rows).toEqual({ n: 500, people: 500 });
  });

  it('never let more in than there is room for', async () => {
    const id = await stage.publish('只进一百', { nodes: waiting, maxInside: 100 });
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        stage.siyu.call(stage.siyu.owner, enrolInJourney, {
          id,
          customerIds: stage.customers.slice(i * 40, i * 40 + 60),
        }),
      ),
    );
    expect(answers.reduce((sum, answer) => sum + answer.entered, 0)).toBe(100);
  });
});

const waiting: LooseDraft['nodes'] = [
  { id: 'w', kind: 'wait', data: { amount: 1, unit: 'days' }, next: 'e' },
  { id: 'e', kind: 'end' },
];

describe('somebody who comes to wait for an event in the moment in which it becomes known', () => {
  const listening = (name: string): LooseDraft => ({
    nodes: [
      { id: 'w', kind: 'wait', data: { amount: 1, unit: 'hours' }, next: 'v' },
      { id: 'v', kind: 'wait_event', data: { name, amount: 3, unit: 'days' }, next: { happened: 'e', timeout: 'f' } },
      { id: 'e', kind: 'end' },
      { id: 'f', kind: 'end' },
    ],
  });

  /** Somebody whose next tick brings him to the node. */
  async function aboutToArrive(name: string, i: number): Promise<{ id: number; now: number }> {
    const now = start + i * day;
    stage.setTime(now);
    const id = await stage.publish(name, listening(`${name}.done`));
    await stage.siyu.call(stage.siyu.owner, enrolInJourney, { id, customerIds: [person(i)] });
    await stage.run();
    stage.setTime(now + 2 * hour);
    return { id, now };
  }

  async function pathOf(id: number, i: number): Promise<string[]> {
    const { rows } = await stage.siyu.call(stage.siyu.owner, listCustomerJourneys, { id: person(i), journey: id });
    return rows.flatMap((row) => [
      ...row.steps.map((step) => `${step.node} ${step.way}`),
      row.endReason ?? `at ${row.node}`,
    ]);
  }

  /** Holds what writes a table until it is let go, and says when somebody waits for it. */
  async function holdUp(table: string) {
    const client = new pg.Client({ connectionString: stage.siyu.database.url });
    await client.connect();
    await client.query('begin');
    await client.query(`lock table ${table} in share row exclusive mode`);
    return {
      async untilWaited() {
        for (let i = 0; i < 400; i++) {
          const { rowCount } = await stage.siyu.database.pool.query(
            'select 1 from pg_locks where relation = $1::regclass and not granted',
            [table],
          );
          if ((rowCount ?? 0) > 0) return;
          await sleep(10);
        }
        throw new Error(`nobody waits for ${table}`);
      },
      async letGo() {
        await client.query('commit');
        await client.end();
      },
    };
  }

  it('is woken when he came before it was known, and nobody saw the other', async () => {
    const { id, now } = await aboutToArrive('先到', 1);
    const worker = createWorker();
    const held = await holdUp('journey_count');
    const ticking = worker.tick();
    await held.untilWaited();
    // He stands at the node, and this is not committed: the listener does not see him there.
    await stage.tell(person(1), '先到.done', now + 90 * 60_000);
    await stage.project();
    await held.letGo();
    await ticking;
    expect(await pathOf(id, 1)).toEqual(['w next', 'at v']);
    await stage.run();
    expect(await pathOf(id, 1)).toEqual(['w next', 'v happened', 'e end', 'end']);
    await worker.database.close();
  });

  it('is woken when it was becoming known as he came', async () => {
    const { id, now } = await aboutToArrive('同时', 2);
    const worker = createWorker();
    await stage.tell(person(2), '同时.done', now + 90 * 60_000);
    const held = await holdUp('event');
    // The listener has looked, and its transaction goes on.
    const projecting = stage.project();
    await held.untilWaited();
    await worker.tick();
    expect(await pathOf(id, 2)).toEqual(['w next', 'at v']);
    // Looking now is too early, as long as that transaction is open; it must not count as having looked.
    for (let i = 0; i < 5; i++) await worker.arrive();
    expect(await worker.arrive()).toBe(0);
    await held.letGo();
    await projecting;
    await stage.run();
    expect(await pathOf(id, 2)).toEqual(['w next', 'v happened', 'e end', 'end']);
    await worker.database.close();
  });

  it('goes the right way at the end of the wait, should nobody have woken him', async () => {
    const { id, now } = await aboutToArrive('没人叫', 3);
    await stage.run();
    await stage.query(
      `insert into event (customer_id, occurred_at, name, source, payload) values ($1, $2, '没人叫.done', 'test', '{}')`,
      [person(3), new Date(now + day)],
    );
    stage.setTime(now + 4 * day);
    await stage.run();
    expect(await pathOf(id, 3)).toEqual(['w next', 'v happened', 'e end', 'end']);
    const [step] = await stage.query<{ at: Date }>(
      `select s.at from journey_step s join journey_enrolment e on e.customer_id = s.customer_id and e.id = s.enrolment_id
      where s.customer_id = $1 and e.journey_id = $2 and s.node = 'v'`,
      [person(3), id],
    );
    expect(step?.at).toEqual(new Date(now + day));
  });

  it('is woken while his path is looked at for another reason', async () => {
    const now = start + 8 * day;
    stage.setTime(now);
    const draft = listening('两件事.done');
    const id = await stage.publish('两件事', {
      ...draft,
      exits: [
        {
          kind: 'event',
          data: { name: '出去', filters: [{ property: 'kind', test: { op: 'is_any', values: ['x'] } }] },
        },
      ],
    });
    await stage.siyu.call(stage.siyu.owner, enrolInJourney, { id, customerIds: [person(4)] });
    await stage.run();
    stage.setTime(now + 2 * hour);
    await stage.run();
    // Does not fit the filter of the exit: he stays.
    await stage.tell(person(4), '出去', now + 2 * hour, { kind: 'y' });
    await stage.run();
    expect(await pathOf(id, 4)).toEqual(['w next', 'at v']);
    const [row] = await stage.query<{ due_at: Date }>('select due_at from journey_enrolment where journey_id = $1', [
      id,
    ]);
    expect(row?.due_at).toEqual(new Date(now + hour + 3 * day));
    await stage.tell(person(4), '两件事.done', now + 2 * hour);
    await stage.run();
    expect(await pathOf(id, 4)).toEqual(['w next', 'v happened', 'e end', 'end']);
  });
});
