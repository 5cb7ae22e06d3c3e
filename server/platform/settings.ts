import type { Ctx, WriteCtx } from './ctx.ts';

/** One row for each thing that exists once: its value as JSON, and when it was saved. Keys are `<module>.<noun>`. */
export async function readSetting(
  ctx: Pick<Ctx, 'db'>,
  key: string,
): Promise<{ value: unknown; savedAt: Date } | undefined> {
  return await ctx.db
    .selectFrom('setting')
    .select(['value', 'updated_at as savedAt'])
    .where('key', '=', key)
    .executeTakeFirst();
}

export async function saveSetting(ctx: WriteCtx, key: string, value: unknown): Promise<void> {
  const row = { key, value: JSON.stringify(value), updated_at: ctx.now };
  await ctx.db
    .insertInto('setting')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: row.value, updated_at: row.updated_at }))
    .execute();
}
