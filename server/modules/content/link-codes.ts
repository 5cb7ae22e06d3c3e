import { timingSafeEqual } from 'node:crypto';
import type { TouchKind } from '#contract/touch';
import type { Sealer } from '#platform/seal';

/**
 * Codes of tracked links. A code says by itself which link was opened, what sent it and, where it was made for one person,
 * whose it is; nobody else can make one, and nobody can read one. It is deterministic authenticated encryption with a
 * synthetic nonce (the tag is the nonce, as in SIV, RFC 5297), shortened because a code stands in an SMS.
 */

/** What sends links; the place in this list is in the codes, so it is only ever added to. */
export const linkKinds = ['manual', 'welcome', 'campaign', 'journey', 'task'] as const satisfies readonly TouchKind[];

export interface LinkCode {
  readonly linkId: number;
  readonly kind: TouchKind;
  /** Id of the code, campaign, journey, task; 0 is none. */
  readonly sourceId: number;
  /** Made for one person. Otherwise everybody who got it has the same code from this staff member. */
  readonly person: { readonly customerId: number; readonly touchId: number } | undefined;
  readonly staffId: number;
}

/** Bytes of the tag: 2^55 attempts on average to find any code that is valid. */
const tagLength = 7;
const isPersonal = 0x80;

export function encodeLinkCode(sealer: Pick<Sealer, 'sign'>, code: LinkCode): string {
  const place = linkKinds.indexOf(code.kind);
  const numbers = [
    code.linkId,
    code.sourceId,
    code.staffId,
    ...(code.person ? [code.person.customerId, code.person.touchId] : []),
  ];
  const payload = Buffer.from([place | (code.person ? isPersonal : 0), ...numbers.flatMap(toVarint)]);
  const tag = tagOf(sealer, payload);
  return Buffer.concat([tag, crypt(sealer, tag, payload)]).toString('base64url');
}

/** What a code says; undefined for everything that is not one of ours. */
export function decodeLinkCode(sealer: Pick<Sealer, 'sign'>, text: string): LinkCode | undefined {
  if (!/^[A-Za-z0-9_-]{12,100}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // The last character has bits to spare: only one spelling is right.
  if (bytes.toString('base64url') !== text) return undefined;
  const tag = bytes.subarray(0, tagLength);
  const payload = crypt(sealer, tag, bytes.subarray(tagLength));
  if (payload.length === 0 || !timingSafeEqual(tag, tagOf(sealer, payload))) return undefined;
  const [first = 0, ...rest] = payload;
  const kind = linkKinds[first & ~isPersonal];
  const numbers = fromVarints(rest);
  if (kind === undefined) return undefined;
  const [linkId = 0, sourceId = 0, staffId = 0, customerId = 0, touchId = 0] = numbers;
  return { linkId, kind, sourceId, staffId, person: first & isPersonal ? { customerId, touchId } : undefined };
}

function tagOf(sealer: Pick<Sealer, 'sign'>, payload: Uint8Array): Buffer {
  return sealer.sign('link code tag', payload).subarray(0, tagLength);
}

function crypt(sealer: Pick<Sealer, 'sign'>, tag: Uint8Array, bytes: Uint8Array): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes.length / 32) }, (_, i) =>
    sealer.sign('link code stream', Buffer.from([...tag, i])),
  );
  const stream = Buffer.concat(blocks);
  return Buffer.from(bytes.map((byte, i) => byte ^ (stream[i] ?? 0)));
}

/** Seven bits a byte, lowest first; the highest bit says that more follow. */
function toVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function fromVarints(bytes: readonly number[]): number[] {
  const numbers: number[] = [];
  let value = 0;
  let place = 1;
  for (const byte of bytes) {
    value += (byte & 127) * place;
    place *= 128;
    if (byte < 128) {
      numbers.push(value);
      value = 0;
      place = 1;
    }
  }
  return numbers;
}
