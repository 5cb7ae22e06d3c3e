import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccountLink, type AccountRef, choosePeople, maxPeoplePerAccount, uniqueScope } from './partition.ts';

const account = (id: number, kind: string, value = String(id)): AccountRef => ({ id, kind, value, isShared: false });
const link = (a: number, b: number, at: number, decision: AccountLink['decision'] = null): AccountLink => ({
  a,
  b,
  at,
  decision,
});
const groupsOf = (accounts: readonly AccountRef[], links: readonly AccountLink[]) =>
  choosePeople(accounts, links)
    .groups.map((group) => group.join(' '))
    .sort();

describe('what a person has one of', () => {
  it.each([
    ['wecom', 'wmA', 'wecom'],
    ['unionid', 'o1', 'unionid'],
    ['user', '17', 'user'],
    ['openid', 'wxapp:o1', 'openid wxapp:'],
    ['shop_user', 'tmall:9', 'shop_user tmall:'],
    ['phone', '138', undefined],
    ['email', 'a@b.cn', undefined],
    ['anonymous', 'x', undefined],
  ])('%s %s', (kind, value, scope) => expect(uniqueScope({ kind, value })).toBe(scope));
});

describe('who is who', () => {
  const people = [account(1, 'user'), account(2, 'anonymous'), account(3, 'user'), account(4, 'phone')];

  it('what was named together is one person', () => {
    expect(groupsOf(people, [link(1, 2, 1), link(2, 4, 2)])).toEqual(['1 2 4', '3']);
  });

  it('the earlier link counts where two users were named with one browser; the later is a clash', () => {
    const early = link(1, 2, 1);
    const late = link(2, 3, 2);
    expect(groupsOf(people, [late, early])).toEqual(['1 2', '3', '4']);
    expect(choosePeople(people, [late, early]).verdicts.get(late)).toBe('clash');
  });

  it('two openids of two apps are one person, two of one app are not', () => {
    const apps = [account(1, 'openid', 'a:1'), account(2, 'openid', 'b:1'), account(3, 'openid', 'a:2')];
    expect(groupsOf(apps, [link(1, 2, 1), link(2, 3, 2)])).toEqual(['1 2', '3']);
  });

  it('an operator’s word joins what clashes, and parts what was joined', () => {
    expect(groupsOf(people, [link(1, 3, 9, 'same')])).toEqual(['1 3', '2', '4']);
    expect(groupsOf(people, [link(1, 2, 1), link(2, 4, 2), link(1, 4, 5, 'different')])).toEqual(['1 2', '3', '4']);
  });

  it('an operator’s word joins all that both were by then, and later facts meet one person', () => {
    const all = [...people, account(5, 'phone'), account(6, 'user')];
    // User 1 with phone 4, user 3 with phone 5: both are one, said of the phones.
    const links = [link(1, 4, 1), link(3, 5, 2), link(4, 5, 9, 'same')];
    expect(groupsOf(all, links)).toEqual(['1 3 4 5', '2', '6']);
    const late = link(4, 6, 10);
    expect(choosePeople(all, [late, ...links]).verdicts.get(late)).toBe('clash');
  });

  it('a phone of more people than one could be names nobody', () => {
    const users = Array.from({ length: maxPeoplePerAccount + 1 }, (_, i) => account(10 + i, 'user'));
    const phone = account(1, 'phone');
    const links = users.map((user, i) => link(1, user.id, i));
    expect(choosePeople([phone, ...users], links.slice(1)).groups).toHaveLength(users.length);
    const { groups, shared } = choosePeople([phone, ...users], links);
    expect(groups).toHaveLength(users.length + 1);
    expect([...shared]).toEqual([1]);
  });

  it('never puts two of what a person has one of together, unless told to, and does not depend on order', () => {
    const kinds = ['wecom', 'user', 'phone', 'anonymous'] as const;
    const accounts = Array.from({ length: 10 }, (_, i) => account(i + 1, kinds[i % kinds.length] ?? 'phone'));
    const links = fc.array(
      fc.record({
        a: fc.integer({ min: 1, max: 5 }),
        b: fc.integer({ min: 6, max: 10 }),
        at: fc.integer({ min: 0, max: 5 }),
        decision: fc.constantFrom(null, null, null, 'different' as const),
      }),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(links, fc.infiniteStream(fc.nat()), (drawn, seeds) => {
        const unique = [...new Map(drawn.map((one) => [`${one.a} ${one.b}`, one])).values()];
        const shuffled = unique
          .map((one) => [seeds.next().value as number, one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
        const groups = groupsOf(accounts, unique);
        expect(groupsOf([...accounts].reverse(), shuffled)).toEqual(groups);
        for (const group of groups) {
          const scopes = group
            .split(' ')
            .flatMap((id) => uniqueScope(accounts[Number(id) - 1] ?? account(0, '')) ?? []);
          expect(new Set(scopes).size).toBe(scopes.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});
