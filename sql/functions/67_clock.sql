-- What the clock duty calls: looks at the tickets whose time has come, has their clocks ring, and says when it looks again.

insert into secondline.duty (name) values ('clock') on conflict do nothing;

create or replace function secondline_rules.time_out(p_at timestamptz, p_ticket secondline.ticket) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.take_away(p_at, p_ticket.ticket_id, 'timed_out');
    update secondline.ticket t set passed_by = array_append(t.passed_by, p_ticket.assignee_id) where t.ticket_id = p_ticket.ticket_id;
    perform secondline_rules.take_step(p_at, p_ticket, 'time_out', null, p_ticket.assignee_id);
    perform secondline_rules.hint();
end;
$$;
comment on function secondline_rules.time_out(timestamptz, secondline.ticket) is
    'An offer that was left untouched goes to the next person. Ticket and person are locked.';

create or replace function secondline_rules.give_up(p_at timestamptz, p_ticket secondline.ticket) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.take_away(p_at, p_ticket.ticket_id, 'resolved');
    perform secondline_rules.take_step(p_at, p_ticket, 'give_up', p_ticket.assignee_id, null);
    perform secondline_rules.tell_client(p_at, 'client.unanswered', p_ticket);
end;
$$;
comment on function secondline_rules.give_up(timestamptz, secondline.ticket) is
    'A ticket whose client does not answer is resolved; their answer takes it up again. Ticket and person are locked.';

create or replace function secondline_rules.look_again(p_at timestamptz, p_limit integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue text;
    v_count integer;
    v_more boolean := false;
begin
    for v_queue in
        select q.name from secondline.queue q where q.clocks_changed order by q.name for no key update skip locked
    loop
        -- whoever is changing a ticket now has it looked at
        with late as materialized (
            select t.ticket_id from secondline.ticket t
             where t.queue = v_queue and t.attend_at > '-infinity' limit p_limit for no key update skip locked
        )
        update secondline.ticket t set attend_at = '-infinity' from late l where t.ticket_id = l.ticket_id;
        get diagnostics v_count = row_count;
        if v_count < p_limit then
            update secondline.queue q set clocks_changed = false where q.name = v_queue;
        end if;
        v_more := true;
    end loop;
    return v_more;
end;
$$;
comment on function secondline_rules.look_again(timestamptz, integer) is
    'Has all tickets of queues whose targets or hours have changed looked at anew, so many a call; whether there was any. Until all are marked none of the queue is looked at.';

create or replace function secondline_rules.tell_of_clocks(p_at timestamptz, p_tickets bigint[], p_alarms text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_kinds text[];
    v_people bigint[];
    v_data jsonb[];
begin
    select array_agg(k.kind order by r.place), array_agg(t.assignee_id order by r.place),
           array_agg(jsonb_strip_nulls(jsonb_build_object(
               'ticket', t.ticket_id, 'title', t.title, 'due_at', d.due_at, 'since_at', case when r.alarm = 'stalled' then t.changed_at end)) order by r.place)
      into v_kinds, v_people, v_data
      from unnest(p_tickets, p_alarms) with ordinality r (ticket_id, alarm, place)
      join secondline.ticket t on t.ticket_id = r.ticket_id and t.assignee_id is not null
      join (values ('response_nudge', 'response.due'), ('resolution_nudge', 'resolution.due'), ('stalled', 'ticket.stalled'))
           k (alarm, kind) on k.alarm = r.alarm
      -- three quarters have passed: said is when all have
      left join lateral secondline_rules.clocks(t) d on d.alarm = replace(r.alarm, 'nudge', 'breach') and r.alarm like '%nudge';
    perform secondline_rules.tell_people(p_at, v_kinds, v_people, v_data);
    perform secondline_rules.tell_client(p_at, 'client.reminder', t, 'text', left((
                select j.note from secondline.journal j where j.ticket_id = t.ticket_id and j.event = 'waiting'
                 order by j.journal_id desc limit 1), 8000))
       from unnest(p_tickets, p_alarms) r (ticket_id, alarm) join secondline.ticket t on t.ticket_id = r.ticket_id
      where r.alarm = 'client_reminder';
end;
$$;
comment on function secondline_rules.tell_of_clocks(timestamptz, bigint[], text[]) is
    'Tells who has a ticket, or its client, that a clock has rung.';

create or replace function secondline_rules.attend_tickets(p_at timestamptz, p_limit integer)
returns table (event text, ticket_id bigint, person_id bigint, alert_id bigint, what text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_tickets bigint[];
    v_people bigint[];
    v_ticket bigint[];
    v_alarm text[];
    v_since timestamptz[];
    v_due timestamptz[];
    v_escalating bigint[];
    t secondline.ticket;
    r record;
begin
    -- never waits: who is locked is changing, and is looked at the next time
    with due as materialized (
        select x.ticket_id from secondline.queue q
         cross join lateral (
               select y.ticket_id, y.attend_at from secondline.ticket y
                where y.queue = q.name and y.attend_at <= p_at order by y.attend_at limit p_limit) x
         where not q.clocks_changed order by x.attend_at limit p_limit
    ), locked as (
        select y.ticket_id from secondline.ticket y
         -- again: it may have been changed, or ended, meanwhile
         where y.ticket_id in (select d.ticket_id from due d) and y.attend_at <= p_at order by y.ticket_id for no key update skip locked
    )
    select array_agg(l.ticket_id) into v_tickets from locked l;
    if v_tickets is null then
        return;
    end if;

    select array_agg(c.ticket_id), array_agg(c.alarm), array_agg(c.since), array_agg(c.due_at)
      into v_ticket, v_alarm, v_since, v_due
      from (select y.ticket_id, k.* from secondline_rules.each_id(v_tickets) i (ticket_id)
              join secondline.ticket y on y.ticket_id = i.ticket_id
             cross join lateral secondline_rules.clocks(y) k order by y.ticket_id, k.due_at) c;

    -- what changes somebody's load needs their row
    v_escalating := array(select e.ticket_id from secondline_rules.escalation_plan(v_tickets) e where e.due_at <= p_at and e.act <> 'look');
    with person as (
        select p.person_id from secondline.person p
         where p.person_id in (
               select y.assignee_id from unnest(v_ticket, v_alarm, v_due) c (ticket_id, alarm, due_at)
                 join secondline.ticket y on y.ticket_id = c.ticket_id
                where c.due_at <= p_at and c.alarm in ('offer', 'give_up')
                union all
               select y.assignee_id from secondline.ticket y where y.ticket_id = any (v_escalating))
         order by p.person_id for no key update skip locked
    )
    select array_agg(p.person_id) into v_people from person p;

    perform secondline_rules.end_alerts(p_at, v_tickets);
    with clock as materialized (
        select c.ticket_id, c.alarm, c.since, c.due_at,
               c.due_at <= p_at and (c.alarm not in ('offer', 'give_up') or exists (
                   select from secondline.ticket y where y.ticket_id = c.ticket_id and y.assignee_id = any (v_people))) as rings
          from unnest(v_ticket, v_alarm, v_since, v_due) c (ticket_id, alarm, since, due_at)
    ), planned as (
        update secondline.ticket y
           set attend_at = least(p_at + interval '1 day', n.due_at, case when n.is_held then p_at + interval '1 second' end)
          from (select i.ticket_id, min(c.due_at) filter (where c.due_at > p_at) as due_at,
                       coalesce(bool_or(c.due_at <= p_at and not c.rings), false) as is_held
                  from secondline_rules.each_id(v_tickets) i (ticket_id) left join clock c on c.ticket_id = i.ticket_id
                 group by i.ticket_id) n
         where y.ticket_id = n.ticket_id
    ), rung as (
        insert into secondline.alarm (ticket_id, alarm, since, rung_at)
        select c.ticket_id, c.alarm, c.since, p_at from clock c where c.rings
        on conflict do nothing
        returning ticket_id, alarm, since
    )
    select array_agg(g.ticket_id order by g.ticket_id, g.alarm), array_agg(g.alarm order by g.ticket_id, g.alarm),
           array_agg(g.since order by g.ticket_id, g.alarm)
      into v_ticket, v_alarm, v_since from rung g;

    perform secondline_rules.tell_of_clocks(p_at, v_ticket, v_alarm);
    return query select 'rung', g.ticket_id, y.assignee_id, null::bigint, g.alarm
                   from unnest(v_ticket, v_alarm) g (ticket_id, alarm) join secondline.ticket y on y.ticket_id = g.ticket_id
                  where g.alarm in ('response_nudge', 'resolution_nudge', 'stalled', 'client_reminder');
    return query select 'alert', a.ticket_id, null::bigint, a.alert_id, a.alarm
                   from secondline_rules.raise_alerts(p_at, v_ticket, v_alarm, v_since) a;
    for r in
        select g.ticket_id, g.alarm from unnest(v_ticket, v_alarm) g (ticket_id, alarm)
         where g.alarm in ('offer', 'give_up') order by g.ticket_id
    loop
        select * into t from secondline.ticket y where y.ticket_id = r.ticket_id;
        if r.alarm = 'offer' then
            perform secondline_rules.time_out(p_at, t);
        else
            perform secondline_rules.give_up(p_at, t);
        end if;
        return query select case r.alarm when 'offer' then 'timed_out' else 'unanswered' end, t.ticket_id, t.assignee_id, null::bigint, null::text;
    end loop;
    for r in
        select e.* from secondline_rules.attend_escalations(p_at, array(
                   select y.ticket_id from secondline.ticket y
                    where y.ticket_id = any (v_tickets) and (y.ticket_id <> all (v_escalating) or y.assignee_id = any (v_people)))) e
    loop
        if r.event = 'due' then
            update secondline.ticket y set attend_at = least(y.attend_at, greatest(r.due_at, p_at)) where y.ticket_id = r.ticket_id;
        else
            return query select r.event, r.ticket_id, r.person_id, null::bigint, r.rule;
        end if;
    end loop;
    update secondline.ticket y set attend_at = least(y.attend_at, p_at + interval '1 second')
     where y.ticket_id = any (v_escalating) and not coalesce(y.assignee_id = any (v_people), false);
end;
$$;
comment on function secondline_rules.attend_tickets(timestamptz, integer) is
    'Looks at tickets whose time has come, at most so many: rings their clocks, each once, and does what follows. Returns what people may want to see in the log.';

create or replace function secondline_rules.next_of_clocks(p_at timestamptz) returns double precision
language sql stable
begin atomic
    -- what others hold locked is tried again, but not at once
    select greatest(0.5, extract(epoch from min(n.at) - p_at)::double precision)
      from (select x.attend_at as at from secondline.queue q
             cross join lateral (select t.attend_at from secondline.ticket t
                                  where t.queue = q.name and t.attend_at > '-infinity' order by t.attend_at limit 1) x
             union all
            select min(a.attend_at) from secondline.alert a where a.attend_at is not null
             union all
            select min(d.leaves_at) from secondline.departure d) n
    having min(n.at) is not null;
end;
comment on function secondline_rules.next_of_clocks(timestamptz) is 'Seconds until the clock duty has something to do; null when there is nothing.';

create or replace function secondline_rules.run_clocks(p_at timestamptz, p_limit integer)
returns table (event text, ticket_id bigint, person_id bigint, alert_id bigint, what text, due_in double precision)
-- a plan made while the tables were small would go on to read them from end to end when they are not
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    if secondline_rules.look_again(p_at, p_limit) then
        -- a second update in one transaction would have the foreign keys looked at, and wait for whoever holds a person
        return query select 'due', null::bigint, null::bigint, null::bigint, null::text, 0::double precision;
        return;
    end if;
    return query select 'rehomed', d.ticket_id, d.person_id, null::bigint, null::text, null::double precision
                   from secondline_rules.run_departures(p_at, p_limit) d;
    return query select a.event, a.ticket_id, a.person_id, a.alert_id, a.what, null::double precision
                   from secondline_rules.attend_tickets(p_at, p_limit) a;
    return query select 'alert_passed_on', a.ticket_id, null::bigint, a.alert_id, a.told, null::double precision
                   from secondline_rules.run_alerts(p_at, p_limit) a;
    return query select 'due', null::bigint, null::bigint, null::bigint, null::text, secondline_rules.next_of_clocks(p_at);
end;
$$;
comment on function secondline_rules.run_clocks(timestamptz, integer) is
    'Does what is due on tickets: offers that time out, nudges, breaches, silent clients, stalled work, who has left, alerts that nobody acknowledged; at most so many of each. Returns a row for each that people may want to see in the log, and a last one, due, with the seconds until there is more, null for nothing.';
