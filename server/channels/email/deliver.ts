import { findAddress } from '#customers';
import type { HealthKeeper } from '#platform/channel-health';
import { type Ctx, inTransaction } from '#platform/ctx';
import { dayOf, dayStart } from '#platform/days';
import { sha256 } from '#platform/ids';
import type { Runtime } from '#platform/module';
import {
  bookQuota,
  type Deliverer,
  giveQuotaBack,
  type Quota,
  type Receipt,
  type TouchReason,
  type TouchToDeliver,
} from '#touch';
import { composeMail } from './mail.ts';
import { toText } from './markdown.ts';
import type { MailProblem, MailReceipt } from './rules.ts';
import type { EmailKeeper, MailServer } from './settings.ts';
import { maxConnections } from './smtp.ts';
import { passFor } from './unsubscribe.ts';

/** What a problem means for one touch. */
const reasons: Readonly<Record<MailProblem, TouchReason>> = {
  name_unknown: 'platform_unreachable',
  connection_refused: 'platform_unreachable',
  timed_out: 'platform_unreachable',
  connection_broken: 'platform_unreachable',
  certificate: 'platform_unreachable',
  tls_refused: 'not_permitted',
  login_refused: 'not_permitted',
  sender_refused: 'not_permitted',
  secret_unreadable: 'not_permitted',
  address_refused: 'address_refused',
  policy_refused: 'platform_refused',
  message_refused: 'content_refused',
  message_too_large: 'content_refused',
  server_busy: 'platform_refused',
  server_refused: 'platform_refused',
  no_answer: 'no_answer',
};

const minuteMs = 60_000;
/** Greylisting servers refuse a stranger's first attempt and take one some minutes later. */
const busyPauseMs = 5 * minuteMs;
const brokenPauseMs = minuteMs;
const quotaPauseMs = 10 * minuteMs;
/** A server that cannot be reached, or does not let us in, is not asked by each waiting mail. */
const restMs = 15_000;

export function createMailDeliverer(keeper: EmailKeeper, health: HealthKeeper<MailProblem>): Deliverer {
  const resting = new WeakMap<MailServer, { until: number; receipt: MailReceipt }>();

  async function hand(ctx: Ctx, server: MailServer, to: string, mail: Buffer): Promise<MailReceipt> {
    if (!server.smtp) return { outcome: 'refused', problem: 'secret_unreadable', isRetryable: true, message: '' };
    const rest = resting.get(server);
    if (rest && Date.now() < rest.until) return rest.receipt;
    const receipt = await server.smtp.send({ from: server.senderAddress, to }, mail);
    await noteReceipt(ctx, health, receipt);
    const isShut = receipt.outcome === 'unreachable' || (receipt.outcome === 'refused' && receipt.isRetryable);
    if (isShut && receipt.problem !== 'server_busy') resting.set(server, { until: Date.now() + restMs, receipt });
    return receipt;
  }

  return {
    channel: 'email',
    // A mail server takes the same mail again and again.
    traits: { isRepeatable: false, atOnce: maxConnections },
    async deliver(ctx, touch, runtime) {
      const { message } = touch;
      if (message?.kind !== 'email') return { receipt: refused('content_missing', 'no words for e-mail') };
      const said = { text: `${message.subject}\n\n${toText(message.markdown)}`, attachmentCount: 0 };
      const server = await keeper.connect(ctx);
      if (!server?.isEnabled)
        return { receipt: refused('not_permitted', 'e-mail is not set up, or off', brokenPauseMs) };
      const address = await findAddress(ctx, touch.customerId, 'email', addressOf(touch));
      if (!address) return { receipt: refused('no_address', 'no e-mail address is known') };

      const quota = quotaOf(ctx);
      const isBooked = await inTransaction(ctx, (ctx) => bookQuota(ctx, quota, 1, server.dailyLimit ?? noLimit));
      if (!isBooked)
        return { receipt: refused('platform_quota', 'the mails of this day are used up', quotaPauseMs), said };
      const isMarked = server.marksPromotions && touch.category === 'promotion';
      const mail = await composeMail({
        from: { name: server.senderName, address: server.senderAddress },
        replyTo: server.replyTo ?? undefined,
        to: address.value,
        subject: isMarked ? `（广告）${message.subject}` : message.subject,
        preheader: message.preheader,
        text: message.markdown,
        messageId: messageIdOf(runtime, server, touch.id),
        unsubscribeUrl: `${runtime.publicUrl}/unsubscribe/${passFor(runtime.sealer, { accountId: address.accountId, touchId: touch.id })}`,
        sentAt: ctx.now,
      });
      const receipt = await hand(ctx, server, address.value, mail);
      if (receipt.outcome === 'refused' || receipt.outcome === 'unreachable') {
        await inTransaction(ctx, (ctx) => giveQuotaBack(ctx, quota, 1));
      }
      return { receipt: toReceipt(receipt), said };
    },
  };
}

const noLimit = 2_000_000_000;

export function quotaOf(ctx: Ctx): Quota {
  return { name: 'email', periodStart: dayStart(dayOf(ctx.now, ctx.zone), ctx.zone) };
}

/** The same for the same touch, so that a mail that comes twice can be recognised; no other installation makes it. */
function messageIdOf(runtime: Runtime, server: MailServer, touchId: number): string {
  const domain = server.senderAddress.split('@')[1] ?? 'siyu';
  return `<touch-${touchId}.${sha256(runtime.publicUrl).slice(0, 10)}@${domain}>`;
}

/** With a pause, it may be tried again. */
function refused(reason: TouchReason, message: string, pauseMs?: number): Receipt {
  const again = pauseMs === undefined ? { retryable: false } : { retryable: true, pauseMs };
  return { outcome: 'refused', reason, message, ...again };
}

function toReceipt(receipt: MailReceipt): Receipt {
  if (receipt.outcome === 'accepted') return receipt;
  const { message } = receipt;
  if (receipt.outcome === 'unknown') return { outcome: 'unknown', message };
  if (receipt.outcome === 'unreachable') return { outcome: 'unreachable', message, pauseMs: brokenPauseMs };
  const pauseMs = receipt.problem === 'server_busy' ? busyPauseMs : brokenPauseMs;
  return refused(reasons[receipt.problem], message, receipt.isRetryable ? pauseMs : undefined);
}

const isOfOneMail: ReadonlySet<MailProblem> = new Set([
  'address_refused',
  'policy_refused',
  'message_refused',
  'message_too_large',
]);

/** A refusal that concerns one reader or one mail is no word on the server. */
export async function noteReceipt(ctx: Ctx, health: HealthKeeper<MailProblem>, receipt: MailReceipt): Promise<void> {
  if (receipt.outcome === 'accepted') return health.note(ctx, null);
  if (!isOfOneMail.has(receipt.problem)) await health.note(ctx, receipt);
}

/** The address that the gate has seen. */
const addressOf = ({ address }: TouchToDeliver) => (typeof address?.to === 'string' ? address.to : undefined);
