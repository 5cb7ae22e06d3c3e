create sequence touch_id_seq;

-- The ledger: a row before the message, unique on its purpose.
create table touch (
  customer_id bigint not null,
  id bigint not null default nextval('touch_id_seq'),
  purpose text not null,
  kind text not null,
  channel text not null,
  staff_id bigint,
  code_id bigint,
  external_userid text,
  state text not null check (
    state in ('planned', 'suppressed', 'claimed', 'submitted', 'delivered', 'failed', 'missed', 'unknown')
  ),
  reason text,
  platform_message text,
  -- What is to be said, with its variables still in it, and what was said.
  content jsonb not null,
  said jsonb,
  -- What the channel needs to reach the person, for instance a welcome code.
  address jsonb not null,
  -- When what it answers happened, for instance the add.
  occasion_at timestamptz not null,
  planned_at timestamptz not null,
  settled_at timestamptz,
  -- The next three are the machine's time: deadlines of platforms do not follow a hurried clock.
  received_at timestamptz not null,
  deadline_at timestamptz not null,
  retry_at timestamptz,
  claimed_by integer,
  attempts integer not null default 0,
  took_ms integer,
  primary key (customer_id, id),
  unique (customer_id, purpose)
);
create index touch_due on touch (id) where state in ('planned', 'claimed');
create index touch_newest on touch (id);
create index touch_state on touch (state, id);
create index touch_code on touch (code_id, id);
create index touch_planned_at on touch (planned_at);
