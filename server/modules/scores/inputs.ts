import type { Ctx } from '#platform/ctx';
import { addDays, dayOf, dayStart } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { actDays, notActs, touchDays } from './relation.ts';
import type { ScoreSettings } from './settings.ts';

/** Which customers: as a condition on a column that holds a customer's id. */
export type Whom = (column: RawBuilder<unknown>) => RawBuilder<unknown>;

export const everyoneBetween =
  (after: number, upTo: number): Whom =>
  (column) =>
    sql`${column} > ${after} and ${column} <= ${upTo}`;

export const these =
  (ids: readonly number[]): Whom =>
  (column) =>
    sql`${column} = any(${ids}::bigint[])`;

/** A moment and the words in which orders are counted then. */
export interface Measure {
  readonly now: Date;
  readonly today: string;
  readonly zone: string;
  readonly currency: string | null;
  readonly countUnpaid: boolean;
  readonly windowStart: Date;
}

export function measureAt(ctx: Pick<Ctx, 'now' | 'zone'>, settings: ScoreSettings, currency: string | null): Measure {
  const today = dayOf(ctx.now, ctx.zone);
  return {
    now: ctx.now,
    today,
    zone: ctx.zone,
    currency,
    countUnpaid: settings.countUnpaid,
    // Today is a day of the window too.
    windowStart: dayStart(addDays(today, 1 - settings.rfm.windowDays), ctx.zone),
  };
}

/** Orders that happened, whatever they brought: not cancelled, and paid if it has to be. */
function happened({ countUnpaid, now }: Measure): RawBuilder<unknown> {
  const paid = countUnpaid ? sql`true` : sql`(o.paid_at is not null or o.state in ('paid', 'completed'))`;
  return sql`o.state <> 'cancelled' and ${paid} and o.ordered_at <= ${now}`;
}

/** Orders that count as purchases: in the one currency, and something of the amount is left. */
export function counts(measure: Measure): RawBuilder<unknown> {
  return sql`o.currency = ${measure.currency} and o.total_fen > o.refunded_fen and ${happened(measure)}`;
}

/**
 * Orders by customer and civil day, what was given back taken off. An order counts when something of its amount is left: refunds
 * net out, and an order given back whole was none.
 */
function daysOfPurchase(measure: Measure, whom: Whom): RawBuilder<unknown> {
  return sql`
    select o.customer_id, (o.ordered_at at time zone ${measure.zone})::date as day, sum(o.total_fen - o.refunded_fen) as net,
      max(o.ordered_at) as last_at, count(*) filter (where o.ordered_at >= ${measure.windowStart}) as orders,
      coalesce(sum(o.total_fen - o.refunded_fen) filter (where o.ordered_at >= ${measure.windowStart}), 0) as amount
    from shop_order o
    where ${whom(sql`o.customer_id`)} and o.customer_id > 0 and ${counts(measure)}
    group by o.customer_id, day
  `;
}

/** One buyer as the summary of all buyers needs him. */
export interface BuyerRow {
  orders: number;
  amount: number;
  recency: number;
  days: number;
  spend: number;
  tx: number;
  T: number;
  /** The same until the day of the split; null when he came later. */
  holdX: number | null;
  holdTx: number | null;
  holdT: number | null;
  holdBought: number;
}

export async function readBuyers(
  ctx: Pick<Ctx, 'db'>,
  measure: Measure,
  whom: Whom,
  splitDay: string,
): Promise<BuyerRow[]> {
  const { today } = measure;
  const { rows } = await sql<BuyerRow>`
    with d as (${daysOfPurchase(measure, whom)})
    select sum(orders) as orders, sum(amount) as amount, ${today}::date - max(day) as recency, count(*) as days, sum(net) as spend,
      max(day) - min(day) as tx, ${today}::date - min(day) as "T",
      nullif(count(*) filter (where day <= ${splitDay}::date), 0) - 1 as "holdX",
      max(day) filter (where day <= ${splitDay}::date) - min(day) filter (where day <= ${splitDay}::date) as "holdTx",
      case when min(day) <= ${splitDay}::date then ${splitDay}::date - min(day) end as "holdT",
      count(*) filter (where day > ${splitDay}::date) as "holdBought"
    from d group by customer_id
  `.execute(ctx.db);
  return rows;
}

/** Everything one customer's scores are made from. */
export interface ScoreInput {
  customerId: number;
  /** Null without an order that counts. */
  recencyDays: number | null;
  orders: number;
  amountFen: number;
  lastOrderAt: Date | null;
  /** Days of purchase, the amount of all of them, days from the first to the last and to today. */
  purchaseDays: number;
  spendFen: number;
  tx: number;
  T: number;
  allOrders: number;
  freeOrders: number;
  refundedOrders: number;
  points: number;
  acts: number;
  actDays: number;
  lastActAt: Date | null;
  reached: number;
  reacted: number;
  attention: number;
  cameForGift: boolean;
  leftSoon: boolean;
  giftCodes: number;
  knownDays: number;
}

/** Condition on `event e` that it is an act of the customer's. */
export const isAct = sql`split_part(e.name, '.', 1) <> all(${[...notActs.kinds]}::text[]) and e.name <> all(${[...notActs.names]}::text[])`;

/** Touches that reached, as `touch t`. WeCom reports no delivery of a welcome: what it took has reached. */
export const isReached = sql`t.state in ('submitted', 'delivered') and t.settled_at is not null`;

/** The first act after a touch, in time to be a reaction to it. */
export function reactionTo({ now, replyHours }: { now: Date; replyHours: number }): RawBuilder<unknown> {
  return sql`
    select min(e.occurred_at) as at from event e
    where e.customer_id = t.customer_id and e.occurred_at > t.settled_at and e.occurred_at <= ${now}
      and e.occurred_at <= t.settled_at + ${replyHours} * interval '1 hour' and ${isAct}
  `;
}

/** Inputs of some customers, in one statement. */
export async function readInputs(
  ctx: Pick<Ctx, 'db'>,
  measure: Measure,
  settings: ScoreSettings,
  whom: Whom,
): Promise<ScoreInput[]> {
  const { now, today, zone } = measure;
  const { relation } = settings;
  const points = sql`coalesce((${JSON.stringify(relation.actPoints)}::jsonb ->> e.name)::float8, ${relation.otherPoints}::float8)`;
  const halved = (age: RawBuilder<unknown>) => sql`power(0.5, ${age} / ${relation.halfLifeDays}::float8)`;
  const actsSince = new Date(now.getTime() - actDays(relation) * 86_400_000);
  const touchesSince = new Date(now.getTime() - touchDays * 86_400_000);
  const { rows } = await sql<ScoreInput>`
    with bought as (
      select customer_id, sum(orders) as orders, sum(amount) as amount, max(last_at) as last_at, count(*) as days, sum(net) as spend,
        max(day) - min(day) as tx, ${today}::date - min(day) as t, ${today}::date - max(day) as recency
      from (${daysOfPurchase(measure, whom)}) d group by customer_id
    ), ordered as (
      select o.customer_id, count(*) as orders, count(*) filter (where o.total_fen <= 0) as free,
        count(*) filter (where o.total_fen > 0 and o.refunded_fen >= o.total_fen) as refunded
      from shop_order o where ${whom(sql`o.customer_id`)} and o.customer_id > 0 and ${happened(measure)} group by o.customer_id
    ), act_day as (
      select e.customer_id, (e.occurred_at at time zone ${zone})::date as day, count(*) as acts, max(e.occurred_at) as last_at,
        least(sum(${points}), ${relation.dayCap}::float8) as points
      from event e
      where ${whom(sql`e.customer_id`)} and e.customer_id > 0 and e.occurred_at > ${actsSince} and e.occurred_at <= ${now} and ${isAct}
      group by e.customer_id, day
    ), acted as (
      select customer_id, sum(acts) as acts, count(*) as days, max(last_at) as last_at,
        sum(points * ${halved(sql`(${today}::date - day)`)}) as points
      from act_day group by customer_id
    ), touched as (
      select t.customer_id, count(*) as reached, count(reaction.at) as reacted,
        sum(${halved(sql`greatest(0, extract(epoch from ${now}::timestamptz - t.settled_at) / 86400)::float8`)}) as attention
      from touch t left join lateral (${reactionTo({ now, replyHours: relation.replyHours })}) reaction on true
      where ${whom(sql`t.customer_id`)} and ${isReached} and t.settled_at > ${touchesSince} and t.settled_at <= ${now}
      group by t.customer_id
    ), came as (
      select s.customer_id, bool_or(s.is_first and cc.id is not null) as for_gift, count(distinct cc.id) as gift_codes,
        bool_or(cc.id is not null and s.ended_by = 'customer' and s.ended_at < s.started_at + interval '7 days') as left_soon
      from follow_spell s left join channel_code cc on cc.id = s.code_id and cc.hook ->> 'kind' in ('gift', 'coupon')
      where ${whom(sql`s.customer_id`)} group by s.customer_id
    )
    select c.id as "customerId", bought.recency as "recencyDays", coalesce(bought.orders, 0) as orders,
      coalesce(bought.amount, 0) as "amountFen", bought.last_at as "lastOrderAt", coalesce(bought.days, 0) as "purchaseDays",
      coalesce(bought.spend, 0) as "spendFen", coalesce(bought.tx, 0) as tx, coalesce(bought.t, 0) as "T",
      coalesce(ordered.orders, 0) as "allOrders", coalesce(ordered.free, 0) as "freeOrders",
      coalesce(ordered.refunded, 0) as "refundedOrders",
      coalesce(acted.points, 0) as points, coalesce(acted.acts, 0) as acts, coalesce(acted.days, 0) as "actDays",
      acted.last_at as "lastActAt", coalesce(touched.reached, 0) as reached, coalesce(touched.reacted, 0) as reacted,
      coalesce(touched.attention, 0) as attention, coalesce(came.for_gift, false) as "cameForGift",
      coalesce(came.left_soon, false) as "leftSoon", coalesce(came.gift_codes, 0) as "giftCodes",
      greatest(0, ${today}::date - (c.added_at at time zone ${zone})::date) as "knownDays"
    from customer c
    left join bought on bought.customer_id = c.id left join ordered on ordered.customer_id = c.id
    left join acted on acted.customer_id = c.id left join touched on touched.customer_id = c.id
    left join came on came.customer_id = c.id
    where ${whom(sql`c.id`)} order by c.id
  `.execute(ctx.db);
  return rows;
}
