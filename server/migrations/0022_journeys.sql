create table journey (
  id bigint generated always as identity primary key,
  name text not null,
  description text not null default '',
  state text not null check (state in ('draft', 'running', 'paused', 'closed')),
  -- What is being written, with or without gaps; `revision` changes with each save.
  draft jsonb not null,
  revision integer not null default 1,
  -- The version that people come in by.
  version_id bigint,
  -- What happened before brings nobody in.
  open_since timestamptz,
  -- Closed with its people: whoever is inside leaves.
  is_emptying boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null,
  deleted_at timestamptz
);
create unique index journey_name on journey (lower(name)) where deleted_at is null;

-- Never changed: who came in with it goes by it to the end.
create table journey_version (
  id bigint generated always as identity primary key,
  journey_id bigint not null references journey (id),
  number integer not null,
  graph jsonb not null,
  -- Nodes at which people can stand between two ticks.
  places text[] not null,
  published_at timestamptz not null,
  published_by text not null,
  -- Nobody comes in by it any more, and nobody is inside: it is not looked at.
  is_over boolean not null default false,
  -- Why a step of it fails; null when all is well.
  problem text,
  unique (journey_id, number)
);
create index journey_version_alive on journey_version (journey_id) where not is_over;

-- Which event concerns which version, and how: it brings people in (enter), ends a wait (wake), ends the path (exit), or is
-- what the journey is for (goal). `place`: the node, or the number of the trigger or exit.
create table journey_listen (
  event_name text not null,
  version_id bigint not null references journey_version (id),
  role text not null check (role in ('enter', 'wake', 'exit', 'goal')),
  place text not null,
  primary key (event_name, version_id, role, place)
);
create index journey_listen_version on journey_listen (version_id);

-- Triggers that come round: `place` is the number of the trigger.
create table journey_clock (
  journey_id bigint not null references journey (id),
  place integer not null,
  next_at timestamptz,
  primary key (journey_id, place)
);
create index journey_clock_next on journey_clock (next_at) where next_at is not null;

-- People who come in together, a few thousand at a time; `cursor` is the last customer who was asked.
create table journey_intake (
  id bigint generated always as identity primary key,
  journey_id bigint not null references journey (id),
  kind text not null check (kind in ('date', 'schedule', 'hand')),
  -- Of date and schedule: the trigger as it was when its time came.
  trigger jsonb,
  segment_id bigint,
  at timestamptz not null,
  created_by text not null,
  cursor bigint not null default 0,
  entered_count bigint not null default 0,
  refused_count bigint not null default 0,
  done_at timestamptz
);
create index journey_intake_journey on journey_intake (journey_id, id);
create index journey_intake_open on journey_intake (id) where done_at is null;

-- Whether somebody may come in again is decided on this row, in one statement: two who bring him in at once bring him in once.
create table journey_person (
  customer_id bigint not null,
  journey_id bigint not null,
  entered_at timestamptz not null,
  -- How often he is inside now.
  inside integer not null,
  primary key (customer_id, journey_id)
);

create sequence journey_enrolment_id_seq;

-- One path of one customer.
create table journey_enrolment (
  customer_id bigint not null,
  id bigint not null default nextval('journey_enrolment_id_seq'),
  -- The account whose event brought him in; null is the customer's first.
  home_id bigint,
  journey_id bigint not null,
  version_id bigint not null,
  node text not null,
  -- When he came to the node at which he waits, and until when; null before the node has been looked at.
  arrived_at timestamptz,
  until_at timestamptz,
  -- What he waits for happened then.
  woken_at timestamptz,
  -- When he is looked at next: at the end of the wait, or because something has happened.
  due_at timestamptz not null,
  -- Which transaction brought him to a node that waits for an event: see server/modules/journeys/arrivals.ts.
  arrived_xid xid8,
  -- Nodes he has passed.
  step_count integer not null default 0,
  state text not null default 'active' check (state in ('active', 'ended')),
  is_holdout boolean not null,
  entered_at timestamptz not null,
  ended_at timestamptz,
  end_reason text check (end_reason in ('end', 'exit', 'goal', 'moved', 'removed', 'stopped', 'merged')),
  reached_at timestamptz,
  primary key (customer_id, id)
) with (autovacuum_vacuum_scale_factor = 0.02);
create index journey_enrolment_due on journey_enrolment (version_id, node, due_at, customer_id) where state = 'active';
create index journey_enrolment_arrived on journey_enrolment (arrived_xid) where arrived_xid is not null;

-- The path: a row for each node that somebody passed, and by which way out.
create table journey_step (
  customer_id bigint not null,
  at timestamptz not null,
  enrolment_id bigint not null,
  step integer not null,
  node text not null,
  way text not null,
  note text,
  primary key (customer_id, at, enrolment_id, step)
) partition by range (at);

-- Figures by civil day. Rows are only added, so that nobody waits for another to count; a chore folds them.
create table journey_count (
  version_id bigint not null,
  day date not null,
  -- in and goal: way is touched or holdout; out: way is the reason; step: node and way.
  what text not null check (what in ('in', 'goal', 'out', 'step')),
  node text not null default '',
  way text not null,
  count bigint not null
);
create index journey_count_version on journey_count (version_id, day);
