-- Who calls, and the locks that every function takes first.

create or replace function secondline_rules.acting_person() returns bigint
language sql stable
begin atomic
    select p.person_id from secondline.person p where p.login = session_user
     order by p.deactivated_at nulls first limit 1;
end;
comment on function secondline_rules.acting_person() is 'The person whose login this session uses; null when it is a program''s.';

create or replace function secondline_rules.acting_client() returns bigint
language sql stable
begin atomic
    select c.client_id from secondline.client c where c.login = session_user;
end;
comment on function secondline_rules.acting_client() is 'The client whose login this session uses; null when it is nobody''s of them.';

create or replace function secondline_rules.speaks_for_people() returns boolean
language sql stable
begin atomic
    select secondline_rules.acting_person() is null and secondline_rules.acting_client() is null
       and pg_has_role(session_user, 'secondline_app', 'member');
end;
comment on function secondline_rules.speaks_for_people() is
    'Whether the session is a program that may act for people and clients; the login of a person or a client never is, whatever it was granted.';

create or replace function secondline_rules.login_is_free() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_table_name = 'client' and exists (select from secondline.person p where p.login = new.login)
       or tg_table_name = 'person' and exists (select from secondline.client c where c.login = new.login) then
        raise exception 'the login % is somebody else''s', new.login
            using errcode = 'unique_violation', constraint = 'client_login_unique', table = tg_table_name,
                  hint = 'A login is one person''s or one client''s: choose another.';
    end if;
    return new;
end;
$$;
comment on function secondline_rules.login_is_free() is 'Trigger: refuses (23505) a login that is a person''s and a client''s.';

create or replace trigger person_login_is_free before insert or update of login on secondline.person
    for each row when (new.login is not null) execute function secondline_rules.login_is_free();
create or replace trigger client_login_is_free before insert or update of login on secondline.client
    for each row when (new.login is not null) execute function secondline_rules.login_is_free();

create or replace function secondline_rules.authorise(p_person bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    v_acting bigint := secondline_rules.acting_person();
begin
    if v_acting is null then
        if not secondline_rules.speaks_for_people() then
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

create or replace function secondline_rules.leader(p_team bigint) returns setof bigint
language sql stable rows 2
begin atomic
    select h.person_id from secondline.team t
      join secondline.person h on h.team_id = t.team_id and h.role = 'head' or h.person_id in (t.head_id, t.deputy_id)
     where t.team_id = p_team and h.deactivated_at is null;
end;
comment on function secondline_rules.leader(bigint) is
    'Who may do what a head of this team may: its people with the role head, whoever leads it besides, and the deputy.';

create or replace function secondline_rules.leads(p_head bigint, p_person bigint) returns boolean
language sql stable
begin atomic
    select exists (
        select from secondline.person p cross join lateral secondline_rules.leader(p.team_id) l (person_id)
         where p.person_id = p_person and l.person_id = p_head
    );
end;
comment on function secondline_rules.leads(bigint, bigint) is 'Whether the first is head, or deputy, of the team of the second.';

create or replace function secondline_rules.leads_queue(p_head bigint, p_queue text) returns boolean
language sql stable
begin atomic
    select exists (
        select from secondline.queue q cross join lateral secondline_rules.leader(q.team_id) l (person_id)
         where q.name = p_queue and l.person_id = p_head
         union all
        -- nobody's: of those who work on it
        select from secondline.queue q
          join secondline.queue_member m on m.queue = q.name
          join secondline.person p on p.person_id = m.person_id and p.deactivated_at is null
         where q.name = p_queue and q.team_id is null and secondline_rules.leads(p_head, m.person_id));
end;
comment on function secondline_rules.leads_queue(bigint, text) is
    'Whether this person is head, or deputy, of the queue''s team; where it has none, of that of somebody who works on it.';

create or replace function secondline_rules.is_program() returns boolean
language sql stable
begin atomic
    select secondline_rules.acting_person() is null and secondline_rules.acting_client() is null
       and (pg_has_role(session_user, 'secondline_app', 'member') or pg_has_role(session_user, 'secondline_daemon', 'member')
            or pg_has_role(session_user, 'secondline_owner', 'member'));
end;
comment on function secondline_rules.is_program() is
    'Whether the session is a program, the daemon or a DBA, who see everybody''s days; a login that is nobody''s here sees none.';

create or replace function secondline_rules.visible_person() returns setof bigint
language sql stable rows 100
-- The acting person is looked up once a query.
begin atomic
    select p.person_id from secondline.person p
     where (select secondline_rules.is_program())
        or p.person_id = (select secondline_rules.acting_person())
        or exists (select from secondline_rules.leader(p.team_id) l (person_id) where l.person_id = (select secondline_rules.acting_person()));
end;
comment on function secondline_rules.visible_person() is
    'Whose days the session may see: with a login of their own people see theirs and those of the teams that they lead; programs see all.';

create or replace function secondline_rules.visible_team() returns setof bigint
language sql stable rows 10
begin atomic
    select t.team_id from secondline.team t
     where (select secondline_rules.is_program())
        or exists (select from secondline.person p
                    where p.person_id = (select secondline_rules.acting_person()) and p.deactivated_at is null and p.team_id = t.team_id)
        or exists (select from secondline_rules.leader(t.team_id) l (person_id) where l.person_id = (select secondline_rules.acting_person()));
end;
comment on function secondline_rules.visible_team() is
    'Whose stand-ups the session may see: with a login of their own people see those of their team and of those that they lead; programs see all.';

create or replace function secondline_rules.visible_client() returns setof bigint
language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp
-- definer: a client reads no table. One row, so that the planner looks up each client's tickets.
begin atomic
    select c.client_id from secondline.client c
     where (select secondline_rules.is_program())
        or c.login = session_user
        or exists (select from secondline.person p
                    where p.person_id = (select secondline_rules.acting_person()) and p.deactivated_at is null
                      and (p.person_id = c.account_manager_id or p.role = 'head'
                           or exists (select from secondline.team t where p.person_id in (t.head_id, t.deputy_id))));
end;
comment on function secondline_rules.visible_client() is
    'Whose tickets the session may see as their client does: with a login of their own clients their own, account managers those of their clients, heads and deputies all; programs see all.';

create or replace function secondline_rules.own_person() returns setof bigint
language sql stable rows 100
begin atomic
    select p.person_id from secondline.person p
     where p.person_id = (select secondline_rules.acting_person())
        or (select secondline_rules.is_program());
end;
comment on function secondline_rules.own_person() is 'The person whose login this session uses; for programs everybody.';

create or replace function secondline_rules.authorise_setup(p_team bigint default null) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    v_acting bigint := secondline_rules.acting_person();
begin
    if v_acting is null then
        if not secondline_rules.speaks_for_people() then
            raise exception 'the login % may not change how the department is set up', session_user
                using errcode = 'insufficient_privilege',
                      hint = 'Use a login in secondline_app, or the login of a head.';
        end if;
    elsif not exists (
        select from secondline.team t cross join lateral secondline_rules.leader(t.team_id) l (person_id)
         where l.person_id = v_acting and (p_team is null or t.team_id = p_team)
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
declare
    v_at timestamptz;
begin
    perform secondline_rules.authorise_setup((select p.team_id from secondline.person p where p.person_id = p_person));
    v_at := secondline_rules.lock_person(p_person);
    -- they may have gone to another team meanwhile
    perform secondline_rules.authorise_setup((select p.team_id from secondline.person p where p.person_id = p_person));
    return v_at;
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

create or replace function secondline_rules.require_length(p_text text, p_what text, p_most integer) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    if length(p_text) > p_most then
        raise exception 'the % has % characters, more than %', p_what, length(p_text), p_most
            using errcode = 'invalid_parameter_value', hint = 'Shorten it.';
    end if;
    return p_text;
end;
$$;
comment on function secondline_rules.require_length(text, text, integer) is 'The text, which may be null or blank, or 22023 when it has more characters than this.';

-- without a limit before
drop function if exists secondline_rules.require_text(text, text);

-- what the journal holds, unless the column holds less
create or replace function secondline_rules.require_text(p_text text, p_what text, p_most integer default 262144) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    -- what cannot be seen says nothing
    if p_text is null or translate(p_text, E'\u00AD\u200B\u200C\u200D\u2060\uFEFF', '') !~ E'\\S' then
        raise exception 'the % is empty', p_what
            using errcode = 'invalid_parameter_value', hint = format('Say something in the %s.', p_what);
    end if;
    return secondline_rules.require_length(p_text, p_what, p_most);
end;
$$;
comment on function secondline_rules.require_text(text, text, integer) is 'The text, or 22023 when it says nothing or has more characters than this.';

create or replace function secondline_rules.require_line(p_text text, p_what text, p_most integer) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.require_text(p_text, p_what, p_most);
    if p_text ~ '[[:cntrl:]]' then
        raise exception 'the % contains control characters', p_what
            using errcode = 'invalid_parameter_value', hint = 'Write it in one line: remove line breaks, tabs and the like.';
    end if;
    return p_text;
end;
$$;
comment on function secondline_rules.require_line(text, text, integer) is 'The text, or 22023 when it says nothing, is no single line or has more characters than this.';

create or replace function secondline_rules.require_printable(p_text text, p_what text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    if translate(p_text, E'\t\n\r', '') ~ '[[:cntrl:]]' then
        raise exception 'the % contains control characters', p_what
            using errcode = 'invalid_parameter_value', hint = 'Only tabs and line breaks may stand in it: remove the others.';
    end if;
    return p_text;
end;
$$;
comment on function secondline_rules.require_printable(text, text) is 'The text, or 22023 when it has control characters other than tabs and line breaks.';

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
