import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Keeps secrets of other systems unreadable in the database and its backups: AES-256-GCM under a key derived from the
 * server's secret. A sealed text is base64 of nonce (12 bytes), tag (16), ciphertext.
 */
export interface Sealer {
  seal(text: string): string;
  /** Throws when the server's secret has changed since. */
  open(sealed: string): string;
  /** 32 bytes that only this server can make of `data`: HMAC-SHA-256 under a key of its own for each purpose. */
  sign(purpose: string, data: string | Uint8Array): Buffer;
}

export function createSealer(secret: string): Sealer {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'siyu seal', 32));
  const signingKeys = new Map<string, Buffer>();
  const signingKeyOf = (purpose: string) => {
    const known = signingKeys.get(purpose);
    if (known) return known;
    const made = Buffer.from(hkdfSync('sha256', secret, '', `siyu sign ${purpose}`, 32));
    signingKeys.set(purpose, made);
    return made;
  };
  return {
    seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
    sign: (purpose, data) => createHmac('sha256', signingKeyOf(purpose)).update(data).digest(),
  };
}
