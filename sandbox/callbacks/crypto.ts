import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Callback encryption of doc 90968 (reference §10.2). Written from the page, so that it can disagree with a library. */

const blockBytes = 32;

export function signature(token: string, timestamp: string, nonce: string, encrypted: string): string {
  return createHash('sha1').update([token, timestamp, nonce, encrypted].sort().join('')).digest('hex');
}

export function encrypt(
  encodingAesKey: string,
  message: string,
  receiveId: string,
  random: Buffer = randomBytes(16),
): string {
  const { key, iv } = keyAndIv(encodingAesKey);
  const text = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const plain = Buffer.concat([random, length, text, Buffer.from(receiveId)]);
  const padBytes = blockBytes - (plain.length % blockBytes);
  const padded = Buffer.concat([plain, Buffer.alloc(padBytes, padBytes)]);
  // Node's own padding works in blocks of 16 and would reject 17-32.
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

export function decrypt(encodingAesKey: string, encrypted: string): { message: string; receiveId: string } {
  const { key, iv } = keyAndIv(encodingAesKey);
  const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(encrypted, 'base64'), decipher.final()]);
  const last = padded.at(-1) ?? 0;
  // The official libraries read an impossible pad byte as "no padding".
  const padBytes = last < 1 || last > blockBytes ? 0 : last;
  const plain = padded.subarray(0, padded.length - padBytes);
  const length = plain.readUInt32BE(16);
  return { message: plain.subarray(20, 20 + length).toString(), receiveId: plain.subarray(20 + length).toString() };
}

function keyAndIv(encodingAesKey: string): { key: Buffer; iv: Buffer } {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  if (key.length !== 32) throw new Error('EncodingAESKey must be 43 characters of base64');
  return { key, iv: key.subarray(0, 16) };
}
