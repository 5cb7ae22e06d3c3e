import type { Condition } from '#contract/segments';
import { rankingSql, rankingsIn } from './compile.ts';
import { type Cutoff, cutoffKey, type Dialect, type World } from './kind.ts';
import { takenOf } from './sets.ts';

type Ask = <T extends Record<string, unknown>>(sql: string) => Promise<T[]>;

/** Draws the lines of the rankings in a tree: who is the last that is in. */
export async function drawLines(
  tree: Condition,
  world: Pick<World, 'now' | 'zone' | 'segments' | 'cutoffs'>,
  dialect: Dialect,
  ask: Ask,
): Promise<Map<string, Cutoff | null>> {
  const lines = new Map<string, Cutoff | null>();
  for (const leaf of rankingsIn(tree, world.segments)) {
    if (world.cutoffs.has(cutoffKey(leaf))) continue;
    const sql = rankingSql(leaf, world, dialect);
    const [ranked] = await ask<{ count: number }>(sql.count);
    const place = takenOf(leaf, Number(ranked?.count ?? 0));
    const [last] = place > 0 ? await ask<{ value: number; customer_id: number }>(sql.last(place)) : [];
    lines.set(cutoffKey(leaf), last ? { value: Number(last.value), customerId: Number(last.customer_id) } : null);
  }
  return lines;
}
