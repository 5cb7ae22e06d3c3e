import type { Condition } from '#contract/segments';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { leavesOf } from './compile.ts';
import type { Person, PersonEvent, PersonOrder, Value } from './kind.ts';
import { rangeOf, type TimeWindow } from './rules.ts';

/** What trees ask of a person, so that nothing else is read. */
export interface Asked {
  /** Event names, each with the windows it is looked at through. */
  readonly events: ReadonlyMap<string, readonly TimeWindow[]>;
  readonly properties: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

export function askedBy(trees: readonly Condition[], segments: ReadonlyMap<number, Condition>): Asked {
  const asked = {
    events: new Map<string, TimeWindow[]>(),
    properties: new Set<string>(),
    attributes: new Set<string>(),
    kinds: new Set<string>(),
  };
  for (const leaf of trees.flatMap((tree) => leavesOf(tree, segments))) {
    asked.kinds.add(leaf.kind);
    const look = (name: string, window: TimeWindow) =>
      asked.events.set(name, [...(asked.events.get(name) ?? []), window]);
    const step = (part: { name: string; filters: readonly { property: string }[] }, window: TimeWindow) => {
      look(part.name, window);
      for (const filter of part.filters) asked.properties.add(filter.property);
    };
    if (leaf.kind === 'attribute') asked.attributes.add(leaf.key);
    if (leaf.kind === 'event') step(leaf, leaf.window);
    if (leaf.kind === 'event_time') step(leaf, { kind: 'ever' });
    if (leaf.kind === 'event' && leaf.measure.of !== 'count') asked.properties.add(leaf.measure.property);
    if (leaf.kind === 'sequence') for (const part of [leaf.first, leaf.next]) step(part, leaf.window);
    if (leaf.kind === 'top') {
      if (leaf.by.of === 'event_sum') {
        look(leaf.by.name, leaf.by.window);
        asked.properties.add(leaf.by.property);
      }
      asked.kinds.add(leaf.by.of === 'score' ? 'score' : leaf.by.of === 'order_total' ? 'order' : 'event');
    }
  }
  return asked;
}

interface EventRow {
  customer_id: number;
  name: string;
  occurred_at: Date;
  texts: (string | null)[] | null;
  numbers: (number | null)[] | null;
}

/** Customers with all that is asked of them, in sets; whoever does not exist is left out. */
export async function loadPeople(ctx: Ctx, ids: readonly number[], asked: Asked): Promise<Person[]> {
  if (ids.length === 0) return [];
  const has = (...kinds: string[]) => kinds.some((kind) => asked.kinds.has(kind));
  const of = sql`any(${ids}::bigint[])`;
  const none = { rows: [] };
  const { db } = ctx;
  const customers = await sql<{
    id: number;
    kind: string;
    gender: string;
    source: string;
    code_id: number | null;
    added_at: Date;
  }>`select id, kind, gender, source, code_id, added_at from customer where id = ${of}`.execute(db);
  const identities = has('identity')
    ? await sql<{
        customer_id: number;
        kind: string;
      }>`select customer_id, kind from identity where customer_id = ${of}`.execute(db)
    : none;
  const attributes = has('attribute')
    ? await sql<{ customer_id: number; key: string; text: string | null; number: number | null; day: number | null }>`
        select customer_id, key, text, number, day from segment_attribute
        where customer_id = ${of} and key = any(${[...asked.attributes]})`.execute(db)
    : none;
  const tags = has('tag')
    ? await sql<{
        customer_id: number;
        tag_id: number;
      }>`select customer_id, tag_id from customer_tag where customer_id = ${of}`.execute(db)
    : none;
  const follows = has('follow')
    ? await sql<{
        customer_id: number;
        staff_id: number;
        state: string;
        added_at: Date;
        ended_at: Date | null;
        code_id: number | null;
      }>`
        select customer_id, staff_id, state, added_at, ended_at, code_id from follow where customer_id = ${of}`.execute(
        db,
      )
    : none;
  const properties = [...asked.properties];
  const events = asked.events.size > 0 ? await loadEvents(ctx, ids, asked.events, properties) : none;
  const orders = has('order', 'order_time', 'order_gap')
    ? await sql<{
        customer_id: number;
        id: number;
        shop: string;
        currency: string;
        state: string;
        ordered_at: Date;
        net_fen: number;
      }>`
        select customer_id, id, shop, currency, state, ordered_at, total_fen - refunded_fen as net_fen
        from shop_order where customer_id = ${of}`.execute(db)
    : none;
  const lines = has('order', 'order_time')
    ? await sql<{
        customer_id: number;
        order_id: number;
        sku: string | null;
        category: string | null;
        net_fen: number;
      }>`
        select customer_id, order_id, sku, category, amount_fen - refunded_fen as net_fen
        from order_line where customer_id = ${of}`.execute(db)
    : none;
  const scores = has('score', 'rfm', 'super_user')
    ? await sql<Record<string, number | string | boolean | null> & { customer_id: number }>`
        select customer_id, recency_days, frequency, monetary_fen, r, f, m, rfm_group, expected_orders, p_alive, expected_value_fen,
          relation, responsiveness, attention, freebie, is_super from customer_score where customer_id = ${of}`.execute(
        db,
      )
    : none;
  const lists = has('list')
    ? await sql<{ customer_id: number; list_id: number }>`
        select customer_id, list_id from segment_list_member where customer_id = ${of}`.execute(db)
    : none;

  const by = <T extends { customer_id: number }>({ rows }: { rows: T[] }) =>
    Map.groupBy(rows, (row) => row.customer_id);
  const [identityOf, attributeOf, tagOf, followOf] = [by(identities), by(attributes), by(tags), by(follows)];
  const [eventOf, orderOf, lineOf, listOf] = [by(events), by(orders), by(lines), by(lists)];
  const scoreOf = new Map(scores.rows.map((row) => [row.customer_id, row]));
  return customers.rows.map((row): Person => {
    const linesOf = Map.groupBy(lineOf.get(row.id) ?? [], (line) => line.order_id);
    return {
      id: row.id,
      kind: row.kind,
      gender: row.gender,
      source: row.source,
      codeId: row.code_id,
      addedAt: row.added_at,
      identities: new Set(identityOf.get(row.id)?.map((identity) => identity.kind)),
      attributes: new Map(attributeOf.get(row.id)?.map(({ key, text, number, day }) => [key, { text, number, day }])),
      tags: new Set(tagOf.get(row.id)?.map((tag) => tag.tag_id)),
      follows: (followOf.get(row.id) ?? []).map((follow) => ({
        staffId: follow.staff_id,
        state: follow.state,
        addedAt: follow.added_at,
        endedAt: follow.ended_at,
        codeId: follow.code_id,
      })),
      events: new Map(
        [...Map.groupBy(eventOf.get(row.id) ?? [], (event) => event.name)].map(([name, list]) => [
          name,
          list.map((event) => personEvent(event, properties)),
        ]),
      ),
      orders: (orderOf.get(row.id) ?? []).map(
        (order): PersonOrder => ({
          id: order.id,
          at: order.ordered_at,
          shop: order.shop,
          currency: order.currency,
          isCancelled: order.state === 'cancelled',
          netFen: order.net_fen,
          lines: (linesOf.get(order.id) ?? []).map(({ sku, category, net_fen }) => ({
            sku,
            category,
            netFen: net_fen,
          })),
        }),
      ),
      score: scoreOf.get(row.id),
      lists: new Set(listOf.get(row.id)?.map((list) => list.list_id)),
    };
  });
}

/** Names that are only looked at through windows are read from the beginning of the widest: old partitions stay shut. */
async function loadEvents(ctx: Ctx, ids: readonly number[], names: Asked['events'], properties: readonly string[]) {
  const read = (as: string) =>
    sql`array[${sql.join(properties.map((property) => sql`${sql.raw(as)}(payload, ${property}::text)`))}]`;
  const values =
    properties.length === 0
      ? sql`null as texts, null as numbers`
      : sql`${read('segment_text')} as texts, ${read('segment_number')} as numbers`;
  const since = new Map(
    [...names].map(([name, windows]) => {
      const starts = windows.map((window) => {
        const range = rangeOf(window, ctx.now, ctx.zone);
        return range.after ?? range.from;
      });
      const first = starts.some((at) => !at) ? undefined : Math.min(...starts.map((at) => at?.getTime() ?? 0));
      return [name, first] as const;
    }),
  );
  const select = async (list: readonly string[], from: number | undefined) => {
    if (list.length === 0) return [];
    const bound = from === undefined ? sql`true` : sql`occurred_at >= ${new Date(from)}`;
    const { rows } = await sql<EventRow>`
      select customer_id, name, occurred_at, ${values}
      from event where customer_id = any(${ids}::bigint[]) and name = any(${list}) and ${bound}
    `.execute(ctx.db);
    return rows;
  };
  const bounded = [...since].filter(([, first]) => first !== undefined);
  const unbounded = [...since].filter(([, first]) => first === undefined);
  const earliest = Math.min(...bounded.map(([, first]) => first ?? 0));
  const nameOf = ([name]: readonly [string, unknown]) => name;
  return {
    rows: [...(await select(bounded.map(nameOf), earliest)), ...(await select(unbounded.map(nameOf), undefined))],
  };
}

function personEvent(event: EventRow, properties: readonly string[]): PersonEvent {
  const values = properties.map((property, i): [string, Value] => [
    property,
    { text: event.texts?.[i] ?? null, number: event.numbers?.[i] ?? null },
  ]);
  return { at: event.occurred_at, properties: new Map(values) };
}
