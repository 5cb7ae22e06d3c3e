-- The ledger for all channels. Partitioned by the month of the occasion: a year of touches does not slow what concerns this
-- month's. Rows of a month without a partition wait in the last one until the month has its own (server/platform/partitions.ts).
alter table touch rename to touch_before;
alter index touch_pkey rename to touch_before_pkey;
drop index touch_due, touch_newest, touch_state, touch_code, touch_planned_at;

create table touch (
  customer_id bigint not null,
  -- When what it answers happened. The same whenever the same purpose is told again: it is part of what makes it unique.
  occasion_at timestamptz not null,
  id bigint not null default nextval('touch_id_seq'),
  -- The account it goes through; null is the customer's first.
  home_id bigint,
  -- What it is for; a customer is touched once for one purpose.
  purpose text not null,
  -- Who plans it, and of what: the id of the campaign, journey, code; the variant or the node.
  kind text not null check (kind in ('welcome', 'campaign', 'journey', 'task', 'manual')),
  source_id bigint,
  part text,
  channel text not null,
  category text not null check (category in ('service', 'care', 'content', 'promotion')),
  -- What is said: a version of content, or words of its own.
  version_id bigint,
  content jsonb,
  staff_id bigint,
  code_id bigint,
  external_userid text,
  -- What the channel needs to reach the person, for instance a welcome code.
  address jsonb,
  state text not null check (state in (
    'planned', 'deferred', 'suppressed', 'allowed', 'claimed', 'submitted', 'delivered', 'failed', 'missed', 'unknown', 'expired',
    'cancelled'
  )),
  reason text,
  -- What belongs to the reason: which cap, until when, how many.
  detail jsonb,
  -- Decided about like the others of its source, and then left alone, so that the effect can be measured.
  is_holdout boolean not null default false,
  -- 0: a person waits; 1: usual; 2: bulk.
  priority smallint not null,
  -- The product's time: not before, and not after.
  due_at timestamptz not null,
  expires_at timestamptz,
  planned_at timestamptz not null,
  decided_at timestamptz,
  -- The gate's word holds until then, when quiet hours begin: what has not gone is decided about again.
  allowed_until timestamptz,
  settled_at timestamptz,
  pack_id bigint,
  said jsonb,
  platform_message text,
  -- The machine's time: deadlines of platforms and pauses between attempts do not follow a hurried clock.
  received_at timestamptz,
  deadline_at timestamptz,
  retry_at timestamptz,
  claimed_by integer,
  attempts integer not null default 0,
  took_ms integer,
  primary key (customer_id, purpose, occasion_at)
) partition by range (occasion_at);
create table touch_rest partition of touch default;

-- Each of these costs every change of state an entry, so there are no others; the partial ones hold only what is under way.
create index touch_id on touch (id);
create index touch_to_decide on touch ((customer_id & 15), priority, due_at) where state in ('planned', 'deferred');
create index touch_to_deliver on touch (channel, priority, staff_id, source_id, id) where state in ('allowed', 'claimed');
create index touch_source on touch (kind, source_id, id) where source_id is not null;
create index touch_code on touch (code_id, id) where code_id is not null;
create index touch_pack_id on touch (pack_id) where pack_id is not null;
create index touch_reason on touch (reason, id) where reason is not null;
create index touch_troubled on touch (state, id) where state in ('failed', 'missed', 'unknown', 'expired');
create index touch_welcome on touch (planned_at) where kind = 'welcome';

do $$
declare month timestamp;
begin
  for month in select distinct date_trunc('month', occasion_at at time zone 'UTC') from touch_before order by 1 loop
    execute format('create table %I partition of touch for values from (%L) to (%L)', 'touch_' || to_char(month, 'YYYY_MM'),
      to_char(month, 'YYYY-MM-DD') || 'T00:00:00Z', to_char(month + interval '1 month', 'YYYY-MM-DD') || 'T00:00:00Z');
  end loop;
end $$;

insert into touch (customer_id, occasion_at, id, home_id, purpose, kind, channel, category, content, staff_id, code_id, external_userid,
  address, state, reason, priority, due_at, planned_at, decided_at, settled_at, said, platform_message, received_at, deadline_at,
  retry_at, claimed_by, attempts, took_ms)
select customer_id, occasion_at, id, home_id, purpose, kind, channel, 'service', content, staff_id, code_id, external_userid,
  address, case state when 'planned' then 'allowed' else state end, reason, 0, planned_at, planned_at, planned_at, settled_at, said,
  platform_message, received_at, deadline_at, retry_at, claimed_by, attempts, took_ms
from touch_before;

-- The attention budget: a row for each touch that the gate allowed. What reached nobody is given back: its row goes.
create table attention (
  customer_id bigint not null,
  -- When it was allowed; once it is known to have arrived, when it did.
  at timestamptz not null,
  touch_id bigint not null,
  channel text not null,
  category text not null,
  staff_id bigint,
  home_id bigint,
  -- Under way: it may arrive at any moment from now on, and is counted as if it did now.
  is_open boolean not null,
  primary key (customer_id, at, touch_id)
) partition by range (at);
create table attention_rest partition of attention default;

do $$
declare month timestamp;
begin
  for month in select distinct date_trunc('month', coalesce(settled_at, planned_at) at time zone 'UTC') from touch_before order by 1 loop
    execute format('create table %I partition of attention for values from (%L) to (%L)', 'attention_' || to_char(month, 'YYYY_MM'),
      to_char(month, 'YYYY-MM-DD') || 'T00:00:00Z', to_char(month + interval '1 month', 'YYYY-MM-DD') || 'T00:00:00Z');
  end loop;
end $$;

insert into attention (customer_id, at, touch_id, channel, category, staff_id, home_id, is_open)
select customer_id, coalesce(settled_at, planned_at), id, channel, 'service', staff_id, home_id, state in ('planned', 'claimed')
from touch_before where state in ('planned', 'claimed', 'submitted', 'delivered', 'unknown');

drop table touch_before;

-- What the gate remembers of a person besides the ledger.
create table touch_person (
  customer_id bigint primary key,
  last_act_at timestamptz,
  -- When he last muted us, or ended a contact himself.
  muted_at timestamptz
);

-- The newest word on each; 'any' stands for all channels or all categories. Of those that fit, the newest counts.
create table consent (
  customer_id bigint not null,
  channel text not null,
  category text not null,
  state text not null check (state in ('granted', 'withdrawn')),
  at timestamptz not null,
  evidence jsonb not null,
  primary key (customer_id, channel, category)
);

-- Touches of one content from one member that are one task on the platform.
create table touch_pack (
  id bigint generated always as identity primary key,
  channel text not null,
  staff_id bigint,
  kind text not null,
  source_id bigint,
  part text,
  version_id bigint,
  -- As the channel says it.
  message jsonb not null,
  state text not null check (state in (
    'planned', 'claimed', 'submitted', 'confirmed', 'done', 'failed', 'unknown', 'expired', 'cancelled'
  )),
  reason text,
  platform_id text,
  platform_message text,
  customer_count integer not null,
  delivered_count integer not null default 0,
  failed_count integer not null default 0,
  created_at timestamptz not null,
  submitted_at timestamptz,
  confirmed_at timestamptz,
  ended_at timestamptz,
  expires_at timestamptz not null,
  reminded_at timestamptz,
  reminder_count integer not null default 0,
  -- When the member is to be reminded next, and when the platform is to be asked next.
  remind_at timestamptz,
  polled_at timestamptz,
  poll_at timestamptz,
  -- How it is to end once the platform was told to stop and its last results are read.
  ending text check (ending in ('expired', 'cancelled')),
  -- An answer was lost: the platform may have it.
  may_have_arrived boolean not null default false,
  -- The machine's time.
  retry_at timestamptz,
  claimed_by integer,
  attempts integer not null default 0
);
create index touch_pack_under_way on touch_pack (state, id) where state in ('planned', 'claimed', 'submitted', 'confirmed', 'unknown');
create index touch_pack_source on touch_pack (kind, source_id, id);
create index touch_pack_staff on touch_pack (staff_id, id);

-- Limits of platforms that do not concern one customer: booked before the call, given back when it failed.
create table touch_quota (
  name text not null,
  period_start timestamptz not null,
  used integer not null,
  primary key (name, period_start)
);

-- Zones that PostgreSQL knows: a text that names none must not stop the gate for everybody.
create table time_zone (name text primary key);
insert into time_zone select name from pg_timezone_names where name ~ '^[A-Z]\w+/' or name = 'UTC';

-- Who decides about customers with customer_id & 15 = lane holds its row: two workers never decide about one person at once.
create table touch_lane (lane smallint primary key);
insert into touch_lane select generate_series(0, 15);
