-- What the daemon does about escalations by itself: by the queue's rules, for owners who have left, and so that owners look after theirs.

create or replace function secondline_rules.usual_time(p_at timestamptz, p_queue text) returns interval
language sql stable
begin atomic
    with solved as (
        select secondline_rules.business_between(secondline.calendar_of_queue(p_queue), t.submitted_at, t.ended_at) as took
          from secondline.ticket t
         where t.queue = p_queue and t.status = 'resolved' and t.ended_at > p_at - interval '90 days' and t.ended_at <= p_at
         order by t.ended_at desc limit 1000
    )
    select percentile_cont(0.5) within group (order by s.took) from solved s having count(*) >= 20;
end;
comment on function secondline_rules.usual_time(timestamptz, text) is
    'The median business time from submission to solution in a queue: of its last 1,000 tickets solved within 90 days; null for fewer than 20.';

create or replace function secondline_rules.was_with_developers(p_ticket bigint) returns boolean
language sql stable
begin atomic
    select exists (select from secondline.journal j where j.ticket_id = p_ticket and j.event in ('escalated', 'linked'));
end;
comment on function secondline_rules.was_with_developers(bigint) is 'Whether a ticket was escalated before.';

create or replace function secondline_rules.was_proposed(p_ticket bigint, p_rule text) returns boolean
language sql stable
begin atomic
    select exists (select from secondline.escalation e where e.ticket_id = p_ticket and e.rule = p_rule and e.state <> 'withdrawn');
end;
comment on function secondline_rules.was_proposed(bigint, text) is
    'Whether this rule proposed to escalate a ticket before; a proposal that ended with its ticket does not count.';

create or replace function secondline_rules.escalation_plan(p_tickets bigint[])
returns table (ticket_id bigint, act text, rule text, due_at timestamptz)
language sql stable
begin atomic
    with held as (
        select t.ticket_id, t.kind, t.status, d.queue <> t.queue as has_developers, t.reopened, t.submitted_at, t.changed_at, t.assignee_id, t.controlled_at,
               t.status in ('assigned', 'accepted') as is_in_hand,
               e.state, e.rule, e.answer_by, e.owner_id, e.news_at, c.calendar_id, coalesce(c.day_length, interval '1 day') as day_length,
               -- the rules are for what nobody has escalated yet, nor suggested
               case when e.escalation_id is null and t.kind <> 'suggestion' and not t.for_developer
                     and d.queue <> t.queue then t.queue end as ruled_by
          from secondline_rules.each_id(p_tickets) k (ticket_id)
          join secondline.ticket t on t.ticket_id = k.ticket_id
          join secondline.queue q on q.name = t.queue
         cross join lateral (select secondline_rules.developers_queue(t.queue) as queue) d
          left join secondline.calendar c on c.team_id = q.team_id
          left join secondline.escalation e on e.escalation_id = t.escalation_id
         where t.status in ('assigned', 'accepted', 'with_developer')
    ), next as (
        select h.ticket_id, case h.state when 'finished' then 'rejoin_finished' else 'rejoin' end as act, null::text as rule, h.changed_at as due_at
          from held h where h.is_in_hand and h.state in ('submitted', 'acknowledged', 'asked', 'finished')
        union all
        select h.ticket_id, 'control', null, secondline_rules.business_instant(
                   h.calendar_id, secondline_rules.business_clock(h.calendar_id, greatest(h.controlled_at, h.news_at))
                                  + secondline_rules.business_interval('1 day', h.day_length))
          from held h where h.status = 'with_developer'
        union all
        -- whoever has it by now was not asked yet
        select h.ticket_id, case when h.owner_id = h.assignee_id then 'escalate' else 'propose' end, h.rule,
               case when h.owner_id = h.assignee_id then h.answer_by else h.changed_at end
          from held h where h.is_in_hand and h.state = 'proposed' and h.has_developers
        union all
        select h.ticket_id, 'escalate', 'system_error', h.changed_at
          from held h left join secondline.escalation_rule r on r.queue = h.ruled_by
         where h.is_in_hand and h.ruled_by is not null and h.kind = 'system_error' and coalesce(r.system_error, true)
           and not secondline_rules.was_with_developers(h.ticket_id)
        union all
        select h.ticket_id, 'propose', 'reopened', h.changed_at
          from held h join secondline.escalation_rule r on r.queue = h.ruled_by and r.reopened <= h.reopened
         where h.is_in_hand
           -- "case": asked only of those that the join leaves
           and case when r.reopened is not null then not secondline_rules.was_proposed(h.ticket_id, 'reopened') end
           -- since developers last had it
           and r.reopened <= (select count(*) from secondline.journal j
                               where j.ticket_id = h.ticket_id and j.from_status = 'resolved' and j.journal_id > coalesce((
                                     select max(x.journal_id) from secondline.journal x
                                      where x.ticket_id = h.ticket_id and x.event in ('escalated', 'linked')), 0))
        union all
        select h.ticket_id, case when r.usual is null then 'look' else 'propose' end, 'slow',
               case when r.usual is null then r.usual_at + interval '1 day'
                    else secondline_rules.business_instant(
                             h.calendar_id, secondline_rules.business_clock(h.calendar_id, h.submitted_at)
                                            + r.usual * r.slow_factor::double precision) end
          from held h join secondline.escalation_rule r on r.queue = h.ruled_by and r.slow_factor is not null
         -- a reopened one has its own rule
         where h.is_in_hand and h.reopened = 0
           and case when r.slow_factor is not null
                    then not secondline_rules.was_with_developers(h.ticket_id) and not secondline_rules.was_proposed(h.ticket_id, 'slow') end
    )
    select distinct on (n.ticket_id) n.ticket_id, n.act, n.rule, n.due_at from next n order by n.ticket_id, n.due_at, n.rule;
end;
comment on function secondline_rules.escalation_plan(bigint[]) is
    'What the daemon will do about escalations of these tickets next, each at most one thing, and when: rejoin, rejoin_finished, control, escalate, propose, or look again.';

create or replace function secondline_rules.propose_escalation(p_at timestamptz, p_ticket secondline.ticket, p_rule text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_calendar bigint := secondline.calendar_of_queue(p_ticket.queue);
    v_answer_by timestamptz := secondline_rules.business_instant(v_calendar, secondline_rules.business_clock(v_calendar, p_at) + interval '60 minutes');
    v_escalation bigint;
begin
    update secondline.escalation e set owner_id = p_ticket.assignee_id, answer_by = v_answer_by, news_at = p_at
     where e.escalation_id = p_ticket.escalation_id and e.state = 'proposed'
    returning e.escalation_id into v_escalation;
    if not found then
        insert into secondline.escalation (ticket_id, state, kind, severity, rule, owner_id, opened_at, answer_by, news_at, summary)
        values (p_ticket.ticket_id, 'proposed', case p_ticket.kind when 'system_error' then 'system_error' else 'bug' end::secondline.ticket_kind,
                secondline_rules.severity_of(p_ticket.priority), p_rule, p_ticket.assignee_id, p_at, v_answer_by, p_at, p_ticket.title)
        returning escalation_id into v_escalation;
        update secondline.ticket t set escalation_id = v_escalation where t.ticket_id = p_ticket.ticket_id;
    end if;
    insert into secondline.journal (ticket_id, at, event, person_id, note)
    values (p_ticket.ticket_id, p_at, 'escalation_proposed', p_ticket.assignee_id, p_rule);
    perform secondline_rules.tell_owners(
        p_at, v_escalation, 'escalation.proposed', null, null, jsonb_build_object('rule', p_rule, 'answer_at', v_answer_by));
end;
$$;
comment on function secondline_rules.propose_escalation(timestamptz, secondline.ticket, text) is
    'Asks whoever has a locked ticket whether developers should be brought in: within 60 business minutes they may refuse.';

create or replace function secondline_rules.attend_escalations(p_at timestamptz, p_tickets bigint[])
returns table (event text, ticket_id bigint, person_id bigint, rule text, due_at timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    w record;
    t secondline.ticket;
    v_at timestamptz;
begin
    -- what is usual is looked at once a day
    update secondline.escalation_rule r set usual = secondline_rules.usual_time(p_at, r.queue), usual_at = p_at
     where r.slow_factor is not null and (r.usual_at is null or r.usual_at <= p_at - interval '1 day')
       and r.queue in (select x.queue from secondline.ticket x where x.ticket_id = any (p_tickets));
    for w in select n.* from secondline_rules.escalation_plan(p_tickets) n where n.due_at <= p_at and n.act <> 'look' order by n.ticket_id loop
        select x.* into t from secondline.ticket x where x.ticket_id = w.ticket_id;
        v_at := greatest(p_at, t.changed_at);
        if w.act = 'escalate' then
            perform secondline_rules.bring_in(
                v_at, t, null, case t.kind when 'system_error' then 'system_error' else 'bug' end::secondline.ticket_kind,
                secondline_rules.severity_of(t.priority), t.title, secondline_rules.description_of(t, null),
                secondline_rules.developers_queue(t.queue), w.rule);
        elsif w.act = 'propose' then
            perform secondline_rules.propose_escalation(v_at, t, w.rule);
        elsif w.act = 'control' then
            update secondline.ticket x set controlled_at = p_at where x.ticket_id = t.ticket_id;
            perform secondline_rules.send(
                p_at, 'escalation.control', t.assignee_id, null, null,
                secondline_rules.escalation_data(t.escalation_id, t.ticket_id, t.title, null, null));
        else
            perform secondline_rules.rejoin(v_at, t, w.act);
        end if;
        return query select case w.act when 'escalate' then 'escalated' when 'propose' then 'escalation_proposed'
                                       when 'control' then 'escalation_control' else 'escalation_rejoined' end,
                            t.ticket_id, t.assignee_id, w.rule, null::timestamptz;
    end loop;
    return query select 'due', n.ticket_id, null::bigint, n.rule, n.due_at from secondline_rules.escalation_plan(p_tickets) n;
end;
$$;
comment on function secondline_rules.attend_escalations(timestamptz, bigint[]) is
    'Does what is due about escalations of these tickets, which the caller has locked with whoever has them: what the queue''s rules say, proposals that nobody refused, tickets whose owner changed, and reminders to look after them. Returns what happened (escalated, escalation_proposed, escalation_rejoined, escalation_control), and for each ticket with something to come a row "due" with when to look at it again; anything that happens to it before may change that.';

create or replace function secondline_rules.rejoin(p_at timestamptz, p_ticket secondline.ticket, p_act text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    e secondline.escalation;
begin
    select * into e from secondline.escalation x where x.escalation_id = p_ticket.escalation_id;
    perform secondline_rules.join_escalation(p_at, p_ticket, e.escalation_id, p_act, null, e.escalation_id::text);
    perform secondline_rules.send(
        p_at, case p_act when 'rejoin' then 'escalation.opened' else 'escalation.finished' end, p_ticket.assignee_id, null, null,
        secondline_rules.escalation_data(e.escalation_id, p_ticket.ticket_id, p_ticket.title, e.developer_id, coalesce(e.note, e.summary))
        || jsonb_strip_nulls(jsonb_build_object('outcome', e.outcome, 'rule', e.rule)));
end;
$$;
comment on function secondline_rules.rejoin(timestamptz, secondline.ticket, text) is
    'Somebody else has a locked ticket whose escalation is open: it waits for the developers again, or is theirs to verify.';
