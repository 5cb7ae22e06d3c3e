import type { Listener, ProjectedEvent } from '#events';
import { type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { randomToken } from '#platform/ids';

/** Channel on which messages that are due, and changes of webhooks, are announced. */
export const webhookChannel = 'webhook';

/** Without a webhook, one look in so much time; the bell tells of a new one sooner. */
const lookAgainMs = 1000;

/**
 * Hears each batch of events and writes a message for every webhook that wants it, in the transaction that makes the
 * events known: what happened is told, and nothing is told that did not happen.
 *
 * Where there is no webhook, this costs nothing. What is remembered is only that there was none, for a second at most or
 * until the bell rings; which webhooks there are is read by the statement that writes.
 */
export function createTeller(): Listener {
  const none = { until: 0, rings: 0, isListening: false };
  return async (ctx, events) => {
    const news = events.filter((event) => event.isNews);
    if (news.length === 0 || Date.now() < none.until) return;
    if (!none.isListening) {
      none.isListening = true;
      ctx.bell.listen(webhookChannel, () => {
        none.rings++;
        none.until = 0;
      });
    }
    const { rings } = none;
    const { rows } = await sql`select 1 from webhook where is_enabled and deleted_at is null limit 1`.execute(ctx.db);
    if (rows.length > 0) await planMessages(ctx, news);
    else if (rings === none.rings) none.until = Date.now() + lookAgainMs;
  };
}

export type ToldEvent = Pick<
  ProjectedEvent,
  'customerId' | 'name' | 'at' | 'source' | 'staffId' | 'codeId' | 'payload'
>;

/** One statement for all events and webhooks. `only`: for this webhook, whatever it chose. */
export async function planMessages(
  ctx: WriteCtx,
  events: readonly ToldEvent[],
  only?: number,
): Promise<{ id: number }[]> {
  const rows = events.map((event) => ({
    customer_id: event.customerId,
    message_id: `msg_${randomToken(18)}`,
    event_name: event.name,
    occurred_at: event.at,
    source: event.source,
    staff_id: event.staffId,
    code_id: event.codeId,
    properties: event.payload,
  }));
  const chosen =
    only === undefined
      ? sql`w.is_enabled and w.deleted_at is null and (w.event_names is null or e.event_name = any(w.event_names))`
      : sql`w.id = ${only}`;
  const { rows: planned } = await sql<{ id: number }>`
    insert into webhook_delivery (customer_id, webhook_id, message_id, event_name, occurred_at, source, staff_id, code_id,
      accounts, properties, created_at, due_at)
    select e.customer_id, w.id, e.message_id, e.event_name, e.occurred_at, e.source, e.staff_id, e.code_id,
      coalesce(a.accounts, '[]'), e.properties, ${ctx.now}, clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e(customer_id bigint, message_id text, event_name text,
      occurred_at timestamptz, source text, staff_id bigint, code_id bigint, properties jsonb)
    join webhook w on ${chosen}
    left join lateral (
      select jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value) order by i.first_seen_at, i.kind, i.value) as accounts
      from identity i where i.customer_id = e.customer_id
    ) a on e.customer_id <> 0
    returning id
  `.execute(ctx.db);
  if (planned.length > 0) wake(ctx, webhookChannel);
  return planned;
}
