import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aucOf, examinePurchases, type HoldoutGroup, type PurchaseSummary, purchaseNeeds } from './calibration.ts';
import { expectedPurchases, logLikelihood, type PurchaseGroup } from './purchases.ts';
import { expectedSpend, fitSpend, type SpendGroup, spendLoss } from './spend.ts';
import { createRandom, live } from './testing.ts';

describe('ranking', () => {
  const one = (score: number, returned: number) => ({ score, customers: 1, returned });

  it('is 1 in the right order, 0 in the wrong one, a half by chance and by equal scores', () => {
    expect(aucOf([one(1, 0), one(2, 0), one(3, 1)])).toBe(1);
    expect(aucOf([one(3, 0), one(2, 0), one(1, 1)])).toBe(0);
    expect(aucOf([one(1, 0), one(1, 1)])).toBe(0.5);
    expect(aucOf([one(1, 0), one(2, 0)])).toBeNull();
  });

  it('is the share of pairs in the right order', () => {
    const group = fc.integer({ min: 1, max: 4 }).chain((customers) =>
      fc.record({
        score: fc.integer({ min: 0, max: 5 }),
        customers: fc.constant(customers),
        returned: fc.integer({ min: 0, max: customers }),
      }),
    );
    fc.assert(
      fc.property(fc.array(group, { maxLength: 12 }), (groups) => {
        const people = groups.flatMap(({ score, customers, returned }) =>
          Array.from({ length: customers }, (_, i) => ({ score, isBack: i < returned })),
        );
        const back = people.filter(({ isBack }) => isBack);
        const gone = people.filter(({ isBack }) => !isBack);
        const pairs = back.flatMap((one) =>
          gone.map((other) => (one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0)),
        );
        const auc = aucOf(groups);
        if (pairs.length === 0) expect(auc).toBeNull();
        else expect(auc).toBeCloseTo(pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length, 12);
      }),
    );
  });
});

describe('spend', () => {
  const sample: SpendGroup[] = [
    { n: 1, mean: 20, customers: 5 },
    { n: 2, mean: 35, customers: 3 },
    { n: 7, mean: 28, customers: 2 },
  ];

  it('is expected at the own mean of who bought often, and at the mean of all of who did not', () => {
    // Fader & Hardie (2013): p = 6.25, q = 3.74, gamma = 15.44; the mean over all is p·gamma/(q − 1).
    const cdnow = { p: 6.25, q: 3.74, gamma: 15.44 };
    expect(expectedSpend(cdnow, { n: 10_000, mean: 80 })).toBeCloseTo(80, 1);
    expect(expectedSpend(cdnow, { n: 0, mean: 0 })).toBeCloseTo((6.25 * 15.44) / 2.74, 9);
  });

  it('the density of a mean is what integrating over the customers’ own scale gives', () => {
    const [p, q, gamma] = [2.5, 3.2, 18];
    const one = { n: 3, mean: 12 };
    // The mean of n amounts of shape p and rate v is gamma distributed with shape pn and rate vn; v has shape q and rate gamma.
    const lnGamma = (x: number) => {
      // Stirling's series after moving up: independent of the library.
      let shift = 0;
      for (; x < 20; x++) shift -= Math.log(x);
      return shift + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
    };
    let density = 0;
    const step = 0.0005;
    for (let v = step / 2; v < 6; v += step) {
      const shape = p * one.n;
      const ofMean =
        shape * Math.log(v * one.n) + (shape - 1) * Math.log(one.mean) - v * one.n * one.mean - lnGamma(shape);
      const ofScale = q * Math.log(gamma) + (q - 1) * Math.log(v) - gamma * v - lnGamma(q);
      density += Math.exp(ofMean + ofScale) * step;
    }
    const loss = spendLoss([{ ...one, customers: 1 }])([p, q, gamma].map(Math.log), []);
    expect(Math.exp(-loss)).toBeCloseTo(density, 7);
  });

  it('its gradient is its slope', () => {
    const loss = spendLoss(sample);
    const point = [0.7, 1.1, 3];
    const slope = [0, 0, 0];
    loss(point, slope);
    for (const [i, value] of slope.entries()) {
      const at = (step: number) =>
        loss(
          point.map((x, j) => (j === i ? x + step : x)),
          [],
        );
      expect((at(1e-5) - at(-1e-5)) / 2e-5).toBeCloseTo(value, 6);
    }
  });

  it('counted in fen fits as counted in yuan', () => {
    const groups = Array.from({ length: 400 }, (_, i) => ({
      n: 1 + (i % 5),
      mean: 20 + ((i * 37) % 61),
      customers: 1,
    }));
    const yuan = fitSpend(groups);
    const fen = fitSpend(groups.map((group) => ({ ...group, mean: group.mean * 100 })));
    expect(fen.parameters.gamma / yuan.parameters.gamma).toBeCloseTo(100, 0);
    expect(fen.parameters.p).toBeCloseTo(yuan.parameters.p, 2);
  });
});

describe('examination', () => {
  const settings = { model: 'mbg', horizonDays: 60 } as const;
  /** A brand whose people came one after another during the first half of its days, and live by the model. */
  const brand = (count: number, days: number): PurchaseSummary => {
    const random = createRandom(21);
    const split = Math.round(days / 1.5);
    const groups: PurchaseGroup[] = [];
    const holdout: HoldoutGroup[] = [];
    for (let i = 0; i < count; i++) {
      const came = i % Math.round(days / 2);
      const life = live(random, 'mbg', { r: 0.8, alpha: 25, a: 0.9, b: 2.5 }, days - came).map(Math.ceil);
      const times = [...new Set(life)].filter((at) => at <= days - came);
      groups.push({ x: times.length, tx: times.at(-1) ?? 0, T: days - came, customers: 1 });
      const seen = times.filter((at) => came + at <= split);
      const bought = times.length - seen.length;
      holdout.push({
        x: seen.length,
        tx: seen.at(-1) ?? 0,
        T: split - came,
        customers: 1,
        bought,
        returned: bought > 0 ? 1 : 0,
      });
    }
    const day = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().slice(0, 10);
    const spend = groups.map(({ x }, i) => ({ n: x + 1, mean: 1000 + ((i * 379) % 4000), customers: 1 }));
    return { groups, holdout, spend, firstDay: day(0), splitDay: day(split), today: day(days) };
  };

  it.each([
    ['too_few_buyers', brand(purchaseNeeds.buyers - 1, 300), settings],
    ['history_too_short', brand(400, purchaseNeeds.historyDays - 1), settings],
    ['horizon_too_long', brand(800, 200), { ...settings, horizonDays: 201 }],
    [null, brand(800, 200), { ...settings, horizonDays: 200 }],
  ] as const)('says %s', (refusal, summary, asked) => {
    expect(examinePurchases(summary, asked).refusal).toBe(refusal);
  });

  it('says that few come back', () => {
    const summary = brand(400, 200);
    const once = summary.groups.map((group, i) => (i < purchaseNeeds.repeatBuyers ? group : { ...group, x: 0, tx: 0 }));
    expect(examinePurchases({ ...summary, groups: once }, settings).refusal).toBe('too_few_repeat_buyers');
  });

  it('refuses what the hold-out contradicts', () => {
    const summary = brand(800, 200);
    const silence = summary.holdout.map((group) => ({ ...group, bought: 0, returned: 0 }));
    expect(examinePurchases({ ...summary, holdout: silence }, settings).refusal).toBe('holdout_off');
  });

  it('shows what was foretold beside what happened, bucket by bucket, and the sums agree', () => {
    const summary = brand(600, 240);
    const { fits, holdout, spend } = examinePurchases(summary, settings);
    if (!holdout) throw new Error('no hold-out');
    const { buckets } = holdout;
    const sum = (value: (bucket: (typeof buckets)[number]) => number) =>
      buckets.reduce((total, bucket) => total + bucket.customers * value(bucket), 0);
    expect(sum(() => 1)).toBe(600);
    expect(sum(({ actual }) => actual)).toBeCloseTo(holdout.actual, 6);
    expect(sum(({ mbg }) => mbg ?? 0)).toBeCloseTo(holdout.fits[0]?.expected ?? 0, 6);
    const [mbg] = holdout.fits;
    const recounted = summary.holdout.reduce(
      (total, group) =>
        total + expectedPurchases('mbg', mbg?.parameters ?? { r: 1, alpha: 1, a: 1, b: 1 }, group, holdout.days),
      0,
    );
    expect(mbg?.expected).toBeCloseTo(recounted, 6);
    const [whole] = fits;
    const likelihood = summary.groups.reduce(
      (total, group) => total + logLikelihood('mbg', whole?.parameters ?? { r: 1, alpha: 1, a: 1, b: 1 }, group),
      0,
    );
    expect(whole?.logLikelihood).toBeCloseTo(likelihood, 4);
    // BG/NBD's P(alive) is 1 for everybody who bought once, and so tells them apart by nothing.
    expect(holdout.rankings.find(({ name }) => name === 'bg_alive')?.aucOnce ?? 0.5).toBe(0.5);
    expect(spend?.customers).toBe(600);
  });
});
