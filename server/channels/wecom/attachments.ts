import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cutToBytes } from '#content';
import type { ChannelMessage, Attachment as DraftAttachment } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import type { Connection } from './connection.ts';
import type { Attachment } from './endpoint.ts';
import type { MomentAttachment } from './endpoints-reach.ts';
import type { Failure } from './errors.ts';
import { ensureMedia, forgetMedia } from './media.ts';
import { type Refusal, refused, toReceipt } from './receipts.ts';

/** Limits of an attachment (doc 92137), in UTF-8 bytes. */
const limits = { title: 128, description: 512 };

/** The file is gone on WeCom's side: invalid (40007) or expired (40145). */
const mediaGone = new Set([40007, 40145]);

/** The attachments of a message as WeCom takes them; files that WeCom does not hold are uploaded first. */
export async function makeAttachments(
  ctx: Ctx,
  connection: Connection,
  drafts: readonly DraftAttachment[],
): Promise<{ attachments: Attachment[] } | { receipt: Refusal }> {
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
): Promise<Attachment | { receipt: Refusal }> {
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

type MomentDraft = Extract<ChannelMessage, { kind: 'moment' }>['attachments'][number];

/** The attachments of a Moment: pictures, or a video, or a link with its cover. */
export async function makeMomentAttachments(
  ctx: Ctx,
  connection: Connection,
  drafts: readonly MomentDraft[],
): Promise<{ attachments: MomentAttachment[] } | { receipt: Refusal }> {
  const attachments: MomentAttachment[] = [];
  for (const draft of drafts) {
    const media =
      draft.kind === 'link'
        ? await uploadCover(connection)
        : await ensureMedia(ctx, connection, draft.materialId, 'moment');
    if ('missing' in media) return { receipt: refused('material_missing', false, 'a file is gone') };
    if ('failure' in media) return { receipt: uploadReceipt(media.failure) };
    const media_id = media.mediaId;
    if (draft.kind === 'image') attachments.push({ msgtype: 'image', image: { media_id } });
    else if (draft.kind === 'video') attachments.push({ msgtype: 'video', video: { media_id } });
    else
      attachments.push({
        msgtype: 'link',
        link: { title: cutToBytes(draft.title, limits.title), url: draft.url, media_id },
      });
  }
  return { attachments };
}

const coverFile = join(import.meta.dirname, 'link-cover.png');

/** WeCom shows no link in a Moment without a cover that was uploaded; siyu keeps addresses of covers, not files. */
async function uploadCover(connection: Connection): Promise<{ mediaId: string } | { failure: Failure }> {
  const receipt = await connection.client.uploadForMoment('image', 'cover.png', await readFile(coverFile));
  return receipt.ok ? { mediaId: receipt.value.media_id } : { failure: receipt };
}

/** Nothing was sent yet: an upload whose answer was lost may simply be repeated. */
function uploadReceipt(failure: Failure): Refusal {
  return failure.outcome === 'refused' ? toReceipt(failure) : { outcome: 'unreachable', message: failure.errmsg };
}
