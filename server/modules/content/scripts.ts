import type { Input, Output } from '#contract';
import type { copyScript, createScript, listScripts, updateScript } from '#contract/scripts';
import { gramsOf, gramsToFind, normalizeForSearch, requireVisible } from '#customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { assertFolder } from './folders.ts';
import { readAttributeKeys } from './lookups.ts';
import { checkTemplate, readTemplate } from './template.ts';
import { readValues } from './values.ts';

/** Prepared words that staff copy into a chat. */

type Draft = Input<typeof createScript>;

export async function listScriptPage(ctx: Ctx, input: Input<typeof listScripts>): Promise<Output<typeof listScripts>> {
  const cursor = decodeCursor(input.after, ['number', 'number']);
  const search = input.search === undefined ? undefined : normalizeForSearch(input.search);
  type Row = Output<typeof listScripts>['rows'][number];
  const { rows } = await sql<Omit<Row, 'updatedAt'> & { updatedAt: Date }>`
    select s.id, s.title, s.words, s.copy_count as "copyCount", s.updated_at as "updatedAt",
      (select json_build_object('id', f.id, 'name', f.name) from content_folder f where f.id = s.folder_id) as folder
    from script s
    where (${cursor === undefined} or (s.copy_count, s.id) < (${cursor?.[0] ?? 0}, ${cursor?.[1] ?? 0}))
      and (${search === undefined} or s.search_grams @> ${gramsToFind(search ?? '')}::text[] and strpos(s.search_text, ${search ?? ''}) > 0)
      and (${input.folder ?? null}::bigint is null or s.folder_id = ${input.folder ?? 0})
    order by s.copy_count desc, s.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.copyCount, row.id]);
  return { next: page.next, rows: page.rows.map((row) => ({ ...row, updatedAt: row.updatedAt.toISOString() })) };
}

async function columnsOf(ctx: WriteCtx, draft: Draft) {
  await assertFolder(ctx, 'script', draft.folderId);
  const problems = checkTemplate(draft.words, await readAttributeKeys(ctx));
  if (problems.length > 0) {
    throw new AppError('input_invalid', {
      fields: problems.map(({ problem, ...values }) => ({
        path: 'words',
        problem,
        message: `${problem}: row ${values.row}, column ${values.column}, ${values.detail}`,
        values,
      })),
    });
  }
  const text = normalizeForSearch(`${draft.title} ${draft.words}`);
  return {
    folder_id: draft.folderId,
    title: draft.title,
    words: draft.words,
    search_text: text,
    search_grams: gramsOf(text, scriptGrams),
    updated_at: ctx.now,
  };
}

/** Pieces by which a script is found: all of its words, not only how it begins. */
const scriptGrams = 4000;

export async function addScript(ctx: WriteCtx, draft: Draft): Promise<number> {
  const columns = await columnsOf(ctx, draft);
  const { id } = await ctx.db
    .insertInto('script')
    .values({ ...columns, created_by: ctx.actor.name, created_at: ctx.now })
    .returning('id')
    .executeTakeFirstOrThrow();
  await recordAudit(ctx, {
    action: 'script.created',
    subjectKind: 'script',
    subjectId: id,
    subjectName: draft.title,
    after: draft,
  });
  return id;
}

export async function changeScript(ctx: WriteCtx, { id, ...draft }: Input<typeof updateScript>): Promise<void> {
  const before = await ctx.db
    .selectFrom('script')
    .select(['title', 'words', 'folder_id as folderId'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  const columns = await columnsOf(ctx, draft);
  await ctx.db.updateTable('script').set(columns).where('id', '=', id).execute();
  await recordAudit(ctx, {
    action: 'script.updated',
    subjectKind: 'script',
    subjectId: id,
    subjectName: draft.title,
    before,
    after: draft,
  });
}

export async function removeScript(ctx: WriteCtx, id: number): Promise<void> {
  const gone = await ctx.db.deleteFrom('script').where('id', '=', id).returning(['title', 'words']).executeTakeFirst();
  if (!gone) throw new AppError('not_found');
  await recordAudit(ctx, {
    action: 'script.deleted',
    subjectKind: 'script',
    subjectId: id,
    subjectName: gone.title,
    before: gone,
  });
}

/** The words as this staff member would say them to this customer. */
export async function takeScript(ctx: WriteCtx, input: Input<typeof copyScript>): Promise<Output<typeof copyScript>> {
  if (input.customerId !== undefined) await requireVisible(ctx, input.customerId);
  const script = await ctx.db
    .updateTable('script')
    .set((eb) => ({ copy_count: eb('copy_count', '+', 1), copied_at: ctx.now }))
    .where('id', '=', input.id)
    .returning('words')
    .executeTakeFirst();
  if (!script) throw new AppError('not_found');
  const template = readTemplate(script.words, 'plain', []);
  const staffId = ctx.actor.kind === 'system' ? null : ctx.actor.staffId;
  const whom = { customerId: input.customerId ?? null, staffId, codeId: null };
  const [values = {}] = await readValues(ctx, template.variables, [whom]);
  const filled = template.fill(values, { linkOf: (url) => url });
  return { words: filled?.text ?? script.words, missing: [...(filled?.missing ?? [])] };
}
