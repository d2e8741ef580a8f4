-- What stands where now, for people.

create or replace view secondline.ticket_now as
select t.ticket_id, t.queue, t.status, t.priority, t.kind, t.title,
       c.name as client, u.full_name as author, p.full_name as assignee,
       t.effort_minutes,
       clock_timestamp() - t.submitted_at as age,
       clock_timestamp() - t.changed_at as unchanged_for,
       case when t.status = 'new' then coalesce(own.reason, grp.reason) end as blocked_by,
       t.client_id, t.author_id, t.assignee_id, t.skill, t.submitted_at, t.external_key
  from secondline.ticket t
  left join secondline.client c on c.client_id = t.client_id
  left join secondline.person u on u.person_id = t.author_id
  left join secondline.person p on p.person_id = t.assignee_id
  left join secondline.blocker own on own.ticket_id = t.ticket_id and own.ended_at is null
  left join secondline.blocker grp on grp.queue = t.queue and coalesce(grp.skill, '') = coalesce(t.skill, '')
                                  and grp.ticket_id is null and grp.ended_at is null
 where t.status not in ('resolved', 'cancelled');
comment on view secondline.ticket_now is 'Tickets that have not ended, with names and ages; blocked_by says why a waiting one waits.';

create or replace view secondline.queue_now as
select t.queue,
       -- secondline_rules.rank
       row_number() over (partition by t.queue order by c.clock - h.start, t.eligible_at, t.ticket_id) as position,
       t.ticket_id, t.priority, t.skill, t.effort_minutes,
       clock_timestamp() - t.eligible_at as waiting,
       coalesce(own.reason, grp.reason) as blocked_by,
       coalesce(own.since, grp.since) as blocked_since,
       t.title, t.eligible_at
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
  left join secondline.blocker own on own.ticket_id = t.ticket_id and own.ended_at is null
  left join secondline.blocker grp on grp.queue = t.queue and coalesce(grp.skill, '') = coalesce(t.skill, '')
                                  and grp.ticket_id is null and grp.ended_at is null
 where t.status = 'new';
comment on view secondline.queue_now is
    'Waiting tickets in the order in which they are served, and what keeps them waiting since when. blocked_by is null when the daemon has not looked yet or something is being assigned.';

create or replace view secondline.specialist_now as
select p.person_id, p.full_name,
       case when w.workday_id is null then 'not_at_work'
            when w.paused_at is not null then 'paused'
            when w.absent @> clock_timestamp() then 'absent'
            when w.shift_ends_at < clock_timestamp() + interval '15 minutes' then 'shift_ending'
            when p.load_minutes >= p.capacity_minutes then 'full'
            else 'free' end as state,
       coalesce(a.open_tickets, 0) as open_tickets,
       p.load_minutes, p.capacity_minutes, p.last_assigned_at,
       m.queues, k.skills, t.name as team
  from secondline.person p
  join secondline.team t on t.team_id = p.team_id
  left join secondline.workday w on w.person_id = p.person_id and w.state in ('working', 'paused')
  left join lateral (select count(*)::integer as open_tickets from secondline.assignment o
                      where o.person_id = p.person_id and o.ended_at is null) a on true
  left join lateral (select array_agg(x.queue order by x.queue) as queues from secondline.queue_member x
                      where x.person_id = p.person_id) m on true
  left join lateral (select array_agg(x.skill order by x.skill) as skills from secondline.person_skill x
                      where x.person_id = p.person_id) k on true
 where p.deactivated_at is null and (m.queues is not null or p.role = 'specialist');
comment on view secondline.specialist_now is
    'People who get tickets: whether they are free, what they have in hand, load and capacity in minutes.';

create or replace view secondline.decision_log as
select d.decided_at, d.ticket_id, d.kind, p.full_name as person, d.reason,
       b.full_name as by_person, d.note, d.candidates -> 'considered' as considered, d.candidates -> 'excluded' as excluded,
       t.queue, t.title, d.decision_id, d.person_id
  from secondline.decision d
  join secondline.ticket t on t.ticket_id = d.ticket_id
  join secondline.person p on p.person_id = d.person_id
  left join secondline.person b on b.person_id = d.by_person_id;
comment on view secondline.decision_log is
    'Every decision with names: who got the ticket, why, who else was considered and how many were not and why. Ask for a stretch of decided_at.';

create or replace view secondline.service_figures as
select f.queue, f.period, f.first_day, f.arrivals, f.peak_hour,
       f.first_reply_minutes, f.first_reply_minutes_p50, f.first_reply_minutes_p90,
       f.handled, f.handling_minutes, f.handling_minutes_p50, f.handling_minutes_p90, f.replies_per_ticket,
       f.reopened, f.escalated, f.backlog, f.backlog_age, f.breached
  from secondline.service_figures_of((statement_timestamp() - interval '1 year')::date, (statement_timestamp() + interval '1 day')::date) f;
comment on view secondline.service_figures is
    'Each queue, day by day and week by week, for the last year, in the time zone of its team (UTC where it is nobody''s). Each figure counts in the period in which it happened. For other periods there is secondline.service_figures_of(from_day, to_day).';
