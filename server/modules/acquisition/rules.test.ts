import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTurnAt, type Rota, type RotationSlot, staffNow, stateOfCode } from './rules.ts';

const zone = 'Asia/Shanghai';
const everyDay = [1, 2, 3, 4, 5, 6, 7];
const slot = (staffIds: number[], from = '00:00', to = '24:00', weekdays = everyDay): RotationSlot => ({
  staffIds,
  weekdays,
  fromMinute: minuteOf(from),
  toMinute: minuteOf(to),
});
const minuteOf = (clock: string) => {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
};
const rotaOf = (rotation: RotationSlot[], more: Partial<Rota> = {}): Rota => ({
  rotation,
  backupStaffIds: [],
  dailyLimit: null,
  ...more,
});
// A Saturday.
const at = (clock: string, day = '2026-11-21') => new Date(`${day}T${clock.padStart(5, '0')}:00+08:00`);

function ask(rota: Rota, facts: { now?: Date; adds?: Record<number, number>; available?: number[] } = {}) {
  return staffNow(rota, {
    now: facts.now ?? at('10:00'),
    zone,
    addsToday: new Map(Object.entries(facts.adds ?? {}).map(([id, adds]) => [Number(id), adds])),
    available: new Set(facts.available ?? [1, 2, 3, 4, 5]),
  });
}

describe('who answers a scan', () => {
  it('is who is on duty: the beginning of a slot counts, its end does not', () => {
    const rota = rotaOf([slot([1], '09:00', '12:00'), slot([2], '12:00', '18:00')]);
    expect(ask(rota, { now: at('08:59') }).staffIds).toEqual([1, 2]);
    expect(ask(rota, { now: at('09:00') }).staffIds).toEqual([1]);
    expect(ask(rota, { now: at('11:59') }).staffIds).toEqual([1]);
    expect(ask(rota, { now: at('12:00') }).staffIds).toEqual([2]);
  });

  it('goes by the weekday in the zone, not by that of the machine', () => {
    const rota = rotaOf([slot([1], '00:00', '24:00', [6]), slot([2], '00:00', '24:00', [7])]);
    expect(ask(rota, { now: at('23:59') }).staffIds).toEqual([1]);
    // In UTC it is still Saturday.
    expect(ask(rota, { now: at('00:00', '2026-11-22') }).staffIds).toEqual([2]);
  });

  it('is everybody of slots that overlap, each once', () => {
    expect(ask(rotaOf([slot([1, 2]), slot([2, 3])])).staffIds).toEqual([1, 2, 3]);
  });

  it('leaves out who has reached the limit of the day, and who cannot take customers', () => {
    const rota = rotaOf([slot([1, 2, 3])], { dailyLimit: 5 });
    expect(ask(rota, { adds: { 1: 5, 2: 4 } }).staffIds).toEqual([2, 3]);
    expect(ask(rota, { available: [3] }).staffIds).toEqual([3]);
    expect(ask(rotaOf([slot([1])]), { adds: { 1: 100_000 } }).staffIds).toEqual([1]);
  });

  it('is the backup when all on duty are full, gone, or nobody is on duty', () => {
    const rota = rotaOf([slot([1], '09:00', '12:00')], { dailyLimit: 5, backupStaffIds: [4, 5] });
    expect(ask(rota)).toEqual({ staffIds: [1], usesBackup: false });
    expect(ask(rota, { adds: { 1: 5 } })).toEqual({ staffIds: [4, 5], usesBackup: true });
    expect(ask(rota, { available: [5] })).toEqual({ staffIds: [5], usesBackup: true });
    expect(ask(rota, { now: at('13:00') })).toEqual({ staffIds: [4, 5], usesBackup: true });
  });

  it('goes over the limit rather than let somebody scan in vain', () => {
    const rota = rotaOf([slot([1, 2])], { dailyLimit: 5, backupStaffIds: [4] });
    expect(ask(rota, { adds: { 1: 5, 2: 9 }, available: [1, 2] })).toEqual({ staffIds: [1, 2], usesBackup: false });
  });

  it('is nobody only when nobody of the rota can', () => {
    const ids = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
    const slots = fc.array(
      fc
        .record({
          staffIds: ids,
          weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
          fromMinute: fc.nat(1439),
          toMinute: fc.integer({ min: 1, max: 1440 }),
        })
        .filter((slot) => slot.fromMinute < slot.toMinute),
      { minLength: 1, maxLength: 4 },
    );
    const facts = fc.record({
      minutes: fc.nat(7 * 1440),
      adds: fc.dictionary(fc.constantFrom('1', '2', '3', '4', '5', '6'), fc.nat(4)),
      available: fc.subarray([1, 2, 3, 4, 5, 6]),
    });
    fc.assert(
      fc.property(
        slots,
        fc.array(fc.integer({ min: 1, max: 6 })),
        fc.option(fc.nat(3)),
        facts,
        (rotation, backup, limit, facts) => {
          const rota = { rotation, backupStaffIds: backup, dailyLimit: limit };
          const now = new Date(at('00:00').getTime() + facts.minutes * 60_000);
          const turn = ask(rota, { now, adds: facts.adds, available: facts.available });
          const all = [...rotation.flatMap((slot) => slot.staffIds), ...backup];
          expect(turn.staffIds.length > 0).toBe(all.some((id) => facts.available.includes(id)));
          expect(turn.staffIds.every((id) => facts.available.includes(id) && all.includes(id))).toBe(true);
          expect(new Set(turn.staffIds).size).toBe(turn.staffIds.length);
        },
      ),
    );
  });

  it("never is more than WeCom's hundred", () => {
    const many = Array.from({ length: 150 }, (_, i) => i + 1);
    expect(ask(rotaOf([slot(many)]), { available: many }).staffIds).toHaveLength(100);
  });
});

describe('the next turn', () => {
  it('is the next edge of a slot, or the end of the day', () => {
    const rota = rotaOf([slot([1], '09:00', '12:00'), slot([2], '13:30', '24:00')]);
    expect(nextTurnAt(rota, at('08:00'), zone)).toEqual(at('09:00'));
    expect(nextTurnAt(rota, at('09:00'), zone)).toEqual(at('12:00'));
    expect(nextTurnAt(rota, at('12:00'), zone)).toEqual(at('13:30'));
    expect(nextTurnAt(rota, at('13:30'), zone)).toEqual(at('00:00', '2026-11-22'));
  });

  it('is the day after in the zone when the machine is a day behind', () => {
    expect(nextTurnAt(rotaOf([slot([1])]), new Date('2026-11-20T16:00:00Z'), zone)).toEqual(at('00:00', '2026-11-22'));
  });

  it.each(['Asia/Shanghai', 'Europe/Berlin', 'America/New_York'])(
    'comes before the answer changes, also on days that are shorter or longer (%s)',
    (zone) => {
      const starts = ['2026-03-08', '2026-03-29', '2026-10-25', '2026-11-01', '2026-11-21'].map((day) =>
        Date.parse(day),
      );
      const someSlot = fc
        .tuple(fc.nat(23), fc.integer({ min: 1, max: 24 }), fc.subarray(everyDay, { minLength: 1 }))
        .filter(([from, to]) => from < to)
        .map(([from, to, weekdays]) => slot([from + 1], `${from}:00`, `${to}:00`, weekdays));
      fc.assert(
        fc.property(
          fc.array(someSlot, { minLength: 1, maxLength: 3 }),
          fc.constantFrom(...starts),
          fc.nat(47),
          (rotation, start, half) => {
            const rota = rotaOf(rotation);
            const now = new Date(start + half * 1_800_000);
            const next = nextTurnAt(rota, now, zone);
            const answer = (now: Date) =>
              staffNow(rota, {
                now,
                zone,
                addsToday: new Map(),
                available: new Set(Array.from({ length: 24 }, (_, i) => i + 1)),
              });
            expect(next.getTime()).toBeGreaterThan(now.getTime());
            expect(next.getTime() - now.getTime()).toBeLessThanOrEqual(25 * 3_600_000);
            for (let at = now.getTime(); at < next.getTime(); at += 1_800_000)
              expect(answer(new Date(at))).toEqual(answer(now));
          },
        ),
      );
    },
  );
});

describe('the state of a code', () => {
  const now = at('10:00');
  const code = { isPaused: false, endedAt: null, startsAt: null, endsAt: null, hasQr: true };

  it.each([
    ['is active once it has its QR code', {}, 'active'],
    ['waits for its QR code', { hasQr: false }, 'waiting'],
    ['waits for its beginning', { startsAt: at('10:01') }, 'waiting'],
    ['is active from its beginning on', { startsAt: now }, 'active'],
    ['is paused', { isPaused: true }, 'paused'],
    ['waits, although it is paused', { isPaused: true, hasQr: false }, 'waiting'],
    ['has ended at its end', { endsAt: now }, 'ended'],
    ['is active until its end', { endsAt: at('10:01') }, 'active'],
    ['has ended by hand, whatever else', { endedAt: at('09:00'), isPaused: true, hasQr: false }, 'ended'],
    ['has ended before it began', { startsAt: at('12:00'), endsAt: at('09:00') }, 'ended'],
  ] as const)('%s', (_title, change, expected) => {
    expect(stateOfCode({ ...code, ...change }, now)).toBe(expected);
  });
});
