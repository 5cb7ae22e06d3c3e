/**
 * Which accounts are one person. A pure function of all that was ever told, so that the order in which it was told never
 * decides: links are taken in the order of the moments they speak of, and one that would put two accounts of a kind of
 * which a person has only one together is not followed but kept, as a clash for a person to decide.
 */

export interface AccountRef {
  readonly id: number;
  readonly kind: string;
  readonly value: string;
  /** Known to be used by many. It stays so. */
  readonly isShared: boolean;
}

/**
 * `at`, in milliseconds: the earliest moment at which a fact named the two together; of two that somebody said are the
 * same person, when that was said. It was said of the people of that moment, so all that each of them was by then stays
 * together, and what is told later meets one person.
 */
export interface AccountLink {
  readonly a: number;
  readonly b: number;
  readonly at: number;
  readonly decision: 'same' | 'different' | null;
}

export type LinkVerdict = 'joined' | 'clash' | 'apart' | 'shared';

export interface Partition {
  /** Accounts that turned out to be used by many. */
  readonly shared: ReadonlySet<number>;
  /** Account ids, each in one group. */
  readonly groups: readonly (readonly number[])[];
  readonly verdicts: ReadonlyMap<AccountLink, LinkVerdict>;
}

/**
 * What a person has one of, and with whom: WeCom knows a person of one corp by one external_userid, an app by one openid
 * (`<appid>:<openid>`), a shop by one number (`<shop>:<id>`). Undefined for what a person may have several of: phones,
 * e-mail addresses, browsers.
 */
export function uniqueScope(account: Pick<AccountRef, 'kind' | 'value'>): string | undefined {
  switch (account.kind) {
    case 'wecom':
    case 'unionid':
    case 'user':
      return account.kind;
    case 'openid':
    case 'shop_user':
      return `${account.kind} ${account.value.slice(0, account.value.lastIndexOf(':') + 1)}`;
    default:
      return undefined;
  }
}

/** A phone or browser that is named together with more accounts of one unique kind than this is a counter's, not a person's. */
export const maxPeoplePerAccount = 5;

export function choosePeople(accounts: readonly AccountRef[], links: readonly AccountLink[]): Partition {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const keyOf = (id: number) => `${byId.get(id)?.kind} ${byId.get(id)?.value}`;
  const linkKey = (link: AccountLink) => [keyOf(link.a), keyOf(link.b)].sort().join('|');
  const ordered = [...links].sort(
    (x, y) => x.at - y.at || (linkKey(x) < linkKey(y) ? -1 : linkKey(x) > linkKey(y) ? 1 : 0),
  );
  const shared = findShared(accounts, links);
  const apart = links.filter((link) => link.decision === 'different');
  const groupOf = new Map(accounts.map((account) => [account.id, new Set([account.id])]));
  const verdicts = new Map<AccountLink, LinkVerdict>();
  for (const link of ordered) {
    const a = groupOf.get(link.a);
    const b = groupOf.get(link.b);
    if (!a || !b) continue;
    const isForced = link.decision === 'same';
    if (link.decision === 'different' || parts(apart, a, b)) verdicts.set(link, 'apart');
    else if (!isForced && (shared.has(link.a) || shared.has(link.b))) verdicts.set(link, 'shared');
    else if (a === b) verdicts.set(link, 'joined');
    else if (!isForced && clash(byId, a, b)) verdicts.set(link, 'clash');
    else {
      verdicts.set(link, 'joined');
      for (const id of b) {
        a.add(id);
        groupOf.set(id, a);
      }
    }
  }
  return { shared, groups: [...new Set(groupOf.values())].map((group) => [...group].sort((x, y) => x - y)), verdicts };
}

function clash(byId: ReadonlyMap<number, AccountRef>, a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const scopesOf = (group: ReadonlySet<number>) =>
    [...group].flatMap((id) => {
      const account = byId.get(id);
      return (account && uniqueScope(account)) ?? [];
    });
  const taken = new Set(scopesOf(a));
  return scopesOf(b).some((scope) => taken.has(scope));
}

function parts(apart: readonly AccountLink[], a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return apart.some((link) => (a.has(link.a) && b.has(link.b)) || (a.has(link.b) && b.has(link.a)));
}

function findShared(accounts: readonly AccountRef[], links: readonly AccountLink[]): Set<number> {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const people = new Map<string, Set<number>>();
  for (const link of links) {
    for (const [one, other] of [
      [link.a, link.b],
      [link.b, link.a],
    ] as const) {
      const account = byId.get(one);
      const named = byId.get(other);
      const scope = named && uniqueScope(named);
      if (!account || !scope || uniqueScope(account) !== undefined) continue;
      const key = `${one} ${scope}`;
      people.set(key, (people.get(key) ?? new Set()).add(other));
    }
  }
  const found = [...people]
    .filter(([, named]) => named.size > maxPeoplePerAccount)
    .map(([key]) => Number.parseInt(key, 10));
  return new Set([...found, ...accounts.filter((account) => account.isShared).map((account) => account.id)]);
}
