import type { Input } from '#contract';
import type { cancelTouchPack, decideTouch, decideTouchPack, remindTouchPack } from '#contract/touch';
import { recordAudit } from '#organization';
import { type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { deliveryChannel } from './gate.ts';
import { type FinishedTouch, finishedColumns, finishTouches } from './ledger.ts';
import { urgentChannel } from './plan.ts';

/** What an operator does with single touches and packs; the pumps talk to the platform. */

export async function decideAboutTouch(ctx: WriteCtx, { id, as }: Input<typeof decideTouch>): Promise<void> {
  const touch = await ctx.db
    .selectFrom('touch')
    .select(['state', 'pack_id'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!touch) throw new AppError('not_found');
  if (touch.pack_id !== null) throw new AppError('touch_in_pack');
  if (touch.state !== 'unknown') throw new AppError('touch_known');
  await decide(ctx, sql`t.id = ${id}`, as, 'allowed');
  await recordAudit(ctx, { action: 'touch.decided', subjectKind: 'touch', subjectId: id, after: { as } });
}

export async function decideAboutPack(ctx: WriteCtx, { id, as }: Input<typeof decideTouchPack>): Promise<void> {
  const pack = await requirePack(ctx, id);
  if (pack.state !== 'unknown') throw new AppError('pack_known');
  await ctx.db
    .updateTable('touch_pack')
    .set(
      as === 'sent'
        ? { state: 'done', reason: 'decided_by_hand', ended_at: ctx.now }
        : { state: 'planned', reason: null, may_have_arrived: false, attempts: 0, retry_at: null, ending: null },
    )
    .where('id', '=', id)
    .execute();
  await decide(ctx, sql`t.pack_id = ${id}`, as, 'claimed');
  await recordAudit(ctx, { action: 'touch_pack.decided', subjectKind: 'touch_pack', subjectId: id, after: { as } });
}

/** `again`: it counts as under way once more. */
async function decide(
  ctx: WriteCtx,
  which: ReturnType<typeof sql>,
  as: 'sent' | 'again',
  waiting: 'allowed' | 'claimed',
): Promise<void> {
  if (as === 'sent') {
    const { rows } = await sql<FinishedTouch>`
      update touch t set state = 'submitted', reason = 'decided_by_hand', settled_at = ${ctx.now}
      where ${which} and t.state = 'unknown' returning ${finishedColumns}, ${ctx.now}::timestamptz as at
    `.execute(ctx.db);
    return await finishTouches(ctx, rows);
  }
  await sql`
    with again as (
      update touch t set state = ${waiting}, reason = null, settled_at = null, retry_at = null, attempts = 0
      where ${which} and t.state = 'unknown' returning t.customer_id, t.id
    )
    update attention a set is_open = true from again where a.customer_id = again.customer_id and a.touch_id = again.id
  `.execute(ctx.db);
  wake(ctx, deliveryChannel);
  wake(ctx, urgentChannel);
}

const dayMs = 86_400_000;
/** WeCom's limit within 24 hours (doc 97610). */
const maxReminders = 3;

export async function askToRemind(ctx: WriteCtx, { id }: Input<typeof remindTouchPack>): Promise<void> {
  const pack = await requirePack(ctx, id);
  if (pack.state !== 'submitted' || pack.ending !== null) throw new AppError('pack_not_waiting');
  const isRecent = pack.reminded_at !== null && ctx.now.getTime() - pack.reminded_at.getTime() < dayMs;
  if (pack.reminder_count >= maxReminders && isRecent) throw new AppError('pack_reminded');
  await ctx.db.updateTable('touch_pack').set({ remind_at: ctx.now, poll_at: ctx.now }).where('id', '=', id).execute();
  wake(ctx, deliveryChannel);
  await recordAudit(ctx, { action: 'touch_pack.reminded', subjectKind: 'touch_pack', subjectId: id });
}

export async function cancelPack(ctx: WriteCtx, { id }: Input<typeof cancelTouchPack>): Promise<void> {
  const pack = await requirePack(ctx, id);
  if (!['planned', 'claimed', 'submitted'].includes(pack.state)) throw new AppError('pack_over');
  const poll_at = pack.state === 'submitted' ? ctx.now : null;
  await ctx.db.updateTable('touch_pack').set({ ending: 'cancelled', poll_at }).where('id', '=', id).execute();
  wake(ctx, deliveryChannel);
  await recordAudit(ctx, { action: 'touch_pack.cancelled', subjectKind: 'touch_pack', subjectId: id });
}

async function requirePack(ctx: WriteCtx, id: number) {
  const pack = await ctx.db.selectFrom('touch_pack').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!pack) throw new AppError('not_found');
  return pack;
}
