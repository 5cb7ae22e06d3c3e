-- The brand's own systems that tell siyu what happens: each has a key to write with.
create table source (
  id bigint generated always as identity primary key,
  name text not null unique,
  kind text not null check (kind in ('website', 'app', 'mini_program', 'server', 'shop')),
  write_key text not null unique,
  is_enabled boolean not null default true,
  -- When it last told something, to the minute.
  last_told_at timestamptz,
  created_at timestamptz not null
);
