import type { Output } from '#contract';
import type { listFolders } from '#contract/acquisition';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { AppError, sqlState } from '#platform/errors';

export async function listAllFolders(ctx: Ctx): Promise<Output<typeof listFolders>> {
  const rows = await ctx.db
    .selectFrom('code_folder as f')
    .select((eb) => [
      'f.id',
      'f.name',
      eb
        .selectFrom('channel_code as c')
        .whereRef('c.folder_id', '=', 'f.id')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .as('codeCount'),
    ])
    .orderBy('f.name')
    .execute();
  return { rows: rows.map((row) => ({ ...row, codeCount: row.codeCount ?? 0 })) };
}

export async function addFolder(ctx: WriteCtx, name: string): Promise<number> {
  const { id } = await translateTaken(() =>
    ctx.db.insertInto('code_folder').values({ name }).returning('id').executeTakeFirstOrThrow(),
  );
  await recordAudit(ctx, {
    action: 'code_folder.created',
    subjectKind: 'code_folder',
    subjectId: id,
    subjectName: name,
  });
  return id;
}

/** The folder of this name, made when there is none: a CSV names folders. */
export async function ensureFolder(ctx: WriteCtx, name: string): Promise<number> {
  const found = await ctx.db.selectFrom('code_folder').select('id').where('name', '=', name).executeTakeFirst();
  return found?.id ?? addFolder(ctx, name);
}

export async function renameFolder(ctx: WriteCtx, id: number, name: string): Promise<void> {
  const before = await ctx.db
    .selectFrom('code_folder')
    .select('name')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  await translateTaken(() => ctx.db.updateTable('code_folder').set({ name }).where('id', '=', id).execute());
  await recordAudit(ctx, {
    action: 'code_folder.renamed',
    subjectKind: 'code_folder',
    subjectId: id,
    subjectName: name,
    before,
    after: { name },
  });
}

export async function removeFolder(ctx: WriteCtx, id: number): Promise<void> {
  try {
    const gone = await ctx.db.deleteFrom('code_folder').where('id', '=', id).returning('name').executeTakeFirst();
    if (!gone) throw new AppError('not_found');
    await recordAudit(ctx, {
      action: 'code_folder.deleted',
      subjectKind: 'code_folder',
      subjectId: id,
      subjectName: gone.name,
    });
  } catch (error) {
    // A code still points at it.
    if (sqlState(error) === '23503') throw new AppError('folder_not_empty');
    throw error;
  }
}

async function translateTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) === '23505') throw new AppError('folder_name_taken');
    throw error;
  }
}
