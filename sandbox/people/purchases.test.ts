import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayMs, hourOf } from '#sandbox/clock';
import { createRandom } from '#sandbox/random';
import { liftCurves } from './habits.ts';
import type { Lift } from './purchases.ts';
import { expectedByLift, expectedOwn, nextPurchase, purchasesByLift } from './purchases.ts';

const midnight = Date.parse('2026-03-10T00:00:00+08:00');
const times = fc.integer({ min: midnight, max: midnight + 40 * dayMs });
const subjects = ['offer', 'content', 'care'] as const;

test('any 24 hours hold the same expectation, whenever they begin', () => {
  fc.assert(fc.property(times, (from) => Math.abs(expectedOwn(0.03, from, from + dayMs) - 0.03) < 1e-9));
});

test('expectations of two neighbouring windows add up, for the own rate and for every lift', () => {
  fc.assert(
    fc.property(times, times, times, fc.constantFrom(...subjects), (a, b, c, subject) => {
      const [from = 0, middle = 0, until = 0] = [a, b, c].sort((x, y) => x - y);
      const lift: Lift = { readAt: midnight + 3 * dayMs, subject, size: 2 };
      for (const expected of [
        (start: number, end: number) => expectedOwn(0.02, start, end),
        (start: number, end: number) => expectedByLift(0.02, lift, start, end),
      ]) {
        expect(expected(from, middle) + expected(middle, until)).toBeCloseTo(expected(from, until), 9);
      }
    }),
  );
});

test('a lift begins with the reading, is halved with each half-life, and ends', () => {
  const lift: Lift = { readAt: midnight, subject: 'content', size: 2 };
  const onDay = (day: number) => expectedByLift(0.01, lift, midnight + day * dayMs, midnight + (day + 1) * dayMs);
  expect(onDay(-1)).toBe(0);
  expect(onDay(0)).toBeCloseTo(0.02, 9);
  expect(onDay(3)).toBeCloseTo(0.01, 9);
  expect(onDay(liftCurves.content.lastsDays)).toBe(0);
  expect(expectedByLift(0.01, { ...lift, subject: 'plain' }, midnight, midnight + 30 * dayMs)).toBe(0);
});

test('purchases of people left alone come at the known rate, few of them at night', () => {
  const random = createRandom('own');
  const until = midnight + 1000 * dayMs;
  let count = 0;
  let atNight = 0;
  for (let at = nextPurchase(midnight, 2, random); at < until; at = nextPurchase(at, 2, random)) {
    count += 1;
    if (hourOf(at) < 6) atNight += 1;
  }
  // 2000 are expected; four standard deviations are 179.
  expect(Math.abs(count - expectedOwn(2, midnight, until))).toBeLessThan(179);
  expect(atNight / count).toBeLessThan(0.04);
});

test.each(subjects)('purchases by %s fall into each window as often as the closed form says', (subject) => {
  const random = createRandom(`lift ${subject}`);
  const lift: Lift = { readAt: midnight + 13.4 * 3600_000, subject, size: 1.5 };
  const people = 20_000;
  const windows: [number, number][] = [
    [0, 0.6],
    [0.6, 2.2],
    [2.2, 30],
  ];
  const counts = windows.map(() => 0);
  for (let i = 0; i < people; i++) {
    for (const at of purchasesByLift(0.05, lift, random)) {
      const index = windows.findIndex(
        ([from, until]) => at >= lift.readAt + from * dayMs && at < lift.readAt + until * dayMs,
      );
      counts[index] = (counts[index] ?? 0) + 1;
    }
  }
  for (const [index, [from, until]] of windows.entries()) {
    const expected = people * expectedByLift(0.05, lift, lift.readAt + from * dayMs, lift.readAt + until * dayMs);
    // A Poisson count strays by its root; four times that is one case in fifteen thousand, and the seed is fixed.
    expect(Math.abs((counts[index] ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(expected));
  }
});
