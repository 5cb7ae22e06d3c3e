-- Facts travel in letters: what was told together and may be projected together is one row, so that a shop's batch of
-- some hundred events costs the inbox one row and one commit.
alter table inbox rename to inbox_before;
drop index inbox_lane_waiting;
drop index inbox_failed;
create table inbox (
  id bigint generated always as identity primary key,
  lane smallint not null,
  -- JSON: [{ source, messageId, name, occurredAt, payload }]. As text: only the projection reads it.
  facts text not null,
  fact_count integer not null,
  -- The machine's time, whatever the product's clock says: it measures how long people and platforms waited.
  received_at timestamptz not null,
  attempts integer not null default 0,
  retry_at timestamptz,
  problem text,
  is_failed boolean not null default false
);
create index inbox_lane_waiting on inbox (lane, id) where not is_failed;
create index inbox_failed on inbox (id) where is_failed;
insert into inbox (lane, facts, fact_count, received_at, attempts, retry_at, problem, is_failed)
select lane, jsonb_build_array(jsonb_build_object('source', source, 'messageId', message_id, 'name', name,
  'occurredAt', to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'payload', payload))::text,
  1, received_at, attempts, retry_at, problem, is_failed
from inbox_before order by id;
drop table inbox_before;

-- What was projected already, by the first half of the SHA-256 of source, blank and message id.
alter table event_key rename to event_key_before;
alter table event_key_before rename constraint event_key_pkey to event_key_before_pkey;
create table event_key (
  key uuid primary key,
  occurred_at timestamptz not null
);
insert into event_key (key, occurred_at)
select encode(substring(sha256(convert_to(source || ' ' || message_id, 'UTF8')) for 16), 'hex')::uuid, occurred_at
from event_key_before;
drop table event_key_before;

-- The facts are read once and gone soon: packing them costs more than it saves.
alter table inbox alter column facts set storage external;

-- Counted when it is asked for: the key of `event` begins with the customer.
alter table customer drop column event_count;

-- Changes whenever accounts change hands, so that what a process remembers of them is known to be old.
create sequence people_epoch;
