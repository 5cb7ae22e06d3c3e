import type { Condition } from '#contract/segments';
import type { Ctx } from '#platform/ctx';
import { CompiledQuery, type RawBuilder, sql } from '#platform/db';
import { compile } from './compile.ts';
import { drawLines } from './lines.ts';
import { postgres } from './mirrored.ts';
import { usualSizes } from './sizes.ts';
import { loadWorld } from './world.ts';

/** Sets of customers as SQL that selects customer_id, nobody twice: for modules that act on all of them at once. */

/** The kept members of a segment; none for one that is deleted, or whose members were never found. */
export function selectMembers(segmentId: number): RawBuilder<unknown> {
  return sql`select m.customer_id from segment_member m join segment s on s.id = m.segment_id
    where m.segment_id = ${segmentId} and s.deleted_at is null`;
}

/** Whoever a rule is true for at `ctx.now`. Refuses rules that speak of segments or lists that are not there. */
export async function selectMatching(ctx: Ctx, tree: Condition): Promise<RawBuilder<unknown>> {
  const bare = await loadWorld(ctx, [tree]);
  const ask = async (text: string) => (await ctx.db.executeQuery(CompiledQuery.raw(text))).rows;
  const cutoffs = await drawLines(tree, bare, postgres, ask as never);
  const compiled = compile(tree, { ...bare, cutoffs }, usualSizes(1_000_000), postgres);
  return sql.raw(`${compiled.with}select customer_id from (${compiled.sql}) as matching`);
}
