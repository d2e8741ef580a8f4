-- Business time: calendars compiled into spans, on which two probes of an index answer any question.
--
-- A business clock stands still outside of the spans: its difference between two instants is the business time between them.
-- Before and after the compiled days one span each reaches to the ends of time, so that the clock is defined everywhere.

create or replace function secondline_rules.compiled_back() returns integer
language sql immutable
begin atomic
    select 100;
end;
comment on function secondline_rules.compiled_back() is 'Days before today from which a new calendar is compiled.';

create or replace function secondline_rules.compiled_ahead() returns integer
language sql immutable
begin atomic
    select 300;
end;
comment on function secondline_rules.compiled_ahead() is 'Days after today up to which a calendar is compiled; again when a third of them is over.';

create or replace function secondline_rules.kept_back() returns integer
language sql immutable
begin atomic
    select 800;
end;
comment on function secondline_rules.kept_back() is 'Days before today after which compiled days are forgotten.';

create or replace function secondline_rules.clock_of(p_calendar bigint, p_at timestamptz) returns setof timestamp
language sql stable rows 1
-- Plain timestamps: days of an interval have 24 hours there, in every session.
begin atomic
    select coalesce((select s.clock + (least(p_at, s.ends_at) at time zone 'UTC' - s.starts_at at time zone 'UTC')
                       from secondline.business_span s
                      where s.calendar_id = p_calendar and s.starts_at <= p_at
                      order by s.starts_at desc limit 1),
                    p_at at time zone 'UTC');
end;
comment on function secondline_rules.clock_of(bigint, timestamptz) is
    'business_clock() for a join: PostgreSQL makes it part of the query, which for many rows takes a twentieth of the time.';

create or replace function secondline_rules.business_clock(p_calendar bigint, p_at timestamptz) returns timestamp
language sql stable
begin atomic
    select c.clock from secondline_rules.clock_of(p_calendar, p_at) c (clock);
end;
comment on function secondline_rules.business_clock(bigint, timestamptz) is
    'What the business clock of a calendar shows at an instant; without a calendar every hour counts.';

create or replace function secondline_rules.business_instant(p_calendar bigint, p_clock timestamp) returns timestamptz
language sql stable
begin atomic
    select coalesce((select (s.starts_at at time zone 'UTC' + (p_clock - s.clock)) at time zone 'UTC'
                       from secondline.business_span s
                      where s.calendar_id = p_calendar and s.clock < p_clock
                      order by s.clock desc limit 1),
                    p_clock at time zone 'UTC');
end;
comment on function secondline_rules.business_instant(bigint, timestamp) is 'The first instant at which the business clock of a calendar shows this.';

create or replace function secondline_rules.business_between(p_calendar bigint, p_from timestamptz, p_to timestamptz) returns interval
language sql stable
begin atomic
    select make_interval(secs => extract(epoch from secondline_rules.business_clock(p_calendar, p_to)
                                                    - secondline_rules.business_clock(p_calendar, p_from))::double precision);
end;
comment on function secondline_rules.business_between(bigint, timestamptz, timestamptz) is
    'The business time of a calendar between two instants, in hours, minutes and seconds.';

create or replace function secondline_rules.business_interval(p_interval interval, p_day_length interval) returns interval
language sql immutable
begin atomic
    select (extract(year from p_interval) * 360 + extract(month from p_interval) * 30 + extract(day from p_interval))::double precision
           * p_day_length
         + make_interval(hours => extract(hour from p_interval)::integer, mins => extract(minute from p_interval)::integer,
                         secs => extract(second from p_interval)::double precision);
end;
comment on function secondline_rules.business_interval(interval, interval) is
    'An interval as business time: its days are business days of this length, its hours and minutes are hours and minutes.';

create or replace function secondline_rules.compile(
    p_at timestamptz, p_calendar secondline.calendar, p_zone text, p_hours text, p_since date, p_until date
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    c secondline.calendar := p_calendar;
    v_today date := (p_at at time zone p_zone)::date;
    v_since date;
    v_until date;
    v_from timestamptz;
    v_to timestamptz;
    v_clock timestamp;
    v_spans tstzmultirange;
    v_ahead tstzmultirange;
    v_days bigint;
begin
    -- what is past stays as it was, but for what is recorded about it afterwards
    v_since := least(p_since, v_today);
    if c.from_day is null or v_today < c.from_day then
        c.from_day := v_today - secondline_rules.compiled_back();
        c.since_day := v_today;
    elsif c.from_day < v_today - secondline_rules.kept_back() then
        c.from_day := v_today - secondline_rules.kept_back();
    end if;
    -- on the day of setting up nothing is past yet
    if c.since_day >= v_today then
        v_since := c.from_day;
    end if;
    -- after a long pause what was not compiled yet is
    v_since := greatest(least(v_since, c.to_day + 1), c.from_day);
    -- planned shifts of the past change on the days in question only: the hours may have been others since
    v_until := case when c.to_day < v_today then v_today else p_until end;
    if c.to_day is null or c.to_day < v_today + secondline_rules.compiled_ahead() * 2 / 3
       or c.to_day > v_today + secondline_rules.compiled_ahead() then
        c.to_day := v_today + secondline_rules.compiled_ahead();
    end if;
    v_from := v_since::timestamp at time zone p_zone;
    v_to := (c.to_day + 1)::timestamp at time zone p_zone;

    if p_hours = '' then
        v_spans := tstzmultirange(tstzrange(v_from, v_to));
    elsif c.person_id is not null then
        with planned as materialized (
            select s.day, range_agg(s.span) - (select secondline_rules.absent_hours(c.person_id)) as shift
              from secondline_rules.planned_span_of_days(c.person_id, v_since - 2, c.to_day) s group by s.day
        ), kept as (
            delete from secondline.planned_shift x
             where x.person_id = c.person_id
               and (x.day >= v_since and (x.day >= v_today or x.day <= coalesce(v_until, x.day))
                    and not exists (select from planned p where p.day = x.day and not isempty(p.shift)) or x.day < c.from_day)
        ), written as (
            insert into secondline.planned_shift as x (person_id, day, starts_at, ends_at)
            select c.person_id, p.day, lower(p.shift), upper(p.shift) from planned p
             -- nobody was expected before
             where p.day >= greatest(v_since, c.since_day) and (p.day >= v_today or p.day <= coalesce(v_until, p.day))
               and not isempty(p.shift)
            on conflict (person_id, day) do update set starts_at = excluded.starts_at, ends_at = excluded.ends_at
             where (x.starts_at, x.ends_at) <> (excluded.starts_at, excluded.ends_at)
        )
        select range_agg(p.shift), range_agg(p.shift) filter (where p.day >= v_today), count(*) filter (where p.day >= v_today)
          into v_spans, v_ahead, v_days from planned p where not isempty(p.shift);
    else
        -- their days may begin and end a day before and after the team's, and a night lasts into the next
        select range_agg(s.span), range_agg(s.span) filter (where s.day >= v_today),
               count(distinct s.day) filter (where s.day >= v_today and not isempty(s.span))
          into v_spans, v_ahead, v_days
          from secondline_rules.planned_span_of_team(c.team_id, v_since - 3, c.to_day + 2) s;
    end if;
    if p_hours = '' and c.person_id is not null then
        delete from secondline.planned_shift x
         where x.person_id = c.person_id and (x.day >= v_since and (x.day >= v_today or x.day <= coalesce(v_until, x.day)) or x.day < c.from_day);
    end if;

    -- of the days to come, so that it does not depend on when and why it was compiled
    c.day_length := '1 day';
    if v_days > 0 then
        select least(c.day_length, make_interval(secs => sum(extract(epoch from upper(s) - lower(s)))::double precision / v_days))
          into c.day_length from unnest(v_ahead) s;
    end if;
    v_spans := coalesce(v_spans, '{}') * tstzmultirange(tstzrange(v_from, v_to));
    c.hours := p_hours;
    if c.calendar_id is null then
        insert into secondline.calendar (person_id, team_id, from_day, since_day, to_day, day_length, hours)
        values (c.person_id, c.team_id, c.from_day, c.since_day, c.to_day, c.day_length, c.hours) returning calendar_id into c.calendar_id;
    else
        update secondline.calendar x
           set from_day = c.from_day, since_day = c.since_day, to_day = c.to_day, day_length = c.day_length, hours = c.hours
         where x.calendar_id = c.calendar_id;
    end if;

    -- all that begins before stays; the span that reaches into it is cut, so that the clock goes on from there
    v_clock := secondline_rules.business_clock(c.calendar_id, v_from);
    delete from secondline.business_span s where s.calendar_id = c.calendar_id and s.starts_at >= v_from;
    update secondline.business_span s set ends_at = v_from where s.calendar_id = c.calendar_id and s.ends_at > v_from;
    if v_since = c.from_day then
        -- before the compiled days every hour counts
        delete from secondline.business_span s where s.calendar_id = c.calendar_id;
        perform secondline_rules.begin_spans(c.calendar_id, v_from, v_clock);
    elsif c.from_day > p_calendar.from_day then
        perform secondline_rules.forget_days(c.calendar_id, c.from_day::timestamp at time zone p_zone);
    end if;
    insert into secondline.business_span (calendar_id, starts_at, ends_at, clock)
    select c.calendar_id, lower(s), upper(s),
           v_clock + coalesce(sum(upper(s) at time zone 'UTC' - lower(s) at time zone 'UTC')
                              over (order by lower(s) rows between unbounded preceding and 1 preceding), '0')
      from unnest(v_spans + tstzmultirange(tstzrange(v_to, '3000-01-01 UTC'))) s;
end;
$$;
comment on function secondline_rules.compile(timestamptz, secondline.calendar, text, text, date, date) is
    'Compiles a locked calendar, or a new one, from a day on (null: from today); what lies before stays, and planned shifts after the second day and before today. The hours say from what, empty for none.';

create or replace function secondline_rules.begin_spans(p_calendar bigint, p_from timestamptz, p_clock timestamp) returns void
language sql volatile
begin atomic
    insert into secondline.business_span (calendar_id, starts_at, ends_at, clock)
    values (p_calendar, '1970-01-01 UTC', p_from, p_clock - (p_from at time zone 'UTC' - timestamp '1970-01-01'));
end;
comment on function secondline_rules.begin_spans(bigint, timestamptz, timestamp) is
    'Writes the span before the compiled days, in which every hour counts, so that the clock shows this at their begin.';

create or replace function secondline_rules.forget_days(p_calendar bigint, p_before timestamptz) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_clock timestamp := secondline_rules.business_clock(p_calendar, p_before);
begin
    delete from secondline.business_span s where s.calendar_id = p_calendar and s.ends_at <= p_before;
    update secondline.business_span s
       set starts_at = p_before, clock = v_clock where s.calendar_id = p_calendar and s.starts_at < p_before;
    perform secondline_rules.begin_spans(p_calendar, p_before, v_clock);
end;
$$;
comment on function secondline_rules.forget_days(bigint, timestamptz) is 'Forgets the spans before an instant; the clock goes on as it was.';

create or replace function secondline_rules.team_hours(p_team bigint)
returns table (weekday smallint, starts time, ends time, time_zone text)
language sql stable
begin atomic
    -- most people of a team share their hours
    select distinct w.weekday, w.starts, w.ends, p.time_zone
      from secondline.working_hours w join secondline.person p on p.person_id = w.person_id
     where p.team_id = p_team and p.deactivated_at is null;
end;
comment on function secondline_rules.team_hours(bigint) is 'The different working hours of a team''s people.';

create or replace function secondline_rules.planned_span_of_team(p_team bigint, p_from date, p_to date)
returns table (day date, span tstzrange)
language sql stable
begin atomic
    select d.day, secondline_rules.planned_span(d.day, h.starts, h.ends, h.time_zone)
      from secondline_rules.team_hours(p_team) h
      join (select p_from + n as day from generate_series(0, p_to - p_from) n) d on h.weekday = extract(isodow from d.day)
     where not exists (select from secondline.holiday x where x.team_id = p_team and x.on_date = d.day);
end;
comment on function secondline_rules.planned_span_of_team(bigint, date, date) is
    'The working hours of a team''s people that begin on these days, less its holidays. Who is away takes nothing from it.';

create or replace function secondline_rules.compile_person(
    p_at timestamptz, p_person bigint, p_since date default null, p_until date default null
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    c secondline.calendar;
    v_zone text;
    v_hours text;
begin
    select p.time_zone, coalesce(string_agg(format('%s %s-%s', w.weekday, w.starts, w.ends), ', ' order by w.weekday, w.starts)
                                    filter (where w.person_id is not null), '')
      into v_zone, v_hours
      from secondline.person p left join secondline.working_hours w on w.person_id = p.person_id
     where p.person_id = p_person group by p.time_zone;
    select * into c from secondline.calendar x where x.person_id = p_person for no key update;
    if not found and v_hours = '' then
        return;
    end if;
    c.person_id := p_person;
    perform secondline_rules.compile(p_at, c, v_zone, v_hours, p_since, p_until);
end;
$$;
comment on function secondline_rules.compile_person(timestamptz, bigint, date, date) is
    'Compiles the calendar of a locked person, from a day on (null: from today). Planned shifts after the second day and before today stay.';

create or replace function secondline_rules.compile_team(p_at timestamptz, p_team bigint, p_since date default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    c secondline.calendar;
    v_zone text;
    v_hours text;
begin
    -- its row is the lock: of two people whose hours change at the same time the second compiles both
    select t.time_zone into v_zone from secondline.team t where t.team_id = p_team for no key update;
    select * into c from secondline.calendar x where x.team_id = p_team for no key update;
    select coalesce(string_agg(format('%s %s-%s %s', h.weekday, h.starts, h.ends, h.time_zone), ', '
                               order by h.time_zone, h.weekday, h.starts, h.ends), '')
      into v_hours from secondline_rules.team_hours(p_team) h;
    -- most changes of one person's hours change nothing for the team
    if v_hours = coalesce(c.hours, '') and (p_since is null or c.calendar_id is null) then
        return;
    end if;
    c.team_id := p_team;
    perform secondline_rules.compile(p_at, c, v_zone, v_hours, p_since, null);
end;
$$;
comment on function secondline_rules.compile_team(timestamptz, bigint, date) is
    'Compiles the calendar of a team, from a day on (null: from today, if its hours have changed).';

-- for departments that had working hours before there were calendars
do $$
begin
    perform secondline_rules.compile_person(clock_timestamp(), h.person_id)
       from (select distinct w.person_id from secondline.working_hours w) h
      where not exists (select from secondline.calendar c where c.person_id = h.person_id);
    perform secondline_rules.compile_team(clock_timestamp(), h.team_id)
       from (select distinct p.team_id from secondline.working_hours w join secondline.person p on p.person_id = w.person_id) h
      where not exists (select from secondline.calendar c where c.team_id = h.team_id);
end;
$$;

create or replace function secondline_rules.head_start(p_queue secondline.queue, p_priority secondline.priority) returns interval
language sql immutable
begin atomic
    select case coalesce(p_priority, 'normal')
        when 'urgent' then p_queue.urgent_head_start
        when 'high' then p_queue.high_head_start
        when 'normal' then p_queue.normal_head_start
        when 'low' then p_queue.low_head_start end;
end;
comment on function secondline_rules.head_start(secondline.queue, secondline.priority) is
    'How much older a ticket of this priority counts: its days are business days of the queue''s team, its hours are hours.';

create or replace function secondline_rules.rank(
    p_queue secondline.queue, p_priority secondline.priority, p_eligible_at timestamptz
) returns timestamp
language sql stable
begin atomic
    select secondline_rules.business_clock((select c.calendar_id from secondline.calendar c where c.team_id = p_queue.team_id), p_eligible_at)
         - secondline_rules.business_interval(
               secondline_rules.head_start(p_queue, p_priority),
               coalesce((select c.day_length from secondline.calendar c where c.team_id = p_queue.team_id), interval '1 day'));
end;
comment on function secondline_rules.rank(secondline.queue, secondline.priority, timestamptz) is
    'Where a ticket stands in its queue, the smallest first: since when it competes, less the head start of its priority, both in the business time of the queue''s team. Equal ones go by eligible_at, then ticket_id.';

create or replace function secondline.calendar_of_person(person bigint) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select c.calendar_id from secondline.calendar c where c.person_id = person;
end;
comment on function secondline.calendar_of_person(bigint) is
    'The calendar of a person''s shifts, for business_time() and business_end(); null when they never had working hours: every hour counts. Anyone may ask.';

create or replace function secondline.calendar_of_team(team bigint) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select c.calendar_id from secondline.calendar c where c.team_id = team;
end;
comment on function secondline.calendar_of_team(bigint) is
    'The calendar of a team: the working hours of its people less its holidays, whoever is away; null when nobody has working hours: every hour counts. Anyone may ask.';

create or replace function secondline.calendar_of_queue(queue text) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select c.calendar_id from secondline.queue q join secondline.calendar c on c.team_id = q.team_id where q.name = queue;
end;
comment on function secondline.calendar_of_queue(text) is
    'The calendar of the team whose queue this is; null when it is nobody''s, or the team has no working hours: every hour counts. Anyone may ask.';

create or replace function secondline_rules.require_compiled(p_calendar bigint, p_at timestamptz) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    c secondline.calendar;
begin
    if p_at is null or not isfinite(p_at) then
        raise exception 'an instant is missing' using errcode = 'invalid_parameter_value', hint = 'Pass two finite instants.';
    elsif p_calendar is null then
        return;
    end if;
    select * into c from secondline.calendar x where x.calendar_id = p_calendar;
    if not found then
        raise exception 'there is no calendar %', p_calendar
            using errcode = 'no_data_found', hint = 'Ask secondline.calendar_of_person, calendar_of_team or calendar_of_queue.';
    -- a day at each end belongs to other time zones
    elsif p_at < (c.from_day + 1)::timestamp at time zone 'UTC' or p_at > c.to_day::timestamp at time zone 'UTC' then
        raise exception '% is outside of what calendar % knows', p_at, p_calendar
            using errcode = 'datetime_field_overflow', hint = format('It knows the days from %s to %s.', c.from_day + 1, c.to_day - 1);
    end if;
end;
$$;
comment on function secondline_rules.require_compiled(bigint, timestamptz) is
    'Refuses (P0002, 22008) unless there is this calendar, or none is given, and the instant is within its compiled days.';

create or replace function secondline.business_time(calendar bigint, from_at timestamptz, to_at timestamptz) returns interval
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.require_compiled(calendar, from_at);
    perform secondline_rules.require_compiled(calendar, to_at);
    if to_at < from_at then
        raise exception 'the time from % to % ends before it begins', from_at, to_at
            using errcode = 'invalid_parameter_value', hint = 'Pass the earlier instant first.';
    end if;
    return secondline_rules.business_between(calendar, from_at, to_at);
end;
$$;
comment on function secondline.business_time(bigint, timestamptz, timestamptz) is
    'The business time between two instants, in hours, minutes and seconds. The calendar is that of calendar_of_person(), calendar_of_team() or calendar_of_queue(); null counts every hour. Anyone may ask. Errors: P0002 no such calendar, 22023 the second instant comes first or one is missing, 22008 an instant outside of the days that the calendar knows (100 back and at least 200 ahead).';

create or replace function secondline.business_end(calendar bigint, from_at timestamptz, minutes double precision) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_end timestamptz;
begin
    perform secondline_rules.require_compiled(calendar, from_at);
    if minutes is null or not minutes between 0 and 10000000 then
        raise exception '% business minutes are not possible', coalesce(minutes::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Pass 0 to 10,000,000.';
    elsif minutes = 0 then
        return from_at;
    end if;
    -- less than a microsecond is nothing, and ends where it begins
    v_end := greatest(from_at, secondline_rules.business_instant(
        calendar, secondline_rules.business_clock(calendar, from_at) + make_interval(secs => minutes * 60)));
    perform secondline_rules.require_compiled(calendar, v_end);
    return v_end;
end;
$$;
comment on function secondline.business_end(bigint, timestamptz, double precision) is
    'The first instant at which so many business minutes have passed since another: 30 minutes after Friday 17:30 are Friday 18:00, not Monday morning. 0 minutes is the instant itself. The calendar as for business_time(). Anyone may ask. Errors: P0002 no such calendar, 22023 minutes below 0 or above 10,000,000, 22008 the start or the end is outside of the days that the calendar knows.';
