import type { Input, Output } from '#contract';
import {
  addressesOf,
  type archiveContent,
  type createContent,
  type getContent,
  type getContentVersion,
  type listContents,
  type updateContent,
  type WordingKind,
  type Wordings,
  wordings as wordingsSchema,
} from '#contract/content';
import { gramsOf, gramsToFind, normalizeForSearch } from '#customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { AppError, constraintName } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { checkWordings, kindsOf } from './checks.ts';
import { assertFolder } from './folders.ts';
import { ensureLinks, readAttributeKeys } from './lookups.ts';
import { assertMaterials } from './materials.ts';

type Draft = Input<typeof createContent>;
type Row = Output<typeof listContents>['rows'][number];

/** A content as lists show it. */
interface StoredRow {
  id: number;
  name: string;
  folder: Row['folder'];
  category: Row['category'];
  wordings: unknown;
  trackedCount: number;
  versionId: number;
  versionNumber: number;
  isArchived: boolean;
  updatedAt: Date;
  updatedBy: string;
}

const selectRows = (where: RawBuilder<unknown>) => sql<StoredRow>`
  select c.id, c.name, c.category, v.wordings, coalesce(cardinality(v.tracked_urls), 0) as "trackedCount",
    v.id as "versionId", v.number as "versionNumber", c.archived_at is not null as "isArchived",
    c.updated_at as "updatedAt", v.created_by as "updatedBy",
    (select json_build_object('id', f.id, 'name', f.name) from content_folder f where f.id = c.folder_id) as folder
  from content c join content_version v on v.id = c.version_id ${where}
`;

function toRow({ wordings: stored, ...row }: StoredRow): Row {
  const wordings = wordingsSchema.parse(stored);
  return {
    ...row,
    updatedAt: row.updatedAt.toISOString(),
    wordingKinds: kindsOf(wordings),
    excerpt: excerptOf(wordings).slice(0, 120),
    imageId: imageOf(wordings),
  };
}

function excerptOf(wordings: Wordings): string {
  const texts: Record<WordingKind, string | undefined> = {
    wecom: wordings.wecom?.text,
    moment: wordings.moment?.text,
    email: wordings.email?.subject,
    sms: wordings.sms?.templateText,
    task: wordings.task?.words,
    webhook: wordings.webhook?.fields[0]?.text,
  };
  return Object.values(texts).find((text) => text !== undefined && text !== '') ?? '';
}

function imageOf(wordings: Wordings): number | null {
  const attachments = [...(wordings.wecom?.attachments ?? []), ...(wordings.moment?.attachments ?? [])];
  const found = attachments.find((attachment) => attachment.kind === 'image');
  return found?.kind === 'image' ? found.materialId : null;
}

export async function listContentPage(
  ctx: Ctx,
  input: Input<typeof listContents>,
): Promise<Output<typeof listContents>> {
  const cursor = decodeCursor(input.after, ['number']);
  const search = input.search === undefined ? undefined : normalizeForSearch(input.search);
  const { rows } = await selectRows(sql`
    where c.archived_at is ${input.archived ? sql`not null` : sql`null`}
      and (${cursor === undefined} or c.id < ${cursor?.[0] ?? 0})
      and (${search === undefined} or c.search_grams @> ${gramsToFind(search ?? '')}::text[] and strpos(c.search_text, ${search ?? ''}) > 0)
      and (${input.category ?? null}::text is null or c.category = ${input.category ?? ''})
      and (${input.folder ?? null}::bigint is null or c.folder_id = ${input.folder ?? 0})
      and (${input.wording ?? null}::text is null or v.wordings ? ${input.wording ?? ''})
    order by c.id desc limit ${input.limit + 1}
  `).execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { next: page.next, rows: page.rows.map(toRow) };
}

export async function readContent(ctx: Ctx, id: number): Promise<Output<typeof getContent>> {
  const { rows } = await selectRows(sql`where c.id = ${id}`).execute(ctx.db);
  const [row] = rows;
  if (!row) throw new AppError('not_found');
  const versions = await ctx.db
    .selectFrom('content_version')
    .select(['id', 'number', 'created_at', 'created_by', 'tracked_urls'])
    .where('content_id', '=', id)
    .orderBy('number', 'desc')
    .limit(200)
    .execute();
  return {
    ...toRow(row),
    wordings: wordingsSchema.parse(row.wordings),
    trackedUrls: versions.find((version) => version.id === row.versionId)?.tracked_urls ?? [],
    versions: versions.map((version) => ({
      id: version.id,
      number: version.number,
      createdAt: version.created_at.toISOString(),
      createdBy: version.created_by,
    })),
  };
}

export async function readContentVersion(
  ctx: Ctx,
  input: Input<typeof getContentVersion>,
): Promise<Output<typeof getContentVersion>> {
  const version = await ctx.db
    .selectFrom('content_version')
    .selectAll()
    .where('content_id', '=', input.id)
    .where('number', '=', input.number)
    .executeTakeFirst();
  if (!version) throw new AppError('not_found');
  return {
    wordings: wordingsSchema.parse(version.wordings),
    trackedUrls: version.tracked_urls,
    createdAt: version.created_at.toISOString(),
    createdBy: version.created_by,
  };
}

/** Refuses words that cannot be said: each problem with its field. Returns the draft with the addresses it really tracks. */
async function assertDraft(ctx: WriteCtx, draft: Draft): Promise<Draft> {
  await assertFolder(ctx, 'content', draft.folderId);
  const written = addressesOf(draft.wordings);
  const trackedUrls = [...new Set(draft.trackedUrls)].filter((url) => written.has(url));
  const attributeKeys = await readAttributeKeys(ctx);
  const fields = checkWordings(draft.wordings, { attributeKeys, trackedUrls });
  if (fields.length > 0) throw new AppError('input_invalid', { fields });
  await assertMaterials(ctx, [
    ...(draft.wordings.wecom?.attachments ?? []),
    ...(draft.wordings.moment?.attachments ?? []),
  ]);
  await ensureLinks(ctx, trackedUrls);
  return { ...draft, trackedUrls };
}

function searchOf(draft: Draft) {
  const text = normalizeForSearch(`${draft.name} ${excerptOf(draft.wordings).slice(0, 100)}`);
  return { search_text: text, search_grams: gramsOf(text, 400) };
}

export async function addContent(ctx: WriteCtx, input: Draft): Promise<Output<typeof createContent>> {
  const draft = await assertDraft(ctx, input);
  const { id } = await translateTaken(() =>
    ctx.db
      .insertInto('content')
      .values({
        name: draft.name,
        folder_id: draft.folderId,
        category: draft.category,
        ...searchOf(draft),
        created_at: ctx.now,
        updated_at: ctx.now,
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  const versionId = await addVersion(ctx, id, 1, draft);
  await recordAudit(ctx, {
    action: 'content.created',
    subjectKind: 'content',
    subjectId: id,
    subjectName: draft.name,
    after: draft,
  });
  return { id, versionId };
}

async function addVersion(ctx: WriteCtx, contentId: number, number: number, draft: Draft): Promise<number> {
  const { id } = await ctx.db
    .insertInto('content_version')
    .values({
      content_id: contentId,
      number,
      wordings: JSON.stringify(draft.wordings),
      tracked_urls: draft.trackedUrls,
      created_by: ctx.actor.name,
      created_at: ctx.now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await ctx.db.updateTable('content').set({ version_id: id }).where('id', '=', contentId).execute();
  return id;
}

/** Other words make a new version; another name, folder or category does not. */
export async function changeContent(
  ctx: WriteCtx,
  { id, versionId, ...input }: Input<typeof updateContent>,
): Promise<Output<typeof updateContent>> {
  const content = await lockContent(ctx, id);
  if (content.archived_at) throw new AppError('content_archived', { details: { contentId: id } });
  if (content.version_id !== versionId) throw new AppError('content_changed');
  const draft = await assertDraft(ctx, input);
  const before = await ctx.db
    .selectFrom('content_version')
    .select(['number', 'wordings', 'tracked_urls'])
    .where('id', '=', versionId)
    .executeTakeFirstOrThrow();
  await translateTaken(() =>
    ctx.db
      .updateTable('content')
      .set({
        name: draft.name,
        folder_id: draft.folderId,
        category: draft.category,
        ...searchOf(draft),
        updated_at: ctx.now,
      })
      .where('id', '=', id)
      .execute(),
  );
  const known = wordingsSchema.parse(before.wordings);
  const isSame = JSON.stringify([known, before.tracked_urls]) === JSON.stringify([draft.wordings, draft.trackedUrls]);
  const newest = isSame ? versionId : await addVersion(ctx, id, before.number + 1, draft);
  await recordAudit(ctx, {
    action: 'content.updated',
    subjectKind: 'content',
    subjectId: id,
    subjectName: draft.name,
    before: {
      name: content.name,
      folderId: content.folder_id,
      category: content.category,
      ...(isSame ? {} : { wordings: known, trackedUrls: before.tracked_urls }),
    },
    after: {
      name: draft.name,
      folderId: draft.folderId,
      category: draft.category,
      ...(isSame ? {} : { wordings: draft.wordings, trackedUrls: draft.trackedUrls }),
    },
  });
  return { versionId: newest };
}

export async function setArchived(ctx: WriteCtx, { id, isArchived }: Input<typeof archiveContent>): Promise<void> {
  const content = await lockContent(ctx, id);
  if ((content.archived_at !== null) === isArchived) return;
  // The name may have been given to another meanwhile.
  await translateTaken(() =>
    ctx.db
      .updateTable('content')
      .set({ archived_at: isArchived ? ctx.now : null })
      .where('id', '=', id)
      .execute(),
  );
  await recordAudit(ctx, {
    action: isArchived ? 'content.archived' : 'content.restored',
    subjectKind: 'content',
    subjectId: id,
    subjectName: content.name,
  });
}

async function lockContent(ctx: WriteCtx, id: number) {
  const content = await ctx.db.selectFrom('content').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!content) throw new AppError('not_found');
  return content;
}

async function translateTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (constraintName(error) === 'content_name') throw new AppError('content_name_taken');
    throw error;
  }
}
