-- A file and what became of its rows. `next_row` is where it goes on after a stop or a crash.
create table import (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('orders', 'customers', 'events', 'tags')),
  name text not null,
  state text not null check (state in ('uploaded', 'running', 'cancelled', 'failed', 'done')),
  -- Name of the file under the folder of imports; null when it was removed.
  file text,
  -- SHA-256 of the bytes as they came: the same file is known again.
  hash text not null,
  size_bytes bigint not null,
  is_compressed boolean not null,
  row_count bigint not null,
  columns jsonb not null,
  settings jsonb not null,
  next_row bigint not null default 0,
  counts jsonb not null,
  operation_id bigint,
  problem text,
  created_at timestamptz not null,
  created_by text not null,
  started_at timestamptz,
  ended_at timestamptz
);

create table import_rejection (
  import_id bigint not null references import (id),
  line bigint not null,
  reason text not null,
  -- Which field was wrong; empty for the row as a whole.
  field text not null,
  cells jsonb not null,
  primary key (import_id, line)
);
