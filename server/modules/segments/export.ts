import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import { recordAudit } from '#organization';
import { type Ctx, inTransaction } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import type { BytesReply } from '#platform/module';

const page = 5000;

const columns = [
  'id',
  'name',
  'gender',
  'source',
  'added_at',
  'entered_at',
  'staff',
  'tags',
  'phones',
  'external_userids',
];

/** The members of a segment as CSV, a page at a time: in bounded memory, however many they are. */
export async function exportMembers(ctx: Ctx, id: number): Promise<BytesReply> {
  const segment = await inTransaction(ctx, async (ctx) => {
    const segment = await ctx.db
      .selectFrom('segment')
      .select(['name', 'member_count', 'filled_at'])
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!segment) throw new AppError('not_found');
    if (segment.filled_at === null) throw new AppError('segment_not_filled');
    await recordAudit(ctx, {
      action: 'segment.exported',
      subjectKind: 'segment',
      subjectId: id,
      subjectName: segment.name,
      after: { members: segment.member_count },
    });
    return segment;
  });
  return {
    contentType: 'text/csv; charset=utf-8',
    body: Readable.from(readPages(ctx, id)),
    headers: { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(segment.name)}.csv` },
  };
}

async function* readPages(ctx: Ctx, id: number): AsyncGenerator<string> {
  // Excel takes a file without this mark for one in the machine's own encoding.
  yield `\ufeff${stringify([columns])}`;
  for (let after = 0; ; ) {
    ctx.signal?.throwIfAborted();
    const { rows } = await sql<Record<string, string | number | Date | null> & { id: number }>`
      select c.id, c.name, c.gender, c.source, c.added_at, m.entered_at,
        (select string_agg(s.name, '|' order by f.added_at) from follow f join staff s on s.id = f.staff_id
          where f.customer_id = c.id and f.state = 'active') as staff,
        (select string_agg(t.name, '|' order by t.id) from customer_tag x join tag t on t.id = x.tag_id where x.customer_id = c.id) as tags,
        (select string_agg(i.value, '|' order by i.value) from identity i where i.customer_id = c.id and i.kind = 'phone') as phones,
        (select string_agg(i.value, '|' order by i.value) from identity i where i.customer_id = c.id and i.kind = 'wecom') as external_userids
      from segment_member m join customer c on c.id = m.customer_id
      where m.segment_id = ${id} and m.customer_id > ${after} order by m.customer_id limit ${page}
    `.execute(ctx.db);
    const last = rows.at(-1);
    if (!last) return;
    yield stringify(rows.map((row) => columns.map((column) => cellOf(row[column] ?? null))));
    after = last.id;
  }
}

/** A cell that begins like a formula would be run by a spreadsheet. */
function cellOf(value: string | number | Date | null): string | number | null {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}
