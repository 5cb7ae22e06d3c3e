import { parse } from 'csv-parse/sync';
import type { Output } from '#contract';
import type { listSegmentLists, uploadSegmentList } from '#contract/segments';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError, sqlState } from '#platform/errors';

/** Uploaded lists of people, by any of their accounts. */

export async function listLists(ctx: Ctx): Promise<Output<typeof listSegmentLists>> {
  const { rows } = await sql<{
    id: number;
    name: string;
    row_count: number;
    unknown_count: number;
    members: number;
    created_at: Date;
    created_by: string;
  }>`
    select l.*, (select count(distinct m.customer_id) from segment_list_member m where m.list_id = l.id) as members from segment_list l order by l.id desc
  `.execute(ctx.db);
  return {
    rows: rows.map((row) => ({
      id: row.id,
      name: row.name,
      memberCount: row.members,
      rowCount: row.row_count,
      unknownCount: row.unknown_count,
      createdAt: row.created_at.toISOString(),
      createdBy: row.created_by,
    })),
  };
}

/** The first column of each line; UTF-8, or GB18030 as Excel in Chinese writes it. */
function readValues(bytes: Buffer): string[] {
  const text = decode(bytes);
  const lines = parse(text, {
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    bom: true,
  }) as string[][];
  // What PostgreSQL cannot store names nobody.
  return lines.map((cells) => (cells[0] ?? '').trim()).filter((value) => value !== '' && !value.includes('\0'));
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

export async function uploadList(
  ctx: WriteCtx,
  name: string,
  bytes: Buffer,
): Promise<Output<typeof uploadSegmentList>> {
  const values = [...new Set(readOrRefuse(bytes))];
  if (values.length === 0) throw new AppError('segment_list_empty');
  const id = await insertList(ctx, name, values.length);
  // '#17' is a customer's own number.
  const { rows } = await sql<{ known: number; members: number }>`
    with given as (select value from unnest(${values}::text[]) as value),
    found as (
      select g.value, i.customer_id from given g join identity i on i.value = g.value
      union
      select g.value, c.id from given g join customer c on c.id = case when g.value ~ '^#[0-9]{1,15}$' then substr(g.value, 2)::bigint end
    ),
    kept as (
      insert into segment_list_member (list_id, customer_id)
      select distinct ${id}::bigint, customer_id from found where customer_id > 0 returning customer_id
    )
    select (select count(distinct value) from found) as known, (select count(*) from kept) as members
  `.execute(ctx.db);
  const { known = 0, members = 0 } = rows[0] ?? {};
  const unknownCount = values.length - known;
  await ctx.db.updateTable('segment_list').set({ unknown_count: unknownCount }).where('id', '=', id).execute();
  await recordAudit(ctx, {
    action: 'segment_list.created',
    subjectKind: 'segment_list',
    subjectId: id,
    subjectName: name,
    after: { rowCount: values.length, unknownCount },
  });
  return { id, rowCount: values.length, memberCount: members, unknownCount };
}

function readOrRefuse(bytes: Buffer): string[] {
  try {
    return readValues(bytes);
  } catch {
    throw new AppError('segment_list_empty');
  }
}

async function insertList(ctx: WriteCtx, name: string, rowCount: number): Promise<number> {
  try {
    const { id } = await ctx.db
      .insertInto('segment_list')
      .values({ name, row_count: rowCount, unknown_count: 0, created_at: ctx.now, created_by: ctx.actor.name })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  } catch (error) {
    if (sqlState(error) === '23505') throw new AppError('segment_list_name_taken');
    throw error;
  }
}

export async function removeList(ctx: WriteCtx, id: number): Promise<void> {
  const list = await ctx.db.selectFrom('segment_list').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!list) throw new AppError('not_found');
  const { rows: usedBy } = await sql<{ id: number; name: string }>`
    select id, name from segment where deleted_at is null and ${`list:${id}`} = any(needs) order by id
  `.execute(ctx.db);
  if (usedBy.length > 0) throw new AppError('segment_list_in_use', { details: { usedBy } });
  await ctx.db.deleteFrom('segment_list_member').where('list_id', '=', id).execute();
  await ctx.db.deleteFrom('segment_list').where('id', '=', id).execute();
  await recordAudit(ctx, {
    action: 'segment_list.deleted',
    subjectKind: 'segment_list',
    subjectId: id,
    subjectName: list.name,
  });
}
