-- To whom a ticket may go: the client's manager, their substitute, and whom it passed by.

alter table secondline.queue
    add column routing text not null default 'load',
    add column accept_within interval not null default '60 minutes',
    add constraint queue_routing_known_check check (routing in ('load', 'account_manager')),
    add constraint queue_accept_within_in_range_check check (accept_within between interval '0' and interval '30 days');
comment on column secondline.queue.routing is
    'load: by load among its members; account_manager: to the manager of the ticket''s client. Change with set_routing().';
comment on column secondline.queue.accept_within is
    'So much business time an offer may stay untouched before it goes to the next person; 0: whoever gets a ticket has accepted it. Change with set_accept_within().';

alter table secondline.person
    add column substitute_id bigint references secondline.person,
    add constraint person_substitute_is_another_check check (substitute_id <> person_id);
comment on column secondline.person.substitute_id is 'Who stands in while they are away. Change with set_substitute().';

alter table secondline.ticket
    add column passed_by bigint[],
    add column preferred_id bigint references secondline.person,
    add constraint ticket_passed_by_plain_check check (array_ndims(passed_by) = 1 and array_position(passed_by, null) is null);
comment on column secondline.ticket.passed_by is 'Who left an offer of it untouched: they are asked again only when nobody else is eligible.';
comment on column secondline.ticket.preferred_id is 'Who gets it if they can: the substitute of who had it.';

-- serves routing, my_clients and client_ticket: a manager's clients, and a client's tickets, those that are open or ended lately
create index client_manager_index on secondline.client (account_manager_id) where account_manager_id is not null;
create index ticket_of_client_index on secondline.ticket (client_id, coalesce(ended_at, 'infinity')) where client_id is not null;
