-- Settings of this installation, one row for each subject.
create table setting (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null
);

-- Chores that come round: due in the product's time, so that a hurried clock hurries them too.
create table schedule (
  name text primary key,
  next_at timestamptz not null
);

-- Long work that a person watches. `cursor` is where it goes on after a crash.
create table operation (
  id bigint generated always as identity primary key,
  kind text not null,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
  step text,
  done_count bigint not null default 0,
  total_count bigint,
  summary jsonb not null default '{}',
  input jsonb not null default '{}',
  cursor jsonb not null default '{}',
  problem text,
  cancel_requested boolean not null default false,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  created_by text not null
);
create index operation_kind on operation (kind, id desc);
create unique index operation_one_reconciliation on operation (kind)
  where kind = 'wecom.reconcile' and state in ('waiting', 'running');

-- Gives each worker process a number of its own; the number is held as an advisory lock for as long as it lives.
create sequence worker_number as integer cycle;
