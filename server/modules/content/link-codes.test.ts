import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from '#platform/seal';
import { decodeLinkCode, encodeLinkCode, type LinkCode, linkKinds } from './link-codes.ts';

const sealer = createSealer('a secret of at least thirty-two characters');

const id = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 2 ** 40 }));
const anyCode: fc.Arbitrary<LinkCode> = fc.record({
  linkId: id,
  kind: fc.constantFrom(...linkKinds),
  sourceId: id,
  staffId: id,
  person: fc.option(fc.record({ customerId: id, touchId: id }), { nil: undefined }),
});

describe('the code of a link', () => {
  it('says what it was made of, and only here', () => {
    const others = createSealer('another secret of thirty-two characters');
    fc.assert(
      fc.property(anyCode, (code) => {
        const text = encodeLinkCode(sealer, code);
        expect(decodeLinkCode(sealer, text)).toEqual(code);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeLinkCode(others, text)).toBeUndefined();
      }),
    );
  });

  it('is short enough for an SMS', () => {
    const person = { customerId: 10_000_000, touchId: 50_000_000 };
    const code = encodeLinkCode(sealer, { linkId: 400, kind: 'campaign', sourceId: 900, staffId: 0, person });
    expect(code.length).toBeLessThanOrEqual(30);
  });

  it('is nothing once a single character of it is another', () => {
    const text = encodeLinkCode(sealer, {
      linkId: 7,
      kind: 'campaign',
      sourceId: 3,
      staffId: 2,
      person: { customerId: 11, touchId: 12 },
    });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let i = 0; i < text.length; i++) {
      for (const other of alphabet) {
        if (other === text[i]) continue;
        expect(decodeLinkCode(sealer, text.slice(0, i) + other + text.slice(i + 1))).toBeUndefined();
      }
    }
    for (let i = 0; i < text.length; i++) expect(decodeLinkCode(sealer, text.slice(0, i))).toBeUndefined();
    expect(decodeLinkCode(sealer, `${text}A`)).toBeUndefined();
  });

  it('is nothing where it is anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(decodeLinkCode(sealer, text)).toBeUndefined();
      }),
    );
  });

  it('does not show whose it is: codes of neighbours have nothing in common', () => {
    const codes = [1, 2].map((customerId) =>
      encodeLinkCode(sealer, {
        linkId: 1,
        kind: 'manual',
        sourceId: 1,
        staffId: 1,
        person: { customerId, touchId: 1 },
      }),
    );
    expect(codes[0]?.slice(0, 8)).not.toBe(codes[1]?.slice(0, 8));
    expect(codes[0]?.slice(-8)).not.toBe(codes[1]?.slice(-8));
  });
});
