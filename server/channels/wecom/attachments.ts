import { cutToBytes } from '#content';
import type { Attachment as DraftAttachment } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import type { Receipt } from '#touch';
import type { Connection } from './connection.ts';
import type { Attachment } from './endpoint.ts';
import type { Failure } from './errors.ts';
import { ensureMedia, forgetMedia } from './media.ts';
import { refused, toReceipt } from './receipts.ts';

/** Limits of an attachment (doc 92137), in UTF-8 bytes. */
const limits = { title: 128, description: 512 };

/** The file is gone on WeCom's side: invalid (40007) or expired (40145). */
const mediaGone = new Set([40007, 40145]);

/** The attachments of a message as WeCom takes them; files that WeCom does not hold are uploaded first. */
export async function makeAttachments(
  ctx: Ctx,
  connection: Connection,
  drafts: readonly DraftAttachment[],
): Promise<{ attachments: Attachment[] } | { receipt: Receipt }> {
  const attachments: Attachment[] = [];
  for (const draft of drafts) {
    const made = await makeAttachment(ctx, connection, draft);
    if ('receipt' in made) return made;
    attachments.push(made);
  }
  return { attachments };
}

/** Whether the call failed because a file is gone. Then the ids are forgotten, and making the attachments uploads again. */
export async function forgetGoneMedia(
  ctx: Ctx,
  failure: Failure,
  drafts: readonly DraftAttachment[],
): Promise<boolean> {
  if (failure.errcode === undefined || !mediaGone.has(failure.errcode)) return false;
  await forgetMedia(
    ctx,
    drafts.flatMap((draft) => ('materialId' in draft ? [draft.materialId] : [])),
  );
  return true;
}

async function makeAttachment(
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
  const media = await ensureMedia(ctx, connection, draft.materialId, 'message');
  if ('missing' in media)
    return { receipt: refused('material_missing', false, `material ${draft.materialId} is gone`) };
  if ('failure' in media) return { receipt: uploadReceipt(media.failure) };
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

/** Nothing was sent yet: an upload whose answer was lost may simply be repeated. */
function uploadReceipt(failure: Failure): Receipt {
  return failure.outcome === 'refused' ? toReceipt(failure) : { outcome: 'unreachable', message: failure.errmsg };
}
