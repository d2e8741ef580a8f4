-- When work on a waiting ticket should begin, and what clients are told about it.
--
-- The estimate treats work as a fluid. For a ticket of a group (queue, skill):
--
--     work_starts_at = the instant at which the business clock of the queue's team, from "opens_at" on, has gone on by
--                      (effort of the tickets ranked before it in its group + excess) / people
--
--     opens_at   now, or the next business time of the team, or later, when the first of the group's members is expected
--     people     members of the queue with the skill who are expected within the hour after that: at work now without being
--                absent, or by their planned shifts
--     excess     what their loads exceed that which would let them take one more ticket of the queue's usual effort
--
-- That people work in several queues, and that tickets still to come may rank before it, is left out: the next look sees it.

create or replace function secondline_rules.opening(p_calendar bigint, p_clock timestamp) returns timestamptz
language sql stable
-- business_instant() is the end of a shift where this is the start of the next
begin atomic
    select secondline_rules.business_instant(p_calendar, p_clock + interval '1 microsecond') - interval '1 microsecond';
end;
comment on function secondline_rules.opening(bigint, timestamp) is
    'The last instant at which the business clock of a calendar shows this: from there on it goes on.';

create or replace function secondline_rules.supply(p_at timestamptz, p_queue text, p_skill text)
returns table (calendar_id bigint, clock timestamp, people integer, excess_minutes integer)
language sql stable rows 1
begin atomic
    select x.calendar_id, secondline_rules.business_clock(x.calendar_id, x.opens_at), count(*)::integer,
           sum(case when x.load_minutes = 0 then 0
                    else greatest(0, x.load_minutes + x.effort_minutes - x.capacity_minutes) end)::integer
      from (select m.*, min(m.from_at) over () as opens_at
              from (select k.calendar_id, q.effort_minutes, p.load_minutes, p.capacity_minutes,
                           greatest(b.opens_at, p_at, case when w.person_id is null then s.starts_at end) as from_at
                      from secondline.queue q
                      left join secondline.calendar k on k.team_id = q.team_id
                     cross join lateral (
                           select secondline_rules.opening(k.calendar_id, secondline_rules.business_clock(k.calendar_id, p_at)) as opens_at
                           -- once, not once a member
                           offset 0) b
                      join secondline.queue_member m on m.queue = q.name
                      join secondline.person p on p.person_id = m.person_id and p.deactivated_at is null
                      left join secondline.workday w on w.person_id = p.person_id and w.state in ('working', 'paused')
                                                    and (w.absent is null or not w.absent @> p_at)
                      left join lateral (
                           select s.starts_at from secondline.planned_shift s
                            where s.person_id = p.person_id and s.day >= (p_at at time zone 'UTC')::date - 2 and s.ends_at > p_at
                            order by s.day limit 1) s on true
                     where q.name = p_queue and q.paused_at is null
                       and (p_skill = '' or exists (select from secondline.person_skill h where h.person_id = p.person_id and h.skill = p_skill))
                       and (w.person_id is not null or s.starts_at is not null)) m) x
     where x.from_at <= x.opens_at + interval '1 hour'
     group by x.calendar_id, x.opens_at;
end;
comment on function secondline_rules.supply(timestamptz, text, text) is
    'Who can work on the tickets of a group (queue, skill; empty for none) now or next: how many, by how much their loads exceed what lets them take one more, and what the business clock shows when the first of them is there. No row when the queue is paused, or nobody is expected.';

create or replace function secondline_rules.starts_at(
    p_calendar bigint, p_clock timestamp, p_people integer, p_excess integer, p_minutes_before double precision
) returns timestamptz
language sql stable
begin atomic
    -- beyond ten million minutes, nineteen years, nobody counts
    select secondline_rules.opening(
        p_calendar, p_clock + make_interval(secs => least((p_minutes_before + p_excess) / p_people, 10000000) * 60));
end;
comment on function secondline_rules.starts_at(bigint, timestamp, integer, integer, double precision) is
    'When work on a ticket should start before which there are so many minutes of work in its group.';

create or replace function secondline_rules.estimate(p_at timestamptz)
returns table (ticket_id bigint, client_id bigint, place bigint, minutes_before bigint, calendar_id bigint, starts_at timestamptz)
language sql stable
begin atomic
    with ranked as materialized (
        select t.ticket_id, t.client_id, t.queue, coalesce(t.skill, '') as skill,
               row_number() over w as place, sum(t.effort_minutes) over w - t.effort_minutes as minutes_before
          from secondline.ticket t
          join (select q.name, p.priority, k.calendar_id,
                       secondline_rules.business_interval(
                           secondline_rules.head_start(q, p.priority), coalesce(k.day_length, interval '1 day')) as start
                  from secondline.queue q
                 cross join unnest(enum_range(null::secondline.priority)) p (priority)
                  left join secondline.calendar k on k.team_id = q.team_id
                -- once a queue and priority, not once a ticket
                offset 0) h on h.name = t.queue and h.priority = coalesce(t.priority, 'normal')
         cross join lateral secondline_rules.clock_of(h.calendar_id, t.eligible_at) c (clock)
         where t.status = 'new'
        -- secondline_rules.rank
        window w as (partition by t.queue, coalesce(t.skill, '') order by c.clock - h.start, t.eligible_at, t.ticket_id
                     rows unbounded preceding)
    ), supply as materialized (
        select g.queue, g.skill, s.*
          from (select distinct r.queue, r.skill from ranked r) g
         cross join lateral secondline_rules.supply(p_at, g.queue, g.skill) s
    )
    select r.ticket_id, r.client_id, r.place, r.minutes_before, s.calendar_id,
           secondline_rules.starts_at(s.calendar_id, s.clock, s.people, s.excess_minutes, r.minutes_before)
      from ranked r left join supply s on s.queue = r.queue and s.skill = r.skill and r.client_id is not null;
end;
comment on function secondline_rules.estimate(timestamptz) is
    'Every waiting ticket: its place in its group (queue, skill; 1 is next), the minutes of work before it, and, of a client''s, when work on it should start (null: nobody can say).';

create or replace function secondline_rules.expected(p_at timestamptz, p_ticket bigint)
returns table (place bigint, starts_at timestamptz)
language plpgsql stable strict security definer rows 1 set search_path = pg_catalog, pg_temp
-- The same as estimate() for one ticket: what ranks before it are stretches of ticket_waiting_index, one a priority.
as $$
declare
    t record;
    v_priority secondline.priority;
    v_clock timestamp;
    v_since timestamptz;
    v_until timestamptz;
    v_minutes bigint := 0;
    v_more record;
begin
    select x.ticket_id, x.queue, coalesce(x.skill, '') as skill, x.eligible_at, q as rules, k.calendar_id,
           coalesce(k.day_length, interval '1 day') as day_length, secondline_rules.rank(q, x.priority, x.eligible_at) as rank
      into t
      from secondline.ticket x
      join secondline.queue q on q.name = x.queue
      left join secondline.calendar k on k.team_id = q.team_id
     where x.ticket_id = p_ticket and x.status = 'new';
    if not found then
        return;
    end if;
    place := 1;
    foreach v_priority in array enum_range(null::secondline.priority) loop
        v_clock := t.rank + secondline_rules.business_interval(secondline_rules.head_start(t.rules, v_priority), t.day_length);
        v_since := secondline_rules.business_instant(t.calendar_id, v_clock);
        v_until := secondline_rules.opening(t.calendar_id, v_clock);
        select count(*) as tickets, coalesce(sum(o.effort_minutes), 0) as minutes into v_more
          from secondline.ticket o
         where o.status = 'new' and o.queue = t.queue and coalesce(o.skill, '') = t.skill
           and coalesce(o.priority, 'normal'::secondline.priority) = v_priority
           and o.eligible_at <= v_until
           -- equal ranks go by eligible_at, then ticket_id
           and (o.eligible_at < v_since or (o.eligible_at, o.ticket_id) < (t.eligible_at, t.ticket_id));
        place := place + v_more.tickets;
        v_minutes := v_minutes + v_more.minutes;
    end loop;
    select secondline_rules.starts_at(s.calendar_id, s.clock, s.people, s.excess_minutes, v_minutes) into starts_at
      from secondline_rules.supply(p_at, t.queue, t.skill) s;
    return next;
end;
$$;
comment on function secondline_rules.expected(timestamptz, bigint) is
    'The place of a waiting ticket in its group, and when work on it should start (null: nobody can say); no row for a ticket that does not wait.';

create or replace function secondline_rules.close_estimates(p_at timestamptz, p_limit integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    with over as materialized (
        select e.ticket_id, e.made_at, t.status from secondline.estimate e join secondline.ticket t on t.ticket_id = e.ticket_id
         where e.closed_at is null and t.status not in ('new', 'returned', 'assigned')
         order by e.ticket_id limit p_limit
    )
    update secondline.estimate e
       set closed_at = p_at, begun_at = coalesce(b.at, case when o.status <> 'cancelled' then greatest(p_at, o.made_at) end)
      from over o
      left join lateral (
           select j.at from secondline.journal j
            where j.ticket_id = o.ticket_id and j.at >= o.made_at
              and (j.event = 'replied' or j.to_status in ('accepted', 'waiting_for_client', 'with_developer', 'to_verify', 'resolved'))
            order by j.journal_id limit 1) b on true
     where e.ticket_id = o.ticket_id and e.made_at = o.made_at;
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
comment on function secondline_rules.close_estimates(timestamptz, integer) is
    'Notes of tickets that wait no more when work on them really began, at most so many; returns how many.';

create or replace function secondline_rules.run_estimates(p_at timestamptz, p_limit integer)
returns table (event text, ticket_id bigint, due_in double precision)
-- a plan made while there were few estimates would go on to read all of them for each ticket
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_more boolean := secondline_rules.close_estimates(p_at, p_limit) >= p_limit;
    v_made bigint;
    v_moved bigint;
    v_told bigint[];
    v_kinds text[];
begin
    with expected as materialized (
        select e.ticket_id, e.calendar_id, e.starts_at from secondline_rules.estimate(p_at) e where e.client_id is not null
    ), fresh as materialized (
        select f.ticket_id, coalesce(x.starts_at, case when t.status = 'assigned' then p_at end) as starts_at,
               -- of what is older, and was imported therefore, they hear nothing
               case when l.made_at is null then t.submitted_at > p_at - interval '1 day' else l.told_at is not null end as is_told,
               case when l.made_at is null then 'client.received' when x.starts_at is not null then 'client.estimate' end as kind
          from (select e.ticket_id from expected e
                 union all
                select a.ticket_id from secondline.assignment a where a.ended_at is null and a.state = 'offered'
                 union all
                select r.ticket_id from secondline.ticket r where r.returned_to is not null) f
          join secondline.ticket t on t.ticket_id = f.ticket_id
          left join expected x on x.ticket_id = f.ticket_id
          left join lateral (
               select y.made_at, y.told_at from secondline.estimate y where y.ticket_id = f.ticket_id order by y.made_at desc limit 1) l on true
         where t.client_id is not null
           and not exists (select from secondline.estimate o where o.ticket_id = f.ticket_id and o.closed_at is null)
         order by f.ticket_id limit p_limit
    ), made as (
        insert into secondline.estimate (ticket_id, made_at, first_starts_at, work_starts_at, estimated_at, told_at, told_starts_at)
        select f.ticket_id, p_at, f.starts_at, f.starts_at, p_at,
               case when f.is_told then p_at end, case when f.is_told then f.starts_at end
          from fresh f
    ), changed as materialized (
        select e.ticket_id, e.starts_at, o.told_at is not null as is_told, o.told_starts_at is null as is_first,
               case when o.told_starts_at is not null
                    then abs(extract(epoch from secondline_rules.business_between(e.calendar_id, o.told_starts_at, e.starts_at))) end as moved,
               case when o.told_starts_at is not null
                    then extract(epoch from secondline_rules.business_between(e.calendar_id, o.told_at, o.told_starts_at)) end as told_wait
          from expected e
          join secondline.estimate o on o.ticket_id = e.ticket_id and o.closed_at is null
         where e.starts_at is not null
           -- business time is never longer than time
           and (abs(extract(epoch from e.starts_at - o.work_starts_at))
                    >= greatest(900, extract(epoch from o.work_starts_at - p_at) / 10)
                or o.work_starts_at is null
                or abs(extract(epoch from e.starts_at - o.told_starts_at)) >= 1800)
    ), moved as materialized (
        select c.ticket_id, c.starts_at,
               c.is_told and (c.is_first or c.moved >= 1800 and c.moved > c.told_wait / 2) as is_told
          from changed c
    ), latest as materialized (
        select m.* from moved m
          join secondline.estimate o on o.ticket_id = m.ticket_id and o.closed_at is null
         where m.is_told or o.work_starts_at is null
            or abs(extract(epoch from m.starts_at - o.work_starts_at)) >= greatest(900, extract(epoch from o.work_starts_at - p_at) / 10)
         order by m.ticket_id limit p_limit
    ), updated as (
        update secondline.estimate o
           set work_starts_at = l.starts_at, estimated_at = p_at, first_starts_at = coalesce(o.first_starts_at, l.starts_at),
               told_at = case when l.is_told then p_at else o.told_at end,
               told_starts_at = case when l.is_told then l.starts_at else o.told_starts_at end
          from latest l where o.ticket_id = l.ticket_id and o.closed_at is null
    ), news as materialized (
        select f.ticket_id, f.kind, f.starts_at from fresh f where f.is_told and f.kind is not null
         union all
        select l.ticket_id, 'client.estimate', l.starts_at from latest l where l.is_told
    ), written as (
        insert into secondline.message (channel, severity, kind, client_id, ticket_id, created_at, send_at, data)
        select c.channel, k.severity, k.kind, t.client_id, t.ticket_id, p_at, p_at, jsonb_strip_nulls(jsonb_build_object(
                   'ticket', t.ticket_id, 'title', t.title, 'starts_at', n.starts_at))
          from news n
          join secondline.ticket t on t.ticket_id = n.ticket_id
          join secondline.message_kind k on k.kind = n.kind
          join secondline.contact c on c.client_id = t.client_id and c.from_severity <= k.severity
         order by t.ticket_id, c.channel
        returning ticket_id, kind
    )
    select (select count(*) from fresh), (select count(*) from latest), array_agg(w.ticket_id), array_agg(w.kind)
      into v_made, v_moved, v_told, v_kinds
      from (select distinct w.ticket_id, w.kind from written w) w;
    return query select case t.kind when 'client.received' then 'received' else 'estimate' end, t.ticket_id, null::double precision
                   from unnest(v_told, v_kinds) t (ticket_id, kind) order by t.ticket_id;
    return query select 'due', null::bigint, case when v_more or v_made >= p_limit or v_moved >= p_limit then 0 end::double precision;
end;
$$;
comment on function secondline_rules.run_estimates(timestamptz, integer) is
    'Makes the estimates of clients'' tickets that wait, closes those on which work began, follows the others, and tells clients that a ticket was received (not of one that came in more than a day ago) and when its estimate moved: by 30 minutes of business time at least and by more than half of the wait that was told last, once for each such move. At most so many of each. Returns a row for each ticket whose client was told something (received, estimate), and a last one, due, with 0 seconds when there is more.';

insert into secondline.duty (name) values ('estimate') on conflict do nothing;

-- What a client reads.

create or replace function secondline_rules.state_text(p_status secondline.ticket_status, p_locale text) returns text
language sql immutable
begin atomic
    select case when split_part(p_locale, '_', 1) = 'ru' then
        case p_status
            when 'new' then 'Ожидает специалиста'
            when 'returned' then 'Мы уточняем заявку'
            when 'assigned' then 'Передана специалисту'
            when 'accepted' then 'Специалист работает над заявкой'
            when 'waiting_for_client' then 'Ждём вашего ответа'
            when 'with_developer' then 'Над заявкой работают разработчики'
            when 'to_verify' then 'Специалист проверяет решение'
            when 'resolved' then 'Решена'
            when 'cancelled' then 'Отменена' end
    else
        case p_status
            when 'new' then 'Waiting for a specialist'
            when 'returned' then 'We are completing your request'
            when 'assigned' then 'Given to a specialist'
            when 'accepted' then 'A specialist is working on it'
            when 'waiting_for_client' then 'We are waiting for your answer'
            when 'with_developer' then 'Our developers are working on it'
            when 'to_verify' then 'A specialist is checking the solution'
            when 'resolved' then 'Solved'
            when 'cancelled' then 'Cancelled' end
    end;
end;
comment on function secondline_rules.state_text(secondline.ticket_status, text) is
    'Where a ticket stands, in the words of a client who reads this language: Russian for ru, else English.';

create or replace function secondline_rules.client_news(p_ticket bigint) returns table (news text, at timestamptz)
language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp
-- replies, questions, resolutions, and estimates that were told; what colleagues say to each other is not among them
begin atomic
    select n.news, n.at from (
        (select case when j.event = 'resolved' then t.resolution else j.note end as news, j.at
           from secondline.journal j join secondline.ticket t on t.ticket_id = j.ticket_id
          where j.ticket_id = p_ticket and j.event in ('replied', 'waiting', 'resolved')
            and case when j.event = 'resolved' then t.resolution else j.note end is not null
          order by j.journal_id desc limit 1)
        union all
        (select r.text, j.at
           from secondline.journal j join secondline.ticket t on t.ticket_id = j.ticket_id
          cross join lateral secondline_rules.render('client.unanswered', jsonb_build_object('ticket', t.ticket_id, 'title', t.title), null, null, t.client_id) r
          where j.ticket_id = p_ticket and j.event = 'unanswered' order by j.journal_id desc limit 1)
        union all
        (select r.text, e.told_at
           from secondline.estimate e join secondline.ticket t on t.ticket_id = e.ticket_id
          cross join lateral secondline_rules.render(
                case when e.told_at = e.made_at then 'client.received' else 'client.estimate' end,
                jsonb_build_object('ticket', t.ticket_id, 'title', t.title, 'starts_at', e.told_starts_at), null, null, t.client_id) r
          where e.ticket_id = p_ticket and e.told_at is not null
          order by e.made_at desc limit 1)) n
     order by n.at desc limit 1;
end;
comment on function secondline_rules.client_news(bigint) is
    'What the client of a ticket last heard, and when: a reply, a question, a resolution, or when work should start.';
