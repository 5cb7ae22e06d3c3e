create table customer (
  id bigint generated always as identity primary key,
  name text,
  avatar text,
  kind text not null default 'wechat' check (kind in ('wechat', 'wecom')),
  corp_name text,
  position text,
  gender text not null default 'unknown' check (gender in ('unknown', 'male', 'female')),
  -- Source of the first follow: the kind of its channel code, or direct.
  source text not null default 'direct',
  code_id bigint,
  added_at timestamptz not null,
  active_follow_count integer not null default 0,
  event_count bigint not null default 0,
  -- One and two character pieces of name and remarks: finds 「芳」 and 「王芳」, which trigrams cannot.
  search_grams text[] not null default '{}',
  search_text text not null default '',
  observed_at timestamptz,
  -- The machine's time at which that reading began.
  read_at timestamptz,
  created_at timestamptz not null
);
create index customer_search on customer using gin (search_grams);
create index customer_added on customer (added_at);
create index customer_source on customer (source, id);
create index customer_code on customer (code_id, id);
create index customer_gone on customer (id) where active_follow_count = 0;

-- One account of a person. The key is the account, so that two facts can never make it belong to two people.
create table identity (
  kind text not null,
  value text not null,
  customer_id bigint not null,
  source text not null,
  first_seen_at timestamptz not null,
  primary key (kind, value)
);
create index identity_customer on identity (customer_id);
create index identity_value_start on identity (value text_pattern_ops);
create index identity_phone_end on identity (reverse(value) text_pattern_ops) where kind = 'phone';

-- The edge between a staff member and an account of a customer. `changes` holds what happened to it, from which all
-- other columns follow, whatever the order in which it became known.
create table follow (
  customer_id bigint not null,
  external_userid text not null,
  staff_id bigint not null,
  state text not null check (state in ('active', 'left_by_customer', 'removed_by_staff', 'transferred', 'missing')),
  added_at timestamptz not null,
  ended_at timestamptz,
  code_id bigint,
  add_way integer,
  remark text not null default '',
  description text not null default '',
  remark_mobiles text[] not null default '{}',
  -- What a code puts before the name, until the name is known.
  remark_prefix text,
  -- Remark and description still have to be told to WeCom.
  is_remark_pending boolean not null default false,
  remark_problem text,
  remark_attempts integer not null default 0,
  changes jsonb not null,
  -- When the last reading of WeCom's record began, and when WeCom last took a remark of ours: the machine's time, which
  -- orders our own reads and writes. A reading that began before either changes nothing here.
  read_at timestamptz,
  remark_told_at timestamptz,
  primary key (customer_id, external_userid, staff_id)
);
create index follow_staff on follow (staff_id, customer_id);
create index follow_staff_active on follow (staff_id, customer_id) where state = 'active';
create index follow_code on follow (code_id, customer_id);
create index follow_account on follow (external_userid);
create index follow_remark_pending on follow (customer_id) where is_remark_pending;

-- One stay of a customer with a staff member; what is added and lost is counted here.
create table follow_spell (
  customer_id bigint not null,
  external_userid text not null,
  staff_id bigint not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  code_id bigint,
  -- The customer's first stay with anybody.
  is_first boolean not null default false,
  primary key (customer_id, external_userid, staff_id, started_at)
);
create index follow_spell_started on follow_spell (started_at);
create index follow_spell_ended on follow_spell (ended_at) where ended_at is not null;
create index follow_spell_code on follow_spell (code_id, started_at);
create index follow_spell_staff on follow_spell (staff_id, started_at);

create table tag_group (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('wecom', 'internal')),
  name text not null,
  wecom_id text unique,
  sort bigint not null default 0,
  -- WeCom has to be told the new name.
  is_rename_pending boolean not null default false,
  deleted_at timestamptz,
  observed_at timestamptz
);
create unique index tag_group_name on tag_group (kind, name) where deleted_at is null;

create table tag (
  id bigint generated always as identity primary key,
  group_id bigint not null references tag_group (id),
  name text not null,
  wecom_id text unique,
  sort bigint not null default 0,
  -- What WeCom still has to be told: nothing, create, rename or delete.
  pending text check (pending in ('create', 'rename', 'delete')),
  problem text,
  deleted_at timestamptz,
  observed_at timestamptz
);
create unique index tag_name on tag (group_id, name) where deleted_at is null;
create index tag_pending on tag (id) where pending is not null;

-- A WeCom tag on an edge. `is_wanted` is what we want; `is_pending` says that WeCom has to be told; `told_at` is the
-- machine's time at which it took our word, so that a reading begun before does not undo it.
create table follow_tag (
  customer_id bigint not null,
  external_userid text not null,
  staff_id bigint not null,
  tag_id bigint not null references tag (id),
  is_wanted boolean not null default true,
  is_pending boolean not null default false,
  problem text,
  changed_at timestamptz not null,
  told_at timestamptz,
  read_at timestamptz,
  attempts integer not null default 0,
  primary key (customer_id, external_userid, staff_id, tag_id)
);
create index follow_tag_pending on follow_tag (changed_at) where is_pending;
create index follow_tag_tag on follow_tag (tag_id);

-- Tags of a customer: internal ones, and those on any of the active edges.
create table customer_tag (
  customer_id bigint not null,
  tag_id bigint not null references tag (id),
  tagged_at timestamptz not null,
  primary key (customer_id, tag_id)
);
create index customer_tag_tag on customer_tag (tag_id, customer_id);

create table attribute_definition (
  key text primary key,
  name text not null,
  kind text not null check (kind in ('text', 'number', 'date', 'boolean', 'choice')),
  choices text[] not null default '{}',
  created_at timestamptz not null
);

create table customer_attribute (
  customer_id bigint not null,
  key text not null references attribute_definition (key),
  value jsonb not null,
  source text not null,
  set_at timestamptz not null,
  set_by text,
  primary key (customer_id, key)
);
create index customer_attribute_key on customer_attribute (key);
