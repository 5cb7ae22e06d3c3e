create table campaign (
  id bigint generated always as identity primary key,
  name text not null,
  state text not null check (state in ('draft', 'waiting', 'scheduled', 'running', 'paused', 'done', 'cancelled')),
  channel text not null,
  -- Of its contents; all have the same.
  category text not null,
  -- Everything that was chosen, as the contract has it. Columns beside it are what queries ask for.
  draft jsonb not null,
  segment_id bigint references segment (id),
  content_ids bigint[] not null,
  -- The version of each variant's content, from the launch on: what was approved is what is sent.
  versions jsonb not null default '{}',
  -- People it selected when it was last looked at.
  size bigint,
  next_run_at timestamptz,
  run_count integer not null default 0,
  -- What stopped it by itself.
  problem text,
  requested_by text,
  requested_by_id text,
  requested_at timestamptz,
  approved_by text,
  approved_at timestamptz,
  -- For how many people; a segment that grows far beyond is asked about again.
  approved_size bigint,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Whoever changed it last cannot approve it either.
  updated_by_id text not null
);
create index campaign_due on campaign (next_run_at) where state in ('scheduled', 'running');
create index campaign_segment on campaign (segment_id);
create index campaign_state on campaign (state, id);

-- One going out of a campaign, with its own people and results.
create table campaign_run (
  campaign_id bigint not null references campaign (id),
  number integer not null,
  state text not null check (state in ('planning', 'sending', 'measuring', 'final')),
  -- The occasion of all its touches.
  occasion_at timestamptz not null,
  expires_at timestamptz not null,
  -- Amounts are counted in this currency; null until there are orders.
  currency text,
  -- People up to this id are planned.
  cursor bigint not null default 0,
  planned_count bigint not null default 0,
  -- People to whom nothing could be planned, by reason.
  skipped jsonb not null default '{}',
  -- When the window of the last of its people ends; known when all are decided.
  measured_until timestamptz,
  primary key (campaign_id, number)
);
create index campaign_run_open on campaign_run (state) where state <> 'final';

-- Whom a rule of a campaign's own was true for when its run began; gone when all are planned.
create table campaign_candidate (
  campaign_id bigint not null references campaign (id),
  customer_id bigint not null,
  primary key (campaign_id, customer_id)
);

-- Results as last measured, with the numbers they come from. A final one does not change.
create table campaign_result (
  campaign_id bigint not null,
  number integer not null,
  measured_at timestamptz not null,
  is_final boolean not null,
  result jsonb not null,
  primary key (campaign_id, number),
  foreign key (campaign_id, number) references campaign_run (campaign_id, number)
);

-- Sources whose touches wait: a paused campaign's. One row holds a million touches, and lets them go again.
create table touch_hold (
  kind text not null,
  source_id bigint not null,
  held_at timestamptz not null,
  primary key (kind, source_id)
);
