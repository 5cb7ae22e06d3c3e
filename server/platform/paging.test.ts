import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, toPage } from './paging.ts';

const refusal = expect.objectContaining({
  code: 'input_invalid',
  fields: [expect.objectContaining({ path: 'after' })],
});
const forged = (json: string) => Buffer.from(json).toString('base64url');

function refusalOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('a cursor', () => {
  it('says again what it was made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.maxSafeInteger(), (text, number) => {
        fc.pre(!text.includes('\0'));
        expect(decodeCursor(encodeCursor([text, number]), ['string', 'number'])).toEqual([text, number]);
      }),
    );
  });

  it('fits into an address as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(encodeCursor([text])).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  it('is absent for the first page', () => {
    expect(decodeCursor(undefined, ['number'])).toBeUndefined();
  });

  it.each([
    ['no JSON', 'not-a-cursor'],
    ['nothing', ''],
    ['of another list', encodeCursor(['a', 1])],
    ['of too few parts', forged('[]')],
    ['an object', forged('{"0":1,"length":1}')],
    ['a text for a number', forged('["1"]')],
    ['a broken number', forged('[1.5]')],
    ['a number beyond what is exact', forged('[9007199254740993]')],
    ['null', forged('[null]')],
    ['a list', forged('[[1]]')],
  ])('that is %s is refused', (_title, cursor) => {
    expect(refusalOf(() => decodeCursor(cursor, ['number']))).toEqual(refusal);
  });

  it.each([
    ['NUL', forged('["a\\u0000"]')],
    ['a number for a text', forged('[1]')],
    ['an endless text', encodeCursor(['x'.repeat(5000)])],
  ])('with %s is refused', (_title, cursor) => {
    expect(refusalOf(() => decodeCursor(cursor, ['string']))).toEqual(refusal);
  });

  it('that anybody makes up is refused or of its shape', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => forged(JSON.stringify(value))),
        ),
        (cursor) => {
          const answer = refusalOf(() => decodeCursor(cursor, ['number', 'string']));
          if (Array.isArray(answer)) expect(answer).toEqual([expect.any(Number), expect.any(String)]);
          else expect(answer).toEqual(refusal);
        },
      ),
    );
  });
});

describe('a page', () => {
  const rows = [1, 2, 3, 4].map((id) => ({ id }));
  const keyOf = (row: { id: number }) => [row.id];

  it('has a next one only when a row more than its size was read', () => {
    expect(toPage(rows, 4, keyOf)).toEqual({ rows, next: null });
    expect(toPage(rows, 3, keyOf)).toEqual({ rows: rows.slice(0, 3), next: encodeCursor([3]) });
    expect(toPage([], 3, keyOf)).toEqual({ rows: [], next: null });
  });
});
