import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changesFromRecord,
  type FollowChange,
  fitsAttribute,
  foldFollow,
  gramsOf,
  gramsToFind,
  mergeChanges,
  normalizeForSearch,
  sameAddMs,
  stateOf,
  withoutDisprovedEnds,
} from './rules.ts';

const added = (at: number, codeId: number | null = null, way: number | null = null): FollowChange => ({
  kind: 'added',
  at,
  codeId,
  way,
});
const ended = (at: number, by: 'customer' | 'staff' | 'transfer' | 'missing' = 'customer'): FollowChange => ({
  kind: 'ended',
  at,
  by,
});

/** A history written short: '10-20 customer #3' is a stay from 10 to 20 that the customer ended, through code 3. */
const written = (changes: readonly FollowChange[]) =>
  foldFollow(changes).map((spell) => {
    const end = spell.endedAt === null ? '…' : `${spell.endedAt} ${spell.endedBy}`;
    return `${spell.startedAt}-${end}${spell.codeId === null ? '' : ` #${spell.codeId}`}`;
  });

describe('the stays of an edge', () => {
  const cases: [title: string, changes: FollowChange[], expected: string[]][] = [
    ['nothing happened', [], []],
    ['an add', [added(10)], ['10-…']],
    ['an add and its end', [added(10), ended(20)], ['10-20 customer']],
    ['the end heard of before the add', [ended(20), added(10)], ['10-20 customer']],
    ['an end without an add', [ended(20)], []],
    ['an end before the first add', [ended(5), added(10)], ['10-…']],
    ['an add told twice', [added(10, 3), added(11, 3)], ['10-… #3']],
    ['a half add without its code, then the add with it', [added(10), added(12, 3)], ['10-… #3']],
    ['a second code while the stay is open', [added(10, 3), added(12, 4)], ['10-… #3']],
    ['two ends of one stay', [added(10), ended(20, 'staff'), ended(30)], ['10-20 staff']],
    ['left and came back', [added(10), ended(20), added(30, 4)], ['10-20 customer', '30-… #4']],
    ['left and came back in one second', [added(10), ended(20), added(20, 4)], ['10-20 customer', '20-… #4']],
    ['came and left in one second', [added(10, 3), ended(10)], ['10-10 customer #3']],
    ['ended by both in one second', [added(10), ended(20, 'staff'), ended(20)], ['10-20 customer']],
    ['ended by a transfer', [added(10), ended(20, 'transfer')], ['10-20 transfer']],
    ['found missing', [added(10), ended(20, 'missing')], ['10-20 missing']],
    ['two adds in one second, one with a code', [added(10), added(10, 3)], ['10-… #3']],
  ];

  it.each(cases)('%s', (_title, changes, expected) => {
    expect(written(changes)).toEqual(expected);
  });

  it('names the state after the last stay', () => {
    const states = (['customer', 'staff', 'transfer', 'missing'] as const).map((by) => {
      const [spell] = foldFollow([added(1), ended(2, by)]);
      return spell && stateOf(spell);
    });
    expect(states).toEqual(['left_by_customer', 'removed_by_staff', 'transferred', 'missing']);
    const [open] = foldFollow([added(1)]);
    expect(open && stateOf(open)).toBe('active');
  });

  /** Few moments and few codes, so that changes meet. */
  const change: fc.Arbitrary<FollowChange> = fc.oneof(
    fc
      .tuple(fc.nat(6), fc.option(fc.integer({ min: 1, max: 3 })), fc.option(fc.constantFrom(1, 202)))
      .map(([at, codeId, way]) => added(at, codeId, way)),
    fc
      .tuple(fc.nat(6), fc.constantFrom('customer' as const, 'staff' as const, 'transfer' as const, 'missing' as const))
      .map(([at, by]) => ended(at, by)),
  );
  const changes = fc.array(change, { maxLength: 10 });

  it('are the same in whatever order and however often the changes are told', () => {
    const told = changes.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length, maxLength: 2 * list.length }),
      ),
    );
    fc.assert(
      fc.property(told, ([list, again]) => {
        expect(foldFollow(again)).toEqual(foldFollow(list));
      }),
    );
  });

  it('follow one another, and only the last is open', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const spells = foldFollow(list);
        spells.forEach((spell, i) => {
          const next = spells[i + 1];
          expect(spell.endedAt === null).toBe(spell.endedBy === null);
          expect(spell.endedAt ?? spell.startedAt).toBeGreaterThanOrEqual(spell.startedAt);
          if (next) {
            expect(spell.endedAt).not.toBeNull();
            expect(next.startedAt).toBeGreaterThanOrEqual(spell.endedAt ?? Number.POSITIVE_INFINITY);
            expect(next.startedAt).toBeGreaterThan(spell.startedAt);
          }
        });
      }),
    );
  });

  it('merge without order or repetition', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const merged = mergeChanges(a, b);
        expect(mergeChanges(merged, merged)).toEqual(merged);
        expect(mergeChanges(merged, a)).toEqual(merged);
        expect(mergeChanges(b, a)).toEqual(merged);
        expect(foldFollow(merged)).toEqual(foldFollow([...a, ...b]));
      }),
    );
  });

  describe("and WeCom's record of the edge", () => {
    const record = (createdAt: number, codeId: number | null = null, way: number | null = null) => ({
      createdAt,
      codeId,
      way,
    });
    const late = sameAddMs + 1;

    it('tell an add that nobody told', () => {
      expect(changesFromRecord([], record(10, 3, 1))).toEqual([added(10, 3, 1)]);
      expect(changesFromRecord([added(10), ended(20)], record(20 + late))).toEqual([added(20 + late)]);
    });

    it('tell nothing while the add is known', () => {
      expect(changesFromRecord([added(10, 3, 1)], record(10, 3, 1))).toEqual([]);
      expect(changesFromRecord([added(10)], record(12))).toEqual([]);
    });

    it('move the beginning of a stay back when the first telling of its add was lost', () => {
      const known = [added(sameAddMs + 5)];
      const all = mergeChanges(known, changesFromRecord(known, record(5)));
      expect(foldFollow(all)).toMatchObject([{ startedAt: 5, endedAt: null }]);
      expect(changesFromRecord(all, record(5))).toEqual([]);
    });

    it('begin a stay at the same moment whether the record or a later telling came first', () => {
      const recordFirst = mergeChanges([added(5)], [added(9)]);
      const tellingFirst = mergeChanges([added(9)], changesFromRecord([added(9)], record(5)));
      expect(foldFollow(recordFirst)).toEqual(foldFollow(tellingFirst));
    });

    it('add the code and the way that a callback did not carry', () => {
      const known = [added(10)];
      const more = changesFromRecord(known, record(10, 3, 1));
      expect(foldFollow(mergeChanges(known, more))).toMatchObject([{ startedAt: 10, codeId: 3, way: 1 }]);
    });

    it('do not bring back a stay that ended after its add', () => {
      const known = [added(10, 3), ended(20)];
      expect(written(mergeChanges(known, changesFromRecord(known, record(10, 3, 1))))).toEqual(['10-20 customer #3']);
    });

    it('bring back a stay whose end was only inferred', () => {
      const known = [added(10), ended(20, 'missing')];
      const kept = withoutDisprovedEnds(known, 10, 30);
      expect(written(mergeChanges(kept, changesFromRecord(kept, record(10))))).toEqual(['10-…']);
      expect(withoutDisprovedEnds(known, 10, 15)).toEqual(known);
      expect(withoutDisprovedEnds(known, 25, 30)).toEqual(known);
      expect(withoutDisprovedEnds([added(10), ended(20)], 10, 30)).toEqual([added(10), ended(20)]);
    });

    it('say the same thing once, however often they are read', () => {
      const reading = fc
        .tuple(fc.nat(6), fc.option(fc.integer({ min: 1, max: 3 })), fc.option(fc.constantFrom(1, 202)))
        .map(([createdAt, codeId, way]) => record(createdAt, codeId, way));
      fc.assert(
        fc.property(changes, reading, (list, reading) => {
          const known = mergeChanges([], list);
          const once = mergeChanges(known, changesFromRecord(known, reading));
          expect(foldFollow(mergeChanges(once, changesFromRecord(once, reading)))).toEqual(foldFollow(once));
        }),
      );
    });
  });
});

describe('searching', () => {
  it('cuts words into ones and twos', () => {
    expect(gramsOf('王小芳')).toEqual(['王', '王小', '小', '小芳', '芳']);
    expect(gramsOf('Ab  c')).toEqual(['a', 'ab', 'b', 'c']);
    expect(gramsOf('👩‍👧x').every((gram) => gram.isWellFormed())).toBe(true);
    expect(gramsOf('')).toEqual([]);
  });

  it('looks for pairs, and for a letter only where there is but one', () => {
    expect(gramsToFind('王小芳')).toEqual(['王小', '小芳']);
    expect(gramsToFind('芳')).toEqual(['芳']);
    expect(gramsToFind(' a bc ')).toEqual(['a', 'bc']);
    expect(gramsToFind('   ')).toEqual([]);
  });

  it('does not care for case, width and blanks', () => {
    expect(normalizeForSearch('  ＡＢＣ　ｄ\n１２ ')).toBe('abc d 12');
    expect(gramsToFind('ＡＢ')).toEqual(gramsToFind('ab'));
  });

  it('finds in every text the pieces of whatever the text contains', () => {
    const words = fc
      .array(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 4 })
      .map((parts) => parts.join(' '));
    const textAndPart = words.chain((text) => {
      const letters = [...normalizeForSearch(text)];
      return fc
        .tuple(fc.nat(letters.length), fc.nat(letters.length))
        .map(([a, b]) => ({ text, part: letters.slice(Math.min(a, b), Math.max(a, b)).join('') }));
    });
    fc.assert(
      fc.property(textAndPart, ({ text, part }) => {
        fc.pre(normalizeForSearch(text).includes(normalizeForSearch(part)));
        expect(gramsOf(text)).toEqual(expect.arrayContaining(gramsToFind(part)));
      }),
    );
  });

  it('keeps a bounded number of pieces of an endless text', () => {
    const text = Array.from({ length: 1000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');
    expect(gramsOf(text).length).toBeLessThan(130);
  });
});

describe('an attribute', () => {
  const fits = (kind: Parameters<typeof fitsAttribute>[0]['kind'], value: string | number | boolean) =>
    fitsAttribute({ kind, choices: ['S', 'M'] }, value);

  it.each([
    ['text', 'x', true],
    ['text', '', false],
    ['text', 1, false],
    ['number', 0, true],
    ['number', -1.5, true],
    ['number', '1', false],
    ['number', Number.NaN, false],
    ['number', Number.POSITIVE_INFINITY, false],
    ['boolean', false, true],
    ['boolean', 'false', false],
    ['choice', 'S', true],
    ['choice', 'L', false],
    ['choice', 's', false],
    ['date', '2024-02-29', true],
    ['date', '2026-02-29', false],
    ['date', '2026-13-01', false],
    ['date', '2026-1-1', false],
    ['date', '2026-01-01T00:00:00Z', false],
  ] as const)('of kind %s takes %s: %s', (kind, value, expected) => {
    expect(fits(kind, value)).toBe(expected);
  });
});
