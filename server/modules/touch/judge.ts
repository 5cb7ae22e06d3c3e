import { type Cap, type Channel, memoryDays, type Policy } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { bucketSql } from '#segments';
import type { TouchReason } from './rules.ts';
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
  const quota = quotaOf(policy.wecomQuota, now);
  const caps = policy.caps.map((cap, i) => ({ cap, place: sql.ref(`h.cap_${i}`) }));
  const waits = waitsOf(policy, quota, caps).map((wait, i) => ({ ...wait, column: sql.ref(`wait_${i}`) }));
  const optIn = policy.optIn.map((pair) => `${pair.channel} ${pair.category}`);
  const controlShare = Math.round(policy.controlGroup.share * 10_000);
  const isInControlGroup =
    controlShare === 0
      ? sql`false`
      : sql`c.category = any(${policy.controlGroup.categories}::text[])
          and ${sql.raw(bucketSql('c.customer_id', policy.controlGroup.seed))} < ${controlShare}::int`;
  // `offset 0` keeps what is worked out from being worked out again at each place that speaks of it.
  return sql`
    select c.customer_id, c.purpose, c.occasion_at, c.sender_id, c.external_userid, c.to_address as address, c.home_id, v.verdict,
      case v.verdict when 'defer' then v.wait_reason when 'suppress' then coalesce(v.hard, v.wait_reason, v.soft) end as reason,
      case when v.verdict = 'allow' or v.hard is not null then null when v.wait_reason is not null then w.detail
        when v.soft = 'give_first' then jsonb_build_object('count', h.given, 'max', ${policy.giveBeforeAsk}::int) end as detail,
      w.until, case v.verdict when 'allow' then q.begins_at end as allowed_until
    from (${withPeople(touches, zone)}) c
    cross join lateral (${quietSql(policy, now)}) q
    cross join lateral (${pastSql(quota, caps, now)}) h
    cross join lateral (select ${sql.join(waits.map(({ until, column }) => sql`${until} as ${column}`))} offset 0) x
    cross join lateral (select greatest(${sql.join(waits.map(({ column }) => column))}) as until offset 0) g
    cross join lateral (
      select g.until, case ${sql.join(
        waits.map(
          ({ reason, column }) => sql`when g.until <= ${now} then null when x.${column} = g.until then ${reason}`,
        ),
        sql` `,
      )} end as reason,
        case when g.until > ${now} then case ${sql.join(
          waits.map(({ detail, column }) => sql`when x.${column} = g.until then ${detail}`),
          sql` `,
        )} end || jsonb_build_object('until', to_char(g.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end as detail
      offset 0
    ) w
    cross join lateral (
      select hard, w.reason as wait_reason, soft,
        case when hard is not null then 'suppress'
          when w.reason is not null and w.until >= coalesce(c.expires_at, c.planned_at + ${hours(policy.patienceHours)}) then 'suppress'
          when w.reason is not null then 'defer' when soft is not null then 'suppress' else 'allow' end as verdict
      from (
        select case when c.expires_at <= ${now} then 'too_late' when c.obstacle is not null then c.obstacle
            when c.word = 'withdrawn' then 'consent_withdrawn'
            when c.word is null and c.channel || ' ' || c.category = any(${optIn}::text[]) then 'no_consent' end as hard,
          case when not ${isExempt(policy)} and c.category = 'promotion' and h.given < ${policy.giveBeforeAsk}::int then 'give_first'
            when ${isInControlGroup} then 'control_group' when c.is_holdout then 'holdout' end as soft
      ) r
      offset 0
    ) v
  `;
}

interface PlacedCap {
  readonly cap: Cap;
  /** Where `pastSql` says when the touch came that must leave the window before one more may come. */
  readonly place: RawBuilder<unknown>;
}

type Quota = ReturnType<typeof quotaOf>;

interface Wait {
  readonly reason: TouchReason;
  readonly until: RawBuilder<unknown>;
  readonly detail: RawBuilder<unknown>;
}

/** What holds a touch back, and to when: null or a moment that is over hold nothing back. */
function waitsOf(policy: Policy, quota: Quota, caps: readonly PlacedCap[]): Wait[] {
  const unlessExempt = (until: RawBuilder<unknown>) => sql`case when not ${isExempt(policy)} then ${until} end`;
  const steps = [...policy.fatigue].sort((a, b) => b.pauseHours - a.pauseHours);
  const pauses = steps.map((step) => sql`when h.unanswered >= ${step.touches}::int then ${hours(step.pauseHours)}`);
  const nothing = sql`'{}'::jsonb`;
  return [
    { reason: 'quiet_hours', until: sql`q.ends_at`, detail: nothing },
    {
      reason: 'platform_quota',
      until: sql`case when c.channel = 'wecom_mass' and h.quota_used >= ${quota.max}::int then ${quota.until}::timestamptz end`,
      detail: sql`jsonb_build_object('count', h.quota_used, 'max', ${quota.max}::int)`,
    },
    ...caps.map(
      ({ cap, place }): Wait => ({
        reason: 'cap',
        until: unlessExempt(
          sql`case when ${isOneOf('c.channel', cap.channels)} and ${isOneOf('c.category', cap.categories)}
          then ${place} + ${hours(cap.windowHours)} end`,
        ),
        detail: sql`${JSON.stringify({ cap })}::jsonb`,
      }),
    ),
    {
      reason: 'minimum_gap',
      until: unlessExempt(sql`h.last_at + ${hours(policy.minGapMinutes / 60)}`),
      detail: nothing,
    },
    {
      reason: 'fatigue',
      until:
        pauses.length === 0
          ? sql`null::timestamptz`
          : unlessExempt(sql`h.last_at + case ${sql.join(pauses, sql` `)} end`),
      detail: sql`jsonb_build_object('count', h.unanswered)`,
    },
    {
      reason: 'muted',
      until: unlessExempt(
        sql`case when c.last_act_at > c.muted_at is not true then c.muted_at + ${hours(policy.muteDays * 24)} end`,
      ),
      detail: nothing,
    },
  ];
}

const hours = (count: number) => sql`${count}::float8 * interval '1 hour'`;

/** Empty is all. */
const isOneOf = (column: string, values: readonly string[]) =>
  values.length === 0 ? sql`true` : sql`${sql.ref(column)} = any(${values}::text[])`;

const isExempt = ({ exemptCategories }: Policy) => sql`c.category = any(${exemptCategories}::text[])`;

/** What the ledger says of a customer, in one row: read newest first, so that the nth of an array is the nth newest. */
function pastSql(quota: Quota, caps: readonly PlacedCap[], now: Date): RawBuilder<unknown> {
  const since = (hoursAgo: number) => sql`${new Date(now.getTime() - hoursAgo * 3_600_000)}::timestamptz`;
  const capColumns = caps.map(
    ({ cap }, i) => sql`(array_agg(a.counted_at) filter (
      where a.counted_at > ${since(cap.windowHours)} and ${isOneOf('a.channel', cap.channels)}
        and ${isOneOf('a.category', cap.categories)} and ${cap.isByStaff ? sql`a.staff_id = c.sender_id` : sql`true`}
    ))[${cap.max}::int] as ${sql.ref(`cap_${i}`)}`,
  );
  return sql`
    select ${sql.join([
      sql`max(a.at) as last_at`,
      sql`count(*) filter (where not a.is_open and a.at > coalesce(c.last_act_at, '-infinity')) as unanswered`,
      sql`count(*) filter (where a.channel = 'wecom_mass' and a.counted_at >= ${quota.from}::timestamptz) as quota_used`,
      sql`array_position(array_agg(a.category) filter (where a.category = 'promotion' or not a.is_open), 'promotion') - 1 as given`,
      ...capColumns,
    ])}
    from (
      select at, is_open, channel, category, staff_id, case when is_open then ${now}::timestamptz else at end as counted_at
      from attention where customer_id = c.customer_id and at > ${since(memoryDays * 24)}
      order by counted_at desc, touch_id desc
    ) a
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
      case when w.withdrawn_at >= w.granted_at or w.granted_at is null and w.withdrawn_at is not null then 'withdrawn'
        when w.granted_at is not null then 'granted' end as word, p.last_act_at, p.muted_at, coalesce(z.name, ${zone}) as zone
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
    cross join lateral (
      select max(at) filter (where state = 'withdrawn') as withdrawn_at, max(at) filter (where state = 'granted') as granted_at
      from consent
      where customer_id = t.customer_id and channel in (t.channel, 'any') and category in (t.category, 'any')
    ) w
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
