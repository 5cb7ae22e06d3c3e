import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { gramsOf, normalizeForSearch } from './rules.ts';

/** What a search finds people by: their name and every remark about them. */
export async function refreshSearch(ctx: WriteCtx, customerIds: readonly number[]): Promise<void> {
  if (customerIds.length === 0) return;
  const { rows } = await sql<{ id: number; text: string; known: string }>`
    select c.id, c.search_text as known,
      concat_ws(' ', c.name, c.corp_name, (select string_agg(distinct f.remark, ' ') from follow f where f.customer_id = c.id and f.remark <> '')) as text
    from customer c where c.id = any(${customerIds})
  `.execute(ctx.db);
  const different = rows
    .map((row) => ({ id: row.id, text: normalizeForSearch(row.text), known: row.known }))
    .filter((row) => row.text !== row.known)
    .map((row) => ({ id: row.id, text: row.text, grams: gramsOf(row.text) }));
  if (different.length === 0) return;
  await sql`
    update customer c set search_text = r.text, search_grams = array(select jsonb_array_elements_text(r.grams))
    from jsonb_to_recordset(${JSON.stringify(different)}::jsonb) as r(id bigint, text text, grams jsonb)
    where c.id = r.id
  `.execute(ctx.db);
}
