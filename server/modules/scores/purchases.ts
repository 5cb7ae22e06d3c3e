import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import { minimise } from './minimise.ts';

/**
 * How often somebody will buy again, from how often and how lately he bought.
 *
 * While alive a customer buys by a Poisson process with a rate of his own (gamma distributed over customers: r, alpha), and
 * may stop for good at certain moments with a probability of his own (beta distributed: a, b).
 * - BG/NBD (Fader, Hardie & Lee 2005, Marketing Science 24(2)): he may stop after each repeat purchase. Somebody who bought
 *   once has had no such moment, and so is alive for certain, whatever time has passed.
 * - MBG/NBD (Batislam, Denizel & Filiztekin 2007, Int. J. of Research in Marketing 24): also after the first purchase.
 *
 * The two differ in one number, how many moments to stop there were: `stops`. Written with it, one formula serves both, and
 * what to expect of somebody new is what to expect after x = 0, tx = 0, T = 0.
 */
export type PurchaseModel = 'bg' | 'mbg';

export interface PurchaseParameters {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

/** Days of purchase after the first (x), days from the first to the last of them (tx), and from the first to today (T). */
export interface PurchaseHistory {
  readonly x: number;
  readonly tx: number;
  readonly T: number;
}

/** Customers with the same history count once, with their number. */
export interface PurchaseGroup extends PurchaseHistory {
  readonly customers: number;
}

function stops(model: PurchaseModel, x: number): number {
  return model === 'bg' ? x : x + 1;
}

/**
 * ln L(r, alpha, a, b | x, tx, T), up to no constant:
 * Γ(r+x)/Γ(r) · αʳ · Γ(a+b)Γ(b+k−1)/(Γ(b)Γ(a+b+k)) · [(b+k−1)(α+T)^−(r+x) + a(α+tx)^−(r+x)], and for k = 0 the NBD's (α/(α+T))ʳ.
 */
export function logLikelihood(model: PurchaseModel, parameters: PurchaseParameters, history: PurchaseHistory): number {
  const { r, alpha, a, b } = parameters;
  const { x, tx, T } = history;
  const k = stops(model, x);
  const buying = gammaln(r + x) - gammaln(r) + r * Math.log(alpha);
  const logAlive = -(r + x) * Math.log(alpha + T);
  if (k === 0) return buying + logAlive;
  const logGone = -(r + x) * Math.log(alpha + tx);
  const staying = gammaln(a + b) + gammaln(b + k - 1) - gammaln(b) - gammaln(a + b + k);
  // tx ≤ T, so the second is the larger power; taking it out keeps the sum from underflow.
  return buying + staying + logGone + Math.log((b + k - 1) * Math.exp(logAlive - logGone) + a);
}

/** The share of those with this history who are still customers. */
export function probabilityAlive(
  model: PurchaseModel,
  parameters: PurchaseParameters,
  history: PurchaseHistory,
): number {
  const { r, alpha, a, b } = parameters;
  const { x, tx, T } = history;
  const k = stops(model, x);
  if (k === 0) return 1;
  const logOdds = Math.log(a / (b + k - 1)) + (r + x) * Math.log((alpha + T) / (alpha + tx));
  return 1 / (1 + Math.exp(logOdds));
}

/**
 * Days of purchase to expect in the next `days` days: (a+b+k−1)/(a−1) · [1 − (1−z)^(r+x) ₂F₁(r+x, b+k; a+b+k−1; z)] · P(alive), with
 * z = days / (alpha + T + days).
 */
export function expectedPurchases(
  model: PurchaseModel,
  parameters: PurchaseParameters,
  history: PurchaseHistory,
  days: number,
): number {
  const { r, alpha, b } = parameters;
  // a = 1 is a removable gap of the formula; a little beside it the value is the same to seven digits.
  const a = Math.abs(parameters.a - 1) < 1e-7 ? 1 + 1e-7 : parameters.a;
  const { x, T } = history;
  const k = stops(model, x);
  const still = scaledHypergeometric(r + x, b + k, a + b + k - 1, days / (alpha + T + days));
  return ((a + b + k - 1) / (a - 1)) * (1 - still) * probabilityAlive(model, { ...parameters, a }, history);
}

/**
 * (1−z)^p · ₂F₁(p, q; s; z) for 0 ≤ z < 1 and positive p, q, s, by Gauss' series (Abramowitz & Stegun 15.1.1). With the factor
 * inside, the terms are the probabilities of a negative binomial distribution times a slowly changing ratio: all positive, so
 * that no digit is lost, and bounded for frequent buyers and for any a and b. Libraries for ₂F₁ alone overflow there.
 */
function scaledHypergeometric(p: number, q: number, s: number, z: number): number {
  // Half of the factor before the sum and half after it, so that neither underflows.
  const half = Math.exp((p * Math.log1p(-z)) / 2);
  const most = (p * z) / (1 - z);
  let term = half;
  let sum = half;
  for (let n = 0; n < 1_000_000; n++) {
    term *= ((p + n) * (q + n) * z) / ((s + n) * (n + 1));
    sum += term;
    if (n > most && !(term > 1e-15 * sum * (1 - z))) break;
  }
  return sum * half;
}

/** Logarithms of parameters stay within this: beyond, the surface is flat for ever, and a search would not come back. */
export const searchRange = Math.log(1e6);

/** Minus the mean log-likelihood of all customers, and its gradient, as a function of the logarithms of r, alpha, a, b. */
export function purchaseLoss(model: PurchaseModel, groups: readonly PurchaseGroup[]) {
  const total = groups.reduce((sum, group) => sum + group.customers, 0);
  const most = groups.reduce((max, group) => Math.max(max, group.x), 0);
  return (point: readonly number[], slope: number[]): number => {
    if (point.some((value) => !(Math.abs(value) < searchRange))) return Number.POSITIVE_INFINITY;
    const [r, alpha, a, b] = point.map(Math.exp) as [number, number, number, number];
    // All but the powers depends on x alone, and few x occur.
    const byX = Array.from({ length: most + 1 }, (_, x) => {
      const k = stops(model, x);
      const value = gammaln(r + x) - gammaln(r) + r * Math.log(alpha);
      const inR = digamma(r + x) - digamma(r) + Math.log(alpha);
      if (k === 0) return { k, value, inR, inA: 0, inB: 0 };
      const inA = digamma(a + b) - digamma(a + b + k);
      return {
        k,
        value: value + gammaln(a + b) + gammaln(b + k - 1) - gammaln(b) - gammaln(a + b + k),
        inR,
        inA,
        inB: inA + digamma(b + k - 1) - digamma(b),
      };
    });
    let sum = 0;
    let slopeR = 0;
    let slopeAlpha = 0;
    let slopeA = 0;
    let slopeB = 0;
    for (const { x, tx, T, customers } of groups) {
      const known = byX[x];
      if (!known) throw new RangeError(`${x} days of purchase are no whole number`);
      const { k } = known;
      const logT = Math.log(alpha + T);
      const logTx = Math.log(alpha + tx);
      const n = r + x;
      let value = known.value - n * logT;
      let alive = 1;
      if (k > 0) {
        const stay = (b + k - 1) * Math.exp(n * (logTx - logT));
        alive = stay / (stay + a);
        value = known.value - n * logTx + Math.log(stay + a);
        slopeB += customers * (known.inB + alive / (b + k - 1));
      }
      sum += customers * value;
      slopeR += customers * (known.inR - alive * logT - (1 - alive) * logTx);
      slopeAlpha += customers * (r / alpha - n * (alive / (alpha + T) + (1 - alive) / (alpha + tx)));
      slopeA += customers * (known.inA + (1 - alive) / a);
    }
    slope[0] = (-slopeR * r) / total;
    slope[1] = (-slopeAlpha * alpha) / total;
    slope[2] = (-slopeA * a) / total;
    slope[3] = (-slopeB * b) / total;
    return -sum / total;
  };
}

export interface PurchaseFit {
  readonly parameters: PurchaseParameters;
  readonly logLikelihood: number;
  readonly customers: number;
  /** The gradient is flat, and the rates of buying did not run off to where they mean nothing. */
  readonly isSound: boolean;
}

/**
 * r and alpha beyond these are no distribution of rates any more. a near 0 or b without end are allowed: they say that nobody is
 * seen to stop, and the models become the NBD.
 */
const soundRange = [1e-4, 1e5] as const;

/**
 * The loss by what the data tell nearly independently of each other: the spread of rates, the mean interval (alpha / r), the mean
 * probability to stop, and its spread. In r, alpha, a and b themselves a search creeps along a narrow ridge.
 */
function byMeans(loss: ReturnType<typeof purchaseLoss>) {
  const parametersAt = ([logR = 0, logInterval = 0, logOdds = 0, logSum = 0]: readonly number[]) => {
    const share = 1 / (1 + Math.exp(-logOdds));
    // ln(1 − share) without losing a share that is nearly 1.
    const logRest = -logOdds + Math.log(share);
    return { share, logs: [logR, logR + logInterval, Math.log(share) + logSum, logRest + logSum] };
  };
  const inner = [0, 0, 0, 0];
  const turned = (point: readonly number[], slope: number[]): number => {
    const { share, logs } = parametersAt(point);
    const value = loss(logs, inner);
    const [r = 0, alpha = 0, a = 0, b = 0] = inner;
    slope[0] = r + alpha;
    slope[1] = alpha;
    slope[2] = (1 - share) * a - share * b;
    slope[3] = a + b;
    return value;
  };
  return { turned, parametersAt };
}

/** More groups than this are drawn together: a fit looks at each some thousand times. */
const mostGroups = 40_000;

/** Days rounded to the fewest that leave few enough groups: against the months that alpha and intervals are of, that is little. */
export function drawTogether(groups: readonly PurchaseGroup[], most = mostGroups): readonly PurchaseGroup[] {
  let found = groups;
  for (let width = 2; found.length > most && width <= 28; width++) {
    const merged = new Map<string, { x: number; tx: number; T: number; customers: number }>();
    for (const { x, tx, T, customers } of groups) {
      const wholeT = Math.round(T / width) * width;
      const wholeTx = Math.min(wholeT, Math.round(tx / width) * width);
      const key = `${x} ${wholeTx} ${wholeT}`;
      const same = merged.get(key);
      if (same) same.customers += customers;
      else merged.set(key, { x, tx: wholeTx, T: wholeT, customers });
    }
    found = [...merged.values()];
  }
  return found;
}

/** Maximum likelihood, from two beginnings: the surface is long and flat, and one of them may stop early. */
export function fitPurchases(model: PurchaseModel, groups: readonly PurchaseGroup[]): PurchaseFit {
  const customers = groups.reduce((sum, group) => sum + group.customers, 0);
  const days = groups.reduce((sum, group) => sum + group.customers * group.T, 0) / customers;
  const { turned, parametersAt } = byMeans(purchaseLoss(model, drawTogether(groups)));
  const ends = [
    [0, Math.log(days / 4), -1, 1],
    [-1, Math.log(days), -2, 2],
  ].map((start) => minimise(turned, start));
  const best = ends.reduce((one, other) => (other.value < one.value ? other : one));
  const [r, alpha, a, b] = parametersAt(best.point).logs.map(Math.exp) as [number, number, number, number];
  return {
    parameters: { r, alpha, a, b },
    logLikelihood: -best.value * customers,
    customers,
    isSound: best.isSettled && [r, alpha].every((value) => value > soundRange[0] && value < soundRange[1]),
  };
}
