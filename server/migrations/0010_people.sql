-- People are groups of accounts. An account has a number; rows that came through it carry that number as home_id, so
-- that they go where the account goes when two customers turn out to be one, or are parted again. Without a home_id a
-- row belongs to the account its customer began with.
alter table identity add column id bigint generated always as identity;
create unique index identity_id on identity (id);
-- A counter's phone, a kiosk's browser: named together with so many people that it names nobody.
alter table identity add column is_shared boolean not null default false;

alter table customer add column account_id bigint;
update customer c set account_id = (select min(id) from identity i where i.customer_id = c.id);

-- Two accounts that a fact named together. What it made of that is a decision over all links of a group (decision 15):
-- joined; clash: another account of that kind is there already; apart: an operator parted them; shared: the account is
-- used by so many people that it names nobody.
create table identity_link (
  a_id bigint not null,
  b_id bigint not null,
  first_at timestamptz not null,
  source text not null,
  verdict text not null check (verdict in ('joined', 'clash', 'apart', 'shared')),
  -- An operator's word: the same person, or different people.
  decision text check (decision in ('same', 'different')),
  decided_at timestamptz,
  decided_by text,
  primary key (a_id, b_id),
  check (a_id < b_id)
);
insert into identity_link (a_id, b_id, first_at, source, verdict)
select least(i.id, c.account_id), greatest(i.id, c.account_id), i.first_seen_at, i.source, 'joined'
from identity i join customer c on c.id = i.customer_id where i.id <> c.account_id;
create index identity_link_b on identity_link (b_id);
create index identity_link_clash on identity_link (first_at) where verdict = 'clash' and decision is null;

-- Two customers became one. Undone when operator or evidence parted them.
create table customer_merge (
  id bigint generated always as identity primary key,
  kept_id bigint not null,
  gone_id bigint not null,
  -- The account that the gone customer began with: whoever has it now has what was theirs.
  account_id bigint not null,
  gone_name text,
  source text not null,
  merged_at timestamptz not null,
  undone_at timestamptz
);
create index customer_merge_kept on customer_merge (kept_id);
create index customer_merge_gone on customer_merge (gone_id);
create index customer_merge_account on customer_merge (account_id);

-- What an account says of the person: WeCom's record, or what the brand's own systems told.
create table account_profile (
  account_id bigint primary key,
  customer_id bigint not null,
  name text,
  avatar text,
  kind text not null default 'wechat',
  gender text not null default 'unknown',
  corp_name text,
  position text,
  observed_at timestamptz not null,
  read_at timestamptz
);
create index account_profile_customer on account_profile (customer_id);
insert into account_profile (account_id, customer_id, name, avatar, kind, gender, corp_name, position, observed_at, read_at)
select c.account_id, c.id, c.name, c.avatar, c.kind, c.gender, c.corp_name, c.position, c.observed_at, c.read_at
from customer c where c.observed_at is not null and c.account_id is not null;

-- When the customer's first stay with anybody began, and when the last one ended. Somebody who is known only from the
-- website or a shop was never met; somebody who is with a staff member now is not gone.
alter table customer add column met_at timestamptz;
alter table customer add column gone_at timestamptz;
update customer c set met_at = c.added_at where exists (select 1 from follow f where f.customer_id = c.id);
update customer c set gone_at = (select max(ended_at) from follow_spell s where s.customer_id = c.id)
where c.met_at is not null and c.active_follow_count = 0;
drop index customer_gone;
create index customer_gone on customer (id) where gone_at is not null;
create index customer_gone_at on customer (gone_at) where gone_at is not null;
create index customer_met on customer (met_at) where met_at is not null;

alter table event add column home_id bigint;
alter table touch add column home_id bigint;
-- Internal tags: the accounts whose people were tagged; null is the customer's own.
alter table customer_tag add column home_ids bigint[];

-- Every source's last word on an attribute; customer_attribute holds the one that counts.
create table attribute_claim (
  customer_id bigint not null,
  key text not null references attribute_definition (key),
  source text not null,
  -- The account it was said of; 0 is the customer's own.
  home_id bigint not null default 0,
  -- JSON null takes the attribute away.
  value jsonb not null,
  set_at timestamptz not null,
  set_by text,
  primary key (customer_id, key, source, home_id)
);
create index attribute_claim_key on attribute_claim (key);
insert into attribute_claim (customer_id, key, source, value, set_at, set_by)
select customer_id, key, source, value, set_at, set_by from customer_attribute;
