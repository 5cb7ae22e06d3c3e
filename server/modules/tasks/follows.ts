import type { Listener } from '#events';
import { sql } from '#platform/db';

/**
 * Tasks go with the customer. When he was handed over to a colleague, the colleague gets them; when he left the adviser, or
 * the adviser him, nobody can do them any more. Handing over is told as an end and an add, in any order.
 */
export const followTasks: Listener = async (ctx, events) => {
  const turns = events.filter(({ name }) => name === 'follow.added' || name === 'follow.ended');
  const customerIds = [...new Set(turns.map((event) => event.customerId))];
  if (customerIds.length === 0) return;
  // What an adviser has of a customer is his newest edge to any of the customer's accounts.
  await sql`
    with lost as (
      select t.customer_id, t.id, edge.state
      from task t
      cross join lateral (
        select f.state from follow f where f.customer_id = t.customer_id and f.staff_id = t.staff_id
        order by f.state <> 'active', f.ended_at desc nulls first limit 1
      ) edge
      where t.customer_id = any(${customerIds}::bigint[]) and t.state in ('open', 'postponed') and edge.state <> 'active'
      for update of t
    ), moved as (
      update task t set staff_id = heir.staff_id, escalated_to = null, escalated_on = null, escalation_count = 0, previous = null
      from lost
      cross join lateral (
        select f.staff_id from follow f where f.customer_id = lost.customer_id and f.state = 'active'
        order by f.added_at desc, f.staff_id limit 1
      ) heir
      where t.customer_id = lost.customer_id and t.id = lost.id and lost.state in ('transferred', 'missing')
    )
    update task t set state = 'cancelled', reason = 'follow_ended', ended_at = ${ctx.now}, previous = null
    from lost
    where t.customer_id = lost.customer_id and t.id = lost.id and lost.state in ('left_by_customer', 'removed_by_staff')
  `.execute(ctx.db);
};
