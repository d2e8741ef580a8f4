-- What the workday duty calls.

insert into secondline.duty (name) values ('workday') on conflict do nothing;

create or replace function secondline_rules.compile_calendars(p_at timestamptz, p_limit integer) returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    -- wherever they are, it is this day or one beside it: what is due to none of these is not compiled over and over
    v_today date := (p_at at time zone 'UTC')::date;
    v_id bigint;
    v_compiled integer := 0;
begin
    for v_id in
        select p.person_id from secondline.calendar c join secondline.person p on p.person_id = c.person_id
         where c.to_day < v_today - 1 + secondline_rules.compiled_ahead() * 2 / 3 or c.from_day > v_today + 1
         order by p.person_id limit p_limit for no key update of p skip locked
    loop
        perform secondline_rules.compile_person(p_at, v_id);
        v_compiled := v_compiled + 1;
    end loop;
    for v_id in
        select t.team_id from secondline.calendar c join secondline.team t on t.team_id = c.team_id
         where c.to_day < v_today - 1 + secondline_rules.compiled_ahead() * 2 / 3 or c.from_day > v_today + 1
         order by t.team_id limit p_limit for no key update of t skip locked
    loop
        perform secondline_rules.compile_team(p_at, v_id, v_today);
        v_compiled := v_compiled + 1;
    end loop;
    return v_compiled;
end;
$$;
comment on function secondline_rules.compile_calendars(timestamptz, integer) is
    'Compiles calendars on that come to their end, at most so many of people and of teams; returns how many. Those that somebody is changing are left for the next time.';

create or replace function secondline_rules.is_over(p_at timestamptz, p_workday secondline.workday) returns boolean
language sql stable
begin atomic
    select p_workday.state in ('working', 'paused')
       and (exists (select from secondline.planned_shift s
                     where s.person_id = p_workday.person_id and s.day > p_workday.day and s.starts_at <= p_at)
            or p_workday.shift_ends_at is null and p_workday.started_at <= p_at - interval '24 hours');
end;
comment on function secondline_rules.is_over(timestamptz, secondline.workday) is
    'Whether an open workday should have ended: the next shift has begun, or, where none was planned, a day has passed.';

create or replace function secondline_rules.mark_overdue(p_at timestamptz, p_limit integer) returns table (person_id bigint, day date)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_person bigint;
    w secondline.workday;
begin
    -- whoever is locked is doing something about it now
    for v_person in
        select p.person_id from secondline.person p
         where p.person_id in (
               select x.person_id from secondline.workday x where secondline_rules.is_over(p_at, x))
         order by p.person_id limit p_limit for no key update skip locked
    loop
        for w in
            select x.* from secondline.workday x
             where x.person_id = v_person and secondline_rules.is_over(p_at, x)
        loop
            if secondline_rules.leave_overdue(p_at, w) then
                return query select w.person_id, w.day;
            end if;
        end loop;
    end loop;
end;
$$;
comment on function secondline_rules.mark_overdue(timestamptz, integer) is
    'Workdays that are still open when the next shift of the person has begun, or a day after their start where no shift was planned, become overdue.';

create or replace function secondline_rules.next_of_workday(p_at timestamptz) returns double precision
language sql stable
begin atomic
    select extract(epoch from least(
               (select min(r.due_at) from secondline_rules.due_reminder(p_at, '1 hour', null) r where r.due_at > p_at),
               (select min(s.starts_at) - interval '10 minutes' from secondline_rules.next_standup(p_at, '70 minutes') s
                 where s.starts_at > p_at + interval '10 minutes')) - p_at)::double precision;
end;
comment on function secondline_rules.next_of_workday(timestamptz) is
    'Seconds until the next reminder or agenda of the coming hour is due; null when there is none.';

create or replace function secondline_rules.run_workdays(p_at timestamptz, p_limit integer)
returns table (event text, person_id bigint, team_id bigint, day date, what text, which text, due_in double precision)
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
#variable_conflict use_column
declare
    v_more boolean;
    v_count bigint;
begin
    v_more := secondline_rules.compile_calendars(p_at, 20) >= 20;
    -- the head hears of a missing report before the next day takes its place
    return query select 'reminder', r.person_id, null::bigint, r.day, r.what, r.which, null::double precision
                   from secondline_rules.remind(p_at, null, p_limit) r;
    get diagnostics v_count = row_count;
    v_more := v_more or v_count >= p_limit;
    return query select 'overdue', o.person_id, null::bigint, o.day, null::text, null::text, null::double precision
                   from secondline_rules.mark_overdue(p_at, p_limit) o;
    get diagnostics v_count = row_count;
    v_more := v_more or v_count >= p_limit;
    return query select 'standup', null::bigint, s.team_id, s.day, null::text, null::text, null::double precision
                   from secondline_rules.announce_standups(p_at) s;
    return query select 'due', null::bigint, null::bigint, null::date, null::text, null::text,
                        case when v_more then 0 else secondline_rules.next_of_workday(p_at) end;
end;
$$;
comment on function secondline_rules.run_workdays(timestamptz, integer) is
    'Does what is due in people''s days: calendars compiled on, workdays overdue, stand-ups announced, reminders sent, at most so many of each. Returns a row for each that people may want to see in the log, and a last one, due, with the seconds until there is more, null for nothing within the hour.';
