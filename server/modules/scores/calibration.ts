import type { z } from 'zod';
import type { purchaseRefusal, purchaseReport } from '#contract/scores';
import {
  expectedPurchases,
  fitPurchases,
  type PurchaseFit,
  type PurchaseGroup,
  type PurchaseHistory,
  type PurchaseModel,
  probabilityAlive,
} from './purchases.ts';
import { expectedSpend, fitSpend, type SpendGroup } from './spend.ts';

type Report = z.output<typeof purchaseReport>;
type Holdout = NonNullable<Report['holdout']>;

/** Customers with one history at the split, and what they did after it. */
export interface HoldoutGroup extends PurchaseGroup {
  /** Days of purchase in the hold-out, all customers together. */
  readonly bought: number;
  /** Customers with at least one. */
  readonly returned: number;
}

/** All that the models need to know of the brand. */
export interface PurchaseSummary {
  readonly groups: readonly PurchaseGroup[];
  readonly holdout: readonly HoldoutGroup[];
  readonly spend: readonly SpendGroup[];
  readonly firstDay: string;
  readonly splitDay: string;
  readonly today: string;
}

/** Less than this, and there are no expectations. */
export const purchaseNeeds = {
  buyers: 200,
  repeatBuyers: 50,
  historyDays: 90,
  intervals: 3,
  holdoutRatio: 0.5,
  minStop: 0.005,
} as const;

/** The share of the history that the fit of the hold-out sees. */
export const fitShare = 2 / 3;
const lastBucket = 7;

const dayMs = 86_400_000;
const daysFrom = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / dayMs);

/** Fits, checks and calibrates. Pure, and for many customers seconds of computing: it has a thread of its own. */
export function examinePurchases(
  summary: PurchaseSummary,
  settings: { model: PurchaseModel; horizonDays: number },
): Report {
  const { groups, spend } = summary;
  const sum = (list: readonly { customers: number }[]) => list.reduce((total, { customers }) => total + customers, 0);
  const repeat = groups.filter((group) => group.x > 0);
  const buyers = sum(groups);
  const repeatBuyers = sum(repeat);
  const historyDays = daysFrom(summary.firstDay, summary.today);
  const intervalDays = weightedMedian(repeat.map(({ x, tx, customers }) => ({ value: tx / x, weight: customers })));
  const known = { ...settings, needs: purchaseNeeds, buyers, repeatBuyers, historyDays, intervalDays };
  const nothing = { aliveRefusal: null, spendRefusal: null, fits: [], spend: null, holdout: null };
  if (buyers < purchaseNeeds.buyers) return { ...known, ...nothing, refusal: 'too_few_buyers' };
  if (repeatBuyers < purchaseNeeds.repeatBuyers) return { ...known, ...nothing, refusal: 'too_few_repeat_buyers' };
  if (historyDays < Math.max(purchaseNeeds.historyDays, purchaseNeeds.intervals * (intervalDays ?? 0))) {
    return { ...known, ...nothing, refusal: 'history_too_short' };
  }
  const fits = (['mbg', 'bg'] as const).map((model) => ({ model, ...fitPurchases(model, groups) }));
  const holdout = calibrate(summary);
  const spendFit = examineSpend(spend);
  const chosen = fits.find(({ model }) => model === settings.model);
  const foretold = holdout?.fits.find(({ model }) => model === settings.model);
  const [mbg] = fits;
  return {
    ...known,
    aliveRefusal: !mbg?.isSound ? 'fit_unsound' : stopShare(mbg) < purchaseNeeds.minStop ? 'no_stops' : null,
    fits,
    holdout,
    spend: spendFit,
    refusal: refusalOf(settings.horizonDays, historyDays, chosen, foretold, holdout?.actual),
    spendRefusal: spendFit === null ? 'too_few_repeat_buyers' : spendFit.isSound ? null : 'fit_unsound',
  };
}

/** Mean over customers of the probability that a purchase is the last. */
function stopShare({ parameters: { a, b } }: PurchaseFit): number {
  return a / (a + b);
}

function refusalOf(
  horizonDays: number,
  historyDays: number,
  fit: PurchaseFit | undefined,
  foretold: { expected: number | null } | undefined,
  actual: number | undefined,
): z.output<typeof purchaseRefusal> | null {
  // What has never been watched for so long cannot be foretold so far.
  if (horizonDays > historyDays) return 'horizon_too_long';
  if (!fit?.isSound || foretold?.expected == null) return 'fit_unsound';
  const ratio = foretold.expected / Math.max(1, actual ?? 0);
  return ratio < purchaseNeeds.holdoutRatio || ratio > 1 / purchaseNeeds.holdoutRatio ? 'holdout_off' : null;
}

function examineSpend(groups: readonly SpendGroup[]): Report['spend'] {
  const repeatBuyers = groups.reduce((total, { n, customers }) => total + (n > 1 ? customers : 0), 0);
  if (repeatBuyers < purchaseNeeds.repeatBuyers) return null;
  const fit = fitSpend(groups);
  const mean = (value: (group: SpendGroup) => number) =>
    groups.reduce((total, group) => total + group.customers * value(group), 0) / fit.customers;
  return {
    ...fit,
    expectedFen: fit.isSound ? mean((group) => expectedSpend(fit.parameters, group)) : null,
    actualFen: mean((group) => group.mean),
    correlation: correlationOf(groups.filter(({ n }) => n > 1)),
  };
}

/** The fit of the first part of the time, held against the rest. */
function calibrate({ holdout: groups, splitDay, today }: PurchaseSummary): Holdout | null {
  const customers = groups.reduce((total, group) => total + group.customers, 0);
  const repeatBuyers = groups.reduce((total, group) => total + (group.x > 0 ? group.customers : 0), 0);
  if (customers < purchaseNeeds.buyers / 2 || repeatBuyers < purchaseNeeds.repeatBuyers / 2) return null;
  const days = daysFrom(splitDay, today);
  const foretold = (['mbg', 'bg'] as const).map((model) => foretell(model, groups, days));
  const [mbg, bg] = foretold as [Foretold, Foretold];
  const rank = (name: Holdout['rankings'][number]['name'], scores: readonly number[] | null) => {
    if (scores === null) return { name, auc: null, aucOnce: null, aucRepeat: null };
    const ranked = groups.map((group, i) => ({ ...group, score: scores[i] ?? 0 }));
    return {
      name,
      auc: aucOf(ranked),
      aucOnce: aucOf(ranked.filter(({ x }) => x === 0)),
      aucRepeat: aucOf(ranked.filter(({ x }) => x > 0)),
    };
  };
  const brandInterval = weightedMedian(
    groups.filter(({ x }) => x > 0).map(({ x, tx, customers }) => ({ value: tx / x, weight: customers })),
  );
  return {
    splitDay,
    untilDay: today,
    days,
    customers,
    actual: groups.reduce((total, { bought }) => total + bought, 0),
    fits: [mbg.fit, bg.fit],
    buckets: bucketsOf(groups, mbg.expected, bg.expected),
    rankings: [
      rank('mbg_expected', mbg.expected),
      rank('mbg_alive', mbg.alive),
      rank('bg_expected', bg.expected),
      rank('bg_alive', bg.alive),
      rank(
        'recency',
        groups.map((group) => group.tx - group.T),
      ),
      rank(
        'recency_to_interval',
        groups.map((group) => -overdue(group, brandInterval ?? 1)),
      ),
      rank(
        'frequency',
        groups.map((group) => group.x),
      ),
    ],
  };
}

/** Days since the last purchase in intervals of the customer's own; who bought once has the brand's usual one. */
function overdue({ x, tx, T }: PurchaseHistory, brandInterval: number): number {
  const interval = x > 0 ? tx / x : brandInterval;
  return (T - tx) / Math.max(1, interval);
}

interface Foretold {
  readonly fit: Holdout['fits'][number];
  /** By group; null when the fit means nothing. */
  readonly expected: readonly number[] | null;
  readonly alive: readonly number[] | null;
}

function foretell(model: PurchaseModel, groups: readonly HoldoutGroup[], days: number): Foretold {
  const fit = fitPurchases(model, groups);
  if (!fit.isSound) return { fit: { model, ...fit, expected: null }, expected: null, alive: null };
  const expected = groups.map((group) => expectedPurchases(model, fit.parameters, group, days));
  const alive = groups.map((group) => probabilityAlive(model, fit.parameters, group));
  const total = groups.reduce((sum, group, i) => sum + group.customers * (expected[i] ?? 0), 0);
  return { fit: { model, ...fit, expected: total }, expected, alive };
}

function bucketsOf(
  groups: readonly HoldoutGroup[],
  mbg: readonly number[] | null,
  bg: readonly number[] | null,
): Holdout['buckets'] {
  const buckets = Array.from({ length: lastBucket + 1 }, (_, x) => ({
    x,
    customers: 0,
    actual: 0,
    mbg: 0,
    bg: 0,
    returned: 0,
  }));
  for (const [i, group] of groups.entries()) {
    const bucket = buckets[Math.min(group.x, lastBucket)];
    if (!bucket) continue;
    bucket.customers += group.customers;
    bucket.actual += group.bought;
    bucket.returned += group.returned;
    bucket.mbg += group.customers * (mbg?.[i] ?? 0);
    bucket.bg += group.customers * (bg?.[i] ?? 0);
  }
  return buckets
    .filter(({ customers }) => customers > 0)
    .map(({ x, customers, ...sums }) => ({
      x,
      isLast: x === lastBucket,
      customers,
      actual: sums.actual / customers,
      mbg: mbg && sums.mbg / customers,
      bg: bg && sums.bg / customers,
      returned: sums.returned / customers,
    }));
}

/**
 * The share of pairs of one who came back and one who did not in which the score puts the first above; equal scores count half
 * (area under the ROC curve, Mann & Whitney). 0.5 is chance. Null when one of the two kinds is missing.
 */
export function aucOf(groups: readonly { score: number; customers: number; returned: number }[]): number | null {
  const sorted = [...groups].sort((one, other) => one.score - other.score);
  let stayedBelow = 0;
  let pairs = 0;
  let returnedAll = 0;
  for (let i = 0; i < sorted.length; ) {
    let returned = 0;
    let stayed = 0;
    const { score } = sorted[i] as { score: number };
    for (; i < sorted.length && sorted[i]?.score === score; i++) {
      const group = sorted[i] as { customers: number; returned: number };
      returned += group.returned;
      stayed += group.customers - group.returned;
    }
    pairs += returned * (stayedBelow + stayed / 2);
    stayedBelow += stayed;
    returnedAll += returned;
  }
  const all = returnedAll * stayedBelow;
  return all === 0 ? null : pairs / all;
}

function weightedMedian(values: readonly { value: number; weight: number }[]): number | null {
  const sorted = [...values].sort((one, other) => one.value - other.value);
  const half = sorted.reduce((total, { weight }) => total + weight, 0) / 2;
  let seen = 0;
  for (const { value, weight } of sorted) {
    seen += weight;
    if (seen >= half) return value;
  }
  return null;
}

/** Pearson's, between days of purchase and the mean amount. */
function correlationOf(groups: readonly SpendGroup[]): number | null {
  let count = 0;
  let n1 = 0;
  let m1 = 0;
  for (const { n, mean, customers } of groups) {
    count += customers;
    n1 += customers * n;
    m1 += customers * mean;
  }
  n1 /= count;
  m1 /= count;
  let nn = 0;
  let mm = 0;
  let nm = 0;
  for (const { n, mean, customers } of groups) {
    nn += customers * (n - n1) ** 2;
    mm += customers * (mean - m1) ** 2;
    nm += customers * (n - n1) * (mean - m1);
  }
  return nn > 0 && mm > 0 ? nm / Math.sqrt(nn * mm) : null;
}
