-- The rhythm of the day: calendars, plan and report, reminders, stand-ups.

create type secondline.workday_state as enum ('working', 'paused', 'ended', 'overdue', 'excused');
create type secondline.task_outcome as enum ('done', 'partly_done', 'not_done');
comment on type secondline.workday_state is
    'Where a workday stands: working and paused are open; overdue was left without report when the next one began; ended and excused are the end.';
comment on type secondline.task_outcome is 'How a task of the day went.';
create cast (varchar as secondline.workday_state) with inout as implicit;
create cast (varchar as secondline.task_outcome) with inout as implicit;

alter table secondline.team
    add column head_id bigint references secondline.person,
    add column deputy_id bigint references secondline.person,
    add column late_grace interval not null default '5 minutes',
    add column late_days integer not null default 3,
    add column late_window integer not null default 20,
    add constraint team_late_grace_in_range_check check (late_grace between interval '0' and interval '1 day'),
    add constraint team_late_days_in_window_check check (late_days between 1 and late_window and late_window <= 366);
comment on column secondline.team.head_id is
    'Who leads it, if not (only) its own people with the role head: a head may lead several teams. Change with set_head().';
comment on column secondline.team.deputy_id is 'Who may do what the head may. Change with set_deputy().';
comment on column secondline.team.late_grace is 'So long after the start of the shift nobody is late yet. Change with set_lateness().';
comment on column secondline.team.late_days is 'So many late days within the last late_window shifts are systematic. Change with set_lateness().';
comment on column secondline.team.late_window is 'How many shifts that looks back on.';

alter table secondline.queue add column team_id bigint references secondline.team;
comment on column secondline.queue.team_id is
    'The team in whose business time its head starts count; null counts every hour. Change with set_queue_team().';
-- a queue on which one team works is that team's
update secondline.queue q set team_id = o.team_id
  from (select m.queue, min(p.team_id) as team_id from secondline.queue_member m join secondline.person p on p.person_id = m.person_id
         group by m.queue having min(p.team_id) = max(p.team_id)) o
 where o.queue = q.name;

-- it is submitted_at unless it is given: two clocks read one after the other would differ
alter table secondline.ticket alter column eligible_at drop default;

create table secondline.calendar (
    calendar_id bigint generated always as identity primary key,
    person_id bigint references secondline.person,
    team_id bigint references secondline.team,
    from_day date not null,
    since_day date not null,
    to_day date not null,
    day_length interval not null,
    hours text not null,
    constraint calendar_person_unique unique (person_id),
    constraint calendar_team_unique unique (team_id),
    constraint calendar_of_one_check check (num_nonnulls(person_id, team_id) = 1),
    constraint calendar_days_in_order_check check (from_day < to_day),
    constraint calendar_day_length_positive_check check (day_length between interval '1 microsecond' and interval '1 day')
);
comment on table secondline.calendar is
    'Business time of a person (their shifts) or a team (the working hours of its people), compiled into business_span. Kept by triggers and the daemon. Who never had working hours has no calendar: every hour counts.';
comment on column secondline.calendar.calendar_id is 'The calendar, as business_time() and business_end() name it: see calendar_of_person().';
comment on column secondline.calendar.person_id is 'Whose, if a person''s.';
comment on column secondline.calendar.team_id is 'Whose, if a team''s.';
comment on column secondline.calendar.from_day is 'The first day that is compiled; before it every hour counts.';
comment on column secondline.calendar.since_day is 'The first day on which the hours were known; on those before, the first hours that were known are assumed.';
comment on column secondline.calendar.to_day is 'The last day that is compiled; after it every hour counts.';
comment on column secondline.calendar.day_length is 'Business time of an average day that has any: what a day of a head start is worth.';
comment on column secondline.calendar.hours is 'What it was compiled from, to tell whether anything changed.';

create table secondline.business_span (
    calendar_id bigint not null references secondline.calendar on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    clock timestamp not null,
    primary key (calendar_id, starts_at),
    constraint business_span_not_empty_check check (starts_at < ends_at)
);
comment on table secondline.business_span is
    'When a calendar''s business time passes. Spans do not overlap, and what lies outside of the compiled days counts in full. Kept by triggers and the daemon.';
comment on column secondline.business_span.calendar_id is 'The calendar.';
comment on column secondline.business_span.starts_at is 'When the span starts.';
comment on column secondline.business_span.ends_at is 'When it ends.';
comment on column secondline.business_span.clock is
    'What a clock that stands still outside of business time shows when the span starts; only differences mean something.';
-- serves secondline_rules.business_instant
create index business_span_clock_index on secondline.business_span (calendar_id, clock);

create table secondline.planned_shift (
    person_id bigint not null references secondline.person,
    day date not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    primary key (person_id, day),
    constraint planned_shift_not_empty_check check (starts_at < ends_at)
);
comment on table secondline.planned_shift is
    'From when to when people should work on a day, as far as their calendar is compiled: the ends of secondline.shift(). The past stays as it was planned. Kept by triggers and the daemon.';
comment on column secondline.planned_shift.person_id is 'Who.';
comment on column secondline.planned_shift.day is 'The day on which the shift begins, in their time zone.';
comment on column secondline.planned_shift.starts_at is 'When it starts; after an absence by the hour, if one covers its start.';
comment on column secondline.planned_shift.ends_at is 'When it ends; before an absence by the hour, if one covers its end.';
-- serves day_report: everybody's days of a stretch of time
create index planned_shift_day_index on secondline.planned_shift (day);
-- serves secondline_rules.due_reminder: which shifts have just begun
create index planned_shift_starts_at_index on secondline.planned_shift (starts_at);

alter table secondline.workday
    add column state secondline.workday_state,
    add column shift_starts_at timestamptz,
    add column planned_at timestamptz,
    add column excused_by bigint references secondline.person,
    add column excuse text;
update secondline.workday set state = case when ended_at is not null then 'ended' when paused_at is not null then 'paused'
                                           else 'working' end::secondline.workday_state;
alter table secondline.workday
    alter column state set not null,
    alter column state set default 'working',
    drop constraint workday_paused_while_open_check,
    add constraint workday_paused_at_with_state_check check ((state = 'paused') = (paused_at is not null)),
    add constraint workday_ended_at_with_state_check check ((state in ('ended', 'excused')) = (ended_at is not null)),
    add constraint workday_excused_with_reason_check check ((state = 'excused') = (excuse is not null)),
    add constraint workday_excused_by_with_state_check check (excused_by is null or state = 'excused');
comment on column secondline.workday.paused_at is 'Since when they pause; null unless paused.';
comment on column secondline.workday.ended_at is 'When they ended; null while it is open or overdue.';
comment on column secondline.workday.state is 'Where it stands.';
comment on column secondline.workday.shift_starts_at is 'Start of the planned shift of that day; null when none is planned. Kept by triggers.';
comment on column secondline.workday.planned_at is 'When they submitted the plan of the day.';
comment on column secondline.workday.excused_by is 'The head or deputy who excused them from plan and report; null when a sick-leave did, or they left.';
comment on column secondline.workday.excuse is 'Why they were excused.';
comment on table secondline.workday is
    'When people really worked. Change with start_workday(), pause_workday(), resume_workday(), end_workday(), excuse_workday() and correct_workday().';
drop index secondline.workday_one_open_per_person;
-- a person works one workday at a time; also serves secondline_rules.member_state, which looks for open workdays
create unique index workday_one_open_per_person on secondline.workday (person_id) where state in ('working', 'paused');
-- serves the gate: what still asks for a report
create index workday_overdue_index on secondline.workday (person_id) where state = 'overdue';

-- serves day_report: everybody's days of a stretch of time. Nulls last, although there are none: so the planner does not
-- take it to walk back through everybody's days for the last of one person
create index workday_day_index on secondline.workday (day desc nulls last);

create table secondline.workday_journal (
    entry_id bigint generated always as identity,
    person_id bigint not null references secondline.person,
    day date not null,
    at timestamptz not null,
    event text not null,
    by_person_id bigint references secondline.person,
    from_state secondline.workday_state,
    to_state secondline.workday_state,
    note text,
    primary key (person_id, day, entry_id),
    constraint workday_journal_event_is_code_check check (event ~ '^[a-z_]+$'),
    constraint workday_journal_note_length_check check (length(note) <= 4000)
);
comment on table secondline.workday_journal is 'Everything that happened to a workday, in order. Rows are never changed.';
comment on column secondline.workday_journal.entry_id is 'The entry, in order of time within the day.';
comment on column secondline.workday_journal.person_id is 'Whose workday.';
comment on column secondline.workday_journal.day is 'Which.';
comment on column secondline.workday_journal.at is 'When it happened.';
comment on column secondline.workday_journal.event is
    'What happened: started, reopened, paused, resumed, planned, reported, end_refused, ended, overdue, excused, corrected.';
comment on column secondline.workday_journal.by_person_id is 'Who did it; null is the daemon, or a rule.';
comment on column secondline.workday_journal.from_state is 'State before.';
comment on column secondline.workday_journal.to_state is 'State after.';
comment on column secondline.workday_journal.note is 'Words that belong to it.';

create table secondline.task (
    task_id bigint generated always as identity primary key,
    person_id bigint not null,
    day date not null,
    ticket_id bigint references secondline.ticket,
    planned boolean not null,
    outcome secondline.task_outcome,
    estimate_minutes integer,
    spent_minutes integer,
    added_at timestamptz not null,
    reported_at timestamptz,
    dropped_at timestamptz,
    title text not null,
    comment text,
    drop_reason text,
    constraint task_workday_fkey foreign key (person_id, day) references secondline.workday (person_id, day),
    constraint task_title_says_something_check check (title ~ '\S' and title !~ '[[:cntrl:]]' and length(title) <= 500),
    constraint task_comment_length_check check (length(comment) <= 4000),
    constraint task_estimate_in_range_check check (estimate_minutes between 1 and 10000),
    constraint task_spent_in_range_check check (spent_minutes between 0 and 10000),
    constraint task_outcome_with_time_check check ((outcome is null) = (reported_at is null)),
    constraint task_dropped_with_reason_check check ((dropped_at is null) = (drop_reason is null)),
    constraint task_dropped_without_outcome_check check (dropped_at is null or outcome is null)
);
comment on table secondline.task is
    'What people planned for a day, and how it went. Theirs, their head''s and the deputy''s to see. Change with submit_plan(), add_task(), change_task(), drop_task() and report_task().';
comment on column secondline.task.task_id is 'The task, as the functions name it.';
comment on column secondline.task.person_id is 'Whose.';
comment on column secondline.task.day is 'The workday.';
comment on column secondline.task.ticket_id is 'The ticket that it is about, if one.';
comment on column secondline.task.planned is 'Whether the person put it there; false: it came by itself, from a ticket that was worked on.';
comment on column secondline.task.outcome is 'How it went; null until it is reported.';
comment on column secondline.task.estimate_minutes is 'How long the person expected it to take.';
comment on column secondline.task.spent_minutes is 'How long it took, if the person said so.';
comment on column secondline.task.added_at is 'When it was put there.';
comment on column secondline.task.reported_at is 'When its outcome was reported.';
comment on column secondline.task.dropped_at is 'When it was taken off the plan.';
comment on column secondline.task.title is 'One line.';
comment on column secondline.task.comment is 'What the person said about how it went.';
comment on column secondline.task.drop_reason is 'Why it was taken off.';
-- serves the gate and day_report
create index task_day_index on secondline.task (person_id, day);
-- a ticket is one task of a day
create unique index task_one_per_ticket on secondline.task (person_id, day, ticket_id) where ticket_id is not null and dropped_at is null;

create table secondline.report (
    person_id bigint not null,
    day date not null,
    submitted_at timestamptz not null,
    shares_well boolean not null default false,
    shares_badly boolean not null default false,
    went_well text not null,
    went_badly text not null,
    blockers text,
    primary key (person_id, day),
    constraint report_workday_fkey foreign key (person_id, day) references secondline.workday (person_id, day),
    constraint report_says_something_check check (went_well ~ '\S' and went_badly ~ '\S' and (blockers is null or blockers ~ '\S')),
    constraint report_length_check check (length(went_well) <= 4000 and length(went_badly) <= 4000 and length(blockers) <= 4000)
);
comment on table secondline.report is
    'What people wrote about their day. Theirs, their head''s and the deputy''s to see; blockers, and what they share, come up at the stand-up. Change with submit_report().';
comment on column secondline.report.person_id is 'Whose.';
comment on column secondline.report.day is 'The workday.';
comment on column secondline.report.submitted_at is 'When it was last submitted.';
comment on column secondline.report.shares_well is 'Whether what went well comes up at the stand-up.';
comment on column secondline.report.shares_badly is 'Whether what went badly comes up at the stand-up.';
comment on column secondline.report.went_well is 'What worked.';
comment on column secondline.report.went_badly is 'What did not.';
comment on column secondline.report.blockers is 'What stands in their way; null is nothing. Comes up at the stand-up.';

create table secondline.reminder_rule (
    team_id bigint not null references secondline.team,
    what text not null,
    which text not null,
    base text not null,
    after interval,
    audience text not null,
    primary key (team_id, what, which),
    constraint reminder_rule_what_known_check check (what in ('start', 'plan', 'report')),
    constraint reminder_rule_which_is_code_check check (which ~ '^[a-z0-9_]+$'),
    constraint reminder_rule_base_known_check check (base in ('shift_start', 'workday_start', 'shift_end')),
    constraint reminder_rule_base_fits_check check ((what = 'start') = (base = 'shift_start') and (what = 'plan') = (base = 'workday_start')),
    constraint reminder_rule_after_in_range_check check (after between interval '-12 hours' and interval '12 hours'),
    constraint reminder_rule_start_after_check check (base = 'shift_end' or after >= interval '0'),
    constraint reminder_rule_audience_known_check check (audience in ('person', 'head'))
);
comment on table secondline.reminder_rule is 'When a team''s people are reminded of what. Change the times with set_reminder().';
comment on column secondline.reminder_rule.team_id is 'The team.';
comment on column secondline.reminder_rule.what is 'Of what: start (the shift began and nobody has seen them), plan, or report.';
comment on column secondline.reminder_rule.which is 'Which of these reminders.';
comment on column secondline.reminder_rule.base is 'What its time counts from: shift_start, workday_start or shift_end.';
comment on column secondline.reminder_rule.after is 'How long after that, negative is before; null is never.';
comment on column secondline.reminder_rule.audience is 'Who is told: the person, or the head.';

create table secondline.reminder (
    person_id bigint not null references secondline.person,
    day date not null,
    what text not null,
    which text not null,
    reminded_at timestamptz not null,
    sent boolean not null,
    primary key (person_id, day, what, which)
);
comment on table secondline.reminder is 'Which reminders there were: each at most once. Rows are never changed.';
comment on column secondline.reminder.person_id is 'Whose workday it was about.';
comment on column secondline.reminder.day is 'Which.';
comment on column secondline.reminder.what is 'Of what: start, plan or report.';
comment on column secondline.reminder.which is 'Which of the team''s reminders; attempt is the attempt to end the day, overdue_ and a day the start of that later workday.';
comment on column secondline.reminder.reminded_at is 'When.';
comment on column secondline.reminder.sent is 'Whether it was sent: of several that came due while no daemon ran only the last is.';

create table secondline.standup (
    team_id bigint not null references secondline.team,
    weekday smallint not null,
    at time not null,
    primary key (team_id, weekday),
    constraint standup_weekday_iso_check check (weekday between 1 and 7)
);
comment on table secondline.standup is 'When teams hold their stand-up, in the team''s time zone. Change with set_standup().';
comment on column secondline.standup.team_id is 'The team.';
comment on column secondline.standup.weekday is 'On which day of the week: 1 Monday … 7 Sunday.';
comment on column secondline.standup.at is 'At what time.';

-- Written by the daemon alone: what people note stands beside it, so that nobody's open transaction keeps it waiting.
create table secondline.standup_meeting (
    team_id bigint not null references secondline.team,
    day date not null,
    starts_at timestamptz not null,
    announced_at timestamptz not null,
    primary key (team_id, day)
);
comment on table secondline.standup_meeting is 'Stand-ups whose agenda was sent: each once.';
comment on column secondline.standup_meeting.team_id is 'The team.';
comment on column secondline.standup_meeting.day is 'On which day.';
comment on column secondline.standup_meeting.starts_at is 'When it was to start.';
comment on column secondline.standup_meeting.announced_at is 'When the agenda was sent.';

create table secondline.standup_note (
    team_id bigint not null references secondline.team,
    day date not null,
    noted_at timestamptz not null,
    note text not null,
    primary key (team_id, day),
    constraint standup_note_length_check check (length(note) <= 20000)
);
comment on table secondline.standup_note is 'What was said at stand-ups. Change with note_standup().';
comment on column secondline.standup_note.team_id is 'The team.';
comment on column secondline.standup_note.day is 'On which day.';
comment on column secondline.standup_note.noted_at is 'When it was last changed.';
comment on column secondline.standup_note.note is 'What was said.';

create table secondline.agenda_item (
    item_id bigint generated always as identity primary key,
    team_id bigint not null references secondline.team,
    person_id bigint not null references secondline.person,
    day date,
    added_at timestamptz not null,
    text text not null,
    constraint agenda_item_says_something_check check (text ~ '\S' and text !~ '[[:cntrl:]]' and length(text) <= 1000)
);
comment on table secondline.agenda_item is 'What people put on the agenda of the next stand-up. Add with add_agenda_item().';
comment on column secondline.agenda_item.item_id is 'The item.';
comment on column secondline.agenda_item.team_id is 'Whose stand-up.';
comment on column secondline.agenda_item.person_id is 'Who put it there.';
comment on column secondline.agenda_item.day is 'The stand-up that it came up at; null while it waits.';
comment on column secondline.agenda_item.added_at is 'When.';
comment on column secondline.agenda_item.text is 'What it is about.';
-- serves secondline_rules.standup_agenda
create index agenda_item_team_index on secondline.agenda_item (team_id, day);

alter table secondline.message_kind
    drop constraint message_kind_ends_with_known_check,
    add constraint message_kind_ends_with_known_check check (ends_with in ('never', 'offer', 'ticket', 'start', 'plan', 'report'));
comment on column secondline.message_kind.ends_with is
    'When a message of this kind has become pointless: never, when the offer was answered, when the ticket has ended, or when the workday has started, has a plan, or has ended.';

-- replaced by functions of another shape
drop view if exists secondline.inbox;
drop function if exists secondline_rules.is_pointless(text, bigint, bigint);
drop function if exists secondline_rules.refresh_workday(bigint);
drop function if exists secondline_rules.end_workday(timestamptz, bigint);
drop function if exists secondline.add_queue(text, integer, integer, text);

-- what people write about their day is theirs, their head's and the deputy's
alter table secondline.task enable row level security;
alter table secondline.report enable row level security;
alter table secondline.workday_journal enable row level security;
-- what is said at a stand-up stays in the team
alter table secondline.agenda_item enable row level security;
alter table secondline.standup_note enable row level security;
-- why somebody is away, and how they are reached
alter table secondline.absence enable row level security;
alter table secondline.contact enable row level security;
alter table secondline.reminder enable row level security;
-- what a head says to one person alone
alter table secondline.message enable row level security;
alter table secondline.message_history enable row level security;
