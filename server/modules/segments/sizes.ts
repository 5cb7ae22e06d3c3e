import type { Sizes } from './kind.ts';

/** How many of what there are, so that small sets lead: see expressions.ts. Wrong figures make an answer slow, not wrong. */
export async function readSizes(ask: <T extends Record<string, unknown>>(sql: string) => Promise<T[]>): Promise<Sizes> {
  const [people] = await ask<{ count: number }>('select count(*) as count from customer');
  const tags = await ask<{ tag_id: number; count: number }>(
    'select tag_id, count(*) as count from customer_tag group by tag_id',
  );
  const events = await ask<{ name: string; count: number; first: Date; last: Date }>(
    'select name, count(*) as count, min(occurred_at) as first, max(occurred_at) as last from event group by name',
  );
  return sizesOf(
    people?.count ?? 0,
    new Map(tags.map((row) => [row.tag_id, row.count])),
    new Map(events.map((row) => [row.name, row])),
  );
}

/** Without figures: the shape of an ordinary brand. */
export const usualSizes = (customers: number) => sizesOf(customers, new Map(), new Map());

function sizesOf(
  customers: number,
  tags: ReadonlyMap<number, number>,
  events: ReadonlyMap<string, { count: number; first: Date; last: Date }>,
): Sizes {
  return {
    customers: Math.max(1, customers),
    tag: (id) => tags.get(id) ?? customers / 50,
    event(name, from, now) {
      const known = events.get(name);
      const count = known?.count ?? customers / 2;
      if (!from) return count;
      const first = known?.first.getTime() ?? now.getTime() - 365 * 86_400_000;
      const whole = Math.max(1, now.getTime() - first);
      return count * Math.min(1, Math.max(0, (now.getTime() - from.getTime()) / whole));
    },
  };
}
