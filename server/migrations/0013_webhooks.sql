-- Addresses of other systems that hear of events.
create table webhook (
  id bigint generated always as identity primary key,
  url text not null,
  description text not null default '',
  -- null is every event, also those that are not known yet.
  event_names text[],
  is_enabled boolean not null default true,
  -- Why siyu turned it off by itself; null when a person did, or when it is on.
  disabled_reason text check (disabled_reason in ('gone', 'failing')),
  disabled_at timestamptz,
  -- Sealed. Until `previous_until` the secret before it signs too, so that a receiver can change over in peace.
  secret text not null,
  previous_secret text,
  previous_until timestamptz,
  secret_made_at timestamptz not null,
  -- The next four are the machine's time: receivers know no other. Failing is since the first failure after the last success.
  failing_since timestamptz,
  failed_in_row integer not null default 0,
  succeeded_at timestamptz,
  -- The receiver asked for a pause (Retry-After).
  resting_until timestamptz,
  created_at timestamptz not null,
  -- Its deliveries are removed in batches, then the row.
  deleted_at timestamptz
);

create sequence webhook_delivery_id_seq;

-- One event for one address: what was told, and what came of each attempt. A record of what left the house, so a merge of
-- customers does not change it: `customer_id` is whom the message named.
create table webhook_delivery (
  customer_id bigint not null,
  id bigint not null default nextval('webhook_delivery_id_seq'),
  webhook_id bigint not null,
  -- The same for all addresses and all attempts: by it a receiver drops doubles.
  message_id text not null,
  event_name text not null,
  occurred_at timestamptz not null,
  source text not null,
  staff_id bigint,
  code_id bigint,
  accounts jsonb not null,
  properties jsonb not null,
  state text not null default 'planned' check (state in ('planned', 'claimed', 'delivered', 'failed')),
  created_at timestamptz not null,
  settled_at timestamptz,
  -- The machine's time.
  due_at timestamptz not null,
  claimed_by integer,
  -- Since it was planned or last replayed.
  attempts integer not null default 0,
  last_status integer,
  last_reason text,
  -- The newest attempts, oldest first.
  log jsonb not null default '[]',
  primary key (customer_id, id)
);
create index webhook_delivery_newest on webhook_delivery (id);
create index webhook_delivery_webhook on webhook_delivery (webhook_id, id);
create index webhook_delivery_due on webhook_delivery (webhook_id, due_at) where state = 'planned';
create index webhook_delivery_claimed on webhook_delivery (claimed_by) where state = 'claimed';
create index webhook_delivery_failed on webhook_delivery (webhook_id, id) where state = 'failed';

-- Attempts by hour of the product's time: health without counting deliveries.
create table webhook_hour (
  webhook_id bigint not null,
  hour timestamptz not null,
  delivered integer not null,
  failed integer not null,
  took_ms bigint not null,
  primary key (webhook_id, hour)
);
