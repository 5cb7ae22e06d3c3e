import { createDecipheriv, randomInt, timingSafeEqual } from 'node:crypto';
import { encrypt, getJsApiSignature, getSignature } from '@wecom/crypto';
import { randomKey } from '#platform/ids';

export type CryptoProblem =
  | 'aes_key_invalid'
  | 'ciphertext_malformed'
  | 'padding_invalid'
  | 'length_overflow'
  | 'receive_id_mismatch';

export type Decrypted = { ok: true; message: string; receiveId: string } | { ok: false; problem: CryptoProblem };

// The platform pads to blocks of 32 bytes, twice the block of AES.
const paddingBlockBytes = 32;
const randomBytes = 16;
const headerBytes = randomBytes + 4;

/** The 32-byte key behind an EncodingAESKey, or undefined unless it is 43 characters of A-Z, a-z, 0-9 (doc 90968). */
export function parseAesKey(encodingAesKey: string): Buffer | undefined {
  return /^[A-Za-z0-9]{43}$/.test(encodingAesKey) ? Buffer.from(`${encodingAesKey}=`, 'base64') : undefined;
}

/** msg_signature: SHA-1, in hex, of the four values sorted and joined (doc 90968). */
export function signCallback(token: string, timestamp: string, nonce: string, encrypted: string): string {
  return getSignature(token, timestamp, nonce, encrypted);
}

/** Whether a msg_signature is ours. Takes the same time wherever the first difference is. */
export function verifySignature(
  token: string,
  timestamp: string,
  nonce: string,
  encrypted: string,
  signature: string,
): boolean {
  const expected = Buffer.from(signCallback(token, timestamp, nonce, encrypted));
  const received = Buffer.from(signature);
  return expected.length === received.length && timingSafeEqual(expected, received);
}

/**
 * Opens the Encrypt field of a callback or an echostr (doc 90968): random(16), message length (4, big-endian),
 * message, receive id. `receiveId` is the corp id for a self-built app. Check the signature first.
 *
 * Written on node:crypto because @wecom/crypto unpads 32-byte blocks rightly but accepts anything: a bad padding is
 * kept as text, and a length beyond the end yields a shortened message with an empty receive id.
 */
export function decryptCallback(encodingAesKey: string, encrypted: string, receiveId: string): Decrypted {
  const key = parseAesKey(encodingAesKey);
  if (!key) return { ok: false, problem: 'aes_key_invalid' };
  const ciphertext = Buffer.from(encrypted, 'base64');
  if (!isBase64(encrypted) || ciphertext.length === 0 || ciphertext.length % 16 !== 0) {
    return { ok: false, problem: 'ciphertext_malformed' };
  }
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16));
  // Node's own unpadding refuses pad bytes of 17 to 32.
  decipher.setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()]);

  const padLength = padded.at(-1) ?? 0;
  if (padLength < 1 || padLength > Math.min(paddingBlockBytes, padded.length)) {
    return { ok: false, problem: 'padding_invalid' };
  }
  const plain = padded.subarray(0, padded.length - padLength);
  if (padded.subarray(plain.length).some((byte) => byte !== padLength)) {
    return { ok: false, problem: 'padding_invalid' };
  }
  if (plain.length < headerBytes) return { ok: false, problem: 'length_overflow' };
  const messageEnd = headerBytes + plain.readUInt32BE(randomBytes);
  if (messageEnd > plain.length) return { ok: false, problem: 'length_overflow' };
  const foundReceiveId = plain.subarray(messageEnd).toString();
  if (foundReceiveId !== receiveId) return { ok: false, problem: 'receive_id_mismatch' };
  return { ok: true, message: plain.subarray(headerBytes, messageEnd).toString(), receiveId: foundReceiveId };
}

/** The reverse of decryptCallback. `random16` is fixed only to reproduce published vectors. */
export function encryptCallback(encodingAesKey: string, message: string, receiveId: string, random16?: Buffer): string {
  if (!parseAesKey(encodingAesKey)) throw new TypeError('EncodingAESKey must be 43 letters or digits');
  if (random16 && random16.length !== randomBytes) throw new TypeError('random16 must be 16 bytes');
  return encrypt(encodingAesKey, message, receiveId, random16);
}

/** The XML of a passive reply (doc 90968). `timestamp` is unix seconds. */
export function buildReplyXml(reply: { encrypt: string; signature: string; timestamp: string; nonce: string }): string {
  return [
    '<xml>',
    `<Encrypt>${cdata(reply.encrypt)}</Encrypt>`,
    `<MsgSignature>${cdata(reply.signature)}</MsgSignature>`,
    `<TimeStamp>${reply.timestamp}</TimeStamp>`,
    `<Nonce>${cdata(reply.nonce)}</Nonce>`,
    '</xml>',
  ].join('\n');
}

/**
 * The signature of wx.config and wx.agentConfig, which differ in the ticket only (doc 90506). `timestamp` is unix
 * seconds; `url` is the page's address as the browser shows it, its fragment is left out.
 */
export function signJsapi(ticket: string, nonce: string, timestamp: number, url: string): string {
  // The library would replace an empty nonce or a zero timestamp by its own choice and sign that.
  if (!nonce || !timestamp) throw new TypeError('A JS signature needs a nonce and a timestamp');
  const [page = ''] = url.split('#');
  return getJsApiSignature({ ticket, nonceStr: nonce, timestamp, url: page }).signature;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

/** A new EncodingAESKey. The last of 43 characters carries two unused bits: only every fourth letter decodes without loss. */
export function randomAesKey(): string {
  const last = 'cgkosw048';
  return randomKey(42) + last[randomInt(last.length)];
}
