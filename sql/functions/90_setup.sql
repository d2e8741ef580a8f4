-- The public functions that set the department up. Callable by programs in secondline_app and by heads.

create or replace function secondline.add_team(name text, time_zone text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_team bigint;
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_line(name, 'name', 200);
    perform secondline_rules.require_zone(time_zone);
    insert into secondline.team (name, time_zone) values (add_team.name, add_team.time_zone)
    returning team_id into v_team;
    return v_team;
end;
$$;
comment on function secondline.add_team(text, text) is
    'Adds a team and returns its id. A program or a head may. Errors: 22023 a name that is blank, no single line or over 200 characters, or an unknown time zone, 23505 (team_name_unique) a team of this name exists.';

create or replace function secondline_rules.require_zone(p_zone text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    perform timestamptz 'epoch' at time zone secondline_rules.require_text(p_zone, 'time zone');
    -- POSIX would take UTC+3 for three hours west
    if p_zone ~ '[0-9<>,]' and p_zone !~ '^Etc/GMT[+-]?[0-9]+$' or p_zone ~ '^(right|posix)/' then
        raise invalid_parameter_value;
    end if;
exception when invalid_parameter_value then
    raise exception 'there is no time zone %', coalesce(quote_literal(p_zone), '(null)')
        using errcode = 'invalid_parameter_value', hint = 'Use a name of pg_timezone_names, for example Europe/Berlin.';
end;
$$;
comment on function secondline_rules.require_zone(text) is '22023, saying where to find the names, unless the time zone exists.';

create or replace function secondline.change_team(team bigint, name text default null, time_zone text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    if name is not null then
        perform secondline_rules.require_line(name, 'name', 200);
    end if;
    if time_zone is not null then
        perform secondline_rules.require_zone(time_zone);
    end if;
    update secondline.team t
       set name = coalesce(change_team.name, t.name), time_zone = coalesce(change_team.time_zone, t.time_zone) where t.team_id = team;
end;
$$;
comment on function secondline.change_team(bigint, text, text) is
    'Changes a team''s name, or the time zone of its stand-up, its holidays and the business time of its queues; what is null stays. Its people keep their own zones (change_person). A program or a head of the team may. Errors: P0002 no such team, 22023 a name that is blank, no single line or over 200 characters, or an unknown time zone, 23505 (team_name_unique) a team of this name exists.';

create or replace function secondline_rules.look_at_login(p_login text, p_group text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_login is not null then
        perform secondline_rules.require_text(p_login, 'login');
        if not exists (select from pg_catalog.pg_roles r where r.rolname = p_login) then
            raise notice 'there is no role % yet', p_login using hint = format('create role … login; grant %s to it.', p_group);
        end if;
    end if;
end;
$$;
comment on function secondline_rules.look_at_login(text, text) is
    'Refuses (22023) a blank login, and notices one that does not exist yet, with the role to grant to it; null is none.';

create or replace function secondline_rules.look_at_person_login(p_login text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    -- it would be a person from then on, who acts only for themselves
    if exists (
        select from pg_catalog.pg_roles r
         where r.rolname = p_login and (pg_has_role(r.oid, 'secondline_app', 'member') or pg_has_role(r.oid, 'secondline_daemon', 'member')
                                        or pg_has_role(r.oid, 'secondline_owner', 'member'))) then
        raise exception 'the login % is a program''s', p_login
            using errcode = 'insufficient_privilege', hint = 'Give the person a login of their own.';
    end if;
    perform secondline_rules.look_at_login(p_login, 'secondline_member');
end;
$$;
comment on function secondline_rules.look_at_person_login(text) is
    'As look_at_login for a person''s; 42501 for the login of a program or of a superuser.';

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
    perform secondline_rules.require_line(full_name, 'name', 200);
    perform secondline_rules.look_at_person_login(login);
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
    'Adds a person and returns their id; capacity in minutes of open work. A program or a head of the team may. Errors: P0002 no such team, 22023 a name that is blank, no single line or over 200 characters, or an unknown time zone, 23505 (person_login_unique) the login is somebody''s already, 42501 the login is a program''s or a superuser''s, 23514 a capacity below 0 or above 100,000.';

create or replace function secondline.change_person(
    person bigint, full_name text default null, role secondline.person_role default null, time_zone text default null, team bigint default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    if full_name is not null then
        perform secondline_rules.require_line(full_name, 'name', 200);
    end if;
    if time_zone is not null then
        perform secondline_rules.require_zone(time_zone);
    end if;
    if team is not null then
        perform secondline_rules.authorise_setup(team);
        perform secondline_rules.require_reader(null, team, null);
    end if;
    -- a day is one by the clock by which it was begun
    if change_person.time_zone <> (select p.time_zone from secondline.person p where p.person_id = person) and exists (
        select from secondline.workday w where w.person_id = person and w.state in ('working', 'paused')) then
        raise exception 'person % has an open workday', person
            using errcode = 'SL006', hint = 'Their day is that of the zone where they began it: change the zone when it has ended.';
    end if;
    update secondline.person p
       set full_name = coalesce(change_person.full_name, p.full_name), role = coalesce(change_person.role, p.role),
           time_zone = coalesce(change_person.time_zone, p.time_zone), team_id = coalesce(team, p.team_id)
     where p.person_id = person;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.change_person(bigint, text, secondline.person_role, text, bigint) is
    'Changes a person''s name, role, time zone or team; what is null stays, and so do their tickets, queues and hours (now by the clock of the new zone). Their days and reports go with them to the other team. A program or a head of the team may, of both teams for another one. Errors: P0002 no such person or team, 22023 a name that is blank, no single line or over 200 characters, or an unknown time zone, SL006 another zone during a workday, 42501 another team''s.';

create or replace function secondline.set_login(person bigint, login text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    perform secondline_rules.look_at_person_login(login);
    update secondline.person p set login = set_login.login where p.person_id = person;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.set_login(bigint, text) is
    'The database login with which a person acts for themselves; null takes it away. Grant it secondline_member, or secondline_head. A program or a head of the team may. Errors: P0002 no such person, 22023 a blank login, 23505 (person_login_unique, client_login_unique) the login is a person''s or a client''s already, 42501 it is a program''s or a superuser''s.';

create or replace function secondline.add_client(name text, account_manager bigint default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_client bigint;
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_line(name, 'name', 200);
    perform secondline_rules.require_here(account_manager);
    insert into secondline.client (name, account_manager_id) values (add_client.name, account_manager)
    returning client_id into v_client;
    return v_client;
end;
$$;
comment on function secondline.add_client(text, bigint) is
    'Adds a client with their account manager, if any, and returns their id. A program or a head may. Errors: 22023 a name that is blank, no single line or over 200 characters, P0002 no such person, SL006 they have left.';

create or replace function secondline.change_client(client bigint, name text default null, account_manager bigint default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_reader(null, null, client);
    if name is not null then
        perform secondline_rules.require_line(name, 'name', 200);
    end if;
    perform secondline_rules.require_here(account_manager);
    update secondline.client c
       set name = coalesce(change_client.name, c.name), account_manager_id = coalesce(account_manager, c.account_manager_id)
     where c.client_id = client;
    perform secondline_rules.hint();
end;
$$;
comment on function secondline.change_client(bigint, text, bigint) is
    'Changes a client''s name or account manager; what is null stays. What waits goes to the new manager, what somebody has stays theirs. A program or a head may. Errors: P0002 no such client or person, SL006 the person has left, 22023 a name that is blank, no single line or over 200 characters.';

create or replace function secondline.set_client_login(client bigint, login text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup();
    if client is null then
        raise exception 'there is no client (null)'
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.client, or add the client with secondline.add_client.';
    end if;
    perform secondline_rules.require_client(client);
    if exists (select from pg_catalog.pg_roles r cross join unnest(array['app', 'daemon', 'owner', 'member', 'reader']) g (name)
                where r.rolname = login and pg_has_role(r.oid, 'secondline_' || g.name, 'member')) then
        raise exception 'the login % is a program''s or a person''s', login
            using errcode = 'insufficient_privilege', hint = 'Give the client a login of their own, with secondline_client alone.';
    end if;
    perform secondline_rules.look_at_login(login, 'secondline_client');
    update secondline.client c set login = set_client_login.login where c.client_id = client;
end;
$$;
comment on function secondline.set_client_login(bigint, text) is
    'The database login with which a client sees and acts on their own tickets; null takes it away. Grant it secondline_client and nothing else of Secondline. A program or a head may. Errors: P0002 no such client, 22023 a blank login, 23505 (client_login_unique) the login is another client''s or a person''s, 42501 it has rights of a program or of people.';

create or replace function secondline.add_queue(
    name text, line integer default 2, effort_minutes integer default 75, required_skill text default null, team bigint default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_line(name, 'name', 200);
    if required_skill is not null then
        perform secondline_rules.require_line(required_skill, 'skill', 200);
    end if;
    insert into secondline.skill (name) select required_skill where required_skill is not null on conflict do nothing;
    if team is not null then
        perform secondline_rules.require_reader(null, team, null);
    end if;
    insert into secondline.queue (name, line, effort_minutes, required_skill, team_id)
    values (add_queue.name, coalesce(add_queue.line, 2), coalesce(add_queue.effort_minutes, 75), add_queue.required_skill,
            -- where there is one team, it is that team's
            coalesce(add_queue.team, (select min(t.team_id) from secondline.team t having count(*) = 1)));
end;
$$;
comment on function secondline.add_queue(text, integer, integer, text, bigint) is
    'Adds a queue: its line (1–3), the net minutes a ticket usually takes, the skill it needs, the team in whose business time its head starts count (the only team, where there is one). A program or a head (of that team) may. Errors: 22023 a name or skill that is blank, no single line or over 200 characters, 23505 (queue_pkey) it exists, 23514 a line or effort out of range, P0002 no such team.';

create or replace function secondline.set_queue_team(queue text, team bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    if team is not null then
        perform secondline_rules.require_reader(null, team, null);
    end if;
    update secondline.queue q set team_id = team where q.name = queue;
end;
$$;
comment on function secondline.set_queue_team(text, bigint) is
    'The team in whose business time a queue''s head starts count; null counts every hour. Takes effect at once for all that wait. A program or a head may. Errors: P0002 no such queue or team.';

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
    v_at timestamptz;
begin
    -- also one of another team, whom their own head has put there
    if secondline_rules.leads_queue(secondline_rules.acting_person(), queue) then
        v_at := secondline_rules.lock_person(person);
    else
        v_at := secondline_rules.authorise_setup_of(person);
    end if;
    perform secondline_rules.require_queue(queue);
    delete from secondline.queue_member m where m.queue = remove_member.queue and m.person_id = person;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.remove_member(text, bigint) is
    'Takes a person off a queue; tickets they have stay theirs. A program, a head of the team, or who leads the queue may. Errors: P0002 no such queue or person.';

create or replace function secondline.grant_skill(person bigint, skill text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_setup_of(person);
begin
    perform secondline_rules.require_line(skill, 'skill', 200);
    insert into secondline.skill (name) values (grant_skill.skill) on conflict do nothing;
    insert into secondline.person_skill (person_id, skill) values (person, grant_skill.skill) on conflict do nothing;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.grant_skill(bigint, text) is
    'Records that a person has a skill; again is harmless. A program or a head of the team may. Errors: P0002 no such person, 22023 a skill that is blank, no single line or over 200 characters.';

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
    elsif starts is null or ends is null or starts = ends or starts = '24:00' then
        raise exception 'working hours from % to % are empty', coalesce(starts::text, '(null)'), coalesce(ends::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'An end before the start means the next day; 00:00 to 24:00 is a whole day.';
    end if;
    -- seconds of the week, and the same span a week earlier and later, so that Sunday night meets Monday morning
    select w.* into v_other
      from secondline.working_hours w
     cross join lateral (select secondline_rules.week_span(w.weekday, w.starts, w.ends) as span) o
     cross join unnest(array[-604800, 0, 604800]) shifted (seconds)
     where w.person_id = person and not (w.weekday = set_working_hours.weekday and w.starts = set_working_hours.starts)
       and int4range(lower(o.span) + shifted.seconds, upper(o.span) + shifted.seconds)
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
    select int4range((p_weekday - 1) * 86400 + floor(extract(epoch from p_starts))::integer,
                     (p_weekday - case when p_ends <= p_starts then 0 else 1 end) * 86400 + ceil(extract(epoch from p_ends))::integer);
end;
comment on function secondline_rules.week_span(integer, time, time) is 'A span of working hours as seconds of the week.';

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
    elsif on_date is null or not isfinite(on_date) then
        raise exception 'a holiday on % is not possible', coalesce(on_date::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Give a day.';
    end if;
    insert into secondline.holiday (team_id, on_date) values (team, add_holiday.on_date) on conflict do nothing;
end;
$$;
comment on function secondline.add_holiday(bigint, date) is
    'Records a day on which a team does not work; again is harmless. A program or a head of the team may. Errors: P0002 no such team, 22023 no day.';

create or replace function secondline.remove_holiday(team bigint, on_date date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    delete from secondline.holiday h where h.team_id = team and h.on_date = remove_holiday.on_date;
end;
$$;
comment on function secondline.remove_holiday(bigint, date) is
    'Takes back a holiday of a team; where there is none it is harmless. A program or a head of the team may. Errors: P0002 no such team.';

create or replace function secondline_rules.require_ahead(p_person bigint, p_is_ahead boolean) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if not p_is_ahead and secondline_rules.acting_person() = p_person then
        raise exception 'an absence that has begun is not for person % to record', p_person
            using errcode = 'SL005', hint = 'The head or the deputy records it.';
    end if;
end;
$$;
comment on function secondline_rules.require_ahead(bigint, boolean) is
    'SL005 when people with a login of their own record an absence of theirs that has begun already: that would undo lateness and missing reports.';

create or replace function secondline.record_absence(
    person bigint, kind secondline.absence_kind, first_day date, last_day date
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_presence(person);
begin
    if first_day is null or last_day is null or not isfinite(first_day) or not isfinite(last_day)
       or last_day < first_day or last_day - first_day > 1100 or kind is null or first_day < '1970-01-01' or last_day > '2999-12-31' then
        raise exception 'an absence from % to % is not possible', coalesce(first_day::text, '(null)'), coalesce(last_day::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = format('Give its kind (%s), the first and the last day, at most three years apart.',
                                array_to_string(enum_range(null::secondline.absence_kind), ', '));
    end if;
    -- whoever has begun a day would be excused from it
    perform secondline_rules.require_ahead(person, first_day >= (v_at at time zone p.time_zone)::date and not exists (
                select from secondline.workday w where w.person_id = person and w.day between first_day and last_day))
       from secondline.person p where p.person_id = person;
    return secondline_rules.record_absence(v_at, person, kind, first_day, last_day, null, null);
end;
$$;
comment on function secondline.record_absence(bigint, secondline.absence_kind, date, date) is
    'Records whole days on which a person is away, in their time zone, and returns the absence''s id. A sick-leave excuses the workdays that it covers. The heads are told. The person, for days to come and for today before it has begun, a head of the team or a program may. Errors: P0002 no such person, 22023 the days end before they begin or are more than 1,100 days apart, 23P01 it overlaps another absence, SL005 their own, begun already.';

create or replace function secondline.record_absence_hours(
    person bigint, kind secondline.absence_kind, from_at timestamptz, to_at timestamptz
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_presence(person);
begin
    if from_at is null or to_at is null or not isfinite(from_at) or not isfinite(to_at)
       or to_at <= from_at or to_at - from_at > interval '1100 days' or kind is null or from_at < '1970-01-01' or to_at > '2999-12-31' then
        raise exception 'an absence from % to % is not possible', coalesce(from_at::text, '(null)'), coalesce(to_at::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = format('Give its kind (%s), a start and a later end, at most three years apart.',
                                array_to_string(enum_range(null::secondline.absence_kind), ', '));
    end if;
    perform secondline_rules.require_ahead(person, from_at >= v_at - interval '5 minutes');
    return secondline_rules.record_absence(v_at, person, kind, null, null, from_at, to_at);
end;
$$;
comment on function secondline.record_absence_hours(bigint, secondline.absence_kind, timestamptz, timestamptz) is
    'Records hours in which a person is away and returns the absence''s id. The heads are told. The person, for hours to come, a head of the team or a program may. Errors: P0002 no such person, 22023 it ends before it begins or lasts more than 1,100 days, 23P01 it overlaps another absence, SL005 their own, begun already.';

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
    perform secondline_rules.unexcuse_sick(v_at, v_person);
    perform secondline_rules.touch_person(v_at, v_person);
end;
$$;
comment on function secondline.cancel_absence(bigint) is
    'Takes an absence back; a workday that it excused asks for its report then. The person, a head of the team or a program may. Errors: P0002 no such absence, SL006 it is cancelled already.';

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
    perform secondline_rules.authorise_setup((select q.team_id from secondline.queue q where q.name = p_queue));
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

create or replace function secondline.set_routing(queue text, routing text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.change_queue(queue);
begin
    if routing is null or routing not in ('load', 'account_manager') then
        raise exception 'there is no routing %', coalesce(quote_literal(routing), '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Choose one of load, account_manager.';
    end if;
    update secondline.queue q set routing = set_routing.routing where q.name = queue;
    -- the next look says what they wait for now
    update secondline.blocker b set ended_at = greatest(v_at, b.since)
     where b.queue = set_routing.queue and b.ended_at is null and b.reason = 'awaits_manager';
end;
$$;
comment on function secondline.set_routing(text, text) is
    'How a queue gives its tickets away, also those that wait already: load, by load among its members; account_manager, to the manager of the ticket''s client, while they are absent to their substitute, by load where there is neither. A program or a head may. Errors: P0002 no such queue, 22023 no such routing.';

create or replace function secondline.set_accept_within(queue text, accept_within interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    if accept_within is null or accept_within not between interval '0' and interval '30 days' then
        raise exception 'an offer cannot stay untouched for %', coalesce(accept_within::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Give 0 (accepted at once) to 30 days, in business time of the queue.';
    end if;
    update secondline.queue q set accept_within = set_accept_within.accept_within where q.name = queue;
end;
$$;
comment on function secondline.set_accept_within(text, interval) is
    'How much business time of the queue an offer may stay untouched before it goes to the next person (60 minutes unless set); 0: from now on whoever gets a ticket has accepted it. A program or a head may. Errors: P0002 no such queue, 22023 none, a negative one or more than 30 days.';

create or replace function secondline.deactivate_person(person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_login text;
begin
    perform secondline_rules.authorise_setup((select p.team_id from secondline.person p where p.person_id = person));
    perform secondline_rules.deactivate(
        (select greatest(clock_timestamp(), p.changed_at) from secondline.person p where p.person_id = person), person);
    select p.login into v_login from secondline.person p join pg_catalog.pg_roles r on r.rolname = p.login where p.person_id = person;
    if found then
        raise notice 'the login % can still connect and read', quote_ident(v_login)
            using hint = format('Have the DBA drop the role, or revoke what it was granted: revoke secondline_member from %I.', v_login);
    end if;
end;
$$;
comment on function secondline.deactivate_person(bigint) is
    'A person leaves for good: their workday ends, their open tickets wait for somebody else, nothing is given to them any more. A program or a head of the team may. Errors: P0002 no such person, SL006 they have left already, 55P03 one of their tickets is being changed (try again).';

create or replace function secondline_rules.require_here(p_person bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_person is not null then
        perform secondline_rules.require_reader(p_person, null, null);
    end if;
end;
$$;
comment on function secondline_rules.require_here(bigint) is 'P0002 or SL006 unless the person, if one is named, works here.';

create or replace function secondline.set_head(team bigint, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    perform secondline_rules.require_here(person);
    update secondline.team t set head_id = person where t.team_id = team;
end;
$$;
comment on function secondline.set_head(bigint, bigint) is
    'Who leads a team besides its own people with the role head: a head may lead several teams. Null takes it back. A head of the team or a program may. Errors: P0002 no such team or person, SL006 the person has left.';

create or replace function secondline.set_deputy(team bigint, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    perform secondline_rules.require_here(person);
    update secondline.team t set deputy_id = person where t.team_id = team;
end;
$$;
comment on function secondline.set_deputy(bigint, bigint) is
    'Who may do what the head of a team may; null is nobody. A head of the team or a program may. Errors: P0002 no such team or person, SL006 the person has left.';

create or replace function secondline.set_lateness(
    team bigint, grace interval default '5 minutes', late_days integer default 3, late_window integer default 20
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    update secondline.team t
       set late_grace = grace, late_days = set_lateness.late_days, late_window = set_lateness.late_window where t.team_id = team;
end;
$$;
comment on function secondline.set_lateness(bigint, interval, integer, integer) is
    'From when a team''s people count as late (after the start of the shift), and how many late days of the last shifts are systematic. A head of the team or a program may. Errors: P0002 no such team, 23514 a grace below 0 or above a day, days outside of the window, a window above 366; 23502 one is missing.';

create or replace function secondline.set_reminder(team bigint, what text, which text, after interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    if after not between interval '-12 hours' and interval '12 hours' then
        raise exception 'a reminder % after that is not possible', after
            using errcode = 'invalid_parameter_value', hint = 'At most 12 hours before or after; null is never.';
    end if;
    update secondline.reminder_rule r set after = set_reminder.after
     where r.team_id = team and r.what = set_reminder.what and r.which = set_reminder.which;
    if not found then
        raise exception 'team % has no reminder % of %', team, coalesce(quote_literal(which), '(null)'), coalesce(quote_literal(what), '(null)')
            using errcode = 'no_data_found',
                  hint = 'Reminders: ' || (select string_agg(r.what || ' ' || r.which, ', ' order by r.what, r.which)
                                             from secondline.reminder_rule r where r.team_id = team) || '.';
    end if;
    perform secondline_rules.hint_workday();
end;
$$;
comment on function secondline.set_reminder(bigint, text, text, interval) is
    'When a team''s people are reminded: how long after what the row of secondline.reminder_rule says (negative: before); null is never. A head of the team or a program may. Errors: P0002 no such team or reminder, 22023 more than twelve hours, 23514 (reminder_rule_start_after_check) before the start.';

create or replace function secondline.set_standup(team bigint, weekdays integer[], at time) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    if exists (select from unnest(weekdays) w where w is null or w not between 1 and 7) or cardinality(weekdays) > 0 and at is null then
        raise exception 'a stand-up on weekdays % at % is not possible', weekdays, coalesce(at::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Weekdays are 1 Monday … 7 Sunday; the time is the team''s, such as 10:00.';
    end if;
    delete from secondline.standup s where s.team_id = team;
    insert into secondline.standup (team_id, weekday, at) select distinct team, w, set_standup.at from unnest(weekdays) w;
    perform secondline_rules.hint_workday();
end;
$$;
comment on function secondline.set_standup(bigint, integer[], time) is
    'When a team holds its stand-up: weekdays (1 Monday … 7 Sunday) and a time of day in the team''s time zone; no weekdays is none. The agenda is sent ten minutes before. A head of the team or a program may. Errors: P0002 no such team, 22023 no such weekday or no time.';

create or replace function secondline.set_regulation(
    queue text, kinds secondline.ticket_kind[] default null, description_length integer default 0, fields text[] default '{}',
    needs_priority boolean default false
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    insert into secondline.regulation as r (queue, kinds, description_length, fields, needs_priority)
    values (set_regulation.queue, nullif(set_regulation.kinds, '{}'), coalesce(set_regulation.description_length, 0),
            coalesce(set_regulation.fields, '{}'), coalesce(set_regulation.needs_priority, false))
    on conflict on constraint regulation_pkey do update
       set kinds = excluded.kinds, description_length = excluded.description_length, fields = excluded.fields,
           needs_priority = excluded.needs_priority;
end;
$$;
comment on function secondline.set_regulation(text, secondline.ticket_kind[], integer, text[], boolean) is
    'How colleagues must word tickets of a queue: kinds that belong there (null: all), the shortest description, fields that must be given (client, description, effort, skill), whether a priority must be chosen. From now on a colleague''s ticket that breaks it goes back to them with the reasons, a client''s to their account manager. A program or a head may. Errors: P0002 no such queue, 23514 an unknown field, or a length outside 0–10,000.';

create or replace function secondline.clear_regulation(queue text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    delete from secondline.misplaced_topic t where t.queue = clear_regulation.queue;
    delete from secondline.regulation r where r.queue = clear_regulation.queue;
end;
$$;
comment on function secondline.clear_regulation(text) is
    'A queue asks for nothing any more; tickets that went back stay with their authors. A program or a head may. Errors: P0002 no such queue.';

create or replace function secondline.set_misplaced_topic(queue text, pattern text, belongs_to text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    perform secondline_rules.require_text(pattern, 'pattern', 500);
    begin
        perform '' ~* pattern;
    exception when invalid_regular_expression then
        raise exception 'the pattern % is no regular expression: %', quote_literal(pattern), sqlerrm
            using errcode = 'invalid_parameter_value', hint = 'Words alone are one, such as invoice|billing.';
    end;
    -- the one thing in a pattern that can take for ever, in the insert of each ticket; an escaped backslash is none
    if regexp_replace(pattern, E'\\\\c.|\\\\\\\\', '', 'g') ~ E'\\\\[1-9]' then
        raise exception 'the pattern % refers back to a part of itself', quote_literal(pattern)
            using errcode = 'invalid_parameter_value', hint = E'Leave \\1 to \\9 out: looking for them in a long text may never end.';
    end if;
    delete from secondline.misplaced_topic t where t.queue = set_misplaced_topic.queue and t.pattern = set_misplaced_topic.pattern;
    if belongs_to is not null then
        perform secondline_rules.require_text(belongs_to, 'place where it belongs', 500);
        insert into secondline.regulation (queue) values (set_misplaced_topic.queue) on conflict do nothing;
        insert into secondline.misplaced_topic (queue, pattern, belongs_to)
        values (set_misplaced_topic.queue, set_misplaced_topic.pattern, set_misplaced_topic.belongs_to);
    end if;
end;
$$;
comment on function secondline.set_misplaced_topic(text, text, text) is
    'A topic that does not belong into a queue: a regular expression, whatever the case, for title or description, and where it belongs; null takes it back. A program or a head may. Errors: P0002 no such queue, 22023 no regular expression, or a text that is blank or over 500 characters.';
