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

/** How long a setting is used before it is looked up again: another process may have changed it. */
const trustMs = 1000;

/** Keeps in this process what is made of a setting, a connection for instance, and makes it anew when the setting changes. */
export function keepMade<Made>(key: string, make: (value: unknown) => Made) {
  let current: { version: string; made: Made; readAt: number } | undefined;
  return {
    /** Undefined while there is no such setting. */
    async get(ctx: Pick<Ctx, 'db'>): Promise<Made | undefined> {
      // The machine's time: this is about the age of a copy.
      if (current && Date.now() - current.readAt < trustMs) return current.made;
      const found = await readSetting(ctx, key);
      if (!found) return undefined;
      const version = JSON.stringify(found.value);
      const made = current?.version === version ? current.made : make(found.value);
      current = { version, made, readAt: Date.now() };
      return made;
    },
    /** The setting has just been changed here. */
    forget(): void {
      current = undefined;
    },
  };
}
