-- What clients see of their tickets, and how good the estimates were.

create or replace view secondline.client_ticket with (security_barrier) as
select t.ticket_id, t.client_id, t.title,
       secondline_rules.state_text(t.status, coalesce(c.locale, m.locale, 'en')) as state,
       p.full_name as specialist, x.place,
       case when t.status = 'new' then x.starts_at
            when t.status = 'assigned' and e.work_starts_at > clock_timestamp() then e.work_starts_at end as work_starts_at,
       n.news as last_news, n.at as last_news_at, t.submitted_at, t.ended_at
  from secondline_rules.visible_client() v (client_id)
  join secondline.client c on c.client_id = v.client_id
  join secondline.ticket t on t.client_id = c.client_id
  left join secondline.person a on a.person_id = c.account_manager_id
  left join secondline.team m on m.team_id = a.team_id
  left join secondline.person p on p.person_id = t.assignee_id
  left join secondline.estimate e on e.ticket_id = t.ticket_id and e.closed_at is null
  -- strict: looked for only where a ticket waits
  left join lateral secondline_rules.expected(clock_timestamp(), case when t.status = 'new' then t.ticket_id end) x on true
  left join lateral secondline_rules.client_news(t.ticket_id) n on true;
comment on view secondline.client_ticket is
    'Tickets as their clients see them, all that they ever had; a client''s login reads its own, account managers those of their clients, heads, deputies and programs all. Ask for one client_id or ticket_id, and as it suits for those without ended_at: what ranks before a waiting ticket is counted for each.';

create or replace view secondline.estimate_error as
select t.queue, count(*) as tickets,
       percentile_cont(0.5) within group (order by abs(d.minutes)) as median_minutes,
       percentile_cont(0.9) within group (order by abs(d.minutes)) as p90_minutes,
       avg(d.minutes) as bias_minutes
  from secondline.estimate e
  join secondline.ticket t on t.ticket_id = e.ticket_id
  join secondline.queue q on q.name = t.queue
  left join secondline.calendar k on k.team_id = q.team_id
 cross join lateral secondline_rules.clock_of(k.calendar_id, e.begun_at) b (clock)
 cross join lateral secondline_rules.clock_of(k.calendar_id, e.first_starts_at) f (clock)
 cross join lateral (select extract(epoch from b.clock - f.clock)::double precision / 60 as minutes) d
 where e.begun_at > clock_timestamp() - interval '30 days' and e.first_starts_at is not null
 group by t.queue;
comment on view secondline.estimate_error is
    'How far the first estimates of the last 30 days were from when work really began, in business minutes of each queue.';
