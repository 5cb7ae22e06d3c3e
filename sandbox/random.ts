/** Seeded randomness (sfc32). The whole state is four integers, so a snapshot can carry it on. */
export type Random = {
  /** 0 ≤ x < 1 */
  float(): number;
  /** 0 ≤ n < below */
  int(below: number): number;
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  weighted<T extends string>(weights: Readonly<Partial<Record<T, number>>>): T;
  exponential(mean: number): number;
  hex(length: number): string;
  digits(length: number): string;
  /** Letters, digits, `-` and `_`: the alphabet of WeCom's ids. */
  id(length: number): string;
  letters(length: number): string;
  /** A stream of its own for one purpose: what happens elsewhere does not change it. */
  fork(label: string): Random;
  state(): number[];
  restore(state: readonly number[]): void;
};

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const idAlphabet = `${alphanumerics}-_`;

export function createRandom(seed: string): Random {
  let [a, b, c, d] = hashSeed(seed);

  const next = () => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();

  const int = (below: number) => Math.floor(next() * below);
  const from = (alphabet: string, length: number) => {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[int(alphabet.length)];
    return text;
  };

  return {
    float: next,
    int,
    between: (min, max) => min + next() * (max - min),
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new Error('nothing to pick from');
      return items[int(items.length)] as (typeof items)[number];
    },
    weighted: (weights) => {
      const entries = Object.entries(weights) as [never, number][];
      const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
      if (entries.length === 0 || total <= 0) throw new Error('weights are empty');
      let left = next() * total;
      for (const [item, weight] of entries) {
        left -= weight;
        if (left < 0) return item;
      }
      return (entries.findLast(([, weight]) => weight > 0) as [never, number])[0];
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
    hex: (length) => from('0123456789abcdef', length),
    digits: (length) => from('123456789', 1) + from('0123456789', length - 1),
    id: (length) => from(idAlphabet, length),
    letters: (length) => from(alphanumerics, length),
    fork: (label) => createRandom(`${seed}/${label}`),
    state: () => [a, b, c, d],
    restore: (state) => {
      [a, b, c, d] = state as [number, number, number, number];
    },
  };
}

/** cyrb128: spreads any text over the four words that sfc32 starts from. */
function hashSeed(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  return [h1 ^ h2 ^ h3 ^ h4, h2 ^ h1, h3 ^ h1, h4 ^ h1];
}
