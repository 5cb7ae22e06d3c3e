-- Files that WeCom holds for us; it forgets them after three days of its own time.
create table wecom_media (
  material_id bigint primary key references material (id),
  media_id text not null,
  expires_at timestamptz not null
);

-- Customers whose record is to be read, because a callback said that something changed. Times are the machine's.
create table wecom_refresh (
  external_userid text primary key,
  -- A reading that began since then answers all callbacks so far.
  asked_at timestamptz not null,
  retry_at timestamptz,
  attempts integer not null default 0
);
create index wecom_refresh_asked on wecom_refresh (asked_at);
