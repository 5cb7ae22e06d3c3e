import { createCipheriv } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildReplyXml,
  decryptCallback,
  encryptCallback,
  parseAesKey,
  signCallback,
  signJsapi,
  verifySignature,
} from './crypto.ts';

// Tencent's official sample for WXBizMsgCrypt, URL verification.
const tencent = {
  token: 'QDG6eK',
  key: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
  receiveId: 'wx5823bf96d3bd56c7',
  timestamp: '1409659589',
  nonce: '263014780',
  encrypted: 'P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==',
  signature: '5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3',
  plain: '1616140317555161061',
};

// xen0n/go-workwx, internal/lowlevel/{encryptor,signature}/mod_test.go (MIT).
const goWorkwx = {
  token: 'kjr2TKI8umCBfVF3wAHk8JiPwma5VBme',
  key: '4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws',
  receiveId: 'ww6a112864f8022910',
  timestamp: '1583940690',
  nonce: 'VHh7ymSeb0jc4lSb',
  encrypted: '6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==',
  signature: '1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011',
  plain: '94966531020182955848408',
};

/** A ciphertext of exactly these bytes, so that padding and lengths can be wrong. */
function encryptBytes(bytes: Buffer): string {
  const key = Buffer.from(`${tencent.key}=`, 'base64');
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16));
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
}

describe('published vectors', () => {
  test.each([tencent, goWorkwx])('the echostr $plain is verified and opened', (vector) => {
    const { token, timestamp, nonce, encrypted, signature } = vector;
    expect(signCallback(token, timestamp, nonce, encrypted)).toBe(signature);
    expect(verifySignature(token, timestamp, nonce, encrypted, signature)).toBe(true);
    expect(decryptCallback(vector.key, encrypted, vector.receiveId)).toEqual({
      ok: true,
      message: vector.plain,
      receiveId: vector.receiveId,
    });
  });

  test('the encrypt direction gives the known ciphertext and signature', () => {
    // Recomputed with @wecom/crypto 1.0.1 from the key of Tencent's sample.
    const encrypted = encryptCallback(tencent.key, 'HELLO', tencent.receiveId, Buffer.from('0123456789abcdef'));
    expect(encrypted).toBe('sKqRbbiSUnDhFHOvPjtUMTzfJKiAYBXOPbGo1bfayzgIBAsM9E1l5T7D+imuhlsEAX8y89iDZ5oX8ZmRDb5uQA==');
    expect(signCallback(tencent.token, tencent.timestamp, tencent.nonce, encrypted)).toBe(
      '498266d1f91c918f5f4701bb95f9b304155a3e67',
    );
  });

  // developer.work.weixin.qq.com, doc 90506.
  test('the JS signature of the documented example comes out, and the fragment of the page is left out', () => {
    const ticket = 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg';
    const url = 'http://mp.weixin.qq.com?params=value';
    const signature = '0f9de62fce790f9a083d5c99e95740ceb90c27ed';
    expect(signJsapi(ticket, 'Wm3WZYTPz0wzccnW', 1414587457, url)).toBe(signature);
    expect(signJsapi(ticket, 'Wm3WZYTPz0wzccnW', 1414587457, `${url}#/customer`)).toBe(signature);
  });
});

type CallbackVector = {
  id: string;
  token: string;
  encodingAESKey: string;
  receiveId?: string;
  timestamp: string;
  nonce: string;
  encrypt: string;
  msg_signature: string;
  plaintext_verified?: string;
  random16?: string;
  plaintext?: string;
  expected_reply_xml?: string;
  must_fail_with?: { nonce?: string; msg_signature?: string };
};

const vectorFolder = new URL('../../../../shared/data/vectors/', import.meta.url);
const callbackFile = new URL('wecom_callback.json', vectorFolder);
const signatureFile = new URL('wechat_signatures.json', vectorFolder);
const areVectorsPresent = existsSync(callbackFile) && existsSync(signatureFile);

describe.skipIf(!areVectorsPresent)('vector files of ../shared (skipped where that folder is absent)', () => {
  const callbacks: { vectors: CallbackVector[]; invalid_encoding_aes_keys: { keys: { value: string }[] } } =
    areVectorsPresent
      ? JSON.parse(readFileSync(callbackFile, 'utf8'))
      : { vectors: [], invalid_encoding_aes_keys: { keys: [] } };

  test.each(callbacks.vectors)('$id', (vector) => {
    const { token, timestamp, nonce, encrypt, msg_signature: signature, must_fail_with: wrong } = vector;
    expect(verifySignature(token, timestamp, nonce, encrypt, signature)).toBe(true);
    if (wrong) {
      const isAccepted = verifySignature(
        token,
        timestamp,
        wrong.nonce ?? nonce,
        encrypt,
        wrong.msg_signature ?? signature,
      );
      expect(isAccepted).toBe(false);
    }
    if (vector.receiveId && vector.plaintext_verified) {
      expect(decryptCallback(vector.encodingAESKey, encrypt, vector.receiveId)).toEqual({
        ok: true,
        message: vector.plaintext_verified,
        receiveId: vector.receiveId,
      });
    }
    if (vector.receiveId && vector.random16 && vector.plaintext) {
      const random16 = Buffer.from(vector.random16);
      expect(encryptCallback(vector.encodingAESKey, vector.plaintext, vector.receiveId, random16)).toBe(encrypt);
    }
    if (vector.expected_reply_xml) {
      expect(buildReplyXml({ encrypt, signature, timestamp, nonce })).toBe(vector.expected_reply_xml);
    }
  });

  test('every invalid EncodingAESKey is refused', () => {
    expect(callbacks.invalid_encoding_aes_keys.keys.length).toBeGreaterThan(0);
    for (const { value } of callbacks.invalid_encoding_aes_keys.keys) expect(parseAesKey(value)).toBeUndefined();
  });

  test('every JS-SDK signature comes out', () => {
    type Jssdk = { noncestr: string; jsapi_ticket: string; timestamp: number; url: string; signature: string };
    const { jssdk }: { jssdk: Jssdk[] } = JSON.parse(readFileSync(signatureFile, 'utf8'));
    expect(jssdk.length).toBeGreaterThan(0);
    for (const vector of jssdk) {
      expect(signJsapi(vector.jsapi_ticket, vector.noncestr, vector.timestamp, vector.url)).toBe(vector.signature);
    }
  });
});

describe('refusals', () => {
  const open = (encrypted: string) => decryptCallback(tencent.key, encrypted, tencent.receiveId);
  const withLength = (length: number) => {
    const bytes = Buffer.alloc(64, 12);
    bytes.writeUInt32BE(length, 16);
    return encryptBytes(bytes);
  };

  test.each([
    ['an empty key', ''],
    ['42 characters', tencent.key.slice(1)],
    ['44 characters', `${tencent.key}A`],
    ['an equals sign', `${tencent.key.slice(1)}=`],
    ['a newline after the key', `${tencent.key}\n`],
  ])('%s is no EncodingAESKey', (_why, key) => {
    expect(decryptCallback(key, tencent.encrypted, tencent.receiveId)).toEqual({
      ok: false,
      problem: 'aes_key_invalid',
    });
    expect(() => encryptCallback(key, 'x', tencent.receiveId)).toThrow('43 letters or digits');
  });

  test.each([
    ['the receive id of another corp', goWorkwx.receiveId],
    ['an empty receive id', ''],
  ])('%s is a mismatch', (_why, receiveId) => {
    expect(decryptCallback(tencent.key, tencent.encrypted, receiveId)).toEqual({
      ok: false,
      problem: 'receive_id_mismatch',
    });
  });

  test.each([
    ['an empty ciphertext', '', 'ciphertext_malformed'],
    ['a ciphertext that is not base64', '!!!!', 'ciphertext_malformed'],
    ['a ciphertext that is no whole block', Buffer.alloc(17).toString('base64'), 'ciphertext_malformed'],
    ['a padding of 0', encryptBytes(Buffer.alloc(32, 0)), 'padding_invalid'],
    ['a padding beyond 32', encryptBytes(Buffer.alloc(64, 33)), 'padding_invalid'],
    ['a padding longer than the text', encryptBytes(Buffer.alloc(16, 32)), 'padding_invalid'],
    ['padding bytes that differ', encryptBytes(Buffer.from([...Buffer.alloc(31, 9), 4])), 'padding_invalid'],
    ['a text without room for a length', encryptBytes(Buffer.alloc(32, 16)), 'length_overflow'],
    ['a length one byte beyond the end', withLength(64 - 12 - 20 + 1), 'length_overflow'],
    ['a length of 4 GB', withLength(0xffff_ffff), 'length_overflow'],
  ])('%s is a problem, not an exception', (_why, encrypted, problem) => {
    expect(open(encrypted)).toEqual({ ok: false, problem });
  });

  test('a signature of another length or with other characters is refused', () => {
    const { token, timestamp, nonce, encrypted, signature } = tencent;
    for (const wrong of ['', signature.slice(1), `${signature}0`, '签'.repeat(40), signature.replace('5', '6')]) {
      expect(verifySignature(token, timestamp, nonce, encrypted, wrong)).toBe(false);
    }
  });

  test('a page is not signed without nonce or timestamp', () => {
    expect(() => signJsapi('ticket', '', 1, 'https://a.example')).toThrow(TypeError);
    expect(() => signJsapi('ticket', 'n', 0, 'https://a.example')).toThrow(TypeError);
  });
});

describe('properties', () => {
  test('whatever is encrypted is opened again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.stringMatching(/^[a-z0-9]{0,20}$/),
        (text, id) => {
          const message = Buffer.from(text).toString();
          const opened = decryptCallback(tencent.key, encryptCallback(tencent.key, message, id), id);
          expect(opened).toEqual({ ok: true, message, receiveId: id });
        },
      ),
    );
  });

  test('no ciphertext makes the opening throw', () => {
    const ciphertext = fc.oneof(
      fc.string(),
      fc.uint8Array({ maxLength: 160 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => encryptBytes(Buffer.from(bytes))),
    );
    fc.assert(
      fc.property(ciphertext, (text) => {
        expect(decryptCallback(tencent.key, text, 'ww1').ok).toBe(false);
      }),
    );
  });
});
