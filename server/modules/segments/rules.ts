import type { z } from 'zod';
import type { comparison, momentTest, timeWindow } from '#contract/segments';
import { addDays, dayStart } from '#platform/days';

/**
 * What conditions mean, once for all three evaluators.
 *
 * - Three values. A condition is true, false or unknown. Unknown is not "no": a customer without a birthday is neither in
 *   "born in May" nor in its negation. `not` of unknown is unknown; `all` is false as soon as one part is, `any` true as
 *   soon as one part is; what remains is unknown if one part is. A segment is whoever the whole tree is true for.
 * - Unknown are: an attribute that is not set or not of the kind the test asks for, a gender nobody told, a score that is
 *   not there, the average, least or most of nothing, the first or last of nothing, a gap with fewer than two orders.
 *   Counts and sums of nothing are 0; having no such tag, follow, account or event is a plain no.
 * - Nothing later than `now` is seen: an event, order or follow dated ahead counts from its own moment on.
 * - Windows are half-open. The last n hours are (now − n h, now]: what happened leaves exactly n hours later. "Further back
 *   than n" is the rest: ≤ now − n. Days as a unit are 24 hours. Between two civil days is from the first day's beginning up
 *   to, not including, the beginning of the day after the second, in the organisation's zone.
 * - Birthdays repeat by month and day. 29 February comes on the 28th in common years. By the lunar calendar the month and
 *   day of birth count, a leap month as its ordinary month; a 30th comes on the 29th in months that have no 30th.
 * - In a sequence the second thing comes after the first, and less than the span after it; "not followed" is only
 *   true when the span has passed.
 * - Refunds net out of order amounts. Cancelled orders are no orders. Amounts of different currencies never add up.
 * - Numbers in attributes and events count in ten-thousandths, so that sums are the same in any order of adding.
 * - Top n ranks those who have a value (for sums: at least one such event or order), larger first, equal ones by the smaller
 *   customer id. Whoever has no score is unknown, whoever has no event or order is not in it. A share is rounded up.
 */
export type Verdict = 'yes' | 'no' | 'unknown';

export type TimeWindow = z.output<typeof timeWindow>;
export type MomentTest = z.output<typeof momentTest>;
export type Comparison = z.output<typeof comparison>;

export const scale = 10_000;

/** Earliest and latest moments a database can be asked for; wide enough to be no bound at all. */
const beginning = new Date('1900-01-01T00:00:00Z');

/** A range of moments: after `after` (excluded) or from `from` (included), up to `until` (excluded) or `upTo` (included). */
export interface Range {
  readonly after?: Date;
  readonly from?: Date;
  readonly until?: Date;
  readonly upTo: Date;
}

const spanMsOf = { hours: 3_600_000, days: 86_400_000 } as const;

export function spanMs(span: { amount: number; unit: 'hours' | 'days' }): number {
  return span.amount * spanMsOf[span.unit];
}

export function rangeOf(window: TimeWindow | MomentTest, now: Date, zone: string): Range {
  switch (window.kind) {
    case 'ever':
      return { upTo: now };
    case 'last':
      return { after: clamp(now.getTime() - spanMs(window)), upTo: now };
    case 'before':
      return { upTo: clamp(now.getTime() - spanMs(window)) };
    case 'between':
      return {
        ...(window.from === null ? {} : { from: dayStart(window.from, zone) }),
        ...(window.to === null ? {} : { until: dayStart(addDays(window.to, 1), zone) }),
        upTo: now,
      };
  }
}

const clamp = (ms: number) => new Date(Math.max(beginning.getTime(), ms));

export function isInRange(at: Date, range: Range): boolean {
  return (
    at <= range.upTo &&
    (range.after === undefined || at > range.after) &&
    (range.from === undefined || at >= range.from) &&
    (range.until === undefined || at < range.until)
  );
}

/** When a moment enters and leaves a window as time goes by; Infinity for never. */
export function turnsOf(at: Date, window: TimeWindow | MomentTest): { enters: number; leaves: number } {
  const ms = at.getTime();
  switch (window.kind) {
    case 'ever':
    case 'between':
      return { enters: ms, leaves: Number.POSITIVE_INFINITY };
    case 'last':
      return { enters: ms, leaves: ms + spanMs(window) };
    case 'before':
      return { enters: ms + spanMs(window), leaves: Number.POSITIVE_INFINITY };
  }
}

/** @param value and @param unit in the same scale: the comparison's own numbers are multiplied by `unit` */
export function fits(value: number, compare: Comparison, unit = 1): boolean {
  const bound = Math.round(compare.value * unit);
  switch (compare.op) {
    case 'eq':
      return value === bound;
    case 'ne':
      return value !== bound;
    case 'gt':
      return value > bound;
    case 'gte':
      return value >= bound;
    case 'lt':
      return value < bound;
    case 'lte':
      return value <= bound;
    case 'between':
      return value >= bound && value <= Math.round(compare.to * unit);
  }
}

/** An average by its parts, without dividing: sum against count times the bound. */
export function averageFits(sum: bigint, count: number, compare: Comparison, unit: number): boolean {
  const bound = BigInt(Math.round(compare.value * unit)) * BigInt(count);
  switch (compare.op) {
    case 'eq':
      return sum === bound;
    case 'ne':
      return sum !== bound;
    case 'gt':
      return sum > bound;
    case 'gte':
      return sum >= bound;
    case 'lt':
      return sum < bound;
    case 'lte':
      return sum <= bound;
    case 'between':
      return sum >= bound && sum <= BigInt(Math.round(compare.to * unit)) * BigInt(count);
  }
}

export const not = (verdict: Verdict): Verdict => (verdict === 'yes' ? 'no' : verdict === 'no' ? 'yes' : 'unknown');

export function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('no')) return 'no';
  return verdicts.includes('unknown') ? 'unknown' : 'yes';
}

export function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('yes')) return 'yes';
  return verdicts.includes('unknown') ? 'unknown' : 'no';
}

/** '2026-11-21' as 20261121: what the database compares. */
export const dayNumber = (day: string) => Number(day.replaceAll('-', ''));

/**
 * The bucket of a customer under a seed, 0 to 9999. The same arithmetic stands in SQL: see bucketSql.
 *
 * Under two seeds the buckets are independent, for rules and holdouts of several journeys draw from the same people. Squares
 * see to that (x + (x² | 5) is a permutation modulo a power of two: Klimov and Shamir, 2002); straight lines do not.
 */
export function bucketOf(customerId: number, seed: number): number {
  const { a, b, c } = dealing(seed);
  const x = (BigInt(customerId & 0x7fffffff) * BigInt(a) + BigInt(b)) & 0x7fffffffn;
  const y = (x + ((x * x) | 5n)) & 0x7fffffffn;
  const z = (y & 0xffffn) * 0x8000n + (y >> 16n);
  const w = (z * BigInt(c) + ((z * z) | 5n)) & 0x7fffffffn;
  return Number(((w >> 11n) * 10000n) >> 20n);
}

export function bucketSql(id: string, seed: number): string {
  const { a, b, c } = dealing(seed);
  const x = `(((${id} & 2147483647) * ${a} + ${b}) & 2147483647)`;
  const y = `((${x} + ((${x} * ${x}) | 5)) & 2147483647)`;
  const z = `((${y} & 65535) * 32768 + (${y} >> 16))`;
  const w = `((${z} * ${c} + ((${z} * ${z}) | 5)) & 2147483647)`;
  return `(((${w} >> 11) * 10000) >> 20)`;
}

/** Odd multipliers below 2^31 from a seed, so that no product leaves 64 bits. */
function dealing(seed: number): { a: number; b: number; c: number } {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
  return { a: (next() >>> 1) | 1, b: next() >>> 1, c: (next() >>> 1) | 1 };
}
