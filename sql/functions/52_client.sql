-- The ticket and its client: replies, questions, answers, and taking up again.

create or replace function secondline_rules.tell_client(
    p_at timestamptz, p_kind text, p_ticket secondline.ticket, p_field text default 'text', p_text text default null
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    -- who has no contact for it sees the same in client_ticket: nothing to write, not even that nobody could be told
    if exists (select from secondline.contact c join secondline.message_kind k on k.kind = p_kind
                where c.client_id = p_ticket.client_id and c.from_severity <= k.severity) then
        perform secondline_rules.send(
            p_at, p_kind, null, null, p_ticket.client_id, jsonb_strip_nulls(jsonb_build_object(
                'ticket', p_ticket.ticket_id, 'title', p_ticket.title, p_field, p_text)));
    end if;
end;
$$;
comment on function secondline_rules.tell_client(timestamptz, text, secondline.ticket, text, text) is
    'Tells the client of a ticket what became of it, if they have a contact for messages of this kind; the text stands in this field.';

create or replace function secondline_rules.answered(p_at timestamptz, p_ticket bigint) returns void
language sql volatile
begin atomic
    update secondline.ticket t
       set first_replied_at = coalesce(t.first_replied_at, p_at), replied_at = p_at, client_waits_since = null where t.ticket_id = p_ticket;
end;
comment on function secondline_rules.answered(timestamptz, bigint) is 'The client has heard from a person.';

create or replace function secondline_rules.reply(p_at timestamptz, p_ticket bigint, p_person bigint, p_text text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'reply');
begin
    perform secondline_rules.require_length(p_text, 'reply', 262144);
    perform secondline_rules.take_up(p_at, t, p_person);
    perform secondline_rules.take_step(p_at, t, 'reply', p_person, p_person, p_text);
    perform secondline_rules.answered(p_at, p_ticket);
end;
$$;
comment on function secondline_rules.reply(timestamptz, bigint, bigint, text) is 'secondline.reply_to_client at an instant.';

create or replace function secondline_rules.wait_for_client(p_at timestamptz, p_ticket bigint, p_person bigint, p_question text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'wait');
begin
    perform secondline_rules.require_text(p_question, 'question');
    if t.client_id is null then
        raise exception 'ticket % is no client''s', p_ticket
            using errcode = 'SL006', hint = 'Ask its author, and say so with secondline.add_note.';
    end if;
    perform secondline_rules.take_up(p_at, t, p_person);
    perform secondline_rules.take_step(p_at, t, 'wait', p_person, p_person, p_question);
    perform secondline_rules.answered(p_at, p_ticket);
    perform secondline_rules.send(
        p_at, 'client.question', null, null, t.client_id,
        jsonb_build_object('ticket', p_ticket, 'title', t.title, 'text', left(p_question, 8000)));
end;
$$;
comment on function secondline_rules.wait_for_client(timestamptz, bigint, bigint, text) is 'secondline.wait_for_client at an instant.';

create or replace function secondline_rules.client_replied(p_at timestamptz, p_ticket bigint, p_person bigint, p_text text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
begin
    perform secondline_rules.lock_ticket(p_ticket);
    select * into t from secondline.ticket x where x.ticket_id = p_ticket;
    perform secondline_rules.step(t, 'client_reply');
    perform secondline_rules.require_length(p_text, 'reply', 262144);
    if t.status = 'resolved' then
        perform secondline_rules.take_up_again(p_at, t, p_person, p_text, 'client_reply');
    else
        perform secondline_rules.lock_people(t.assignee_id);
        perform secondline_rules.take_step(p_at, t, 'client_reply', t.assignee_id, p_person, p_text);
    end if;
    update secondline.ticket x set client_waits_since = coalesce(x.client_waits_since, p_at) where x.ticket_id = p_ticket;
    select x.assignee_id into t.assignee_id from secondline.ticket x where x.ticket_id = p_ticket;
    if t.assignee_id is not null then
        perform secondline_rules.send(
            p_at, 'client.replied', t.assignee_id, null, null, jsonb_strip_nulls(jsonb_build_object(
                'ticket', p_ticket, 'title', t.title, 'text', left(p_text, 8000))));
    end if;
end;
$$;
comment on function secondline_rules.client_replied(timestamptz, bigint, bigint, text) is 'secondline.client_replied at an instant.';

create or replace function secondline_rules.take_up_again(
    p_at timestamptz, p_ticket secondline.ticket, p_person bigint, p_note text, p_act text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_assignment bigint;
begin
    update secondline.ticket t set reopened = t.reopened + 1, resolution = null where t.ticket_id = p_ticket.ticket_id;
    perform secondline_rules.lock_people(p_ticket.assignee_id);
    select a.assignment_id into v_assignment
      from secondline.assignment a
      join secondline.person p on p.person_id = a.person_id and p.deactivated_at is null
     where a.ticket_id = p_ticket.ticket_id and a.person_id = p_ticket.assignee_id
     order by a.assignment_id desc limit 1;
    if found then
        -- theirs as before, also beyond their room: nobody gave them a new ticket
        update secondline.assignment a set state = 'accepted', ended_at = null, accepted_at = coalesce(a.accepted_at, a.offered_at),
                                           weight_minutes = secondline_rules.weight('accepted', p_ticket.effort_minutes)
         where a.assignment_id = v_assignment;
        perform secondline_rules.take_step(p_at, p_ticket, p_act, p_ticket.assignee_id, p_person, p_note);
    else
        -- whoever solved it has left: it moves through its client, and so competes anew
        update secondline.ticket t set eligible_at = p_at, declined_by = null, passed_by = null where t.ticket_id = p_ticket.ticket_id;
        perform secondline_rules.take_step(p_at, p_ticket, 'reopen_anew', null, p_person, p_note);
        perform secondline_rules.hint();
    end if;
end;
$$;
comment on function secondline_rules.take_up_again(timestamptz, secondline.ticket, bigint, text, text) is
    'A resolved ticket goes back to whoever solved it, or, where they have left, to the queue.';

create or replace function secondline_rules.reopen(p_at timestamptz, p_ticket bigint, p_person bigint, p_reason text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.steered_ticket(p_ticket, p_person, 'reopen');
begin
    perform secondline_rules.require_text(p_reason, 'reason');
    perform secondline_rules.take_up_again(p_at, t, p_person, p_reason, 'reopen');
    update secondline.ticket x set client_waits_since = p_at where x.ticket_id = p_ticket;
    if p_person is not null then
        perform secondline_rules.tell_client(p_at, 'client.reopened', t);
    end if;
    select x.assignee_id into t.assignee_id from secondline.ticket x where x.ticket_id = p_ticket;
    if t.assignee_id is not null and t.assignee_id is distinct from p_person then
        perform secondline_rules.send(
            p_at, 'ticket.reopened', t.assignee_id, null, null,
            jsonb_build_object('ticket', p_ticket, 'title', t.title, 'text', left(p_reason, 8000)));
    end if;
end;
$$;
comment on function secondline_rules.reopen(timestamptz, bigint, bigint, text) is 'secondline.reopen_ticket at an instant.';
