import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import hyp2f1 from '@stdlib/math-base-special-hyp2f1';
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
 * Days of purchase to expect in the next `days` days. The papers' 2F1(r+x, b+k; a+b+k−1; z) grows beyond bounds for frequent
 * buyers; after Euler's transformation (Abramowitz & Stegun 15.3.3) its large factor is gone.
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
  const z = days / (alpha + T + days);
  const still = (1 - z) ** (a - 1) * hypergeometric(a + b - 1 - r + k - x, a - 1, a + b + k - 1, z);
  return ((a + b + k - 1) / (a - 1)) * (1 - still) * probabilityAlive(model, { ...parameters, a }, history);
}

/**
 * Gauss' 2F1 for 0 ≤ z < 1, where its series converges. Near 1 the library goes by way of Γ(c), which
 * overflows above 171, and loses its digits; the plain series needs some thousand terms there and stays true.
 */
function hypergeometric(a: number, b: number, c: number, z: number): number {
  if (z < 0.9) return hyp2f1(a, b, c, z);
  let term = 1;
  let sum = 1;
  for (let n = 0; n < 1_000_000; n++) {
    term *= ((a + n) * (b + n) * z) / ((c + n) * (n + 1));
    sum += term;
    if (!(Math.abs(term) > 1e-16 * Math.abs(sum)) && n > Math.abs(a) + Math.abs(b)) break;
  }
  return sum;
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

/** Maximum likelihood, from two beginnings: the surface is long and flat, and one of them may stop early. */
export function fitPurchases(model: PurchaseModel, groups: readonly PurchaseGroup[]): PurchaseFit {
  const customers = groups.reduce((sum, group) => sum + group.customers, 0);
  const days = groups.reduce((sum, group) => sum + group.customers * group.T, 0) / customers;
  const loss = purchaseLoss(model, groups);
  const ends = [
    [0, Math.log(days / 4), 0, 0],
    [-1, Math.log(days), -0.5, 1],
  ].map((start) => minimise(loss, start));
  const best = ends.reduce((one, other) => (other.value < one.value ? other : one));
  const [r, alpha, a, b] = best.point.map(Math.exp) as [number, number, number, number];
  return {
    parameters: { r, alpha, a, b },
    logLikelihood: -best.value * customers,
    customers,
    isSound: best.isFlat && [r, alpha].every((value) => value > soundRange[0] && value < soundRange[1]),
  };
}
