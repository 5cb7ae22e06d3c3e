import { describe, expect, it } from 'vitest';
import { bucketOf } from './rules.ts';

/** How far counts are from being all the same. */
function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

describe('buckets', () => {
  const people = Array.from({ length: 5000 }, (_, i) => i + 1);
  const seeds = Array.from({ length: 24 }, (_, i) => (i < 12 ? i : (i * 7919 + 104_729) % 1_000_000));
  const tenths = seeds.map((seed) => people.map((id) => Math.floor(bucketOf(id, seed) / 1000)));

  it('hold equally many people each', () => {
    for (const [i, dealt] of tenths.entries()) {
      const counts = new Array<number>(10).fill(0);
      for (const tenth of dealt) counts[tenth] = (counts[tenth] ?? 0) + 1;
      // Nine degrees of freedom: chance goes beyond 40 once in a hundred thousand.
      expect(chiSquare(counts), `seed ${seeds[i]}`).toBeLessThan(40);
    }
  });

  it('are independent under any two seeds', () => {
    for (const [i, one] of tenths.entries()) {
      for (const [j, other] of tenths.slice(0, i).entries()) {
        const counts = new Array<number>(100).fill(0);
        one.forEach((tenth, n) => {
          const cell = tenth * 10 + (other[n] ?? 0);
          counts[cell] = (counts[cell] ?? 0) + 1;
        });
        // Ninety-nine degrees of freedom: beyond 180 once in a million.
        expect(chiSquare(counts), `seeds ${seeds[i]} and ${seeds[j]}`).toBeLessThan(180);
      }
    }
  });
});
