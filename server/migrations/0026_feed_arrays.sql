-- Read once and gone soon: packing them costs more than it saves.
alter table change_feed alter column keys set storage external, alter column row_ids set storage external;
alter table score_change alter column customer_ids set storage external;
