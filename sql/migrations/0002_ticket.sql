-- Tickets, who has them, and why.

create type secondline.ticket_kind as enum ('question', 'bug', 'system_error', 'suggestion', 'task');
create type secondline.ticket_status as enum (
    'new', 'returned', 'assigned', 'accepted', 'waiting_for_client', 'with_developer', 'to_verify', 'resolved', 'cancelled'
);
create type secondline.assignment_state as enum (
    'offered', 'accepted', 'declined', 'timed_out', 'handed_over', 'rehomed', 'resolved', 'cancelled'
);
create type secondline.decision_kind as enum ('assigned', 'reassigned');

comment on type secondline.ticket_kind is 'What a ticket is about.';
comment on type secondline.ticket_status is 'Where a ticket stands: new is waiting for a person, resolved and cancelled are the end.';
comment on type secondline.assignment_state is 'Where an assignment stands: offered and accepted are open, the others say how it ended.';
comment on type secondline.decision_kind is 'What was decided: assigned by the daemon, or reassigned by hand.';

create cast (varchar as secondline.ticket_kind) with inout as implicit;
create cast (varchar as secondline.ticket_status) with inout as implicit;
create cast (varchar as secondline.assignment_state) with inout as implicit;
create cast (varchar as secondline.decision_kind) with inout as implicit;

create table secondline.ticket (
    ticket_id bigint generated always as identity primary key,
    queue text not null references secondline.queue on update cascade,
    skill text references secondline.skill on update cascade,
    status secondline.ticket_status not null default 'new',
    priority secondline.priority,
    kind secondline.ticket_kind not null default 'question',
    client_id bigint references secondline.client,
    author_id bigint references secondline.person,
    assignee_id bigint references secondline.person,
    effort_minutes integer not null,
    submitted_at timestamptz not null default clock_timestamp(),
    eligible_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    declined_by bigint[],
    external_key text,
    title text not null,
    description text not null default '',
    resolution text,
    constraint ticket_title_not_blank_check check (title ~ '\S' and length(title) <= 500),
    constraint ticket_title_printable_check check (title !~ '[[:cntrl:]]'),
    constraint ticket_description_length_check check (length(description) <= 262144),
    constraint ticket_description_printable_check check (translate(description, E'\t\n\r', '') !~ '[[:cntrl:]]'),
    constraint ticket_resolution_length_check check (length(resolution) <= 262144),
    constraint ticket_external_key_length_check check (length(external_key) between 1 and 200),
    constraint ticket_effort_positive_check check (effort_minutes between 1 and 100000),
    constraint ticket_waiting_has_no_assignee_check check (status not in ('new', 'returned') or assignee_id is null),
    constraint ticket_held_has_assignee_check check (
        status not in ('assigned', 'accepted', 'waiting_for_client', 'with_developer', 'to_verify') or assignee_id is not null
    ),
    constraint ticket_declined_by_plain_check check (array_ndims(declined_by) = 1 and array_position(declined_by, null) is null),
    -- ranks are computed from these: one absurd time must not stop a queue
    constraint ticket_times_in_range_check check (
        least(submitted_at, eligible_at, changed_at) >= '1970-01-01' and greatest(submitted_at, eligible_at, changed_at) <= '3000-01-01'
    ),
    constraint ticket_ended_at_with_end_check check ((status in ('resolved', 'cancelled')) = (ended_at is not null)),
    constraint ticket_ended_after_submitted_check check (ended_at >= submitted_at)
) with (fillfactor = 80);
comment on table secondline.ticket is
    'All tickets. Programs insert here (queue, title, description, priority, kind, client_id, author_id, effort_minutes, skill, external_key) or call submit_ticket(); everything else changes through functions.';
comment on column secondline.ticket.ticket_id is 'The ticket, as the functions name it.';
comment on column secondline.ticket.queue is 'Its queue. Change with move_ticket().';
comment on column secondline.ticket.skill is 'The skill it needs; the queue''s unless given at insert.';
comment on column secondline.ticket.status is 'Where it stands.';
comment on column secondline.ticket.priority is 'What its author said; null when nothing was said, which ranks as normal. Change with set_priority().';
comment on column secondline.ticket.kind is 'What it is about.';
comment on column secondline.ticket.client_id is 'Whose it is, if a client''s.';
comment on column secondline.ticket.author_id is 'The colleague who wrote it, if a colleague did.';
comment on column secondline.ticket.assignee_id is 'Who has it, or had it when it ended.';
comment on column secondline.ticket.effort_minutes is 'Expected net minutes of work; the queue''s unless given at insert.';
comment on column secondline.ticket.submitted_at is 'When it came in.';
comment on column secondline.ticket.eligible_at is 'Since when it competes for a person; moves only through its author or client.';
comment on column secondline.ticket.changed_at is 'When anything last happened to it.';
comment on column secondline.ticket.ended_at is 'When it was resolved or cancelled.';
comment on column secondline.ticket.declined_by is 'Who declined it: they are not asked again.';
comment on column secondline.ticket.external_key is 'Its name in the program that wrote it; unique, so that writing again is harmless.';
comment on column secondline.ticket.title is 'One line.';
comment on column secondline.ticket.description is 'The whole text, up to 262,144 characters.';
comment on column secondline.ticket.resolution is 'What the specialist said when resolving it.';

-- Serves the claim (secondline_rules.waiting_group and waiting_ticket) and the audit: each (queue, skill, priority) is one stream
-- in order of age; the last column lets a scan skip, inside the index, what nobody has room for.
create index ticket_waiting_index on secondline.ticket
    (queue, coalesce(skill, ''), coalesce(priority, 'normal'::secondline.priority), eligible_at, ticket_id, effort_minutes)
    where status = 'new';

-- Serves WaitingTickets: the smallest and the largest effort of a group tell in two probes whether anything in it fits, or starves.
create index ticket_waiting_effort_index on secondline.ticket (queue, coalesce(skill, ''), effort_minutes) where status = 'new';

-- the same external_key is the same ticket
create unique index ticket_external_key_unique on secondline.ticket (external_key) where external_key is not null;

create table secondline.assignment (
    assignment_id bigint generated always as identity primary key,
    ticket_id bigint not null references secondline.ticket,
    person_id bigint not null references secondline.person,
    state secondline.assignment_state not null default 'offered',
    by_hand boolean not null default false,
    overruled boolean not null default false,
    weight_minutes integer not null,
    offered_at timestamptz not null,
    accepted_at timestamptz,
    ended_at timestamptz,
    constraint assignment_weight_positive_check check (weight_minutes > 0),
    constraint assignment_ended_at_with_state_check check ((state in ('offered', 'accepted')) = (ended_at is null)),
    constraint assignment_accepted_at_with_state_check check (state <> 'accepted' or accepted_at is not null),
    constraint assignment_accepted_after_offered_check check (accepted_at >= offered_at),
    constraint assignment_ended_after_offered_check check (ended_at >= offered_at)
) with (fillfactor = 80);
comment on table secondline.assignment is 'Who has, or had, which ticket. Written by the functions and the daemon only.';
comment on column secondline.assignment.assignment_id is 'The assignment.';
comment on column secondline.assignment.ticket_id is 'The ticket.';
comment on column secondline.assignment.person_id is 'Who has it.';
comment on column secondline.assignment.state is 'Where it stands.';
comment on column secondline.assignment.by_hand is 'Whether a person chose, not the daemon.';
comment on column secondline.assignment.overruled is 'Whether a head gave it although there was no room.';
comment on column secondline.assignment.weight_minutes is 'How much it counts in the load while it is open.';
comment on column secondline.assignment.offered_at is 'When the person got it.';
comment on column secondline.assignment.accepted_at is 'When they took it up.';
comment on column secondline.assignment.ended_at is 'When it ended; null while it is open.';

-- a ticket is in one pair of hands at a time
create unique index assignment_one_open_per_ticket on secondline.assignment (ticket_id) where ended_at is null;
-- serves specialist_now, end of work and deactivation: what one person has in hand
create index assignment_open_per_person on secondline.assignment (person_id) where ended_at is null;

create table secondline.decision (
    decision_id bigint generated always as identity,
    ticket_id bigint not null references secondline.ticket,
    decided_at timestamptz not null,
    kind secondline.decision_kind not null,
    person_id bigint not null references secondline.person,
    by_person_id bigint references secondline.person,
    reason text not null,
    candidates jsonb not null default '{}',
    note text,
    primary key (ticket_id, decision_id),
    constraint decision_reason_is_code_check check (reason ~ '^[a-z_]+$')
);
comment on table secondline.decision is 'The ledger: each decision about a ticket with its reason. Rows are never changed.';
comment on column secondline.decision.decision_id is 'The decision, in order of time.';
comment on column secondline.decision.ticket_id is 'The ticket.';
comment on column secondline.decision.decided_at is 'When.';
comment on column secondline.decision.kind is 'What was decided.';
comment on column secondline.decision.person_id is 'Who got the ticket.';
comment on column secondline.decision.by_person_id is 'Who decided; null is the daemon.';
comment on column secondline.decision.reason is 'Why this person: the same code as in the log and in "secondline explain".';
comment on column secondline.decision.candidates is
    '{"considered": [{person_id, load, capacity, …}, …], "excluded": {reason: count, …}}: the chosen first, then the next four, loads in minutes before this decision.';
comment on column secondline.decision.note is 'What the person who decided by hand gave as the reason.';
-- serves people who look at a stretch of time: select … from secondline.decision_log where decided_at > …
create index decision_decided_at_index on secondline.decision using brin (decided_at);

create table secondline.journal (
    journal_id bigint generated always as identity,
    ticket_id bigint not null references secondline.ticket,
    at timestamptz not null,
    event text not null,
    person_id bigint,
    from_status secondline.ticket_status,
    to_status secondline.ticket_status,
    note text,
    primary key (ticket_id, journal_id),
    constraint journal_event_is_code_check check (event ~ '^[a-z_]+$'),
    constraint journal_note_length_check check (length(note) <= 262144)
);
comment on table secondline.journal is 'Everything that happened to a ticket, in order. Rows are never changed.';
comment on column secondline.journal.journal_id is 'The entry, in order of time within the ticket.';
comment on column secondline.journal.ticket_id is 'The ticket.';
comment on column secondline.journal.at is 'When it happened.';
comment on column secondline.journal.event is 'What happened: submitted, assigned, accepted, declined, reassigned, rehomed, moved, priority_set, resolved, cancelled, note.';
comment on column secondline.journal.person_id is 'Who did it, or who got the ticket when the daemon assigned it; null when a program did it.';
comment on column secondline.journal.from_status is 'Status before, where it changed.';
comment on column secondline.journal.to_status is 'Status after, where it changed.';
comment on column secondline.journal.note is 'Words that belong to it.';
create index journal_at_index on secondline.journal using brin (at);

create table secondline.blocker (
    blocker_id bigint generated always as identity primary key,
    queue text not null references secondline.queue on update cascade,
    skill text,
    ticket_id bigint references secondline.ticket,
    reason text not null,
    since timestamptz not null,
    ended_at timestamptz,
    constraint blocker_reason_is_code_check check (reason ~ '^[a-z_]+$'),
    constraint blocker_ended_after_start_check check (ended_at >= since)
);
comment on table secondline.blocker is
    'Why waiting tickets wait: of a whole group (queue, skill), or of one ticket where the reason is its own. Written only when it changes.';
comment on column secondline.blocker.blocker_id is 'The blocker.';
comment on column secondline.blocker.queue is 'Queue of the group.';
comment on column secondline.blocker.skill is 'Skill of the group; null where none is needed.';
comment on column secondline.blocker.ticket_id is 'The ticket, where the reason is its own; null for the whole group.';
comment on column secondline.blocker.reason is 'Why: the same code as in the log and in "secondline explain".';
comment on column secondline.blocker.since is 'Since when.';
comment on column secondline.blocker.ended_at is 'Until when; null while it holds.';
-- one reason at a time for a group and for a ticket; also serves secondline_rules.waiting_group
create unique index blocker_one_open_per_group on secondline.blocker (queue, coalesce(skill, ''))
    where ended_at is null and ticket_id is null;
create unique index blocker_one_open_per_ticket on secondline.blocker (ticket_id)
    where ended_at is null and ticket_id is not null;
-- serves "secondline explain": what a group or a ticket waited for in the past
create index blocker_group_index on secondline.blocker (queue, since) where ticket_id is null;
-- serves WaitingTickets: whether a group was without people for long, lately
create index blocker_without_people_index on secondline.blocker (queue, coalesce(skill, ''), coalesce(ended_at, 'infinity'))
    where ticket_id is null and reason not in ('no_room', 'fair_limit');
create index blocker_ticket_index on secondline.blocker (ticket_id) where ticket_id is not null;

create table secondline.ticket_fault (
    ticket_id bigint primary key references secondline.ticket,
    faults integer not null,
    retry_at timestamptz not null,
    error text not null
);
comment on table secondline.ticket_fault is
    'Tickets that the database refused to have assigned, and when they are tried again. Rows may be deleted by hand to try at once.';
comment on column secondline.ticket_fault.ticket_id is 'The ticket.';
comment on column secondline.ticket_fault.faults is 'How often in a row.';
comment on column secondline.ticket_fault.retry_at is 'When it is tried again.';
comment on column secondline.ticket_fault.error is 'What the database said.';

create table secondline.duty (
    name text primary key,
    ran_at timestamptz
);
comment on table secondline.duty is 'What the daemons do. One daemon at a time holds the row of a duty while it does it.';
comment on column secondline.duty.name is 'The duty.';
comment on column secondline.duty.ran_at is 'When it last ended a run that did something.';
