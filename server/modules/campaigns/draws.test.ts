import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '#platform/db';
import { createTestDatabase, type TestDatabase } from '#testing/database';
import { drawSql } from './rules.ts';
import { checkRatio } from './statistics.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const draft = {
  holdoutBasisPoints: 1000,
  throttleHours: 4,
  variants: [
    { part: 'A', name: '', contentId: 1, weight: 2 },
    { part: 'B', name: '', contentId: 2, weight: 1 },
  ],
};
const people = sql.raw('generate_series(1, 40000) as id');

describe('draws', () => {
  it('give each group its share, and each of the other draws its share of each group', async () => {
    for (const [campaign, run] of [
      [1, 1],
      [1, 2],
      [123_456, 31],
      [999_999_999, 1],
    ] as const) {
      const { isHoldout, part, delayHours } = drawSql('id', draft, campaign, run);
      const { rows } = await sql<{ isHoldout: boolean; part: string; hour: number; count: number }>`
        select ${sql.raw(isHoldout)} as "isHoldout", ${sql.raw(part)} as part, ${sql.raw(delayHours)} as hour, count(*)
        from ${people} group by 1, 2, 3
      `.execute(database.db);
      expect(rows).toHaveLength(16);
      const shares = rows.map((row) => (row.isHoldout ? 0.1 : 0.9) * (row.part === 'A' ? 2 / 3 : 1 / 3) * 0.25);
      const { pValue } = checkRatio(
        rows.map(({ count }) => count),
        shares,
      );
      expect(pValue, `${campaign} ${run}`).toBeGreaterThan(1e-4);
    }
  });

  it('of campaigns and of their runs have nothing to do with each other', async () => {
    const draws = Array.from(
      { length: 45 },
      (_, i) => drawSql('id', draft, 1 + (i % 15), 1 + Math.floor(i / 15)).isHoldout,
    );
    const columns = draws.map((draw, i) => `${draw} as d${i}`).join(', ');
    const pairs = draws.flatMap((_, i) => draws.slice(i + 1).map((_, n) => [i, i + 1 + n] as const));
    const counts = pairs.map(([i, n]) => `count(*) filter (where d${i} and d${n})`).join(', ');
    const { rows } = await sql<{ counts: number[] }>`
      select array[${sql.raw(counts)}] as counts from (select ${sql.raw(columns)} from ${people}) drawn
    `.execute(database.db);
    const pValues = (rows[0]?.counts ?? []).map((both) => checkRatio([both, 40_000 - both], [0.01, 0.99]).pValue);
    expect(pValues).toHaveLength(pairs.length);
    // As many small p-values as chance brings among so many pairs, and none that is not chance.
    expect(Math.min(...pValues)).toBeGreaterThan(1e-6);
    for (const p of [0.05, 0.5]) {
      const share = pValues.filter((value) => value < p).length / pValues.length;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / pValues.length) + 0.01);
    }
  });
});
