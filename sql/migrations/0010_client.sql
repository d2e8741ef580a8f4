-- The client's view: logins of clients, and when work on their tickets should begin.

alter table secondline.client add column login text;
-- serves acting_client: who calls
create unique index client_login_unique on secondline.client (login) where login is not null;
comment on column secondline.client.login is 'Their database login, if they have one; then they see and act on their own tickets only. Change with set_client_login().';

create table secondline.estimate (
    ticket_id bigint not null references secondline.ticket,
    made_at timestamptz not null,
    first_starts_at timestamptz,
    work_starts_at timestamptz,
    estimated_at timestamptz not null,
    told_at timestamptz,
    told_starts_at timestamptz,
    begun_at timestamptz,
    closed_at timestamptz,
    primary key (ticket_id, made_at),
    constraint estimate_begun_is_closed_check check (begun_at is null or closed_at is not null)
) with (fillfactor = 70);
comment on table secondline.estimate is
    'When work on clients'' waiting tickets should begin: what was said first, the latest, what the client was told, and what happened. One row for each time that a ticket waits. Written by the daemon only.';
comment on column secondline.estimate.ticket_id is 'The ticket.';
comment on column secondline.estimate.made_at is 'When it was first estimated.';
comment on column secondline.estimate.first_starts_at is 'What was said first; null when nobody could say.';
comment on column secondline.estimate.work_starts_at is 'The latest; follows the truth in steps of a tenth of the wait, at least 15 minutes.';
comment on column secondline.estimate.estimated_at is 'When the latest was made.';
comment on column secondline.estimate.told_at is 'When the client was last told; null for what was imported, of which they hear nothing.';
comment on column secondline.estimate.told_starts_at is 'What they were told then.';
comment on column secondline.estimate.begun_at is 'When somebody accepted it or replied; null while nobody has, or when it ended before.';
comment on column secondline.estimate.closed_at is 'When the daemon saw that, or that the ticket had ended; null while it waits.';
-- one wait at a time; also serves run_estimates: what is open
create unique index estimate_one_open_per_ticket on secondline.estimate (ticket_id) where closed_at is null;
-- serves the view estimate_error: a stretch of time
create index estimate_begun_at_index on secondline.estimate (begun_at) where begun_at is not null;

-- whoever waits now has heard from people: no message says that their ticket has arrived
insert into secondline.estimate (ticket_id, made_at, estimated_at)
select t.ticket_id, clock_timestamp(), clock_timestamp() from secondline.ticket t
 where t.client_id is not null and t.status in ('new', 'returned', 'assigned');
