-- Presence:  not started ── start ──▶ working ◀── resume / pause ──▶ paused;  working, paused ── end ──▶ ended ── start ──▶ working

create or replace function secondline_rules.open_workday(p_person bigint) returns secondline.workday
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
begin
    perform secondline_rules.lock_person(p_person);
    select * into w from secondline.workday x where x.person_id = p_person and x.ended_at is null;
    if not found then
        raise exception 'person % has no open workday', p_person
            using errcode = 'SL003', hint = 'Start it with secondline.start_workday.';
    end if;
    return w;
end;
$$;
comment on function secondline_rules.open_workday(bigint) is 'Locks a person and returns their open workday; SL003 when there is none.';

create or replace function secondline_rules.start_workday(p_at timestamptz, p_person bigint) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    p secondline.person;
    v_open date;
    v_day date;
    v_workday bigint;
begin
    perform secondline_rules.lock_person(p_person);
    select * into p from secondline.person x where x.person_id = p_person;
    if p.deactivated_at is not null then
        raise exception 'person % has left', p_person using errcode = 'SL006', hint = 'Add the person again if they came back.';
    end if;
    select w.day into v_open from secondline.workday w where w.person_id = p_person and w.ended_at is null;
    if found then
        raise exception 'the workday of % of person % is open already', v_open, p_person
            using errcode = 'SL006', hint = 'End it with secondline.end_workday before another one starts.';
    end if;
    -- a shift that began yesterday and lasts past midnight is yesterday's
    v_day := (p_at at time zone p.time_zone)::date;
    if secondline.shift(p_person, v_day - 1) @> p_at then
        v_day := v_day - 1;
    end if;
    insert into secondline.workday as w (person_id, day, started_at) values (p_person, v_day, p_at)
    on conflict (person_id, day) do update set ended_at = null
    returning w.workday_id into v_workday;
    perform secondline_rules.refresh_workday(p_person);
    perform secondline_rules.touch_person(p_at, p_person);
    return v_workday;
end;
$$;
comment on function secondline_rules.start_workday(timestamptz, bigint) is 'secondline.start_workday at an instant.';

create or replace function secondline_rules.pause_workday(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
begin
    if w.paused_at is not null then
        raise exception 'the workday of person % is paused already', p_person using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    update secondline.workday x set paused_at = p_at where x.workday_id = w.workday_id;
    perform secondline_rules.touch_person(p_at, p_person);
end;
$$;
comment on function secondline_rules.pause_workday(timestamptz, bigint) is 'secondline.pause_workday at an instant.';

create or replace function secondline_rules.resume_workday(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
begin
    if w.paused_at is null then
        raise exception 'the workday of person % is not paused', p_person using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    update secondline.workday x set paused_at = null where x.workday_id = w.workday_id;
    perform secondline_rules.touch_person(p_at, p_person);
end;
$$;
comment on function secondline_rules.resume_workday(timestamptz, bigint) is 'secondline.resume_workday at an instant.';

create or replace function secondline_rules.end_workday(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
begin
    update secondline.workday x set ended_at = greatest(p_at, x.started_at), paused_at = null where x.workday_id = w.workday_id;
    perform secondline_rules.touch_person(p_at, p_person);
end;
$$;
comment on function secondline_rules.end_workday(timestamptz, bigint) is 'secondline.end_workday at an instant.';
