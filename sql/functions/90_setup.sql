-- The public functions that set the department up. Callable by programs in secondline_app and by heads.

create or replace function secondline.add_team(name text, time_zone text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_team bigint;
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_text(name, 'name');
    perform secondline_rules.require_zone(time_zone);
    insert into secondline.team (name, time_zone) values (add_team.name, add_team.time_zone)
    returning team_id into v_team;
    return v_team;
end;
$$;
comment on function secondline.add_team(text, text) is
    'Adds a team and returns its id. A program or a head may. Errors: 22023 blank name or unknown time zone, 23505 (team_name_unique) a team of this name exists.';

create or replace function secondline_rules.require_zone(p_zone text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    perform timestamptz 'epoch' at time zone secondline_rules.require_text(p_zone, 'time zone');
exception when invalid_parameter_value then
    raise exception 'there is no time zone %', coalesce(quote_literal(p_zone), '(null)')
        using errcode = 'invalid_parameter_value', hint = 'Use a name of pg_timezone_names, for example Europe/Berlin.';
end;
$$;
comment on function secondline_rules.require_zone(text) is '22023, saying where to find the names, unless the time zone exists.';

create or replace function secondline.add_person(
    team bigint, role secondline.person_role, full_name text, login text default null,
    capacity_minutes integer default 240, time_zone text default null
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_zone text;
    v_person bigint;
begin
    perform secondline_rules.authorise_setup(team);
    select t.time_zone into v_zone from secondline.team t where t.team_id = add_person.team;
    if not found then
        raise exception 'there is no team %', coalesce(team::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.team, or add the team with secondline.add_team.';
    end if;
    perform secondline_rules.require_text(full_name, 'name');
    -- a head could otherwise turn a program, or a DBA, into a person who acts only for themselves
    if secondline_rules.acting_person() is not null and exists (
        select from pg_catalog.pg_roles r where r.rolname = login and pg_has_role(r.oid, 'secondline_app', 'member')) then
        raise exception 'the login % is a program''s', login
            using errcode = 'insufficient_privilege', hint = 'Give the person a login of their own.';
    end if;
    if time_zone is not null then
        perform secondline_rules.require_zone(time_zone);
    end if;
    insert into secondline.person (team_id, role, full_name, login, capacity_minutes, time_zone)
    values (add_person.team, add_person.role, add_person.full_name, add_person.login,
            coalesce(add_person.capacity_minutes, 240), coalesce(add_person.time_zone, v_zone))
    returning person_id into v_person;
    return v_person;
end;
$$;
comment on function secondline.add_person(bigint, secondline.person_role, text, text, integer, text) is
    'Adds a person and returns their id; capacity in minutes of open work. A program or a head of the team may. Errors: P0002 no such team, 22023 blank name or unknown time zone, 23505 (person_login_unique) the login is somebody''s already, 42501 a head names the login of a program, 23514 a capacity below 0 or above 100,000.';

create or replace function secondline.add_client(name text, account_manager bigint default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_client bigint;
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_text(name, 'name');
    if account_manager is not null and not exists (
        select from secondline.person p where p.person_id = account_manager and p.deactivated_at is null) then
        raise exception 'there is no person %', account_manager
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.person.';
    end if;
    insert into secondline.client (name, account_manager_id) values (add_client.name, account_manager)
    returning client_id into v_client;
    return v_client;
end;
$$;
comment on function secondline.add_client(text, bigint) is
    'Adds a client with their account manager, if any, and returns their id. A program or a head may. Errors: 22023 blank name, P0002 no such person.';

create or replace function secondline.add_queue(
    name text, line integer default 2, effort_minutes integer default 75, required_skill text default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_text(name, 'name');
    insert into secondline.skill (name) select required_skill where required_skill is not null on conflict do nothing;
    insert into secondline.queue (name, line, effort_minutes, required_skill)
    values (add_queue.name, coalesce(add_queue.line, 2), coalesce(add_queue.effort_minutes, 75), add_queue.required_skill);
end;
$$;
comment on function secondline.add_queue(text, integer, integer, text) is
    'Adds a queue: its line (1–3), the net minutes a ticket usually takes, the skill it needs. A program or a head may. Errors: 22023 blank name, 23505 (queue_pkey) it exists, 23514 a line or effort out of range.';

create or replace function secondline.add_member(queue text, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    perform secondline_rules.require_queue(queue);
    insert into secondline.queue_member (queue, person_id) values (add_member.queue, person) on conflict do nothing;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.add_member(text, bigint) is
    'Makes a person work on a queue; again is harmless. A program or a head of the team may. Errors: P0002 no such queue or person.';

create or replace function secondline.remove_member(queue text, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    perform secondline_rules.require_queue(queue);
    delete from secondline.queue_member m where m.queue = remove_member.queue and m.person_id = person;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.remove_member(text, bigint) is
    'Takes a person off a queue; tickets they have stay theirs. A program or a head of the team may. Errors: P0002 no such queue or person.';

create or replace function secondline.grant_skill(person bigint, skill text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    perform secondline_rules.require_text(skill, 'skill');
    insert into secondline.skill (name) values (grant_skill.skill) on conflict do nothing;
    insert into secondline.person_skill (person_id, skill) values (person, grant_skill.skill) on conflict do nothing;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.grant_skill(bigint, text) is
    'Records that a person has a skill; again is harmless. A program or a head of the team may. Errors: P0002 no such person, 22023 blank skill.';

create or replace function secondline.revoke_skill(person bigint, skill text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    delete from secondline.person_skill k where k.person_id = person and k.skill = revoke_skill.skill;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.revoke_skill(bigint, text) is
    'Records that a person does not have a skill; again is harmless. A program or a head of the team may. Errors: P0002 no such person.';

create or replace function secondline.set_capacity(person bigint, minutes integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    update secondline.person p set capacity_minutes = minutes where p.person_id = person;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.set_capacity(bigint, integer) is
    'Sets how many minutes of open work the daemon may give a person, 0 for none; what they have stays. A program or a head of the team may. Errors: P0002 no such person, 23514 below 0 or above 100,000.';

create or replace function secondline.set_working_hours(person bigint, weekday integer, starts time, ends time) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
    v_other record;
begin
    if weekday not between 1 and 7 or weekday is null then
        raise exception 'there is no weekday %', coalesce(weekday::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = '1 is Monday, 7 is Sunday.';
    elsif starts is null or ends is null or starts = ends then
        raise exception 'working hours from % to % are empty', coalesce(starts::text, '(null)'), coalesce(ends::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'An end before the start means the next day; 00:00 to 24:00 is a whole day.';
    end if;
    -- minutes of the week, and the same span a week earlier and later, so that Sunday night meets Monday morning
    select w.* into v_other
      from secondline.working_hours w
     cross join lateral (select secondline_rules.week_span(w.weekday, w.starts, w.ends) as span) o
     cross join unnest(array[-10080, 0, 10080]) shifted (minutes)
     where w.person_id = person and not (w.weekday = set_working_hours.weekday and w.starts = set_working_hours.starts)
       and int4range(lower(o.span) + shifted.minutes, upper(o.span) + shifted.minutes)
           && secondline_rules.week_span(set_working_hours.weekday, set_working_hours.starts, set_working_hours.ends)
     limit 1;
    if found then
        raise exception 'working hours overlap those of weekday %, % to %', v_other.weekday, v_other.starts, v_other.ends
            using errcode = 'exclusion_violation', hint = 'Clear them first with secondline.clear_working_hours.';
    end if;
    insert into secondline.working_hours (person_id, weekday, starts, ends) values (person, weekday, starts, ends)
    on conflict on constraint working_hours_pkey do update set ends = excluded.ends;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.set_working_hours(bigint, integer, time, time) is
    'Adds a span of working hours on a weekday (1 Monday … 7 Sunday), in the person''s time zone; several spans a day are several calls, an end not after the start is on the next day, the same start again replaces the end. A program or a head of the team may. Errors: P0002 no such person, 22023 no such weekday or an empty span, 23P01 it overlaps another span.';

create or replace function secondline_rules.week_span(p_weekday integer, p_starts time, p_ends time) returns int4range
language sql immutable
begin atomic
    select int4range(s.lo, s.hi + case when s.hi <= s.lo then 1440 else 0 end)
      from (select (p_weekday - 1) * 1440 + (extract(epoch from p_starts) / 60)::integer as lo,
                   (p_weekday - 1) * 1440 + (extract(epoch from p_ends) / 60)::integer as hi) s;
end;
comment on function secondline_rules.week_span(integer, time, time) is 'A span of working hours as minutes of the week.';

create or replace function secondline.clear_working_hours(person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    delete from secondline.working_hours w where w.person_id = person;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.clear_working_hours(bigint) is
    'Removes all working hours of a person, who then gets tickets whenever their workday is open. A program or a head of the team may. Errors: P0002 no such person.';

create or replace function secondline.add_holiday(team bigint, on_date date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    if not exists (select from secondline.team t where t.team_id = add_holiday.team) then
        raise exception 'there is no team %', coalesce(team::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.team.';
    end if;
    insert into secondline.holiday (team_id, on_date) values (team, add_holiday.on_date) on conflict do nothing;
end;
$$;
comment on function secondline.add_holiday(bigint, date) is
    'Records a day on which a team does not work; again is harmless. A program or a head of the team may. Errors: P0002 no such team.';

create or replace function secondline.record_absence(
    person bigint, kind secondline.absence_kind, first_day date, last_day date
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_presence(person);
    v_absence bigint;
begin
    if first_day is null or last_day is null or not isfinite(first_day) or not isfinite(last_day)
       or last_day < first_day or last_day - first_day > 1100 then
        raise exception 'an absence from % to % is not possible', coalesce(first_day::text, '(null)'), coalesce(last_day::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Give the first and the last day, at most three years apart.';
    end if;
    insert into secondline.absence (person_id, kind, first_day, last_day, recorded_at)
    values (person, record_absence.kind, record_absence.first_day, record_absence.last_day, v_at)
    returning absence_id into v_absence;
    perform secondline_rules.touch_person(v_at, person);
    return v_absence;
end;
$$;
comment on function secondline.record_absence(bigint, secondline.absence_kind, date, date) is
    'Records whole days on which a person is away, in their time zone, and returns the absence''s id. The person, a head of the team or a program may. Errors: P0002 no such person, 22023 the days end before they begin or are more than 1,100 days apart.';

create or replace function secondline.record_absence_hours(
    person bigint, kind secondline.absence_kind, from_at timestamptz, to_at timestamptz
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_presence(person);
    v_absence bigint;
begin
    if from_at is null or to_at is null or not isfinite(from_at) or not isfinite(to_at)
       or to_at <= from_at or to_at - from_at > interval '1100 days' then
        raise exception 'an absence from % to % is not possible', coalesce(from_at::text, '(null)'), coalesce(to_at::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Give a start and a later end, at most three years apart.';
    end if;
    insert into secondline.absence (person_id, kind, from_at, to_at, recorded_at)
    values (person, record_absence_hours.kind, record_absence_hours.from_at, record_absence_hours.to_at, v_at)
    returning absence_id into v_absence;
    perform secondline_rules.touch_person(v_at, person);
    return v_absence;
end;
$$;
comment on function secondline.record_absence_hours(bigint, secondline.absence_kind, timestamptz, timestamptz) is
    'Records hours in which a person is away and returns the absence''s id. The person, a head of the team or a program may. Errors: P0002 no such person, 22023 it ends before it begins or lasts more than 1,100 days.';

create or replace function secondline.cancel_absence(absence bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_person bigint;
    v_at timestamptz;
begin
    select a.person_id into v_person from secondline.absence a where a.absence_id = absence;
    if not found then
        raise exception 'there is no absence %', coalesce(absence::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.absence.';
    end if;
    v_at := secondline_rules.authorise_presence(v_person);
    update secondline.absence a set cancelled_at = v_at where a.absence_id = absence and a.cancelled_at is null;
    if not found then
        raise exception 'absence % is cancelled already', absence using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    perform secondline_rules.touch_person(v_at, v_person);
end;
$$;
comment on function secondline.cancel_absence(bigint) is
    'Takes an absence back. The person, a head of the team or a program may. Errors: P0002 no such absence, SL006 it is cancelled already.';

create or replace function secondline_rules.authorise_presence(p_person bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if secondline_rules.leads(secondline_rules.acting_person(), p_person) is not true then
        perform secondline_rules.authorise(p_person);
    end if;
    return secondline_rules.lock_person(p_person);
end;
$$;
comment on function secondline_rules.authorise_presence(bigint) is
    'Refuses (42501) unless the session acts for this person or for a head of their team; then locks the person and returns the time to use.';

create or replace function secondline_rules.change_queue(p_queue text) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz;
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_queue(p_queue);
    update secondline.queue q set changed_at = greatest(clock_timestamp(), q.changed_at) where q.name = p_queue
    returning q.changed_at into v_at;
    perform secondline_rules.hint();
    return v_at;
end;
$$;
comment on function secondline_rules.change_queue(text) is
    'Refuses (42501, P0002) unless the session may change this queue; then locks it, wakes the assignment duty and returns the time to use.';

create or replace function secondline.pause_queue(queue text, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.change_queue(queue);
begin
    perform secondline_rules.require_text(reason, 'reason');
    update secondline.queue q set paused_at = coalesce(q.paused_at, v_at), pause_reason = reason where q.name = queue;
end;
$$;
comment on function secondline.pause_queue(text, text) is
    'Stops assigning from a queue; tickets still come in, and say that they wait for this. A program or a head may. Errors: P0002 no such queue, 22023 no reason.';

create or replace function secondline.resume_queue(queue text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    update secondline.queue q set paused_at = null, pause_reason = null where q.name = queue;
end;
$$;
comment on function secondline.resume_queue(text) is
    'Assigns from a queue again; harmless when it is not paused. A program or a head may. Errors: P0002 no such queue.';

create or replace function secondline.set_fair_limit(queue text, offers integer, within interval default '1 hour') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    update secondline.queue q set fair_limit = offers, fair_window = coalesce(within, '1 hour') where q.name = queue;
end;
$$;
comment on function secondline.set_fair_limit(text, integer, interval) is
    'At most so many offers per person within the window, so that the first to arrive do not get the whole morning''s backlog; counts from now on; null offers is no limit. A program or a head may. Errors: P0002 no such queue, 23514 a limit outside 1–1,000 or a window outside 1 ms–1 year.';

create or replace function secondline.set_starvation_bound(queue text, bound interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    update secondline.queue q set starvation_bound = bound where q.name = queue;
end;
$$;
comment on function secondline.set_starvation_bound(text, interval) is
    'How long a ticket may be passed over for want of room before a person is reserved for it (2 hours unless set). A program or a head may. Errors: P0002 no such queue, 23502 no bound, 23514 a negative one or more than a year.';

create or replace function secondline.set_head_start(queue text, priority secondline.priority, head_start interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    if priority is null then
        raise exception 'the priority is missing'
            using errcode = 'invalid_parameter_value',
                  hint = format('Choose one of %s.', array_to_string(enum_range(null::secondline.priority), ', '));
    end if;
    update secondline.queue q
       set urgent_head_start = case priority when 'urgent' then head_start else q.urgent_head_start end,
           high_head_start = case priority when 'high' then head_start else q.high_head_start end,
           normal_head_start = case priority when 'normal' then head_start else q.normal_head_start end,
           low_head_start = case priority when 'low' then head_start else q.low_head_start end
     where q.name = queue;
end;
$$;
comment on function secondline.set_head_start(text, secondline.priority, interval) is
    'How much older a ticket of this priority counts in the queue''s order; takes effect at once for all that wait. A program or a head may. Errors: P0002 no such queue, 22023 no priority, 23514 (queue_head_start_in_order_check) a lower priority would come before a higher one, (queue_head_start_bounded_check) beyond ten years.';

create or replace function secondline.deactivate_person(person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup((select p.team_id from secondline.person p where p.person_id = person));
    perform secondline_rules.deactivate(
        (select greatest(clock_timestamp(), p.changed_at) from secondline.person p where p.person_id = person), person);
end;
$$;
comment on function secondline.deactivate_person(bigint) is
    'A person leaves for good: their workday ends, their open tickets wait for somebody else, nothing is given to them any more. A program or a head of the team may. Errors: P0002 no such person, SL006 they have left already, 55P03 one of their tickets is being changed (try again).';
