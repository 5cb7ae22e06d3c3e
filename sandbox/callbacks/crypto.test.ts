import { expect, test } from 'vitest';
import { decrypt, encrypt, signature } from './crypto.ts';

// Test vectors of the reference, §10.2.
const tencent = { token: 'QDG6eK', key: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C', id: 'wx5823bf96d3bd56c7' };

const vectors = [
  {
    source: 'Tencent sample',
    ...tencent,
    timestamp: '1409659589',
    nonce: '263014780',
    encrypted: 'P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==',
    plain: '1616140317555161061',
    signed: '5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3',
  },
  {
    source: 'go-workwx',
    token: 'kjr2TKI8umCBfVF3wAHk8JiPwma5VBme',
    key: '4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws',
    id: 'ww6a112864f8022910',
    timestamp: '1583940690',
    nonce: 'VHh7ymSeb0jc4lSb',
    encrypted: '6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==',
    plain: '94966531020182955848408',
    signed: '1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011',
  },
  {
    source: 'wechatpy',
    token: '123456',
    key: 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR',
    id: 'wx49f0ab532d5d035a',
    timestamp: '1411443780',
    nonce: '437374425',
    encrypted: '4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==',
    plain: '5927782489442352469',
    signed: 'dd6b9c95b495b3f7e2901bfbc76c664930ffdb96',
  },
];

test.each(vectors)('the vector of $source decrypts and its signature fits', (vector) => {
  expect(decrypt(vector.key, vector.encrypted)).toEqual({ message: vector.plain, receiveId: vector.id });
  expect(signature(vector.token, vector.timestamp, vector.nonce, vector.encrypted)).toBe(vector.signed);
});

test('the message of doc 90968 decrypts to the text "hello"', () => {
  const encrypted =
    'RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==';
  const { message, receiveId } = decrypt(tencent.key, encrypted);
  expect(message).toContain('<Content><![CDATA[hello]]></Content>');
  expect(message).toContain('<MsgId>4561255354251345929</MsgId>');
  expect(receiveId).toBe(tencent.id);
  expect(signature(tencent.token, '1409659813', '1372623149', encrypted)).toBe(
    '477715d11cdb4164915debcba66cb864d751f3e6',
  );
});

test('encrypting with a known random gives the known ciphertext', () => {
  const encrypted = encrypt(tencent.key, 'HELLO', tencent.id, Buffer.from('0123456789abcdef'));
  expect(encrypted).toBe('sKqRbbiSUnDhFHOvPjtUMTzfJKiAYBXOPbGo1bfayzgIBAsM9E1l5T7D+imuhlsEAX8y89iDZ5oX8ZmRDb5uQA==');
  expect(signature(tencent.token, '1409659589', '263014780', encrypted)).toBe(
    '498266d1f91c918f5f4701bb95f9b304155a3e67',
  );
});

test('every length survives the 32-byte padding', () => {
  for (let length = 0; length < 70; length++) {
    const message = '字'.repeat(length);
    expect(decrypt(tencent.key, encrypt(tencent.key, message, tencent.id)).message).toBe(message);
  }
});

test('a key of the wrong length is refused', () => {
  expect(() => encrypt('short', 'x', 'id')).toThrow('EncodingAESKey');
});
