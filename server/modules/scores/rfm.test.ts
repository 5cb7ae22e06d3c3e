import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customaryGroups, scoreSettings } from '#contract/scores';
import { curveOfValue, groupOf, quantileLimits, type RfmLimits, scoreRfm, secondAxis } from './rfm.ts';

const { rfm } = scoreSettings.parse({});
const limits: RfmLimits = { recencyDays: [10, 20, 30, 40], orders: [1, 2, 4, 8], amountFen: [100, 200, 300, 400] };
const scored = (recencyDays: number, orders: number, amountFen: number) => {
  const { r, f, m } = scoreRfm({ recencyDays, orders, amountFen }, limits, rfm);
  return `${r}${f}${m}`;
};

describe('scores', () => {
  it.each([
    [0, 9, 401, '555'],
    [10, 8, 400, '544'],
    [11, 4, 300, '433'],
    [20, 3, 201, '433'],
    [21, 2, 200, '322'],
    [40, 1, 100, '211'],
    [41, 1, 0, '111'],
  ])(
    '%i days, %i orders, %i fen: %s; a value equal to a limit belongs with the smaller values',
    (days, orders, fen, is) => {
      expect(scored(days, orders, fen)).toBe(is);
    },
  );

  it('who bought before the window only is 1-1-1, whatever the limits', () => {
    expect(scored(5, 0, 0)).toBe('111');
  });
});

describe('limits by quantiles', () => {
  it.each([
    [
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4],
    ],
    [
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      [2, 4, 6, 8],
    ],
    [[7], [7, 7, 7, 7]],
    [
      [1, 1, 1, 1, 1, 1, 1, 2, 2, 9],
      [1, 1, 1, 2],
    ],
    [[], [0, 0, 0, 0]],
  ])('of %j are %j', (values, is) => {
    expect(quantileLimits(values)).toEqual(is);
  });

  it('at least k fifths are at or below limit k, and less than k fifths below it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 200 }), (values) => {
        const sorted = [...values].sort((a, b) => a - b);
        for (const [i, limit] of quantileLimits(sorted).entries()) {
          const share = (i + 1) / 5;
          expect(sorted.filter((value) => value <= limit).length).toBeGreaterThanOrEqual(share * sorted.length - 1e-9);
          expect(sorted.filter((value) => value < limit).length).toBeLessThan(share * sorted.length + 1e-9);
        }
      }),
    );
  });
});

const all = [1, 2, 3, 4, 5];

describe('groups', () => {
  it('the ten customary ones share all scores among them, each pair in exactly one', () => {
    expect(customaryGroups).toHaveLength(10);
    for (const r of all) {
      for (const f of all) {
        const has = ([from, to]: readonly number[], score: number) => (from ?? 0) <= score && score <= (to ?? 0);
        const own = customaryGroups.filter((group) => has(group.r, r) && has(group.f, f));
        expect(own, `${r}-${f}`).toHaveLength(1);
      }
    }
  });

  it.each([
    [5, 5, 'champions'],
    [5, 4, 'champions'],
    [4, 5, 'loyal'],
    [3, 4, 'loyal'],
    [5, 3, 'potential_loyalists'],
    [4, 2, 'potential_loyalists'],
    [5, 1, 'new'],
    [4, 1, 'promising'],
    [3, 3, 'need_attention'],
    [3, 2, 'about_to_sleep'],
    [2, 4, 'at_risk'],
    [1, 3, 'at_risk'],
    [1, 5, 'cannot_lose'],
    [2, 2, 'hibernating'],
    [1, 1, 'hibernating'],
  ])('recency %i and frequency %i are %s', (r, f, key) => {
    expect(groupOf(rfm.groups, r, f, 1)?.key).toBe(key);
  });

  it('the first that fits is the group, and none fits scores that nobody named', () => {
    const { groups } = scoreSettings.parse({
      rfm: {
        groups: [
          { key: 'rich', name: '大客户', m: [5, 5] },
          { key: 'near', name: '最近', r: [4, 5] },
        ],
      },
    }).rfm;
    expect(groupOf(groups, 5, 5, 5)?.key).toBe('rich');
    expect(groupOf(groups, 4, 1, 1)?.key).toBe('near');
    expect(groupOf(groups, 1, 5, 4)).toBeUndefined();
  });

  it('on the axis of both, a half is rounded up', () => {
    expect(secondAxis('frequency_and_money', 1, 2)).toBe(2);
    expect(secondAxis('frequency_and_money', 5, 1)).toBe(3);
    expect(secondAxis('frequency', 5, 1)).toBe(5);
  });
});

describe('the curve of value', () => {
  it('one of five who makes 80 of 100 is the one super-user', () => {
    const { curve, thresholdFen, topFifthValue, totalFen } = curveOfValue([5, 5, 5, 5, 80], 0.5);
    expect({ thresholdFen, topFifthValue, totalFen }).toEqual({ thresholdFen: 80, topFifthValue: 0.8, totalFen: 100 });
    expect(curve[0]).toEqual({ buyers: 0, value: 0 });
    expect(curve.at(-1)).toEqual({ buyers: 1, value: 1 });
  });

  it('nobody is a super-user where nothing was spent', () => {
    expect(curveOfValue([], 0.5).thresholdFen).toBeNull();
    expect(curveOfValue([0, 0], 0.5).thresholdFen).toBeNull();
  });

  it('super-users make the share, and without the least of them they would not; the curve bends one way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (values, share) => {
          const sorted = [...values].sort((a, b) => a - b);
          const { curve, thresholdFen, totalFen } = curveOfValue(sorted, share);
          if (thresholdFen === null) return;
          const sum = (from: (value: number) => boolean) =>
            sorted.filter(from).reduce((total, value) => total + value, 0);
          expect(sum((value) => value >= thresholdFen)).toBeGreaterThanOrEqual(share * totalFen - 1e-6);
          expect(sum((value) => value > thresholdFen)).toBeLessThan(share * totalFen);
          for (let i = 1; i < curve.length; i++) {
            expect(curve[i]?.value).toBeGreaterThanOrEqual((curve[i - 1]?.value ?? 0) - 1e-12);
            expect(curve[i]?.value).toBeGreaterThanOrEqual((curve[i]?.buyers ?? 0) - 1e-9);
          }
        },
      ),
    );
  });
});
