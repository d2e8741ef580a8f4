-- The figures of queues: what came, how long clients waited, how long the work took, what was left.
--
-- Each counts in the day on which it happened, in the time zone of the queue's team: a first reply on the day of the reply, the
-- handling on the day of the resolution. So a day that is over changes only where a ticket is reopened or moved to another queue.

create or replace function secondline_rules.queue_clock() returns table (queue text, zone text, calendar_id bigint)
language sql stable
begin atomic
    select q.name, coalesce(t.time_zone, 'UTC'), c.calendar_id
      from secondline.queue q
      left join secondline.team t on t.team_id = q.team_id
      left join secondline.calendar c on c.team_id = q.team_id;
end;
comment on function secondline_rules.queue_clock() is
    'Time zone and calendar of each queue: its team''s; UTC, and none, where it is nobody''s.';

create or replace function secondline_rules.figures(p_at timestamptz, p_from date, p_to date)
returns table (
    queue text, period text, first_day date, arrivals bigint, peak_hour integer,
    first_reply_minutes numeric, first_reply_minutes_p50 numeric, first_reply_minutes_p90 numeric,
    handled bigint, handling_minutes numeric, handling_minutes_p50 numeric, handling_minutes_p90 numeric, replies_per_ticket numeric,
    reopened bigint, escalated bigint, backlog bigint, backlog_age interval, breached bigint
)
language sql stable
begin atomic
    with asked as materialized (
        -- weeks are whole ones
        select c.*, w.from_day, w.to_day, w.from_day::timestamp at time zone c.zone as from_at,
               least((w.to_day + 1)::timestamp at time zone c.zone, p_at) as to_at
          from secondline_rules.queue_clock() c
         cross join (select date_trunc('week', p_from)::date as from_day, date_trunc('week', p_to)::date + 6 as to_day) w
    ), ticket as materialized (
        select t.ticket_id, t.queue, t.client_id, t.status, t.submitted_at, t.first_replied_at, t.ended_at, t.waited, t.reopened,
               a.zone, a.calendar_id, a.from_day, a.to_day, a.from_at, a.to_at
          from secondline.ticket t join asked a on a.queue = t.queue
         where t.submitted_at < a.to_at and (t.ended_at is null or t.ended_at >= a.from_at)
    ), handled as (
        select t.queue, (t.ended_at at time zone t.zone)::date as day, j.replies,
               greatest(0, extract(epoch from ce.clock - ca.clock - t.waited)) / 60 as minutes
          from ticket t
         cross join lateral (
               select min(x.at) filter (where x.to_status in ('accepted', 'waiting_for_client', 'with_developer', 'to_verify', 'resolved')) as accepted_at,
                      count(*) filter (where x.event in ('replied', 'waiting')) as replies
                 from secondline.journal x where x.ticket_id = t.ticket_id) j
         cross join lateral secondline_rules.clock_of(t.calendar_id, t.ended_at) ce (clock)
         cross join lateral secondline_rules.clock_of(t.calendar_id, j.accepted_at) ca (clock)
         where t.status = 'resolved' and t.ended_at >= t.from_at and t.ended_at < t.to_at
    ), event as (
        select t.queue, (j.at at time zone t.zone)::date as day, t.ticket_id,
               j.from_status = 'resolved' as is_reopened,
               j.to_status = 'with_developer' and j.from_status <> 'to_verify' as is_escalated
          from secondline.journal j join ticket t on t.ticket_id = j.ticket_id
         where j.at >= p_from::timestamp at time zone 'UTC' - interval '8 days' and j.at >= t.from_at and j.at < t.to_at
           and j.to_status is not null and (j.from_status = 'resolved' or j.to_status = 'with_developer')
    ), fact as (
        select t.queue, (t.submitted_at at time zone t.zone)::date as day,
               extract(hour from t.submitted_at at time zone t.zone)::integer as hour,
               null::numeric as first_reply, null::numeric as handling, null::bigint as replies,
               null::bigint as reopened, null::bigint as escalated, null::bigint as breached
          from ticket t where t.submitted_at >= t.from_at
        union all
        select t.queue, (t.first_replied_at at time zone t.zone)::date, null,
               extract(epoch from cr.clock - cs.clock) / 60, null, null, null, null, null
          from ticket t
         cross join lateral secondline_rules.clock_of(t.calendar_id, t.first_replied_at) cr (clock)
         cross join lateral secondline_rules.clock_of(t.calendar_id, t.submitted_at) cs (clock)
         where t.client_id is not null and t.first_replied_at >= t.from_at and t.first_replied_at < t.to_at
        union all
        select h.queue, h.day, null, null, h.minutes, h.replies, null, null, null from handled h
        union all
        select e.queue, e.day, null, null, null, null,
               case when e.is_reopened then e.ticket_id end, case when e.is_escalated then e.ticket_id end, null
          from event e
        union all
        select t.queue, (a.rung_at at time zone t.zone)::date, null, null, null, null, null, null, t.ticket_id
          from ticket t join secondline.alarm a on a.ticket_id = t.ticket_id
         where a.alarm in ('response_breach', 'resolution_breach') and a.rung_at >= t.from_at and a.rung_at < t.to_at
    ), figure as (
        select f.queue, p.period, p.first_day, count(f.hour) as arrivals, mode() within group (order by f.hour) as peak_hour,
               avg(f.first_reply) as first_reply,
               percentile_cont(array[0.5, 0.9]) within group (order by f.first_reply) as first_replies,
               count(f.handling) as handled, avg(f.handling) as handling,
               percentile_cont(array[0.5, 0.9]) within group (order by f.handling) as handlings,
               avg(f.replies) as replies, count(distinct f.reopened) as reopened, count(distinct f.escalated) as escalated,
               count(distinct f.breached) as breached
          from fact f
         cross join lateral (values ('day', f.day), ('week', date_trunc('week', f.day)::date)) p (period, first_day)
         group by f.queue, p.period, p.first_day
    ), open as (
        select t.queue, t.submitted_at, t.zone, t.from_day, t.to_day, t.submitted_at as open_from, t.ended_at as open_to
          from ticket t where t.reopened = 0
        union all
        select t.queue, t.submitted_at, t.zone, t.from_day, t.to_day, x.at, x.next_at
          from ticket t
         cross join lateral (
               select y.at, y.to_status, lead(y.at) over (order by y.journal_id) as next_at
                 from secondline.journal y
                where y.ticket_id = t.ticket_id
                  and (y.event = 'submitted' or y.from_status = 'resolved' or y.to_status in ('resolved', 'cancelled'))) x
         where t.reopened > 0 and x.to_status not in ('resolved', 'cancelled') and x.at < t.to_at
    ), left_over as (
        select o.queue, d.day, count(*) as tickets,
               percentile_cont(0.5) within group (order by extract(epoch from o.submitted_at)::double precision) as median
          from open o
         cross join lateral (
               select greatest(o.from_day, (o.open_from at time zone o.zone)::date) as first_day,
                      -- on the day on which it ended it is not left over any more
                      least(o.to_day, (p_at at time zone o.zone)::date, (o.open_to at time zone o.zone)::date - 1) as last_day) s
         cross join lateral (select s.first_day + n as day from generate_series(0, s.last_day - s.first_day) n) d
         group by o.queue, d.day
    ), period as (
        select a.queue, a.zone, x.period, x.first_day, least(x.first_day + x.days - 1, (p_at at time zone a.zone)::date) as last_day
          from asked a
         cross join lateral (
               select 'day', p_from + n, 1 from generate_series(0, p_to - p_from) n
               union all
               select 'week', a.from_day + 7 * n, 7 from generate_series(0, (a.to_day - a.from_day) / 7) n) x (period, first_day, days)
         where x.first_day::timestamp at time zone a.zone <= p_at
    )
    select p.queue, p.period, p.first_day, coalesce(f.arrivals, 0), f.peak_hour,
           round(f.first_reply, 1), round(f.first_replies[1]::numeric, 1), round(f.first_replies[2]::numeric, 1),
           coalesce(f.handled, 0), round(f.handling, 1), round(f.handlings[1]::numeric, 1), round(f.handlings[2]::numeric, 1),
           round(f.replies, 1), coalesce(f.reopened, 0), coalesce(f.escalated, 0), coalesce(l.tickets, 0),
           date_trunc('second', least((p.last_day + 1)::timestamp at time zone p.zone, p_at) - to_timestamp(l.median)), coalesce(f.breached, 0)
      from period p
      left join figure f on f.queue = p.queue and f.period = p.period and f.first_day = p.first_day
      left join left_over l on l.queue = p.queue and l.day = p.last_day;
end;
comment on function secondline_rules.figures(timestamptz, date, date) is 'secondline.service_figures_of at an instant.';

create or replace function secondline.service_figures_of(from_day date, to_day date)
returns table (
    queue text, period text, first_day date, arrivals bigint, peak_hour integer,
    first_reply_minutes numeric, first_reply_minutes_p50 numeric, first_reply_minutes_p90 numeric,
    handled bigint, handling_minutes numeric, handling_minutes_p50 numeric, handling_minutes_p90 numeric, replies_per_ticket numeric,
    reopened bigint, escalated bigint, backlog bigint, backlog_age interval, breached bigint
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if from_day is null or to_day is null or to_day < from_day or from_day < '1970-01-01' or to_day > from_day + 3700 then
        raise exception 'the days from % to % are no period', coalesce(from_day::text, '(null)'), coalesce(to_day::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Pass the earlier day first, and at most 3,700 days.';
    end if;
    return query select * from secondline_rules.figures(statement_timestamp(), from_day, to_day) f order by f.queue, f.period, f.first_day;
end;
$$;
comment on function secondline.service_figures_of(date, date) is
    'The figures of every queue, as in secondline.service_figures, for each day of a period and each week that has one of them. Anyone may ask. Errors: 22023 a day is missing, the second comes first, or there are more than 3,700 days.';
