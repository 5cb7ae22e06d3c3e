-- Folders of contents, materials and scripts.
create table content_folder (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('content', 'material', 'script')),
  name text not null,
  unique (kind, name)
);

-- What is said, in all its versions. `version_id` is the one that is used from now on.
create table content (
  id bigint generated always as identity primary key,
  name text not null,
  folder_id bigint references content_folder (id),
  category text not null check (category in ('service', 'care', 'content', 'promotion')),
  version_id bigint,
  archived_at timestamptz,
  search_text text not null,
  search_grams text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index content_name on content (name) where archived_at is null;
create index content_folder_id on content (folder_id);
create index content_search on content using gin (search_grams);

-- Never changed: what was sent stays what it was.
create table content_version (
  id bigint generated always as identity primary key,
  content_id bigint not null references content (id),
  number integer not null,
  -- How each channel says it: {"wecom": {…}, "email": {…}}.
  wordings jsonb not null,
  -- Addresses in it whose opens are counted.
  tracked_urls text[] not null,
  created_by text not null,
  created_at timestamptz not null,
  unique (content_id, number)
);
alter table content add foreign key (version_id) references content_version (id);
create index content_version_id on content (version_id);

alter table material add column folder_id bigint references content_folder (id);
-- The file that took its place, also in what was written before.
alter table material add column replaced_by bigint references material (id);
alter table material add column archived_at timestamptz;
alter table material add column created_by text not null default '';
create index material_folder_id on material (folder_id);
create index material_replaced_by on material (replaced_by) where replaced_by is not null;

-- An address whose opens are counted, wherever it is written.
create table tracked_link (
  id bigint generated always as identity primary key,
  url text not null,
  -- Addresses are longer than an index entry may be.
  url_sha256 text not null unique,
  title text not null,
  archived_at timestamptz,
  created_by text not null,
  created_at timestamptz not null
);

-- Opens of a day, by what they came from and who sent it; 0 is nothing, and nobody.
create table link_day (
  link_id bigint not null references tracked_link (id),
  day date not null,
  kind text not null,
  source_id bigint not null,
  staff_id bigint not null,
  opens integer not null,
  -- Of these, by people of whom it is not known who they are.
  unknown_opens integer not null,
  primary key (link_id, day, kind, source_id, staff_id)
);

-- Visits of late: what is loaded again soon after is the same visit. By code, or by link and account; kept for a day.
create table link_visit (
  visitor text primary key,
  seen_at timestamptz not null
);
create index link_visit_seen on link_visit (seen_at);

-- Who opened a link.
create table link_reader (
  customer_id bigint not null,
  link_id bigint not null,
  -- The account it came through; 0 is the customer's first.
  home_id bigint not null default 0,
  first_at timestamptz not null,
  last_at timestamptz not null,
  opens integer not null,
  primary key (customer_id, link_id, home_id)
);
create index link_reader_link on link_reader (link_id, last_at);

-- Prepared words for staff.
create table script (
  id bigint generated always as identity primary key,
  folder_id bigint references content_folder (id),
  title text not null,
  words text not null,
  copy_count bigint not null default 0,
  copied_at timestamptz,
  search_text text not null,
  search_grams text[] not null,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index script_folder_id on script (folder_id);
create index script_search on script using gin (search_grams);
