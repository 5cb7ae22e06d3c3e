-- Files for Moments are uploaded apart from those for messages, and WeCom gives them ids of their own.
alter table wecom_media add column use text not null default 'message' check (use in ('message', 'moment'));
alter table wecom_media alter column use drop default;
alter table wecom_media drop constraint wecom_media_pkey;
alter table wecom_media add primary key (material_id, use);

-- Customer groups as WeCom last described them. read_at, asked_at and retry_at are the machine's times.
create table wecom_group_chat (
  chat_id text primary key,
  -- Empty for a group that nobody named.
  name text not null default '',
  owner_userid text not null default '',
  state text not null default 'normal' check (state in ('normal', 'owner_left', 'inheriting', 'inherited', 'dismissed')),
  created_at timestamptz,
  member_count integer not null default 0,
  -- Members who are not of this corp.
  customer_count integer not null default 0,
  -- When the reading began that all of this is from; null before the first.
  read_at timestamptz,
  -- A reading that began since then answers all callbacks so far; null when none is wanted.
  asked_at timestamptz,
  retry_at timestamptz,
  attempts integer not null default 0
);
create index wecom_group_chat_asked on wecom_group_chat (asked_at) where asked_at is not null;
create index wecom_group_chat_owner on wecom_group_chat (lower(owner_userid));
create index wecom_group_chat_size on wecom_group_chat (customer_count, chat_id);

-- Messages of siyu's to staff: a row before the message, one for each purpose and member.
create table staff_notice (
  id bigint generated always as identity primary key,
  staff_id bigint not null references staff (id),
  purpose text not null,
  title text not null,
  body text not null,
  -- The page it leads to.
  url text,
  state text not null default 'planned' check (state in ('planned', 'claimed', 'sent', 'failed', 'unknown', 'expired')),
  problem text,
  planned_at timestamptz not null,
  -- Later it is of no use.
  expires_at timestamptz not null,
  settled_at timestamptz,
  -- The machine's time: limits of platforms do not follow a hurried clock.
  claimed_at timestamptz,
  retry_at timestamptz,
  claimed_by integer,
  attempts integer not null default 0,
  unique (staff_id, purpose)
);
create index staff_notice_due on staff_notice (id) where state in ('planned', 'claimed');
-- What a member was sent of late, for the limit per minute and hour.
create index staff_notice_sent on staff_notice (staff_id, claimed_at) where state in ('sent', 'claimed', 'unknown');
create index staff_notice_settled on staff_notice (settled_at) where state in ('failed', 'unknown');
