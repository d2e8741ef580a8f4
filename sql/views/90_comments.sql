-- What the columns of views mean, where the table's comment does not say it already: the same name is the same thing.
do $$
declare
    c record;
begin
    for c in
        select v.relname, a.attname, coalesce(col_description(s.attrelid, s.attnum), m.text) as text
          from pg_catalog.pg_class v
          join pg_catalog.pg_attribute a on a.attrelid = v.oid and a.attnum > 0 and not a.attisdropped
          left join lateral (
               select x.attrelid, x.attnum from pg_catalog.pg_attribute x
                where x.attname = a.attname and x.attnum > 0 and not x.attisdropped
                  and x.attrelid in ('secondline.ticket'::regclass, 'secondline.person'::regclass, 'secondline.decision'::regclass)
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
               ('state', 'free, full, paused, absent, shift_ending or not_at_work.'),
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
