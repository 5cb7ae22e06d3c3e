import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '#testing';
import type { Ctx } from './ctx.ts';
import { systemActor } from './ctx.ts';
import { zoneShiftMs } from './days.ts';
import { silentLog } from './log.ts';
import { type Chore, dailyAt, everyMs, runDueChores } from './schedule.ts';

const zone = 'Asia/Shanghai';

describe('when a chore comes', () => {
  it('is at whole multiples of its pause, always later than now', () => {
    const next = everyMs(30_000);
    expect(next(new Date(0), zone)).toEqual(new Date(30_000));
    expect(next(new Date(29_999), zone)).toEqual(new Date(30_000));
    expect(next(new Date(30_000), zone)).toEqual(new Date(60_000));
  });

  it('is once a day at a minute of the civil day', () => {
    const next = dailyAt(3 * 60 + 30);
    expect(next(new Date('2026-11-21T03:29:59+08:00'), zone)).toEqual(new Date('2026-11-21T03:30:00+08:00'));
    expect(next(new Date('2026-11-21T03:30:00+08:00'), zone)).toEqual(new Date('2026-11-22T03:30:00+08:00'));
    expect(next(new Date('2026-11-21T23:59:00+08:00'), zone)).toEqual(new Date('2026-11-22T03:30:00+08:00'));
  });

  it('is at the same minute of the day after summer time began', () => {
    const next = dailyAt(12 * 60);
    expect(next(new Date('2026-03-28T12:00:00+01:00'), 'Europe/Berlin')).toEqual(new Date('2026-03-29T12:00:00+02:00'));
  });

  it('knows how far a zone is from UTC', () => {
    expect(zoneShiftMs(new Date('2026-11-21T00:00:00Z'), zone)).toBe(8 * 3_600_000);
    expect(zoneShiftMs(new Date('2026-11-21T00:00:00.789Z'), 'Asia/Kolkata')).toBe(5.5 * 3_600_000);
    expect(zoneShiftMs(new Date('2026-07-01T00:00:00Z'), 'America/New_York')).toBe(-4 * 3_600_000);
    expect(zoneShiftMs(new Date('2026-01-01T00:00:00Z'), 'UTC')).toBe(0);
  });
});

describe('chores that are due', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());

  const ctxAt = (at: string): Ctx => ({
    db: database.db,
    bell: database.bell,
    actor: systemActor('test'),
    now: new Date(at),
    log: silentLog,
    zone,
    requestId: undefined,
  });
  const plan = (name: string, at: string) =>
    database.db
      .insertInto('schedule')
      .values({ name, next_at: new Date(at) })
      .execute();

  it('run once, in whatever number of workers, and then wait for their next time', async () => {
    let ran = 0;
    const chore: Chore = {
      name: 'test.count',
      next: everyMs(60_000),
      async run() {
        ran++;
      },
    };
    await plan(chore.name, '2026-11-21T10:00:00Z');
    expect(await runDueChores(ctxAt('2026-11-21T09:59:59Z'), [chore])).toBe(0);
    const ctx = ctxAt('2026-11-21T10:00:30Z');
    await Promise.all(Array.from({ length: 8 }, () => runDueChores(ctx, [chore])));
    expect(ran).toBe(1);
    expect(await runDueChores(ctxAt('2026-11-21T10:00:59Z'), [chore])).toBe(0);
    expect(await runDueChores(ctxAt('2026-11-21T10:01:00Z'), [chore])).toBe(1);
  });

  it('run once for a time that was slept through, not once for each', async () => {
    let ran = 0;
    const chore: Chore = {
      name: 'test.slept',
      next: everyMs(60_000),
      async run() {
        ran++;
      },
    };
    await plan(chore.name, '2026-11-21T10:00:00Z');
    const ctx = ctxAt('2026-11-21T15:00:00Z');
    for (let i = 0; i < 5; i++) await runDueChores(ctx, [chore]);
    expect(ran).toBe(1);
  });

  it('come again when they failed, and leave nothing behind', async () => {
    let attempts = 0;
    const chore: Chore = {
      name: 'test.failing',
      next: everyMs(60_000),
      async run(ctx) {
        attempts++;
        await ctx.db.insertInto('setting').values({ key: 'half', value: '{}', updated_at: ctx.now }).execute();
        if (attempts === 1) throw new Error('the first time fails');
      },
    };
    await plan(chore.name, '2026-11-21T10:00:00Z');
    const ctx = ctxAt('2026-11-21T10:00:00Z');
    await expect(runDueChores(ctx, [chore])).rejects.toThrow('the first time fails');
    expect(await database.db.selectFrom('setting').select('key').where('key', '=', 'half').execute()).toEqual([]);
    expect(await runDueChores(ctx, [chore])).toBe(1);
  });
});
