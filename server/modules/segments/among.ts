import type { Condition } from '#contract/segments';
import type { Ctx } from '#platform/ctx';
import { CompiledQuery } from '#platform/db';
import { compile } from './compile.ts';
import type { Engine } from './engine.ts';
import { mirrorTables, postgres } from './mirrored.ts';
import { usualSizes } from './sizes.ts';

/**
 * Each table under its own name, with the rows of the customers asked about only: the text of a rule is the same, and reads
 * nobody else's rows.
 */
const ofThese = mirrorTables([])
  .map(({ name }) => `${name} as not materialized (select * from ${name} where ${idOf(name)} = any($1::bigint[]))`)
  .join(', ');

function idOf(table: string): string {
  return table === 'customer' ? 'id' : 'customer_id';
}

/**
 * For each tree, whom of some thousand customers it is true for. PostgreSQL answers, in the transaction of `ctx`: it sees
 * what that has changed. Refuses trees that speak of segments or lists that are not there.
 */
export async function findTrue(
  engine: Engine,
  ctx: Ctx,
  trees: readonly Condition[],
  customerIds: readonly number[],
): Promise<ReadonlySet<number>[]> {
  if (trees.length === 0 || customerIds.length === 0) return trees.map(() => new Set());
  const { world } = await engine.question(ctx, trees);
  const found: Set<number>[] = [];
  for (const tree of trees) {
    const compiled = compile(tree, world, usualSizes(customerIds.length), postgres);
    const others = compiled.with.replace(/^with /, ', ').trimEnd();
    const text = `with ${ofThese}${others} ${compiled.sql}`;
    const { rows } = await ctx.db.executeQuery<{ customer_id: number }>(CompiledQuery.raw(text, [[...customerIds]]));
    found.push(new Set(rows.map((row) => row.customer_id)));
  }
  return found;
}
