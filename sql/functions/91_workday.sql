-- The public functions of a person's day.

create or replace function secondline.start_workday(person bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    return secondline_rules.start_workday(secondline_rules.lock_person(person), person);
end;
$$;
comment on function secondline.start_workday(bigint) is
    'A person starts working, from now on gets tickets, is asked for the plan, and the workday''s id is returned; a day that ended by mistake is opened again within the shift; an earlier one that is still open becomes overdue. The person or a program may. Errors: P0002 no such person, SL006 a workday is open, the person has left or is on sick-leave, a head excused the day, or it has ended and so has the shift.';

create or replace function secondline.pause_workday(person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.pause_workday(secondline_rules.lock_person(person), person);
end;
$$;
comment on function secondline.pause_workday(bigint) is
    'A person gets no new tickets for a while. The person or a program may. Errors: P0002 no such person, SL003 no workday is open, SL006 it is paused already.';

create or replace function secondline.resume_workday(person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.resume_workday(secondline_rules.lock_person(person), person);
end;
$$;
comment on function secondline.resume_workday(bigint) is
    'Ends a pause. The person or a program may. Errors: P0002 no such person, SL003 no workday is open, SL006 it is not paused.';

create or replace function secondline.end_workday(person bigint, out ended boolean, out missing text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    select e.ended, e.missing into end_workday.ended, end_workday.missing
      from secondline_rules.end_workday(secondline_rules.lock_person(person), person) e;
end;
$$;
comment on function secondline.end_workday(bigint) is
    'A person ends working. Returns whether the day ended and, if not, what is missing: plan (submit_plan), task and the id of one without outcome (report_task), report (submit_report), day and the date of an earlier workday whose report is overdue. Then the day stays open, the attempt is in secondline.workday_journal, and the person is reminded at once. Tickets they have stay theirs. The person or a program may. Errors: P0002 no such person, SL003 no workday is open.';

create or replace function secondline.set_substitute(person bigint, substitute bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := secondline_rules.authorise_presence(person);
begin
    if substitute = person then
        raise exception 'person % cannot be their own substitute', person
            using errcode = 'invalid_parameter_value', hint = 'Name somebody else, or null for nobody.';
    end if;
    perform secondline_rules.require_here(substitute);
    update secondline.person p set substitute_id = substitute where p.person_id = person;
    perform secondline_rules.touch_person(v_at, person);
end;
$$;
comment on function secondline.set_substitute(bigint, bigint) is
    'Who stands in for a person while they are absent, or have left: gets the tickets of their clients; while that one is absent, their substitute in turn; two may stand in for each other. Null is nobody. The person, a head of the team or a program may. Errors: P0002 no such person, 22023 the person themselves, SL006 the substitute has left.';

create or replace function secondline.excuse_workday(person bigint, head bigint, reason text, day date default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(head);
    perform secondline_rules.excuse_workday(secondline_rules.lock_person(person), person, head, reason, day);
end;
$$;
comment on function secondline.excuse_workday(bigint, bigint, text, date) is
    'A head excuses a person from plan and report: working, paused or overdue → excused, which ends the day; of several the earliest, unless one is named. Recorded with the reason. Another head of the team or the deputy may, also through a program. Errors: 42501 not the head''s own login, P0002 no such person, SL005 of another team, or their own day, SL003 there is no such workday, 22023 no reason, or one over 4,000 characters.';

create or replace function secondline.correct_workday(
    person bigint, head bigint, started_at timestamptz, ended_at timestamptz, reason text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(head);
    perform secondline_rules.correct_workday(secondline_rules.lock_person(person), person, head, started_at, ended_at, reason);
end;
$$;
comment on function secondline.correct_workday(bigint, bigint, timestamptz, timestamptz, text) is
    'A head mends the times of a workday, that on which started_at falls; an end of null stays as it is. Recorded with the reason and what it was. An end for an open day needs plan and report as always. Another head of the team or the deputy may, also through a program. Errors: 42501 not the head''s own login, P0002 no such person or workday, SL005 of another team, or their own day, 22023 an end before the start, a time in the future, no reason, or one over 3,900 characters, 23P01 it would overlap another workday, SL001 the day has no report.';

create or replace function secondline.submit_plan(person bigint, tasks text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.submit_plan(secondline_rules.lock_person(person), person, tasks);
end;
$$;
comment on function secondline.submit_plan(bigint, text[]) is
    'The tasks that a person plans for the open workday, one line each; those that add_task() put there before belong to it. secondline.suggested_task offers some. The person or a program may. Errors: P0002 no such person, SL003 no workday is open, SL006 it has its plan already, 22023 no task, more than 100, an empty one, or one that is no single line of at most 500 characters.';

create or replace function secondline.add_task(person bigint, task text, ticket bigint default null, estimate_minutes integer default null)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    return secondline_rules.add_task(secondline_rules.lock_person(person), person, task, ticket, estimate_minutes);
end;
$$;
comment on function secondline.add_task(bigint, text, bigint, integer) is
    'Adds a task to the open workday, before or after its plan was submitted, and returns its id. The person or a program may. Errors: P0002 no such person or ticket, SL003 no workday is open, SL006 the ticket is a task of the day already, 22023 an empty task, no single line of at most 500 characters, or more than 100 of them, 23514 (task_estimate_in_range_check) minutes outside 1–10,000.';

create or replace function secondline_rules.authorise_task(p_task bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_person bigint;
begin
    select t.person_id into v_person from secondline.task t where t.task_id = p_task;
    if not found then
        raise exception 'there is no task %', coalesce(p_task::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.my_day.';
    end if;
    perform secondline_rules.authorise(v_person);
    return secondline_rules.lock_person(v_person);
end;
$$;
comment on function secondline_rules.authorise_task(bigint) is
    'Refuses unless the session may act for the person of this task (42501, P0002); then locks the person and returns the time to use.';

create or replace function secondline.change_task(task bigint, title text default null, estimate_minutes integer default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_task(secondline_rules.authorise_task(task), task, title, estimate_minutes);
end;
$$;
comment on function secondline.change_task(bigint, text, integer) is
    'Changes the words or the estimate of a task; what is null stays. Its person or a program may. Errors: 42501 somebody else''s, P0002 no such task, SL006 it was dropped or its workday has ended, 22023 as for add_task(), 23514 (task_estimate_in_range_check) minutes outside 1–10,000.';

create or replace function secondline.drop_task(task bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.drop_task(secondline_rules.authorise_task(task), task, reason);
end;
$$;
comment on function secondline.drop_task(bigint, text) is
    'Takes a task off the day, with the reason; it needs no outcome then. Its person or a program may. Errors: 42501 somebody else''s, P0002 no such task, SL006 it was dropped, is the last of its day, or its workday has ended; 22023 no reason, or one over 4,000 characters.';

create or replace function secondline.report_task(
    task bigint, outcome secondline.task_outcome, spent_minutes integer default null, comment text default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.report_task(secondline_rules.authorise_task(task), task, outcome, spent_minutes, comment);
end;
$$;
comment on function secondline.report_task(bigint, secondline.task_outcome, integer, text) is
    'How a task went: done, partly_done or not_done; again replaces it, and minutes or comment of null stay. Its person or a program may. Errors: 42501 somebody else''s, P0002 no such task, SL006 it was dropped or its workday has ended, 22023 no outcome, or a comment over 4,000 characters, 22P02 an outcome that does not exist, 23514 (task_spent_in_range_check) minutes outside 0–10,000.';

create or replace function secondline.submit_report(
    person bigint, went_well text, went_badly text, blockers text default null, share text[] default '{}', day date default null
) returns date
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    return secondline_rules.submit_report(
        secondline_rules.lock_person(person), person, went_well, went_badly, blockers, share, day);
end;
$$;
comment on function secondline.submit_report(bigint, text, text, text, text[], date) is
    'The report on a workday: on the earliest that is overdue, else on the open one, unless a day is named; returns which. Every task must have its outcome. Head and deputy read it; blockers (null: none) come up at the next stand-up, and so does what share names (went_well, went_badly). Again replaces it. A complete report ends an overdue day. The person or a program may. Errors: P0002 no such person, SL003 no such workday is open or overdue, SL002 it has no plan, SL001 a task has no outcome, 22023 an answer that is blank or over 4,000 characters, or something else to share.';

create or replace function secondline.add_agenda_item(person bigint, text text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_item bigint;
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.require_reader(person, null, null);
    perform secondline_rules.require_line(translate(add_agenda_item.text, E'\n\r\t', '   '), 'item', 1000);
    perform secondline_rules.lock_person(person);
    if (select count(*) from secondline.agenda_item i where i.person_id = person and i.day is null) >= 10 then
        raise exception 'person % has put ten items on the agenda already', person
            using errcode = 'invalid_parameter_value', hint = 'Take one off with secondline.drop_agenda_item, or wait for the stand-up.';
    end if;
    insert into secondline.agenda_item (team_id, person_id, added_at, text)
    select p.team_id, p.person_id, clock_timestamp(), translate(add_agenda_item.text, E'\n\r\t', '   ')
      from secondline.person p where p.person_id = person
    returning item_id into v_item;
    return v_item;
end;
$$;
comment on function secondline.add_agenda_item(bigint, text) is
    'Puts something on the agenda of the next stand-up of the person''s team, and returns its id. The person or a program may. Errors: P0002 no such person, SL006 the person has left, 22023 it says nothing, has control characters or is over 1,000 characters, or ten items of theirs wait.';

create or replace function secondline.drop_agenda_item(item bigint, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    delete from secondline.agenda_item i
     where i.item_id = item and i.day is null and (i.person_id = person or secondline_rules.leads(person, i.person_id));
    if not found then
        raise exception 'there is no waiting item % of person %', coalesce(item::text, '(null)'), person
            using errcode = 'no_data_found', hint = 'Only who put it there, or the head, takes it off, and only before the stand-up.';
    end if;
end;
$$;
comment on function secondline.drop_agenda_item(bigint, bigint) is
    'Takes off what waits for the next stand-up. Who put it there, a head of the team, or a program for them, may. Errors: P0002 no such person, or no such item of theirs that waits.';

create or replace function secondline.note_standup(team bigint, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_acting bigint := secondline_rules.acting_person();
begin
    if v_acting is null then
        perform secondline_rules.authorise_setup(team);
    elsif not exists (select from secondline.person p where p.person_id = v_acting and p.deactivated_at is null
                         and (p.team_id = team or v_acting in (select l from secondline_rules.leader(team) l))) then
        raise exception 'you are person % and not of team %', v_acting, coalesce(team::text, '(null)') using errcode = 'insufficient_privilege';
    end if;
    perform secondline_rules.require_reader(null, team, null);
    insert into secondline.standup_note (team_id, day, noted_at, note)
    select t.team_id, (clock_timestamp() at time zone t.time_zone)::date, clock_timestamp(), secondline_rules.require_text(note_standup.text, 'note', 20000)
      from secondline.team t where t.team_id = team
    on conflict (team_id, day) do update set noted_at = excluded.noted_at, note = excluded.note;
end;
$$;
comment on function secondline.note_standup(bigint, text) is
    'What was said at today''s stand-up of a team; again replaces it. Anyone of the team, its head or a program may. Errors: 42501 of another team, P0002 no such team, 22023 it says nothing or is over 20,000 characters.';

create or replace function secondline.praise(from_person bigint, to_person bigint, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_data jsonb;
begin
    perform secondline_rules.authorise(from_person);
    perform secondline_rules.require_reader(to_person, null, null);
    perform secondline_rules.require_text(praise.text, 'praise');
    if from_person = to_person then
        raise exception 'person % praises themselves', from_person using errcode = 'SL005', hint = 'Leave that to the others.';
    end if;
    select jsonb_build_object('from', f.full_name, 'to', t.full_name, 'text', praise.text) into v_data
      from secondline.person f cross join secondline.person t where f.person_id = from_person and t.person_id = to_person;
    perform secondline_rules.send(clock_timestamp(), 'praise', to_person, null, null, v_data);
    perform secondline_rules.send(clock_timestamp(), 'praise.shared', null, p.team_id, null, v_data)
       from secondline.person p where p.person_id = to_person;
end;
$$;
comment on function secondline.praise(bigint, bigint, text) is
    'One person praises another: they are told, and so is the channel of their team. The first or a program may. Errors: 42501 not your login, P0002 no such person, SL006 the person has left, SL005 themselves, 22023 it says nothing or is over 65,536 bytes.';

create or replace function secondline.remark(head bigint, person bigint, what_happened text, how_better text, why_it_matters text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(head);
    perform secondline_rules.require_reader(person, null, null);
    perform secondline_rules.require_leader(head, person);
    perform secondline_rules.send(clock_timestamp(), 'remark', person, null, null, jsonb_build_object(
        'from', (select h.full_name from secondline.person h where h.person_id = head),
        'what_happened', secondline_rules.require_text(what_happened, 'answer to what happened'),
        'how_better', secondline_rules.require_text(how_better, 'answer to how to do it better'),
        'why_it_matters', secondline_rules.require_text(why_it_matters, 'answer to why it matters')));
end;
$$;
comment on function secondline.remark(bigint, bigint, text, text, text) is
    'A head tells a person, and nobody else, what went wrong, how to do it better and why it matters. A head of the team or the deputy may, also through a program. Errors: 42501 not the head''s own login, P0002 no such person, SL006 the person has left, SL005 of another team, 22023 one of the three says nothing.';
