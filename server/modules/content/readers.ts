import type { Mover } from '#customers';
import type { Listener } from '#events';
import { sql } from '#platform/db';
import { type Chore, everyMs } from '#platform/schedule';
import { visitMs } from './open.ts';

/** Who opened which link: kept from the facts, so that it goes with the person. */
export const countReaders: Listener = async (ctx, events) => {
  const opens = events
    .filter((event) => event.name === 'link.opened' && event.customerId !== 0)
    .map((event) => ({
      customer_id: event.customerId,
      link_id: event.payload.linkId,
      home_id: event.homeId ?? 0,
      at: event.at,
    }));
  if (opens.length === 0) return;
  await sql`
    insert into link_reader as r (customer_id, link_id, home_id, first_at, last_at, opens)
    select customer_id, link_id, home_id, min(at), max(at), count(*)
    from jsonb_to_recordset(${JSON.stringify(opens)}::jsonb) as o(customer_id bigint, link_id bigint, home_id bigint, at timestamptz)
    group by customer_id, link_id, home_id
    on conflict (customer_id, link_id, home_id) do update
      set first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at),
        opens = r.opens + excluded.opens
  `.execute(ctx.db);
};

/** What was opened through an account goes with it; what both had opened is added up. */
export const moveReaders: Mover = async (ctx, { from, to, accounts, isWhole, firstAccountId }) => {
  await sql`
    with moving as (
      delete from link_reader
      where customer_id = ${from} and (${isWhole} or home_id = any(${accounts.map((account) => account.id)}::bigint[]))
      returning *
    )
    insert into link_reader as r (customer_id, link_id, home_id, first_at, last_at, opens)
    select ${to}, link_id, case home_id when 0 then ${firstAccountId} else home_id end as home, min(first_at), max(last_at), sum(opens)
    from moving group by link_id, home
    on conflict (customer_id, link_id, home_id) do update
      set first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at),
        opens = r.opens + excluded.opens
  `.execute(ctx.db);
};

export const forgetVisits: Chore = {
  name: 'content.forget_visits',
  next: everyMs(3_600_000),
  run: async (ctx) => {
    await ctx.db
      .deleteFrom('link_visit')
      .where('seen_at', '<', new Date(ctx.now.getTime() - 2 * visitMs))
      .execute();
  },
};
