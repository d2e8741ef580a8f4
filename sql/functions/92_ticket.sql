-- The public functions of tickets: they check who calls, lock, take the time, and leave the rest to the rules.

create or replace function secondline_rules.authorise_client(p_ticket bigint, p_person bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_client bigint := secondline_rules.acting_client();
begin
    if p_person is not null then
        perform secondline_rules.authorise(p_person);
    elsif v_client is not null then
        -- the tickets of others are as if there were none
        if not exists (select from secondline.ticket t where t.ticket_id = p_ticket and t.client_id = v_client) then
            raise exception 'there is no ticket %', coalesce(p_ticket::text, '(null)')
                using errcode = 'no_data_found', hint = 'Look the id up in secondline.client_ticket.';
        end if;
    elsif not secondline_rules.speaks_for_people() then
        raise exception 'only the client or a program may speak for a client'
            using errcode = 'insufficient_privilege', hint = 'Pass your own person id, if you took the answer down.';
    end if;
    return secondline_rules.lock_ticket(p_ticket);
end;
$$;
comment on function secondline_rules.authorise_client(bigint, bigint) is
    'Refuses (42501) unless the session is a program, the client (of its own tickets; P0002 for others), or acts for this person, who took down what the client said; then locks the ticket and returns the time to use.';

create or replace function secondline_rules.authorise_steering(p_ticket bigint, p_person bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if p_person is null and secondline_rules.acting_client() is not null then
        return secondline_rules.authorise_client(p_ticket, null);
    end if;
    perform secondline_rules.authorise(p_person);
    return secondline_rules.lock_work(p_ticket);
end;
$$;
comment on function secondline_rules.authorise_steering(bigint, bigint) is
    'Refuses (42501) unless the session may act for this person, or, without one, is the client whose ticket it is (P0002 for others); then locks the ticket and returns the time to use.';

create or replace function secondline_rules.authorise_submission(
    p_queue text, p_client bigint, p_author bigint, p_effort_minutes integer, p_external_key text
) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(p_client <> secondline_rules.acting_client(), false) or num_nonnulls(p_author, p_effort_minutes, p_external_key) > 0 then
        raise exception 'a client writes for itself'
            using errcode = 'insufficient_privilege', hint = 'Leave client, author, effort_minutes and external_key out.';
    -- require_queue() names the queues that there are, which is nothing for clients; developers are the specialist's to bring in
    elsif p_queue is null or not exists (select from secondline.queue q where q.name = p_queue and q.line < 3) then
        raise exception 'there is no queue %', coalesce(quote_literal(p_queue), '(null)')
            using errcode = 'no_data_found', hint = 'Ask your account manager.';
    end if;
end;
$$;
comment on function secondline_rules.authorise_submission(text, bigint, bigint, integer, text) is
    'Refuses (42501) a ticket that a client''s login does not write for itself; P0002 when there is no such queue for clients.';

create or replace function secondline.submit_ticket(
    queue text, title text, description text, priority secondline.priority default null,
    kind secondline.ticket_kind default 'question', client bigint default null, author bigint default null,
    effort_minutes integer default null, external_key text default null
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if secondline_rules.acting_client() is not null then
        perform secondline_rules.authorise_submission(queue, client, author, effort_minutes, external_key);
        return secondline_rules.submit(
            clock_timestamp(), queue, title, description, priority, kind, secondline_rules.acting_client(), null, null, null);
    end if;
    -- who writes with a login of their own is the author
    author := coalesce(author, secondline_rules.acting_person());
    if author is not null then
        perform secondline_rules.authorise(author);
    elsif not secondline_rules.speaks_for_people() then
        raise exception 'the login % is no person here and no program that may write tickets', session_user
            using errcode = 'insufficient_privilege', hint = 'Grant it secondline_app, or give it to a person.';
    end if;
    if external_key is not null and secondline_rules.acting_person() is not null then
        raise exception 'the external key is for programs'
            using errcode = 'insufficient_privilege', hint = 'Leave it out: it says which ticket of another program this is.';
    end if;
    perform secondline_rules.require_queue(queue);
    return secondline_rules.submit(
        clock_timestamp(), queue, title, description, priority, kind, client, author, effort_minutes, external_key);
end;
$$;
comment on function secondline.submit_ticket(
    text, text, text, secondline.priority, secondline.ticket_kind, bigint, bigint, integer, text
) is 'Submits a ticket and returns its id; the same external_key again returns the first ticket and changes nothing. No priority ranks as normal and stays visibly unset. Effort in net minutes, the queue''s unless given. The author, or a program for anybody, may; a client''s login for itself: client is theirs by itself, and author, effort and external_key stay empty. Errors: 42501 for somebody else, or an external_key from a person''s login; P0002 no such queue, client or person; 23514 an empty or over-long title (500 characters), control characters, a description over 262,144 characters, an effort outside 1–100,000; 22P02 an unknown priority or kind.';

create or replace function secondline.accept_ticket(ticket bigint, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.accept(secondline_rules.lock_ticket(ticket), ticket, person);
end;
$$;
comment on function secondline.accept_ticket(bigint, bigint) is
    'The person takes up a ticket that was offered: assigned → accepted. The client is told who. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 not assigned.';

create or replace function secondline.decline_ticket(ticket bigint, person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.decline(secondline_rules.lock_ticket(ticket), ticket, person, reason);
end;
$$;
comment on function secondline.decline_ticket(bigint, bigint, text) is
    'The person cannot take a ticket that was offered: assigned → new, to somebody else, with its age. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 not assigned, 22023 no reason, or one over 262,144 characters.';

create or replace function secondline.resolve_ticket(ticket bigint, person bigint, resolution text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.resolve(secondline_rules.lock_ticket(ticket), ticket, person, resolution);
end;
$$;
comment on function secondline.resolve_ticket(bigint, bigint, text) is
    'The ticket is solved: assigned or accepted → resolved. The resolution is sent to the client''s contacts. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 in another state, or a developer''s own (finish_escalation), 22023 no resolution, or one over 262,144 characters.';

create or replace function secondline.reassign_ticket(ticket bigint, to_person bigint, by_person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(by_person);
    perform secondline_rules.reassign(secondline_rules.lock_ticket(ticket), ticket, to_person, by_person, reason);
end;
$$;
comment on function secondline.reassign_ticket(bigint, bigint, bigint, text) is
    'Gives a ticket to a person chosen by hand: new, assigned or accepted → assigned; the daemon leaves it there. The one who has it, or a head of the team of either, may; a head also beyond the person''s room, on record. Errors: P0002 no such ticket or person, SL004 no room, SL005 not theirs to give, SL006 in another state, they have it, or the person has left; 22023 no reason, or one over 262,144 characters.';

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
    'Moves a ticket to another queue, where it waits with its age: new, assigned or accepted → new (one that was returned: resubmit_ticket). Its author, the one who has it, the client''s account manager or a head may. Errors: P0002 no such ticket, queue or person, SL005 not theirs to change, SL006 in another state or in that queue already, 22023 no reason, or one over 260,000 characters, or a developer''s own and no queue of line 3.';

create or replace function secondline.cancel_ticket(ticket bigint, by_person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.cancel(secondline_rules.authorise_steering(ticket, by_person), ticket, by_person, reason);
end;
$$;
comment on function secondline.cancel_ticket(bigint, bigint, text) is
    'Cancels an open ticket; the client is told, without the reason. A developer''s own: whoever waits for it has their ticket back (with_developer, to_verify → accepted) and is told. Its author, the one who has it, the client''s account manager or a head may; a client''s login its own, with by_person null. Errors: P0002 no such ticket (of the client''s own) or person, SL005 not theirs to change, SL006 it has ended, 22023 no reason, or one over 262,144 characters.';

create or replace function secondline.add_note(ticket bigint, person bigint, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.note(secondline_rules.lock_ticket(ticket), ticket, person, text);
end;
$$;
comment on function secondline.add_note(bigint, bigint, text) is
    'Writes a note into the journal of a ticket, in any state. Any person, or a program for them, may. Errors: P0002 no such ticket or person, 22023 a note that is empty or over 262,144 characters.';

create or replace function secondline.reply_to_client(ticket bigint, person bigint, text text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.reply(secondline_rules.lock_ticket(ticket), ticket, person, text);
end;
$$;
comment on function secondline.reply_to_client(bigint, bigint, text) is
    'The client has heard from the one who has the ticket: assigned → accepted, otherwise the state stays. The words, if given, stand in the journal; they are sent by whoever calls this. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 it has ended, 22023 over 262,144 characters.';

create or replace function secondline.wait_for_client(ticket bigint, person bigint, question text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.wait_for_client(secondline_rules.lock_ticket(ticket), ticket, person, question);
end;
$$;
comment on function secondline.wait_for_client(bigint, bigint, text) is
    'The next move is the client''s: assigned or accepted → waiting_for_client. The question is sent to the client''s contacts, the clocks stand still, and the ticket weighs a reply (15 minutes) in the load. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 in another state, or no client''s ticket; 22023 no question, or one over 262,144 characters.';

create or replace function secondline.client_replied(ticket bigint, text text default null, person bigint default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.client_replied(secondline_rules.authorise_client(ticket, person), ticket, person, text);
end;
$$;
comment on function secondline.client_replied(bigint, text, bigint) is
    'The client has said something: a ticket that waits for them is taken up again by whoever has it (waiting_for_client → accepted), a resolved one is reopened; in every other open state it is news. Who has it is told. A program may, a client''s login for its own tickets, or a person who took the answer down. Errors: P0002 no such ticket (of the client''s own) or person, SL006 it was cancelled, 22023 over 262,144 characters.';

create or replace function secondline.reopen_ticket(ticket bigint, person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.reopen(secondline_rules.authorise_steering(ticket, person), ticket, person, reason);
end;
$$;
comment on function secondline.reopen_ticket(bigint, bigint, text) is
    'A resolved ticket was not solved: resolved → accepted by whoever solved it, also beyond their room; → new where they have left. Its author, the one who had it, the client''s account manager or a head may, and the client is told; a client''s login its own, with person null. Errors: P0002 no such ticket (of the client''s own) or person, SL005 not theirs to change, SL006 in another state, 22023 no reason, or one over 262,144 characters.';

create or replace function secondline.hand_over(ticket bigint, to_queue text, person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.hand_over(secondline_rules.lock_ticket(ticket), ticket, to_queue, person, reason);
end;
$$;
comment on function secondline.hand_over(bigint, text, bigint, text) is
    'Whoever has a ticket passes it on to another line, with its history and its age: assigned or accepted → new in that queue. The assignee or a program may. Errors: P0002 no such ticket, queue or person, SL005 not theirs, SL006 in another state or in that queue already, 22023 no reason, or one over 260,000 characters, or a developer''s own and no queue of line 3.';

create or replace function secondline.check_ticket(
    queue text, title text, description text default '', priority secondline.priority default null,
    kind secondline.ticket_kind default 'question', client bigint default null, effort_minutes integer default null, skill text default null,
    locale text default 'en'
) returns table (rule text, explanation text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
begin
    perform secondline_rules.require_queue(queue);
    t.queue := queue;
    t.title := coalesce(title, '');
    t.description := description;
    t.priority := priority;
    t.kind := kind;
    t.client_id := client;
    t.effort_minutes := effort_minutes;
    t.skill := skill;
    return query select b.rule, b.explanation from secondline_rules.broken_rule(t, locale) b;
end;
$$;
comment on function secondline.check_ticket(
    text, text, text, secondline.priority, secondline.ticket_kind, bigint, integer, text, text
) is 'Which rules of the queue''s regulation a ticket would break, for a form that is being filled in: no row is none. Explanations in Russian for ru, else English. Anyone may ask. Errors: P0002 no such queue.';

create or replace function secondline.resubmit_ticket(
    ticket bigint, person bigint, title text default null, description text default null, priority secondline.priority default null,
    kind secondline.ticket_kind default null, queue text default null, client bigint default null, effort_minutes integer default null,
    skill text default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.resubmit(
        secondline_rules.lock_ticket(ticket), ticket, person, title, description, priority, kind, queue, client, effort_minutes, skill);
end;
$$;
comment on function secondline.resubmit_ticket(
    bigint, bigint, text, text, secondline.priority, secondline.ticket_kind, text, bigint, integer, text
) is 'Completes a ticket that went back: returned → new; what is null stays. It competes from now on. Who was asked to complete it, its author, the client''s account manager or a head may. Errors: P0002 no such ticket, queue, client or person, SL005 not theirs to change, SL006 it was not returned, SL007 it still breaks the regulation (the reasons in DETAIL), 22023 a title or description that no ticket may have.';
