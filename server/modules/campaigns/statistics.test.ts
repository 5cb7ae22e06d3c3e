import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkRatio,
  compareMeans,
  compareShares,
  historySlope,
  holm,
  momentsOf,
  type PowerSums,
  pooledShare,
  smallestEffect,
  standardErrorOfShares,
} from './statistics.ts';

/** Numbers in [0, 1) that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const nothing: PowerSums = { people: 0, y: 0, yy: 0, yyy: 0, x: 0, xx: 0, xxx: 0, xy: 0, xyy: 0, xxy: 0 };

const addPerson = (sums: PowerSums, y: number, x = 0): PowerSums => ({
  people: sums.people + 1,
  y: sums.y + y,
  yy: sums.yy + y * y,
  yyy: sums.yyy + y * y * y,
  x: sums.x + x,
  xx: sums.xx + x * x,
  xxx: sums.xxx + x * x * x,
  xy: sums.xy + x * y,
  xyy: sums.xyy + x * y * y,
  xxy: sums.xxy + x * x * y,
});

const sumsOf = (values: readonly number[], before: readonly number[] = []) =>
  values.reduce((sums, y, i) => addPerson(sums, y, before[i] ?? 0), nothing);

describe('two shares', () => {
  // Newcombe 1998, table II, method 10, contrasts a, b and d; Fagerland, Lydersen & Laake 2015, table of Perondi's trial.
  it.each([
    { first: [56, 70], second: [48, 80], low: 0.0524, high: 0.3339 },
    { first: [9, 10], second: [3, 10], low: 0.1705, high: 0.809 },
    { first: [5, 56], second: [0, 29], low: -0.0381, high: 0.1926 },
  ] as const)('$first against $second have the published interval', ({ first, second, low, high }) => {
    const found = compareShares({ hits: first[0], people: first[1] }, { hits: second[0], people: second[1] });
    expect(found.low).toBeCloseTo(low, 4);
    expect(found.high).toBeCloseTo(high, 4);
  });

  it('7 of 34 against 1 of 34 is from 0.02 to 0.34', () => {
    const found = compareShares({ hits: 7, people: 34 }, { hits: 1, people: 34 });
    expect(found.low).toBeCloseTo(0.019, 2);
    expect(found.high).toBeCloseTo(0.34, 2);
  });

  it('110 of 200 against 82 of 200 is z = 2.802, p = 0.0051, from 4.2 to 23.4 points', () => {
    const found = compareShares({ hits: 110, people: 200 }, { hits: 82, people: 200 });
    expect(found.value).toBeCloseTo(0.14, 12);
    expect(found.pValue).toBeCloseTo(0.00508, 4);
    expect(found.low).toBeCloseTo(0.042, 3);
    expect(found.high).toBeCloseTo(0.234, 3);
  });

  it('has an interval of some width when nobody did it', () => {
    const found = compareShares({ hits: 0, people: 10 }, { hits: 0, people: 20 });
    expect(found).toMatchObject({ value: 0, pValue: 1 });
    expect(found.low).toBeLessThan(-0.1);
    expect(found.high).toBeGreaterThan(0.1);
  });

  it('turns round with the groups, and never leaves −1 to 1', () => {
    const share = fc
      .record({ people: fc.integer({ min: 1, max: 100_000 }), part: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map(({ people, part }) => ({ people, hits: Math.round(people * part) }));
    fc.assert(
      fc.property(share, share, (first, second) => {
        const there = compareShares(first, second);
        const back = compareShares(second, first);
        expect(there.low).toBeCloseTo(-back.high, 10);
        expect(there.pValue).toBeCloseTo(back.pValue, 10);
        expect(there.low).toBeGreaterThanOrEqual(-1 - 1e-9);
        expect(there.high).toBeLessThanOrEqual(1 + 1e-9);
        expect(there.low).toBeLessThanOrEqual(there.value + 1e-12);
        expect(there.high).toBeGreaterThanOrEqual(there.value - 1e-12);
      }),
    );
  });
});

describe('two means', () => {
  it("is Welch's test of the published example when groups are of one size", () => {
    // The example of ClickHouse's reference of welchTTest, also found by R's t.test.
    const found = compareMeans(momentsOf(sumsOf([20.3, 22.1, 21.9])), momentsOf(sumsOf([18.9, 20.3, 19])));
    expect(found.value / found.standardError).toBeCloseTo(2.7988719532, 8);
    expect(found.pValue).toBeCloseTo(0.0518073603, 8);
    expect(found.low).toBeCloseTo(-0.0262943467, 8);
    expect(found.high).toBeCloseTo(4.092961013, 8);
  });

  it("is Welch's test when amounts are not skewed, whatever the sizes", () => {
    const first = { people: 40, mean: 12, variance: 9, third: 0 };
    const second = { people: 10, mean: 10, variance: 4, third: 0 };
    const found = compareMeans(first, second);
    // By hand: t = 2/√0.625, degrees of freedom 0.625² / (0.225²/39 + 0.4²/9) = 20.5067.
    expect(found.value / found.standardError).toBeCloseTo(2.5298, 4);
    expect(found.high - found.value).toBeCloseTo(found.value - found.low, 9);
    expect((found.high - found.value) / found.standardError).toBeCloseTo(2.0827, 3);
  });

  it('says the same by its interval and by its p-value', () => {
    const moments = fc.record({
      people: fc.integer({ min: 30, max: 100_000 }),
      mean: fc.double({ min: -1000, max: 1000, noNaN: true }),
      variance: fc.double({ min: 1, max: 1e6, noNaN: true }),
      third: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(moments, moments, (first, second) => {
        const found = compareMeans(first, second);
        if (Math.abs(found.pValue - 0.05) < 1e-6) return;
        expect(found.pValue < 0.05).toBe(found.low > 0 || found.high < 0);
      }),
    );
  });

  it('adds up: the sums of two parts are those of the whole', () => {
    const whole = momentsOf(sumsOf([1, 2, 3, 10, 0], [1, 1, 2, 4, 0]), 0.7);
    const values = [1 - 0.7, 2 - 0.7, 3 - 1.4, 10 - 2.8, 0];
    const plain = momentsOf(sumsOf(values));
    expect(whole.mean).toBeCloseTo(plain.mean, 12);
    expect(whole.variance).toBeCloseTo(plain.variance, 12);
    expect(whole.third).toBeCloseTo(plain.third, 10);
  });
});

describe('history', () => {
  it('takes off what people spent before by the slope within the groups', () => {
    // Within each group y = 2x + something; the groups differ by 5 in y and by nothing that the slope may see.
    const first = sumsOf([7, 9, 11], [1, 2, 3]);
    const second = sumsOf([4, 6, 8], [2, 3, 4]);
    expect(historySlope(first, second)).toBeCloseTo(2, 12);
    const difference = momentsOf(first, 2).mean - momentsOf(second, 2).mean;
    expect(difference).toBeCloseTo(5, 12);
    expect(momentsOf(first, 2).variance).toBeCloseTo(0, 12);
  });

  it('is nothing without a past', () => {
    expect(historySlope(sumsOf([1, 2]), sumsOf([3, 4]))).toBe(0);
  });
});

describe('sizes of groups', () => {
  it('9,000 and 1,000 of ten to one are fine, 9,500 and 800 are not', () => {
    expect(checkRatio([9000, 1000], [9, 1]).pValue).toBeCloseTo(1, 12);
    // 103 · 91.2087… : (9500−9270)²/9270 + (800−1030)²/1030.
    const found = checkRatio([9500, 800], [9, 1]);
    expect(found.chiSquare).toBeCloseTo(57.066, 2);
    expect(found.pValue).toBeLessThan(0.001);
  });

  it('50 and 30 of one to one is chi-square 5, p 0.0253', () => {
    expect(checkRatio([50, 30], [1, 1])).toMatchObject({
      chiSquare: 5,
      pValue: expect.closeTo(0.025347, 5),
    });
  });

  it('asks nothing of one group, or of nobody', () => {
    expect(checkRatio([10], [1]).pValue).toBe(1);
    expect(checkRatio([0, 0], [9, 1]).pValue).toBe(1);
  });
});

describe('several questions', () => {
  it("are adjusted by Holm's steps", () => {
    // 4·0.005, 3·0.01, 2·0.03, 1·0.04 lifted to what came before.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, value] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(value, 12);
    expect(holm([0.7, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('the smallest effect', () => {
  it('of 10 % in 1,000 and 1,000 is 3.76 points at four in five', () => {
    // 2.8016 · √(0.1 · 0.9 · 2/1000).
    expect(smallestEffect(standardErrorOfShares(0.1, 1000, 1000))).toBeCloseTo(0.03759, 5);
    expect(pooledShare({ hits: 1, people: 10 }, { hits: 3, people: 30 })).toBeCloseTo(0.1, 12);
  });
});

/** Simulated campaigns: what an interval and a p-value promise is counted. The bounds are four standard deviations of the counting. */
describe('thousands of simulated campaigns', () => {
  const rounds = 4000;
  const isNear = (share: number, expected: number, slack: number) =>
    Math.abs(share - expected) <= slack + 4 * Math.sqrt((expected * (1 - expected)) / rounds);

  function simulate(seed: number, one: (random: () => number) => { covers: boolean; pValue: number }) {
    const random = createRandom(seed);
    const runs = Array.from({ length: rounds }, () => one(random));
    const below = (p: number) => runs.filter((run) => run.pValue < p).length / rounds;
    return { coverage: runs.filter((run) => run.covers).length / rounds, below };
  }

  const covers = ({ low, high }: { low: number; high: number }, truth: number) => low <= truth && truth <= high;

  /** Hits among n, drawn one by one only where that is cheap. */
  const binomial = (random: () => number, n: number, p: number) => {
    let hits = 0;
    for (let i = 0; i < n; i++) if (random() < p) hits++;
    return hits;
  };

  it.each([
    { treated: 900, control: 100, base: 0.1, lift: 0 },
    { treated: 900, control: 100, base: 0.1, lift: 0.05 },
    { treated: 450, control: 50, base: 0.2, lift: 0.1 },
    { treated: 1800, control: 200, base: 0.05, lift: 0.02 },
  ])('contain the true difference of shares: $treated to $control, $base + $lift', (given) => {
    const { coverage, below } = simulate(1, (random) => {
      const first = { people: given.treated, hits: binomial(random, given.treated, given.base + given.lift) };
      const second = { people: given.control, hits: binomial(random, given.control, given.base) };
      const found = compareShares(first, second);
      return { covers: covers(found, given.lift), pValue: found.pValue };
    });
    expect(isNear(coverage, 0.95, 0.015), `coverage ${coverage}`).toBe(true);
    if (given.lift > 0) return;
    // Shares of few people have few values, so their p-values come in steps.
    for (const p of [0.05, 0.1, 0.25, 0.5, 0.75])
      expect(isNear(below(p), p, 0.03), `${below(p)} below ${p}`).toBe(true);
  });

  /** Most buy nothing; baskets are log-normal; the past goes with the present through how much of a buyer somebody is. */
  function person(random: () => number, chance: number): { y: number; x: number } {
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const liking = 2 * random();
    const basket = () => (random() < chance * liking ? Math.exp(4.5 + 0.8 * normal()) : 0);
    return { x: basket() + basket(), y: basket() + basket() };
  }
  const basketMean = Math.exp(4.5 + 0.8 ** 2 / 2);
  const group = (random: () => number, people: number, chance: number) => {
    let sums = nothing;
    for (let i = 0; i < people; i++) {
      const { x, y } = person(random, chance);
      sums = addPerson(sums, y, x);
    }
    return sums;
  };

  it.each([
    { treated: 900, control: 100, chance: 0.2, lift: 1 },
    { treated: 1800, control: 200, chance: 0.1, lift: 1 },
    { treated: 1800, control: 200, chance: 0.1, lift: 1.4 },
    { treated: 500, control: 500, chance: 0.1, lift: 1.2 },
  ])('contain the true difference of spend: $treated to $control, $chance × $lift', (given) => {
    const truth = 2 * given.chance * (given.lift - 1) * basketMean;
    let tooHigh = 0;
    const { coverage, below } = simulate(2, (random) => {
      const first = group(random, given.treated, given.chance * given.lift);
      const second = group(random, given.control, given.chance);
      const plain = compareMeans(momentsOf(first), momentsOf(second));
      if (plain.low > truth) tooHigh++;
      return { covers: covers(plain, truth), pValue: plain.pValue };
    });
    expect(coverage, 'coverage').toBeGreaterThan(0.935);
    expect(tooHigh / rounds, 'praised for nothing').toBeLessThan(0.035);
    if (given.lift !== 1) return;
    for (const p of [0.05, 0.1]) expect(below(p), `below ${p}`).toBeLessThan(p + 0.015);
    for (const p of [0.25, 0.5, 0.75]) expect(isNear(below(p), p, 0.06), `${below(p)} below ${p}`).toBe(true);
  });

  it('contain it as well with history, and are narrower by the squared correlation', () => {
    const widths = { plain: 0, adjusted: 0, expected: 0 };
    const { coverage, below } = simulate(3, (random) => {
      // Loyal people: who spent much before does again.
      const draw = (people: number) => {
        let sums = nothing;
        for (let i = 0; i < people; i++) {
          const level = 50 + 100 * random();
          sums = addPerson(sums, level + 60 * random(), level + 60 * random());
        }
        return sums;
      };
      const first = draw(450);
      const second = draw(50);
      const theta = historySlope(first, second);
      const plain = compareMeans(momentsOf(first), momentsOf(second));
      const adjusted = compareMeans(momentsOf(first, theta), momentsOf(second, theta));
      widths.plain += plain.standardError ** 2;
      widths.adjusted += adjusted.standardError ** 2;
      return { covers: covers(adjusted, 0), pValue: adjusted.pValue };
    });
    // Variance of the level 100²/12, of what comes on top 60²/12: the squared correlation is (1/(1 + 0.36))².
    const squaredCorrelation = (1 / 1.36) ** 2;
    expect(1 - widths.adjusted / widths.plain).toBeCloseTo(squaredCorrelation, 1);
    expect(isNear(coverage, 0.95, 0.01), `coverage ${coverage}`).toBe(true);
    for (const p of [0.05, 0.1, 0.25, 0.5, 0.75])
      expect(isNear(below(p), p, 0.01), `${below(p)} below ${p}`).toBe(true);
  });
});
