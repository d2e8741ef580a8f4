-- The life of a ticket. Every function locks the ticket, then people by id; checks who may and from which state; changes; journals.
--
--             resubmit               assign                   accept, reply, …
--   returned ─────────────────▶ new ──────────────▶ assigned ────────────────────────▶ accepted
--      ▲                        │ ▲                    │                                │ │ ▲
--      └────────────────────────┘ └────────────────────┴────────────────────────────────┘ │ │ client_reply
--        return                     decline, time_out (assigned); hand_over, move, rehome │ │
--                                                                                    wait ▼ │
--                                                                                  waiting_for_client
--
--   assigned, accepted ── resolve ──▶ resolved ── reopen, client_reply ──▶ accepted; ── reopen_anew ──▶ new, where the owner has left
--   assigned ── wait ──▶ waiting_for_client ── give_up ──▶ resolved
--
--                        escalate, link, rejoin                       hear_back
--   assigned, accepted ──────────────────────────▶ with_developer ◀──────────────▶ to_verify ── confirm ──▶ accepted
--        │  ▲ (accepted)          withdraw               │            send_back        │ ▲
--        │  └────────────────────────────────────────────┴─────────────────────────────┘ │
--        └──── rejoin_finished ──────────────────────────────────────────────────────────┘
--
--   a suggestion: new, assigned, accepted, waiting_for_client ── turn_down ──▶ resolved
--   new, assigned, accepted ── reassign ──▶ assigned        returned, waiting_for_client ── rehome ──▶ new        every open state ── cancel ──▶ cancelled
--
-- The same, to be checked against: each act from each state in which it is possible. An act without "to" leaves the state as it is.

do $$
begin
    delete from secondline.ticket_step;
    insert into secondline.ticket_step (act, event, from_status, to_status)
    select d.act, d.event, f.status, d.to_status::secondline.ticket_status
      from (values
           ('assign', 'assigned', '{new}', 'assigned'),
           ('accept', 'accepted', '{assigned}', 'accepted'),
           ('decline', 'declined', '{assigned}', 'new'),
           ('resolve', 'resolved', '{assigned,accepted}', 'resolved'),
           ('time_out', 'timed_out', '{assigned}', 'new'),
           ('reassign', 'reassigned', '{new,assigned,accepted}', 'assigned'),
           ('set_priority', 'priority_set', '{new,returned,assigned,accepted,waiting_for_client,with_developer,to_verify}', null),
           ('move', 'moved', '{new,assigned,accepted}', 'new'),
           ('rehome', 'rehomed', '{returned,assigned,accepted,waiting_for_client,with_developer,to_verify}', 'new'),
           ('cancel', 'cancelled', '{new,returned,assigned,accepted,waiting_for_client,with_developer,to_verify}', 'cancelled'),
           ('reply', 'replied', '{assigned}', 'accepted'),
           ('reply', 'replied', '{accepted,waiting_for_client,with_developer,to_verify}', null),
           ('report_difficulty', 'difficulty', '{assigned}', 'accepted'),
           ('report_difficulty', 'difficulty', '{accepted,waiting_for_client,with_developer,to_verify}', null),
           ('wait', 'waiting', '{assigned,accepted}', 'waiting_for_client'),
           ('client_reply', 'client_replied', '{waiting_for_client,resolved}', 'accepted'),
           ('client_reply', 'client_replied', '{new,returned,assigned,accepted,with_developer,to_verify}', null),
           ('give_up', 'unanswered', '{waiting_for_client}', 'resolved'),
           ('reopen', 'reopened', '{resolved}', 'accepted'),
           ('reopen_anew', 'reopened', '{resolved}', 'new'),
           ('hand_over', 'handed_over', '{assigned,accepted}', 'new'),
           ('return', 'returned', '{new}', 'returned'),
           ('resubmit', 'resubmitted', '{returned}', 'new'),
           ('escalate', 'escalated', '{assigned,accepted}', 'with_developer'),
           ('link', 'linked', '{assigned,accepted}', 'with_developer'),
           ('rejoin', 'rejoined', '{assigned,accepted}', 'with_developer'),
           ('rejoin_finished', 'rejoined', '{assigned,accepted}', 'to_verify'),
           ('hear_back', 'heard_back', '{with_developer}', 'to_verify'),
           ('send_back', 'sent_back', '{to_verify}', 'with_developer'),
           ('confirm', 'confirmed', '{to_verify}', 'accepted'),
           ('withdraw', 'withdrawn', '{with_developer,to_verify}', 'accepted'),
           ('progress', 'progress', '{new,assigned,accepted,waiting_for_client,with_developer,to_verify}', null),
           ('ask', 'asked', '{new,assigned,accepted,waiting_for_client,with_developer,to_verify}', null),
           ('answer', 'answered', '{new,assigned,accepted,waiting_for_client,with_developer,to_verify}', null),
           ('propose', 'escalation_proposed', '{assigned,accepted}', null),
           ('refuse', 'escalation_refused', '{assigned}', 'accepted'),
           ('refuse', 'escalation_refused', '{accepted,waiting_for_client}', null),
           ('turn_down', 'turned_down', '{new,assigned,accepted,waiting_for_client}', 'resolved'),
           ('note', 'note', '{new,returned,assigned,accepted,waiting_for_client,with_developer,to_verify,resolved,cancelled}', null))
           d (act, event, from_statuses, to_status)
     cross join unnest(d.from_statuses::secondline.ticket_status[]) f (status);
end;
$$;

create or replace function secondline_rules.step(p_ticket secondline.ticket, p_act text) returns secondline.ticket_step
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    s secondline.ticket_step;
begin
    select * into s from secondline.ticket_step x where x.act = p_act and x.from_status = p_ticket.status;
    if not found then
        raise exception 'ticket % is %', p_ticket.ticket_id, p_ticket.status
            using errcode = 'SL006', hint = format('This is possible while it is %s.', (
                select string_agg(x.from_status::text, ', ' order by x.from_status) from secondline.ticket_step x where x.act = p_act));
    end if;
    return s;
end;
$$;
comment on function secondline_rules.step(secondline.ticket, text) is
    'What an act makes of a ticket; SL006, naming the states in which it would be possible, when it is not.';

create or replace function secondline_rules.ticket_arrives() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue record;
begin
    select q.effort_minutes, q.required_skill, q.first_due_after, r.queue is not null as has_regulation into v_queue
      from secondline.queue q left join secondline.regulation r on r.queue = q.name where q.name = new.queue;
    if not found then
        perform secondline_rules.require_queue(new.queue);
    end if;
    if new.title is null or new.title !~ E'\\S' then
        raise exception 'the title is empty'
            using errcode = 'check_violation', constraint = 'ticket_title_not_blank_check', table = 'ticket', column = 'title',
                  hint = 'Give the ticket a line that says what it is about.';
    elsif length(new.title) > 500 then
        raise exception 'the title has % characters, more than 500', length(new.title)
            using errcode = 'check_violation', constraint = 'ticket_title_not_blank_check', table = 'ticket', column = 'title',
                  hint = 'Put the text into the description.';
    elsif new.title ~ '[[:cntrl:]]' then
        raise exception 'the title contains control characters'
            using errcode = 'check_violation', constraint = 'ticket_title_printable_check', table = 'ticket', column = 'title',
                  hint = 'A title is one line of text: remove line breaks, tabs and the like.';
    end if;
    new.description := coalesce(new.description, '');
    if length(new.description) > 262144 then
        raise exception 'the description has % characters, more than 262,144', length(new.description)
            using errcode = 'check_violation', constraint = 'ticket_description_length_check', table = 'ticket', column = 'description',
                  hint = 'Shorten it, and keep the whole text where a link can lead to it.';
    elsif translate(new.description, E'\t\n\r', '') ~ '[[:cntrl:]]' then
        raise exception 'the description contains control characters'
            using errcode = 'check_violation', constraint = 'ticket_description_printable_check', table = 'ticket', column = 'description',
                  hint = 'Only tabs and line breaks may stand in it: remove the others.';
    end if;
    if length(new.external_key) not between 1 and 200 then
        raise exception 'the external key has % characters', length(new.external_key)
            using errcode = 'check_violation', constraint = 'ticket_external_key_length_check', table = 'ticket', column = 'external_key',
                  hint = 'Give it 1 to 200 characters, or leave it out.';
    end if;
    if v_queue.has_regulation and new.status = 'new' and not new.for_developer and exists (select from secondline_rules.broken_rule(new, 'en')) then
        -- a client's goes to their account manager; where there is none nobody could complete it
        new.returned_to := coalesce((
            select p.person_id from secondline.person p where p.person_id = new.author_id and p.deactivated_at is null), (
            select p.person_id from secondline.client c join secondline.person p on p.person_id = c.account_manager_id
             where c.client_id = new.client_id and p.deactivated_at is null));
        if new.returned_to is not null then
            new.status := 'returned';
            new.unsaid := array_remove(array[
                case when new.effort_minutes is null then 'effort' end, case when new.skill is null then 'skill' end], null);
        end if;
    end if;
    if new.client_id is not null then
        new.client_waits_since := coalesce(new.client_waits_since, new.submitted_at);
    end if;
    new.skill := coalesce(new.skill, v_queue.required_skill);
    new.effort_minutes := coalesce(new.effort_minutes, v_queue.effort_minutes);
    new.kind := coalesce(new.kind, 'question');
    new.eligible_at := coalesce(new.eligible_at, new.submitted_at);
    if new.ended_at is null then
        -- what must be escalated by itself is, at once
        new.attend_at := case when new.kind = 'system_error' then new.submitted_at else new.submitted_at + v_queue.first_due_after end;
    end if;
    return new;
end;
$$;
comment on function secondline_rules.ticket_arrives() is
    'Trigger: fills in what the queue decides and says clearly what is wrong with a ticket.';

create or replace function secondline_rules.tickets_arrived() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into secondline.journal (ticket_id, at, event, person_id, to_status)
    select n.ticket_id, n.submitted_at, 'submitted', n.author_id, case when n.status = 'returned' then 'new' else n.status end from new_ticket n;
    if exists (select from new_ticket n where n.status = 'returned') then
        perform secondline_rules.tell_of_return(n.submitted_at, n) from new_ticket n where n.status = 'returned';
    end if;

    -- one writer an hour is enough: whoever finds the row taken goes on, so a long import keeps nobody waiting
    update secondline.skill s set last_wanted_at = w.at
      from (select k.name, greatest(k.last_wanted_at, n.at) as at
              from secondline.skill k
              join (select n.skill, max(n.submitted_at) as at from new_ticket n where n.skill is not null group by n.skill) n
                on n.skill = k.name
             where k.last_wanted_at is null or k.last_wanted_at < n.at - interval '1 hour'
               for no key update of k skip locked) w
     where s.name = w.name;

    if exists (select from new_ticket n join secondline.queue q on q.name = n.queue where q.hints and n.status = 'new') then
        perform secondline_rules.hint();
    end if;
    return null;
end;
$$;
comment on function secondline_rules.tickets_arrived() is 'Trigger: journals new tickets and wakes the assignment duty, once a statement.';

create or replace trigger ticket_arrives before insert on secondline.ticket
    for each row execute function secondline_rules.ticket_arrives();
create or replace trigger ticket_arrived after insert on secondline.ticket
    referencing new table as new_ticket for each statement execute function secondline_rules.tickets_arrived();

create or replace function secondline_rules.require_client(p_client bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_client is not null and not exists (select from secondline.client c where c.client_id = p_client) then
        raise exception 'there is no client %', p_client
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.client, or add the client with secondline.add_client.';
    end if;
end;
$$;
comment on function secondline_rules.require_client(bigint) is 'Refuses (P0002) a client that there is not; null is none.';

create or replace function secondline_rules.submit(
    p_at timestamptz, p_queue text, p_title text, p_description text, p_priority secondline.priority,
    p_kind secondline.ticket_kind, p_client bigint, p_author bigint, p_effort_minutes integer, p_external_key text
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_ticket bigint;
begin
    -- look before inserting: a conflict would burn an id
    select t.ticket_id into v_ticket from secondline.ticket t where t.external_key = p_external_key;
    if found then
        return v_ticket;
    end if;
    perform secondline_rules.require_client(p_client);
    insert into secondline.ticket (
        queue, title, description, priority, kind, client_id, author_id, effort_minutes, external_key,
        submitted_at, eligible_at, changed_at)
    values (
        p_queue, p_title, p_description, p_priority, p_kind, p_client, p_author, p_effort_minutes, p_external_key,
        p_at, p_at, p_at)
    on conflict (external_key) where external_key is not null do nothing
    returning ticket_id into v_ticket;
    if v_ticket is null then
        select t.ticket_id into v_ticket from secondline.ticket t where t.external_key = p_external_key;
    end if;
    return v_ticket;
end;
$$;
comment on function secondline_rules.submit(
    timestamptz, text, text, text, secondline.priority, secondline.ticket_kind, bigint, bigint, integer, text
) is 'secondline.submit_ticket at an instant.';

create or replace function secondline_rules.owned_ticket(p_ticket bigint, p_person bigint, p_act text)
returns secondline.ticket
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
begin
    perform secondline_rules.lock_ticket(p_ticket);
    select * into t from secondline.ticket x where x.ticket_id = p_ticket;
    if t.assignee_id is distinct from p_person then
        raise exception 'ticket % is not person %''s: %', p_ticket, p_person,
            coalesce('person ' || t.assignee_id || ' has it', 'nobody has it')
            using errcode = 'SL005', hint = 'Only the one who has the ticket may do this.';
    end if;
    perform secondline_rules.step(t, p_act);
    return t;
end;
$$;
comment on function secondline_rules.owned_ticket(bigint, bigint, text) is
    'Locks a ticket with which this person, who has it, wants to do this; SL005 when it is not theirs, SL006 in a state where it is not possible.';

create or replace function secondline_rules.steered_ticket(p_ticket bigint, p_person bigint, p_act text)
returns secondline.ticket
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
begin
    perform secondline_rules.lock_ticket(p_ticket);
    select * into t from secondline.ticket x where x.ticket_id = p_ticket;
    -- null is its client, or a program for them
    if p_person is not null and p_person is distinct from t.author_id and p_person is distinct from t.assignee_id
       and not exists (select from secondline.client c where c.client_id = t.client_id and c.account_manager_id = p_person)
       and not secondline_rules.leads_queue(p_person, t.queue)
       and not (t.assignee_id is not null and secondline_rules.leads(p_person, t.assignee_id)) then
        raise exception 'ticket % is not for person % to change', p_ticket, p_person
            using errcode = 'SL005',
                  hint = 'Its author, the one who has it, the client''s account manager and a head of the team may.';
    end if;
    perform secondline_rules.step(t, p_act);
    return t;
end;
$$;
comment on function secondline_rules.steered_ticket(bigint, bigint, text) is
    'Locks a ticket with which this person wants to do this and may (author, assignee, account manager of the client, head; null is its client, whom the caller knows); SL005, SL006.';

create or replace function secondline_rules.lock_people(variadic p_person bigint[]) returns void
language sql volatile
begin atomic
    select from (
        select p.person_id from secondline.person p where p.person_id = any (p_person)
         order by p.person_id for no key update) locked;
end;
comment on function secondline_rules.lock_people(bigint[]) is 'Locks people in the order of their ids; nulls are ignored.';

-- The one place where a ticket leaves someone's hands or the queue: ends the open assignment and what the ticket waited for.
create or replace function secondline_rules.take_away(p_at timestamptz, p_ticket bigint, p_state secondline.assignment_state) returns void
language sql volatile
begin atomic
    update secondline.assignment a
       set state = p_state, ended_at = greatest(p_at, a.offered_at),
           accepted_at = case when p_state = 'resolved' then coalesce(a.accepted_at, greatest(p_at, a.offered_at)) else a.accepted_at end
     where a.ticket_id = p_ticket and a.ended_at is null;
    update secondline.blocker b set ended_at = greatest(p_at, b.since) where b.ticket_id = p_ticket and b.ended_at is null;
    delete from secondline.ticket_fault f where f.ticket_id = p_ticket;
end;
comment on function secondline_rules.take_away(timestamptz, bigint, secondline.assignment_state) is
    'Ends the open assignment of a ticket in this state, and the blocker that is its own.';

create or replace function secondline_rules.weight(p_status secondline.ticket_status, p_effort_minutes integer) returns integer
language sql immutable
begin atomic
    select case when p_status in ('waiting_for_client', 'with_developer') then least(p_effort_minutes, 15) else p_effort_minutes end;
end;
comment on function secondline_rules.weight(secondline.ticket_status, integer) is
    'What a ticket weighs in the load of whoever has it, in minutes: its effort, or one reply (15) while others have the next move.';

create or replace function secondline_rules.take_step(
    p_at timestamptz, p_ticket secondline.ticket, p_act text, p_assignee bigint, p_person bigint, p_note text default null
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    s secondline.ticket_step := secondline_rules.step(p_ticket, p_act);
    v_to secondline.ticket_status := coalesce(s.to_status, p_ticket.status);
begin
    update secondline.ticket t
       set status = v_to, assignee_id = p_assignee, changed_at = p_at,
           attend_at = case when v_to not in ('resolved', 'cancelled') then p_at end,
           ended_at = case when v_to in ('resolved', 'cancelled') then coalesce(t.ended_at, p_at) end,
           returned_to = case when v_to = 'returned' then t.returned_to end,
           unsaid = case when v_to = 'returned' then t.unsaid end,
           escalation_id = case when v_to not in ('resolved', 'cancelled') then t.escalation_id end,
           preferred_id = case when p_assignee is null then t.preferred_id end,
           -- the clocks of a ticket stand still while it waits for its client
           waiting_since = case when v_to = 'waiting_for_client' then coalesce(t.waiting_since, p_at) end,
           waited = t.waited + case when t.waiting_since is not null and v_to <> 'waiting_for_client'
                                      or t.ended_at is not null and v_to not in ('resolved', 'cancelled')
                                    then secondline_rules.business_between(
                                             secondline.calendar_of_queue(t.queue), coalesce(t.waiting_since, t.ended_at), p_at)
                                    else interval '0' end
     where t.ticket_id = p_ticket.ticket_id;
    insert into secondline.journal (ticket_id, at, event, person_id, from_status, to_status, note)
    values (p_ticket.ticket_id, p_at, s.event, p_person, s.from_status, s.to_status, p_note);
    if v_to in ('resolved', 'cancelled') then
        perform secondline_rules.end_alerts(p_at, array[p_ticket.ticket_id]);
    end if;
    if secondline_rules.weight(v_to, p_ticket.effort_minutes) <> secondline_rules.weight(p_ticket.status, p_ticket.effort_minutes) then
        update secondline.assignment a set weight_minutes = secondline_rules.weight(v_to, p_ticket.effort_minutes)
         where a.ticket_id = p_ticket.ticket_id and a.ended_at is null;
    end if;
end;
$$;
comment on function secondline_rules.take_step(timestamptz, secondline.ticket, text, bigint, bigint, text) is
    'The one writer of a ticket''s status after its submission, but for the daemon''s batches: changes it as the act says, with what hangs on it, and journals.';

create or replace function secondline_rules.take_up(p_at timestamptz, p_ticket secondline.ticket, p_person bigint) returns void
language sql volatile
begin atomic
    -- people before clients, as everywhere
    select secondline_rules.lock_people(p_person);
    update secondline.assignment a set state = 'accepted', accepted_at = greatest(p_at, a.offered_at)
     where a.ticket_id = p_ticket.ticket_id and a.ended_at is null and (a.state = 'offered' or a.accepted_at = a.offered_at);
    update secondline.client c set last_person_id = p_person
     where c.client_id = p_ticket.client_id and c.last_person_id is distinct from p_person;
    select secondline_rules.work_on(p_at, p_ticket.ticket_id, p_ticket.title, p_person);
end;
comment on function secondline_rules.take_up(timestamptz, secondline.ticket, bigint) is
    'Whatever its owner does with a ticket takes it up: the offer is accepted, the client knows them, it is a task of their day.';

create or replace function secondline_rules.accept(p_at timestamptz, p_ticket bigint, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'accept');
begin
    perform secondline_rules.take_up(p_at, t, p_person);
    perform secondline_rules.take_step(p_at, t, 'accept', p_person, p_person);
    perform secondline_rules.tell_client(p_at, 'client.taken', t, 'person', (select p.full_name from secondline.person p where p.person_id = p_person));
end;
$$;
comment on function secondline_rules.accept(timestamptz, bigint, bigint) is 'secondline.accept_ticket at an instant.';

create or replace function secondline_rules.decline(p_at timestamptz, p_ticket bigint, p_person bigint, p_reason text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'decline');
begin
    perform secondline_rules.require_text(p_reason, 'reason');
    perform secondline_rules.lock_people(p_person);
    perform secondline_rules.take_away(p_at, p_ticket, 'declined');
    update secondline.ticket x set declined_by = array_append(array_remove(x.declined_by, p_person), p_person)
     where x.ticket_id = p_ticket;
    perform secondline_rules.take_step(p_at, t, 'decline', null, p_person, p_reason);
end;
$$;
comment on function secondline_rules.decline(timestamptz, bigint, bigint, text) is 'secondline.decline_ticket at an instant.';

create or replace function secondline_rules.resolve(p_at timestamptz, p_ticket bigint, p_person bigint, p_resolution text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'resolve');
begin
    perform secondline_rules.require_text(p_resolution, 'resolution');
    perform secondline_rules.lock_people(p_person);
    perform secondline_rules.take_away(p_at, p_ticket, 'resolved');
    update secondline.ticket x set resolution = p_resolution where x.ticket_id = p_ticket;
    perform secondline_rules.take_step(p_at, t, 'resolve', p_person, p_person);
    -- a solution is an answer
    perform secondline_rules.answered(p_at, p_ticket);
    perform secondline_rules.work_on(p_at, p_ticket, t.title, p_person, 'done');
    update secondline.client c set last_person_id = p_person
     where c.client_id = t.client_id and c.last_person_id is distinct from p_person;
    perform secondline_rules.tell_client(p_at, 'client.solved', t, 'text', left(p_resolution, 8000));
end;
$$;
comment on function secondline_rules.resolve(timestamptz, bigint, bigint, text) is 'secondline.resolve_ticket at an instant.';

create or replace function secondline_rules.reassign(
    p_at timestamptz, p_ticket bigint, p_to bigint, p_by bigint, p_reason text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
    v_to secondline.person;
    v_is_head boolean;
    v_has_room boolean;
begin
    perform secondline_rules.lock_ticket(p_ticket);
    select * into t from secondline.ticket x where x.ticket_id = p_ticket;
    perform secondline_rules.lock_people(t.assignee_id, p_to);
    select * into v_to from secondline.person p where p.person_id = p_to;
    if not found then
        raise exception 'there is no person %', coalesce(p_to::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.person.';
    end if;
    v_is_head := secondline_rules.leads(p_by, p_to) or t.assignee_id is not null and secondline_rules.leads(p_by, t.assignee_id);
    if t.assignee_id is distinct from p_by and not v_is_head then
        raise exception 'ticket % is not for person % to reassign', p_ticket, p_by
            using errcode = 'SL005', hint = 'The one who has it, or a head of the team, may.';
    end if;
    perform secondline_rules.step(t, 'reassign');
    perform secondline_rules.require_text(p_reason, 'reason');
    if v_to.deactivated_at is not null then
        raise exception 'person % has left', p_to using errcode = 'SL006', hint = 'Choose somebody who works here.';
    elsif t.assignee_id = p_to then
        raise exception 'person % has ticket % already', p_to, p_ticket using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    v_has_room := secondline_rules.has_room(t.effort_minutes, v_to.load_minutes, v_to.capacity_minutes);
    if not v_has_room and not v_is_head then
        raise exception 'person % has no room for ticket %: % of % minutes taken, % needed',
            p_to, p_ticket, v_to.load_minutes, v_to.capacity_minutes, t.effort_minutes
            using errcode = 'SL004', hint = 'Choose somebody else, or ask a head to overrule.';
    end if;

    perform secondline_rules.take_away(p_at, p_ticket, 'handed_over');
    insert into secondline.assignment (ticket_id, person_id, by_hand, overruled, weight_minutes, offered_at)
    values (p_ticket, p_to, true, not v_has_room, t.effort_minutes, p_at);
    insert into secondline.decision (ticket_id, decided_at, kind, person_id, by_person_id, reason, note)
    values (p_ticket, p_at, 'reassigned', p_to, p_by,
            case when v_has_room then 'chosen_by_hand' else 'overruled_by_head' end, p_reason);
    perform secondline_rules.send(
        p_at, 'ticket.offered', p_to, null, null, secondline_rules.offer_data(
            p_ticket, t.title, t.queue, t.priority, (select c.name from secondline.client c where c.client_id = t.client_id)));
    perform secondline_rules.take_step(p_at, t, 'reassign', p_to, p_by, p_reason);
    if exists (select from secondline.queue q where q.name = t.queue and q.accept_within = '0') then
        update secondline.assignment a set state = 'accepted', accepted_at = a.offered_at
         where a.ticket_id = p_ticket and a.ended_at is null;
        t.status := 'assigned';
        perform secondline_rules.take_step(p_at, t, 'accept', p_to, p_to);
    end if;
end;
$$;
comment on function secondline_rules.reassign(timestamptz, bigint, bigint, bigint, text) is 'secondline.reassign_ticket at an instant.';

create or replace function secondline_rules.set_priority(
    p_at timestamptz, p_ticket bigint, p_priority secondline.priority, p_by bigint
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.steered_ticket(p_ticket, p_by, 'set_priority');
begin
    if p_priority is null then
        raise exception 'the priority is missing'
            using errcode = 'invalid_parameter_value',
                  hint = format('Choose one of %s.', array_to_string(enum_range(null::secondline.priority), ', '));
    end if;
    perform secondline_rules.act_as_owner(p_at, p_ticket, p_by);
    update secondline.ticket x set priority = p_priority, changed_at = p_at, attend_at = p_at where x.ticket_id = p_ticket;
    insert into secondline.journal (ticket_id, at, event, person_id, note)
    values (p_ticket, p_at, 'priority_set', p_by, p_priority::text);
    if t.status = 'new' then
        perform secondline_rules.hint();
    end if;
end;
$$;
comment on function secondline_rules.set_priority(timestamptz, bigint, secondline.priority, bigint) is 'secondline.set_priority at an instant.';

create or replace function secondline_rules.change_queue_of(
    p_at timestamptz, p_ticket secondline.ticket, p_act text, p_to_queue text, p_by bigint, p_reason text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.require_queue(p_to_queue);
    if p_ticket.for_developer then
        perform secondline_rules.require_developers_queue(p_to_queue);
    end if;
    -- the names of both queues stand before it
    perform secondline_rules.require_text(p_reason, 'reason', 260000);
    if p_ticket.queue = p_to_queue then
        raise exception 'ticket % is in queue % already', p_ticket.ticket_id, p_to_queue using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    perform secondline_rules.lock_people(p_ticket.assignee_id);
    perform secondline_rules.take_away(p_at, p_ticket.ticket_id, 'handed_over');
    update secondline.ticket x
       set queue = p_to_queue, declined_by = null, passed_by = null, preferred_id = null,
           skill = case when x.skill is not distinct from f.required_skill then n.required_skill else x.skill end,
           effort_minutes = case when x.effort_minutes = f.effort_minutes then n.effort_minutes else x.effort_minutes end
      from secondline.queue f, secondline.queue n
     where x.ticket_id = p_ticket.ticket_id and f.name = p_ticket.queue and n.name = p_to_queue;
    perform secondline_rules.take_step(
        p_at, p_ticket, p_act, null, p_by, p_ticket.queue || ' → ' || p_to_queue || ': ' || p_reason);
    perform secondline_rules.hint();
end;
$$;
comment on function secondline_rules.change_queue_of(timestamptz, secondline.ticket, text, text, bigint, text) is
    'Puts a locked ticket into another queue, where it waits with its age, and takes skill and effort of that queue unless it had its own; a developer''s stays in line 3 (22023).';

create or replace function secondline_rules.move(
    p_at timestamptz, p_ticket bigint, p_to_queue text, p_by bigint, p_reason text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue_of(
        p_at, secondline_rules.steered_ticket(p_ticket, p_by, 'move'), 'move', p_to_queue, p_by, p_reason);
end;
$$;
comment on function secondline_rules.move(timestamptz, bigint, text, bigint, text) is 'secondline.move_ticket at an instant.';

create or replace function secondline_rules.hand_over(
    p_at timestamptz, p_ticket bigint, p_to_queue text, p_person bigint, p_reason text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue_of(
        p_at, secondline_rules.owned_ticket(p_ticket, p_person, 'hand_over'), 'hand_over', p_to_queue, p_person, p_reason);
end;
$$;
comment on function secondline_rules.hand_over(timestamptz, bigint, text, bigint, text) is 'secondline.hand_over at an instant.';

create or replace function secondline_rules.cancel(p_at timestamptz, p_ticket bigint, p_by bigint, p_reason text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.steered_ticket(p_ticket, p_by, 'cancel');
begin
    perform secondline_rules.require_text(p_reason, 'reason');
    perform secondline_rules.lock_people(t.assignee_id);
    perform secondline_rules.take_away(p_at, p_ticket, 'cancelled');
    perform secondline_rules.take_step(p_at, t, 'cancel', t.assignee_id, p_by, p_reason);
    if p_by is not null then
        perform secondline_rules.tell_client(p_at, 'client.cancelled', t);
    end if;
    if t.for_developer then
        perform secondline_rules.withdraw(p_at, p_ticket, p_by, p_reason);
    end if;
end;
$$;
comment on function secondline_rules.cancel(timestamptz, bigint, bigint, text) is 'secondline.cancel_ticket at an instant.';

create or replace function secondline_rules.act_as_owner(p_at timestamptz, p_ticket bigint, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
begin
    select * into t from secondline.ticket x where x.ticket_id = p_ticket and x.assignee_id = p_person;
    if t.status = 'assigned' then
        perform secondline_rules.accept(p_at, p_ticket, p_person);
    elsif t.ended_at is null and t.ticket_id is not null then
        perform secondline_rules.take_up(p_at, t, p_person);
    end if;
end;
$$;
comment on function secondline_rules.act_as_owner(timestamptz, bigint, bigint) is
    'If the ticket is this person''s, what they do with it accepts the offer.';

create or replace function secondline_rules.note(p_at timestamptz, p_ticket bigint, p_person bigint, p_text text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.lock_ticket(p_ticket);
    perform secondline_rules.require_text(p_text, 'note');
    perform secondline_rules.act_as_owner(p_at, p_ticket, p_person);
    insert into secondline.journal (ticket_id, at, event, person_id, note) values (p_ticket, p_at, 'note', p_person, p_text);
    update secondline.ticket t set changed_at = p_at, attend_at = case when t.ended_at is null then p_at end where t.ticket_id = p_ticket;
end;
$$;
comment on function secondline_rules.note(timestamptz, bigint, bigint, text) is 'secondline.add_note at an instant.';

create or replace function secondline_rules.rehome(p_at timestamptz, p_ticket secondline.ticket, p_by bigint, p_note text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.take_away(p_at, p_ticket.ticket_id, 'rehomed');
    update secondline.ticket t
       set preferred_id = (select p.substitute_id from secondline.person p where p.person_id = p_ticket.assignee_id)
     where t.ticket_id = p_ticket.ticket_id;
    perform secondline_rules.take_step(greatest(p_at, p_ticket.changed_at), p_ticket, 'rehome', null, p_by, p_note);
    perform secondline_rules.hint();
end;
$$;
comment on function secondline_rules.rehome(timestamptz, secondline.ticket, bigint, text) is
    'A ticket leaves who cannot go on with it, and waits for somebody else, their substitute first. Ticket and person are locked.';

create or replace function secondline_rules.report_difficulty(p_at timestamptz, p_ticket bigint, p_person bigint, p_text text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.owned_ticket(p_ticket, p_person, 'report_difficulty');
    p secondline.person;
    v_data jsonb;
begin
    perform secondline_rules.require_text(p_text, 'difficulty');
    perform secondline_rules.take_up(p_at, t, p_person);
    perform secondline_rules.take_step(p_at, t, 'report_difficulty', p_person, p_person, p_text);
    select * into p from secondline.person x where x.person_id = p_person;
    v_data := jsonb_build_object('ticket', p_ticket, 'title', t.title, 'person', p.full_name, 'text', left(p_text, 8000));
    -- whoever is there helps
    perform secondline_rules.send(p_at, 'ticket.difficulty', x.person_id, null, null, v_data)
       from secondline.person x
      where x.team_id = p.team_id and x.person_id <> p_person and x.deactivated_at is null and not secondline_rules.is_away(p_at, x.person_id)
      order by x.person_id;
    if exists (select from secondline.contact c where c.team_id = p.team_id) then
        perform secondline_rules.send(p_at, 'ticket.difficulty', null, p.team_id, null, v_data);
    end if;
end;
$$;
comment on function secondline_rules.report_difficulty(timestamptz, bigint, bigint, text) is 'secondline.report_difficulty at an instant.';

create or replace function secondline_rules.deactivate(p_at timestamptz, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
    w secondline.workday;
begin
    perform from secondline.ticket x
      where x.ticket_id in (select a.ticket_id from secondline.assignment a where a.person_id = p_person and a.ended_at is null
                             union all
                            select r.ticket_id from secondline.ticket r where r.returned_to = p_person)
      order by x.ticket_id for no key update;
    perform secondline_rules.lock_person(p_person);
    if exists (select from secondline.person p where p.person_id = p_person and p.deactivated_at is not null) then
        raise exception 'person % has left already', p_person using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    update secondline.person p set deactivated_at = p_at, changed_at = greatest(p.changed_at, p_at) where p.person_id = p_person;
    for w in
        select x.* from secondline.workday x where x.person_id = p_person and x.state in ('working', 'paused', 'overdue') order by x.day
    loop
        perform secondline_rules.change_workday(p_at, w, 'excused', 'excused', null, 'left the company', secondline_rules.left_at(p_at, w));
    end loop;
    for t in
        select x.* from secondline.ticket x
         where x.ticket_id in (select a.ticket_id from secondline.assignment a where a.person_id = p_person and a.ended_at is null
                                union all
                               select r.ticket_id from secondline.ticket r where r.returned_to = p_person)
         order by x.ticket_id
    loop
        perform from secondline.ticket x where x.ticket_id = t.ticket_id for no key update nowait;
        perform secondline_rules.rehome(p_at, t, p_person, 'left the company');
    end loop;
    perform secondline_rules.hint();
end;
$$;
comment on function secondline_rules.deactivate(timestamptz, bigint) is 'secondline.deactivate_person at an instant.';
