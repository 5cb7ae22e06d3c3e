create table code_folder (
  id bigint generated always as identity primary key,
  name text not null unique
);

create table channel_code (
  id bigint generated always as identity primary key,
  name text not null unique,
  folder_id bigint references code_folder (id),
  source text not null,
  entry text not null check (entry in ('direct', 'landing')),
  rotation jsonb not null,
  backup_staff_ids bigint[] not null,
  daily_limit integer,
  skip_verify boolean not null,
  tag_ids bigint[] not null,
  remark_prefix text not null,
  description text not null,
  hook jsonb not null,
  welcome jsonb not null,
  starts_at timestamptz,
  ends_at timestamptz,
  is_paused boolean not null default false,
  ended_at timestamptz,
  -- Comes back from WeCom with each add, and so names the code.
  state_key text not null unique,
  -- Last part of the landing page's address.
  slug text not null unique,
  -- Who should answer a scan now, and when that may change.
  staff_now bigint[] not null default '{}',
  uses_backup boolean not null default false,
  next_turn_at timestamptz,
  -- WeCom has the newest settings when the two are equal.
  revision integer not null default 1,
  pushed_revision integer not null default 0,
  -- WeCom was asked to make it; whether it did is only sure once config_id is known.
  was_asked boolean not null default false,
  config_id text,
  qr_url text,
  qr_image bytea,
  problem text,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index channel_code_folder on channel_code (folder_id);
create index channel_code_turn on channel_code (next_turn_at) where ended_at is null;
create index channel_code_unpushed on channel_code (id) where revision <> pushed_revision;

-- Adds of a day, for the daily limit.
create table code_staff_day (
  code_id bigint not null references channel_code (id),
  staff_id bigint not null references staff (id),
  day date not null,
  adds integer not null,
  primary key (code_id, staff_id, day)
);
create index code_staff_day_staff on code_staff_day (staff_id);

create table code_scan_day (
  code_id bigint not null references channel_code (id),
  day date not null,
  scans integer not null,
  primary key (code_id, day)
);
