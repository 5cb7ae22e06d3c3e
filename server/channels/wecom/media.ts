import { listMaterialsWaiting, readMaterial } from '#content';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Connection } from './connection.ts';
import type { Failure } from './errors.ts';

/** WeCom forgets a temporary file after three days (doc of media/upload); it is uploaded again half a day before. */
const mediaLifeMs = 2.5 * 24 * 3600_000;

/** What a file is for: WeCom gives ids of their own to files for Moments. */
export type MediaUse = 'message' | 'moment';

/** WeCom's id of one of our files, uploaded when WeCom does not have it. */
export async function ensureMedia(
  ctx: Ctx,
  connection: Connection,
  materialId: number,
  use: MediaUse,
): Promise<{ mediaId: string } | { failure: Failure } | { missing: true }> {
  const known = await ctx.db
    .selectFrom('wecom_media')
    .select('media_id')
    .where('material_id', '=', materialId)
    .where('use', '=', use)
    .where('expires_at', '>', ctx.now)
    .executeTakeFirst();
  if (known) return { mediaId: known.media_id };
  const material = await readMaterial(ctx, materialId);
  if (!material) return { missing: true };
  const kind = material.kind as 'image' | 'video' | 'file';
  const lane = { lane: 'urgent' } as const;
  const receipt =
    use === 'moment' && kind !== 'file'
      ? await connection.client.uploadForMoment(kind, material.name, material.bytes, lane)
      : await connection.client.upload(kind, material.name, material.bytes, lane);
  if (!receipt.ok) return { failure: receipt };
  const row = { media_id: receipt.value.media_id, expires_at: new Date(ctx.now.getTime() + mediaLifeMs) };
  await inTransaction(ctx, (ctx) =>
    ctx.db
      .insertInto('wecom_media')
      .values({ material_id: materialId, use, ...row })
      .onConflict((conflict) => conflict.columns(['material_id', 'use']).doUpdateSet(row))
      .execute(),
  );
  return { mediaId: receipt.value.media_id };
}

/** Uploads again what WeCom is about to forget and messages that wait still need. */
export async function renewMedia(ctx: Ctx, connection: Connection): Promise<void> {
  for (const materialId of await listMaterialsWaiting(ctx)) await ensureMedia(ctx, connection, materialId, 'message');
}

/** Forgets ids that WeCom no longer knows, so that the next attempt uploads again. */
export async function forgetMedia(ctx: Ctx, materialIds: readonly number[]): Promise<void> {
  if (materialIds.length === 0) return;
  await inTransaction(ctx, (ctx) =>
    ctx.db
      .deleteFrom('wecom_media')
      .where('material_id', 'in', [...materialIds])
      .execute(),
  );
}
