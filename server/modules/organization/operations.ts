import type { Input, Output } from '#contract';
import type { listOperations } from '#contract/organization';
import type { Ctx } from '#platform/ctx';

/** The recent long work of all modules. */
export async function listRecentOperations(
  ctx: Ctx,
  input: Input<typeof listOperations>,
): Promise<Output<typeof listOperations>> {
  const rows = await ctx.db
    .selectFrom('operation')
    .selectAll()
    .$if(input.kind !== undefined, (query) => query.where('kind', '=', input.kind ?? ''))
    .orderBy('id', 'desc')
    .limit(input.limit)
    .execute();
  type Operation = Output<typeof listOperations>['rows'][number];
  return {
    rows: rows.map((row) => ({
      id: row.id,
      kind: row.kind as Operation['kind'],
      state: row.state as Operation['state'],
      step: row.step,
      doneCount: row.done_count,
      totalCount: row.total_count,
      summary: row.summary as Operation['summary'],
      problem: row.problem,
      createdAt: row.created_at.toISOString(),
      startedAt: row.started_at?.toISOString() ?? null,
      endedAt: row.ended_at?.toISOString() ?? null,
      createdBy: row.created_by,
    })),
  };
}
