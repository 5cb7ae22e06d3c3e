import { asksForName, renderWords } from '#content';
import type { Message } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import type { Deliverer, TouchReason, TouchToDeliver } from '#touch';
import { forgetGoneMedia, makeAttachments } from './attachments.ts';
import type { Connection, Connector } from './connection.ts';
import { refused, toReceipt } from './receipts.ts';
import { readCustomer } from './refresh.ts';

/** How long a welcome code lives (doc 92137). */
const codeLifeMs = 20_000;

/** What WeCom's refusals of a welcome mean to an operator. */
const reasons: Readonly<Record<number, TouchReason>> = {
  41050: 'code_expired',
  41051: 'chat_started',
  41096: 'other_app_sent',
  41053: 'not_permitted',
};

/** Sends welcomes. A welcome code works once, so asking again can never greet somebody twice. */
export function createWelcomeDeliverer(connector: Connector): Deliverer {
  return {
    channel: 'wecom_welcome',
    traits: { isRepeatable: true },
    async deliver(ctx, touch, runtime) {
      const connection = await connector.connect(ctx);
      if (!connection) return { receipt: refused('platform_unreachable', true, 'no corp is connected') };
      if (!touch.content) return { receipt: refused('content_missing', false, 'a welcome without words') };
      const { message, hook } = touch.content;
      const rendered = await renderWords(
        ctx,
        message,
        {
          customerId: touch.customerId,
          staffId: touch.staffId,
          touchId: touch.id,
          kind: 'welcome',
          sourceId: touch.codeId,
        },
        runtime,
        { 'code.hook': hook, ...(await learnName(ctx, connection, touch, message)) },
      );
      if ('problem' in rendered) return { receipt: refused(rendered.problem, false, 'a welcome that says nothing') };
      if (rendered.message.kind !== 'wecom') throw new Error('a welcome is a message of WeCom');
      const { text } = rendered.message;
      const made = await makeAttachments(ctx, connection, rendered.message.attachments);
      if ('receipt' in made) return made;
      const { attachments } = made;
      const answer = await connection.client.call(
        'externalcontact/send_welcome_msg',
        {
          welcome_code: String(touch.address?.welcomeCode),
          ...(text === '' ? {} : { text: { content: text } }),
          ...(attachments.length === 0 ? {} : { attachments }),
        },
        { lane: 'urgent', signal: AbortSignal.timeout(timeoutMs(touch)) },
      );
      const said = { text, attachmentCount: attachments.length };
      if (answer.ok) return { receipt: { outcome: 'accepted' }, said };
      if (await forgetGoneMedia(ctx, answer, rendered.message.attachments))
        return { receipt: refused('material_missing', true, answer.errmsg), said };
      return { receipt: toReceipt(answer, reasons), said };
    },
  };
}

function timeoutMs({ deadlineAt }: TouchToDeliver): number {
  return deadlineAt === null ? codeLifeMs : Math.max(1, deadlineAt.getTime() - Date.now());
}

/** The customer's name is asked of WeCom when a message needs it and nobody knows it yet. */
async function learnName(
  ctx: Ctx,
  connection: Connection,
  touch: TouchToDeliver,
  message: Message,
): Promise<Record<string, string>> {
  if (touch.externalUserid === null || !asksForName(message)) return {};
  const customer = await ctx.db
    .selectFrom('customer')
    .select('name')
    .where('id', '=', touch.customerId)
    .executeTakeFirst();
  if (customer?.name) return {};
  // Without the name the greeting goes out all the same: it must not be late.
  const record = await readCustomer(ctx, connection, touch.externalUserid, {
    lane: 'urgent',
    since: touch.receivedAt?.getTime() ?? Date.now(),
    signal: AbortSignal.timeout(3000),
  }).catch(() => undefined);
  const name = record?.external_contact.name ?? '';
  return { 'customer.name': name, 'customer.nickname': name };
}
