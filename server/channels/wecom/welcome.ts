import { cutToBytes, renderText, usesVariable, type Variables } from '#content';
import type { Message } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import type { Deliverer, TouchReason, TouchToDeliver } from '#touch';
import { forgetGoneMedia, makeAttachments } from './attachments.ts';
import type { Connection, Connector } from './connection.ts';
import { refused, toReceipt } from './receipts.ts';
import { readCustomer } from './refresh.ts';

/** Limits of a welcome (doc 92137): UTF-8 bytes, and how long its code lives. */
const limits = { text: 4000, waitMs: 20_000 };

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
    async deliver(ctx, touch) {
      const connection = await connector.connect(ctx);
      if (!connection) return { receipt: refused('platform_unreachable', true, 'no corp is connected') };
      if (!touch.content) return { receipt: refused('content_missing', false, 'a welcome without words') };
      const { message, hook } = touch.content;
      const named = await readVariables(ctx, connection, touch, message, hook);
      const text = cutToBytes(renderText(message.text, named), limits.text);
      const made = await makeAttachments(ctx, connection, message.attachments);
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
      if (await forgetGoneMedia(ctx, answer, message.attachments))
        return { receipt: refused('material_missing', true, answer.errmsg), said };
      return { receipt: toReceipt(answer, reasons), said };
    },
  };
}

function timeoutMs({ deadlineAt }: TouchToDeliver): number {
  return deadlineAt === null ? limits.waitMs : Math.max(1, deadlineAt.getTime() - Date.now());
}

/** Values of the variables; the customer's name is asked of WeCom when a message needs it and nobody knows it yet. */
async function readVariables(
  ctx: Ctx,
  connection: Connection,
  touch: TouchToDeliver,
  message: Message,
  hook: string,
): Promise<Variables> {
  const [staff, code, customer] = await Promise.all([
    ctx.db
      .selectFrom('staff')
      .select(['name', 'alias'])
      .where('id', '=', touch.staffId ?? 0)
      .executeTakeFirst(),
    ctx.db
      .selectFrom('channel_code')
      .select('name')
      .where('id', '=', touch.codeId ?? 0)
      .executeTakeFirst(),
    ctx.db.selectFrom('customer').select('name').where('id', '=', touch.customerId).executeTakeFirst(),
  ]);
  let name = customer?.name ?? undefined;
  if (name === undefined && touch.externalUserid !== null && usesVariable(message.text, 'customer_name')) {
    // Without the name the greeting goes out all the same: it must not be late.
    const record = await readCustomer(ctx, connection, touch.externalUserid, {
      lane: 'urgent',
      since: touch.receivedAt?.getTime() ?? Date.now(),
      signal: AbortSignal.timeout(3000),
    }).catch(() => undefined);
    name = record?.external_contact.name;
  }
  return {
    ...(name === undefined ? {} : { customer_name: name }),
    staff_name: staff?.name ?? '',
    staff_alias: staff?.alias || (staff?.name ?? ''),
    code_name: code?.name ?? '',
    hook,
  };
}
