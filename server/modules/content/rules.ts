import type { Message } from '#contract/content';

/** What a message and a file are. */

export function isEmptyMessage(message: Message): boolean {
  return message.text.trim() === '' && message.attachments.length === 0;
}

export type MaterialKind = 'image' | 'video' | 'file';

const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const jpeg = [0xff, 0xd8, 0xff];

/** What bytes are, from the bytes: a name and a header can say anything. */
export function recognize(bytes: Uint8Array, name: string): { kind: MaterialKind; contentType: string } {
  const starts = (magic: readonly number[], at = 0) => magic.every((byte, i) => bytes[at + i] === byte);
  if (starts(png)) return { kind: 'image', contentType: 'image/png' };
  if (starts(jpeg)) return { kind: 'image', contentType: 'image/jpeg' };
  // 'ftyp' at the fifth byte begins every MP4.
  if (starts([0x66, 0x74, 0x79, 0x70], 4) && /\.(mp4|m4v)$/i.test(name))
    return { kind: 'video', contentType: 'video/mp4' };
  return {
    kind: 'file',
    contentType: starts([0x25, 0x50, 0x44, 0x46]) ? 'application/pdf' : 'application/octet-stream',
  };
}

/** WeCom's limits of temporary media, in bytes (doc of media/upload). */
export const materialLimits: Readonly<Record<MaterialKind, number>> = {
  image: 10 * 1024 * 1024,
  video: 10 * 1024 * 1024,
  file: 20 * 1024 * 1024,
};
