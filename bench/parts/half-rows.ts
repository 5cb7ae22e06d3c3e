import type pg from 'pg';

/**
 * What may not be in the database once everything has settled: halves of changes that belong together. Each statement
 * counts the rows that break its rule.
 */
const rules: Readonly<Record<string, string>> = {
  customer_without_identity: `
    select count(*) from customer c where not exists (select 1 from identity i where i.customer_id = c.id)`,
  identity_without_customer: `
    select count(*) from identity i where not exists (select 1 from customer c where c.id = i.customer_id)`,
  customer_without_follow: `
    select count(*) from customer c where not exists (select 1 from follow f where f.customer_id = c.id)`,
  customer_without_name: 'select count(*) from customer where name is null',
  wrong_follow_count: `
    select count(*) from customer c where active_follow_count <>
      (select count(*) from follow f where f.customer_id = c.id and f.state = 'active')`,
  not_one_first_stay: `
    select count(*) from customer c where 1 <> (
      select count(*) from follow_spell s where s.customer_id = c.id and s.is_first and s.started_at = c.added_at
        and s.code_id is not distinct from c.code_id)`,
  follow_without_customer: `
    select count(*) from follow f where not exists (select 1 from customer c where c.id = f.customer_id)`,
  follow_without_its_stay: `
    select count(*) from follow f where not exists (
      select 1 from follow_spell s where (s.customer_id, s.external_userid, s.staff_id, s.started_at) =
        (f.customer_id, f.external_userid, f.staff_id, f.added_at)
        and s.ended_at is not distinct from f.ended_at and s.code_id is not distinct from f.code_id)`,
  stay_without_follow: `
    select count(*) from follow_spell s where not exists (
      select 1 from follow f where (f.customer_id, f.external_userid, f.staff_id) = (s.customer_id, s.external_userid, s.staff_id))`,
  active_with_an_end: `select count(*) from follow where (state = 'active') <> (ended_at is null)`,
  // The earlier of two tellings of one add can come later: the event keeps the moment that was told first.
  stay_without_event: `
    select count(*) from follow_spell s where 1 <> (
      select count(*) from event e where e.customer_id = s.customer_id and e.name = 'follow.added' and e.staff_id = s.staff_id
        and e.occurred_at >= s.started_at and (s.ended_at is null or e.occurred_at <= s.ended_at))`,
  event_without_stay: `
    select count(*) from event e where e.name = 'follow.added' and not exists (
      select 1 from follow_spell s where s.customer_id = e.customer_id and s.staff_id = e.staff_id and s.started_at <= e.occurred_at)`,
  event_of_nobody: `
    select count(*) from event e where e.customer_id <> 0 and not exists (select 1 from customer c where c.id = e.customer_id)`,
  touch_without_follow: `
    select count(*) from touch t where not exists (
      select 1 from follow f where (f.customer_id, f.external_userid, f.staff_id) = (t.customer_id, t.external_userid, t.staff_id))`,
  touch_not_settled: `
    select count(*) from touch where state in ('allowed', 'claimed') or claimed_by is not null
      or (settled_at is null) or (state = 'submitted' and said is null)`,
  settled_touch_without_event: `
    select count(*) from touch t where t.state <> 'suppressed' and 1 <> (
      select count(*) from event e where e.customer_id = t.customer_id and e.name = 'touch.settled'
        and (e.payload ->> 'touchId')::bigint = t.id)`,
  // What was allowed is counted until it turned out to reach nobody.
  touch_miscounted: `
    select count(*) from touch t where (t.state in ('submitted', 'delivered', 'unknown')) <> exists (
      select 1 from attention a where a.customer_id = t.customer_id and a.touch_id = t.id and not a.is_open)`,
  // Adds are counted for the day's limit in the transaction that makes them known.
  miscounted_adds: `
    select count(*) from (
      select code_id, staff_id, (started_at at time zone 'Asia/Shanghai')::date as day, count(*) as adds
      from follow_spell where code_id is not null group by 1, 2, 3
    ) counted full join code_staff_day d using (code_id, staff_id, day) where counted.adds is distinct from d.adds`,
  fact_left: 'select count(*) from inbox',
  stay_without_tag: `
    select count(*) from follow f join channel_code c on c.id = f.code_id cross join unnest(c.tag_ids) as tag_id
    where not exists (
      select 1 from follow_tag t where (t.customer_id, t.external_userid, t.staff_id, t.tag_id) =
        (f.customer_id, f.external_userid, f.staff_id, tag_id) and t.is_wanted and not t.is_pending)`,
  tag_left: 'select count(*) from follow_tag where is_pending or not is_wanted',
  remark_left: 'select count(*) from follow where is_remark_pending or remark_prefix is not null',
};

/** Broken rules and how many rows break each; empty when the database is whole. */
export async function findHalfRows(pool: pg.Pool): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [name, statement] of Object.entries(rules)) {
    const { rows } = await pool.query<{ count: string }>(statement);
    const count = Number(rows[0]?.count ?? 0);
    if (count > 0) found[name] = count;
  }
  return found;
}
