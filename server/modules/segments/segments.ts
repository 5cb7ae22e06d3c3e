import type { z } from 'zod';
import type { Input, Output } from '#contract';
import {
  type Condition,
  condition,
  type createSegment,
  type getSegment,
  type getSegmentHistory,
  type listSegments,
  type segmentRow,
  type updateSegment,
} from '#contract/segments';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { dayOf, reportDays } from '#platform/days';
import { sql } from '#platform/db';
import { AppError, sqlState } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { needsOf, segmentsIn } from './compile.ts';
import { isTimed } from './timing.ts';
import { loadWorld } from './world.ts';

/** Where segments wait to be filled. */
export const fillChannel = 'segment_fill';

/** Saved segments: their rules, their sizes, where they are used. */

interface Row {
  id: number;
  name: string;
  description: string;
  tree: unknown;
  revision: number;
  member_count: number;
  filled_revision: number;
  filled_at: Date | null;
  is_timed: boolean;
  is_ranked: boolean;
  problem: string | null;
  entered: number;
  left: number;
  created_by: string;
  updated_at: Date;
}

async function readRows(ctx: Ctx, where: ReturnType<typeof sql>, limit: number): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select s.id, s.name, s.description, s.tree, s.revision, s.member_count, s.filled_revision, s.filled_at, s.is_timed, s.is_ranked,
      s.problem, coalesce(d.entered_count, 0) as entered, coalesce(d.left_count, 0) as left, s.created_by, s.updated_at
    from segment s left join segment_day d on d.segment_id = s.id and d.day = ${dayOf(ctx.now, ctx.zone)}::date
    where s.deleted_at is null and ${where} order by s.id desc limit ${limit}
  `.execute(ctx.db);
  return rows;
}

const present = (row: Row): z.output<typeof segmentRow> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  memberCount: row.member_count,
  isFilled: row.filled_revision === row.revision,
  filledAt: row.filled_at?.toISOString() ?? null,
  isTimed: row.is_timed,
  isRanked: row.is_ranked,
  problem: row.problem,
  enteredToday: row.entered,
  leftToday: row.left,
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
});

export async function listSegmentPage(
  ctx: Ctx,
  input: Input<typeof listSegments>,
): Promise<Output<typeof listSegments>> {
  const cursor = decodeCursor(input.after, ['number']);
  const rows = await readRows(
    ctx,
    sql`(${cursor?.[0] ?? null}::bigint is null or s.id < ${cursor?.[0] ?? null}::bigint)
      and strpos(lower(s.name), lower(${input.search ?? ''})) > 0`,
    input.limit + 1,
  );
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { rows: page.rows.map(present), next: page.next };
}

export async function readSegment(ctx: Ctx, id: number): Promise<Output<typeof getSegment>> {
  const [row] = await readRows(ctx, sql`s.id = ${id}`, 1);
  if (!row) throw new AppError('not_found');
  return { ...present(row), tree: row.tree, usedBy: await usesOf(ctx, id) };
}

async function usesOf(ctx: Ctx, id: number): Promise<Output<typeof getSegment>['usedBy']> {
  const { rows } = await sql<Output<typeof getSegment>['usedBy'][number]>`
    select 'segment' as kind, id, name from segment where deleted_at is null and ${id} = any(uses)
    union all
    select 'campaign', id, name from campaign where segment_id = ${id} and state not in ('done', 'cancelled')
    order by 1 desc, 2
  `.execute(ctx.db);
  return rows;
}

/** The columns that follow from a rule. */
async function columnsOf(ctx: WriteCtx, tree: Condition, id: number | undefined) {
  const { segments } = await loadWorld(ctx, [tree]);
  if (id !== undefined && segments.has(id)) throw new AppError('segment_circle');
  const needs = needsOf(tree, segments);
  return {
    tree: JSON.stringify(tree),
    needs: [...needs].filter((need) => need !== 'ranking'),
    uses: segmentsIn(tree),
    is_timed: isTimed(tree, segments),
    is_ranked: needs.has('ranking'),
  };
}

/** Names of segments and circles among them are decided one write at a time. */
const writeLock = sql`select pg_advisory_xact_lock(7164007)`;

export async function addSegment(ctx: WriteCtx, input: Input<typeof createSegment>): Promise<number> {
  await writeLock.execute(ctx.db);
  const columns = await columnsOf(ctx, input.tree, undefined);
  const { id } = await keepingName(() =>
    ctx.db
      .insertInto('segment')
      .values({
        ...columns,
        name: input.name,
        description: input.description,
        created_at: ctx.now,
        updated_at: ctx.now,
        created_by: ctx.actor.name,
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  wake(ctx, fillChannel);
  await recordAudit(ctx, {
    action: 'segment.created',
    subjectKind: 'segment',
    subjectId: id,
    subjectName: input.name,
    after: input,
  });
  return id;
}

async function keepingName<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (sqlState(error) === '23505') throw new AppError('segment_name_taken');
    throw error;
  }
}

export async function changeSegment(ctx: WriteCtx, input: Input<typeof updateSegment>): Promise<void> {
  await writeLock.execute(ctx.db);
  const [before] = await readRows(ctx, sql`s.id = ${input.id}`, 1);
  if (!before) throw new AppError('not_found');
  const columns = await columnsOf(ctx, input.tree, input.id);
  const isOther = JSON.stringify(condition.parse(before.tree)) !== columns.tree;
  await keepingName(() =>
    ctx.db
      .updateTable('segment')
      .set({
        name: input.name,
        description: input.description,
        updated_at: ctx.now,
        ...(isOther ? { ...columns, revision: before.revision + 1, problem: null } : {}),
      })
      .where('id', '=', input.id)
      .execute(),
  );
  if (isOther) await reviseUsers(ctx, input.id);
  wake(ctx, fillChannel);
  const described = ({ name, description, tree }: Pick<Row, 'name' | 'description' | 'tree'>) => ({
    name,
    description,
    tree,
  });
  await recordAudit(ctx, {
    action: 'segment.updated',
    subjectKind: 'segment',
    subjectId: input.id,
    subjectName: input.name,
    before: described(before),
    after: described(input),
  });
}

/** Segments that speak of a changed one, also by way of others, mean something else now: their members are found anew. */
async function reviseUsers(ctx: WriteCtx, id: number): Promise<void> {
  const { rows } = await sql<{ id: number; tree: unknown }>`
    with recursive users as (
      select id from segment where deleted_at is null and ${id} = any(uses)
      union
      select s.id from users u join segment s on u.id = any(s.uses) where s.deleted_at is null
    )
    select s.id, s.tree from users u join segment s on s.id = u.id
  `.execute(ctx.db);
  for (const row of rows) {
    const columns = await columnsOf(ctx, condition.parse(row.tree), row.id);
    await ctx.db
      .updateTable('segment')
      .set((eb) => ({ ...columns, revision: eb('revision', '+', 1) }))
      .where('id', '=', row.id)
      .execute();
  }
}

export async function removeSegment(ctx: WriteCtx, id: number): Promise<void> {
  await writeLock.execute(ctx.db);
  const [before] = await readRows(ctx, sql`s.id = ${id}`, 1);
  if (!before) throw new AppError('not_found');
  const usedBy = await usesOf(ctx, id);
  if (usedBy.length > 0) throw new AppError('segment_in_use', { details: { usedBy } });
  // Its rows go in the background: there may be millions.
  await ctx.db.updateTable('segment').set({ deleted_at: ctx.now }).where('id', '=', id).execute();
  wake(ctx, fillChannel);
  await recordAudit(ctx, {
    action: 'segment.deleted',
    subjectKind: 'segment',
    subjectId: id,
    subjectName: before.name,
  });
}

export async function readHistory(
  ctx: Ctx,
  input: Input<typeof getSegmentHistory>,
): Promise<Output<typeof getSegmentHistory>> {
  const [row] = await readRows(ctx, sql`s.id = ${input.id}`, 1);
  if (!row) throw new AppError('not_found');
  const { from, to, days } = reportDays(ctx.now, ctx.zone, input);
  const { rows } = await sql<{ day: string; member_count: number; entered_count: number; left_count: number }>`
    select day, member_count, entered_count, left_count from segment_day where segment_id = ${input.id} and day <= ${to}::date
      and day >= coalesce((select max(day) from segment_day where segment_id = ${input.id} and day <= ${from}::date), ${from}::date)
    order by day
  `.execute(ctx.db);
  const byDay = new Map(rows.map((day) => [day.day, day]));
  let members = rows.find((day) => day.day < from)?.member_count ?? null;
  const today = dayOf(ctx.now, ctx.zone);
  return {
    days: days.map((day) => {
      const known = byDay.get(day);
      members = known?.member_count ?? members;
      const isAhead = day > today;
      return {
        day,
        members: isAhead ? null : members,
        entered: known?.entered_count ?? 0,
        left: known?.left_count ?? 0,
      };
    }),
  };
}
