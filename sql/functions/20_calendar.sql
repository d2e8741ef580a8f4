-- Wall clock becomes an instant here and nowhere else.

create or replace function secondline_rules.planned_span(p_day date, p_starts time, p_ends time, p_zone text)
returns tstzrange
language sql stable
-- In the hour that DST skips a span may turn round; then nothing of it is left.
begin atomic
    select case when s.lo < s.hi then tstzrange(s.lo, s.hi) else 'empty'::tstzrange end
      from (select (p_day + p_starts) at time zone p_zone as lo,
                   (case when p_ends <= p_starts then p_day + 1 else p_day end + p_ends) at time zone p_zone as hi) s;
end;
comment on function secondline_rules.planned_span(date, time, time, text) is
    'The instants of a span of working hours that begins on this day; an end not after the start is on the next day.';

create or replace function secondline_rules.planned_span_of_days(p_person bigint, p_from date, p_to date)
returns table (day date, span tstzrange)
language sql stable
begin atomic
    select d.day, secondline_rules.planned_span(d.day, w.starts, w.ends, p.time_zone)
      from secondline.person p
     cross join (select p_from + n as day from generate_series(0, p_to - p_from) n) d
      join secondline.working_hours w on w.person_id = p.person_id and w.weekday = extract(isodow from d.day)
     where p.person_id = p_person
       and not exists (select from secondline.holiday h where h.team_id = p.team_id and h.on_date = d.day)
       and not exists (select from secondline.absence a
                        where a.person_id = p.person_id and a.cancelled_at is null and d.day between a.first_day and a.last_day);
end;
comment on function secondline_rules.planned_span_of_days(bigint, date, date) is
    'The working hours of a person that begin on these days, less holidays and whole days off.';

create or replace function secondline_rules.absence_at(p_at timestamptz, p_person bigint) returns setof secondline.absence
language sql stable rows 1
begin atomic
    select a.* from secondline.absence a join secondline.person p on p.person_id = a.person_id
     where a.person_id = p_person and a.cancelled_at is null
       and (a.from_at <= p_at and a.to_at > p_at
            or (p_at at time zone p.time_zone)::date between a.first_day and a.last_day);
end;
comment on function secondline_rules.absence_at(timestamptz, bigint) is
    'The recorded absence of a person that covers an instant: by the hour, or whole days in their own time zone.';

create or replace function secondline_rules.absent_hours(p_person bigint) returns tstzmultirange
language sql stable
begin atomic
    select coalesce(range_agg(tstzrange(a.from_at, a.to_at)), '{}') from secondline.absence a
     where a.person_id = p_person and a.cancelled_at is null and a.from_at is not null;
end;
comment on function secondline_rules.absent_hours(bigint) is 'The absences by the hour of a person.';

create or replace function secondline_rules.planned_shift(p_person bigint, p_day date) returns tstzmultirange
language sql stable
begin atomic
    select coalesce((select range_agg(s.span) from secondline_rules.planned_span_of_days(p_person, p_day, p_day) s), '{}')
      from secondline.person p where p.person_id = p_person;
end;
comment on function secondline_rules.planned_shift(bigint, date) is
    'The working hours of a person that begin on a day, less holidays and whole days off. Empty when nothing is planned.';

create or replace function secondline.shift(person bigint, day date) returns tstzmultirange
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select secondline_rules.planned_shift(shift.person, shift.day) - secondline_rules.absent_hours(shift.person);
end;
comment on function secondline.shift(bigint, date) is
    'When a person should work on a day: their working hours that begin on it, in their time zone, less holidays and absences. Empty when nothing is planned, null when there is no such person. Anyone may ask.';

create or replace function secondline_rules.absent_during(p_person bigint, p_day date) returns tstzmultirange
language sql stable
-- A workday may stay open past its day. A later day off begins at its midnight, or when the shift that lasts past that ends.
begin atomic
    select range_agg(case when a.from_at is not null then tstzrange(a.from_at, a.to_at)
                          when a.first_day <= p_day then tstzrange(null, null)
                          else tstzrange(greatest(a.first_day::timestamp at time zone p.time_zone,
                                                  upper(secondline.shift(p_person, p_day))),
                                         (a.last_day + 1)::timestamp at time zone p.time_zone) end)
      from secondline.absence a
      join secondline.person p on p.person_id = a.person_id
     where a.person_id = p_person and a.cancelled_at is null
       and (a.last_day >= p_day or a.to_at > (p_day - 2)::timestamp at time zone p.time_zone);
end;
comment on function secondline_rules.absent_during(bigint, date) is
    'When a person is absent from a workday on: for ever on a whole day off, else the hours and the later days recorded. Null when never.';

create or replace function secondline_rules.refresh_workdays(p_person bigint, p_since date, p_until date default null) returns void
language sql volatile
begin atomic
    update secondline.workday w
       -- an absence recorded while it is open does not take its end away, and with it the reminders
       set shift_starts_at = coalesce(lower(s.shift), lower(s.planned), case when s.is_absent then w.shift_starts_at end),
           shift_ends_at = coalesce(upper(s.shift), upper(s.planned), case when s.is_absent then w.shift_ends_at end),
           absent = secondline_rules.absent_during(w.person_id, w.day)
      from secondline.workday x
     cross join lateral (select secondline.shift(x.person_id, x.day) as shift,
                                -- absences by the hour may leave nothing of a shift, which starts and ends all the same
                                secondline_rules.planned_shift(x.person_id, x.day) as planned,
                                x.state in ('working', 'paused') and exists (
                                    select from secondline.absence a
                                     where a.person_id = x.person_id and a.cancelled_at is null and x.day between a.first_day and a.last_day)
                                as is_absent offset 0) s
     where x.person_id = p_person and w.workday_id = x.workday_id
       and (x.state in ('working', 'paused') or x.day between p_since and coalesce(p_until, 'infinity'));
end;
comment on function secondline_rules.refresh_workdays(bigint, date, date) is
    'Brings the open workday of a person, and those from a day to another (null: all since), up to date with their hours, holidays and absences.';

create or replace function secondline_rules.calendar_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_person bigint;
    v_since date;
    v_until date;
    v_zone text;
    v_at timestamptz := clock_timestamp();
begin
    -- a row that is moved to another person concerns both
    perform secondline_rules.lock_people(new.person_id, old.person_id);
    if tg_table_name = 'absence' then
        v_at := coalesce(new.cancelled_at, new.recorded_at, v_at);
        select p.time_zone into v_zone from secondline.person p where p.person_id = coalesce(new.person_id, old.person_id);
        -- the night before may reach into it
        v_since := least(new.first_day, old.first_day, (least(new.from_at, old.from_at) at time zone v_zone)::date - 1);
        v_until := greatest(new.last_day, old.last_day, (greatest(new.to_at, old.to_at) at time zone v_zone)::date);
    end if;
    foreach v_person in array case when old.person_id <> new.person_id then array[old.person_id, new.person_id]
                                   else array[coalesce(new.person_id, old.person_id)] end
    loop
        perform secondline_rules.compile_person(v_at, v_person, v_since, v_until);
        perform secondline_rules.refresh_workdays(v_person, v_since, v_until);
        if tg_table_name <> 'absence' then
            perform secondline_rules.compile_team(clock_timestamp(), p.team_id) from secondline.person p where p.person_id = v_person;
        end if;
    end loop;
    return null;
end;
$$;
comment on function secondline_rules.calendar_changed() is 'Trigger: hours, absences or the time zone of a person changed.';

create or replace function secondline_rules.holiday_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_team bigint;
    v_person bigint;
    v_since date := least(new.on_date, old.on_date);
    v_until date := greatest(new.on_date, old.on_date);
begin
    foreach v_team in array case when old.team_id <> new.team_id then array[old.team_id, new.team_id]
                                 else array[coalesce(new.team_id, old.team_id)] end
    loop
        for v_person in
            select p.person_id from secondline.person p
             where p.team_id = v_team and p.deactivated_at is null order by p.person_id for no key update of p
        loop
            perform secondline_rules.compile_person(clock_timestamp(), v_person, v_since, v_until);
            perform secondline_rules.refresh_workdays(v_person, v_since, v_until);
            if exists (select from secondline.workday w where w.person_id = v_person and w.state in ('working', 'paused')) then
                perform secondline_rules.touch_person(clock_timestamp(), v_person);
            end if;
        end loop;
        -- elsewhere the day may begin up to two days before it does for the team
        perform secondline_rules.compile_team(clock_timestamp(), v_team, v_since - 2);
    end loop;
    return null;
end;
$$;
comment on function secondline_rules.holiday_changed() is 'Trigger: the holidays of a team changed.';

create or replace function secondline_rules.team_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    -- for whoever comes back, or to another team: holidays passed them by
    if tg_table_name = 'person' then
        if new.deactivated_at is null then
            perform secondline_rules.compile_person(clock_timestamp(), new.person_id);
            perform secondline_rules.refresh_workdays(new.person_id, null);
        end if;
    end if;
    if old.team_id <> new.team_id then
        perform secondline_rules.compile_team(clock_timestamp(), t.team_id)
           from (values (least(old.team_id, new.team_id)), (greatest(old.team_id, new.team_id))) t (team_id);
        return null;
    end if;
    perform secondline_rules.compile_team(clock_timestamp(), new.team_id);
    return null;
end;
$$;
comment on function secondline_rules.team_changed() is 'Trigger: the time zone of a team changed, or somebody left it or came to it.';

create or replace trigger working_hours_refresh_workday after insert or update or delete on secondline.working_hours
    for each row execute function secondline_rules.calendar_changed();
create or replace trigger absence_refresh_workday after insert or update or delete on secondline.absence
    for each row execute function secondline_rules.calendar_changed();
create or replace trigger person_refresh_workday after update of time_zone on secondline.person
    for each row when (old.time_zone <> new.time_zone) execute function secondline_rules.calendar_changed();
create or replace trigger person_left_calendar after update of deactivated_at, team_id on secondline.person
    for each row when (old.deactivated_at is distinct from new.deactivated_at or old.team_id <> new.team_id) execute function secondline_rules.team_changed();
create or replace trigger team_zone_calendar after update of time_zone on secondline.team
    for each row when (old.time_zone <> new.time_zone) execute function secondline_rules.team_changed();
create or replace trigger holiday_refresh_workday after insert or update or delete on secondline.holiday
    for each row execute function secondline_rules.holiday_changed();
