-- Three lines: the regulation, and tickets that wait for their client.

create table secondline.ticket_step (
    act text not null,
    event text not null,
    from_status secondline.ticket_status not null,
    to_status secondline.ticket_status,
    primary key (act, from_status),
    constraint ticket_step_act_is_code_check check (act ~ '^[a-z_]+$' and event ~ '^[a-z_]+$')
);
comment on table secondline.ticket_step is
    'The state machine of tickets: what may be done in which state, and what becomes of it. The functions check against it. Kept by the upgrades; never change it by hand.';
comment on column secondline.ticket_step.act is 'What is done.';
comment on column secondline.ticket_step.event is 'How the journal calls it.';
comment on column secondline.ticket_step.from_status is 'A state in which it is possible.';
comment on column secondline.ticket_step.to_status is 'The state afterwards; null is the same.';

alter table secondline.ticket
    add column returned_to bigint references secondline.person,
    add column unsaid text[],
    add column reopened integer not null default 0,
    add column first_replied_at timestamptz,
    add column replied_at timestamptz,
    add column client_waits_since timestamptz,
    add column waiting_since timestamptz,
    add column waited interval not null default '0',
    add constraint ticket_returned_to_with_state_check check ((status = 'returned') = (returned_to is not null)),
    add constraint ticket_waiting_since_with_state_check check ((status = 'waiting_for_client') = (waiting_since is not null));
create index ticket_returned_to_index on secondline.ticket (returned_to) where returned_to is not null;
comment on column secondline.ticket.returned_to is 'Who is asked to complete it while it is returned: its author, or the client''s account manager.';
comment on column secondline.ticket.unsaid is 'What the queue filled in, of effort and skill, because its author did not say it; null unless it is returned.';
comment on column secondline.ticket.reopened is 'How often it was reopened.';
comment on column secondline.ticket.first_replied_at is 'When the client first heard from a person.';
comment on column secondline.ticket.replied_at is 'When the client last heard from a person.';
comment on column secondline.ticket.client_waits_since is 'Since when the client waits for an answer; null when the answer is with the client.';
comment on column secondline.ticket.waiting_since is 'Since when it waits for the client.';
comment on column secondline.ticket.waited is 'How much business time of the queue it has waited for the client, before that.';

create table secondline.regulation (
    queue text primary key references secondline.queue on update cascade,
    kinds secondline.ticket_kind[],
    description_length integer not null default 0,
    fields text[] not null default '{}',
    needs_priority boolean not null default false,
    constraint regulation_description_length_in_range_check check (description_length between 0 and 10000),
    constraint regulation_fields_known_check check (fields <@ array['client', 'description', 'effort', 'skill'])
);
comment on table secondline.regulation is
    'How colleagues must word tickets of a queue. A queue without a row asks for nothing. Change with set_regulation().';
comment on column secondline.regulation.queue is 'The queue.';
comment on column secondline.regulation.kinds is 'Kinds that belong there; null is all.';
comment on column secondline.regulation.description_length is 'The fewest characters of a description.';
comment on column secondline.regulation.fields is 'What must be given: client, description, effort, skill.';
comment on column secondline.regulation.needs_priority is 'Whether the author must choose a priority.';

create table secondline.misplaced_topic (
    queue text not null references secondline.queue on update cascade,
    pattern text not null,
    belongs_to text not null,
    primary key (queue, pattern),
    constraint misplaced_topic_says_something_check check (pattern ~ '\S' and belongs_to ~ '\S' and length(pattern) <= 500 and length(belongs_to) <= 500)
);
comment on table secondline.misplaced_topic is 'Topics that do not belong into a queue, and where they do. Change with set_misplaced_topic().';
comment on column secondline.misplaced_topic.queue is 'The queue.';
comment on column secondline.misplaced_topic.pattern is 'A regular expression, whatever the case, that title or description of such a ticket matches.';
comment on column secondline.misplaced_topic.belongs_to is 'Where it belongs, in the words of the department.';

alter table secondline.message_kind
    drop constraint message_kind_ends_with_known_check,
    add constraint message_kind_ends_with_known_check
        check (ends_with in ('never', 'offer', 'ticket', 'returned', 'start', 'plan', 'report'));
comment on column secondline.message_kind.ends_with is
    'When a message of this kind has become pointless: never, when the offer was answered, when the ticket has ended or is not returned to its reader any more, or when the workday has started, has a plan, or has ended.';

-- replaced by functions of another shape
drop function if exists secondline_rules.owned_ticket(bigint, bigint, secondline.ticket_status[]);
drop function if exists secondline_rules.steered_ticket(bigint, bigint, secondline.ticket_status[]);
drop function if exists secondline_rules.require_status(secondline.ticket, secondline.ticket_status[]);
drop function if exists secondline_rules.change_status(
    timestamptz, secondline.ticket, secondline.ticket_status, bigint, text, bigint, text);
