import type { PurchaseModel, PurchaseParameters } from './purchases.ts';

/** Lives drawn by the models themselves, for tests that know the truth. */

/** A repeatable source of numbers between 0 and 1 (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Gamma by Marsaglia & Tsang (2000). */
function drawGamma(random: () => number, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A life by the model: moments of purchase after the first within `until`, as long as the customer stays. */
export function live(random: () => number, kind: PurchaseModel, brand: PurchaseParameters, until: number): number[] {
  const rate = drawGamma(random, brand.r) / brand.alpha;
  const one = drawGamma(random, brand.a);
  const stop = one / (one + drawGamma(random, brand.b));
  const times: number[] = [];
  if (kind === 'mbg' && random() < stop) return times;
  for (let at = 0; ; ) {
    at -= Math.log(1 - random()) / rate;
    if (at > until) return times;
    times.push(at);
    if (random() < stop) return times;
  }
}
