-- What customers are scored at, one row for each; null where a score is refused or nothing is known.
create table customer_score (
  customer_id bigint primary key,
  computed_at timestamptz not null,
  -- Civil days since the last order; orders and net amount within the window.
  recency_days integer,
  frequency integer,
  monetary_fen bigint,
  r smallint,
  f smallint,
  m smallint,
  rfm_group text,
  -- Within the horizon of the settings.
  expected_orders double precision,
  p_alive double precision,
  expected_value_fen bigint,
  -- 0 to 100.
  relation double precision,
  -- 0 to 1.
  responsiveness double precision,
  attention double precision,
  -- 0 to 100.
  freebie double precision,
  is_super boolean
) with (fillfactor = 85);

-- Whose score is out of date: one row for each batch of facts about a customer. Rows are only added and taken away, so
-- that facts never wait for a computation.
create table score_change (
  customer_id bigint not null,
  id bigint generated always as identity,
  primary key (customer_id, id)
);
create index score_change_id on score_change (id);

-- A full computation: what all customers were measured by until the next one.
create table score_run (
  id bigint generated always as identity primary key,
  computed_at timestamptz not null,
  finished_at timestamptz,
  took_ms integer,
  settings jsonb not null,
  -- Currency, limits of RFM, threshold of super-users, days of orders.
  basis jsonb not null,
  -- The fits and their calibration.
  report jsonb not null,
  curve jsonb not null
);
