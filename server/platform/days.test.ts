import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, civilMoment, dayOf, dayRange, dayStart, daysBetween } from './days.ts';

const zones = ['Asia/Shanghai', 'UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'];

describe('a civil day', () => {
  it('is that of the zone, not of UTC', () => {
    expect(dayOf(new Date('2026-11-20T15:59:59.999Z'), 'Asia/Shanghai')).toBe('2026-11-20');
    expect(dayOf(new Date('2026-11-20T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-21');
    expect(dayOf(new Date('2026-01-01T04:59:59Z'), 'America/New_York')).toBe('2025-12-31');
  });

  it('has its weekday, Monday first, and its minute', () => {
    const at = (text: string) => civilMoment(new Date(text), 'Asia/Shanghai');
    expect(at('2026-11-16T00:00:00+08:00')).toEqual({ weekday: 1, minute: 0 });
    expect(at('2026-11-22T23:59:59+08:00')).toEqual({ weekday: 7, minute: 1439 });
    expect(at('2026-11-22T16:00:00Z')).toEqual({ weekday: 1, minute: 0 });
  });

  it('begins at midnight of the zone', () => {
    expect(dayStart('2026-11-21', 'Asia/Shanghai')).toEqual(new Date('2026-11-20T16:00:00Z'));
    expect(dayStart('2026-07-01', 'Europe/Berlin')).toEqual(new Date('2026-06-30T22:00:00Z'));
    expect(dayStart('2026-12-01', 'Europe/Berlin')).toEqual(new Date('2026-11-30T23:00:00Z'));
  });

  it('begins at midnight also when summer time begins or ends on it', () => {
    expect(dayStart('2026-03-29', 'Europe/Berlin')).toEqual(new Date('2026-03-28T23:00:00Z'));
    expect(dayStart('2026-10-25', 'Europe/Berlin')).toEqual(new Date('2026-10-24T22:00:00Z'));
    expect(dayStart('2026-03-30', 'Europe/Berlin')).toEqual(new Date('2026-03-29T22:00:00Z'));
  });

  it.each(zones)('holds its first moment and not the one before (%s)', (zone) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (n) => {
        const day = addDays('1990-01-01', n);
        const start = dayStart(day, zone);
        expect(dayOf(start, zone)).toBe(day);
        expect(dayOf(new Date(start.getTime() - 1), zone)).toBe(addDays(day, -1));
        expect(civilMoment(start, zone).minute).toBe(0);
      }),
    );
  });
});

describe('counting days', () => {
  it('goes over ends of months and years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2024-03-01', -1)).toBe('2024-02-29');
    expect(addDays('2026-11-21', 0)).toBe('2026-11-21');
  });

  it('lists every day, both ends included', () => {
    expect(daysBetween('2026-02-27', '2026-03-02')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02']);
    expect(daysBetween('2026-02-27', '2026-02-27')).toEqual(['2026-02-27']);
    expect(daysBetween('2026-02-27', '2026-02-26')).toEqual([]);
  });

  it('makes a range of moments of which the end is excluded', () => {
    expect(dayRange('Asia/Shanghai', '2026-11-01', '2026-11-01')).toEqual({
      from: new Date('2026-10-31T16:00:00Z'),
      until: new Date('2026-11-01T16:00:00Z'),
    });
    expect(dayRange('Asia/Shanghai', undefined, undefined)).toEqual({ from: undefined, until: undefined });
  });
});
