-- What the heads must know of now.

create or replace view secondline.alert_now with (security_barrier) as
select a.alert_id, m.name as team, a.alarm, a.ticket_id, t.title, t.queue, t.status, p.full_name as assignee,
       clock_timestamp() - a.raised_at as age, a.told,
       k.full_name as looked_after_by, a.acknowledged_at,
       coalesce(secondline_rules.waits_for(t), case when t.status = 'new' then a.reason end) as blocked_by,
       secondline_rules.reason_text(coalesce(secondline_rules.waits_for(t), case when t.status = 'new' then a.reason end), m.locale) as what_helps,
       a.since, a.raised_at, a.team_id
  from secondline.alert a
  join secondline.ticket t on t.ticket_id = a.ticket_id
  join secondline.team m on m.team_id = a.team_id
  left join secondline.person p on p.person_id = t.assignee_id
  left join secondline.person k on k.person_id = a.acknowledged_by
 where a.ended_at is null and a.team_id in (select secondline_rules.visible_team());
comment on view secondline.alert_now is
    'What has not happened in time and is not settled: which clock of which ticket rang, who has been told, who looks after it, and, while the ticket waits for a person, why and what would help. People see those of their team and of the teams that they lead.';
