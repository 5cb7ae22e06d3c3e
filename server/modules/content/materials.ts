import { createHash } from 'node:crypto';
import type { Input, Output } from '#contract';
import type {
  Attachment,
  createMaterial,
  listMaterials,
  Message,
  replaceMaterial,
  updateMaterial,
} from '#contract/content';
import { normalizeForSearch } from '#customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { checkMessage } from './checks.ts';
import { assertFolder } from './folders.ts';
import { ensureLinks, readAttributeKeys } from './lookups.ts';
import { type MaterialKind, materialLimits, recognize } from './rules.ts';

type Description = Output<typeof createMaterial>;

export async function addMaterial(
  ctx: WriteCtx,
  { name, folder }: Input<typeof createMaterial>,
  bytes: Buffer,
): Promise<Description> {
  await assertFolder(ctx, 'material', folder);
  const material = await store(ctx, name, bytes, folder ?? null);
  await recordAudit(ctx, {
    action: 'material.created',
    subjectKind: 'material',
    subjectId: material.id,
    subjectName: name,
    after: { kind: material.kind, byteCount: material.byteCount },
  });
  return material;
}

async function store(ctx: WriteCtx, name: string, bytes: Buffer, folderId: number | null): Promise<Description> {
  // WeCom takes no file of five bytes or fewer.
  if (bytes.length <= 5) throw new AppError('material_type_unsupported', { details: { reason: 'empty' } });
  const { kind, contentType } = recognize(bytes, name);
  if (bytes.length > materialLimits[kind])
    throw new AppError('body_too_large', { details: { kind, limit: materialLimits[kind] } });
  const { id } = await ctx.db
    .insertInto('material')
    .values({
      name,
      kind,
      content_type: contentType,
      byte_count: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes,
      folder_id: folderId,
      created_by: ctx.actor.name,
      created_at: ctx.now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, name, kind, contentType, byteCount: bytes.length };
}

/**
 * Another file of the same kind from now on, wherever this one is carried: in contents, in welcomes, in what is planned
 * already. What was sent stays what it was.
 */
export async function replace(
  ctx: WriteCtx,
  { id, name }: Input<typeof replaceMaterial>,
  bytes: Buffer,
): Promise<Description> {
  const old = await lockMaterial(ctx, id);
  if (old.replaced_by !== null) throw new AppError('material_replaced', { details: { materialId: old.replaced_by } });
  const material = await store(ctx, name, bytes, old.folder_id);
  if (material.kind !== old.kind) throw new AppError('material_type_unsupported', { details: { needs: old.kind } });
  // Those it took the place of itself lead to the newest at once.
  await ctx.db
    .updateTable('material')
    .set({ replaced_by: material.id })
    .where((eb) => eb.or([eb('id', '=', id), eb('replaced_by', '=', id)]))
    .execute();
  await recordAudit(ctx, {
    action: 'material.replaced',
    subjectKind: 'material',
    subjectId: id,
    subjectName: old.name,
    after: { materialId: material.id, name, byteCount: material.byteCount },
  });
  return material;
}

async function lockMaterial(ctx: WriteCtx, id: number) {
  const material = await ctx.db
    .selectFrom('material')
    .select(['id', 'name', 'kind', 'folder_id', 'replaced_by', 'archived_at'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!material) throw new AppError('not_found');
  return material;
}

export async function changeMaterial(ctx: WriteCtx, input: Input<typeof updateMaterial>): Promise<void> {
  const before = await lockMaterial(ctx, input.id);
  await assertFolder(ctx, 'material', input.folderId);
  await ctx.db
    .updateTable('material')
    .set({
      name: input.name,
      folder_id: input.folderId,
      archived_at: input.isArchived ? (before.archived_at ?? ctx.now) : null,
    })
    .where('id', '=', input.id)
    .execute();
  await recordAudit(ctx, {
    action: 'material.updated',
    subjectKind: 'material',
    subjectId: input.id,
    subjectName: input.name,
    before: { name: before.name, folderId: before.folder_id, isArchived: before.archived_at !== null },
    after: { name: input.name, folderId: input.folderId, isArchived: input.isArchived },
  });
}

export async function listMaterialPage(
  ctx: Ctx,
  input: Input<typeof listMaterials>,
): Promise<Output<typeof listMaterials>> {
  const cursor = decodeCursor(input.after, ['number']);
  type Row = Output<typeof listMaterials>['rows'][number];
  const { rows } = await sql<Omit<Row, 'createdAt'> & { createdAt: Date }>`
    select m.id, m.name, m.kind, m.content_type as "contentType", m.byte_count as "byteCount", m.created_at as "createdAt",
      m.created_by as "createdBy", m.archived_at is not null as "isArchived",
      (select json_build_object('id', f.id, 'name', f.name) from content_folder f where f.id = m.folder_id) as folder
    from material m
    where m.replaced_by is null and m.archived_at is ${input.archived ? sql`not null` : sql`null`}
      and (${cursor === undefined} or m.id < ${cursor?.[0] ?? 0})
      and (${input.kind ?? null}::text is null or m.kind = ${input.kind ?? ''})
      and (${input.folder ?? null}::bigint is null or m.folder_id = ${input.folder ?? 0})
      and (${input.search ?? null}::text is null or strpos(lower(m.name), ${normalizeForSearch(input.search ?? '')}) > 0)
    order by m.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { next: page.next, rows: page.rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() })) };
}

export async function readMaterial(ctx: Pick<Ctx, 'db'>, id: number) {
  return ctx.db
    .selectFrom('material')
    .select(['id', 'name', 'kind', 'content_type as contentType', 'byte_count as byteCount', 'bytes'])
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function describe(ctx: Ctx, id: number): Promise<Description> {
  const row = await ctx.db
    .selectFrom('material')
    .select(['id', 'name', 'kind', 'content_type as contentType', 'byte_count as byteCount'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return { ...row, kind: row.kind as MaterialKind };
}

/**
 * Refuses a message whose templates, length or files are wrong; `at` is its path in the draft. The addresses it tracks are
 * tracked links from then on.
 */
export async function assertMessage(ctx: WriteCtx, message: Message, at: string): Promise<void> {
  const trackedUrls = message.trackedUrls ?? [];
  const fields = checkMessage(message, at, { attributeKeys: await readAttributeKeys(ctx), trackedUrls });
  if (fields.length > 0) throw new AppError('input_invalid', { fields });
  await assertMaterials(ctx, message.attachments);
  await ensureLinks(ctx, trackedUrls);
}

/** Refuses files that are not there, or of another kind. */
export async function assertMaterials(ctx: Ctx, attachments: readonly Attachment[]): Promise<void> {
  const ids = attachments.flatMap((attachment) => ('materialId' in attachment ? [attachment.materialId] : []));
  if (ids.length === 0) return;
  const rows = await ctx.db.selectFrom('material').select(['id', 'kind']).where('id', 'in', ids).execute();
  const kinds = new Map(rows.map((row) => [row.id, row.kind]));
  for (const attachment of attachments) {
    if (!('materialId' in attachment)) continue;
    const needs = attachment.kind === 'mini_program' ? 'image' : attachment.kind;
    const kind = kinds.get(attachment.materialId);
    // Any file may be sent as a file.
    if (kind === undefined || (needs !== 'file' && kind !== needs)) {
      throw new AppError('material_unknown', { details: { materialId: attachment.materialId, needs } });
    }
  }
}
