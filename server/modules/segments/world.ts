import { type Condition, condition } from '#contract/segments';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { leavesOf, segmentsIn } from './compile.ts';
import type { Cutoff, World } from './kind.ts';

/** Everything that some trees need besides the people. Refuses trees that speak of segments or lists that are not there. */
export async function loadWorld(
  ctx: Ctx,
  trees: readonly Condition[],
  cutoffs: ReadonlyMap<string, Cutoff | null> = new Map(),
): Promise<World> {
  const segments = await loadTrees(ctx, trees.flatMap(segmentsIn));
  const leaves = trees.flatMap((tree) => leavesOf(tree, segments));
  const lists = [...new Set(leaves.flatMap((leaf) => (leaf.kind === 'list' ? leaf.listId : [])))];
  if (lists.length > 0) {
    const { rows } = await sql`select 1 from segment_list where id = any(${lists})`.execute(ctx.db);
    if (rows.length < lists.length) throw new AppError('segment_list_unknown');
  }
  const departments = leaves.flatMap((leaf) => (leaf.kind === 'follow' ? (leaf.departmentIds ?? []) : []));
  return { now: ctx.now, zone: ctx.zone, segments, staffOfDepartment: await loadStaff(ctx, departments), cutoffs };
}

/** The trees of segments and of those they speak of in turn. */
async function loadTrees(ctx: Ctx, ids: readonly number[]): Promise<Map<number, Condition>> {
  const trees = new Map<number, Condition>();
  for (let wanted = [...new Set(ids)]; wanted.length > 0; ) {
    const rows = await ctx.db
      .selectFrom('segment')
      .select(['id', 'tree'])
      .where('id', 'in', wanted)
      .where('deleted_at', 'is', null)
      .execute();
    if (rows.length < wanted.length) throw new AppError('segment_unknown');
    for (const row of rows) trees.set(row.id, condition.parse(row.tree));
    wanted = [...new Set(rows.flatMap((row) => segmentsIn(trees.get(row.id) as Condition)))].filter(
      (id) => !trees.has(id),
    );
  }
  return trees;
}

async function loadStaff(ctx: Ctx, departments: readonly number[]): Promise<Map<number, number[]>> {
  const staff = new Map<number, number[]>();
  if (departments.length === 0) return staff;
  const { rows } = await sql<{ root: number; staff_id: number }>`
    with recursive below as (
      select id as root, wecom_id from department where id = any(${[...new Set(departments)]}) and deleted_at is null
      union
      select b.root, d.wecom_id from below b join department d on d.parent_wecom_id = b.wecom_id where d.deleted_at is null
    )
    select distinct b.root, sd.staff_id from below b join department d on d.wecom_id = b.wecom_id
    join staff_department sd on sd.department_id = d.id
  `.execute(ctx.db);
  for (const row of rows) staff.set(row.root, [...(staff.get(row.root) ?? []), row.staff_id]);
  return staff;
}
