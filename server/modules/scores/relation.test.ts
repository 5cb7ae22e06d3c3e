import { describe, expect, it } from 'vitest';
import { type FreebieInput, meanInterval, relationScore, responsiveness, scoreFreebie, wilson } from './relation.ts';

describe('relation', () => {
  it('is 0 without acts, 50 at the half points, and never quite 100', () => {
    expect(relationScore(0, { halfPoints: 10 })).toBe(0);
    expect(relationScore(10, { halfPoints: 10 })).toBe(50);
    expect(relationScore(1e6, { halfPoints: 10 })).toBeLessThan(100);
  });

  it('responsiveness is not told of too few touches', () => {
    expect(responsiveness({ reached: 2, reacted: 2 }, { minReached: 3 })).toBeNull();
    expect(responsiveness({ reached: 4, reacted: 1 }, { minReached: 3 })).toBe(0.25);
    expect(responsiveness({ reached: 3, reacted: 0 }, { minReached: 3 })).toBe(0);
  });
});

const nobody: FreebieInput = {
  cameForGift: false,
  leftSoon: false,
  giftCodes: 0,
  knownDays: 100,
  acts: 0,
  orders: 0,
  freeOrders: 0,
  refundedOrders: 0,
};

describe('freebie hunters', () => {
  it.each<[string, Partial<FreebieInput>, number, string[]]>([
    ['came without a gift', {}, 0, []],
    ['came for a gift and talks', { cameForGift: true, giftCodes: 1, acts: 3 }, 25, ['came_for_gift']],
    [
      'came for a gift, silent for two weeks',
      { cameForGift: true, giftCodes: 1 },
      40,
      ['came_for_gift', 'never_answered'],
    ],
    ['silent, but for 13 days only', { cameForGift: true, giftCodes: 1, knownDays: 13 }, 25, ['came_for_gift']],
    [
      'took the gift and left',
      { cameForGift: true, giftCodes: 1, leftSoon: true },
      75,
      ['came_for_gift', 'left_soon', 'never_answered'],
    ],
    [
      'took all gifts',
      { cameForGift: true, giftCodes: 3, leftSoon: true, orders: 2, freeOrders: 2, acts: 2 },
      100,
      ['came_for_gift', 'left_soon', 'many_gift_codes', 'only_free_orders'],
    ],
    ['has given everything back', { orders: 2, refundedOrders: 1, freeOrders: 1 }, 15, ['all_refunded']],
    ['pays', { cameForGift: true, giftCodes: 1, orders: 2, freeOrders: 1, acts: 2 }, 0, ['came_for_gift', 'pays']],
  ])('%s', (_, input, score, reasons) => {
    const told = scoreFreebie({ ...nobody, ...input });
    expect(told.score).toBe(score);
    expect(told.reasons.map(({ reason }) => reason)).toEqual(reasons);
    const sum = told.reasons.reduce((total, { points }) => total + points, 0);
    expect(told.score).toBe(Math.min(100, Math.max(0, sum)));
  });
});

describe('intervals', () => {
  it.each([
    // Newcombe (1998), Statistics in Medicine 17, table I, method 3 (Wilson's score without continuity correction).
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i', (hits, people, low, high) => {
    const interval = wilson(hits, people);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('of a mean are ±1.96 standard errors, not below 0', () => {
    const values = [0, 0, 10, 30];
    const { value, low, high } = meanInterval(40, 1000, values.length);
    expect(value).toBe(10);
    // The variance is 200, the standard error 7.071.
    expect(high).toBeCloseTo(10 + 1.96 * 7.0711, 3);
    expect(low).toBe(0);
  });
});
