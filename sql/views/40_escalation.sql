-- Developers brought in, for those who wait for them and those who are.

create or replace view secondline.my_escalations with (security_barrier) as
select e.escalation_id, t.ticket_id, e.kind, e.severity, e.state, o.full_name as owner, d.full_name as developer,
       clock_timestamp() - e.opened_at as age,
       case when e.state = 'proposed' then e.answer_by
            when e.state = 'submitted' and a.offered_at is not null
            then secondline_rules.business_instant(
                     c.calendar_id, secondline_rules.business_clock(c.calendar_id, a.offered_at)
                                    + secondline_rules.business_interval(q.accept_within, coalesce(c.day_length, interval '1 day'))) end as due_at,
       clock_timestamp() - e.news_at as unchanged_for,
       case when e.state = 'finished' then e.outcome end as outcome, e.rule, t.title, t.status, w.queue,
       e.developer_ticket_id, t.client_id, t.assignee_id as owner_id, e.developer_id, e.opened_at
  from secondline.escalation e
  left join secondline.ticket w on w.ticket_id = e.developer_ticket_id
  left join secondline.queue q on q.name = w.queue
  left join secondline.calendar c on c.team_id = q.team_id
  left join secondline.assignment a on a.ticket_id = w.ticket_id and a.state = 'offered'
  left join secondline.ticket t on t.escalation_id = e.escalation_id
  left join secondline.person o on o.person_id = t.assignee_id
  left join secondline.person d on d.person_id = e.developer_id
 where e.ended_at is null
   and (e.developer_id in (select secondline_rules.visible_person())
        or t.assignee_id in (select secondline_rules.visible_person())
        or (select secondline_rules.is_program())
        -- what waits for one of the developers
        or exists (select from secondline.queue_member m
                    where m.queue = w.queue and m.person_id in (select secondline_rules.visible_person())));
comment on view secondline.my_escalations is
    'Open escalations with each ticket that waits for them: with a login of their own owners and developers see theirs, developers those of their queues, heads those of their people; programs see all.';
