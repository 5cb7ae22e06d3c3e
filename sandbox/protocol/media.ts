import { z } from 'zod';
import { dayMs, dayOf, toSeconds } from '#sandbox/clock';
import type { Media, State } from '#sandbox/store';
import type { Call, Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse } from './errors.ts';
import type { FilePart } from './multipart.ts';
import { readFileParts } from './multipart.ts';

/** Temporary media (reference §9.6): media_ids live three simulated days; uploadimg urls stay. */
const lifeMs = 3 * dayMs;
const minBytes = 6;
const megabyte = 1024 * 1024;
const maxBytes = { image: 10 * megabyte, voice: 2 * megabyte, video: 10 * megabyte, file: 20 * megabyte };

export const mediaEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/cgi-bin/media/upload',
    family: 'media',
    multipart: true,
    request: z.object({ type: z.string() }),
    missing: { type: 40005 },
    handle: (call, { type }) => {
      if (type !== 'image' && type !== 'voice' && type !== 'video' && type !== 'file') refuse(40005);
      const part = requireFile(call, 'media');
      if (part.bytes.length < minBytes) refuse(40006);
      if (part.bytes.length > maxBytes[type]) refuse(45001);
      if (!isOfType(type, part.bytes)) refuse(type === 'voice' ? 301017 : 40004);
      return () => {
        const media = keepMedia(call, type, part);
        // Here created_at is a string; in upload_attachment it is a number.
        return { errmsg: '', type, media_id: media.id, created_at: String(toSeconds(media.createdAt)) };
      };
    },
  }),
  {
    method: 'POST',
    path: '/cgi-bin/media/uploadimg',
    family: 'media',
    multipart: true,
    handle: (call) => {
      const part = requireFile(call);
      if (part.bytes.length < minBytes) refuse(40006);
      if (part.bytes.length > 2 * megabyte) refuse(45001);
      if (!isOfType('image', part.bytes)) refuse(40004);
      const { uploadImagesPerDay, uploadImagesPerMonth } = call.world.settings.policy;
      const images = [...call.world.state.media.values()].filter((media) => media.permanent);
      const today = images.filter((media) => dayOf(media.createdAt) === dayOf(call.at));
      const month = images.filter((media) => media.createdAt > call.at - 30 * dayMs);
      if (today.length >= uploadImagesPerDay || month.length >= uploadImagesPerMonth) refuse(45009);
      return () => {
        const media = keepMedia(call, 'image', part, { permanent: true });
        return { errmsg: '', url: `${call.world.url}/pic_wework/${media.id}/0` };
      };
    },
  },
  endpoint({
    method: 'POST',
    path: '/cgi-bin/media/upload_attachment',
    family: 'media',
    multipart: true,
    request: z.object({ media_type: z.string(), attachment_type: z.string() }),
    missing: { media_type: 40005, attachment_type: 41072 },
    handle: (call, { media_type: type, attachment_type }) => {
      if (attachment_type !== '1' && attachment_type !== '2') refuse(41072);
      const scene = attachment_type === '1' ? 'moments' : 'album';
      const isKnown = type === 'image' || (scene === 'moments' && (type === 'video' || type === 'file'));
      if (!isKnown) refuse(40005);
      const part = requireFile(call, 'media');
      if (part.bytes.length < minBytes) refuse(40006);
      if (part.bytes.length > 10 * megabyte) refuse(41080);
      if (!isOfType(type, part.bytes)) refuse(41090);
      if (type === 'image' && isTooLarge(part.bytes)) refuse(41081);
      return () => {
        const media = keepMedia(call, type, part, { scene });
        return { errmsg: '', type, media_id: media.id, created_at: toSeconds(media.createdAt) };
      };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cgi-bin/media/get',
    family: 'media',
    request: z.object({ media_id: z.string() }),
    missing: { media_id: 40007 },
    handle: (call, { media_id }) => {
      const media = liveMedia(call.world.state, call.at, media_id);
      const bytes = Buffer.from(media.base64, 'base64');
      const range = readRange(call.headers.range, bytes.length);
      return () => {
        const headers: Record<string, string> = {
          'content-type': media.contentType,
          'content-disposition': `attachment; filename="${encodeURIComponent(media.filename)}"`,
        };
        if (!range) return { raw: { status: 200, headers, body: bytes } };
        headers['content-range'] = `bytes ${range.from}-${range.to}/${bytes.length}`;
        return { raw: { status: 206, headers, body: bytes.subarray(range.from, range.to + 1) } };
      };
    },
  }),
];

/** 40007 unknown, 40145 older than three days. */
export function liveMedia(state: State, at: number, mediaId: string): Media {
  const media = state.media.get(mediaId);
  if (!media || media.permanent) refuse(40007);
  if (media.createdAt + lifeMs < at) refuse(40145);
  return media;
}

function requireFile(call: Call, name?: string): FilePart {
  const parts = readFileParts(call.contentType, call.body);
  const part = name === undefined ? parts[0] : parts.find((candidate) => candidate.name === name);
  if (!part || part.filename === '') refuse(41006);
  if (part.bytes.length === 0) refuse(44001);
  return part;
}

function isOfType(type: Media['type'], bytes: Buffer): boolean {
  const head = bytes.subarray(0, 12);
  if (type === 'image')
    return head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])) || head.subarray(1, 4).toString() === 'PNG';
  if (type === 'voice') return head.subarray(0, 5).toString() === '#!AMR';
  if (type === 'video') return head.subarray(4, 8).toString() === 'ftyp';
  return true;
}

/** Pictures of Moments: 10800 pixels on the long side, 1080 on the short one (reference §6.1). */
function isTooLarge(bytes: Buffer): boolean {
  const size = sizeOf(bytes);
  return size !== undefined && (Math.max(...size) > 10_800 || Math.min(...size) > 1080);
}

function sizeOf(bytes: Buffer): [width: number, height: number] | undefined {
  if (bytes.subarray(1, 4).toString() === 'PNG' && bytes.length >= 24) {
    return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  }
  // JPEG: markers one after the other, until the frame that carries the size.
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
  }
  return undefined;
}

function keepMedia(
  { world, at }: Call,
  type: Media['type'],
  part: FilePart,
  { permanent = false, scene = 'messages' }: Partial<Pick<Media, 'permanent' | 'scene'>> = {},
): Media {
  const media: Media = {
    id: permanent ? world.random.letters(40) : `2${world.random.id(63)}`,
    type,
    filename: part.filename,
    contentType: type === 'image' ? (part.bytes[0] === 0xff ? 'image/jpeg' : 'image/png') : part.contentType,
    createdAt: at,
    permanent,
    scene,
    base64: part.bytes.toString('base64'),
  };
  world.state.media.set(media.id, media);
  return media;
}

function readRange(header: string | string[] | undefined, length: number): { from: number; to: number } | null {
  if (typeof header !== 'string') return null;
  const match = header.match(/^bytes=(\d+)-(\d*)$/);
  const from = Number(match?.[1]);
  const to = match?.[2] ? Math.min(Number(match[2]), length - 1) : length - 1;
  if (!match || from > to) refuse(40146);
  return { from, to };
}
