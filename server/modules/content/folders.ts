import type { Input, Output } from '#contract';
import type { createContentFolder, listContentFolders } from '#contract/content';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError, sqlState } from '#platform/errors';

type FolderKind = Input<typeof listContentFolders>['kind'];

export async function listAllFolders(
  ctx: Ctx,
  { kind }: { kind: FolderKind },
): Promise<Output<typeof listContentFolders>> {
  const { rows } = await sql<Output<typeof listContentFolders>['rows'][number]>`
    select f.id, f.name, case f.kind
      when 'content' then (select count(*) from content x where x.folder_id = f.id and x.archived_at is null)
      when 'material' then (select count(*) from material x where x.folder_id = f.id and x.archived_at is null and x.replaced_by is null)
      else (select count(*) from script x where x.folder_id = f.id) end as count
    from content_folder f where f.kind = ${kind} order by f.name
  `.execute(ctx.db);
  return { rows };
}

export async function addFolder(ctx: WriteCtx, input: Input<typeof createContentFolder>): Promise<number> {
  const { id } = await translateTaken(() =>
    ctx.db
      .insertInto('content_folder')
      .values({ kind: input.kind, name: input.name })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  await recordAudit(ctx, {
    action: 'content_folder.created',
    subjectKind: 'content_folder',
    subjectId: id,
    subjectName: input.name,
  });
  return id;
}

export async function renameFolder(ctx: WriteCtx, id: number, name: string): Promise<void> {
  const before = await ctx.db
    .selectFrom('content_folder')
    .select('name')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  await translateTaken(() => ctx.db.updateTable('content_folder').set({ name }).where('id', '=', id).execute());
  await recordAudit(ctx, {
    action: 'content_folder.renamed',
    subjectKind: 'content_folder',
    subjectId: id,
    subjectName: name,
    before,
    after: { name },
  });
}

export async function removeFolder(ctx: WriteCtx, id: number): Promise<void> {
  for (const table of ['content', 'material', 'script'] as const) {
    await ctx.db.updateTable(table).set({ folder_id: null }).where('folder_id', '=', id).execute();
  }
  const gone = await ctx.db.deleteFrom('content_folder').where('id', '=', id).returning('name').executeTakeFirst();
  if (!gone) throw new AppError('not_found');
  await recordAudit(ctx, {
    action: 'content_folder.deleted',
    subjectKind: 'content_folder',
    subjectId: id,
    subjectName: gone.name,
  });
}

/** Refuses a folder that is not there, or is one of other things. */
export async function assertFolder(ctx: Ctx, kind: FolderKind, id: number | null | undefined): Promise<void> {
  if (id == null) return;
  const found = await ctx.db
    .selectFrom('content_folder')
    .select('id')
    .where('id', '=', id)
    .where('kind', '=', kind)
    .executeTakeFirst();
  if (!found) throw new AppError('folder_unknown');
}

async function translateTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) === '23505') throw new AppError('folder_name_taken');
    throw error;
  }
}
