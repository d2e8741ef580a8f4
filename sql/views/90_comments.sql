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
               ('alert_now', 'since', 'When the clock began to run.'),
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
               ('my_month', 'day', 'The day.'),
               ('day_report', 'day', 'The day, in the person''s time zone.'),
               ('absence_calendar', 'first_day', 'The first day, in their time zone.'),
               ('absence_calendar', 'last_day', 'The last day.'),
               ('service_figures', 'queue', 'The queue in which the tickets are now.'),
               ('service_figures', 'first_day', 'The day, or the Monday of the week.'),
               ('service_figures', 'reopened', 'Tickets that were reopened.'),
               ('client_ticket', 'state', 'Where it stands, in plain words of the client''s language.'),
               ('client_ticket', 'place', 'Place among the waiting tickets of its queue that need the same skill, 1 is next; null once somebody has it.'),
               ('client_ticket', 'work_starts_at', 'When work on it should start, estimated from efforts, loads and shifts; null once it has, or when nobody can say.'),
               ('estimate_error', 'tickets', 'How many estimates were made and have come true or not.'),
               ('estimate_error', 'median_minutes', 'Half of them were off by no more than this.'),
               ('estimate_error', 'p90_minutes', 'Nine of ten were off by no more than this.'),
               ('estimate_error', 'bias_minutes', 'The mean of how much later work began than was said first; negative is earlier.')
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
               ('section', 'round, blocker, shared, plan, absent, stalled, suggestion or item.'),
               ('place', 'Place on the agenda.'),
               ('breached', 'Tickets on which a response or resolution target passed in it.'),
               ('alert_id', 'The alert, as acknowledge_alert() names it.'),
               ('alarm', 'What has rung: response_breach, resolution_breach, stalled_alert, untouched, declined or bouncing.'),
               ('told', 'Who has been told so far: head, deputy, team.'),
               ('looked_after_by', 'Name of the one who acknowledged it.'),
               ('acknowledged_at', 'When they did.'),
               ('what_helps', 'Why it waits for a person, and what would help, in the words of the team.'),
               ('raised_at', 'When it was raised.'),
               ('open_tickets', 'Tickets in hand.'),
               ('queues', 'Queues they work on.'),
               ('skills', 'Skills they have.'),
               ('specialist', 'Name of the one who has it, or had it when it ended.'),
               ('last_news', 'What the client last heard: a reply, a question, the resolution, or when work should start.'),
               ('last_news_at', 'When that was.'),
               ('team', 'Name of the team.'),
               ('person', 'Name of the one who got the ticket.'),
               ('by_person', 'Name of the one who decided; null is the daemon.'),
               ('considered', 'The chosen and the next four, with loads in minutes before the decision.'),
               ('period', 'day or week.'),
               ('arrivals', 'Tickets that came in.'),
               ('peak_hour', 'Hour of the day, 0 to 23, in which most of them did; the earliest of equal ones.'),
               ('first_reply_minutes', 'Business minutes of the queue from the arrival of a client''s ticket to the first answer by a person: the mean of those first answered in the period.'),
               ('first_reply_minutes_p50', 'Half of them waited no longer.'),
               ('first_reply_minutes_p90', 'Nine in ten of them waited no longer.'),
               ('handled', 'Tickets that were resolved, and not reopened since.'),
               ('handling_minutes', 'Business minutes of the queue from the first acceptance of such a ticket to its resolution, less what it waited for its client and what it was resolved in between: the mean.'),
               ('handling_minutes_p50', 'Half of them took no longer.'),
               ('handling_minutes_p90', 'Nine in ten of them took no longer.'),
               ('replies_per_ticket', 'How often the client of such a ticket was answered or asked, the mean.'),
               ('escalated', 'Tickets that were handed to a developer; what is sent back to them is not counted again.'),
               ('backlog', 'Tickets open at the end of the period, or now if that is to come.'),
               ('backlog_age', 'Time since they came in, the median.'),
               ('excluded', 'How many members of the queue were excluded for which reason.')
          ) m (attname, text) on m.attname = a.attname
         where v.relnamespace = 'secondline'::regnamespace and v.relkind = 'v'
    loop
        execute format('comment on column secondline.%I.%I is %L', c.relname, c.attname, c.text);
    end loop;
end;
$$;
