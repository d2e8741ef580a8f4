-- The workday of a person.
--
--   not started ── start ──▶ working ◀── resume / pause ──▶ paused
--                               │ ▲                           │
--                               │ └─ start, within the shift ─┼──────────────┐
--                               ├──── end: plan and report ───┴──────────▶ ended
--                               ├──── the next one starts ──▶ overdue ─ report ─▲
--                               └──── excused by the head or a sick-leave ──▶ excused ◀── overdue
--
--   A sick-leave that is taken back: excused ──▶ overdue ── start, within the shift ──▶ working

create or replace function secondline_rules.workday_day(p_at timestamptz, p_person bigint) returns date
language sql stable
-- a shift that began yesterday and lasts past midnight is yesterday's
begin atomic
    select case when secondline.shift(p_person, d.day - 1) @> p_at then d.day - 1 else d.day end
      from (select (p_at at time zone p.time_zone)::date as day from secondline.person p where p.person_id = p_person) d;
end;
comment on function secondline_rules.workday_day(timestamptz, bigint) is 'The day for which work at an instant counts.';

create or replace function secondline_rules.is_sick(p_person bigint, p_day date) returns boolean
language sql stable
begin atomic
    select exists (select from secondline.absence a
                    where a.person_id = p_person and a.kind = 'sick' and a.cancelled_at is null and p_day between a.first_day and a.last_day);
end;
comment on function secondline_rules.is_sick(bigint, date) is 'Whether a sick-leave is recorded for the whole day.';

create or replace function secondline_rules.missing(p_workday secondline.workday) returns text[]
language sql stable
begin atomic
    select case when p_workday.planned_at is null and p_workday.state <> 'overdue' then array['plan'] else '{}' end
        || array(select 'task ' || t.task_id from secondline.task t
                  where t.person_id = p_workday.person_id and t.day = p_workday.day and t.outcome is null and t.dropped_at is null
                  order by t.task_id)
        || case when not exists (select from secondline.report r where r.person_id = p_workday.person_id and r.day = p_workday.day)
                then array['report'] else '{}' end
        || array(select 'day ' || to_char(w.day, 'YYYY-MM-DD') from secondline.workday w
                  where w.person_id = p_workday.person_id and w.state = 'overdue' and w.day < p_workday.day
                    and p_workday.state <> 'overdue' order by w.day);
end;
comment on function secondline_rules.missing(secondline.workday) is
    'What keeps a workday from ending: plan, task and the id of one without outcome, report, day and the date of an earlier one that is overdue. An overdue day ends with its own report: no plan is asked for it any more, and no earlier day.';

create or replace function secondline_rules.guard_workday() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_missing text[];
begin
    if tg_op = 'DELETE' then
        if old.state in ('working', 'paused', 'overdue') then
            raise exception 'the workday % of person % has no report', old.day, old.person_id
                using errcode = 'SL001', hint = 'It ends with a report, or is excused.';
        end if;
        return old;
    elsif tg_op = 'UPDATE' and (new.person_id, new.day) <> (old.person_id, old.day) then
        raise exception 'the workday % of person % is theirs and of that day', old.day, old.person_id
            using errcode = 'SL006', hint = 'secondline.correct_workday mends a wrong record.';
    elsif tg_op = 'UPDATE' and new.state = old.state then
        return new;
    elsif tg_op = 'UPDATE' and (old.state, new.state) not in (
        ('working', 'paused'), ('paused', 'working'), ('working', 'ended'), ('paused', 'ended'), ('working', 'overdue'), ('paused', 'overdue'),
        ('overdue', 'ended'), ('working', 'excused'), ('paused', 'excused'), ('overdue', 'excused'), ('ended', 'working'), ('excused', 'working'),
        ('excused', 'overdue'), ('overdue', 'working')
    ) then
        raise exception 'the workday % of person % is %, and cannot become %', old.day, old.person_id, old.state, new.state
            using errcode = 'SL006', hint = 'Use the functions of secondline: start_workday, end_workday and so on.';
    end if;
    if new.state = 'ended' then
        v_missing := secondline_rules.missing(case when tg_op = 'UPDATE' then old else new end);
        if v_missing <> '{}' then
            raise exception 'the workday % of person % does not end without: %', new.day, new.person_id, array_to_string(v_missing, ', ')
                using errcode = 'SL001',
                      hint = 'Plan with secondline.submit_plan, report with report_task and submit_report; a head may excuse_workday.';
        end if;
    elsif new.state = 'excused' and not (case
        when new.excused_by is not null then secondline_rules.leads(new.excused_by, new.person_id) and new.excused_by <> new.person_id
        else secondline_rules.is_sick(new.person_id, new.day)
             or exists (select from secondline.person p where p.person_id = new.person_id and p.deactivated_at is not null) end
        -- and said so: the last that the journal tells of the day
        and exists (select from secondline.workday_journal j
                     where j.person_id = new.person_id and j.day = new.day and j.event = 'excused'
                       and j.by_person_id is not distinct from new.excused_by
                       and j.entry_id = (select max(x.entry_id) from secondline.workday_journal x
                                          where x.person_id = new.person_id and x.day = new.day)))
    then
        raise exception 'nobody excused the workday % of person %', new.day, new.person_id
            using errcode = 'SL001', hint = 'Another head of the team, or the deputy, may: secondline.excuse_workday.';
    elsif new.state = 'overdue' and tg_op = 'INSERT' then
        raise exception 'a workday begins with its start' using errcode = 'SL006', hint = 'Use secondline.start_workday.';
    end if;
    return new;
end;
$$;
comment on function secondline_rules.guard_workday() is
    'Trigger: no report, no end of the workday, whoever writes; and only the ways that the states have.';

create or replace trigger workday_guard before insert or update or delete on secondline.workday
    for each row execute function secondline_rules.guard_workday();

create or replace function secondline_rules.change_workday(
    p_at timestamptz, p_workday secondline.workday, p_state secondline.workday_state, p_event text, p_by bigint,
    p_note text default null, p_ended_at timestamptz default null
) returns void
language sql volatile
begin atomic
    insert into secondline.workday_journal (person_id, day, at, event, by_person_id, from_state, to_state, note)
    values (p_workday.person_id, p_workday.day, p_at, p_event, p_by, p_workday.state, p_state, p_note);
    update secondline.workday w
       set state = p_state,
           paused_at = case when p_state = 'paused' then p_at end,
           ended_at = case when p_state in ('ended', 'excused') then greatest(coalesce(p_ended_at, p_at), w.started_at) end,
           excused_by = case when p_state = 'excused' then p_by end,
           excuse = case when p_state = 'excused' then p_note end
     where w.workday_id = p_workday.workday_id;
    -- whoever stops working for the day may have something that cannot wait
    select secondline_rules.note_departure(p_workday.person_id, p_at)
     where p_state not in ('working', 'paused') and p_workday.state in ('working', 'paused');
    select secondline_rules.touch_person(p_at, p_workday.person_id);
end;
comment on function secondline_rules.change_workday(
    timestamptz, secondline.workday, secondline.workday_state, text, bigint, text, timestamptz
) is 'The one writer of a workday''s state after its start: changes and journals it, and wakes the assignment duty.';

create or replace function secondline_rules.open_workday(p_person bigint) returns secondline.workday
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
begin
    perform secondline_rules.lock_person(p_person);
    select * into w from secondline.workday x where x.person_id = p_person and x.state in ('working', 'paused');
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
    v_day date;
    w secondline.workday;
    v_open secondline.workday;
begin
    perform secondline_rules.lock_person(p_person);
    if exists (select from secondline.person x where x.person_id = p_person and x.deactivated_at is not null) then
        raise exception 'person % has left', p_person using errcode = 'SL006', hint = 'Add the person again if they came back.';
    end if;
    v_day := secondline_rules.workday_day(p_at, p_person);
    select * into w from secondline.workday x where x.person_id = p_person and x.day = v_day;
    select * into v_open from secondline.workday x where x.person_id = p_person and x.state in ('working', 'paused');
    if v_open.day >= v_day then
        raise exception 'the workday of % of person % is open already', v_open.day, p_person
            using errcode = 'SL006', hint = 'End it with secondline.end_workday before another one starts.';
    elsif secondline_rules.is_sick(p_person, v_day) then
        raise exception 'person % is on sick-leave on %', p_person, v_day
            using errcode = 'SL006', hint = 'Take it back with secondline.cancel_absence if the person is back.';
    elsif w.state is not null and w.shift_ends_at <= p_at then
        raise exception 'the workday of % of person % has ended, and so has the shift', v_day, p_person
            using errcode = 'SL006', hint = 'A wrong record is mended with secondline.correct_workday.';
    elsif w.state = 'excused' and w.excused_by is not null then
        raise exception 'the workday of % of person % is excused: %', v_day, p_person, w.excuse
            using errcode = 'SL006', hint = 'What a head excused stays so.';
    end if;
    if v_open.workday_id is not null then
        perform secondline_rules.leave_overdue(p_at, v_open);
    end if;
    if w.workday_id is not null then
        perform secondline_rules.change_workday(p_at, w, 'working', 'reopened', p_person);
    else
        insert into secondline.workday (person_id, day, started_at) values (p_person, v_day, p_at) returning * into w;
        insert into secondline.workday_journal (person_id, day, at, event, by_person_id, to_state)
        values (p_person, v_day, p_at, 'started', p_person, 'working');
        perform secondline_rules.touch_person(p_at, p_person);
    end if;
    perform secondline_rules.refresh_workdays(p_person, v_day);
    perform secondline_rules.remind(p_at, p_person, null);
    perform secondline_rules.ask_for_overdue(p_at, p_person, v_day);
    return w.workday_id;
end;
$$;
comment on function secondline_rules.start_workday(timestamptz, bigint) is 'secondline.start_workday at an instant.';

create or replace function secondline_rules.pause_workday(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
begin
    if w.state = 'paused' then
        raise exception 'the workday of person % is paused already', p_person using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    perform secondline_rules.change_workday(p_at, w, 'paused', 'paused', p_person);
end;
$$;
comment on function secondline_rules.pause_workday(timestamptz, bigint) is 'secondline.pause_workday at an instant.';

create or replace function secondline_rules.resume_workday(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
begin
    if w.state <> 'paused' then
        raise exception 'the workday of person % is not paused', p_person using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    perform secondline_rules.change_workday(p_at, w, 'working', 'resumed', p_person);
end;
$$;
comment on function secondline_rules.resume_workday(timestamptz, bigint) is 'secondline.resume_workday at an instant.';

create or replace function secondline_rules.end_workday(p_at timestamptz, p_person bigint, out ended boolean, out missing text[])
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
begin
    missing := secondline_rules.missing(w);
    ended := missing = '{}' or secondline_rules.is_sick(p_person, w.day);
    if missing = '{}' then
        perform secondline_rules.change_workday(p_at, w, 'ended', 'ended', p_person);
    elsif ended then
        perform secondline_rules.excuse_sick(p_at, p_person);
    else
        insert into secondline.workday_journal (person_id, day, at, event, by_person_id, from_state, to_state, note)
        values (p_person, w.day, p_at, 'end_refused', p_person, w.state, w.state, left(array_to_string(missing, ', '), 4000));
        if w.planned_at is null then
            perform secondline_rules.remind_of(p_at, w, 'plan', 'attempt');
        end if;
        perform secondline_rules.remind_of(p_at, w, 'report', 'attempt');
    end if;
end;
$$;
comment on function secondline_rules.end_workday(timestamptz, bigint) is 'secondline.end_workday at an instant.';

create or replace function secondline_rules.excuse_workday(
    p_at timestamptz, p_person bigint, p_head bigint, p_reason text, p_day date
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
begin
    perform secondline_rules.lock_person(p_person);
    perform secondline_rules.require_leader(p_head, p_person);
    perform secondline_rules.require_text(p_reason, 'reason', 4000);
    select * into w from secondline.workday x
     where x.person_id = p_person and x.state in ('working', 'paused', 'overdue') and (p_day is null or x.day = p_day)
     order by x.day limit 1;
    if not found then
        raise exception 'person % has no workday% to excuse', p_person, coalesce(' ' || p_day, '')
            using errcode = 'SL003', hint = 'Only an open or an overdue workday needs it.';
    end if;
    perform secondline_rules.change_workday(p_at, w, 'excused', 'excused', p_head, p_reason, secondline_rules.left_at(p_at, w));
end;
$$;
comment on function secondline_rules.excuse_workday(timestamptz, bigint, bigint, text, date) is 'secondline.excuse_workday at an instant.';

create or replace function secondline_rules.left_at(p_at timestamptz, p_workday secondline.workday) returns timestamptz
language sql stable
begin atomic
    -- nobody saw them leave
    select case when p_workday.state = 'overdue' then least(coalesce(
               p_workday.shift_ends_at,
               (select max(j.at) from secondline.workday_journal j
                 where j.person_id = p_workday.person_id and j.day = p_workday.day
                   and j.from_state in ('working', 'paused') and j.to_state <> 'overdue'),
               p_workday.started_at), p_at) else p_at end;
end;
comment on function secondline_rules.left_at(timestamptz, secondline.workday) is
    'When a workday that ends now ended for the person: an overdue one with its shift, or where none was planned, when they were last known to be at work.';

create or replace function secondline_rules.excuse_sick(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
begin
    for w in
        select x.* from secondline.workday x
         where x.person_id = p_person and x.state in ('working', 'paused', 'overdue') and secondline_rules.is_sick(x.person_id, x.day)
         order by x.day
    loop
        perform secondline_rules.change_workday(p_at, w, 'excused', 'excused', null, 'sick-leave', secondline_rules.left_at(p_at, w));
    end loop;
end;
$$;
comment on function secondline_rules.excuse_sick(timestamptz, bigint) is 'A sick-leave excuses the workdays for which it is recorded.';

create or replace function secondline_rules.leave_overdue(p_at timestamptz, p_workday secondline.workday) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_workday(p_at, p_workday, 'overdue', 'overdue', null);
    perform secondline_rules.close_overdue(p_at, p_workday.person_id, p_workday.day);
    return exists (select from secondline.workday w where w.workday_id = p_workday.workday_id and w.state = 'overdue');
end;
$$;
comment on function secondline_rules.leave_overdue(timestamptz, secondline.workday) is
    'The next workday begins: an open one becomes overdue, and ends at once when its report is there. Whether it stays overdue.';

create or replace function secondline_rules.unexcuse_sick(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
begin
    for w in
        select x.* from secondline.workday x join secondline.person p on p.person_id = x.person_id and p.deactivated_at is null
         where x.person_id = p_person and x.state = 'excused' and x.excused_by is null and not secondline_rules.is_sick(x.person_id, x.day)
         order by x.day
    loop
        perform secondline_rules.change_workday(p_at, w, 'overdue', 'overdue', null, 'the sick-leave was taken back');
        perform secondline_rules.close_overdue(p_at, p_person, w.day);
    end loop;
end;
$$;
comment on function secondline_rules.unexcuse_sick(timestamptz, bigint) is
    'Workdays that a sick-leave excused ask for their report when it was taken back.';

create or replace function secondline_rules.close_overdue(p_at timestamptz, p_person bigint, p_day date) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
begin
    select * into w from secondline.workday x where x.person_id = p_person and x.day = p_day and x.state = 'overdue';
    if found and secondline_rules.missing(w) = '{}' then
        perform secondline_rules.change_workday(p_at, w, 'ended', 'ended', p_person, null, secondline_rules.left_at(p_at, w));
    end if;
end;
$$;
comment on function secondline_rules.close_overdue(timestamptz, bigint, date) is 'An overdue workday ends when its report is complete.';

create or replace function secondline_rules.require_leader(p_head bigint, p_person bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_head = p_person or secondline_rules.leads(p_head, p_person) is not true then
        raise exception 'person % does not lead person %', coalesce(p_head::text, '(null)'), p_person
            using errcode = 'SL005', hint = 'A head of their team or the deputy may, not they themselves.';
    end if;
end;
$$;
comment on function secondline_rules.require_leader(bigint, bigint) is
    'SL005 unless the first is head or deputy of the team of the second, and somebody else.';

create or replace function secondline_rules.correct_workday(
    p_at timestamptz, p_person bigint, p_head bigint, p_started_at timestamptz, p_ended_at timestamptz, p_reason text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
    v_day date;
    v_other date;
begin
    perform secondline_rules.lock_person(p_person);
    perform secondline_rules.require_leader(p_head, p_person);
    perform secondline_rules.require_text(p_reason, 'reason', 3900);
    if p_started_at is null or not isfinite(p_started_at) or not isfinite(p_ended_at)
       or greatest(p_started_at, p_ended_at) > p_at or p_ended_at <= p_started_at then
        raise exception 'a workday from % to % is not possible', coalesce(p_started_at::text, '(null)'), coalesce(p_ended_at::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Give its start and a later end, neither of them in the future.';
    end if;
    v_day := secondline_rules.workday_day(p_started_at, p_person);
    select * into w from secondline.workday x where x.person_id = p_person and x.day = v_day;
    if not found then
        raise exception 'person % has no workday %', p_person, v_day
            using errcode = 'no_data_found', hint = 'A workday begins with secondline.start_workday; only its times can be mended.';
    end if;
    if coalesce(p_ended_at, w.ended_at) <= p_started_at then
        raise exception 'a workday from % to % is not possible', p_started_at, coalesce(p_ended_at, w.ended_at)
            using errcode = 'invalid_parameter_value', hint = 'Give its end too.';
    end if;
    select x.day into v_other from secondline.workday x
     where x.person_id = p_person and x.workday_id <> w.workday_id
       -- nobody saw them leave an overdue one
       and tstzrange(x.started_at, greatest(coalesce(x.ended_at, x.shift_ends_at), x.started_at), '[]')
           && tstzrange(p_started_at, greatest(p_started_at, coalesce(p_ended_at, w.ended_at, secondline_rules.left_at(p_at, w))))
     limit 1;
    if found then
        raise exception 'that would overlap the workday %', v_other
            using errcode = 'exclusion_violation', hint = 'Correct that one first.';
    end if;
    if p_ended_at is not null and w.ended_at is null then
        -- the gate holds for a head as well
        perform secondline_rules.change_workday(p_at, w, 'ended', 'ended', p_head, 'corrected', p_ended_at);
    end if;
    update secondline.workday x set started_at = p_started_at, ended_at = coalesce(p_ended_at, x.ended_at) where x.workday_id = w.workday_id;
    insert into secondline.workday_journal (person_id, day, at, event, by_person_id, from_state, to_state, note)
    select p_person, v_day, p_at, 'corrected', p_head, w.state, x.state, format(
               '%s: was %s to %s', p_reason, secondline_rules.time_text(w.started_at, '', p.time_zone),
               coalesce(secondline_rules.time_text(w.ended_at, '', p.time_zone), 'open'))
      from secondline.workday x join secondline.person p on p.person_id = x.person_id where x.workday_id = w.workday_id;
    perform secondline_rules.touch_person(p_at, p_person);
end;
$$;
comment on function secondline_rules.correct_workday(timestamptz, bigint, bigint, timestamptz, timestamptz, text) is
    'secondline.correct_workday at an instant.';

create or replace function secondline_rules.record_absence(
    p_at timestamptz, p_person bigint, p_kind secondline.absence_kind,
    p_first date, p_last date, p_from timestamptz, p_to timestamptz
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_other secondline.absence;
    v_zone text := (select p.time_zone from secondline.person p where p.person_id = p_person);
    v_absence bigint;
begin
    select a.* into v_other from secondline.absence a
     where a.person_id = p_person and a.cancelled_at is null
       and tstzrange(coalesce(a.from_at, a.first_day::timestamp at time zone v_zone),
                     coalesce(a.to_at, (a.last_day + 1)::timestamp at time zone v_zone))
           && tstzrange(coalesce(p_from, p_first::timestamp at time zone v_zone), coalesce(p_to, (p_last + 1)::timestamp at time zone v_zone))
     order by a.absence_id limit 1;
    if found then
        raise exception 'the absence overlaps absence % (% from % to %)', v_other.absence_id, v_other.kind,
            coalesce(v_other.first_day::text, v_other.from_at::text), coalesce(v_other.last_day::text, v_other.to_at::text)
            using errcode = 'exclusion_violation', hint = format('Take that one back with secondline.cancel_absence(%s) first.', v_other.absence_id);
    end if;
    insert into secondline.absence (person_id, kind, first_day, last_day, from_at, to_at, recorded_at)
    values (p_person, p_kind, p_first, p_last, p_from, p_to, p_at) returning absence_id into v_absence;
    perform secondline_rules.excuse_sick(p_at, p_person);
    perform secondline_rules.touch_person(p_at, p_person);
    perform secondline_rules.note_departure(p_person, greatest(p_at, coalesce(p_from, p_first::timestamp at time zone v_zone)));
    perform secondline_rules.send(p_at, 'absence.recorded', h.person_id, null, null, jsonb_strip_nulls(jsonb_build_object(
                'person', p.full_name, 'person_id', p_person, 'kind', p_kind, 'from_at', p_from, 'to_at', p_to,
                'first_day', coalesce(p_first, (p_from at time zone v_zone)::date), 'last_day', coalesce(p_last, (p_to at time zone v_zone)::date))))
       from secondline.person p cross join lateral secondline_rules.head_to_tell(p_at, p.team_id, p_person) h (person_id)
      where p.person_id = p_person and h.person_id is distinct from secondline_rules.acting_person();
    return v_absence;
end;
$$;
comment on function secondline_rules.record_absence(
    timestamptz, bigint, secondline.absence_kind, date, date, timestamptz, timestamptz
) is 'secondline.record_absence and record_absence_hours at an instant, of a locked person.';
