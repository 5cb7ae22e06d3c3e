import { dayMs, dayOf, startOfDay } from '#sandbox/clock';
import type { Random } from '#sandbox/random';
import { hourWeights, liftCurves } from './habits.ts';
import type { Subject } from './subjects.ts';

/**
 * How people buy. Purchases are a Poisson process whose rate is constant within every hour:
 *
 *   rate(t) = purchasesPerDay × hourWeight(t) × (1 + Σ lift of each message read before t)
 *
 * A lift is `size` for 24 hours from the reading on, then halved with every half-life, in steps of 24 hours. Messages
 * add up and none changes the lift of another, so what any of them did is known in closed form.
 */
export type Lift = { readAt: number; subject: Subject; size: number };

const hourMs = 3600_000;
const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0);
/** Share of a day's purchases that fall before each full hour: 25 values from 0 to 1. */
const shareBefore = Array.from({ length: 25 }, (_, hour) => sum(hourWeights.slice(0, hour)) / sum(hourWeights));

/** Days since the epoch in which a night hour counts less than an evening hour; every 24 hours are one day. */
function shoppingDay(ms: number): number {
  const day = dayOf(ms);
  const withinDayMs = ms - startOfDay(day);
  const hour = Math.min(23, Math.floor(withinDayMs / hourMs));
  const [before = 0, after = 1] = shareBefore.slice(hour, hour + 2);
  return day + before + (after - before) * (withinDayMs / hourMs - hour);
}

function fromShoppingDay(value: number): number {
  const day = Math.floor(value);
  const share = value - day;
  let hour = 23;
  while (hour > 0 && (shareBefore[hour] ?? 0) > share) hour -= 1;
  const [before = 0, after = 1] = shareBefore.slice(hour, hour + 2);
  return startOfDay(day) + (hour + (share - before) / (after - before)) * hourMs;
}

/** The lift on the k-th day after reading, counted from 0. */
function sizeOnDay({ subject, size }: Lift, day: number): number {
  if (subject === 'plain') return 0;
  const { halfLifeDays, lastsDays } = liftCurves[subject];
  return day < lastsDays ? size * 0.5 ** (day / halfLifeDays) : 0;
}

function daysOf({ subject }: Lift): number {
  return subject === 'plain' ? 0 : liftCurves[subject].lastsDays;
}

/** Expected purchases in the window that the person would have made without any message. */
export function expectedOwn(perDay: number, from: number, until: number): number {
  return until <= from ? 0 : perDay * (shoppingDay(until) - shoppingDay(from));
}

/** Expected purchases in the window that the message adds. */
export function expectedByLift(perDay: number, lift: Lift, from: number, until: number): number {
  let expected = 0;
  for (let day = 0; day < daysOf(lift); day++) {
    const start = Math.max(from, lift.readAt + day * dayMs);
    const end = Math.min(until, lift.readAt + (day + 1) * dayMs);
    expected += sizeOnDay(lift, day) * expectedOwn(perDay, start, end);
  }
  return expected;
}

/** The next purchase that no message caused. */
export function nextPurchase(at: number, perDay: number, random: Random): number {
  return fromShoppingDay(shoppingDay(at) + random.exponential(1 / perDay));
}

/**
 * The purchases that one message adds. Independent Poisson processes add up to one, so these and the person's own
 * purchases together have exactly the rate above, and each purchase has one cause.
 */
export function purchasesByLift(perDay: number, lift: Lift, random: Random): number[] {
  const times: number[] = [];
  let left = random.exponential(1);
  for (let day = 0; day < daysOf(lift); day++) {
    const rate = perDay * sizeOnDay(lift, day);
    const start = shoppingDay(lift.readAt + day * dayMs);
    let passed = 0;
    // 24 hours of any kind are one shopping day, so a day holds `rate` purchases on average.
    while (passed + left / rate < 1) {
      passed += left / rate;
      times.push(fromShoppingDay(start + passed));
      left = random.exponential(1);
    }
    left -= (1 - passed) * rate;
  }
  return times;
}
