-- Suggestions: on the stand-up's agenda until somebody decides.

create or replace function secondline_rules.undecided_suggestion(p_at timestamptz, p_team bigint)
returns table (place bigint, ticket_id bigint, author_id bigint, title text, forgotten_since date)
language sql stable
begin atomic
    with undecided as (
        select t.ticket_id, t.author_id, t.title, t.submitted_at,
               case when secondline_rules.business_clock(c.calendar_id, p_at)
                         > secondline_rules.business_clock(c.calendar_id, t.discussed_at)
                           + secondline_rules.business_interval('5 days', coalesce(c.day_length, interval '1 day'))
                    then (t.discussed_at at time zone m.time_zone)::date end as forgotten_since
          from secondline.ticket t
         cross join secondline.team m
          left join secondline.calendar c on c.team_id = m.team_id
         where m.team_id = p_team and t.kind = 'suggestion' and t.ended_at is null and not t.for_developer
           and t.status not in ('returned', 'with_developer', 'to_verify')
           and (t.status = 'new' and t.queue in (select q.name from secondline.queue q where q.team_id = p_team)
                or t.assignee_id in (select p.person_id from secondline.person p where p.team_id = p_team))
           -- what came back from the developers has been decided
           and not exists (select from secondline.escalation e where e.ticket_id = t.ticket_id and e.kind = 'suggestion')
    )
    select row_number() over (order by u.forgotten_since, u.submitted_at), u.ticket_id, u.author_id, u.title, u.forgotten_since
      from undecided u order by 1 limit 20;
end;
comment on function secondline_rules.undecided_suggestion(timestamptz, bigint) is
    'What a team has to decide on, at most 20: first what stood on an agenda more than five business days ago, with that day.';

create or replace function secondline_rules.judged_suggestion(p_ticket bigint, p_person bigint) returns secondline.ticket
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
begin
    perform secondline_rules.lock_ticket(p_ticket);
    select * into t from secondline.ticket x where x.ticket_id = p_ticket;
    if p_person is distinct from t.assignee_id
       and not secondline_rules.leads_queue(p_person, t.queue)
       and not (t.assignee_id is not null and secondline_rules.leads(p_person, t.assignee_id)) then
        raise exception 'ticket % is not for person % to decide', p_ticket, p_person
            using errcode = 'SL005', hint = 'The one who has it, and a head of the team, may.';
    elsif t.kind <> 'suggestion' or t.for_developer then
        raise exception 'ticket % is no suggestion', p_ticket
            using errcode = 'SL006', hint = 'Escalate it with secondline.escalate_ticket, or resolve it.';
    elsif t.status in ('returned', 'cancelled') then
        raise exception 'ticket % is %', p_ticket, t.status
            using errcode = 'SL006', hint = 'Only a suggestion that waits, or that somebody has, can be decided.';
    end if;
    return t;
end;
$$;
comment on function secondline_rules.judged_suggestion(bigint, bigint) is
    'Locks a suggestion that this person, who has it or leads the team, wants to decide; SL005 when it is not theirs to, SL006 when it is none.';

create or replace function secondline_rules.accept_suggestion(p_at timestamptz, p_ticket bigint, p_person bigint, p_specification text) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.judged_suggestion(p_ticket, p_person);
    v_queue text := secondline_rules.target_queue(t, null);
begin
    perform secondline_rules.require_length(p_specification, 'specification', 200000);
    begin
        perform secondline_rules.require_text(p_specification, 'specification');
    exception when invalid_parameter_value then
        raise exception 'the specification is missing'
            using errcode = 'SL008', hint = 'Say what developers are to build: what for, how it behaves, how to tell that it works.';
    end;
    perform secondline_rules.require_no_escalation(t);
    if t.status = 'new' then
        -- somebody has to see it through
        perform secondline_rules.reassign(p_at, p_ticket, p_person, p_person, 'accept_suggestion');
        select * into t from secondline.ticket x where x.ticket_id = p_ticket;
    end if;
    return secondline_rules.bring_in(
        p_at, t, p_person, 'suggestion', secondline_rules.severity_of(t.priority), t.title,
        secondline_rules.description_of(t, p_specification), v_queue, null);
end;
$$;
comment on function secondline_rules.accept_suggestion(timestamptz, bigint, bigint, text) is 'secondline.accept_suggestion at an instant.';

create or replace function secondline_rules.decline_suggestion(p_at timestamptz, p_ticket bigint, p_person bigint, p_reason text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket := secondline_rules.judged_suggestion(p_ticket, p_person);
    v_data jsonb := jsonb_build_object('ticket', p_ticket, 'title', t.title, 'text', left(p_reason, 8000));
begin
    perform secondline_rules.step(t, 'turn_down');
    perform secondline_rules.require_text(p_reason, 'reason');
    perform secondline_rules.lock_people(t.assignee_id);
    perform secondline_rules.take_away(p_at, p_ticket, 'resolved');
    update secondline.ticket x set resolution = p_reason where x.ticket_id = p_ticket;
    perform secondline_rules.take_step(p_at, t, 'turn_down', t.assignee_id, p_person, p_reason);
    if t.assignee_id = p_person then
        perform secondline_rules.work_on(p_at, p_ticket, t.title, p_person, 'done');
    end if;
    if t.client_id is not null then
        perform secondline_rules.send(p_at, 'suggestion.declined', null, null, t.client_id, v_data);
    end if;
    if t.author_id is distinct from p_person and t.author_id is not null then
        perform secondline_rules.send(p_at, 'suggestion.declined', t.author_id, null, null, v_data);
    end if;
end;
$$;
comment on function secondline_rules.decline_suggestion(timestamptz, bigint, bigint, text) is 'secondline.decline_suggestion at an instant.';
