import type { Wordings } from '#contract/content';
import { wordings as wordingsSchema } from '#contract/content';
import type { Category } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { type ContentChannel, readWording, wordingOf } from './wordings.ts';

/** One version of a content. It never changes. */
export interface ContentVersion {
  readonly id: number;
  readonly contentId: number;
  readonly name: string;
  readonly number: number;
  readonly category: Category;
  readonly isArchived: boolean;
  readonly wordings: Wordings;
  readonly trackedUrls: readonly string[];
}

export async function readVersions(ctx: Ctx, ids: readonly number[]): Promise<Map<number, ContentVersion>> {
  if (ids.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('content_version as v')
    .innerJoin('content as c', 'c.id', 'v.content_id')
    .select([
      'v.id',
      'v.content_id',
      'v.number',
      'v.wordings',
      'v.tracked_urls',
      'c.name',
      'c.category',
      'c.archived_at',
    ])
    .where('v.id', 'in', [...ids])
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        contentId: row.content_id,
        name: row.name,
        number: row.number,
        category: row.category as Category,
        isArchived: row.archived_at !== null,
        wordings: wordingsSchema.parse(row.wordings),
        trackedUrls: row.tracked_urls,
      },
    ]),
  );
}

/** A version that was chosen once; it may be used as long as it exists, also when its content was archived since. */
export async function requireVersion(ctx: Ctx, versionId: number): Promise<ContentVersion> {
  const version = (await readVersions(ctx, [versionId])).get(versionId);
  if (!version) throw new AppError('content_unknown', { details: { versionId } });
  return version;
}

/** The version of a content that is used from now on. Refuses contents that were archived: nothing new is said with them. */
export async function currentVersion(ctx: Ctx, contentId: number): Promise<ContentVersion> {
  const row = await ctx.db.selectFrom('content').select('version_id').where('id', '=', contentId).executeTakeFirst();
  if (row?.version_id == null) throw new AppError('content_unknown', { details: { contentId } });
  const version = await requireVersion(ctx, row.version_id);
  if (version.isArchived) throw new AppError('content_archived', { details: { contentId } });
  return version;
}

/**
 * Whether everybody who hears it from one staff member on this channel hears the same words, so that one pack for each
 * member is enough. True also where the version says nothing on this channel.
 */
export function isSameForAll(version: ContentVersion, channel: ContentChannel): boolean {
  const wording = readWording(version.wordings, wordingOf[channel], version.trackedUrls);
  return ![...(wording?.variables ?? [])].some((name) => name.startsWith('customer.'));
}

/** Whether a version has something to say on a channel. */
export function hasWording(version: ContentVersion, channel: ContentChannel): boolean {
  return readWording(version.wordings, wordingOf[channel], version.trackedUrls) !== undefined;
}
