-- Clocks: until when something must have happened to a ticket, and who hears of it when it has not.

alter table secondline.queue
    add column stalled_after interval not null default '4 hours',
    add column remind_client_after interval not null default '2 days',
    add column give_up_after interval not null default '5 days',
    add column first_due_after interval not null default '22 minutes 30 seconds',
    add column clocks_changed boolean not null default false,
    add constraint queue_stalled_after_in_range_check check (stalled_after between interval '1 minute' and interval '1 year'),
    add constraint queue_client_silence_in_order_check check (
        remind_client_after >= interval '1 minute' and give_up_after > remind_client_after and give_up_after <= interval '1 year');
comment on column secondline.queue.stalled_after is
    'So much business time without any act on a ticket that somebody has makes it stalled. Change with set_stalled_after().';
comment on column secondline.queue.remind_client_after is
    'After so much business time (its days are business days) a client who was asked something is reminded. Change with set_client_silence().';
comment on column secondline.queue.give_up_after is
    'After so much business time a ticket whose client does not answer is resolved as unanswered. Change with set_client_silence().';
comment on column secondline.queue.first_due_after is
    'No clock of its tickets is due sooner after it began. Kept by triggers; never set it by hand.';
comment on column secondline.queue.clocks_changed is
    'Whether targets or hours have changed since the daemon looked at the clocks of its tickets: it looks at all of them, and clears it.';

create table secondline.target (
    queue text not null references secondline.queue on update cascade,
    priority secondline.priority not null,
    clock text not null,
    target interval,
    primary key (queue, priority, clock),
    constraint target_clock_known_check check (clock in ('first_response', 'next_response', 'resolution')),
    constraint target_in_range_check check (target between interval '1 minute' and interval '1 year')
);
comment on table secondline.target is
    'Until when a client must have an answer, or a solution, where a queue has its own idea. Without a row: answers urgent 30 minutes, high 1 hour, normal 2 hours, low 8 hours; solutions never. Change with set_target().';
comment on column secondline.target.queue is 'The queue.';
comment on column secondline.target.priority is 'Of tickets with this priority; those without one count as normal.';
comment on column secondline.target.clock is
    'first_response: from the submission to the first answer; next_response: from a client''s word to the next answer; resolution: from the submission to the end.';
comment on column secondline.target.target is
    'How much business time of the queue, its days being business days; null is no target.';

alter table secondline.ticket add column attend_at timestamptz;
update secondline.ticket set attend_at = changed_at where status not in ('resolved', 'cancelled');
-- nothing is forgotten on the way: who has not ended has an appointment
alter table secondline.ticket
    add constraint ticket_open_is_attended_check check ((status in ('resolved', 'cancelled')) = (attend_at is null));
comment on column secondline.ticket.attend_at is
    'When the daemon looks at its clocks again, at the latest (-infinity: as soon as it can); null when it has ended. Kept by the functions.';
-- serves secondline_rules.run_clocks: what is due in each queue
create index ticket_attend_index on secondline.ticket (queue, attend_at) where attend_at is not null;

create table secondline.alarm (
    ticket_id bigint not null references secondline.ticket,
    alarm text not null,
    since timestamptz not null,
    rung_at timestamptz not null,
    primary key (ticket_id, alarm, since),
    constraint alarm_is_code_check check (alarm ~ '^[a-z_]+$')
);
comment on table secondline.alarm is 'Which clocks of a ticket have rung: each once for the moment at which it began. Rows are never changed.';
comment on column secondline.alarm.ticket_id is 'The ticket.';
comment on column secondline.alarm.alarm is
    'Which: offer (untouched), response_nudge and resolution_nudge (75 %), response_breach, resolution_breach, client_reminder, give_up, stalled, stalled_alert, untouched (twice), declined (by everybody), bouncing.';
comment on column secondline.alarm.since is 'When the clock began to run.';
comment on column secondline.alarm.rung_at is 'When it rang.';

create table secondline.alert (
    alert_id bigint generated always as identity primary key,
    ticket_id bigint not null references secondline.ticket,
    alarm text not null,
    since timestamptz not null,
    team_id bigint not null references secondline.team,
    told text not null,
    raised_at timestamptz not null,
    attend_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by bigint references secondline.person,
    ended_at timestamptz,
    reason text,
    foreign key (ticket_id, alarm, since) references secondline.alarm,
    constraint alert_told_known_check check (told in ('head', 'deputy', 'team')),
    constraint alert_reason_is_code_check check (reason ~ '^[a-z_]+$'),
    constraint alert_acknowledged_by_somebody_check check ((acknowledged_at is null) = (acknowledged_by is null)),
    constraint alert_ended_is_not_attended_check check (ended_at is null or attend_at is null),
    constraint alert_in_order_check check (acknowledged_at >= raised_at and ended_at >= raised_at)
);
comment on table secondline.alert is
    'What the head must know of: a clock has rung that the one who has the ticket cannot, or did not, answer. Written by the daemon; acknowledge with acknowledge_alert(); see alert_now.';
comment on column secondline.alert.alert_id is 'The alert, as acknowledge_alert() names it.';
comment on column secondline.alert.ticket_id is 'The ticket.';
comment on column secondline.alert.alarm is 'What has rung.';
comment on column secondline.alert.since is 'When its clock began to run.';
comment on column secondline.alert.team_id is 'Whose head hears of it: the team of the queue, or else of who has the ticket.';
comment on column secondline.alert.told is 'Who has been told so far: the head; the deputy, where the head did not acknowledge it; the whole team.';
comment on column secondline.alert.raised_at is 'When it was raised.';
comment on column secondline.alert.attend_at is
    'When it goes on to the next, or, acknowledged, comes back; null when nothing is left to do.';
comment on column secondline.alert.acknowledged_at is 'When somebody said that they look after it.';
comment on column secondline.alert.acknowledged_by is 'Who.';
comment on column secondline.alert.ended_at is 'When its matter was settled; null while it holds.';
comment on column secondline.alert.reason is 'Why the ticket waited for a person when it rang: the code in the log and in "secondline explain".';
-- serves run_clocks and the functions that end a ticket; a matter has one alert at a time
create unique index alert_one_open on secondline.alert (ticket_id, alarm) where ended_at is null;
-- serves run_alerts
create index alert_attend_index on secondline.alert (attend_at) where attend_at is not null;

alter table secondline.team
    add column acknowledge_within interval not null default '30 minutes',
    add constraint team_acknowledge_within_in_range_check check (acknowledge_within between interval '1 minute' and interval '30 days');
comment on column secondline.team.acknowledge_within is
    'So much business time of the team an alert waits for the head, and then for the deputy. Change with set_acknowledge_within().';

create table secondline.departure (
    person_id bigint primary key references secondline.person,
    leaves_at timestamptz not null
);
comment on table secondline.departure is
    'Who has ended the day, or will be away, and whose tickets must be looked at for that. Written by the functions, removed by the daemon.';
comment on column secondline.departure.person_id is 'Who.';
comment on column secondline.departure.leaves_at is 'When they leave.';
create index departure_leaves_index on secondline.departure (leaves_at);

alter table secondline.message_kind
    drop constraint message_kind_ends_with_known_check,
    add constraint message_kind_ends_with_known_check
        check (ends_with in ('never', 'offer', 'ticket', 'returned', 'response', 'stalled', 'alert', 'proposal', 'start', 'plan', 'report'));
comment on column secondline.message_kind.ends_with is
    'When a message of this kind has become pointless: never, when the offer was answered, when the ticket has ended or is not returned to its reader any more, when the client has an answer, when something has happened on the ticket, when the alert has ended or somebody looks after it, when the proposal was answered, or when the workday has started, has a plan, or has ended.';
