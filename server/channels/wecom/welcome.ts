import { cutToBytes, renderText, usesVariable, type Variables } from '#content';
import type { Attachment as DraftAttachment, Message } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import type { Deliverer, Receipt, TouchReason, TouchToDeliver } from '#touch';
import type { Connection, Connector } from './connection.ts';
import type { Attachment } from './endpoints.ts';
import type { Failure } from './errors.ts';
import { ensureMedia, forgetMedia } from './media.ts';
import { readCustomer } from './refresh.ts';

/** Limits of a welcome (doc 92137): UTF-8 bytes, and how long its code lives. */
const limits = { text: 4000, title: 128, description: 512, waitMs: 20_000 };

/** What WeCom's refusals of a welcome mean to an operator. */
const reasons: Readonly<Record<number, TouchReason>> = {
  41050: 'code_expired',
  41051: 'chat_started',
  41096: 'other_app_sent',
  40201: 'content_refused',
  40204: 'content_refused',
  85002: 'content_refused',
  48002: 'not_permitted',
  60011: 'not_permitted',
  60020: 'not_permitted',
  41053: 'not_permitted',
};

/** The file is gone on WeCom's side: invalid (40007) or expired (40145). */
const mediaGone = new Set([40007, 40145]);

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
      const attachments: Attachment[] = [];
      for (const draft of message.attachments) {
        const made = await toAttachment(ctx, connection, draft);
        if ('receipt' in made) return made;
        attachments.push(made);
      }
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
      if (answer.errcode !== undefined && mediaGone.has(answer.errcode)) {
        await forgetMedia(
          ctx,
          message.attachments.flatMap((draft) => ('materialId' in draft ? [draft.materialId] : [])),
        );
        return { receipt: refused('material_missing', true, answer.errmsg), said };
      }
      return { receipt: toReceipt(answer), said };
    },
  };
}

function timeoutMs({ deadlineAt }: TouchToDeliver): number {
  return deadlineAt === null ? limits.waitMs : Math.max(1, deadlineAt.getTime() - Date.now());
}

function refused(reason: TouchReason, retryable: boolean, message: string): Receipt {
  return { outcome: 'refused', reason, retryable, message };
}

function toReceipt(failure: Failure): Receipt {
  const message = failure.errmsg.slice(0, 300);
  if (failure.outcome === 'unknown') return { outcome: 'unknown', message };
  if (failure.outcome === 'unreachable') return { outcome: 'unreachable', message };
  return refused(reasons[failure.errcode ?? 0] ?? 'platform_refused', failure.retryable, message);
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

async function toAttachment(
  ctx: Ctx,
  connection: Connection,
  draft: DraftAttachment,
): Promise<Attachment | { receipt: Receipt }> {
  if (draft.kind === 'link') {
    return {
      msgtype: 'link',
      link: {
        title: cutToBytes(draft.title, limits.title),
        url: draft.url,
        ...(draft.description === '' ? {} : { desc: cutToBytes(draft.description, limits.description) }),
        ...(draft.imageUrl === undefined ? {} : { picurl: draft.imageUrl }),
      },
    };
  }
  const media = await ensureMedia(ctx, connection, draft.materialId);
  if ('missing' in media)
    return { receipt: refused('material_missing', false, `material ${draft.materialId} is gone`) };
  if ('failure' in media) {
    // Nothing was sent yet: an upload whose answer was lost may simply be repeated.
    const { failure } = media;
    return failure.outcome === 'refused'
      ? { receipt: toReceipt(failure) }
      : { receipt: { outcome: 'unreachable', message: failure.errmsg } };
  }
  const { mediaId } = media;
  switch (draft.kind) {
    case 'image':
      return { msgtype: 'image', image: { media_id: mediaId } };
    case 'video':
      return { msgtype: 'video', video: { media_id: mediaId } };
    case 'file':
      return { msgtype: 'file', file: { media_id: mediaId } };
    case 'mini_program':
      return {
        msgtype: 'miniprogram',
        miniprogram: { title: draft.title, appid: draft.appid, page: draft.page, pic_media_id: mediaId },
      };
  }
}
