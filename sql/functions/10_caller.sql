-- Who calls, and the locks that every function takes first.

create or replace function secondline_rules.acting_person() returns bigint
language sql stable
begin atomic
    select p.person_id from secondline.person p where p.login = session_user
     order by p.deactivated_at nulls first limit 1;
end;
comment on function secondline_rules.acting_person() is 'The person whose login this session uses; null when it is a program''s.';

create or replace function secondline_rules.authorise(p_person bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    v_acting bigint := secondline_rules.acting_person();
begin
    if v_acting is null then
        if not pg_has_role(session_user, 'secondline_app', 'member') then
            raise exception 'the login % is no person here and no program that may act for people', session_user
                using errcode = 'insufficient_privilege',
                      hint = 'Give the login to a person (secondline.person.login) or grant it secondline_app.';
        end if;
    elsif v_acting is distinct from p_person then
        raise exception 'you are person % and may not act for person %', v_acting, coalesce(p_person::text, '(null)')
            using errcode = 'insufficient_privilege', hint = 'Pass your own person id.';
    elsif exists (select from secondline.person p where p.person_id = v_acting and p.deactivated_at is not null) then
        raise exception 'person % has left and may not act any more', v_acting
            using errcode = 'insufficient_privilege';
    end if;
    if p_person is null or not exists (select from secondline.person p where p.person_id = p_person) then
        raise exception 'there is no person %', coalesce(p_person::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.person.';
    end if;
end;
$$;
comment on function secondline_rules.authorise(bigint) is
    'Refuses (42501) unless the session may act for this person: their own login, or a program in secondline_app. P0002 when there is no such person.';

create or replace function secondline_rules.leads(p_head bigint, p_person bigint) returns boolean
language sql stable
begin atomic
    select exists (
        select from secondline.person h join secondline.person p on p.team_id = h.team_id
         where h.person_id = p_head and h.role = 'head' and h.deactivated_at is null and p.person_id = p_person
    );
end;
comment on function secondline_rules.leads(bigint, bigint) is 'Whether the first is head of the team of the second.';

create or replace function secondline_rules.authorise_setup(p_team bigint default null) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    v_acting bigint := secondline_rules.acting_person();
begin
    if v_acting is null then
        if not pg_has_role(session_user, 'secondline_app', 'member') then
            raise exception 'the login % may not change how the department is set up', session_user
                using errcode = 'insufficient_privilege',
                      hint = 'Use a login in secondline_app, or the login of a head.';
        end if;
    elsif not exists (
        select from secondline.person h
         where h.person_id = v_acting and h.role = 'head' and h.deactivated_at is null
           and (p_team is null or h.team_id = p_team)
    ) then
        raise exception 'person % is not head of %', v_acting, coalesce('team ' || p_team, 'a team')
            using errcode = 'insufficient_privilege', hint = 'Only a head of the team, or a program in secondline_app, may do this.';
    end if;
end;
$$;
comment on function secondline_rules.authorise_setup(bigint) is
    'Refuses (42501) unless the session is a program in secondline_app or a head (of this team, where one is given).';

create or replace function secondline_rules.authorise_setup_of(p_person bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup((select p.team_id from secondline.person p where p.person_id = p_person));
    return secondline_rules.lock_person(p_person);
end;
$$;
comment on function secondline_rules.authorise_setup_of(bigint) is
    'Refuses (42501) unless the session may change this person''s set-up; then locks the person and returns the time to use.';

create or replace function secondline_rules.lock_person(p_person bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_changed timestamptz;
begin
    select p.changed_at into v_changed
      from secondline.person p where p.person_id = p_person for no key update;
    if not found then
        raise exception 'there is no person %', coalesce(p_person::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.person.';
    end if;
    return greatest(clock_timestamp(), v_changed);
end;
$$;
comment on function secondline_rules.lock_person(bigint) is
    'Locks a person and returns the time to use: now, or their last change if that is later. P0002 when there is none.';

create or replace function secondline_rules.lock_ticket(p_ticket bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_changed timestamptz;
begin
    select t.changed_at into v_changed
      from secondline.ticket t where t.ticket_id = p_ticket for no key update;
    if not found then
        raise exception 'there is no ticket %', coalesce(p_ticket::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.ticket.';
    end if;
    return greatest(clock_timestamp(), v_changed);
end;
$$;
comment on function secondline_rules.lock_ticket(bigint) is
    'Locks a ticket and returns the time to use: now, or its last change if that is later. P0002 when there is none.';

create or replace function secondline_rules.require_queue(p_queue text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_queue is null or not exists (select from secondline.queue q where q.name = p_queue) then
        raise exception 'there is no queue %', coalesce(quote_literal(p_queue), '(null)')
            using errcode = 'no_data_found',
                  hint = coalesce('Queues: ' || (select string_agg(n.name, ', ') from (
                      select q.name from secondline.queue q order by q.name limit 20) n) || '.',
                      'There is no queue yet: add one with secondline.add_queue.');
    end if;
end;
$$;
comment on function secondline_rules.require_queue(text) is 'P0002, with the queues that exist, when there is no queue of this name.';

create or replace function secondline_rules.require_text(p_text text, p_what text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_text is null or p_text !~ '\S' then
        raise exception 'the % is empty', p_what
            using errcode = 'invalid_parameter_value', hint = format('Say something in the %s.', p_what);
    end if;
    return p_text;
end;
$$;
comment on function secondline_rules.require_text(text, text) is 'The text, or 22023 when it says nothing.';

create or replace function secondline_rules.hint() returns void
language sql volatile
begin atomic
    select pg_notify('secondline', 'assignment');
end;
comment on function secondline_rules.hint() is
    'Wakes the assignment duty when this transaction commits. A hint only: the daemon polls as well.';

create or replace function secondline_rules.touch_person(p_at timestamptz, p_person bigint) returns void
language sql volatile
begin atomic
    update secondline.person p set changed_at = greatest(p.changed_at, p_at) where p.person_id = p_person;
    select secondline_rules.hint();
end;
comment on function secondline_rules.touch_person(timestamptz, bigint) is
    'Records that something that decides a person''s eligibility changed, and wakes the assignment duty.';
