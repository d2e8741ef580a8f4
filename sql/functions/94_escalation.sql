-- The public functions of escalations and suggestions: they check who calls, lock, take the time, and leave the rest to the rules.

create or replace function secondline.set_escalation(
    queue text, to_queue text default null, system_error boolean default true, reopened integer default 2, slow_factor numeric default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    if to_queue is not null then
        perform secondline_rules.require_developers_queue(to_queue);
    end if;
    insert into secondline.escalation_rule as r (queue, to_queue, system_error, reopened, slow_factor)
    values (set_escalation.queue, set_escalation.to_queue, coalesce(set_escalation.system_error, false), set_escalation.reopened,
            set_escalation.slow_factor)
    on conflict on constraint escalation_rule_pkey do update
       set to_queue = excluded.to_queue, system_error = excluded.system_error, reopened = excluded.reopened, slow_factor = excluded.slow_factor;
end;
$$;
comment on function secondline.set_escalation(text, text, boolean, integer, numeric) is
    'When the daemon brings in developers for tickets of a queue, and which (null: the only queue of line 3): a system error as soon as somebody has it; a ticket reopened so often, or in hand for so many times the usual business time, is proposed to its owner (null: never). A program or a head may. Errors: P0002 no such queue, 22023 not of line 3, 23514 reopened outside 1–100, a factor outside 1–1,000, the queue itself.';

create or replace function secondline.escalate_ticket(
    ticket bigint, person bigint, kind secondline.ticket_kind, severity secondline.severity, summary text, to_queue text default null
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    return secondline_rules.escalate(secondline_rules.lock_ticket(ticket), ticket, person, kind, severity, summary, to_queue);
end;
$$;
comment on function secondline.escalate_ticket(
    bigint, bigint, secondline.ticket_kind, secondline.severity, text, text
) is 'Brings in developers: assigned or accepted → with_developer. The owner keeps the ticket, which weighs a reply (15 minutes) in their load; a developer is chosen in that queue of line 3, or the one that set_escalation names, or the only one. Kind bug, system_error or suggestion; severity low, normal, high or critical. Returns the escalation. The assignee or a program may. Errors: P0002 no such ticket, person or queue, or nothing says which queue; SL005 not theirs, SL006 in another state, escalated already, or a developer''s own; 22023 no summary, one over 8,000 characters, or a queue of another line; 23514 another kind or severity; 23502 one is missing.';

create or replace function secondline.link_ticket(ticket bigint, escalation bigint, person bigint default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz;
begin
    -- a program that names nobody speaks for whoever has the ticket
    person := coalesce(person, secondline_rules.acting_person(), (select t.assignee_id from secondline.ticket t where t.ticket_id = ticket));
    perform secondline_rules.authorise(person);
    v_at := secondline_rules.lock_tickets(array[ticket, secondline_rules.developer_ticket(escalation)]);
    perform secondline_rules.link(greatest(v_at, secondline_rules.lock_ticket(ticket)), ticket, escalation, person);
end;
$$;
comment on function secondline.link_ticket(bigint, bigint, bigint) is
    'The same defect: a ticket joins an escalation on which developers work, assigned or accepted → with_developer, and hears of its end as all the others. The assignee or a program may. Errors: P0002 no such ticket, escalation or person; SL005 not theirs; SL006 in another state, escalated already, or the escalation is finished or was never submitted.';

create or replace function secondline.acknowledge_escalation(escalation bigint, developer bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_ticket bigint;
begin
    perform secondline_rules.authorise(developer);
    v_ticket := secondline_rules.developer_ticket(escalation);
    perform secondline_rules.accept(secondline_rules.lock_ticket(v_ticket), v_ticket, developer);
end;
$$;
comment on function secondline.acknowledge_escalation(bigint, bigint) is
    'The developer who was asked takes it up, as accept_ticket of the developer''s ticket: submitted → acknowledged. They or a program may. Errors: P0002 no such escalation or person, SL005 another developer has it, or nobody yet; SL006 in another state.';

create or replace function secondline.decline_escalation(escalation bigint, developer bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_ticket bigint;
begin
    perform secondline_rules.authorise(developer);
    v_ticket := secondline_rules.developer_ticket(escalation);
    perform secondline_rules.decline(secondline_rules.lock_ticket(v_ticket), v_ticket, developer, reason);
end;
$$;
comment on function secondline.decline_escalation(bigint, bigint, text) is
    'The developer who was asked cannot: it goes to another one, as decline_ticket of the developer''s ticket. They or a program may. Errors: P0002 no such escalation or person, SL005 another developer has it, or nobody yet; SL006 in another state, 22023 no reason, or one over 262,144 characters.';

create or replace function secondline.note_progress(escalation bigint, developer bigint, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(developer);
    perform secondline_rules.note_progress(secondline_rules.lock_escalation(escalation), escalation, developer, text);
end;
$$;
comment on function secondline.note_progress(bigint, bigint, text) is
    'News from the developer, for the journals of all tickets and for their owners; takes it up, if need be. The developer who has it or a program may. Errors: P0002 no such escalation or person, SL005 not theirs, SL006 finished or withdrawn, 22023 no text, or one over 262,144 characters, 55P03 a ticket is being linked (try again).';

create or replace function secondline.ask_owner(escalation bigint, developer bigint, question text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(developer);
    perform secondline_rules.ask_owner(secondline_rules.lock_escalation(escalation), escalation, developer, question);
end;
$$;
comment on function secondline.ask_owner(bigint, bigint, text) is
    'The developer has a question to the owners: → asked, until one of them answers; nothing else changes. The developer who has it or a program may. Errors: P0002 no such escalation or person, SL005 not theirs, SL006 finished or withdrawn, 22023 no question, or one over 262,144 characters, 55P03 a ticket is being linked (try again).';

create or replace function secondline.answer_developer(escalation bigint, owner bigint, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(owner);
    perform secondline_rules.answer_developer(secondline_rules.lock_escalation(escalation), escalation, owner, text);
end;
$$;
comment on function secondline.answer_developer(bigint, bigint, text) is
    'An owner answers the developer: asked → acknowledged. Who has a ticket of it, or a program, may. Errors: P0002 no such escalation or person, SL005 they have none, SL006 nothing was asked, 22023 no answer, or one over 262,144 characters, 55P03 a ticket is being linked (try again).';

create or replace function secondline.finish_escalation(
    escalation bigint, developer bigint, outcome secondline.escalation_outcome, note text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(developer);
    perform secondline_rules.finish(secondline_rules.lock_escalation(escalation), escalation, developer, outcome, note);
end;
$$;
comment on function secondline.finish_escalation(bigint, bigint, secondline.escalation_outcome, text) is
    'The developer is done: fixed, not_a_bug, cannot_reproduce, duplicate, planned or wont_fix. The developer''s ticket is resolved, every ticket that waits for it becomes to_verify, their owners and clients are told. The developer who has it or a program may. Errors: P0002 no such escalation or person, SL005 not theirs, SL006 finished or withdrawn, 22023 no outcome or note, or a note over 260,000 characters, 55P03 a ticket is being linked (try again).';

create or replace function secondline.confirm_fix(ticket bigint, owner bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(owner);
    perform secondline_rules.confirm(secondline_rules.lock_ticket(ticket), ticket, owner);
end;
$$;
comment on function secondline.confirm_fix(bigint, bigint) is
    'The owner has verified what the developers did: to_verify → accepted, theirs to resolve; with the last ticket the escalation is confirmed. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 in another state.';

create or replace function secondline.send_back(escalation bigint, owner bigint, note text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(owner);
    perform secondline_rules.send_back(secondline_rules.lock_escalation(escalation), escalation, owner, note);
end;
$$;
comment on function secondline.send_back(bigint, bigint, text) is
    'It is not done: the owner''s tickets to_verify → with_developer, and the developer''s ticket is theirs again, also beyond their room; where they have left it goes to another one. Other owners'' tickets stay. Who has a ticket of it, or a program, may. Errors: P0002 no such escalation or person, SL005 they have none, SL006 none of theirs is to verify, 22023 no note, or one over 262,144 characters, 55P03 a ticket is being changed (try again).';

create or replace function secondline.refuse_escalation(escalation bigint, owner bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_ticket bigint;
begin
    perform secondline_rules.authorise(owner);
    select e.ticket_id into v_ticket from secondline.escalation e where e.escalation_id = escalation;
    if not found then
        perform secondline_rules.developer_ticket(escalation);
    end if;
    perform secondline_rules.refuse(secondline_rules.lock_ticket(v_ticket), escalation, owner, reason);
end;
$$;
comment on function secondline.refuse_escalation(bigint, bigint, text) is
    'The owner wants no developers for a ticket for which a rule proposes them; this rule does not propose it again. The assignee or a program may. Errors: P0002 no such escalation or person, SL005 not theirs, SL006 it is no proposal (any more), 22023 no reason, or one over 260,000 characters.';

create or replace function secondline.accept_suggestion(ticket bigint, person bigint, specification text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    return secondline_rules.accept_suggestion(secondline_rules.lock_ticket(ticket), ticket, person, specification);
end;
$$;
comment on function secondline.accept_suggestion(bigint, bigint, text) is
    'A suggestion will be built: it goes to developers with its specification, new, assigned or accepted → with_developer. One that nobody has becomes the head''s own; a head whose own team is another gives it to somebody first. Returns the escalation. Who has it, a head of the team, or a program may. Errors: P0002 no such ticket or person, or nothing says which developers; SL005 not theirs to decide, SL006 no suggestion, or in another state; SL008 no specification, 22023 one over 200,000 characters.';

create or replace function secondline.decline_suggestion(ticket bigint, person bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.decline_suggestion(secondline_rules.lock_ticket(ticket), ticket, person, reason);
end;
$$;
comment on function secondline.decline_suggestion(bigint, bigint, text) is
    'A suggestion will not be built: new, assigned, accepted or waiting_for_client → resolved; client and author are told why. Who has it, a head of the team, or a program may. Errors: P0002 no such ticket or person, SL005 not theirs to decide, SL006 no suggestion, or in another state; 22023 no reason, or one over 262,144 characters.';
