-- Days: where everybody is, what they planned, how it went. Who sees whose stands in secondline_rules.visible_person().

create or replace view secondline.day_report with (security_barrier) as
select d.day, t.name as team, p.full_name as person,
       case when w.state is not null then w.state::text
            when a.absence_kind is not null and s.day is null then 'absent'
            when s.starts_at > clock_timestamp() then 'expected'
            when s.ends_at > clock_timestamp() then 'not_seen'
            when s.day is not null then 'no_show'
            else 'absent' end as presence,
       a.absence_kind, w.started_at, w.ended_at,
       -- whoever is away for all of the shift is not late, whenever they come
       case when w.started_at > w.shift_starts_at + t.late_grace and w.absent @> w.shift_starts_at is not true
            then floor(extract(epoch from w.started_at - w.shift_starts_at) / 60)::integer
            when w.shift_starts_at is not null then 0 end as late_minutes,
       (select count(*) filter (where x.started_at > x.shift_starts_at + t.late_grace
                                  and x.absent @> x.shift_starts_at is not true) >= t.late_days
          from (select y.started_at, y.shift_starts_at, y.absent from secondline.workday y
                 where y.person_id = p.person_id and y.day <= d.day and y.shift_starts_at is not null
                 order by y.day desc limit t.late_window) x) as systematically_late,
       k.tasks, k.spent_minutes, k.tickets_handled, k.minutes_per_ticket,
       r.went_well, r.went_badly, r.blockers,
       case when w.state in ('working', 'paused', 'overdue') then secondline_rules.missing(w) else '{}' end as missing,
       w.excuse, p.person_id, p.team_id, p.time_zone
  from (
       select x.person_id, x.day from secondline.workday x
        union
       select x.person_id, x.day from secondline.planned_shift x
        union
       -- an array, because the planner takes it for short
       select x.person_id, x.first_day + n.n
         from secondline.absence x cross join unnest(array(select generate_series(0, x.last_day - x.first_day))) n (n)
        where x.cancelled_at is null and x.first_day is not null
        union
       -- hours that leave nothing of a shift; those of a night belong to the day before
       select x.person_id, x.first_day + n.n
         from (select y.person_id, y.from_at, (y.from_at at time zone z.time_zone)::date as first_day,
                      ((y.to_at - interval '1 microsecond') at time zone z.time_zone)::date as last_day, z.time_zone
                 from secondline.absence y join secondline.person z on z.person_id = y.person_id
                where y.cancelled_at is null and y.from_at is not null) x
        cross join unnest(array(select generate_series(0, x.last_day - x.first_day))) n (n)
        where not exists (select from secondline.planned_shift s
                           where s.person_id = x.person_id and s.day = x.first_day + n.n - 1 and s.ends_at >= x.from_at
                             and s.ends_at > (x.first_day + n.n)::timestamp at time zone x.time_zone)) d
  join secondline.person p on p.person_id = d.person_id
  join secondline.team t on t.team_id = p.team_id
  left join secondline.workday w on w.person_id = d.person_id and w.day = d.day
  left join secondline.planned_shift s on s.person_id = d.person_id and s.day = d.day
  left join secondline.report r on r.person_id = d.person_id and r.day = d.day
  left join lateral (
       select x.kind as absence_kind from secondline.absence x
        where x.person_id = d.person_id and x.cancelled_at is null
          and (d.day between x.first_day and x.last_day
               -- a shift ends where an absence begins that takes the rest of it
               or x.from_at <= coalesce(s.ends_at, w.shift_ends_at) and x.to_at >= coalesce(s.starts_at, w.shift_starts_at)
               or coalesce(s.starts_at, w.shift_starts_at) is null
                  and x.from_at < (d.day + 1)::timestamp at time zone p.time_zone and x.to_at > d.day::timestamp at time zone p.time_zone)
        order by x.first_day nulls last, x.from_at limit 1) a on true
 cross join lateral (
       select string_agg(
                  x.title || ': ' || case when x.dropped_at is not null then 'dropped' else coalesce(replace(x.outcome::text, '_', ' '), 'no outcome') end
                  || coalesce(', ' || x.spent_minutes || ' min', ''), '; ' order by x.task_id) as tasks,
              sum(x.spent_minutes)::integer as spent_minutes,
              count(*) filter (where x.ticket_id is not null and x.outcome in ('done', 'partly_done'))::integer as tickets_handled,
              round(avg(x.spent_minutes) filter (where x.ticket_id is not null))::integer as minutes_per_ticket
         from secondline.task x where x.person_id = d.person_id and x.day = d.day) k
 where d.day <= (clock_timestamp() at time zone p.time_zone)::date
   -- of people who left, the days until then
   and (p.deactivated_at is null or w.day is not null or d.day < (p.deactivated_at at time zone p.time_zone)::date)
   and p.person_id in (select secondline_rules.visible_person());
comment on view secondline.day_report is
    'The head''s one table: a row per person and day up to today. Ask for a stretch of days. Presence is the state of the workday, or else absent, expected (before the shift), not_seen (during it) or no_show (after it). With a login of their own people see their own days and those of the teams that they lead.';

create or replace view secondline.day_task with (security_barrier) as
select k.day, t.name as team, p.full_name as person, k.task_id, k.title as task, k.ticket_id, k.planned, k.outcome,
       k.estimate_minutes, k.spent_minutes, k.comment, k.drop_reason, k.person_id, p.team_id
  from secondline.task k
  join secondline.person p on p.person_id = k.person_id
  join secondline.team t on t.team_id = p.team_id
 where k.person_id in (select secondline_rules.visible_person());
comment on view secondline.day_task is
    'What people planned and how each task went. With a login of their own people see their own and those of the teams that they lead.';

create or replace view secondline.who_is_where as
select t.name as team, p.full_name as person, p.role,
       case when w.absent @> clock_timestamp() or w.state is null and a.absent_until is not null then 'absent'
            when w.state is not null then w.state::text
            when s.day is not null and s.starts_at <= clock_timestamp() and e.state is null then 'not_seen'
            else 'off' end as state,
       case when w.state = 'paused' then w.paused_at when w.state is not null then w.started_at else e.ended_at end as since,
       coalesce(a.absent_until, case when w.state is not null or s.starts_at <= clock_timestamp() then coalesce(w.shift_ends_at, s.ends_at) end) as until,
       to_char(clock_timestamp() at time zone p.time_zone, 'HH24:MI') as local_time, p.person_id, p.team_id
  from secondline.person p
  join secondline.team t on t.team_id = p.team_id
  left join secondline.workday w on w.person_id = p.person_id and w.state in ('working', 'paused')
  left join lateral (select x.day, x.starts_at, x.ends_at from secondline.planned_shift x
                      where x.person_id = p.person_id and x.ends_at > clock_timestamp()
                        and x.day >= (clock_timestamp() at time zone p.time_zone)::date - 1
                      order by x.day limit 1) s on true
  left join secondline.workday e on e.person_id = p.person_id and e.day = s.day and e.state in ('ended', 'excused')
  left join lateral (
       select max(case when x.to_at is not null then x.to_at else (x.last_day + 1)::timestamp at time zone p.time_zone end) as absent_until
         from secondline.absence x
        where x.person_id = p.person_id and x.cancelled_at is null
          and (x.from_at <= clock_timestamp() and x.to_at > clock_timestamp()
               or (clock_timestamp() at time zone p.time_zone)::date between x.first_day and x.last_day)) a on true
 where p.deactivated_at is null;
comment on view secondline.who_is_where is
    'Where everybody is now: working, paused, absent, not_seen (the shift has begun, nobody has started it) or off; since when, and until when as far as planned.';

create or replace view secondline.absence_calendar with (security_barrier) as
select p.full_name as person, t.name as team, a.kind as absence_kind,
       coalesce(a.first_day, (a.from_at at time zone p.time_zone)::date) as first_day,
       coalesce(a.last_day, ((a.to_at - interval '1 microsecond') at time zone p.time_zone)::date) as last_day,
       a.from_at, a.to_at, a.recorded_at, a.absence_id, p.person_id, p.team_id
  from secondline.absence a
  join secondline.person p on p.person_id = a.person_id
  join secondline.team t on t.team_id = p.team_id
 where a.cancelled_at is null and p.deactivated_at is null and p.person_id in (select secondline_rules.visible_person());
comment on view secondline.absence_calendar is
    'Who is away when, past and planned; from_at and to_at for hours. With a login of their own people see their own and those of the teams that they lead.';

create or replace view secondline.my_day with (security_barrier) as
select w.day, w.state, w.started_at, w.shift_ends_at, secondline_rules.missing(w) as missing,
       k.task_id, k.title as task, k.ticket_id, k.planned, k.outcome, k.estimate_minutes, k.spent_minutes, k.comment, w.person_id
  from secondline_rules.own_person() o (person_id)
  join secondline.person p on p.person_id = o.person_id
  join secondline.workday w on w.person_id = p.person_id
   and (w.state in ('working', 'paused', 'overdue') or w.day = (clock_timestamp() at time zone p.time_zone)::date)
  left join secondline.task k on k.person_id = w.person_id and k.day = w.day and k.dropped_at is null;
comment on view secondline.my_day is
    'The tasks of today and of days whose report is overdue, and what is missing for each to end. With a login of their own people see theirs; programs ask for one person_id.';

create or replace view secondline.my_month with (security_barrier) as
select r.day, r.presence, r.absence_kind, r.started_at, r.ended_at, r.late_minutes, r.tasks, r.spent_minutes, r.tickets_handled,
       r.minutes_per_ticket, r.went_well, r.went_badly, r.blockers, r.missing, r.excuse, r.person_id
  from secondline.day_report r
  join secondline.person p on p.person_id = r.person_id
 where r.day >= date_trunc('month', clock_timestamp() at time zone p.time_zone)::date
   -- no month is longer; this one reaches the index
   and r.day >= current_date - 32
   and r.person_id in (select secondline_rules.own_person());
comment on view secondline.my_month is
    'One''s own days of this month, as the head sees them. With a login of their own people see theirs; programs ask for one person_id.';

create or replace view secondline.my_tickets with (security_barrier) as
select t.ticket_id, t.status, t.priority, t.kind, t.title, c.name as client, t.queue, t.effort_minutes,
       clock_timestamp() - t.submitted_at as age, clock_timestamp() - t.changed_at as unchanged_for, a.offered_at, a.accepted_at, a.person_id
  from secondline.assignment a
  join secondline.ticket t on t.ticket_id = a.ticket_id
  left join secondline.client c on c.client_id = t.client_id
 where a.ended_at is null and a.person_id in (select secondline_rules.own_person());
comment on view secondline.my_tickets is
    'The tickets in one''s hands. With a login of their own people see theirs; programs ask for one person_id.';

create or replace view secondline.my_clients with (security_barrier) as
select c.name as client, t.ticket_id, t.title, t.queue, q.line, t.status, t.priority, p.full_name as assignee,
       clock_timestamp() - t.submitted_at as age, j.event as last_event, j.at as last_event_at,
       t.ended_at is null and t.client_waits_since is not null as client_waits,
       case when t.ended_at is null then t.client_waits_since end as client_waits_since,
       t.ended_at, m.full_name as manager, t.client_id, t.assignee_id, m.person_id
  from secondline.client c
  join secondline.person m on m.person_id = c.account_manager_id
  join secondline.ticket t on t.client_id = c.client_id and coalesce(t.ended_at, 'infinity') > statement_timestamp() - interval '30 days'
  join secondline.queue q on q.name = t.queue
  left join secondline.person p on p.person_id = t.assignee_id
  left join lateral (select x.event, x.at from secondline.journal x where x.ticket_id = t.ticket_id order by x.journal_id desc limit 1) j on true
 where c.account_manager_id in (select secondline_rules.visible_manager());
comment on view secondline.my_clients is
    'The tickets of an account manager''s clients, wherever they are: open ones, and those that ended within 30 days; person_id is the manager. With a login of their own people see those of their clients, of whom they stand in for now, and of the teams that they lead; programs ask for one person_id.';

create or replace view secondline.suggested_task with (security_barrier) as
select o.person_id, s.ticket_id, s.title, s.reason
  from secondline_rules.own_person() o (person_id)
 cross join lateral (
       select a.ticket_id, t.title, 'open_ticket' as reason
         from secondline.assignment a join secondline.ticket t on t.ticket_id = a.ticket_id
        where a.person_id = o.person_id and a.ended_at is null
        union all
       select k.ticket_id, k.title, 'left_over'
         from secondline.task k
        where k.person_id = o.person_id and k.outcome in ('partly_done', 'not_done')
          and k.day = (select max(w.day) from secondline.workday w
                        where w.person_id = o.person_id and w.state in ('ended', 'overdue', 'excused'))
          and not exists (select from secondline.assignment a
                           where a.ticket_id = k.ticket_id and a.person_id = o.person_id and a.ended_at is null)) s
 where not exists (
       select from secondline.workday w join secondline.task k on k.person_id = w.person_id and k.day = w.day
        where w.person_id = o.person_id and w.state in ('working', 'paused') and k.dropped_at is null
          and (k.ticket_id = s.ticket_id or s.ticket_id is null and k.title = s.title));
comment on view secondline.suggested_task is
    'What a person may want to plan today: tickets in hand, and what the last day left over. With a login of their own people see theirs; programs ask for one person_id.';

create or replace view secondline.standup_agenda as
select a.team_id, a.team, a.day, a.starts_at, a.section, a.place, a.person, a.text from secondline_rules.agenda_now() a;
comment on view secondline.standup_agenda is
    'What there is to talk about at today''s stand-up: a personal round, blockers, what people shared, plans, who is absent, stalled tickets, suggestions, and what people put on it; in order of place. People see that of their team and of those that they lead.';
