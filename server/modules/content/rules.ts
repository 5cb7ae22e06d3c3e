import { type Message, messageVariables } from '#contract/content';

/** What a message says once its variables have values. */

export type Variables = Readonly<Partial<Record<(typeof messageVariables)[number], string>>>;

const placeholder = /\{\{\s*([a-z_]+)\s*\}\}/g;

/** Variables a text uses that no message has. */
export function unknownVariables(text: string): string[] {
  const known: readonly string[] = messageVariables;
  return [
    ...new Set(
      [...text.matchAll(placeholder)].map((match) => match[1] as string).filter((name) => !known.includes(name)),
    ),
  ];
}

export function usesVariable(text: string, name: (typeof messageVariables)[number]): boolean {
  return [...text.matchAll(placeholder)].some((match) => match[1] === name);
}

/** Puts values in. A variable without a value becomes nothing, and blanks around it close up. */
export function renderText(text: string, variables: Variables): string {
  const values: Readonly<Record<string, string | undefined>> = variables;
  return text
    .replace(placeholder, (_, name: string) => values[name] ?? '')
    .replace(/[ \t]{2,}/g, ' ')
    .trim();
}

export function isEmptyMessage(message: Message): boolean {
  return message.text.trim() === '' && message.attachments.length === 0;
}

/** Files a message carries. */
export function materialIdsOf(message: Message): number[] {
  return [
    ...new Set(
      message.attachments.flatMap((attachment) => ('materialId' in attachment ? [attachment.materialId] : [])),
    ),
  ];
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
