-- Whoever follows the log reads what was added by its ids. They only grow, so the index costs an insert almost nothing.
create index event_id on event (id);

-- Customers whose scores are out of date, as many to a row as became known together.
alter table score_change rename to score_change_before;
drop index score_change_id;
create table score_change (
  id bigint generated always as identity primary key,
  customer_ids bigint[] not null
);
insert into score_change (customer_ids) select array_agg(distinct customer_id) from score_change_before having count(*) > 0;
drop table score_change_before;
