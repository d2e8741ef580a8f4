-- The public functions of tickets: they check who calls, lock, take the time, and leave the rest to the rules.

create or replace function secondline.submit_ticket(
    queue text, title text, description text, priority secondline.priority default null,
    kind secondline.ticket_kind default 'question', client bigint default null, author bigint default null,
    effort_minutes integer default null, external_key text default null
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    -- who writes with a login of their own is the author
    author := coalesce(author, secondline_rules.acting_person());
    if author is not null then
        perform secondline_rules.authorise(author);
    elsif not pg_has_role(session_user, 'secondline_app', 'member') then
        raise exception 'the login % is no person here and no program that may write tickets', session_user
            using errcode = 'insufficient_privilege', hint = 'Grant it secondline_app, or give it to a person.';
    end if;
    perform secondline_rules.require_queue(queue);
    return secondline_rules.submit(
        clock_timestamp(), queue, title, description, priority, kind, client, author, effort_minutes, external_key);
end;
$$;
comment on function secondline.submit_ticket(
    text, text, text, secondline.priority, secondline.ticket_kind, bigint, bigint, integer, text
) is 'Submits a ticket and returns its id; the same external_key again returns the first ticket and changes nothing. No priority ranks as normal and stays visibly unset. Effort in net minutes, the queue''s unless given. The author, or a program for anybody, may. Errors: P0002 no such queue, client or person; 23514 an empty or over-long title (500 characters), control characters, a description over 262,144 characters, an effort outside 1–100,000; 22P02 an unknown priority or kind.';

create or replace function secondline.accept_ticket(ticket bigint, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.accept(secondline_rules.lock_ticket(ticket), ticket, person);
end;
$$;
comment on function secondline.accept_ticket(bigint, bigint) is
    'The person takes up a ticket that was offered: assigned → accepted. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 not assigned.';

create or replace function secondline.decline_ticket(ticket bigint, person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.decline(secondline_rules.lock_ticket(ticket), ticket, person, reason);
end;
$$;
comment on function secondline.decline_ticket(bigint, bigint, text) is
    'The person cannot take a ticket that was offered: assigned → new, to somebody else, with its age. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 not assigned, 22023 no reason.';

create or replace function secondline.resolve_ticket(ticket bigint, person bigint, resolution text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.resolve(secondline_rules.lock_ticket(ticket), ticket, person, resolution);
end;
$$;
comment on function secondline.resolve_ticket(bigint, bigint, text) is
    'The ticket is solved: assigned or accepted → resolved. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 in another state, 22023 no resolution.';

create or replace function secondline.reassign_ticket(ticket bigint, to_person bigint, by_person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(by_person);
    perform secondline_rules.reassign(secondline_rules.lock_ticket(ticket), ticket, to_person, by_person, reason);
end;
$$;
comment on function secondline.reassign_ticket(bigint, bigint, bigint, text) is
    'Gives a ticket to a person chosen by hand: new, assigned or accepted → assigned; the daemon leaves it there. The one who has it, or a head of the team of either, may; a head also beyond the person''s room, on record. Errors: P0002 no such ticket or person, SL004 no room, SL005 not theirs to give, SL006 in another state, they have it, or the person has left; 22023 no reason.';

create or replace function secondline.set_priority(ticket bigint, priority secondline.priority, by_person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(by_person);
    perform secondline_rules.set_priority(secondline_rules.lock_ticket(ticket), ticket, priority, by_person);
end;
$$;
comment on function secondline.set_priority(bigint, secondline.priority, bigint) is
    'Changes the priority of an open ticket. Its author, the one who has it, the client''s account manager or a head may. Errors: P0002 no such ticket or person, SL005 not theirs to change, SL006 it has ended, 22023 no priority.';

create or replace function secondline.move_ticket(ticket bigint, to_queue text, by_person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(by_person);
    perform secondline_rules.move(secondline_rules.lock_ticket(ticket), ticket, to_queue, by_person, reason);
end;
$$;
comment on function secondline.move_ticket(bigint, text, bigint, text) is
    'Moves a ticket to another queue, where it waits with its age: new, returned, assigned or accepted → new. Its author, the one who has it, the client''s account manager or a head may. Errors: P0002 no such ticket, queue or person, SL005 not theirs to change, SL006 in another state or in that queue already, 22023 no reason.';

create or replace function secondline.cancel_ticket(ticket bigint, by_person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(by_person);
    perform secondline_rules.cancel(secondline_rules.lock_ticket(ticket), ticket, by_person, reason);
end;
$$;
comment on function secondline.cancel_ticket(bigint, bigint, text) is
    'Cancels an open ticket. Its author, the one who has it, the client''s account manager or a head may. Errors: P0002 no such ticket or person, SL005 not theirs to change, SL006 it has ended, 22023 no reason.';

create or replace function secondline.add_note(ticket bigint, person bigint, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.note(secondline_rules.lock_ticket(ticket), ticket, person, text);
end;
$$;
comment on function secondline.add_note(bigint, bigint, text) is
    'Writes a note into the journal of a ticket, in any state. Any person, or a program for them, may. Errors: P0002 no such ticket or person, 22023 an empty note, 22001 one over 262,144 characters.';
