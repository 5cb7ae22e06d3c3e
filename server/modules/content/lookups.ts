import type { Ctx, WriteCtx } from '#platform/ctx';
import { sha256 } from '#platform/ids';

/** Ids of tracked links, by their addresses. */
export async function readLinkIds(ctx: Ctx, urls: readonly string[]): Promise<Map<string, number>> {
  if (urls.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('tracked_link')
    .select(['id', 'url'])
    .where('url_sha256', 'in', [...new Set(urls)].map(sha256))
    .execute();
  return new Map(rows.map((row) => [row.url, row.id]));
}

/** Makes tracked links of addresses that are none yet. */
export async function ensureLinks(ctx: WriteCtx, urls: readonly string[]): Promise<void> {
  const rows = [...new Set(urls)].sort().map((url) => ({
    url,
    url_sha256: sha256(url),
    title: titleOf(url),
    created_by: ctx.actor.name,
    created_at: ctx.now,
  }));
  if (rows.length === 0) return;
  await ctx.db
    .insertInto('tracked_link')
    .values(rows)
    .onConflict((conflict) => conflict.column('url_sha256').doUpdateSet({ archived_at: null }))
    .execute();
}

/** What a link is called until somebody names it. */
function titleOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname === '/' ? '' : pathname}`.slice(0, 60);
}

/** Files that took the place of others, by the ids of the others. */
export async function readCurrentMaterials(ctx: Ctx, ids: readonly number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('material')
    .select(['id', 'replaced_by'])
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, row.replaced_by ?? row.id]));
}

/** Keys of the brand's own attributes. */
export async function readAttributeKeys(ctx: Ctx): Promise<Set<string>> {
  const rows = await ctx.db.selectFrom('attribute_definition').select('key').execute();
  return new Set(rows.map((row) => row.key));
}
