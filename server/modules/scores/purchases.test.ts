import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawTogether,
  expectedPurchases,
  fitPurchases,
  logLikelihood,
  type PurchaseGroup,
  type PurchaseHistory,
  type PurchaseModel,
  type PurchaseParameters,
  probabilityAlive,
  purchaseLoss,
} from './purchases.ts';
import { createRandom, live } from './testing.ts';

/** Fader, Hardie & Lee (2005), table 2: the fit to 2,357 customers of CDNOW, in weeks. */
const cdnow = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

/**
 * The model itself, integrated by numbers over both of its distributions: no gamma function, no 2F1. `weigh` says what is
 * averaged, given a rate, a probability to stop, and the likelihoods of still being there and of having stopped.
 */
function integrate(
  { r, alpha, a, b }: PurchaseParameters,
  model: PurchaseModel,
  { x, tx, T }: PurchaseHistory,
  weigh: (rate: number, stop: number, alive: number, gone: number) => number,
): number {
  // Substituted so that the ends, where densities may be infinite, are reached with a vanishing step (tanh-sinh on both).
  const steps = 240;
  const span = 4.2;
  const nodes = Array.from({ length: steps + 1 }, (_, i) => {
    const u = -span + (2 * span * i) / steps;
    const inner = (Math.PI / 2) * Math.sinh(u);
    const low = 1 / (1 + Math.exp(-2 * inner));
    const high = 1 / (1 + Math.exp(2 * inner));
    const weight = (((Math.PI / 2) * Math.cosh(u)) / (2 * Math.cosh(inner) ** 2)) * ((2 * span) / steps);
    return { low, high, weight };
  });
  const stops = model === 'bg' ? x : x + 1;
  let sum = 0;
  let mass = 0;
  for (const rate of nodes) {
    if (rate.high === 0 || rate.weight === 0) continue;
    // The rate runs over (0, ∞) as low / high, in units of 1 / alpha.
    const lambda = rate.low / rate.high / alpha;
    const gammaWeight = (lambda * alpha) ** (r - 1) * Math.exp(-lambda * alpha) * (rate.weight / rate.high ** 2);
    if (!(gammaWeight > 0)) continue;
    for (const { low: p, high: q, weight } of nodes) {
      const density = gammaWeight * p ** (a - 1) * q ** (b - 1) * weight;
      if (!(density > 0)) continue;
      mass += density;
      const alive = q ** stops * lambda ** x * Math.exp(-lambda * T);
      const gone = stops === 0 ? 0 : p * q ** (stops - 1) * lambda ** x * Math.exp(-lambda * tx);
      sum += density * weigh(lambda, p, alive, gone);
    }
  }
  return sum / mass;
}

const histories: readonly PurchaseHistory[] = [
  { x: 0, tx: 0, T: 20 },
  { x: 0, tx: 0, T: 0.5 },
  { x: 1, tx: 3, T: 30 },
  { x: 2, tx: 30.43, T: 38.86 },
  { x: 7, tx: 20, T: 39 },
  { x: 15, tx: 38, T: 39 },
];
const brands: readonly PurchaseParameters[] = [
  cdnow,
  { r: 1.4, alpha: 9, a: 1.6, b: 2.2 },
  { r: 3, alpha: 20, a: 0.6, b: 5 },
];
const cases = (['bg', 'mbg'] as const).flatMap((model) =>
  brands.flatMap((brand) => histories.map((history) => ({ model, brand, history }))),
);

describe('against the model integrated by numbers', () => {
  it.each(cases)('likelihood, P(alive) and expectation agree: $model $brand $history', ({ model, brand, history }) => {
    const likelihood = integrate(brand, model, history, (_, __, alive, gone) => alive + gone);
    expect(Math.exp(logLikelihood(model, brand, history)) / likelihood).toBeCloseTo(1, 5);
    const alive = integrate(brand, model, history, (_, __, alive) => alive) / likelihood;
    expect(probabilityAlive(model, brand, history)).toBeCloseTo(alive, 6);
    for (const days of [1, 26, 52]) {
      // Who is there buys on, and stops after each purchase with probability p: (1 − e^(−λpt)) / p purchases in t.
      const expected = integrate(brand, model, history, (rate, stop, alive) =>
        stop < 1e-9 ? alive * rate * days : (alive * -Math.expm1(-rate * stop * days)) / stop,
      );
      expect(expectedPurchases(model, brand, history, days)).toBeCloseTo(expected / likelihood, 5);
    }
  });
});

describe('against published figures', () => {
  it('somebody of CDNOW who bought twice more until week 30.43 of 38.86 will buy 1.226 times in 39 weeks', () => {
    // Hardie, "Implementing the BG/NBD Model for Customer Base Analysis in Excel" (2005), customer 0001.
    expect(expectedPurchases('bg', cdnow, { x: 2, tx: 30.43, T: 38.86 }, 39)).toBeCloseTo(1.226, 3);
  });

  it('a customer with 26 purchases until week 30.86 of 31 will buy 25.76 times in a year', () => {
    // Documentation of the R package BTYD, bgnbd.ConditionalExpectedTransactions.
    expect(expectedPurchases('bg', cdnow, { x: 26, tx: 30.86, T: 31 }, 52)).toBeCloseTo(25.76, 2);
  });
});

describe('what the two models say of somebody who bought once', () => {
  it('BG/NBD: alive for certain, however long ago; MBG/NBD: less and less', () => {
    for (const T of [1, 50, 5000]) expect(probabilityAlive('bg', cdnow, { x: 0, tx: 0, T })).toBe(1);
    const alive = [1, 50, 5000].map((T) => probabilityAlive('mbg', cdnow, { x: 0, tx: 0, T }));
    expect(alive[0]).toBeGreaterThan(alive[1] ?? 0);
    expect(alive[1]).toBeGreaterThan(alive[2] ?? 0);
  });
});

const parameter = fc.double({ min: 0.05, max: 30, noNaN: true });
const anyBrand = fc.record({
  r: parameter,
  alpha: fc.double({ min: 0.5, max: 300, noNaN: true }),
  a: parameter,
  b: parameter,
});
const anyHistory = fc
  .record({
    x: fc.integer({ min: 0, max: 200 }),
    tx: fc.integer({ min: 1, max: 700 }),
    more: fc.integer({ min: 0, max: 700 }),
  })
  .map(({ x, tx, more }): PurchaseHistory => (x === 0 ? { x, tx: 0, T: tx + more } : { x, tx, T: tx + more }));
const model = fc.constantFrom<PurchaseModel>('bg', 'mbg');

describe('for any brand and history', () => {
  it('expectations are finite, rise with the horizon and never pass what a customer who stays would buy', () => {
    fc.assert(
      fc.property(model, anyBrand, anyHistory, (kind, brand, history) => {
        const alive = probabilityAlive(kind, brand, history);
        expect(alive).toBeGreaterThanOrEqual(0);
        expect(alive).toBeLessThanOrEqual(1);
        const [near = 0, far = 0] = [30, 90].map((days) => expectedPurchases(kind, brand, history, days));
        expect(near).toBeGreaterThanOrEqual(-1e-9);
        expect(far).toBeGreaterThanOrEqual(near - 1e-9);
        const stayer = ((brand.r + history.x) / (brand.alpha + history.T)) * 90;
        expect(far).toBeLessThanOrEqual(stayer * alive + 1e-6);
      }),
      { numRuns: 2000 },
    );
  });

  it('the loss is the mean of the likelihoods, and its gradient is its slope', () => {
    fc.assert(
      fc.property(model, anyBrand, fc.array(anyHistory, { minLength: 1, maxLength: 5 }), (kind, brand, list) => {
        const groups = list.map((history, i) => ({ ...history, customers: i + 1 }));
        const total = groups.reduce((sum, { customers }) => sum + customers, 0);
        const loss = purchaseLoss(kind, groups);
        const point = [brand.r, brand.alpha, brand.a, brand.b].map(Math.log);
        const slope = [0, 0, 0, 0];
        const mean =
          groups.reduce((sum, group) => sum + group.customers * logLikelihood(kind, brand, group), 0) / total;
        expect(loss(point, slope)).toBeCloseTo(-mean, 6);
        for (const [i, value] of slope.entries()) {
          const at = (step: number) =>
            loss(
              point.map((x, j) => (j === i ? x + step : x)),
              [],
            );
          expect(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('people simulated by known parameters', () => {
  const brand = { r: 0.8, alpha: 25, a: 0.9, b: 2.5 };

  it.each(['bg', 'mbg'] as const)('give the parameters back, and do what was expected of them: %s', (kind) => {
    const random = createRandom(kind === 'bg' ? 11 : 12);
    const T = 300;
    const ahead = 150;
    const people = Array.from({ length: 20_000 }, () => {
      const times = live(random, kind, brand, T + ahead);
      const seen = times.filter((at) => at <= T);
      return { x: seen.length, tx: seen.at(-1) ?? 0, T, customers: 1, later: times.length - seen.length };
    });
    const { parameters, isSound } = fitPurchases(kind, people);
    expect(isSound).toBe(true);
    for (const key of ['r', 'alpha', 'a', 'b'] as const) {
      expect(Math.abs(Math.log(parameters[key] / brand[key])), key).toBeLessThan(0.2);
    }
    for (const { from, to } of [
      { from: 0, to: 0 },
      { from: 1, to: 2 },
      { from: 3, to: 8 },
      { from: 9, to: 999 },
    ]) {
      const some = people.filter(({ x }) => x >= from && x <= to);
      const expected = some.reduce((sum, person) => sum + expectedPurchases(kind, brand, person, ahead), 0);
      const actual = some.reduce((sum, { later }) => sum + later, 0);
      expect(Math.abs(actual / expected - 1), `${from} to ${to}`).toBeLessThan(0.08);
    }
  });

  it('drawn together by rounded days give nearly the same fit', () => {
    const random = createRandom(14);
    const people = Array.from({ length: 4000 }, (_, i): PurchaseGroup => {
      const T = 200 + (i % 300);
      const times = live(random, 'mbg', brand, T).map(Math.ceil);
      return { x: times.length, tx: Math.min(T, times.at(-1) ?? 0), T, customers: 1 };
    });
    const few = drawTogether(people, 1500);
    expect(few.length).toBeLessThanOrEqual(1500);
    expect(few.reduce((sum, { customers }) => sum + customers, 0)).toBe(people.length);
    const one = fitPurchases('mbg', people).parameters;
    const other = fitPurchases('mbg', few).parameters;
    const expected = (parameters: PurchaseParameters) =>
      people.reduce((sum, person) => sum + expectedPurchases('mbg', parameters, person, 90), 0);
    expect(expected(other) / expected(one)).toBeCloseTo(1, 1);
  });

  it('counted in groups give the same fit as one by one', () => {
    const random = createRandom(13);
    const people = Array.from({ length: 3000 }, (): PurchaseGroup => {
      const times = live(random, 'mbg', brand, 200).map(Math.ceil);
      return { x: times.length, tx: times.at(-1) ?? 0, T: 200, customers: 1 };
    });
    const groups = new Map<string, PurchaseGroup>();
    for (const person of people) {
      const key = `${person.x} ${person.tx}`;
      groups.set(key, { ...person, customers: (groups.get(key)?.customers ?? 0) + 1 });
    }
    expect(groups.size).toBeLessThan(people.length / 2);
    const one = fitPurchases('mbg', people);
    const other = fitPurchases('mbg', [...groups.values()]);
    expect(other.logLikelihood).toBeCloseTo(one.logLikelihood, 4);
    expect(other.parameters.r).toBeCloseTo(one.parameters.r, 3);
  });
});
