-- Who works here, what they can do, and when they are there.

create type secondline.person_role as enum ('account_manager', 'specialist', 'developer', 'head');
create type secondline.priority as enum ('urgent', 'high', 'normal', 'low');
create type secondline.absence_kind as enum ('vacation', 'day_off', 'sick', 'training');

comment on type secondline.person_role is 'What someone does here; lines 1, 2 and 3 are account managers, specialists and developers.';
comment on type secondline.priority is 'How urgent the author says a ticket is, the most urgent first.';
comment on type secondline.absence_kind is 'Why someone is away.';

-- JDBC and others send enum parameters as varchar; function arguments need an implicit cast.
create cast (varchar as secondline.person_role) with inout as implicit;
create cast (varchar as secondline.priority) with inout as implicit;
create cast (varchar as secondline.absence_kind) with inout as implicit;

create table secondline.team (
    team_id bigint generated always as identity primary key,
    name text not null,
    time_zone text not null,
    constraint team_name_unique unique (name),
    constraint team_name_not_blank_check check (name ~ '\S' and name !~ '[[:cntrl:]]' and length(name) <= 200),
    -- AT TIME ZONE itself refuses a zone that does not exist
    constraint team_time_zone_exists_check check (timestamptz 'epoch' at time zone time_zone is not null)
);
comment on table secondline.team is 'People with one head, one stand-up and one time zone. Add with add_team().';
comment on column secondline.team.team_id is 'The team, as the functions name it.';
comment on column secondline.team.name is 'Its name, unique. May be changed by hand.';
comment on column secondline.team.time_zone is 'Time zone of its calendar and of its people unless they have their own, for example Europe/Berlin.';

create table secondline.person (
    person_id bigint generated always as identity primary key,
    team_id bigint not null references secondline.team,
    role secondline.person_role not null,
    load_minutes integer not null default 0,
    allowed_minutes integer not null default 0,
    capacity_minutes integer not null,
    last_assigned_at timestamptz,
    changed_at timestamptz not null default clock_timestamp(),
    deactivated_at timestamptz,
    login text,
    time_zone text not null,
    full_name text not null,
    constraint person_full_name_not_blank_check
        check (full_name ~ '\S' and full_name !~ '[[:cntrl:]]' and length(full_name) <= 200),
    constraint person_capacity_not_negative_check check (capacity_minutes between 0 and 100000),
    constraint person_changed_at_in_range_check check (changed_at between '1970-01-01' and '3000-01-01'),
    constraint person_load_not_negative_check check (load_minutes >= 0),
    constraint person_load_within_room_check check (load_minutes <= greatest(capacity_minutes, allowed_minutes)),
    constraint person_time_zone_exists_check check (timestamptz 'epoch' at time zone time_zone is not null)
) with (fillfactor = 50);
comment on table secondline.person is
    'Everyone who works here. The row is also the lock of all that decides who may get a ticket. Add with add_person().';
comment on column secondline.person.person_id is 'The person, as the functions name them.';
comment on column secondline.person.team_id is 'The team they belong to.';
comment on column secondline.person.role is 'What they do; a head leads the team.';
comment on column secondline.person.load_minutes is 'Sum of the weights of their open assignments. Kept by triggers; never set it by hand.';
comment on column secondline.person.allowed_minutes is
    'Load beyond the capacity that nobody gave them as a new ticket; rises and falls by itself. Never set it by hand.';
comment on column secondline.person.capacity_minutes is 'The most work, in minutes, that the daemon may open for them. Change with set_capacity().';
comment on column secondline.person.last_assigned_at is 'When a ticket was last given to them.';
comment on column secondline.person.changed_at is 'When anything that decides their eligibility last changed.';
comment on column secondline.person.deactivated_at is 'When they left. Set with deactivate_person().';
comment on column secondline.person.login is 'Their database login, if they have one; then they act only for themselves.';
comment on column secondline.person.time_zone is 'Time zone of their working hours.';
comment on column secondline.person.full_name is 'Their name. May be changed by hand.';

-- a login is one person's at a time; who comes back may have it again
create unique index person_login_unique on secondline.person (login) where deactivated_at is null;
create index person_team_index on secondline.person (team_id);

create table secondline.skill (
    name text primary key,
    last_wanted_at timestamptz,
    constraint skill_name_not_blank_check check (name ~ '\S' and name !~ '[[:cntrl:]]' and length(name) <= 200)
);
comment on table secondline.skill is 'Skills that a queue can require. A skill comes to be when a queue or a person first names it.';
comment on column secondline.skill.name is 'The skill, as functions name it.';
comment on column secondline.skill.last_wanted_at is 'When a ticket last asked for it, to the hour: people who have a wanted skill are spared for it.';

create table secondline.person_skill (
    person_id bigint not null references secondline.person,
    skill text not null references secondline.skill on update cascade,
    primary key (person_id, skill)
);
comment on table secondline.person_skill is 'Who can do what. Change with grant_skill() and revoke_skill().';
comment on column secondline.person_skill.person_id is 'Who.';
comment on column secondline.person_skill.skill is 'Which skill they have.';

create table secondline.client (
    client_id bigint generated always as identity primary key,
    account_manager_id bigint references secondline.person,
    last_person_id bigint references secondline.person,
    name text not null,
    constraint client_name_not_blank_check check (name ~ '\S' and name !~ '[[:cntrl:]]' and length(name) <= 200)
);
comment on table secondline.client is 'Whose tickets these are. Add with add_client().';
comment on column secondline.client.client_id is 'The client, as the functions name them.';
comment on column secondline.client.account_manager_id is 'Their account manager (line 1). May be changed by hand.';
comment on column secondline.client.last_person_id is 'Who last took up or resolved a ticket of theirs; preferred among people equally free.';
comment on column secondline.client.name is 'Their name. May be changed by hand.';

create table secondline.queue (
    name text primary key,
    line smallint not null default 2,
    effort_minutes integer not null default 75,
    required_skill text references secondline.skill on update cascade,
    urgent_head_start interval not null default '7 days',
    high_head_start interval not null default '3 days',
    normal_head_start interval not null default '0',
    low_head_start interval not null default '-3 days',
    starvation_bound interval not null default '2 hours',
    fair_limit integer,
    fair_window interval not null default '1 hour',
    hints boolean not null default true,
    changed_at timestamptz not null default clock_timestamp(),
    paused_at timestamptz,
    pause_reason text,
    constraint queue_name_not_blank_check check (name ~ '\S' and name !~ '[[:cntrl:]]' and length(name) <= 200),
    constraint queue_line_known_check check (line between 1 and 3),
    constraint queue_effort_positive_check check (effort_minutes between 1 and 100000),
    constraint queue_head_start_in_order_check check (
        urgent_head_start >= high_head_start and high_head_start >= normal_head_start
        and normal_head_start >= low_head_start
    ),
    -- a head start beyond all reason would carry ranks out of the range of time
    constraint queue_head_start_bounded_check check (
        urgent_head_start <= interval '10 years' and low_head_start >= interval '-10 years'
    ),
    constraint queue_starvation_bound_in_range_check check (starvation_bound between interval '0' and interval '1 year'),
    constraint queue_fair_limit_positive_check check (fair_limit between 1 and 1000),
    constraint queue_fair_window_in_range_check check (fair_window between interval '1 millisecond' and interval '1 year'),
    constraint queue_pause_has_reason_check check ((paused_at is null) = (pause_reason is null))
);
comment on table secondline.queue is 'Streams of tickets, each with its own rules. Add with add_queue().';
comment on column secondline.queue.name is 'The queue, as functions and tickets name it.';
comment on column secondline.queue.line is 'Which line works on it: 1 account managers, 2 specialists, 3 developers.';
comment on column secondline.queue.effort_minutes is 'Net minutes that its tickets are expected to take unless they say otherwise. May be changed by hand.';
comment on column secondline.queue.required_skill is 'The skill its tickets need, if any.';
comment on column secondline.queue.urgent_head_start is 'How much older an urgent ticket counts. Change with set_head_start().';
comment on column secondline.queue.high_head_start is 'How much older a high ticket counts. Change with set_head_start().';
comment on column secondline.queue.normal_head_start is 'How much older a normal ticket, or one without priority, counts. Change with set_head_start().';
comment on column secondline.queue.low_head_start is 'How much older a low ticket counts (negative: younger). Change with set_head_start().';
comment on column secondline.queue.starvation_bound is 'A ticket passed over for want of room longer than this reserves a person. Change with set_starvation_bound().';
comment on column secondline.queue.fair_limit is 'At most so many offers per person within fair_window; null is no limit. Change with set_fair_limit().';
comment on column secondline.queue.fair_window is 'The window of fair_limit.';
comment on column secondline.queue.hints is 'Whether new tickets wake the daemon at once (NOTIFY) or wait for its poll. May be changed by hand.';
comment on column secondline.queue.changed_at is 'When its rules, or whether it is paused, last changed.';
comment on column secondline.queue.paused_at is 'Since when nothing is assigned from it. Change with pause_queue() and resume_queue().';
comment on column secondline.queue.pause_reason is 'Why it is paused.';

create table secondline.queue_member (
    queue text not null references secondline.queue on update cascade,
    person_id bigint not null references secondline.person,
    recent_offers timestamptz[] not null default '{}',
    primary key (queue, person_id)
) with (fillfactor = 70);
comment on table secondline.queue_member is 'Who works on which queue. Change with add_member() and remove_member().';
comment on column secondline.queue_member.queue is 'The queue.';
comment on column secondline.queue_member.person_id is 'The member.';
comment on column secondline.queue_member.recent_offers is 'Their last offers from it, the oldest first, as many as the fair limit counts. Kept by the daemon.';

create index queue_member_person_index on secondline.queue_member (person_id);

create table secondline.working_hours (
    person_id bigint not null references secondline.person,
    weekday smallint not null,
    starts time not null,
    ends time not null,
    primary key (person_id, weekday, starts),
    constraint working_hours_weekday_iso_check check (weekday between 1 and 7),
    constraint working_hours_not_empty_check check (starts <> ends)
);
comment on table secondline.working_hours is
    'When people should work, in their own time zone; several spans a day. Change with set_working_hours() and clear_working_hours().';
comment on column secondline.working_hours.person_id is 'Who.';
comment on column secondline.working_hours.weekday is 'Day of the week on which the span starts: 1 Monday … 7 Sunday.';
comment on column secondline.working_hours.starts is 'When it starts.';
comment on column secondline.working_hours.ends is 'When it ends; not after starts means on the next day.';

create table secondline.holiday (
    team_id bigint not null references secondline.team,
    on_date date not null,
    primary key (team_id, on_date)
);
comment on table secondline.holiday is 'Days on which a team does not work. Add with add_holiday(); may be deleted by hand.';
comment on column secondline.holiday.team_id is 'The team.';
comment on column secondline.holiday.on_date is 'The day.';

create table secondline.absence (
    absence_id bigint generated always as identity primary key,
    person_id bigint not null references secondline.person,
    kind secondline.absence_kind not null,
    first_day date,
    last_day date,
    from_at timestamptz,
    to_at timestamptz,
    recorded_at timestamptz not null default clock_timestamp(),
    cancelled_at timestamptz,
    constraint absence_days_or_hours_check check (
        num_nulls(first_day, last_day) = 0 and num_nonnulls(from_at, to_at) = 0
        or num_nulls(from_at, to_at) = 0 and num_nonnulls(first_day, last_day) = 0
    ),
    constraint absence_ends_after_start_check check (last_day >= first_day and from_at is null or to_at > from_at),
    constraint absence_in_range_check check (
        first_day >= '1970-01-01' and last_day <= '3000-01-01' or from_at >= '1970-01-01' and to_at <= '3000-01-01'
    ),
    constraint absence_bounded_check check (last_day - first_day <= 1100 or to_at - from_at <= interval '1100 days')
);
comment on table secondline.absence is
    'Who is away and why: whole days, or hours. Change with record_absence(), record_absence_hours() and cancel_absence().';
comment on column secondline.absence.absence_id is 'The absence, as cancel_absence() names it.';
comment on column secondline.absence.person_id is 'Who is away.';
comment on column secondline.absence.kind is 'Why.';
comment on column secondline.absence.first_day is 'First whole day, in their time zone.';
comment on column secondline.absence.last_day is 'Last whole day.';
comment on column secondline.absence.from_at is 'Start of an absence by the hour.';
comment on column secondline.absence.to_at is 'End of an absence by the hour.';
comment on column secondline.absence.recorded_at is 'When it was recorded.';
comment on column secondline.absence.cancelled_at is 'When it was cancelled, if it was.';

-- serves secondline_rules.shift and refresh_workday: one person's absences
create index absence_person_index on secondline.absence (person_id) where cancelled_at is null;

create table secondline.workday (
    workday_id bigint generated always as identity primary key,
    person_id bigint not null references secondline.person,
    day date not null,
    started_at timestamptz not null,
    paused_at timestamptz,
    ended_at timestamptz,
    shift_ends_at timestamptz,
    absent tstzmultirange,
    constraint workday_one_per_day unique (person_id, day),
    constraint workday_ended_after_started_check check (ended_at >= started_at),
    constraint workday_paused_while_open_check check (paused_at is null or ended_at is null)
) with (fillfactor = 80);
comment on table secondline.workday is
    'When people really worked. Change with start_workday(), pause_workday(), resume_workday() and end_workday().';
comment on column secondline.workday.workday_id is 'The workday.';
comment on column secondline.workday.person_id is 'Whose.';
comment on column secondline.workday.day is 'The day it counts for: the one on which its shift begins, in their time zone.';
comment on column secondline.workday.started_at is 'When they started.';
comment on column secondline.workday.paused_at is 'Since when they pause; null while they work.';
comment on column secondline.workday.ended_at is 'When they ended; null while it is open.';
comment on column secondline.workday.shift_ends_at is 'End of the planned shift of that day; null when none is planned. Kept by triggers.';
comment on column secondline.workday.absent is 'When they are absent during this workday. Kept by triggers.';

-- a person works one workday at a time; also serves secondline_rules.member_state, which looks for open workdays
create unique index workday_one_open_per_person on secondline.workday (person_id) where ended_at is null;
