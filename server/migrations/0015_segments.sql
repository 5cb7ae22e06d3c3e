-- Which rows of which tables changed in which transaction; triggers write it (server/platform/feed.ts). Whoever follows it
-- remembers a snapshot, and finds what that did not see: nothing is missed, however transactions overlap.
create table change_feed (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  table_name text not null,
  -- Rows that were only added; or rows that were changed or removed as well.
  is_insert boolean not null,
  -- Whose rows: values of the table's key.
  keys bigint[] not null,
  -- What about: values of the table's topic (event names, tag ids, attribute keys), so that a follower can pass over the rest.
  topics text[] not null default '{}',
  -- Ids of added rows, and how far their times reach, where the table tells.
  row_ids bigint[],
  first_at timestamptz,
  last_at timestamptz
);
create index change_feed_xid on change_feed (xid);

-- How far each follower has come: a snapshot as PostgreSQL writes it.
create table change_follower (
  name text primary key,
  position text not null,
  moved_at timestamptz not null
);

-- A property of an event as text; null when it is absent, null in JSON.
create function segment_text(payload jsonb, property text) returns text
  language sql immutable strict parallel safe
  return payload ->> property;

-- A property as a number in ten-thousandths; null when it is no number, or larger than such a number can be.
create function segment_number(payload jsonb, property text) returns bigint
  language sql immutable strict parallel safe
  return case when jsonb_typeof(payload -> property) = 'number' and abs((payload ->> property)::numeric) <= 900000000000
    then round((payload ->> property)::numeric * 10000)::bigint end;

-- Attributes as conditions read them: the text, the number in ten-thousandths, the day as 20261121.
create view segment_attribute as
  select customer_id, key, value #>> '{}' as text,
    case when jsonb_typeof(value) = 'number' and abs((value #>> '{}')::numeric) <= 900000000000
      then round((value #>> '{}')::numeric * 10000)::bigint end as number,
    case when value #>> '{}' ~ '^\d{4}-\d{2}-\d{2}$' then replace(value #>> '{}', '-', '')::integer end as day
  from customer_attribute;

create table segment (
  id bigint generated always as identity primary key,
  name text not null,
  description text not null default '',
  tree jsonb not null,
  -- Changes whenever the tree does: what was found out for an older tree is not kept.
  revision integer not null default 1,
  -- What a change must touch for somebody to enter or leave, in this tree and those it speaks of.
  needs text[] not null default '{}',
  -- Segments its tree speaks of.
  uses bigint[] not null default '{}',
  -- Time alone moves people in and out; a ranking does, which is drawn anew now and then.
  is_timed boolean not null default false,
  is_ranked boolean not null default false,
  member_count bigint not null default 0,
  -- The revision whose members are all known; behind `revision` while they are counted.
  filled_revision integer not null default 0,
  filled_at timestamptz,
  -- Where the lines of its rankings were drawn when it was filled.
  lines jsonb not null default '{}',
  -- Due times up to here are in segment_due.
  due_until timestamptz,
  problem text,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create unique index segment_name on segment (lower(name)) where deleted_at is null;
create index segment_unfilled on segment (id) where filled_revision < revision and deleted_at is null;

create table segment_member (
  segment_id bigint not null references segment (id),
  customer_id bigint not null,
  entered_at timestamptz not null,
  primary key (customer_id, segment_id)
);
create index segment_member_segment on segment_member (segment_id, customer_id);

-- Whose membership time alone may change, and when: kept for the hours to come.
create table segment_due (
  segment_id bigint not null references segment (id),
  customer_id bigint not null,
  due_at timestamptz not null,
  primary key (customer_id, segment_id)
);
create index segment_due_at on segment_due (due_at);
create index segment_due_segment on segment_due (segment_id);

-- Customers to look at again: what changed about them.
create table segment_touch (
  id bigint generated always as identity primary key,
  customer_id bigint not null,
  needs text[] not null,
  touched_at timestamptz not null
);

create table segment_day (
  segment_id bigint not null references segment (id),
  day date not null,
  member_count bigint not null,
  entered_count bigint not null default 0,
  left_count bigint not null default 0,
  primary key (segment_id, day)
);

-- Lists that were uploaded. A row belongs to a person: it moves when two turn out to be one.
create table segment_list (
  id bigint generated always as identity primary key,
  name text not null,
  created_at timestamptz not null,
  created_by text not null,
  row_count bigint not null,
  unknown_count bigint not null
);
create unique index segment_list_name on segment_list (lower(name));

create table segment_list_member (
  list_id bigint not null references segment_list (id),
  customer_id bigint not null,
  -- Where it goes back to when a merge is undone. Two who become one may both be in a list: a customer can stand in it twice.
  home_id bigint
);
create index segment_list_member_customer on segment_list_member (customer_id, list_id);
create index segment_list_member_list on segment_list_member (list_id, customer_id);
