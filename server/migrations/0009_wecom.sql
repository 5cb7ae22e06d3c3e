-- Files that WeCom holds for us; it forgets them after three days of its own time.
create table wecom_media (
  material_id bigint primary key references material (id),
  media_id text not null,
  expires_at timestamptz not null
);
