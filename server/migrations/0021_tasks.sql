create sequence task_id_seq;

-- What only a human can do: one customer, one adviser. Days are civil days of the organisation's zone.
create table task (
  customer_id bigint not null,
  id bigint not null default nextval('task_id_seq'),
  home_id bigint,
  -- The touch that the gate allowed; it is settled when the task has ended and can no longer be taken back.
  touch_id bigint not null,
  staff_id bigint not null,
  kind text not null check (kind in ('journey', 'campaign', 'task')),
  source_id bigint,
  category text not null check (category in ('service', 'care', 'content', 'promotion')),
  priority smallint not null,
  title text not null,
  why text not null,
  -- Suggested words, rendered.
  words text not null,
  state text not null check (state in ('open', 'postponed', 'done', 'not_suitable', 'expired', 'cancelled')),
  reason text,
  note text not null default '',
  due_on date not null,
  first_due_on date not null,
  postpone_count smallint not null default 0,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  -- What the last tap changed, and when: {"at", "state", "dueOn", "postponeCount"}; it can be taken back for a minute.
  previous jsonb,
  -- Whether the ledger of touches knows the end.
  is_told boolean not null default false,
  escalated_to bigint references department (id),
  escalated_on date,
  escalation_count smallint not null default 0,
  reminded_on date,
  primary key (customer_id, id),
  -- Delivering a touch again makes no second task.
  unique (customer_id, touch_id)
);
create index task_id on task (id);
create index task_to_do on task (staff_id, due_on, priority, id) where state in ('open', 'postponed');
create index task_day on task (due_on, priority, id) where state in ('open', 'postponed');
create index task_expiry on task (expires_at) where state in ('open', 'postponed');
create index task_escalated on task (escalated_to, due_on) where escalated_to is not null;
create index task_ended on task (ended_at, id) where ended_at is not null;
create index task_ended_by_staff on task (staff_id, ended_at) where ended_at is not null;
create index task_untold on task (ended_at) where ended_at is not null and not is_told;
create index task_source on task (kind, source_id) where state in ('open', 'postponed');
create index task_given on task (first_due_on, staff_id);
create index task_home on task (home_id) where home_id is not null;

-- What somebody asks of advisers by hand, for one or many customers.
create table task_assignment (
  id bigint generated always as identity primary key,
  title text not null,
  why text not null,
  words text not null,
  category text not null,
  priority smallint not null,
  due_on date not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  created_by text not null
);
