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
    'A person starts working, from now on gets tickets, and the workday''s id is returned; a day that ended is opened again. The person or a program may. Errors: P0002 no such person, SL006 a workday is open or the person has left.';

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
    perform secondline_rules.end_workday(secondline_rules.lock_person(person), person);
    ended := true;
    missing := '{}';
end;
$$;
comment on function secondline.end_workday(bigint) is
    'A person ends working: returns whether the day ended and, if not, what is missing. Tickets they have stay theirs. The person or a program may. Errors: P0002 no such person, SL003 no workday is open.';
