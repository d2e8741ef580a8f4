-- Developers brought in: an escalation, whose work is a ticket of its own in a queue of line 3.

create type secondline.escalation_state as enum (
    'proposed', 'refused', 'submitted', 'acknowledged', 'asked', 'finished', 'confirmed', 'withdrawn'
);
create type secondline.escalation_outcome as enum ('fixed', 'not_a_bug', 'cannot_reproduce', 'duplicate', 'planned', 'wont_fix');
comment on type secondline.escalation_state is
    'Where an escalation stands: proposed to the owner, submitted to developers, acknowledged by one, asked (the owner has a question to answer), finished; refused, confirmed and withdrawn are the end.';
comment on type secondline.escalation_outcome is 'What became of it, as the developer says.';
create cast (varchar as secondline.escalation_state) with inout as implicit;
create cast (varchar as secondline.escalation_outcome) with inout as implicit;

create table secondline.escalation (
    escalation_id bigint generated always as identity primary key,
    ticket_id bigint not null references secondline.ticket,
    developer_ticket_id bigint references secondline.ticket,
    state secondline.escalation_state not null,
    kind secondline.ticket_kind not null,
    severity secondline.severity not null,
    rule text,
    owner_id bigint references secondline.person,
    developer_id bigint references secondline.person,
    opened_at timestamptz not null,
    answer_by timestamptz,
    submitted_at timestamptz,
    acknowledged_at timestamptz,
    news_at timestamptz,
    finished_at timestamptz,
    ended_at timestamptz,
    outcome secondline.escalation_outcome,
    summary text not null,
    note text,
    constraint escalation_kind_known_check check (kind in ('bug', 'system_error', 'suggestion')),
    constraint escalation_severity_known_check check (severity <> 'urgent'),
    constraint escalation_rule_known_check check (rule in ('system_error', 'reopened', 'slow')),
    constraint escalation_developer_ticket_with_state_check check (
        case when state in ('proposed', 'refused') then developer_ticket_id is null
             else developer_ticket_id is not null or state = 'withdrawn' end),
    constraint escalation_answer_by_with_state_check check (state <> 'proposed' or answer_by is not null and rule is not null),
    constraint escalation_submitted_at_with_ticket_check check ((submitted_at is null) = (developer_ticket_id is null)),
    constraint escalation_acknowledged_at_with_state_check check (state not in ('acknowledged', 'asked') or acknowledged_at is not null),
    constraint escalation_outcome_with_state_check check (
        (state in ('finished', 'confirmed')) = (outcome is not null) and (outcome is null) = (finished_at is null)),
    constraint escalation_ended_at_with_state_check check ((state in ('refused', 'confirmed', 'withdrawn')) = (ended_at is not null)),
    constraint escalation_summary_says_something_check check (summary ~ '\S' and length(summary) <= 8000),
    constraint escalation_note_length_check check (length(note) <= 262144)
);
create unique index escalation_developer_ticket_unique on secondline.escalation (developer_ticket_id) where developer_ticket_id is not null;
-- serves secondline_rules.escalation_plan: what was done about a ticket already
create index escalation_ticket_index on secondline.escalation (ticket_id);
-- serves secondline.my_escalations
create index escalation_open_index on secondline.escalation (escalation_id) where ended_at is null;
comment on table secondline.escalation is
    'Developers brought in for tickets, which stay with their owners. A developer is chosen, asked, and passed over, as for every ticket: by way of the developer''s ticket. Changes through functions only.';
comment on column secondline.escalation.escalation_id is 'The escalation, as the functions name it.';
comment on column secondline.escalation.ticket_id is 'The ticket that led to it. Others may be linked: their ticket.escalation_id.';
comment on column secondline.escalation.developer_ticket_id is 'The developer''s own ticket, in a queue of line 3; null while it is only proposed.';
comment on column secondline.escalation.state is 'Where it stands; follows the developer''s ticket.';
comment on column secondline.escalation.kind is 'What it is about: bug, system_error or suggestion.';
comment on column secondline.escalation.severity is 'How bad it is: low, normal, high or critical; the priority of the developer''s ticket.';
comment on column secondline.escalation.rule is 'The rule of the queue by which it came about: system_error, reopened or slow; null by hand.';
comment on column secondline.escalation.owner_id is 'Who had the ticket when it was opened; who is asked while it is proposed.';
comment on column secondline.escalation.developer_id is 'The developer who has it, or is asked to take it; null while none is.';
comment on column secondline.escalation.opened_at is 'When it was proposed or submitted.';
comment on column secondline.escalation.answer_by is 'Until when the owner may refuse a proposal.';
comment on column secondline.escalation.submitted_at is 'When it went to developers.';
comment on column secondline.escalation.acknowledged_at is 'When the developer took it up.';
comment on column secondline.escalation.news_at is 'When anything was last heard about it.';
comment on column secondline.escalation.finished_at is 'When the developer was done.';
comment on column secondline.escalation.ended_at is 'When it was refused, confirmed or withdrawn.';
comment on column secondline.escalation.outcome is 'What became of it.';
comment on column secondline.escalation.summary is 'What is wrong, or wanted; its first 500 characters are the title of the developer''s ticket.';
comment on column secondline.escalation.note is 'What the developer said at the end, or why it was refused.';

create table secondline.escalation_rule (
    queue text primary key references secondline.queue on update cascade,
    to_queue text references secondline.queue on update cascade,
    system_error boolean not null default true,
    reopened integer,
    slow_factor numeric,
    usual interval,
    usual_at timestamptz,
    constraint escalation_rule_to_another_queue_check check (to_queue <> queue),
    constraint escalation_rule_reopened_in_range_check check (reopened between 1 and 100),
    constraint escalation_rule_slow_factor_in_range_check check (slow_factor between 1 and 1000)
);
comment on table secondline.escalation_rule is
    'When the daemon brings developers in by itself. A queue without a row: for system errors only, and where there is only one queue of line 3. Change with set_escalation().';
comment on column secondline.escalation_rule.queue is 'The queue.';
comment on column secondline.escalation_rule.to_queue is 'The queue of line 3 to which its escalations go; null is the only one.';
comment on column secondline.escalation_rule.system_error is 'Whether a system error is escalated as soon as somebody has it.';
comment on column secondline.escalation_rule.reopened is 'After how many times of reopening it is proposed; null is never.';
comment on column secondline.escalation_rule.slow_factor is 'After how many times the usual business time from submission to solution it is proposed; null is never.';
comment on column secondline.escalation_rule.usual is 'That usual time: the median of the last 90 days, where at least 20 tickets were solved. Kept by the daemon.';
comment on column secondline.escalation_rule.usual_at is 'When that was last looked at.';

alter table secondline.ticket
    add column escalation_id bigint references secondline.escalation,
    add column controlled_at timestamptz,
    add column for_developer boolean not null default false,
    add column discussed_at timestamptz,
    add constraint ticket_with_developer_has_escalation_check check (
        status not in ('with_developer', 'to_verify') or escalation_id is not null and controlled_at is not null),
    add constraint ticket_for_developer_is_not_escalated_check check (not for_developer or escalation_id is null);
-- serves whatever happens to an escalation: the tickets that wait for it
create index ticket_escalation_index on secondline.ticket (escalation_id) where escalation_id is not null;
-- serves secondline_rules.usual_time
create index ticket_solved_index on secondline.ticket (queue, ended_at) where status = 'resolved';
-- serves the agenda of a stand-up
create index ticket_suggestion_index on secondline.ticket (submitted_at) where kind = 'suggestion' and ended_at is null;
comment on column secondline.ticket.escalation_id is
    'The escalation that is open for it, or proposed; null when none is.';
comment on column secondline.ticket.controlled_at is 'Since when it is with developers, or its owner was last reminded to look after it there.';
comment on column secondline.ticket.for_developer is 'Whether it is a developer''s own ticket: the work of an escalation.';
comment on column secondline.ticket.discussed_at is 'When a suggestion first stood on the agenda of a stand-up.';
