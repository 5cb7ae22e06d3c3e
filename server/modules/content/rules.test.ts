import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEmptyMessage, materialLimits, recognize } from './rules.ts';
import { cutToBytes } from './wordings.ts';

describe('a text cut to bytes', () => {
  it('keeps whole characters', () => {
    expect(cutToBytes('中文', 6)).toBe('中文');
    expect(cutToBytes('中文', 5)).toBe('中');
    expect(cutToBytes('a😀', 4)).toBe('a');
    expect(cutToBytes('中', 0)).toBe('');
  });

  it('is the longest beginning that fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, max) => {
        const cut = cutToBytes(text, max);
        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
        const next = [...text.slice(cut.length)][0];
        if (next !== undefined) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(max);
      }),
    );
  });
});

describe('a message', () => {
  it('is empty without words and attachments', () => {
    expect(isEmptyMessage({ text: ' \n', attachments: [] })).toBe(true);
    expect(isEmptyMessage({ text: '你好', attachments: [] })).toBe(false);
    expect(isEmptyMessage({ text: '', attachments: [{ kind: 'image', materialId: 1 }] })).toBe(false);
  });
});

describe('a file', () => {
  const bytes = (hex: string) => Buffer.from(hex, 'hex');

  it.each([
    ['89504e470d0a1a0a00', 'anything', 'image', 'image/png'],
    ['ffd8ffe000', 'anything', 'image', 'image/jpeg'],
    ['0000001866747970', 'a.MP4', 'video', 'video/mp4'],
    ['0000001866747970', 'a.mov', 'file', 'application/octet-stream'],
    ['255044462d', 'a.png', 'file', 'application/pdf'],
    ['3c68746d6c3e', 'a.png', 'file', 'application/octet-stream'],
    ['', 'a.png', 'file', 'application/octet-stream'],
    ['8950', 'a.png', 'file', 'application/octet-stream'],
  ])('%s called %s is a %s', (hex, name, kind, contentType) => {
    expect(recognize(bytes(hex), name)).toEqual({ kind, contentType });
  });

  it('has the limit of its kind', () => {
    expect(materialLimits.file).toBeGreaterThan(materialLimits.image);
  });
});
