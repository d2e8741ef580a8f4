-- What people are told, and how the channels do.

-- a barrier: no function in a reader's query sees the rows of others
create or replace view secondline.inbox with (security_barrier) as
select m.message_id, m.person_id, m.kind, m.severity, coalesce(r.subject, m.kind) as subject, coalesce(r.text, m.data::text) as text,
       m.send_at as sent_at, m.ticket_id
  from (
       -- who comes with a login of their own sees their own
       select x.message_id, x.person_id, x.kind, x.severity, x.send_at, x.ticket_id, x.data
         from secondline.message x
        where x.channel = 'popup' and x.person_id = (select secondline_rules.acting_person())
        union all
       -- programs show it to whom it is for
       select x.message_id, x.person_id, x.kind, x.severity, x.send_at, x.ticket_id, x.data
         from secondline.message x
        where x.channel = 'popup'
          and (select secondline_rules.is_program())) m
  join secondline.message_kind k on k.kind = m.kind
 left join lateral secondline_rules.render(m.kind, m.data, m.person_id, null, null) r on true
 where m.send_at <= clock_timestamp() and not secondline_rules.is_pointless(k.ends_with, m.ticket_id, m.person_id, m.data);
comment on view secondline.inbox is
    'What pops up for whom, in their language, until acknowledge_message(). Ask for one person_id, newest last; NOTIFY secondline_inbox carries the person_id of whoever has something new. With a login of their own people see only theirs.';

create or replace view secondline.message_now with (security_barrier) as
select m.message_id, m.state, m.channel, m.kind, m.severity, r.name as recipient,
       -- the words are for whom they are meant, and for programs
       case when (select secondline_rules.is_program()) then r.subject end as subject,
       clock_timestamp() - m.created_at as age,
       case when m.send_at > clock_timestamp() and m.send_at < 'infinity' then m.send_at - clock_timestamp() end as due_in,
       m.attempt, m.last_outcome, m.last_said,
       m.leased_by, m.person_id, m.team_id, m.client_id, m.ticket_id
  from secondline.message m
  left join lateral secondline_rules.render(m.kind, m.data, m.person_id, m.team_id, m.client_id) r on true
 where m.kind <> 'remark' or (select secondline_rules.is_program());
comment on view secondline.message_now is
    'Messages that are not done with: what waits for its time, its channel or its reader, and how the last attempt ended. Subjects, and remarks, are for programs only.';

create or replace view secondline.message_set_aside with (security_barrier) as
select m.message_id, m.channel, m.kind, m.severity, r.name as recipient,
       -- the words are for whom they are meant, and for programs
       case when (select secondline_rules.is_program()) then r.subject end as subject,
       m.last_said as reason, m.last_outcome, m.attempt, m.deaths,
       clock_timestamp() - m.created_at as age,
       m.person_id, m.team_id, m.client_id, m.ticket_id
  from secondline.message m
  left join lateral secondline_rules.render(m.kind, m.data, m.person_id, m.team_id, m.client_id) r on true
 where m.state = 'set_aside' and (m.kind <> 'remark' or (select secondline_rules.is_program()));
comment on view secondline.message_set_aside is
    'Messages that wait for a person: the channel refused them for good, or their delivery ended three times with a death. retry_message() or drop_message().';

create or replace view secondline.channel_now as
select c.name as channel,
       case when c.name = 'popup' then 'built_in'
            when w.workers is null then 'not_configured'
            when w.failing = w.workers then 'failing'
            when w.failing > 0 then 'failing_in_part'
            else 'working' end as state,
       clock_timestamp() - w.failing_since as failing_for, w.error as last_error,
       coalesce(m.waiting, 0) as waiting, m.oldest as oldest_waiting,
       coalesce(m.sending, 0) as sending, coalesce(m.later, 0) as later, coalesce(m.set_aside, 0) as set_aside,
       coalesce(h.sent, 0) as sent_last_hour, coalesce(a.failed, 0) as failed_last_hour,
       coalesce(w.workers, 0) as daemons, coalesce(o.contacts, 0) as contacts
  from secondline.channel c
  left join (select x.channel, count(*) as workers, count(x.failing_since) as failing, min(x.failing_since) as failing_since,
                    max(x.error) filter (where x.failing_since is not null) as error
               from secondline.channel_worker x where x.seen_at > clock_timestamp() - interval '5 minutes'
              group by x.channel) w on w.channel = c.name
  left join (select x.channel,
                    count(*) filter (where x.state = 'ready' and x.send_at <= clock_timestamp()
                                        or x.channel = 'popup' and x.send_at <= clock_timestamp()) as waiting,
                    clock_timestamp() - min(x.send_at) filter (where x.state <> 'set_aside' and x.send_at <= clock_timestamp()) as oldest,
                    count(*) filter (where x.state = 'sending') as sending,
                    count(*) filter (where x.state <> 'set_aside' and x.send_at > clock_timestamp()) as later,
                    count(*) filter (where x.state = 'set_aside') as set_aside
               from secondline.message x group by x.channel) m on m.channel = c.name
  left join (select x.channel, count(*) as sent from secondline.message_history x
              where x.ended_at > clock_timestamp() - interval '1 hour' and x.state = 'sent' group by x.channel) h on h.channel = c.name
  left join (select x.channel, count(*) as failed from secondline.message_attempt x
              where x.ended_at > clock_timestamp() - interval '1 hour' and x.outcome <> 'sent' group by x.channel) a on a.channel = c.name
  left join (select x.channel, count(*) as contacts from secondline.contact x group by x.channel) o on o.channel = c.name;
comment on view secondline.channel_now is
    'Channels that contacts name or daemons have configured: whether they work, what waits, and what was sent and failed within the last hour. not_configured: no daemon that runs has a section [channel.NAME] for it, and its messages wait. Of popup, waiting are those that nobody has acknowledged.';
