import { createHash, randomBytes, randomInt } from 'node:crypto';

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Lower-case letters and digits that nobody confuses when reading them aloud. */
export function randomKey(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** `length` random bytes, URL-safe. */
export function randomToken(length = 32): string {
  return randomBytes(length).toString('base64url');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
