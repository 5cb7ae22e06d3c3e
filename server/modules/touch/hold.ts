import type { TouchKind } from '#contract/touch';
import { type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { gateChannel } from './plan.ts';

/** Whose touches: a campaign's, a journey's. */
interface Source {
  readonly kind: TouchKind;
  readonly sourceId: number;
}

/**
 * What a source planned waits: nothing of it is decided or handed over until it is resumed, however many touches it has. What a platform
 * or a member has already stays with them. What expires meanwhile is too late when it is resumed.
 */
export async function holdTouches(ctx: WriteCtx, { kind, sourceId }: Source): Promise<void> {
  await ctx.db
    .insertInto('touch_hold')
    .values({ kind, source_id: sourceId, held_at: ctx.now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function resumeTouches(ctx: WriteCtx, { kind, sourceId }: Source): Promise<void> {
  await ctx.db.deleteFrom('touch_hold').where('kind', '=', kind).where('source_id', '=', sourceId).execute();
  wake(ctx, gateChannel);
}

/** Condition on a row of `touch` or `touch_pack` under this name: its source does not hold it. */
export const isNotHeld = (row: string) => sql<boolean>`not exists (
  select 1 from touch_hold h where h.kind = ${sql.ref(`${row}.kind`)} and h.source_id = ${sql.ref(`${row}.source_id`)}
)`;
