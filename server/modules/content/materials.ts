import { createHash } from 'node:crypto';
import type { Output } from '#contract';
import type { createMaterial, Message } from '#contract/content';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { type MaterialKind, materialIdsOf, materialLimits, recognize, unknownVariables } from './rules.ts';

type Description = Output<typeof createMaterial>;

export async function addMaterial(ctx: WriteCtx, name: string, bytes: Buffer): Promise<Description> {
  // WeCom takes no file of five bytes or fewer.
  if (bytes.length <= 5) throw new AppError('material_type_unsupported', { details: { reason: 'empty' } });
  const { kind, contentType } = recognize(bytes, name);
  if (bytes.length > materialLimits[kind])
    throw new AppError('body_too_large', { details: { kind, limit: materialLimits[kind] } });
  const row = {
    name,
    kind,
    content_type: contentType,
    byte_count: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes,
    created_at: ctx.now,
  };
  const { id } = await ctx.db.insertInto('material').values(row).returning('id').executeTakeFirstOrThrow();
  await recordAudit(ctx, {
    action: 'material.created',
    subjectKind: 'material',
    subjectId: id,
    subjectName: name,
    after: { kind, byteCount: bytes.length },
  });
  return { id, name, kind, contentType, byteCount: bytes.length };
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

/** Refuses a message that names unknown variables, or files that are not there or of another kind. */
export async function assertMessage(ctx: Ctx, message: Message): Promise<void> {
  const unknown = unknownVariables(message.text);
  if (unknown.length > 0) throw new AppError('welcome_variable_unknown', { details: { variables: unknown } });
  const ids = materialIdsOf(message);
  if (ids.length === 0) return;
  const rows = await ctx.db.selectFrom('material').select(['id', 'kind']).where('id', 'in', ids).execute();
  const kinds = new Map(rows.map((row) => [row.id, row.kind]));
  for (const attachment of message.attachments) {
    if (!('materialId' in attachment)) continue;
    const needs = attachment.kind === 'mini_program' ? 'image' : attachment.kind;
    const kind = kinds.get(attachment.materialId);
    // Any file may be sent as a file.
    if (kind === undefined || (needs !== 'file' && kind !== needs)) {
      throw new AppError('material_unknown', { details: { materialId: attachment.materialId, needs } });
    }
  }
}
