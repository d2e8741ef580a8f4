-- Developers brought in. The work of an escalation is a ticket of its own in a queue of line 3: who gets it, when it goes on to the next
-- developer, and that a head hears of it, is as with every ticket. The owner's ticket waits for it, and stays the owner's:
--
--                    silence: it is submitted
--   proposed ────────────────────────────────▶ submitted ── accept ──▶ acknowledged ⇄ asked      (refuse ──▶ refused)
--      by the queue's rules                        ▲ ▲                     │   ▲
--                           escalate, by hand ─────┘ └─────────────────────┘   │ send_back
--                                                     reassign, rehome     finish
--                                                                          │   │
--                                                                          ▼   │
--   withdrawn ◀── the developer's ticket is cancelled                     finished ── confirm, by every owner ──▶ confirmed
--
-- Whoever changes an escalation holds its tickets: all of them by id, then people, then its own row.

create or replace function secondline_rules.developers_queue(p_queue text) returns text
language sql stable
begin atomic
    select coalesce((select r.to_queue from secondline.escalation_rule r where r.queue = p_queue),
                    (select min(q.name) from secondline.queue q where q.line = 3 having count(*) = 1));
end;
comment on function secondline_rules.developers_queue(text) is
    'Where escalations of a queue go: as set, or else the only queue of line 3; null when nothing says so.';

create or replace function secondline_rules.require_developers_queue(p_queue text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.require_queue(p_queue);
    if not exists (select from secondline.queue q where q.name = p_queue and q.line = 3) then
        raise exception 'queue % is not of line 3', quote_literal(p_queue)
            using errcode = 'invalid_parameter_value',
                  hint = coalesce('Queues of developers: ' || (
                      select string_agg(q.name, ', ' order by q.name) from secondline.queue q where q.line = 3) || '.',
                      'There is none: add one with secondline.add_queue(''developers'', 3).');
    end if;
end;
$$;
comment on function secondline_rules.require_developers_queue(text) is 'P0002 or 22023 unless this is a queue of line 3.';

create or replace function secondline_rules.severity_of(p_priority secondline.priority) returns secondline.severity
language sql immutable
begin atomic
    select (case p_priority when 'urgent' then 'critical' when 'high' then 'high' when 'low' then 'low' else 'normal' end)::secondline.severity;
end;
comment on function secondline_rules.severity_of(secondline.priority) is 'How bad a ticket of this priority is to a developer.';

create or replace function secondline_rules.lock_tickets(p_tickets bigint[]) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_changed timestamptz;
begin
    perform from secondline.ticket t where t.ticket_id = any (p_tickets) order by t.ticket_id for no key update;
    select max(t.changed_at) into v_changed from secondline.ticket t where t.ticket_id = any (p_tickets);
    return greatest(clock_timestamp(), v_changed);
end;
$$;
comment on function secondline_rules.lock_tickets(bigint[]) is 'Locks tickets in the order of their ids and returns the time to use: now, or their last change if that is later.';

create or replace function secondline_rules.lock_escalation(p_escalation bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_tickets bigint[];
    v_at timestamptz;
begin
    select array[e.ticket_id, e.developer_ticket_id] into v_tickets from secondline.escalation e where e.escalation_id = p_escalation;
    if not found then
        raise exception 'there is no escalation %', coalesce(p_escalation::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.my_escalations.';
    end if;
    v_at := secondline_rules.lock_tickets(v_tickets || array(select t.ticket_id from secondline.ticket t where t.escalation_id = p_escalation));
    -- what was linked meanwhile comes after these, maybe with a smaller id: no waiting
    perform from secondline.ticket t where t.escalation_id = p_escalation order by t.ticket_id for no key update nowait;
    select greatest(v_at, max(t.changed_at)) into v_at from secondline.ticket t where t.escalation_id = p_escalation;
    perform secondline_rules.lock_people(variadic array(
        select t.assignee_id from secondline.ticket t where t.ticket_id = any (v_tickets) or t.escalation_id = p_escalation));
    return v_at;
end;
$$;
comment on function secondline_rules.lock_escalation(bigint) is
    'Locks the tickets of an escalation and whoever has them, and returns the time to use. P0002 when there is none; 55P03 when one is being linked and changed right now.';

create or replace function secondline_rules.lock_work(p_ticket bigint) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_escalation bigint;
begin
    select e.escalation_id into v_escalation from secondline.escalation e where e.developer_ticket_id = p_ticket;
    return case when found then secondline_rules.lock_escalation(v_escalation) else secondline_rules.lock_ticket(p_ticket) end;
end;
$$;
comment on function secondline_rules.lock_work(bigint) is
    'Locks a ticket, a developer''s with all that wait for it, and returns the time to use. P0002 when there is none.';

create or replace function secondline_rules.developer_ticket(p_escalation bigint) returns bigint
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation;
begin
    select * into e from secondline.escalation x where x.escalation_id = p_escalation;
    if not found then
        raise exception 'there is no escalation %', coalesce(p_escalation::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.my_escalations.';
    elsif e.developer_ticket_id is null then
        raise exception 'escalation % is %', p_escalation, e.state using errcode = 'SL006', hint = 'No developer has been asked.';
    end if;
    return e.developer_ticket_id;
end;
$$;
comment on function secondline_rules.developer_ticket(bigint) is
    'The developer''s ticket of an escalation; P0002 when there is no such escalation, SL006 when it never went to developers.';

create or replace function secondline_rules.developer_ticket_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation;
begin
    select * into e from secondline.escalation x where x.developer_ticket_id = new.ticket_id for no key update;
    if new.status = 'resolved' and e.state <> 'finished' then
        raise exception 'ticket % is the work of escalation %', new.ticket_id, e.escalation_id
            using errcode = 'SL006', hint = 'Say what became of it with secondline.finish_escalation.';
    elsif old.status = 'resolved' and new.status <> 'resolved' and not exists (
        select from secondline.ticket t where t.escalation_id = e.escalation_id and t.status = 'with_developer') then
        raise exception 'escalation % is %, and nobody sent it back', e.escalation_id, e.state
            using errcode = 'SL006', hint = 'Whoever verifies it sends it back with secondline.send_back; once confirmed, escalate anew.';
    end if;
    update secondline.escalation x
       set developer_id = new.assignee_id, news_at = new.changed_at,
           state = case when new.status in ('new', 'returned', 'assigned') then 'submitted' when new.status = 'resolved' then 'finished'
                        when new.status = 'cancelled' then 'withdrawn' else 'acknowledged' end::secondline.escalation_state,
           acknowledged_at = case when new.status in ('new', 'returned', 'assigned') then null
                                  when new.status = 'accepted' then new.changed_at else x.acknowledged_at end,
           ended_at = case when new.status = 'cancelled' then new.changed_at end,
           outcome = case when new.status = 'resolved' then x.outcome end,
           finished_at = case when new.status = 'resolved' then x.finished_at end
     where x.escalation_id = e.escalation_id;
    if new.assignee_id <> coalesce(old.assignee_id, 0) and not exists (
        select from secondline.ticket t where t.escalation_id = e.escalation_id) then
        perform secondline_rules.tell_developer(new.changed_at, e.escalation_id, 'escalation.unwanted', null, null);
    end if;
    return null;
end;
$$;
comment on function secondline_rules.developer_ticket_changed() is
    'Trigger: an escalation follows the developer''s ticket, whoever changes that, and who gets it hears when nobody waits for it; SL006 when it ends or comes back another way than through finish_escalation and send_back.';

create or replace trigger developer_ticket_changed after update on secondline.ticket
    for each row when (new.for_developer and (old.status <> new.status or old.assignee_id is distinct from new.assignee_id))
    execute function secondline_rules.developer_ticket_changed();

create or replace function secondline_rules.ticket_left_escalation() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation;
begin
    -- two that leave at once look one after the other
    perform from secondline.escalation x where x.escalation_id = old.escalation_id for no key update;
    select * into e from secondline.escalation x where x.escalation_id = old.escalation_id;
    if e.state = 'proposed' then
        update secondline.escalation x set state = 'withdrawn', ended_at = new.changed_at where x.escalation_id = e.escalation_id;
    elsif exists (select from secondline.ticket t where t.escalation_id = e.escalation_id) then
        return null;
    elsif e.state = 'finished' then
        update secondline.escalation x set state = 'confirmed', ended_at = new.changed_at where x.escalation_id = e.escalation_id;
    elsif e.state in ('submitted', 'acknowledged', 'asked') and e.developer_id is not null then
        perform secondline_rules.tell_developer(new.changed_at, e.escalation_id, 'escalation.unwanted', null, null);
    end if;
    return null;
end;
$$;
comment on function secondline_rules.ticket_left_escalation() is
    'Trigger: when the last ticket has left, a finished escalation is confirmed, and the developer of an open one hears that nobody waits for it any more.';

create or replace trigger ticket_left_escalation after update on secondline.ticket
    for each row when (old.escalation_id is not null and new.escalation_id is distinct from old.escalation_id)
    execute function secondline_rules.ticket_left_escalation();

create or replace function secondline_rules.escalation_data(
    p_escalation bigint, p_ticket bigint, p_title text, p_from bigint, p_text text
) returns jsonb
language sql stable
begin atomic
    select jsonb_strip_nulls(jsonb_build_object(
        'escalation', p_escalation, 'ticket', p_ticket, 'title', p_title, 'text', left(p_text, 8000),
        'from', (select p.full_name from secondline.person p where p.person_id = p_from)));
end;
comment on function secondline_rules.escalation_data(bigint, bigint, text, bigint, text) is 'What a message about an escalation is made of.';

create or replace function secondline_rules.tell_owners(
    p_at timestamptz, p_escalation bigint, p_kind text, p_from bigint, p_text text, p_more jsonb default '{}'
) returns void
language sql volatile
begin atomic
    select secondline_rules.send(
               p_at, p_kind, t.assignee_id, null, null,
               secondline_rules.escalation_data(p_escalation, t.ticket_id, t.title, p_from, p_text) || p_more)
      from secondline.ticket t where t.escalation_id = p_escalation and t.assignee_id is not null order by t.ticket_id;
end;
comment on function secondline_rules.tell_owners(timestamptz, bigint, text, bigint, text, jsonb) is
    'Tells whoever has a ticket of an escalation something, for each of these tickets.';

create or replace function secondline_rules.tell_developer(p_at timestamptz, p_escalation bigint, p_kind text, p_from bigint, p_text text) returns void
language sql volatile
begin atomic
    select secondline_rules.send(
               p_at, p_kind, t.assignee_id, null, null, secondline_rules.escalation_data(p_escalation, t.ticket_id, t.title, p_from, p_text))
      from secondline.escalation e join secondline.ticket t on t.ticket_id = e.developer_ticket_id
     where e.escalation_id = p_escalation and t.assignee_id is not null;
end;
comment on function secondline_rules.tell_developer(timestamptz, bigint, text, bigint, text) is 'Tells whoever has the developer''s ticket something.';

create or replace function secondline_rules.journal_escalation(
    p_at timestamptz, p_escalation bigint, p_event text, p_person bigint, p_note text
) returns void
language sql volatile
begin atomic
    with entered as (
        insert into secondline.journal (ticket_id, at, event, person_id, note)
        select t.ticket_id, p_at, p_event, p_person, p_note from secondline.ticket t
         where t.escalation_id = p_escalation
            or t.ticket_id = (select e.developer_ticket_id from secondline.escalation e where e.escalation_id = p_escalation)
         order by t.ticket_id
        returning ticket_id
    )
    update secondline.ticket t set changed_at = p_at from entered n where t.ticket_id = n.ticket_id;
    update secondline.escalation e set news_at = p_at where e.escalation_id = p_escalation;
end;
comment on function secondline_rules.journal_escalation(timestamptz, bigint, text, bigint, text) is 'News of an escalation, in the journal of each of its tickets.';

create or replace function secondline_rules.join_escalation(
    p_at timestamptz, p_ticket secondline.ticket, p_escalation bigint, p_act text, p_by bigint, p_note text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.lock_people(p_ticket.assignee_id);
    if p_by = p_ticket.assignee_id then
        perform secondline_rules.take_up(p_at, p_ticket, p_by);
    else
        update secondline.assignment a set state = 'accepted', accepted_at = a.offered_at
         where a.ticket_id = p_ticket.ticket_id and a.state = 'offered' and a.ended_at is null;
    end if;
    update secondline.ticket t set escalation_id = p_escalation, controlled_at = p_at, changed_at = p_at where t.ticket_id = p_ticket.ticket_id;
    perform secondline_rules.take_step(p_at, p_ticket, p_act, p_ticket.assignee_id, p_by, p_note);
end;
$$;
comment on function secondline_rules.join_escalation(timestamptz, secondline.ticket, bigint, text, bigint, text) is
    'A locked ticket waits for developers from now on. What its owner does themselves accepts an offer; what is done for them has it accepted from the start.';

create or replace function secondline_rules.bring_in(
    p_at timestamptz, p_ticket secondline.ticket, p_by bigint, p_kind secondline.ticket_kind, p_severity secondline.severity,
    p_summary text, p_description text, p_queue text, p_rule text
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_work bigint;
    v_escalation bigint;
begin
    insert into secondline.ticket (
        queue, title, description, priority, kind, author_id, for_developer, passed_by, submitted_at, eligible_at, changed_at)
    values (p_queue, left(btrim(regexp_replace(p_summary, '[[:cntrl:]]+', ' ', 'g')), 500), p_description,
            case p_severity when 'critical' then 'urgent' else p_severity::text end::secondline.priority, p_kind, p_ticket.assignee_id, true,
            -- who is in both lines and brings developers in asks for somebody else
            array[p_ticket.assignee_id], p_at, p_at, p_at)
    returning ticket_id into v_work;
    update secondline.escalation e
       set state = 'submitted', developer_ticket_id = v_work, submitted_at = p_at, news_at = p_at
     where e.escalation_id = p_ticket.escalation_id and e.state = 'proposed' and e.rule = p_rule
    returning e.escalation_id into v_escalation;
    if not found then
        insert into secondline.escalation (
            ticket_id, developer_ticket_id, state, kind, severity, rule, owner_id, opened_at, submitted_at, news_at, summary)
        values (p_ticket.ticket_id, v_work, 'submitted', p_kind, p_severity, p_rule, p_ticket.assignee_id, p_at, p_at, p_at, p_summary)
        returning escalation_id into v_escalation;
    end if;
    perform secondline_rules.join_escalation(
        p_at, p_ticket, v_escalation, 'escalate', p_by,
        format('%s → %s%s: %s', v_escalation, p_queue, ' (' || p_rule || ')', p_summary));
    if p_by is distinct from p_ticket.assignee_id then
        perform secondline_rules.tell_owners(
            p_at, v_escalation, 'escalation.opened', null, p_summary, jsonb_strip_nulls(jsonb_build_object('rule', p_rule)));
    end if;
    return v_escalation;
end;
$$;
comment on function secondline_rules.bring_in(
    timestamptz, secondline.ticket, bigint, secondline.ticket_kind, secondline.severity, text, text, text, text
) is 'Brings developers in for a locked ticket that somebody has: their ticket, the escalation (or the one that was proposed by this rule), and the owner''s ticket that waits for it.';

create or replace function secondline_rules.description_of(p_ticket secondline.ticket, p_text text) returns text
language sql stable
begin atomic
    select left(concat_ws(E'\n\n', p_text, format('%s: %s', p_ticket.ticket_id, p_ticket.title), nullif(p_ticket.description, '')), 262144);
end;
comment on function secondline_rules.description_of(secondline.ticket, text) is 'What a developer reads: this text, and the ticket that led to it.';

create or replace function secondline_rules.require_no_escalation(p_ticket secondline.ticket) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_ticket.for_developer then
        raise exception 'ticket % is a developer''s own', p_ticket.ticket_id
            using errcode = 'SL006', hint = 'Pass it on with secondline.hand_over, or end it with secondline.finish_escalation.';
    elsif exists (select from secondline.escalation e where e.escalation_id = p_ticket.escalation_id and e.state <> 'proposed') then
        raise exception 'ticket % has the open escalation %', p_ticket.ticket_id, p_ticket.escalation_id
            using errcode = 'SL006', hint = 'It goes back to the developers by itself in a moment.';
    end if;
end;
$$;
comment on function secondline_rules.require_no_escalation(secondline.ticket) is
    'SL006 when a ticket is an escalation''s work, or has an open escalation; a proposal gives way.';

create or replace function secondline_rules.escalate(
    p_at timestamptz, p_ticket bigint, p_person bigint, p_kind secondline.ticket_kind, p_severity secondline.severity,
    p_summary text, p_to_queue text
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'escalate');
begin
    perform secondline_rules.require_no_escalation(t);
    perform secondline_rules.require_text(p_summary, 'summary', 8000);
    return secondline_rules.bring_in(
        p_at, t, p_person, p_kind, p_severity, p_summary, secondline_rules.description_of(t, p_summary),
        secondline_rules.target_queue(t, p_to_queue), null);
end;
$$;
comment on function secondline_rules.escalate(
    timestamptz, bigint, bigint, secondline.ticket_kind, secondline.severity, text, text
) is 'secondline.escalate_ticket at an instant.';

create or replace function secondline_rules.target_queue(p_ticket secondline.ticket, p_to_queue text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue text := coalesce(p_to_queue, secondline_rules.developers_queue(p_ticket.queue));
begin
    if v_queue is null then
        raise exception 'nothing says to which developers tickets of queue % go', quote_literal(p_ticket.queue)
            using errcode = 'no_data_found', hint = 'Name a queue of line 3, or set it with secondline.set_escalation.';
    end if;
    perform secondline_rules.require_developers_queue(v_queue);
    return v_queue;
end;
$$;
comment on function secondline_rules.target_queue(secondline.ticket, text) is
    'The queue of line 3 for an escalation: the one that is named, or else that of the ticket''s queue; P0002 where nothing says which, 22023 when it is of another line.';

create or replace function secondline_rules.link(p_at timestamptz, p_ticket bigint, p_escalation bigint, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'link');
    e secondline.escalation;
begin
    perform secondline_rules.require_no_escalation(t);
    select * into e from secondline.escalation x where x.escalation_id = p_escalation;
    if e.state not in ('submitted', 'acknowledged', 'asked') then
        raise exception 'escalation % is %', p_escalation, e.state
            using errcode = 'SL006', hint = 'Tickets can be linked while developers work on it; afterwards escalate anew.';
    end if;
    perform secondline_rules.join_escalation(p_at, t, p_escalation, 'link', p_person, p_escalation::text);
    insert into secondline.journal (ticket_id, at, event, person_id, note)
    values (e.developer_ticket_id, p_at, 'note', p_person, format('+ %s: %s', t.ticket_id, t.title));
end;
$$;
comment on function secondline_rules.link(timestamptz, bigint, bigint, bigint) is 'secondline.link_ticket at an instant.';

create or replace function secondline_rules.worked_on(p_escalation bigint, p_developer bigint, p_act text) returns secondline.ticket
language sql volatile
begin atomic
    select secondline_rules.owned_ticket(secondline_rules.developer_ticket(p_escalation), p_developer, p_act);
end;
comment on function secondline_rules.worked_on(bigint, bigint, text) is
    'The developer''s ticket of a locked escalation with which this developer, who has it, wants to do this; P0002, SL005, SL006.';

create or replace function secondline_rules.note_progress(p_at timestamptz, p_escalation bigint, p_developer bigint, p_text text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.worked_on(p_escalation, p_developer, 'progress');
begin
    perform secondline_rules.require_text(p_text, 'news');
    perform secondline_rules.act_as_owner(p_at, t.ticket_id, p_developer);
    perform secondline_rules.journal_escalation(p_at, p_escalation, 'progress', p_developer, p_text);
    perform secondline_rules.tell_owners(p_at, p_escalation, 'escalation.progress', p_developer, p_text);
end;
$$;
comment on function secondline_rules.note_progress(timestamptz, bigint, bigint, text) is 'secondline.note_progress at an instant.';

create or replace function secondline_rules.ask_owner(p_at timestamptz, p_escalation bigint, p_developer bigint, p_question text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.worked_on(p_escalation, p_developer, 'ask');
begin
    perform secondline_rules.require_text(p_question, 'question');
    perform secondline_rules.act_as_owner(p_at, t.ticket_id, p_developer);
    perform secondline_rules.journal_escalation(p_at, p_escalation, 'asked', p_developer, p_question);
    update secondline.escalation e set state = 'asked' where e.escalation_id = p_escalation;
    perform secondline_rules.tell_owners(p_at, p_escalation, 'escalation.asked', p_developer, p_question);
end;
$$;
comment on function secondline_rules.ask_owner(timestamptz, bigint, bigint, text) is 'secondline.ask_owner at an instant.';

create or replace function secondline_rules.waiting_owner(p_escalation bigint, p_owner bigint) returns secondline.escalation
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation;
begin
    select * into e from secondline.escalation x where x.escalation_id = p_escalation;
    if not exists (select from secondline.ticket t where t.escalation_id = p_escalation and t.assignee_id = p_owner) then
        raise exception 'person % has no ticket of escalation %', p_owner, p_escalation
            using errcode = 'SL005', hint = 'Only who has a ticket that waits for it may do this.';
    end if;
    return e;
end;
$$;
comment on function secondline_rules.waiting_owner(bigint, bigint) is 'A locked escalation of which this person has a ticket; SL005 when they have none.';

create or replace function secondline_rules.answer_developer(p_at timestamptz, p_escalation bigint, p_owner bigint, p_text text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation := secondline_rules.waiting_owner(p_escalation, p_owner);
begin
    if e.state <> 'asked' then
        raise exception 'escalation % is %', p_escalation, e.state using errcode = 'SL006', hint = 'No question is open.';
    end if;
    perform secondline_rules.require_text(p_text, 'answer');
    perform secondline_rules.journal_escalation(p_at, p_escalation, 'answered', p_owner, p_text);
    update secondline.escalation x set state = 'acknowledged' where x.escalation_id = p_escalation;
    perform secondline_rules.tell_developer(p_at, p_escalation, 'escalation.answered', p_owner, p_text);
end;
$$;
comment on function secondline_rules.answer_developer(timestamptz, bigint, bigint, text) is 'secondline.answer_developer at an instant.';

create or replace function secondline_rules.finish(
    p_at timestamptz, p_escalation bigint, p_developer bigint, p_outcome secondline.escalation_outcome, p_note text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.ticket := secondline_rules.worked_on(p_escalation, p_developer, 'resolve');
    t secondline.ticket;
begin
    -- the outcome stands before it
    perform secondline_rules.require_text(p_note, 'note', 260000);
    if p_outcome is null then
        raise exception 'the outcome is missing'
            using errcode = 'invalid_parameter_value',
                  hint = format('Choose one of %s.', array_to_string(enum_range(null::secondline.escalation_outcome), ', '));
    end if;
    update secondline.escalation e set state = 'finished', outcome = p_outcome, finished_at = p_at, note = p_note
     where e.escalation_id = p_escalation;
    perform secondline_rules.resolve(p_at, w.ticket_id, p_developer, format('%s: %s', p_outcome, p_note));
    for t in select * from secondline.ticket x where x.escalation_id = p_escalation and x.status = 'with_developer' order by x.ticket_id loop
        perform secondline_rules.take_step(p_at, t, 'hear_back', t.assignee_id, p_developer, format('%s: %s', p_outcome, p_note));
        perform secondline_rules.tell_client(p_at, 'client.progress', t);
    end loop;
    perform secondline_rules.tell_owners(
        p_at, p_escalation, 'escalation.finished', p_developer, p_note, jsonb_build_object('outcome', p_outcome));
    -- nobody waits for it any more
    update secondline.escalation e set state = 'confirmed', ended_at = p_at
     where e.escalation_id = p_escalation and not exists (select from secondline.ticket x where x.escalation_id = p_escalation);
end;
$$;
comment on function secondline_rules.finish(timestamptz, bigint, bigint, secondline.escalation_outcome, text) is
    'secondline.finish_escalation at an instant.';

create or replace function secondline_rules.confirm(p_at timestamptz, p_ticket bigint, p_owner bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_owner, 'confirm');
begin
    perform secondline_rules.take_step(p_at, t, 'confirm', p_owner, p_owner);
    update secondline.ticket x set escalation_id = null where x.ticket_id = p_ticket;
end;
$$;
comment on function secondline_rules.confirm(timestamptz, bigint, bigint) is 'secondline.confirm_fix at an instant.';

create or replace function secondline_rules.send_back(p_at timestamptz, p_escalation bigint, p_owner bigint, p_note text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation := secondline_rules.waiting_owner(p_escalation, p_owner);
    t secondline.ticket;
begin
    perform secondline_rules.require_text(p_note, 'note');
    for t in
        select * from secondline.ticket x
         where x.escalation_id = p_escalation and x.assignee_id = p_owner and x.status = 'to_verify' order by x.ticket_id
    loop
        perform secondline_rules.take_step(p_at, t, 'send_back', p_owner, p_owner, p_note);
        update secondline.ticket x set controlled_at = p_at where x.ticket_id = t.ticket_id;
    end loop;
    if not found then
        -- which says why not
        perform secondline_rules.step(x, 'send_back') from secondline.ticket x where x.escalation_id = p_escalation and x.assignee_id = p_owner;
    end if;
    select * into t from secondline.ticket x where x.ticket_id = e.developer_ticket_id;
    if t.status = 'resolved' then
        perform secondline_rules.take_up_again(p_at, t, p_owner, p_note, 'reopen');
    else
        -- another owner was faster
        insert into secondline.journal (ticket_id, at, event, person_id, note) values (t.ticket_id, p_at, 'note', p_owner, p_note);
    end if;
    perform secondline_rules.tell_developer(p_at, p_escalation, 'escalation.sent_back', p_owner, p_note);
end;
$$;
comment on function secondline_rules.send_back(timestamptz, bigint, bigint, text) is 'secondline.send_back at an instant.';

create or replace function secondline_rules.withdraw(p_at timestamptz, p_work bigint, p_by bigint, p_reason text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_escalation bigint := (select e.escalation_id from secondline.escalation e where e.developer_ticket_id = p_work);
    t secondline.ticket;
begin
    perform secondline_rules.tell_owners(p_at, v_escalation, 'escalation.withdrawn', p_by, p_reason);
    for t in select * from secondline.ticket x where x.escalation_id = v_escalation order by x.ticket_id loop
        if t.status in ('with_developer', 'to_verify') then
            perform secondline_rules.take_step(p_at, t, 'withdraw', t.assignee_id, p_by, p_reason);
        end if;
        update secondline.ticket x set escalation_id = null where x.ticket_id = t.ticket_id;
    end loop;
end;
$$;
comment on function secondline_rules.withdraw(timestamptz, bigint, bigint, text) is
    'The developer''s ticket was cancelled: whoever waits for it has their ticket back, and is told.';

create or replace function secondline_rules.refuse(p_at timestamptz, p_escalation bigint, p_owner bigint, p_reason text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation;
    t secondline.ticket;
begin
    select * into e from secondline.escalation x where x.escalation_id = p_escalation;
    if e.state <> 'proposed' then
        raise exception 'escalation % is %', p_escalation, e.state
            using errcode = 'SL006', hint = 'Only a proposal can be refused; its owner ends another one with secondline.cancel_ticket of the developer''s ticket.';
    end if;
    t := secondline_rules.owned_ticket(e.ticket_id, p_owner, 'refuse');
    -- the rule stands before it
    perform secondline_rules.require_text(p_reason, 'reason', 260000);
    perform secondline_rules.take_up(p_at, t, p_owner);
    perform secondline_rules.take_step(p_at, t, 'refuse', p_owner, p_owner, format('%s: %s', e.rule, p_reason));
    update secondline.escalation x set state = 'refused', ended_at = p_at, note = p_reason where x.escalation_id = p_escalation;
    update secondline.ticket x set escalation_id = null where x.ticket_id = t.ticket_id;
end;
$$;
comment on function secondline_rules.refuse(timestamptz, bigint, bigint, text) is 'secondline.refuse_escalation at an instant.';
