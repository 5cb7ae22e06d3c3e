import { type Cap, type Channel, memoryDays, type Policy } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { bucketSql } from '#segments';
import { quotaOf } from './verdict.ts';

/**
 * Tables grow by millions within minutes, faster than statistics follow; a batch is small and finds all it needs by keys. So the
 * plan is not left to estimates.
 */
export async function planByIndex(ctx: Pick<Ctx, 'db'>): Promise<void> {
  await sql`
    select set_config(name, 'off', true) from unnest(array['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']) as name
  `.execute(ctx.db);
}

/**
 * The verdicts on touches, as a set: `touches` selects customer_id, purpose, occasion_at, channel, category, staff_id, is_holdout,
 * planned_at, expires_at and address. Says the same as `decide` (verdict.ts), in the same order.
 */
export function judge(
  policy: Policy,
  touches: RawBuilder<unknown>,
  { now, zone }: Pick<Ctx, 'now' | 'zone'>,
): RawBuilder<unknown> {
  const oneOf = (column: string, values: readonly string[]) =>
    values.length === 0 ? sql`true` : sql`${sql.ref(column)} = any(${values}::text[])`;
  const isExempt = policy.exemptCategories.length === 0 ? sql`false` : oneOf('c.category', policy.exemptCategories);
  const quota = quotaOf(policy.wecomQuota, now);
  const memory = new Date(now.getTime() - memoryDays * 86_400_000);
  const hours = (count: number) => sql`${count}::float8 * interval '1 hour'`;
  // The touch that must leave the window before one more may come: the `max`th newest of those that count.
  const capAt = (cap: Cap) => sql`
    (array_agg(a.counted_at order by a.counted_at desc, a.touch_id desc) filter (
      where a.counted_at > ${new Date(now.getTime() - cap.windowHours * 3_600_000)}::timestamptz
        and ${oneOf('a.channel', cap.channels)} and ${oneOf('a.category', cap.categories)}
        and ${cap.isByStaff ? sql`a.staff_id = c.sender_id` : sql`true`}
    ))[${cap.max}::int]`;
  const caps = policy.caps.map((cap, i) => ({ cap, column: sql.ref(`cap_${i}`) }));
  const pauseHours = [...policy.fatigue]
    .sort((a, b) => b.pauseHours - a.pauseHours)
    .map((step) => sql`when h.unanswered >= ${step.touches}::int then ${hours(step.pauseHours)}`);
  const waits = [
    sql`'quiet_hours', q.ends_at, null::jsonb`,
    sql`'platform_quota', case when c.channel = 'wecom_mass' and h.quota_used >= ${quota.max}::int then ${quota.until}::timestamptz end,
      jsonb_build_object('count', h.quota_used, 'max', ${quota.max}::int)`,
    ...caps.map(
      ({ cap, column }) => sql`'cap', case when not ${isExempt} and ${oneOf('c.channel', cap.channels)}
        and ${oneOf('c.category', cap.categories)} then h.${column} + ${hours(cap.windowHours)} end,
        ${JSON.stringify({ cap })}::jsonb`,
    ),
    sql`'minimum_gap', case when not ${isExempt} then h.last_at + ${policy.minGapMinutes}::float8 * interval '1 minute' end, null`,
    sql`'fatigue', case when not ${isExempt} then h.last_at + case ${
      pauseHours.length === 0 ? sql`when true then null::interval` : sql.join(pauseHours, sql` `)
    } end end, jsonb_build_object('count', h.unanswered)`,
    sql`'muted', case when not ${isExempt} and c.last_act_at > c.muted_at is not true
      then c.muted_at + ${hours(policy.muteDays * 24)} end, null`,
  ];
  const optIn = policy.optIn.map((pair) => `${pair.channel} ${pair.category}`);
  const controlShare = Math.round(policy.controlGroup.share * 10_000);
  return sql`
    select c.customer_id, c.purpose, c.occasion_at, c.sender_id, c.external_userid, c.to_address as address, c.home_id, v.verdict, v.reason, v.detail,
      v.until, case v.verdict when 'allow' then q.begins_at end as allowed_until
    from (${withPeople(touches, zone)}) c
    cross join lateral (${quietSql(policy, now)}) q
    left join lateral (
      select max(a.at) as last_at,
        count(*) filter (where not a.is_open and a.at > coalesce(c.last_act_at, '-infinity')) as unanswered,
        count(*) filter (where a.channel = 'wecom_mass' and a.counted_at >= ${quota.from}::timestamptz) as quota_used,
        array_position(array_agg(a.category = 'promotion' order by a.counted_at desc, a.touch_id desc)
          filter (where a.category = 'promotion' or not a.is_open), true) - 1 as given
        ${caps.length === 0 ? sql`` : sql`, ${sql.join(caps.map(({ cap, column }) => sql`${capAt(cap)} as ${column}`))}`}
      from (
        select *, case when is_open then ${now}::timestamptz else at end as counted_at
        from attention where customer_id = c.customer_id and at > ${memory}::timestamptz
      ) a
    ) h on true
    left join lateral (
      select w.reason, w.until, coalesce(w.detail, '{}') || jsonb_build_object('until', to_char(w.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as detail
      from (values ${sql.join(waits.map((wait, rank) => sql`(${sql.lit(rank)}, ${wait})`))}) as w(rank, reason, until, detail)
      where w.until > ${now}::timestamptz order by w.until desc, w.rank limit 1
    ) w on true
    cross join lateral (
      select
        case when hard.reason is not null then 'suppress' when w.reason is not null then
          case when w.until >= coalesce(c.expires_at, c.planned_at + ${hours(policy.patienceHours)}) then 'suppress' else 'defer' end
          when soft.reason is not null then 'suppress' else 'allow' end as verdict,
        coalesce(hard.reason, w.reason, soft.reason) as reason,
        case when hard.reason is not null then null when w.reason is not null then w.detail
          when soft.reason = 'give_first' then jsonb_build_object('count', h.given, 'max', ${policy.giveBeforeAsk}::int) end as detail,
        w.until
      from (
        select case when c.expires_at <= ${now} then 'too_late' when c.obstacle is not null then c.obstacle
          when c.word = 'withdrawn' then 'consent_withdrawn'
          when c.word is null and c.channel || ' ' || c.category = any(${optIn}::text[]) then 'no_consent' end as reason
      ) hard cross join (
        select case when not ${isExempt} and c.category = 'promotion' and h.given < ${policy.giveBeforeAsk}::int then 'give_first'
          when ${
            controlShare === 0
              ? sql`false`
              : sql`c.category = any(${policy.controlGroup.categories}::text[])
            and ${sql.raw(bucketSql('c.customer_id', policy.controlGroup.seed))} < ${controlShare}::int`
          } then 'control_group'
          when c.is_holdout then 'holdout' end as reason
      ) soft
    ) v
  `;
}

/** What is known of the people: who it would come from, where to, what they said, when they last acted, their zone. */
export function withPeople(touches: RawBuilder<unknown>, zone: string): RawBuilder<unknown> {
  return sql`
    select t.*, case when t.channel = any(${[...byContact]}::text[]) then f.staff_id else coalesce(f.staff_id, t.staff_id) end as sender_id,
      f.external_userid, case when i.value is not null then jsonb_build_object('to', i.value) end as to_address, i.id as home_id,
      case when t.channel = any(${[...byContact]}::text[]) and f.staff_id is null
          or t.channel = 'staff_task' and coalesce(f.staff_id, t.staff_id) is null then 'not_a_contact'
        when t.channel in ('email', 'sms') and i.value is null and t.address is null then 'no_address' end as obstacle,
      w.state as word, p.last_act_at, p.muted_at, coalesce(z.name, ${zone}) as zone
    from (${touches}) t
    left join lateral (
      select f.staff_id, f.external_userid from follow f join staff s on s.id = f.staff_id and s.state = 'active'
      where f.customer_id = t.customer_id and f.state = 'active' and (t.staff_id is null or f.staff_id = t.staff_id)
        and (t.channel = any(${[...byContact]}::text[]) or t.channel = 'staff_task')
      order by f.added_at desc, f.staff_id limit 1
    ) f on true
    left join lateral (
      select id, value from identity
      where customer_id = t.customer_id and not is_shared
        and kind = case t.channel when 'email' then 'email' when 'sms' then 'phone' end
      order by first_seen_at desc, id desc limit 1
    ) i on true
    left join lateral (
      select state from consent
      where customer_id = t.customer_id and channel in (t.channel, 'any') and category in (t.category, 'any')
      order by at desc, state desc limit 1
    ) w on true
    left join touch_person p on p.customer_id = t.customer_id
    left join lateral (
      select z.name from customer_attribute a join time_zone z on z.name = a.value #>> '{}'
      where a.customer_id = t.customer_id and a.key = 'time_zone'
    ) z on true
  `;
}

/** Channels that reach only who has one of our members as a contact. */
const byContact = ['wecom_welcome', 'wecom_mass', 'wecom_moment'] as const satisfies Channel[];

/** See `quietOf`. */
function quietSql({ quietHours }: Policy, now: Date): RawBuilder<unknown> {
  if (!quietHours || quietHours.fromMinute === quietHours.untilMinute) {
    return sql`select null::timestamptz as ends_at, null::timestamptz as begins_at`;
  }
  const { fromMinute: from, untilMinute: until } = quietHours;
  const thisMinute = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  const at = (wanted: number) => sql`
    ${thisMinute}::timestamptz + ((${wanted}::int - m.minute - 1 + 2880) % 1440 + 1) * interval '1 minute'`;
  const isQuiet = sql`(m.minute >= ${from}::int ${from < until ? sql`and` : sql`or`} m.minute < ${until}::int)`;
  return sql`
    select case when ${isQuiet} then ${at(until)} end as ends_at, case when not ${isQuiet} then ${at(from)} end as begins_at
    from (
      select (extract(hour from local) * 60 + extract(minute from local))::int as minute
      from (select ${now}::timestamptz at time zone c.zone as local) l
    ) m
  `;
}
