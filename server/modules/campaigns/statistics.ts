import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';

/** How two groups of people differ, from counts and moments alone. All tests are two-sided, all intervals are of 95 %. */

/** A difference with its interval, and how likely one as large is when there is none in truth. */
export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
}

/** How many of how many did something. */
export interface Share {
  readonly people: number;
  readonly hits: number;
}

/**
 * An amount y for each of some people, and what the same people had before as x, as sums of their powers: sums of parts add up
 * to the sums of the whole. In whole currency units or the like, so that third powers stay well within a double.
 */
export interface PowerSums {
  readonly people: number;
  readonly y: number;
  readonly yy: number;
  readonly yyy: number;
  readonly x: number;
  readonly xx: number;
  readonly xxx: number;
  readonly xy: number;
  readonly xyy: number;
  readonly xxy: number;
}

/** Mean, variance (n − 1 in its denominator) and third moment about the mean. */
export interface Moments {
  readonly people: number;
  readonly mean: number;
  readonly variance: number;
  readonly third: number;
}

const z95 = normalQuantile(0.975, 0, 1);
/** An effect of this many standard errors is found four times in five: z(0.975) + z(0.80). */
const powerFactor = z95 + normalQuantile(0.8, 0, 1);

/** Score interval of one share (Wilson 1927), which holds for few people and for shares near 0 too. */
function wilson({ hits, people }: Share): { low: number; high: number } {
  const share = hits / people;
  const z2 = z95 * z95;
  const middle = share + z2 / (2 * people);
  const half = z95 * Math.sqrt((share * (1 - share)) / people + z2 / (4 * people * people));
  const scale = 1 + z2 / people;
  return { low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/**
 * The difference of two shares, first minus second. Interval: Newcombe's hybrid score interval (Newcombe 1998, Statistics in
 * Medicine 17:873–890, method 10), because Wald's is too narrow for the small shares and small control groups that campaigns
 * have, and is of no width at all when nobody did it. Test: two proportions with the pooled variance, which is Pearson's chi-square of the
 * four counts (Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, ch. 3), without a continuity correction.
 */
export function compareShares(first: Share, second: Share): Difference {
  const a = first.hits / first.people;
  const b = second.hits / second.people;
  const value = a - b;
  const ofA = wilson(first);
  const ofB = wilson(second);
  const error = standardErrorOfShares(pooledShare(first, second), first.people, second.people);
  return {
    value,
    low: value - Math.hypot(a - ofA.low, ofB.high - b),
    high: value + Math.hypot(ofA.high - a, b - ofB.low),
    pValue: error === 0 ? 1 : 2 * normalCdf(-Math.abs(value) / error, 0, 1),
  };
}

export const pooledShare = (first: Share, second: Share) => (first.hits + second.hits) / (first.people + second.people);

/** Of the difference of two shares when both are `share` in truth. */
export function standardErrorOfShares(share: number, first: number, second: number): number {
  return Math.sqrt(share * (1 - share) * (1 / first + 1 / second));
}

/** Moments of y − theta · x, by their sums. */
export function momentsOf(sums: PowerSums, theta = 0): Moments {
  const { people: n } = sums;
  const mean = (sums.y - theta * sums.x) / n;
  const square = sums.yy - 2 * theta * sums.xy + theta ** 2 * sums.xx;
  const cube = sums.yyy - 3 * theta * sums.xyy + 3 * theta ** 2 * sums.xxy - theta ** 3 * sums.xxx;
  return {
    people: n,
    mean,
    variance: n < 2 ? 0 : Math.max(0, (square - n * mean ** 2) / (n - 1)),
    third: cube / n - (3 * mean * square) / n + 2 * mean ** 3,
  };
}

/**
 * The difference of two means, first minus second. Welch's test: variances may differ (Welch 1947, Biometrika 34:28–35), degrees of
 * freedom after Satterthwaite (1946, Biometrics Bulletin 2:110–114).
 *
 * What people spend is skewed: most nothing, few much. With a control group much smaller than the other, Welch's interval then
 * lies too high: in simulated campaigns with 10 % control its lower end was above the truth in up to 12 % instead of 2.5 %, which is the
 * side on which campaigns get praised for nothing. Therefore t is transformed before it is read: Hall's cubic (Hall 1992, Journal of
 * the Royal Statistical Society B 54:221–228), for two samples as in Zhou & Dinh (2005, Biostatistics 6:187–200), with one skewness
 * for both groups, because the small one's own says too little. Without skewness, and with groups of one size, it is Welch's test
 * as it stands. With ten people expected to have an amount in the smaller group, 94 to 98 % of its intervals hold the truth, where
 * of Welch's it is 85 to 96 % (statistics.test.ts simulates some).
 */
export function compareMeans(first: Moments, second: Moments): Difference & { standardError: number } {
  const value = first.mean - second.mean;
  const ofFirst = first.variance / first.people;
  const ofSecond = second.variance / second.people;
  const standardError = Math.sqrt(ofFirst + ofSecond);
  if (standardError === 0) return { value, low: value, high: value, pValue: value === 0 ? 1 : 0, standardError };
  const freedom = (ofFirst + ofSecond) ** 2 / (ofFirst ** 2 / (first.people - 1) + ofSecond ** 2 / (second.people - 1));
  const skewness = skewnessOfDifference(first, second);
  const quantile = tQuantile(0.975, freedom);
  return {
    value,
    low: value - standardError * unbend(quantile, skewness),
    high: value - standardError * unbend(-quantile, skewness),
    pValue: 2 * tCdf(-Math.abs(bend(value / standardError, skewness)), freedom),
    standardError,
  };
}

/** By the third and second moments within groups: those of one mean over n², taken from each other. */
function skewnessOfDifference(first: Moments, second: Moments): number {
  const people = first.people + second.people;
  const third = (first.people * first.third + second.people * second.third) / people;
  const variance = ((first.people - 1) * first.variance + (second.people - 1) * second.variance) / (people - 2);
  const sizes = (1 / first.people ** 2 - 1 / second.people ** 2) / (1 / first.people + 1 / second.people) ** 1.5;
  return (third / variance ** 1.5) * sizes;
}

/** Hall's cubic, after which a skewed t has nearly its symmetrical law; and its inverse. */
const bend = (t: number, skewness: number) =>
  t + (skewness * t ** 2) / 3 + (skewness ** 2 * t ** 3) / 27 + skewness / 6;

function unbend(t: number, skewness: number): number {
  if (Math.abs(skewness) < 1e-6) return t;
  return (3 / skewness) * (Math.cbrt(1 + skewness * (t - skewness / 6)) - 1);
}

/**
 * CUPED (Deng, Xu, Kohavi & Walker 2013, "Improving the Sensitivity of Online Controlled Experiments by Utilizing Pre-Experiment Data",
 * WSDM): theta, by which what people had before (x) is taken off what they have now (y). Who is in which group was drawn after that, so the
 * expected difference stays as it is, and its variance shrinks by the squared correlation. The slope is the one within groups, as in
 * an analysis of covariance, so that the effect itself does not bend it. Zero where nobody had anything before.
 */
export function historySlope(first: PowerSums, second: PowerSums): number {
  const within = (of: (sums: PowerSums) => number) => of(first) + of(second);
  const covariance = within((sums) => sums.xy - (sums.x * sums.y) / sums.people);
  const variance = within((sums) => sums.xx - sums.x ** 2 / sums.people);
  return variance > 0 ? covariance / variance : 0;
}

/**
 * Whether groups are as large as they were drawn (chi-square; Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online
 * Controlled Experiments", KDD). A mismatch says that something other than the draw decided who is in which group.
 */
export function checkRatio(
  counts: readonly number[],
  shares: readonly number[],
): { chiSquare: number; pValue: number } {
  const people = counts.reduce((sum, count) => sum + count, 0);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const chiSquare = counts.reduce((sum, count, i) => {
    const expected = (people * (shares[i] ?? 0)) / whole;
    return expected === 0 ? sum : sum + (count - expected) ** 2 / expected;
  }, 0);
  const freedom = shares.filter((share) => share > 0).length - 1;
  return { chiSquare, pValue: freedom < 1 || people === 0 ? 1 : 1 - chiSquareCdf(chiSquare, freedom) };
}

/**
 * p-values of several questions asked at once, so that all answers together are wrong in at most 5 % when nothing is true
 * (Holm 1979, Scandinavian Journal of Statistics 6:65–70). In the order given.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((pValue, i) => ({ pValue, i })).sort((a, b) => a.pValue - b.pValue);
  const adjusted = pValues.map(() => 1);
  let least = 0;
  for (const [rank, { pValue, i }] of order.entries()) {
    least = Math.max(least, Math.min(1, (pValues.length - rank) * pValue));
    adjusted[i] = least;
  }
  return adjusted;
}

/** The smallest effect that would have been found four times in five (Bloom 1995, Evaluation Review 19:547–556). */
export const smallestEffect = (standardError: number) => powerFactor * standardError;
