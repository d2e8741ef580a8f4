-- Targets and the clocks that run towards them: what is due on a ticket, and when.

create or replace function secondline_rules.usual_target(p_clock text, p_priority secondline.priority) returns interval
language sql immutable
begin atomic
    select case when p_clock <> 'resolution' then case p_priority
        when 'urgent' then interval '30 minutes'
        when 'high' then interval '1 hour'
        when 'normal' then interval '2 hours'
        when 'low' then interval '8 hours' end end;
end;
comment on function secondline_rules.usual_target(text, secondline.priority) is 'The target of a queue that has none of its own; null is no target.';

create or replace function secondline_rules.target_of(p_queue text, p_priority secondline.priority, p_clock text) returns interval
language sql stable
begin atomic
    select case when t.queue is null then secondline_rules.usual_target(p_clock, p.priority) else t.target end
      from (select coalesce(p_priority, 'normal') as priority) p
      left join secondline.target t on t.queue = p_queue and t.priority = p.priority and t.clock = p_clock;
end;
comment on function secondline_rules.target_of(text, secondline.priority, text) is
    'How much business time a clock of tickets of this queue and priority has; null is no target.';

create or replace function secondline_rules.has_everybody_declined(p_ticket secondline.ticket) returns boolean
language sql stable
begin atomic
    select p_ticket.status = 'new' and p_ticket.declined_by is not null
       and not exists (
           select from secondline.queue_member m
             join secondline.person p on p.person_id = m.person_id and p.deactivated_at is null
            where m.queue = p_ticket.queue and m.person_id <> all (p_ticket.declined_by)
              and (p_ticket.skill is null or exists (
                   select from secondline.person_skill k where k.person_id = m.person_id and k.skill = p_ticket.skill)));
end;
comment on function secondline_rules.has_everybody_declined(secondline.ticket) is
    'Whether a ticket waits although all who could work on it have declined it.';

-- Each clock begins at an instant, runs in the business time of the queue, and rings once for that instant. One that has no
-- beginning does not run: an answered client waits for nothing, a ticket that waits for its client stands still.
create or replace function secondline_rules.clocks(p_ticket secondline.ticket)
returns table (alarm text, since timestamptz, due_at timestamptz)
language sql stable
begin atomic
    select c.alarm, c.since,
           case when c.after = interval '0' then c.since
                else secondline_rules.business_instant(
                         k.calendar_id,
                         secondline_rules.business_clock(k.calendar_id, c.since) + c.waited
                         + secondline_rules.business_interval(c.after, coalesce(k.day_length, '1 day')) * c.share) end
      from secondline.queue q
      left join secondline.calendar k on k.team_id = q.team_id
      left join secondline.assignment a on a.ticket_id = p_ticket.ticket_id and a.ended_at is null
     cross join lateral (
           select count(*) as gifts, max(d.decided_at) as given_at from secondline.decision d
            where d.ticket_id = p_ticket.ticket_id) d
     cross join lateral (
           select secondline_rules.target_of(
                      q.name, p_ticket.priority, case when p_ticket.first_replied_at is null then 'first_response' else 'next_response' end)
                      as response,
                  secondline_rules.target_of(q.name, p_ticket.priority, 'resolution') as resolution,
                  coalesce(p_ticket.client_waits_since,
                           case when p_ticket.status = 'new' then greatest(p_ticket.eligible_at, d.given_at) end) as waits_since,
                  case when p_ticket.status <> 'waiting_for_client' then p_ticket.submitted_at end as submitted_at,
                  case when p_ticket.status in ('accepted', 'to_verify') or p_ticket.status = 'assigned' and a.by_hand
                       then p_ticket.changed_at end as unchanged_since,
                  p_ticket.status in ('new', 'assigned') as is_adrift
           -- once a ticket, not once a clock
           offset 0) s
     cross join lateral (values
           ('offer', case when p_ticket.status = 'assigned' and a.state = 'offered' and not a.by_hand then a.offered_at end,
            nullif(q.accept_within, '0'), 1, interval '0'),
           ('response_nudge', case when a.assignment_id is not null then s.waits_since end, s.response, 0.75, '0'),
           ('response_breach', s.waits_since, s.response, 1, '0'),
           ('resolution_nudge', case when a.assignment_id is not null then s.submitted_at end, s.resolution, 0.75, p_ticket.waited),
           ('resolution_breach', s.submitted_at, s.resolution, 1, p_ticket.waited),
           ('client_reminder', p_ticket.waiting_since, q.remind_client_after, 1, '0'),
           ('give_up', p_ticket.waiting_since, q.give_up_after, 1, '0'),
           ('stalled', s.unchanged_since, q.stalled_after, 1, '0'),
           ('stalled_alert', s.unchanged_since, q.stalled_after, 2, '0'),
           -- to its author a developer's ticket was not offered
           ('untouched', case when s.is_adrift and cardinality(p_ticket.passed_by)
                               >= case when p_ticket.for_developer and p_ticket.passed_by[1] = p_ticket.author_id then 3 else 2 end
                              then p_ticket.eligible_at end, '0', 1, '0'),
           ('declined', case when secondline_rules.has_everybody_declined(p_ticket) then d.given_at end, '0', 1, '0'),
           ('bouncing', case when d.gifts >= 4 and s.is_adrift then p_ticket.eligible_at end, '0', 1, '0'))
           c (alarm, since, after, share, waited)
     where q.name = p_ticket.queue and p_ticket.ended_at is null and c.since is not null and c.after is not null;
end;
comment on function secondline_rules.clocks(secondline.ticket) is
    'The clocks that run on a ticket: what rings, since when it runs, and the instant at which it rings, which may be past. The response clock of a ticket without client runs while nobody has it. What the client let us wait for comes on top of the resolution target.';

create or replace function secondline_rules.soonest_due(p_queue secondline.queue) returns interval
language sql stable
begin atomic
    -- business time passes no faster than time; a business day may be as short as an hour
    select least(nullif(p_queue.accept_within, '0'), secondline_rules.business_interval(p_queue.stalled_after, '1 hour'),
                 min(secondline_rules.business_interval(secondline_rules.target_of(p_queue.name, p.priority, c.clock), '1 hour')) * 0.75)
      from unnest(enum_range(null::secondline.priority)) p (priority)
     cross join (values ('first_response'), ('next_response'), ('resolution')) c (clock);
end;
comment on function secondline_rules.soonest_due(secondline.queue) is 'How soon after its beginning a clock of a queue''s tickets may ring, at the soonest.';

create or replace function secondline_rules.queue_clocks_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    new.first_due_after := secondline_rules.soonest_due(new);
    new.clocks_changed := tg_op = 'UPDATE';
    return new;
end;
$$;
comment on function secondline_rules.queue_clocks_changed() is 'Trigger: the clocks of all tickets of a queue are looked at again when its rules for them change.';

create or replace trigger queue_clocks_set_up before insert on secondline.queue
    for each row execute function secondline_rules.queue_clocks_changed();
create or replace trigger queue_clocks_changed
    before update of team_id, accept_within, stalled_after, remind_client_after, give_up_after on secondline.queue
    for each row execute function secondline_rules.queue_clocks_changed();

create or replace function secondline_rules.calendar_compiled() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update secondline.queue q set clocks_changed = true where q.team_id = new.team_id and not q.clocks_changed;
    return null;
end;
$$;
comment on function secondline_rules.calendar_compiled() is 'Trigger: the hours of a team have changed, and with them the clocks of its queues'' tickets.';

create or replace trigger calendar_compiled after insert or update on secondline.calendar
    for each row when (new.team_id is not null) execute function secondline_rules.calendar_compiled();
