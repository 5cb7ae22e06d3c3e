import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf, costOf, firstRunAt, needsApproval, nextRunAt } from './rules.ts';

const zone = 'Asia/Shanghai';
const at = (text: string) => new Date(`${text}:00+08:00`);

describe('runs', () => {
  const weekly = { kind: 'weekly' as const, weekdays: [1, 4], minute: 600, until: null };

  it.each([
    // 2026-11-19 is a Thursday.
    { after: '2026-11-19T09:59', next: '2026-11-19T10:00' },
    { after: '2026-11-19T10:00', next: '2026-11-23T10:00' },
    { after: '2026-11-21T23:30', next: '2026-11-23T10:00' },
  ])('on Mondays and Thursdays at ten, after $after, come at $next', ({ after, next }) => {
    expect(nextRunAt(weekly, at(after), zone)).toEqual(at(next));
  });

  it.each([
    { day: 31, after: '2027-01-31T10:00', next: '2027-02-28T10:00' },
    { day: 31, after: '2028-02-01T00:00', next: '2028-02-29T10:00' },
    { day: 30, after: '2027-02-28T10:00', next: '2027-03-30T10:00' },
    { day: 1, after: '2026-12-01T10:00', next: '2027-01-01T10:00' },
  ])('on day $day of each month, after $after, come at $next', ({ day, after, next }) => {
    expect(nextRunAt({ kind: 'monthly', day, minute: 600, until: null }, at(after), zone)).toEqual(at(next));
  });

  it('end with their last day, which may still have one', () => {
    const until = '2026-11-23';
    expect(nextRunAt({ ...weekly, until }, at('2026-11-20T00:00'), zone)).toEqual(at('2026-11-23T10:00'));
    expect(nextRunAt({ ...weekly, until }, at('2026-11-23T10:00'), zone)).toBeNull();
  });

  it('come once where nothing recurs', () => {
    const now = at('2026-11-19T10:00');
    expect(firstRunAt({ kind: 'now' }, now, zone)).toEqual(now);
    expect(firstRunAt({ kind: 'at', at: at('2026-11-19T09:00').toISOString() }, now, zone)).toBeNull();
    expect(nextRunAt({ kind: 'now' }, now, zone)).toBeNull();
  });
});

describe('variants', () => {
  it('give every bucket to one variant, whatever the weights', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, (list) => {
        const buckets = bucketsOf(
          list.map((weight, i) => ({ part: 'ABCDEF'[i] ?? '', name: '', contentId: 1, weight })),
        );
        expect(buckets[0]?.from).toBe(0);
        expect(buckets.at(-1)?.to).toBe(10_000);
        for (const [i, bucket] of buckets.entries()) expect(bucket.from).toBe(buckets[i - 1]?.to ?? 0);
      }),
    );
  });
});

describe('approval', () => {
  it.each([
    { size: 4999, approved: null, needs: false },
    { size: 5000, approved: null, needs: true },
    { size: 9000, approved: 5000, needs: false },
    { size: 10_001, approved: 5000, needs: true },
  ])('of $size people, approved for $approved: $needs', ({ size, approved, needs }) => {
    expect(needsApproval(size, 5000, approved)).toBe(needs);
  });
});

it('a message of 4.5 fen costs 45 yuan a thousand', () => {
  expect(costOf({ perMessageFen: 4.5, fixedFen: 100 }, 1000)).toBe(4600);
});
