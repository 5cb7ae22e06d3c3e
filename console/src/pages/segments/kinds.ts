import type { Condition, Leaf, LeafOf } from '#contract/segments';

/** What a condition of each kind begins as. What has no sensible beginning is empty, and told as missing. */
const beginnings: { readonly [K in Leaf['kind']]: LeafOf<K> } = {
  attribute: { kind: 'attribute', key: '', test: { op: 'set' } },
  tag: { kind: 'tag', mode: 'any', tagIds: [] },
  follow: { kind: 'follow', mode: 'some', states: ['active'] },
  event: {
    kind: 'event',
    name: '',
    filters: [],
    window: { kind: 'last', amount: 30, unit: 'days' },
    measure: { of: 'count' },
    compare: { op: 'gte', value: 1 },
  },
  event_time: {
    kind: 'event_time',
    name: '',
    filters: [],
    which: 'last',
    test: { kind: 'before', amount: 30, unit: 'days' },
  },
  sequence: {
    kind: 'sequence',
    first: { name: '', filters: [] },
    followed: false,
    next: { name: '', filters: [] },
    within: { amount: 3, unit: 'days' },
    window: { kind: 'last', amount: 30, unit: 'days' },
  },
  order: {
    kind: 'order',
    measure: 'count',
    currency: 'CNY',
    window: { kind: 'last', amount: 90, unit: 'days' },
    compare: { op: 'gte', value: 1 },
  },
  order_time: {
    kind: 'order_time',
    which: 'last',
    currency: 'CNY',
    test: { kind: 'before', amount: 90, unit: 'days' },
  },
  order_gap: { kind: 'order_gap', which: 'average', compare: { op: 'lte', value: 30 } },
  score: { kind: 'score', field: 'relation', compare: { op: 'gte', value: 50 } },
  rfm: { kind: 'rfm', groups: [] },
  super_user: { kind: 'super_user', is: true },
  source: { kind: 'source', values: [] },
  gender: { kind: 'gender', values: ['female'] },
  account_kind: { kind: 'account_kind', values: ['wechat'] },
  code: { kind: 'code', codeIds: [] },
  added: { kind: 'added', test: { kind: 'last', amount: 7, unit: 'days' } },
  identity: { kind: 'identity', mode: 'any', kinds: ['phone'] },
  bucket: { kind: 'bucket', seed: 1, from: 0, to: 1000 },
  top: { kind: 'top', by: { of: 'score', field: 'monetary_fen' }, take: { of: 'share', basisPoints: 1000 } },
  segment: { kind: 'segment', segmentId: 0 },
  list: { kind: 'list', listId: 0 },
};

export const beginningOf = (kind: Leaf['kind']): Leaf => structuredClone(beginnings[kind]);

/** Where the menu offers each kind. */
const groupOf = {
  attribute: 'profile',
  tag: 'profile',
  source: 'profile',
  code: 'profile',
  added: 'profile',
  follow: 'profile',
  gender: 'profile',
  account_kind: 'profile',
  identity: 'profile',
  event: 'behaviour',
  event_time: 'behaviour',
  sequence: 'behaviour',
  order: 'orders',
  order_time: 'orders',
  order_gap: 'orders',
  rfm: 'scores',
  score: 'scores',
  super_user: 'scores',
  top: 'scores',
  segment: 'sets',
  list: 'sets',
  bucket: 'sets',
} as const satisfies { readonly [K in Leaf['kind']]: string };

const kinds = Object.keys(groupOf) as Leaf['kind'][];

/** Kinds as the menu groups them. */
export const kindGroups = (['profile', 'behaviour', 'orders', 'scores', 'sets'] as const).map((name) => ({
  name,
  kinds: kinds.filter((kind) => groupOf[kind] === name),
}));

const last = (amount: number) => ({ kind: 'last', amount, unit: 'days' }) as const;
const noneOf = (name: string, days: number): Leaf => ({
  kind: 'event',
  name,
  filters: [],
  window: last(days),
  measure: { of: 'count' },
  compare: { op: 'eq', value: 0 },
});
const noOrder = (days: number): Leaf => ({
  kind: 'order',
  measure: 'count',
  currency: 'CNY',
  window: last(days),
  compare: { op: 'eq', value: 0 },
});
const isHere: Leaf = { kind: 'follow', mode: 'some', states: ['active'] };

/** Rules to begin with. A birthday needs the attribute that holds it. */
const examples = {
  new7: () => ({ kind: 'added', test: last(7) }),
  silent30: () => ({
    kind: 'all',
    of: [
      isHere,
      { kind: 'added', test: { kind: 'before', amount: 30, unit: 'days' } },
      noneOf('page.viewed', 30),
      noneOf('product.viewed', 30),
      noOrder(30),
    ],
  }),
  vip90: () => ({ kind: 'all', of: [{ kind: 'super_user', is: true }, noOrder(90)] }),
  birthday7: (birthdayKey) => ({
    kind: 'attribute',
    key: birthdayKey ?? '',
    test: { op: 'birthday', days: 7, calendar: 'solar' },
  }),
  once: () => ({
    kind: 'all',
    of: [
      {
        kind: 'order',
        measure: 'count',
        currency: 'CNY',
        window: { kind: 'ever' },
        compare: { op: 'eq', value: 1 },
      },
      { kind: 'order_time', which: 'last', currency: 'CNY', test: { kind: 'before', amount: 30, unit: 'days' } },
    ],
  }),
  cart: () => ({
    kind: 'sequence',
    first: { name: 'cart.added', filters: [] },
    followed: false,
    next: { name: 'order.placed', filters: [] },
    within: { amount: 24, unit: 'hours' },
    window: last(7),
  }),
  top10: () => ({
    kind: 'top',
    by: { of: 'order_total', currency: 'CNY', window: last(365) },
    take: { of: 'share', basisPoints: 1000 },
  }),
  lost7: () => ({ kind: 'follow', mode: 'some', states: ['left_by_customer'], ended: last(7) }),
} as const satisfies Record<string, (birthdayKey: string | undefined) => Condition>;

export type Example = keyof typeof examples;
export const exampleNames = Object.keys(examples) as Example[];

export const exampleTree = (name: Example, birthdayKey?: string): Condition => examples[name](birthdayKey);
