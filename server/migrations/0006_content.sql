create table material (
  id bigint generated always as identity primary key,
  name text not null,
  kind text not null check (kind in ('image', 'video', 'file')),
  content_type text not null,
  byte_count integer not null,
  sha256 text not null,
  bytes bytea not null,
  created_at timestamptz not null
);
