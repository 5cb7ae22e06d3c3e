import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Pump } from '#platform/pump';
import { findTouch, type Outcome, settleTouches, withdrawConsent } from '#touch';
import type { SmsReport } from './provider.ts';
import { reasons } from './receipts.ts';
import type { SmsKeeper } from './settings.ts';

/**
 * The provider is asked what became of each message: delivered, or why not. So a message whose answer was lost is found out
 * about, too. Due times are the machine's: carriers know no other.
 */

/** Pauses before each question, in seconds: carriers report within seconds mostly, within three days or not at all. */
const pausesSeconds = [10, 50, 240, 1500, 3600, 6 * 3600, 18 * 3600, 24 * 3600, 24 * 3600];
/** From then on, a message that the provider does not know was never there. */
const absentIsSureAfter = 3;
const batch = 20;

/** Before the call, so that no message is forgotten whose answer is lost. */
export async function keepReport(ctx: WriteCtx, message: { touchId: number; phone: string }): Promise<void> {
  await sql`
    insert into sms_report (touch_id, phone, sent_at, is_accepted, due_at)
    values (${message.touchId}, ${message.phone}, ${ctx.now}, false, clock_timestamp() + make_interval(secs => ${pausesSeconds[0] ?? 0}))
    on conflict (touch_id) do nothing
  `.execute(ctx.db);
}

export async function expectReport(ctx: WriteCtx, touchId: number): Promise<void> {
  await ctx.db.updateTable('sms_report').set({ is_accepted: true }).where('touch_id', '=', touchId).execute();
}

/** The provider has no such message. */
export async function dropReport(ctx: WriteCtx, touchId: number): Promise<void> {
  await ctx.db.deleteFrom('sms_report').where('touch_id', '=', touchId).execute();
}

export async function countUnreported(ctx: Ctx): Promise<number> {
  const row = await ctx.db
    .selectFrom('sms_report')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirst();
  return row?.count ?? 0;
}

/** The person took himself off with the provider: nothing is sold to him by SMS any more. */
export function noteRefusal(ctx: WriteCtx, customerId: number, message: string): Promise<void> {
  const evidence = { how: 'platform', text: message.slice(0, 500) } as const;
  return withdrawConsent(ctx, { customerId, channel: 'sms', category: 'promotion', evidence });
}

interface Waiting {
  readonly touchId: number;
  readonly phone: string;
  readonly sentAt: Date;
  readonly isAccepted: boolean;
  readonly attempts: number;
}

export function createReportPump(keeper: SmsKeeper): Pump {
  return {
    name: 'sms.report',
    channel: 'sms_report',
    pollMs: 1000,
    lanes: 1,
    async drain(ctx) {
      const provider = (await keeper.connect(ctx))?.provider;
      if (!provider) return 0;
      const waiting = await takeDue(ctx);
      await Promise.all(
        waiting.map(async (message) => {
          const report = await provider.report({
            id: String(message.touchId),
            phone: message.phone,
            sentAt: message.sentAt,
          });
          // A question that failed is asked again at the next time.
          if ('state' in report) await inTransaction(ctx, (ctx) => settle(ctx, message, report));
        }),
      );
      return waiting.length;
    },
  };
}

/** Takes what is due and puts each off to its next time, in one statement: of two workers one asks. */
async function takeDue(ctx: Ctx): Promise<Waiting[]> {
  const pause = sql`(${pausesSeconds}::float8[])[least(r.attempts + 2, ${pausesSeconds.length})]`;
  const { rows } = await sql<Waiting>`
    with due as (
      select touch_id from sms_report where due_at <= clock_timestamp() order by due_at limit ${batch} for update skip locked
    )
    update sms_report r set attempts = r.attempts + 1, due_at = clock_timestamp() + make_interval(secs => ${pause})
    from due where r.touch_id = due.touch_id
    returning r.touch_id as "touchId", r.phone, r.sent_at as "sentAt", r.is_accepted as "isAccepted", r.attempts
  `.execute(ctx.db);
  return rows;
}

async function settle(ctx: WriteCtx, message: Waiting, report: SmsReport): Promise<void> {
  const outcome = outcomeOf(message, report);
  if (outcome) await settleTouches(ctx, [outcome]);
  if (report.state === 'failed' && report.problem === 'person_refused') {
    const touch = await findTouch(ctx, message.touchId);
    if (touch) await noteRefusal(ctx, touch.customerId, report.message);
  }
  const isOver = outcome !== undefined || message.attempts >= pausesSeconds.length;
  if (isOver) await dropReport(ctx, message.touchId);
}

function outcomeOf(message: Waiting, report: SmsReport): Outcome | undefined {
  const { touchId } = message;
  if (report.state === 'delivered') return { touchId, state: 'delivered' };
  if (report.state === 'failed') {
    return { touchId, state: 'failed', reason: reasons[report.problem], message: report.message };
  }
  // The call whose answer was lost never came there.
  const isAbsent = report.state === 'absent' && !message.isAccepted && message.attempts >= absentIsSureAfter;
  return isAbsent ? { touchId, state: 'failed', reason: 'platform_unreachable' } : undefined;
}
