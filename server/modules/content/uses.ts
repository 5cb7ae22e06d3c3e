import type { Output } from '#contract';
import type { listContentUses, listMaterialUses } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';

export type ContentUse = Output<typeof listContentUses>['uses'][number];

/** Tells what of a module further down uses a content; those modules are wired in server/modules.ts. */
export type FindUses = (ctx: Ctx, contentId: number) => Promise<readonly ContentUse[]>;

export async function readContentUses(
  ctx: Ctx,
  contentId: number,
  finders: readonly FindUses[],
): Promise<Output<typeof listContentUses>> {
  const content = await ctx.db.selectFrom('content').select('id').where('id', '=', contentId).executeTakeFirst();
  if (!content) throw new AppError('not_found');
  const uses = await Promise.all(finders.map((find) => find(ctx, contentId)));
  return { uses: uses.flat() };
}

/** Contents whose words of today carry a file, and welcomes that do; also those that named one whose place it took. */
export async function readMaterialUses(ctx: Ctx, materialId: number): Promise<Output<typeof listMaterialUses>> {
  const material = await ctx.db.selectFrom('material').select('id').where('id', '=', materialId).executeTakeFirst();
  if (!material) throw new AppError('not_found');
  const carries = (attachments: string) => sql`exists (
    select 1 from jsonb_array_elements(${sql.raw(attachments)}) as a
    where (a ->> 'materialId')::bigint in (select id from material where id = ${materialId} or replaced_by = ${materialId})
  )`;
  const { rows } = await sql<ContentUse>`
    select 'content' as kind, c.id, c.name from content c join content_version v on v.id = c.version_id
    where c.archived_at is null and (
      ${carries("coalesce(v.wordings #> '{wecom,attachments}', '[]')")}
      or ${carries("coalesce(v.wordings #> '{moment,attachments}', '[]')")}
    )
    union all
    select 'code', c.id, c.name from channel_code c
    where c.ended_at is null and ${carries("coalesce(c.welcome #> '{message,attachments}', '[]')")}
    union all
    select 'default_welcome', null, '' from setting s
    where s.key = 'acquisition.default_welcome' and ${carries("coalesce(s.value #> '{message,attachments}', '[]')")}
    order by 1, 3
  `.execute(ctx.db);
  return { uses: rows };
}

/**
 * Files of messages that are packed and wait to be handed over. A platform that forgets files, as WeCom does, keeps these
 * renewed meanwhile.
 */
export async function listMaterialsWaiting(ctx: Ctx): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct coalesce(m.replaced_by, m.id) as id
    from touch_pack p, jsonb_path_query(p.message, '$.attachments[*].materialId') as found
    join material m on m.id = (found #>> '{}')::bigint
    where p.state in ('planned', 'claimed') order by 1
  `.execute(ctx.db);
  return rows.map((row) => row.id);
}
