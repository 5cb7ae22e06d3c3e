import type { Input, Output } from '#contract';
import type { createSource, listSources, updateSource } from '#contract/web';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { AppError, sqlState } from '#platform/errors';
import { randomKey } from '#platform/ids';

type Source = Output<typeof listSources>['rows'][number];

export async function readSources(ctx: Ctx): Promise<Output<typeof listSources>> {
  const rows = await ctx.db.selectFrom('source').selectAll().orderBy('id').execute();
  return {
    rows: rows.map((row) => ({
      id: row.id,
      name: row.name,
      kind: row.kind as Source['kind'],
      writeKey: row.write_key,
      isEnabled: row.is_enabled,
      lastToldAt: row.last_told_at?.toISOString() ?? null,
      createdAt: row.created_at.toISOString(),
    })),
  };
}

export async function addSource(ctx: WriteCtx, input: Input<typeof createSource>): Promise<number> {
  const { id } = await translateTaken(() =>
    ctx.db
      .insertInto('source')
      .values({ name: input.name, kind: input.kind, write_key: randomKey(32), created_at: ctx.now })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  await recordAudit(ctx, {
    action: 'source.created',
    subjectKind: 'source',
    subjectId: id,
    subjectName: input.name,
    after: { kind: input.kind },
  });
  return id;
}

export async function changeSource(ctx: WriteCtx, input: Input<typeof updateSource>): Promise<void> {
  const before = await ctx.db
    .selectFrom('source')
    .select(['name', 'is_enabled as isEnabled'])
    .where('id', '=', input.id)
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  const after = { name: input.name ?? before.name, isEnabled: input.isEnabled ?? before.isEnabled };
  await translateTaken(() =>
    ctx.db
      .updateTable('source')
      .set({
        name: after.name,
        is_enabled: after.isEnabled,
        ...(input.newKey ? { write_key: randomKey(32) } : {}),
      })
      .where('id', '=', input.id)
      .execute(),
  );
  await recordAudit(ctx, {
    action: input.newKey ? 'source.key_renewed' : 'source.updated',
    subjectKind: 'source',
    subjectId: input.id,
    subjectName: after.name,
    before,
    after,
  });
}

export async function requireSource(ctx: Ctx, id: number): Promise<void> {
  const row = await ctx.db.selectFrom('source').select('id').where('id', '=', id).executeTakeFirst();
  if (!row) throw new AppError('not_found');
}

async function translateTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) === '23505') throw new AppError('source_name_taken');
    throw error;
  }
}

/** How long a key is trusted before it is looked up again: a source that was switched off stops within this. */
const trustMs = 1000;
const notedEveryMs = 60_000;

/** Finds sources by their keys; one per process. */
export function createDoorkeeper() {
  const known = new Map<string, { id: number | undefined; readAt: number; notedAt: number }>();

  async function find(ctx: Pick<Ctx, 'db'>, key: string): Promise<{ id: number | undefined; notedAt: number }> {
    const cached = known.get(key);
    if (cached && Date.now() - cached.readAt < trustMs) return cached;
    const row = await ctx.db
      .selectFrom('source')
      .select('id')
      .where('write_key', '=', key)
      .where('is_enabled', '=', true)
      .executeTakeFirst();
    // A flood of wrong keys must not fill the memory.
    if (known.size > 1000) known.clear();
    const entry = { id: row?.id, readAt: Date.now(), notedAt: cached?.notedAt ?? 0 };
    known.set(key, entry);
    return entry;
  }

  return {
    /** The id of the source, or a refusal. */
    async admit(ctx: WriteCtx, key: string | undefined): Promise<number> {
      const entry = key !== undefined && /^\w{1,64}$/.test(key) ? await find(ctx, key) : undefined;
      if (entry?.id === undefined) throw new AppError('write_key_invalid');
      if (ctx.now.getTime() - entry.notedAt > notedEveryMs) {
        entry.notedAt = ctx.now.getTime();
        await ctx.db.updateTable('source').set({ last_told_at: ctx.now }).where('id', '=', entry.id).execute();
      }
      return entry.id;
    },
  };
}

/** The write key: the user name of Basic authentication, or what the body says. */
export function readWriteKey(authorization: string | undefined, inBody: string | undefined): string | undefined {
  const encoded = /^basic\s+([\w+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return inBody;
  const [user = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 1);
  return user;
}
