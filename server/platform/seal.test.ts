import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from './seal.ts';

const sealer = createSealer('a secret of at least thirty-two characters');

describe('a sealed text', () => {
  it('opens under the same secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(sealer.open(sealer.seal(text))).toBe(text);
      }),
    );
    expect(createSealer('a secret of at least thirty-two characters').open(sealer.seal('x'))).toBe('x');
  });

  it('does not show what it holds, nor that two hold the same', () => {
    const [a, b] = [sealer.seal('corp secret'), sealer.seal('corp secret')];
    expect(a).not.toBe(b);
    expect(Buffer.from(a, 'base64').toString('latin1')).not.toContain('corp');
  });

  it('stays shut under another secret', () => {
    expect(() => createSealer('another secret of thirty-two characters').open(sealer.seal('x'))).toThrow();
  });

  it('stays shut once a bit of it was changed', () => {
    const bytes = Buffer.from(sealer.seal('corp secret'), 'base64');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => sealer.open(changed.toString('base64')), `byte ${i}`).toThrow();
    }
  });

  it.each(['', 'AAAA', 'not base64 !', Buffer.alloc(27).toString('base64')])(
    'that is no sealed text throws: %s',
    (text) => {
      expect(() => sealer.open(text)).toThrow();
    },
  );
});
