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

create or replace function secondline_rules.planned_shift(p_person bigint, p_day date) returns tstzmultirange
language sql stable
begin atomic
    select case
        when exists (select from secondline.holiday h where h.team_id = p.team_id and h.on_date = p_day)
          or exists (select from secondline.absence a
                      where a.person_id = p.person_id and a.cancelled_at is null and p_day between a.first_day and a.last_day)
        then '{}'::tstzmultirange
        else coalesce((select range_agg(secondline_rules.planned_span(p_day, w.starts, w.ends, p.time_zone))
                         from secondline.working_hours w
                        where w.person_id = p.person_id and w.weekday = extract(isodow from p_day)), '{}'::tstzmultirange)
        end
      from secondline.person p where p.person_id = p_person;
end;
comment on function secondline_rules.planned_shift(bigint, date) is
    'The working hours of a person that begin on a day, less holidays and whole days off. Empty when nothing is planned.';

create or replace function secondline.shift(person bigint, day date) returns tstzmultirange
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select secondline_rules.planned_shift(shift.person, shift.day)
         - coalesce((select range_agg(tstzrange(a.from_at, a.to_at)) from secondline.absence a
                      where a.person_id = shift.person and a.cancelled_at is null and a.from_at is not null),
                    '{}'::tstzmultirange);
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
       and (a.last_day >= p_day or a.to_at > p_day - interval '2 days');
end;
comment on function secondline_rules.absent_during(bigint, date) is
    'When a person is absent from a workday on: for ever on a whole day off, else the hours and the later days recorded. Null when never.';

create or replace function secondline_rules.refresh_workday(p_person bigint) returns void
language sql volatile
begin atomic
    update secondline.workday w
           -- absences by the hour may leave nothing of a shift, which ends all the same
       set shift_ends_at = coalesce(upper(secondline.shift(w.person_id, w.day)),
                                    upper(secondline_rules.planned_shift(w.person_id, w.day))),
           absent = secondline_rules.absent_during(w.person_id, w.day)
     where w.person_id = p_person and w.ended_at is null;
end;
comment on function secondline_rules.refresh_workday(bigint) is
    'Brings the open workday of a person up to date with their hours, holidays and absences.';

create or replace function secondline_rules.calendar_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    -- a row that is moved to another person concerns both
    perform secondline_rules.lock_people(new.person_id, old.person_id);
    perform secondline_rules.refresh_workday(new.person_id);
    if old.person_id is distinct from new.person_id then
        perform secondline_rules.refresh_workday(old.person_id);
    end if;
    return null;
end;
$$;
comment on function secondline_rules.calendar_changed() is 'Trigger: hours, absences or the time zone of a person changed.';

create or replace function secondline_rules.holiday_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_person bigint;
begin
    for v_person in
        select p.person_id from secondline.person p
         where p.team_id = coalesce(new.team_id, old.team_id)
           and exists (select from secondline.workday w where w.person_id = p.person_id and w.ended_at is null)
         order by p.person_id for no key update of p
    loop
        perform secondline_rules.refresh_workday(v_person);
        perform secondline_rules.touch_person(clock_timestamp(), v_person);
    end loop;
    return null;
end;
$$;
comment on function secondline_rules.holiday_changed() is 'Trigger: the holidays of a team changed.';

create or replace trigger working_hours_refresh_workday after insert or update or delete on secondline.working_hours
    for each row execute function secondline_rules.calendar_changed();
create or replace trigger absence_refresh_workday after insert or update or delete on secondline.absence
    for each row execute function secondline_rules.calendar_changed();
create or replace trigger person_refresh_workday after update of time_zone on secondline.person
    for each row when (old.time_zone <> new.time_zone) execute function secondline_rules.calendar_changed();
create or replace trigger holiday_refresh_workday after insert or update or delete on secondline.holiday
    for each row execute function secondline_rules.holiday_changed();
