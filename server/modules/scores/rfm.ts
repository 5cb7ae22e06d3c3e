import type { z } from 'zod';
import type { rfmGroup, scoreSettings } from '#contract/scores';

type RfmSettings = z.output<typeof scoreSettings>['rfm'];
export type RfmGroup = z.output<typeof rfmGroup>;

/** What somebody bought: days since the last order, and orders and net amount within the window. */
export interface RfmInput {
  readonly recencyDays: number;
  readonly orders: number;
  readonly amountFen: number;
}

/** Four limits for each score, rising. A value equal to a limit belongs with the smaller values. */
export interface RfmLimits {
  readonly recencyDays: readonly number[];
  readonly orders: readonly number[];
  readonly amountFen: readonly number[];
}

export interface RfmScores {
  readonly r: number;
  readonly f: number;
  readonly m: number;
  /** Of the second axis. */
  readonly second: number;
  readonly group: string | null;
}

/**
 * The limits that part sorted values into fifths: the smallest value with at least k fifths of all values at or below it
 * (PostgreSQL's percentile_disc). Equal values always get equal scores, so that fifths of small whole numbers can be of
 * very unequal size: when most people ordered once, most people score 1.
 */
export function quantileLimits(sorted: ArrayLike<number>): number[] {
  const count = sorted.length;
  return [1, 2, 3, 4].map((k) => sorted[Math.max(0, Math.ceil((k * count) / 5) - 1)] ?? 0);
}

function countAbove(limits: readonly number[], value: number): number {
  let count = 0;
  for (const limit of limits) if (value > limit) count++;
  return count;
}

/**
 * Scores from 1 to 5, 5 the best. Who bought before the window only is 1-1-1: he has no orders to compare, and his last one
 * is older than anybody's in the window.
 */
export function scoreRfm(
  input: RfmInput,
  limits: RfmLimits,
  settings: Pick<RfmSettings, 'axis' | 'groups'>,
): RfmScores {
  const isInWindow = input.orders > 0;
  const r = isInWindow ? 5 - countAbove(limits.recencyDays, input.recencyDays) : 1;
  const f = isInWindow ? 1 + countAbove(limits.orders, input.orders) : 1;
  const m = isInWindow ? 1 + countAbove(limits.amountFen, input.amountFen) : 1;
  const second = secondAxis(settings.axis, f, m);
  return { r, f, m, second, group: groupOf(settings.groups, r, second, m)?.key ?? null };
}

/** What the groups' f looks at. A half is rounded up. */
export function secondAxis(axis: RfmSettings['axis'], f: number, m: number): number {
  return axis === 'frequency' ? f : Math.ceil((f + m) / 2);
}

/** The first group whose three ranges have these scores. */
export function groupOf(groups: readonly RfmGroup[], r: number, f: number, m: number): RfmGroup | undefined {
  const has = ([from, to]: readonly number[], score: number) => (from ?? 1) <= score && score <= (to ?? 5);
  return groups.find((group) => has(group.r, r) && has(group.f, f) && has(group.m, m));
}

export interface ValueCurve {
  /** Share of buyers, from the best on, and share of value they make: at most `points` steps, beginning at 0. */
  readonly curve: readonly { buyers: number; value: number }[];
  /** Who has at least this amount is a super-user; null without value. */
  readonly thresholdFen: number | null;
  readonly topFifthValue: number | null;
  readonly totalFen: number;
}

/**
 * Which share of buyers makes which share of the value (the curve of Pareto and Lorenz, from the best on). Super-users are the
 * fewest best buyers who together make at least `superShare` of it, with everybody whose amount equals the last one's.
 */
export function curveOfValue(ascendingFen: ArrayLike<number>, superShare: number, points = 100): ValueCurve {
  const count = ascendingFen.length;
  let totalFen = 0;
  for (let i = 0; i < count; i++) totalFen += ascendingFen[i] ?? 0;
  if (totalFen <= 0) return { curve: [], thresholdFen: null, topFifthValue: null, totalFen: 0 };
  const curve = [{ buyers: 0, value: 0 }];
  const fifth = Math.ceil(count / 5);
  let sum = 0;
  let thresholdFen: number | null = null;
  let topFifthValue = 0;
  for (let rank = 1; rank <= count; rank++) {
    const amount = ascendingFen[count - rank] ?? 0;
    sum += amount;
    // Sums of whole numbers are exact, the share is not: a hair's breadth is allowed for.
    if (thresholdFen === null && sum >= superShare * totalFen * (1 - 1e-12)) thresholdFen = amount;
    if (rank === fifth) topFifthValue = sum / totalFen;
    const step = Math.floor((rank * points) / count);
    if (step > Math.floor(((rank - 1) * points) / count)) curve.push({ buyers: rank / count, value: sum / totalFen });
  }
  return { curve, thresholdFen, topFifthValue, totalFen };
}
