-- Closed tickets may be removed after a time: what refers to a ticket is found by an index.
-- On large tables build these before the upgrade, with "create index concurrently": then nothing waits here.

-- serves secondline_rules.remove_tickets, and a ticket's history
create index if not exists assignment_ticket_index on secondline.assignment (ticket_id);
create index if not exists alert_ticket_index on secondline.alert (ticket_id, alarm, since);
create index if not exists task_ticket_index on secondline.task (ticket_id) where ticket_id is not null;
