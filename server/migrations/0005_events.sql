-- Facts wait here until they are projected. Facts of one subject share a lane and are projected in the order of their ids;
-- lanes 0 to 31 are for pressing facts (adds and ends), 32 to 63 for all others.
create table inbox (
  id bigint generated always as identity primary key,
  lane smallint not null,
  source text not null,
  message_id text not null,
  name text not null,
  subject text not null,
  occurred_at timestamptz not null,
  -- The machine's time, whatever the product's clock says: it measures how long people and platforms waited.
  received_at timestamptz not null,
  payload jsonb not null,
  attempts integer not null default 0,
  retry_at timestamptz,
  problem text,
  is_failed boolean not null default false
);
create index inbox_lane_waiting on inbox (lane, id) where not is_failed;
create index inbox_failed on inbox (id) where is_failed;

-- A worker that projects a lane holds its row.
create table inbox_lane (lane smallint primary key);
insert into inbox_lane select generate_series(0, 63);

-- What was projected already: a fact that comes twice is dropped here.
create table event_key (
  source text not null,
  message_id text not null,
  occurred_at timestamptz not null,
  primary key (source, message_id)
);

create sequence event_id_seq;

-- Everything that happened. Customer 0 is nobody: facts about staff, tags and groups. Partitioned by month; the
-- projection makes the partition of a month before the first fact of that month.
create table event (
  customer_id bigint not null,
  occurred_at timestamptz not null,
  id bigint not null default nextval('event_id_seq'),
  name text not null,
  source text not null,
  staff_id bigint,
  code_id bigint,
  payload jsonb not null,
  primary key (customer_id, occurred_at, id)
) partition by range (occurred_at);
create index event_name on event (name, occurred_at);
