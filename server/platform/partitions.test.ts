import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '#testing';
import { type Ctx, inTransaction, systemActor } from './ctx.ts';
import { silentLog } from './log.ts';
import { ensureMonths } from './partitions.ts';

const database = await createTestDatabase();
const { pool } = database;
const month = new Date('2031-05-10T00:00:00Z');
const ctx: Ctx = {
  db: database.db,
  bell: database.bell,
  actor: systemActor('test'),
  now: month,
  log: silentLog,
  zone: 'Asia/Shanghai',
  requestId: undefined,
};

beforeEach(async () => {
  await pool.query(`
    drop table if exists thing;
    create table thing (id integer, at timestamptz not null, state text, primary key (id, at)) partition by range (at);
    create table thing_rest partition of thing default;
    insert into thing select id, '2031-05-10', 'before' from generate_series(1, 3) id`);
});
afterAll(() => database.drop());

const whereAndWhat = async () =>
  (await pool.query('select distinct tableoid::regclass::text as place, state from thing')).rows;
/** Until this statement of somebody else's waits for a lock. */
const waits = (statement: string) =>
  expect
    .poll(async () => {
      const text = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ilike $1 and datname = current_database()`;
      return (await pool.query(text, [`%${statement}%`])).rowCount;
    })
    .toBe(1);

it('moves rows that waited for their month, with what somebody was just changing about them', async () => {
  const writer = await pool.connect();
  await writer.query('begin');
  await writer.query("update thing set state = 'after'");
  const moving = inTransaction(ctx, (ctx) => ensureMonths(ctx, 'thing', [month]));
  await waits('lock table');
  await writer.query('commit');
  writer.release();
  await moving;
  expect(await whereAndWhat()).toEqual([{ place: 'thing_2031_05', state: 'after' }]);
});

it('loses no change that was to be made while they move', async () => {
  let changing: Promise<unknown> = Promise.resolve();
  await inTransaction(ctx, async (ctx) => {
    await ensureMonths(ctx, 'thing', [month]);
    changing = pool.query("update thing set state = 'after'");
    await waits('update thing');
  });
  await changing;
  expect(await whereAndWhat()).toEqual([{ place: 'thing_2031_05', state: 'after' }]);
});
