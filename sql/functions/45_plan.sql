-- The plan of the day and the report on it.

create or replace function secondline_rules.require_few_tasks(p_person bigint, p_day date, p_more integer) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    v_planned bigint;
    v_worked_on bigint;
begin
    -- whoever worked on many tickets without a plan could otherwise never submit one, nor end the day
    select p_more + count(*) filter (where t.planned), count(*) filter (where not t.planned) into v_planned, v_worked_on
      from secondline.task t where t.person_id = p_person and t.day = p_day and t.dropped_at is null;
    if v_planned > 100 then
        raise exception 'a day with % tasks is no plan', v_planned
            using errcode = 'invalid_parameter_value', hint = 'At most 100 tasks a day: put small ones together.';
    elsif v_planned + v_worked_on = 0 then
        raise exception 'the plan is empty'
            using errcode = 'invalid_parameter_value', hint = 'Name at least one task; secondline.suggested_task offers some.';
    end if;
end;
$$;
comment on function secondline_rules.require_few_tasks(bigint, date, integer) is
    '22023 when the day would have more than 100 planned tasks with so many more, or none at all; tickets that were worked on without a plan are tasks too, and are not limited.';

drop function if exists secondline_rules.require_title(text);

create or replace function secondline_rules.submit_plan(p_at timestamptz, p_person bigint, p_tasks text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
begin
    if w.planned_at is not null then
        raise exception 'the plan of % of person % has been submitted', w.day, p_person
            using errcode = 'SL006', hint = 'Change it with secondline.add_task, change_task and drop_task.';
    end if;
    perform secondline_rules.require_few_tasks(p_person, w.day, cardinality(coalesce(p_tasks, '{}')));
    insert into secondline.task (person_id, day, planned, added_at, title)
    select p_person, w.day, true, p_at, secondline_rules.require_line(t.title, 'task', 500)
      from unnest(p_tasks) with ordinality t (title, place) order by t.place;
    update secondline.workday x set planned_at = p_at where x.workday_id = w.workday_id;
    insert into secondline.workday_journal (person_id, day, at, event, by_person_id, from_state, to_state)
    values (p_person, w.day, p_at, 'planned', p_person, w.state, w.state);
end;
$$;
comment on function secondline_rules.submit_plan(timestamptz, bigint, text[]) is 'secondline.submit_plan at an instant.';

create or replace function secondline_rules.add_task(
    p_at timestamptz, p_person bigint, p_title text, p_ticket bigint, p_estimate integer
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday := secondline_rules.open_workday(p_person);
    v_task bigint;
begin
    perform secondline_rules.require_few_tasks(p_person, w.day, 1);
    if p_ticket is not null and not exists (select from secondline.ticket t where t.ticket_id = p_ticket) then
        raise exception 'there is no ticket %', p_ticket using errcode = 'no_data_found', hint = 'Look the id up in secondline.ticket.';
    end if;
    select t.task_id into v_task from secondline.task t
     where t.person_id = p_person and t.day = w.day and t.ticket_id = p_ticket and t.dropped_at is null;
    if found then
        raise exception 'ticket % is task % of the day', p_ticket, v_task
            using errcode = 'SL006', hint = 'Change that one with secondline.change_task.';
    end if;
    insert into secondline.task (person_id, day, ticket_id, planned, added_at, title, estimate_minutes)
    values (p_person, w.day, p_ticket, true, p_at, secondline_rules.require_line(p_title, 'task', 500), p_estimate) returning task_id into v_task;
    return v_task;
end;
$$;
comment on function secondline_rules.add_task(timestamptz, bigint, text, bigint, integer) is 'secondline.add_task at an instant.';

create or replace function secondline_rules.changeable_task(p_task bigint) returns secondline.task
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.task;
    v_state secondline.workday_state;
begin
    perform secondline_rules.lock_people(x.person_id) from secondline.task x where x.task_id = p_task;
    select * into t from secondline.task x where x.task_id = p_task;
    select w.state into v_state from secondline.workday w where w.person_id = t.person_id and w.day = t.day;
    if t.dropped_at is not null then
        raise exception 'task % was dropped: %', p_task, t.drop_reason using errcode = 'SL006', hint = 'Add another with secondline.add_task.';
    elsif v_state in ('ended', 'excused') then
        raise exception 'task % is of a workday that has ended', p_task
            using errcode = 'SL006', hint = 'Start the workday again within the shift, or add a task to the next.';
    end if;
    return t;
end;
$$;
comment on function secondline_rules.changeable_task(bigint) is 'Locks the person of a task and returns it; SL006 when it was dropped or its workday has ended.';

create or replace function secondline_rules.change_task(p_at timestamptz, p_task bigint, p_title text, p_estimate integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.task := secondline_rules.changeable_task(p_task);
begin
    update secondline.task x
       set title = case when p_title is null then x.title else secondline_rules.require_line(p_title, 'task', 500) end,
           estimate_minutes = coalesce(p_estimate, x.estimate_minutes), planned = true
     where x.task_id = p_task;
end;
$$;
comment on function secondline_rules.change_task(timestamptz, bigint, text, integer) is 'secondline.change_task at an instant.';

create or replace function secondline_rules.drop_task(p_at timestamptz, p_task bigint, p_reason text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.task := secondline_rules.changeable_task(p_task);
begin
    perform secondline_rules.require_text(p_reason, 'reason', 4000);
    if exists (select from secondline.workday w where w.person_id = t.person_id and w.day = t.day and w.planned_at is not null)
       and not exists (select from secondline.task x
                        where x.person_id = t.person_id and x.day = t.day and x.task_id <> p_task and x.dropped_at is null) then
        raise exception 'task % is the last of its day', p_task
            using errcode = 'SL006', hint = 'A plan has at least one task: add another first, with secondline.add_task.';
    end if;
    update secondline.task x
       set dropped_at = p_at, drop_reason = p_reason, outcome = null, reported_at = null where x.task_id = p_task;
    perform secondline_rules.close_overdue(p_at, t.person_id, t.day);
end;
$$;
comment on function secondline_rules.drop_task(timestamptz, bigint, text) is 'secondline.drop_task at an instant.';

create or replace function secondline_rules.report_task(
    p_at timestamptz, p_task bigint, p_outcome secondline.task_outcome, p_spent integer, p_comment text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.task := secondline_rules.changeable_task(p_task);
begin
    if p_outcome is null then
        raise exception 'the outcome is missing'
            using errcode = 'invalid_parameter_value',
                  hint = format('Choose one of %s.', array_to_string(enum_range(null::secondline.task_outcome), ', '));
    end if;
    perform secondline_rules.require_length(p_comment, 'comment', 4000);
    update secondline.task x
       set outcome = p_outcome, reported_at = p_at, spent_minutes = coalesce(p_spent, x.spent_minutes), comment = coalesce(p_comment, x.comment)
     where x.task_id = p_task;
    perform secondline_rules.close_overdue(p_at, t.person_id, t.day);
end;
$$;
comment on function secondline_rules.report_task(timestamptz, bigint, secondline.task_outcome, integer, text) is 'secondline.report_task at an instant.';

create or replace function secondline_rules.submit_report(
    p_at timestamptz, p_person bigint, p_went_well text, p_went_badly text, p_blockers text, p_share text[], p_day date
) returns date
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
    v_tasks text;
begin
    perform secondline_rules.lock_person(p_person);
    select * into w from secondline.workday x
     where x.person_id = p_person and x.state in ('working', 'paused', 'overdue') and (p_day is null or x.day = p_day)
     order by x.day limit 1;
    if not found then
        raise exception 'person % has no workday% to report on', p_person, coalesce(' ' || p_day, '')
            using errcode = 'SL003', hint = 'A report belongs to an open or an overdue workday.';
    elsif w.planned_at is null and w.state <> 'overdue' then
        raise exception 'the workday % of person % has no plan', w.day, p_person
            using errcode = 'SL002', hint = 'The report looks back on the plan: submit that first, with secondline.submit_plan.';
    elsif p_share <> '{}' and not p_share <@ array['went_well', 'went_badly'] then
        raise exception 'there is nothing to share called %', (select quote_literal(s) from unnest(p_share) s
                                                                 where s is distinct from 'went_well' and s is distinct from 'went_badly' limit 1)
            using errcode = 'invalid_parameter_value', hint = 'Name went_well, went_badly or both; blockers come up at the stand-up anyway.';
    end if;
    select string_agg(t.task_id::text, ', ' order by t.task_id) into v_tasks from secondline.task t
     where t.person_id = p_person and t.day = w.day and t.outcome is null and t.dropped_at is null;
    if v_tasks is not null then
        raise exception 'tasks without outcome: %', v_tasks
            using errcode = 'SL001', hint = 'Say how each went with secondline.report_task, or take it off with drop_task.';
    end if;
    insert into secondline.report as r (person_id, day, submitted_at, shares_well, shares_badly, went_well, went_badly, blockers)
    values (p_person, w.day, p_at, 'went_well' = any (coalesce(p_share, '{}')), 'went_badly' = any (coalesce(p_share, '{}')),
            secondline_rules.require_text(p_went_well, 'answer to what went well', 4000),
            secondline_rules.require_text(p_went_badly, 'answer to what went badly', 4000),
            case when p_blockers is not null then secondline_rules.require_text(p_blockers, 'text of the blockers', 4000) end)
    on conflict (person_id, day) do update
       set submitted_at = excluded.submitted_at, shares_well = excluded.shares_well, shares_badly = excluded.shares_badly,
           went_well = excluded.went_well, went_badly = excluded.went_badly, blockers = excluded.blockers;
    insert into secondline.workday_journal (person_id, day, at, event, by_person_id, from_state, to_state)
    values (p_person, w.day, p_at, 'reported', p_person, w.state, w.state);
    perform secondline_rules.close_overdue(p_at, p_person, w.day);
    return w.day;
end;
$$;
comment on function secondline_rules.submit_report(timestamptz, bigint, text, text, text, text[], date) is 'secondline.submit_report at an instant.';

-- What was worked on without having been planned is a task all the same.
create or replace function secondline_rules.work_on(
    p_at timestamptz, p_ticket bigint, p_title text, p_person bigint, p_outcome secondline.task_outcome default null
) returns void
language sql volatile
begin atomic
    -- their day must not end in between
    select from secondline.person p where p.person_id = p_person for no key update;
    insert into secondline.task as t (person_id, day, ticket_id, planned, added_at, title, outcome, reported_at)
    select w.person_id, w.day, p_ticket, false, p_at, p_title, p_outcome, case when p_outcome is not null then p_at end
      from secondline.workday w where w.person_id = p_person and w.state in ('working', 'paused')
    on conflict (person_id, day, ticket_id) where ticket_id is not null and dropped_at is null do update
       set outcome = excluded.outcome, reported_at = excluded.reported_at where t.outcome is null and excluded.outcome is not null;
end;
comment on function secondline_rules.work_on(timestamptz, bigint, text, bigint, secondline.task_outcome) is
    'A person worked on a ticket: it is a task of their open workday from now on, with this outcome unless they gave one.';

create or replace function secondline_rules.is_reported(p_person bigint, p_day date) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
-- who may not read reports is told whether there is one: a reminder about it is pointless then
begin atomic
    select exists (select from secondline.report r where r.person_id = p_person and r.day = p_day)
       and not exists (select from secondline.task t
                        where t.person_id = p_person and t.day = p_day and t.outcome is null and t.dropped_at is null);
end;
comment on function secondline_rules.is_reported(bigint, date) is 'Whether the report of a day is complete: submitted, and no task without outcome.';
