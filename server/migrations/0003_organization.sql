create table department (
  id bigint generated always as identity primary key,
  wecom_id bigint not null unique,
  parent_wecom_id bigint not null,
  name text not null,
  sort bigint not null default 0,
  deleted_at timestamptz,
  observed_at timestamptz not null
);

create table staff (
  id bigint generated always as identity primary key,
  wecom_userid text not null,
  name text not null,
  alias text not null default '',
  position text not null default '',
  avatar text,
  state text not null default 'active' check (state in ('active', 'disabled', 'not_activated', 'left')),
  -- Licensed for customer contact and inside the app's visible range.
  can_follow boolean not null default false,
  observed_at timestamptz not null
);
-- WeCom's userids differ by more than case only.
create unique index staff_wecom_userid on staff (lower(wecom_userid));

create table staff_department (
  staff_id bigint not null references staff (id),
  department_id bigint not null references department (id),
  is_leader boolean not null default false,
  primary key (staff_id, department_id)
);
create index staff_department_department on staff_department (department_id);

-- WeCom's own daily figures for a staff member, ready the day after.
create table staff_day (
  staff_id bigint not null references staff (id),
  day date not null,
  chats integer not null,
  messages integer not null,
  reply_percentage double precision,
  reply_minutes double precision,
  primary key (staff_id, day)
);

create table audit_entry (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  subject_name text,
  before jsonb,
  after jsonb,
  request_id text
);
create index audit_entry_subject on audit_entry (subject_kind, subject_id);
create index audit_entry_at on audit_entry (at);
