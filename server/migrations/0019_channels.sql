-- Text messages of which the provider's report is still to come. A row before the call, so that what a lost answer left
-- unknown is asked for too; it goes when the report is there, or after three days.
create table sms_report (
  touch_id bigint primary key,
  phone text not null,
  -- The product's time, as the provider counts days.
  sent_at timestamptz not null,
  -- The provider said that it has the message.
  is_accepted boolean not null,
  -- When it is to be asked for next: the machine's time.
  due_at timestamptz not null,
  attempts integer not null default 0
);
create index sms_report_due on sms_report (due_at);
