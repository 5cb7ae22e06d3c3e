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

-- What goes to an audience and not to one customer: a message to groups, or a Moment. One row is one task on the platform.
create table broadcast (
  id bigint generated always as identity primary key,
  channel text not null check (channel in ('wecom_group', 'wecom_moment')),
  -- What it is for; there is one broadcast for one purpose.
  purpose text not null unique,
  -- Who plans it, and of what, as with touches.
  kind text not null check (kind in ('campaign', 'manual')),
  source_id bigint,
  part text,
  category text not null check (category in ('service', 'care', 'content', 'promotion')),
  version_id bigint not null,
  -- As the channel says it; written before it is first tried.
  message jsonb,
  -- Who sends it to his groups. A Moment has its members among the targets.
  staff_id bigint references staff (id),
  -- Whose customers with one of these tags see a Moment; empty: all of them.
  tag_ids bigint[] not null default '{}',
  state text not null default 'planned' check (state in (
    'planned', 'claimed', 'submitted', 'confirmed', 'done', 'failed', 'unknown', 'expired', 'cancelled'
  )),
  reason text,
  platform_message text,
  platform_id text,
  -- A Moment is made by a job of the platform's, which tells the id when it is done.
  platform_job text,
  created_at timestamptz not null,
  due_at timestamptz not null,
  expires_at timestamptz not null,
  -- When the platform's quotas were booked; null: not booked, or given back.
  booked_at timestamptz,
  submitted_at timestamptz,
  -- The first member sent it.
  confirmed_at timestamptz,
  ended_at timestamptz,
  -- When the member was reminded, and when he is to be reminded next.
  reminded_at timestamptz[] not null default '{}',
  remind_at timestamptz,
  -- When it is to be asked for next.
  poll_at timestamptz,
  -- How it is to end once the platform was told to stop and its last results are read.
  ending text check (ending in ('expired', 'cancelled')),
  -- An answer was lost: the platform may have it.
  may_have_arrived boolean not null default false,
  -- The machine's time.
  retry_at timestamptz,
  claimed_by integer,
  attempts integer not null default 0
);
create index broadcast_to_submit on broadcast (id) where state in ('planned', 'claimed');
create index broadcast_to_poll on broadcast (poll_at) where state in ('submitted', 'confirmed');
create index broadcast_source on broadcast (kind, source_id, id);
create index broadcast_staff on broadcast (staff_id);
create index broadcast_platform_id on broadcast (platform_id) where platform_id is not null;

-- One group, or one member who publishes.
create table broadcast_target (
  broadcast_id bigint not null references broadcast (id),
  -- Chat id, or the member's userid.
  key text not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'expired', 'cancelled')),
  reason text,
  settled_at timestamptz,
  -- Of a Moment: when its results were read last, customers it reached, and what they did.
  read_at timestamptz,
  customer_count integer not null default 0,
  like_count integer not null default 0,
  comment_count integer not null default 0,
  primary key (broadcast_id, key)
);
create index broadcast_target_key on broadcast_target (key);
