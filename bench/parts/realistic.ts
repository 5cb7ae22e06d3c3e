import type { Condition } from '#contract/segments';

/** Segments that brands ask for, and for each the query that an engineer would write by hand for the same answer. */
export interface Realistic {
  readonly name: string;
  readonly tree: Condition;
  /** A count, in DuckDB's own dialect, on the same tables. */
  readonly twin: string;
}

const all = (...of: Condition[]): Condition => ({ kind: 'all', of });
const any = (...of: Condition[]): Condition => ({ kind: 'any', of });
const not = (of: Condition): Condition => ({ kind: 'not', of });
const tag = (...tagIds: number[]): Condition => ({ kind: 'tag', mode: 'any', tagIds });
const days = (amount: number) => ({ kind: 'last' as const, amount, unit: 'days' as const });
const ever = { kind: 'ever' as const };
const did = (name: string, window: ReturnType<typeof days> | typeof ever, atLeast = 1): Condition => ({
  kind: 'event',
  name,
  filters: [],
  window,
  measure: { of: 'count' },
  compare: { op: 'gte', value: atLeast },
});
const attribute = (key: string, ...values: string[]): Condition => ({
  kind: 'attribute',
  key,
  test: { op: 'is_any', values },
});

const now = "timestamptz '2026-11-24 03:00:00+00'";
const since = (count: number) => `occurred_at > ${now} - interval '${count} days' and occurred_at <= ${now}`;
const of = (name: string, count: number) => `select customer_id from event where name = '${name}' and ${since(count)}`;

/** Those that others speak of, by their id. */
export const others: ReadonlyMap<number, Condition> = new Map([
  [1, did('order.paid', days(90), 2)],
  [
    2,
    {
      kind: 'event',
      name: 'order.paid',
      filters: [],
      window: days(365),
      measure: { of: 'sum', property: 'amount_fen' },
      compare: { op: 'gte', value: 50_000 },
    },
  ],
]);

const loyal = `${of('order.paid', 90)} group by customer_id having count(*) >= 2`;
const spenders = `${of('order.paid', 365)} group by customer_id having sum("number amount_fen") >= 500000000`;

export const realistic: readonly Realistic[] = [
  {
    name: 'women with the tag of members',
    tree: all(tag(3), { kind: 'gender', values: ['female'] }),
    twin: "select count(*) from customer where gender = 'female' and id in (select customer_id from customer_tag where tag_id = 3)",
  },
  { name: 'one rare tag', tree: tag(180), twin: 'select count(*) from customer_tag where tag_id = 180' },
  {
    name: 'two tags and not a third',
    tree: all({ kind: 'tag', mode: 'all', tagIds: [10, 20] }, { kind: 'tag', mode: 'none', tagIds: [1] }),
    twin: `select count(*) from (select customer_id from customer_tag where tag_id = 20) a
      where customer_id in (select customer_id from customer_tag where tag_id = 10)
        and customer_id not in (select customer_id from customer_tag where tag_id = 1)`,
  },
  {
    name: 'any of five interests',
    tree: tag(100, 110, 120, 130, 140),
    twin: 'select count(distinct customer_id) from customer_tag where tag_id in (100, 110, 120, 130, 140)',
  },
  {
    name: 'of two cities, with a tag',
    tree: all(attribute('city', '杭州', '成都'), tag(30)),
    twin: `select count(*) from (select customer_id from customer_tag where tag_id = 30) a
      where customer_id in (select customer_id from segment_attribute where key = 'city' and text in ('杭州', '成都'))`,
  },
  {
    name: 'birthday within a week',
    tree: { kind: 'attribute', key: 'birthday', test: { op: 'birthday', days: 7, calendar: 'solar' } },
    twin: `select count(*) from segment_attribute where key = 'birthday' and day % 10000 in (1124, 1125, 1126, 1127, 1128, 1129, 1130)`,
  },
  {
    name: 'bought within 30 days',
    tree: did('order.paid', days(30)),
    twin: `select count(distinct customer_id) from event where name = 'order.paid' and ${since(30)}`,
  },
  { name: 'bought twice within 90 days', tree: others.get(1) as Condition, twin: `select count(*) from (${loyal})` },
  {
    name: 'spent 500 yuan within a year',
    tree: others.get(2) as Condition,
    twin: `select count(*) from (${spenders})`,
  },
  {
    name: 'looked at coffee this month, bought nothing for 90 days',
    tree: all(
      {
        kind: 'event',
        name: 'product.viewed',
        filters: [{ property: 'category', test: { op: 'is_any', values: ['coffee'] } }],
        window: days(30),
        measure: { of: 'count' },
        compare: { op: 'gte', value: 1 },
      },
      not(did('order.paid', days(90))),
    ),
    twin: `select count(*) from (select distinct customer_id from event where name = 'product.viewed' and "text category" = 'coffee' and ${since(30)})
      where customer_id not in (${of('order.paid', 90)})`,
  },
  {
    name: 'left a basket: no order within 48 hours',
    tree: {
      kind: 'sequence',
      first: { name: 'cart.added', filters: [] },
      followed: false,
      next: { name: 'order.placed', filters: [] },
      within: { amount: 48, unit: 'hours' },
      window: days(14),
    },
    twin: `select count(distinct a.customer_id) from event a anti join
        (select customer_id, occurred_at from event where name = 'order.placed' and ${since(14)}) b
        on b.customer_id = a.customer_id and b.occurred_at > a.occurred_at and b.occurred_at < a.occurred_at + interval 48 hours
      where a.name = 'cart.added' and a.occurred_at > ${now} - interval 14 days and a.occurred_at <= ${now} - interval 48 hours`,
  },
  {
    name: 'paid within a week of taking a coupon',
    tree: {
      kind: 'sequence',
      first: { name: 'coupon.claimed', filters: [] },
      followed: true,
      next: { name: 'order.paid', filters: [] },
      within: { amount: 7, unit: 'days' },
      window: days(90),
    },
    twin: `select count(distinct a.customer_id) from (select customer_id, occurred_at from event where name = 'coupon.claimed' and ${since(90)}) a
      join (select customer_id, occurred_at from event where name = 'order.paid' and ${since(90)}) b
      on b.customer_id = a.customer_id and b.occurred_at > a.occurred_at and b.occurred_at < a.occurred_at + interval 7 days`,
  },
  {
    name: 'newcomers of a month from advertising',
    tree: all({ kind: 'added', test: days(30) }, { kind: 'source', values: ['ad', 'partner'] }),
    twin: `select count(*) from customer where source in ('ad', 'partner') and added_at > ${now} - interval 30 days and added_at <= ${now}`,
  },
  {
    name: 'asleep: last bought more than half a year ago',
    tree: {
      kind: 'event_time',
      name: 'order.paid',
      filters: [],
      which: 'last',
      test: { kind: 'before', amount: 180, unit: 'days' },
    },
    twin: `select count(*) from (select customer_id from event where name = 'order.paid' and occurred_at <= ${now}
      group by customer_id having max(occurred_at) <= ${now} - interval 180 days)`,
  },
  {
    name: 'newcomers of two months who never answered',
    tree: all({ kind: 'added', test: days(60) }, not(did('message.replied', ever))),
    twin: `select count(*) from customer where added_at > ${now} - interval 60 days and added_at <= ${now}
      and id not in (select customer_id from event where name = 'message.replied' and occurred_at <= ${now})`,
  },
  {
    name: 'loyal or spending, without a coupon (segments in segments)',
    tree: all(
      any({ kind: 'segment', segmentId: 1 }, { kind: 'segment', segmentId: 2 }),
      not(did('coupon.claimed', days(60))),
    ),
    twin: `select count(*) from (select customer_id from (${loyal}) union select customer_id from (${spenders}))
      where customer_id not in (${of('coupon.claimed', 60)})`,
  },
  {
    name: 'a tenth of the champions, to leave alone',
    tree: all({ kind: 'rfm', groups: ['champions'] }, { kind: 'bucket', seed: 7, from: 0, to: 1000 }),
    twin: `select count(*) from customer_score where rfm_group = 'champions' and BUCKET < 1000`,
  },
  {
    name: 'the twentieth who spend most, in one city',
    tree: all(
      { kind: 'top', by: { of: 'score', field: 'monetary_fen' }, take: { of: 'share', basisPoints: 500 } },
      attribute('city', '北京'),
    ),
    twin: `select count(*) from (select customer_id from customer_score where monetary_fen > CUTOFF or (monetary_fen = CUTOFF and customer_id <= LAST))
      where customer_id in (select customer_id from segment_attribute where key = 'city' and text = '北京')`,
  },
  {
    name: 'three orders and 1000 yuan in the shops within a year',
    tree: all(
      { kind: 'order', measure: 'count', currency: 'CNY', window: days(365), compare: { op: 'gte', value: 2 } },
      { kind: 'order', measure: 'total', currency: 'CNY', window: days(365), compare: { op: 'gte', value: 100_000 } },
    ),
    twin: `select count(*) from (select customer_id from shop_order where state <> 'cancelled' and currency = 'CNY'
      and ordered_at > ${now} - interval 365 days and ordered_at <= ${now}
      group by customer_id having count(*) >= 2 and sum(total_fen - refunded_fen) >= 100000)`,
  },
  {
    name: 'read two articles within 60 days, level three or above, with an interest',
    tree: all(
      {
        kind: 'event',
        name: 'link.read',
        filters: [],
        window: days(60),
        measure: { of: 'distinct', property: 'content_id' },
        compare: { op: 'gte', value: 2 },
      },
      { kind: 'attribute', key: 'level', test: { op: 'number', compare: { op: 'gte', value: 3 } } },
      tag(1, 2, 3, 4),
    ),
    twin: `select count(*) from (select customer_id from event where name = 'link.read' and ${since(60)}
        group by customer_id having count(distinct "text content_id") >= 2)
      where customer_id in (select customer_id from segment_attribute where key = 'level' and number >= 30000)
        and customer_id in (select customer_id from customer_tag where tag_id in (1, 2, 3, 4))`,
  },
];
