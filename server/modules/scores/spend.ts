import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import { minimise } from './minimise.ts';
import { searchRange } from './purchases.ts';

/**
 * How much somebody spends on a day of purchase, from what he spent before: the gamma-gamma model (Colombo & Jiang 1999;
 * Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value", brucehardie.com/notes/025). Each amount is gamma
 * distributed around the customer's own mean (shape p), whose scale is gamma distributed over customers (q, gamma). It takes
 * amounts to be independent of how often somebody buys; the correlation is shown beside the fit.
 */
export interface SpendParameters {
  readonly p: number;
  readonly q: number;
  /** In the minor unit of the currency. */
  readonly gamma: number;
}

/** Customers with `n` days of purchase and nearly the same mean amount. */
export interface SpendGroup {
  readonly n: number;
  readonly mean: number;
  readonly customers: number;
}

/** What to expect of a day of purchase: the customer's own mean, drawn the more to everybody's the fewer days there were. */
export function expectedSpend({ p, q, gamma }: SpendParameters, history: { n: number; mean: number }): number {
  return (p * (gamma + history.n * history.mean)) / (p * history.n + q - 1);
}

/** Minus the mean log-likelihood and its gradient, as a function of the logarithms of p, q, gamma. */
export function spendLoss(groups: readonly SpendGroup[]) {
  const total = groups.reduce((sum, group) => sum + group.customers, 0);
  const byCount = new Map<number, SpendGroup[]>();
  for (const group of groups) {
    const same = byCount.get(group.n);
    if (same) same.push(group);
    else byCount.set(group.n, [group]);
  }
  return (point: readonly number[], slope: number[]): number => {
    // gamma is in money and may be large.
    if (point.some((value) => !(Math.abs(value) < 2 * searchRange))) return Number.POSITIVE_INFINITY;
    const [p, q, gamma] = point.map(Math.exp) as [number, number, number];
    let sum = 0;
    let slopeP = 0;
    let slopeQ = 0;
    let slopeGamma = 0;
    for (const [n, same] of byCount) {
      const pn = p * n;
      const constant = gammaln(pn + q) - gammaln(pn) - gammaln(q) + q * Math.log(gamma) + pn * Math.log(n);
      const digammaBoth = digamma(pn + q);
      const byP = n * (digammaBoth - digamma(pn) + Math.log(n));
      const byQ = digammaBoth - digamma(q) + Math.log(gamma);
      for (const { mean, customers } of same) {
        const logMean = Math.log(mean);
        const both = gamma + n * mean;
        const logBoth = Math.log(both);
        sum += customers * (constant + (pn - 1) * logMean - (pn + q) * logBoth);
        slopeP += customers * (byP + n * (logMean - logBoth));
        slopeQ += customers * (byQ - logBoth);
        slopeGamma += customers * (q / gamma - (pn + q) / both);
      }
    }
    slope[0] = (-slopeP * p) / total;
    slope[1] = (-slopeQ * q) / total;
    slope[2] = (-slopeGamma * gamma) / total;
    return -sum / total;
  };
}

export interface SpendFit {
  readonly parameters: SpendParameters;
  readonly logLikelihood: number;
  readonly customers: number;
  readonly isSound: boolean;
}

export function fitSpend(groups: readonly SpendGroup[]): SpendFit {
  const customers = groups.reduce((sum, group) => sum + group.customers, 0);
  const mean = groups.reduce((sum, group) => sum + group.customers * group.mean, 0) / customers;
  const loss = spendLoss(groups);
  const ends = [
    [0, 1, Math.log(mean)],
    [1.5, 1.5, Math.log(mean / 2)],
  ].map((start) => minimise(loss, start));
  const best = ends.reduce((one, other) => (other.value < one.value ? other : one));
  const [p, q, gamma] = best.point.map(Math.exp) as [number, number, number];
  return {
    parameters: { p, q, gamma },
    logLikelihood: -best.value * customers,
    customers,
    // With q ≤ 1 the mean over all customers is infinite, and so is what to expect of a new one.
    isSound: best.isSettled && q > 1 && p > 1e-4 && p < 1e5 && q < 1e5,
  };
}
