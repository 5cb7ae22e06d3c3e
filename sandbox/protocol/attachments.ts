import { z } from 'zod';
import type { MessageContent } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { refuse, refuseField } from './errors.ts';
import { bytes } from './fields.ts';
import { liveMedia } from './media.ts';

/** Text and attachments that several calls share (reference §6.1). Each becomes a bubble of its own. */
export const messageBody = {
  text: z.object({ content: bytes(4000) }).optional(),
  attachments: z.array(z.looseObject({ msgtype: z.string() })).optional(),
};

export type MessageBody = z.infer<z.ZodObject<typeof messageBody>>;

const payloads = {
  image: z.object({ media_id: z.string().optional(), pic_url: z.string().optional() }),
  link: z.object({
    title: bytes(128),
    picurl: bytes(2048).optional(),
    desc: bytes(512).optional(),
    url: bytes(2048),
  }),
  miniprogram: z.object({ title: bytes(64), pic_media_id: z.string(), appid: z.string(), page: z.string() }),
  video: z.object({ media_id: z.string() }),
  file: z.object({ media_id: z.string() }),
};

const maxAttachments = 9;

/** @returns the bubbles, or a refusal that says which part is wrong */
export function readContents(world: World, at: number, body: MessageBody): MessageContent[] {
  const attachments = body.attachments ?? [];
  if (attachments.length > maxAttachments) refuse(41064);
  const text = body.text?.content ?? '';
  if (text === '' && attachments.length === 0) refuse(41089);
  const bubbles = attachments.map((attachment, index) => readAttachment(world, at, attachment, `attachments.${index}`));
  return text === '' ? bubbles : [{ kind: 'text', text }, ...bubbles];
}

function readAttachment(
  world: World,
  at: number,
  attachment: Record<string, unknown> & { msgtype: string },
  name: string,
): MessageContent {
  const { msgtype } = attachment;
  switch (msgtype) {
    case 'image': {
      const image = readPayload(payloads.image, attachment, name);
      if (image.media_id)
        return { kind: 'image', url: mediaUrl(world, requireMedia(world, at, image.media_id, 'image').id) };
      if (!image.pic_url) refuseField(`missing field \`${name}.image.media_id\``);
      // Only pictures that went through media/uploadimg are shown.
      if (!image.pic_url.startsWith(`${world.url}/pic_wework/`)) refuseField(`${name}.image.pic_url invalid`);
      return { kind: 'image', url: image.pic_url };
    }
    case 'link': {
      const link = readPayload(payloads.link, attachment, name);
      if (!/^https?:\/\//.test(link.url)) refuse(40094);
      return { kind: 'link', title: link.title, desc: link.desc ?? '', picUrl: link.picurl ?? '', url: link.url };
    }
    case 'miniprogram': {
      const mini = readPayload(payloads.miniprogram, attachment, name);
      const cover = requireMedia(world, at, mini.pic_media_id, 'image');
      return {
        kind: 'miniprogram',
        title: mini.title,
        picUrl: mediaUrl(world, cover.id),
        appid: mini.appid,
        page: mini.page,
      };
    }
    case 'video': {
      const video = requireMedia(world, at, readPayload(payloads.video, attachment, name).media_id, 'video');
      return { kind: 'video', url: mediaUrl(world, video.id), name: video.filename };
    }
    case 'file': {
      const file = requireMedia(world, at, readPayload(payloads.file, attachment, name).media_id, 'file');
      const byteCount = Buffer.byteLength(file.base64, 'base64');
      return { kind: 'file', url: mediaUrl(world, file.id), name: file.filename, bytes: byteCount };
    }
    default:
      refuse(41065);
  }
}

/** The wrapper key must be the msgtype. */
function readPayload<S extends z.ZodType>(
  schema: S,
  attachment: Record<string, unknown> & { msgtype: string },
  name: string,
): z.infer<S> {
  const { msgtype } = attachment;
  if (attachment[msgtype] === undefined) refuseField(`missing field \`${name}.${msgtype}\``);
  const parsed = schema.safeParse(attachment[msgtype]);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = `${name}.${msgtype}.${issue?.path.join('.') ?? ''}`;
  refuseField(issue?.code === 'custom' ? issue.message.replaceAll('{}', field) : `field \`${field}\` invalid`);
}

function requireMedia(world: World, at: number, mediaId: string, type: 'image' | 'video' | 'file') {
  const media = liveMedia(world.state, at, mediaId);
  if (media.type !== type) refuse(40007);
  return media;
}

function mediaUrl(world: World, mediaId: string): string {
  return `${world.url}/media/${mediaId}`;
}
