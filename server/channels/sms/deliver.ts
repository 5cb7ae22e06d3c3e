import { findAddress } from '#customers';
import type { HealthKeeper } from '#platform/channel-health';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Deliverer, TouchToDeliver } from '#touch';
import type { SmsFailure } from './provider.ts';
import { brokenPauseMs, isOfOneMessage, refused, toReceipt } from './receipts.ts';
import { dropReport, expectReport, keepReport, noteRefusal } from './reports.ts';
import type { SmsProblem } from './rules.ts';
import type { SmsKeeper } from './settings.ts';

export function createSmsDeliverer(keeper: SmsKeeper, health: HealthKeeper<SmsProblem>): Deliverer {
  return {
    channel: 'sms',
    // The provider knows no key of idempotence.
    traits: { isRepeatable: false, atOnce: 20 },
    async deliver(ctx, touch) {
      const { message } = touch;
      if (message?.kind !== 'sms') return { receipt: refused('content_missing', 'no words for SMS') };
      const said = { text: message.preview, attachmentCount: 0 };
      const account = await keeper.connect(ctx);
      if (!account?.isEnabled) return { receipt: refused('not_permitted', 'SMS is not set up, or off', brokenPauseMs) };
      if (!account.provider)
        return { receipt: toReceipt({ outcome: 'refused', problem: 'secret_unreadable', message: '' }) };
      const address = await findAddress(ctx, touch.customerId, 'phone', addressOf(touch));
      if (!address) return { receipt: refused('no_address', 'no phone number is known') };
      if (!/^1[3-9]\d{9}$/.test(address.value)) {
        return { receipt: refused('address_refused', 'not a number of mainland China'), said };
      }

      await inTransaction(ctx, (ctx) => keepReport(ctx, { touchId: touch.id, phone: address.value }));
      const { templateCode, params } = message;
      const answers = await account.provider.send([
        { id: String(touch.id), phone: address.value, templateCode, params },
      ]);
      const answer = answers[0] ?? { outcome: 'unknown', problem: 'no_answer', message: 'the provider said nothing' };
      await inTransaction(ctx, async (ctx) => {
        if (answer.outcome === 'accepted') return expectReport(ctx, touch.id);
        if (answer.outcome !== 'unknown') await dropReport(ctx, touch.id);
        if (answer.problem === 'person_refused') await noteRefusal(ctx, touch.customerId, answer.message);
      });
      await noteAnswer(ctx, health, answer);
      return { receipt: answer.outcome === 'accepted' ? answer : toReceipt(answer), said };
    },
  };
}

type Answer = { readonly outcome: 'accepted' } | SmsFailure;

/** A refusal that concerns one number or one text is no word on the account. */
export async function noteAnswer(ctx: Ctx, health: HealthKeeper<SmsProblem>, answer: Answer): Promise<void> {
  if (answer.outcome === 'accepted') return health.note(ctx, null);
  if (!isOfOneMessage.has(answer.problem)) await health.note(ctx, answer);
}

/** The address that the gate has seen. */
const addressOf = ({ address }: TouchToDeliver) => (typeof address?.to === 'string' ? address.to : undefined);
