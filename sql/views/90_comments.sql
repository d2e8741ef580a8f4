-- What the columns of views mean, where the table's comment does not say it already: the same name is the same thing.
do $$
declare
    c record;
begin
    for c in
        select v.relname, a.attname, coalesce(o.text, col_description(s.attrelid, s.attnum), m.text) as text
          from pg_catalog.pg_class v
          join pg_catalog.pg_attribute a on a.attrelid = v.oid and a.attnum > 0 and not a.attisdropped
          -- where the same name is another thing
          left join (values
               ('channel_now', 'state', 'built_in, working, failing, failing_in_part (in some daemons) or not_configured (in no daemon that runs).'),
               ('channel_now', 'waiting', 'Messages that are due; of popup, those that nobody has acknowledged.'),
               ('message_now', 'state', 'ready, sending or set_aside; of a popup, sent until it is acknowledged.'),
               ('message_set_aside', 'reason', 'Why: what the channel said.'),
               ('day_report', 'person', 'Name of the person.'),
               ('day_task', 'person', 'Name of the person.'),
               ('who_is_where', 'person', 'Name of the person.'),
               ('absence_calendar', 'person', 'Name of the person.'),
               ('standup_agenda', 'person', 'Whose: who said it, planned it, is absent, has the ticket, or put it there.'),
               ('who_is_where', 'state', 'working, paused, absent, not_seen (the shift has begun, nobody has started it) or off.'),
               ('who_is_where', 'since', 'Since when they are at work or pause; when they ended today.'),
               ('standup_agenda', 'text', 'What there is to say; null in the round and for who is absent.'),
               ('standup_agenda', 'team_id', 'The team.'),
               ('suggested_task', 'title', 'The words of the task.'),
               ('suggested_task', 'ticket_id', 'The ticket that it is about, if one.'),
               ('suggested_task', 'reason', 'open_ticket (it is in hand) or left_over (of the last day).'),
               ('suggested_task', 'person_id', 'Whose.'),
               ('day_task', 'ticket_id', 'The ticket that it is about, if one.'),
               ('my_day', 'ticket_id', 'The ticket that it is about, if one.'),
               ('my_day', 'state', 'Where the workday stands.'),
               ('my_clients', 'person_id', 'The manager.'),
               ('my_month', 'day', 'The day.'),
               ('day_report', 'day', 'The day, in the person''s time zone.'),
               ('absence_calendar', 'first_day', 'The first day, in their time zone.'),
               ('absence_calendar', 'last_day', 'The last day.')
          ) o (relname, attname, text) on o.relname = v.relname and o.attname = a.attname
          left join lateral (
               select x.attrelid, x.attnum from pg_catalog.pg_attribute x
                where x.attname = a.attname and x.attnum > 0 and not x.attisdropped
                  and x.attrelid in ('secondline.ticket'::regclass, 'secondline.person'::regclass, 'secondline.decision'::regclass,
                                      'secondline.message'::regclass, 'secondline.workday'::regclass, 'secondline.task'::regclass,
                                      'secondline.report'::regclass, 'secondline.absence'::regclass, 'secondline.assignment'::regclass)
                order by x.attrelid = 'secondline.decision'::regclass and v.relname = 'decision_log' desc,
                         x.attrelid = 'secondline.ticket'::regclass desc limit 1) s on true
          left join (values
               ('client', 'Name of the client.'),
               ('author', 'Name of the colleague who wrote it.'),
               ('assignee', 'Name of the one who has it.'),
               ('age', 'Time since it came in.'),
               ('unchanged_for', 'Time since anything happened to it.'),
               ('blocked_by', 'What keeps it waiting.'),
               ('blocked_since', 'Since when.'),
               ('position', 'Place in the queue, 1 is next.'),
               ('waiting', 'How long it has competed for a person.'),
               ('recipient', 'Name of the person, team or client.'),
               ('subject', 'The words of its first line, in the reader''s language.'),
               ('text', 'The words, in the reader''s language.'),
               ('sent_at', 'Since when it stands there.'),
               ('due_in', 'How long until it is tried, if that is later.'),
               ('reason', 'Why: what the channel said.'),
               ('failing_for', 'How long everything has failed; null while it works.'),
               ('last_error', 'What the channel said when it last failed.'),
               ('oldest_waiting', 'How long the oldest of them has waited.'),
               ('sending', 'Messages in the daemons'' hands.'),
               ('later', 'Messages whose time is still to come.'),
               ('set_aside', 'Messages that wait for a person: see message_set_aside.'),
               ('sent_last_hour', 'Messages delivered within the last hour.'),
               ('failed_last_hour', 'Attempts that did not succeed within the last hour.'),
               ('daemons', 'Running daemons that have it configured.'),
               ('contacts', 'Contacts that name it.'),
               ('presence', 'The state of the workday, or absent, expected (before the shift), not_seen (during it), no_show (after it).'),
               ('absence_kind', 'Why they are away, the whole day or by the hour.'),
               ('late_minutes', 'Minutes after the start of the shift, 0 within the team''s grace; null where no shift is planned or nobody started.'),
               ('systematically_late', 'Whether as many of the last shifts began late as the team says (set_lateness).'),
               ('tasks', 'The tasks of the day with their outcomes and minutes.'),
               ('tickets_handled', 'Tasks about tickets that were done or partly done.'),
               ('minutes_per_ticket', 'Average of the minutes reported for tasks about tickets.'),
               ('missing', 'What keeps the day from ending: plan, task and an id, report, day and a date; empty when nothing does.'),
               ('task', 'The words of the task.'),
               ('since', 'Since when.'),
               ('until', 'Until when, as far as planned.'),
               ('local_time', 'What their clocks show now.'),
               ('starts_at', 'When it starts.'),
               ('line', 'The line of the queue: 1, 2 or 3.'),
               ('manager', 'Name of the client''s account manager.'),
               ('last_event', 'What last happened to it, as the journal calls it.'),
               ('last_event_at', 'When that was.'),
               ('client_waits', 'Whether the client waits for an answer.'),
               ('section', 'round, blocker, shared, plan, absent, stalled, suggestion or item.'),
               ('place', 'Place on the agenda.'),
               ('open_tickets', 'Tickets in hand.'),
               ('queues', 'Queues they work on.'),
               ('skills', 'Skills they have.'),
               ('team', 'Name of the team.'),
               ('person', 'Name of the one who got the ticket.'),
               ('by_person', 'Name of the one who decided; null is the daemon.'),
               ('considered', 'The chosen and the next four, with loads in minutes before the decision.'),
               ('excluded', 'How many members of the queue were excluded for which reason.')
          ) m (attname, text) on m.attname = a.attname
         where v.relnamespace = 'secondline'::regnamespace and v.relkind = 'v'
    loop
        execute format('comment on column secondline.%I.%I is %L', c.relname, c.attname, c.text);
    end loop;
end;
$$;
