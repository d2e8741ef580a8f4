-- Health: what keeps the department from working, or soon will, with who or what is to blame and what to do.
-- All of it is seen with the caller's rights: what other sessions do is shown to members of pg_read_all_stats only.

insert into secondline.duty (name) values ('health') on conflict do nothing;

create or replace function secondline_rules.session_health(p_at timestamptz) returns setof secondline_rules.found
language sql stable
begin atomic
    with session as materialized (
        select a.pid, a.backend_type, a.state, a.state_change, a.xact_start, a.backend_xmin, a.backend_xid,
               format('pid %s (%s) of %s', a.pid, coalesce(nullif(a.application_name, ''), a.backend_type),
                      coalesce(a.usename::text, 'nobody') || coalesce(' at ' || host(a.client_addr), '')) as who
          from pg_stat_activity a
         where a.pid <> pg_backend_pid() and (a.datname = current_database() or a.backend_type = 'walsender')
    ), lock as materialized (
        select l.pid, l.locktype, l.transactionid, c.relname
          from pg_locks l
          left join pg_class c on c.oid = l.relation and c.relkind in ('r', 'p') and c.relnamespace = 'secondline'::regnamespace
              and l.database = (select d.oid from pg_database d where d.datname = current_database())
         where l.granted and (l.locktype = 'transactionid' and l.mode = 'ExclusiveLock'
                              or c.oid is not null and l.mode not in ('AccessShareLock', 'SIReadLock'))
    )
    (select 'horizon', 'pid ' || s.pid, case when s.xact_start < p_at - interval '1 hour' then 'error' else 'warning' end,
            s.xact_start, s.who || ' has had a transaction open for long: nothing that died since can be vacuumed away',
            format('See what it does; to end it: select pg_terminate_backend(%s);', s.pid)
       from session s
      where s.xact_start < p_at - interval '15 minutes' and s.backend_type not in ('walsender', 'autovacuum worker')
        and (s.backend_xmin is not null or s.backend_xid is not null)
        and not exists (select from pg_stat_progress_vacuum v where v.pid = s.pid)
      order by s.xact_start limit 10)
    union all
    select 'horizon', 'pid ' || s.pid, 'warning', null,
           s.who || format(' is a standby whose queries hold back, by %s transactions, what can be vacuumed away', age(s.backend_xmin)),
           'End long queries there, or switch hot_standby_feedback off.'
      from session s where s.backend_type = 'walsender' and age(s.backend_xmin) > 50000
    union all
    select 'horizon', 'slot ' || s.slot_name, case when s.active then 'warning' else 'error' end, null,
           format('replication slot %s, %s, holds back by %s transactions what can be vacuumed away', s.slot_name,
                  coalesce('used by pid ' || s.active_pid, 'which nobody uses'), greatest(age(s.xmin), age(s.catalog_xmin))),
           case when s.active then 'See why its consumer lags; of a standby, end long queries there.'
                else format('Start its consumer, or, when it will not come back: select pg_drop_replication_slot(%L);', s.slot_name) end
      from pg_replication_slots s where greatest(age(s.xmin), age(s.catalog_xmin)) > 50000
    union all
    select 'horizon', 'prepared ' || x.gid, case when x.prepared < p_at - interval '1 hour' then 'error' else 'warning' end,
           x.prepared, format('transaction %s, prepared by %s, has not been ended: it keeps its locks, and nothing that died since can be vacuumed away',
                              x.gid, x.owner),
           format('Its program must end it; or, in this database: rollback prepared %L; (or commit prepared)', x.gid)
      from pg_prepared_xacts x where x.database = current_database() and x.prepared < p_at - interval '15 minutes'
    union all
    select 'idle_in_transaction', 'pid ' || s.pid, case when s.state_change < p_at - interval '15 minutes' then 'error' else 'warning' end,
           s.state_change, format('%s is idle in a transaction and has locks on %s', s.who, string_agg(distinct l.relname, ', ')),
           format('select pg_terminate_backend(%s); and give its role an idle_in_transaction_session_timeout.', s.pid)
      from session s join lock l on l.pid = s.pid and l.relname is not null
     where s.state like 'idle in transaction%' and s.state_change < p_at - interval '1 minute'
     group by s.pid, s.state_change, s.who
    union all
    -- who has locked a row stands in it; a daemon's own run is over within a minute, and notes that it was
    select 'duty_held', d.name, 'error', coalesce(s.xact_start, x.prepared),
           format('the row of duty %s is locked by %s: no daemon can do it', d.name,
                  coalesce(s.who, 'prepared transaction ' || x.gid, 'pid ' || l.pid)),
           case when x.gid is null then format('select pg_terminate_backend(%s);', l.pid) else format('rollback prepared %L;', x.gid) end
      from secondline.duty d
      join lock l on l.locktype = 'transactionid' and l.transactionid = d.xmax and l.pid is distinct from pg_backend_pid()
      left join session s on s.pid = l.pid
      left join pg_prepared_xacts x on x.transaction = d.xmax
     where coalesce(coalesce(s.xact_start, x.prepared) < p_at - interval '1 minute', d.ran_at < p_at - interval '5 minutes')
    union all
    select 'blind', session_user, 'info', null,
           format('%s does not see what other sessions do: nobody who keeps a transaction open would be found', session_user),
           format('grant pg_read_all_stats to %I;', session_user)
     where not pg_has_role('pg_read_all_stats', 'usage');
end;
comment on function secondline_rules.session_health(timestamptz) is
    'Who keeps dead rows from being vacuumed away (for 15 minutes, or 50,000 transactions), has locks while idle (1 minute), or holds a duty''s row.';

create or replace function secondline_rules.expected_index() returns setof text
language sql immutable
-- all of a fresh schema: a test compares
begin atomic
    select unnest('{
        absence_person_index, absence_pkey, agenda_item_pkey, agenda_item_team_index, alarm_pkey, alert_attend_index,
        alert_one_open, alert_pkey, alert_ticket_index, assignment_one_open_per_ticket, assignment_open_per_person,
        assignment_pkey, assignment_ticket_index, blocker_group_index, blocker_one_open_per_group,
        blocker_one_open_per_ticket, blocker_pkey, blocker_ticket_index, blocker_without_people_index,
        business_span_clock_index, business_span_pkey, calendar_person_unique, calendar_pkey, calendar_team_unique,
        channel_pkey, channel_worker_pkey, client_login_unique, client_manager_index, client_pkey,
        contact_client_channel_unique, contact_person_channel_unique, contact_pkey, contact_team_channel_unique,
        decision_decided_at_index, decision_pkey, delivery_claim_begun_at_index, delivery_claim_pkey, departure_leaves_index,
        departure_pkey, duty_pkey, escalation_developer_ticket_unique, escalation_open_index, escalation_pkey,
        escalation_rule_pkey, escalation_ticket_index, estimate_begun_at_index, estimate_one_open_per_ticket, estimate_pkey,
        finding_ended_at_index, finding_one_open_per_subject, finding_pkey, holiday_pkey, journal_at_index, journal_pkey,
        message_attempt_failed_index, message_attempt_pkey, message_attend_index, message_dedup_key_unique, message_due_index,
        message_history_ended_at_index, message_history_pkey, message_inbox_index, message_kind_pkey, message_pkey,
        message_urgent_index, misplaced_topic_pkey, person_login_index, person_login_unique, person_pkey, person_skill_pkey,
        person_team_index, planned_shift_day_index, planned_shift_pkey, planned_shift_starts_at_index,
        queue_member_person_index, queue_member_pkey, queue_pkey, regulation_pkey, reminder_pkey, reminder_rule_pkey,
        report_pkey, schema_migration_pkey, skill_pkey, standup_meeting_pkey, standup_note_pkey, standup_pkey, target_pkey,
        task_day_index, task_one_per_ticket, task_pkey, task_ticket_index, team_name_unique, team_pkey, template_pkey,
        ticket_attend_index, ticket_escalation_index, ticket_external_key_unique, ticket_fault_pkey, ticket_of_client_index,
        ticket_pkey, ticket_returned_to_index, ticket_solved_index, ticket_step_pkey, ticket_suggestion_index,
        ticket_waiting_effort_index, ticket_waiting_index, workday_day_index, workday_journal_pkey,
        workday_one_open_per_person, workday_one_per_day, workday_overdue_index, workday_pkey, working_hours_pkey}'::text[]);
end;
comment on function secondline_rules.expected_index() is 'The indexes that this version of the schema has.';

create or replace function secondline_rules.storage_health() returns setof secondline_rules.found
language sql stable
begin atomic
    select 'bloat', s.relname::text, case when s.n_dead_tup > 10 * greatest(s.n_live_tup, 20000) then 'error' else 'warning' end, null::timestamptz,
           format('%s has %s dead rows beside %s live ones; last vacuumed %s', s.relname, s.n_dead_tup, s.n_live_tup,
                  coalesce(to_char(greatest(s.last_vacuum, s.last_autovacuum) at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC'), 'never')),
           format('vacuum secondline.%I; when they stay, see what is found of kind horizon; when they come back, autovacuum is too slow for it.', s.relname)
      from pg_stat_all_tables s
     where s.schemaname = 'secondline' and s.n_dead_tup > 20000 and s.n_dead_tup > s.n_live_tup
    union all
    select 'autovacuum_off', 'server', 'error', null, 'autovacuum or track_counts is switched off: tables only grow',
           'Switch autovacuum and track_counts on in postgresql.conf, then select pg_reload_conf();'
     where 'off' in (current_setting('autovacuum'), current_setting('track_counts'))
    union all
    select 'autovacuum_off', c.relname::text, 'error', null, format('autovacuum is switched off for %s, which only grows', c.relname),
           format('alter table secondline.%I reset (autovacuum_enabled);', c.relname)
      from pg_class c cross join lateral pg_options_to_table(c.reloptions) o
     where c.relnamespace = 'secondline'::regnamespace and o.option_name = 'autovacuum_enabled'
       and lower(o.option_value) in ('off', 'false', 'no', '0', 'f', 'n')
    union all
    select case when i.indexrelid is null then 'index_missing' else 'index_invalid' end, e.name, 'error', null,
           case when i.indexrelid is null then format('index %s is not there: what it serves reads all rows, and if it keeps something unique, nothing does now', e.name)
                else format('index %s of %s is invalid: it is kept up and serves nobody', e.name, i.indrelid::regclass) end,
           case when i.indexrelid is null
                then format('Create it again, with "concurrently", by its statement; that of a constraint comes with the constraint: grep -rwA3 %s /usr/share/secondline/sql/migrations', e.name)
                else format('reindex index concurrently secondline.%I;', e.name) end
      from secondline_rules.expected_index() e (name)
      left join (pg_class c join pg_index i on i.indexrelid = c.oid)
        on c.relname = e.name and c.relnamespace = 'secondline'::regnamespace
     where i.indexrelid is null or not (i.indisvalid and i.indisready and i.indislive)
    union all
    select 'trigger_disabled', c.relname::text, 'error', null,
           format('triggers of %s are disabled: %s', c.relname,
                  string_agg(case when t.tgisinternal then 'foreign keys' else t.tgname end, ', ' order by t.tgname)),
           -- an owner who is no superuser may not switch those of foreign keys
           format('alter table secondline.%I enable trigger %s; then see what was written meanwhile.', c.relname,
                  case when bool_or(t.tgisinternal) then 'all' else 'user' end)
      from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'secondline'::regnamespace and t.tgenabled in ('D', 'R') group by c.relname
    union all
    select 'constraint_unchecked', format('%s.%s', c.relname, x.conname), 'warning', null,
           format('%s of %s has not been checked against what was there before it', x.conname, c.relname),
           format('alter table secondline.%I validate constraint %I;', c.relname, x.conname)
      from pg_constraint x join pg_class c on c.oid = x.conrelid
     where x.connamespace = 'secondline'::regnamespace and not x.convalidated;
end;
comment on function secondline_rules.storage_health() is
    'Tables with more than 20,000 dead rows and more dead than live ones, or without autovacuum; indexes that are missing or invalid; disabled triggers; constraints that were never checked.';

create or replace function secondline_rules.some_names(p_names text[]) returns text
language sql immutable
begin atomic
    select array_to_string(p_names[:5], ', ') || case when cardinality(p_names) > 5 then format(' and %s more', cardinality(p_names) - 5) else '' end;
end;
comment on function secondline_rules.some_names(text[]) is 'The first five, and how many more there are.';

create or replace function secondline_rules.role_health() returns setof secondline_rules.found
language sql stable
begin atomic
    select 'superuser', session_user, 'warning', null::timestamptz, format('%s is a superuser: no right and no policy holds it', session_user),
           'Connect as a login of its own: create role dispatcher login; grant secondline_daemon to dispatcher;'
      from pg_roles r where r.rolname = session_user and r.rolsuper
    union all
    select 'limits_missing', session_user, 'error', null,
           format('sessions of %s have no %s: one that hangs stops the department', session_user, string_agg(l.name, ', ')),
           format('alter role %I set %s = ''30s''; and so on; behind a pooler see that it passes them on.', session_user, min(l.name))
      from unnest('{statement_timeout,lock_timeout,idle_in_transaction_session_timeout}'::text[]) l (name)
     where current_setting(l.name) = '0' having count(*) > 0
    union all
    -- what a login gets when it connects, the most particular setting first
    select 'limits_missing', 'logins', 'warning', null,
           format('no idle_in_transaction_session_timeout: who of these forgets a transaction keeps what it has locked: %s',
                  secondline_rules.some_names(array_agg(r.rolname::text order by r.rolname))),
           format('alter database %I set idle_in_transaction_session_timeout = ''5min''; or the same for a role.', current_database())
      from pg_roles r
     where r.rolcanlogin and not r.rolsuper and r.rolname <> session_user
       and has_database_privilege(r.oid, current_database(), 'connect')
       and (pg_has_role(r.oid, 'secondline_app', 'member') or pg_has_role(r.oid, 'secondline_member', 'member')
            or pg_has_role(r.oid, 'secondline_client', 'member'))
       and coalesce((select split_part(c, '=', 2)
                       from pg_db_role_setting s cross join unnest(s.setconfig) c
                      where s.setrole in (r.oid, 0) and c like 'idle_in_transaction_session_timeout=%'
                        and s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
                      order by s.setrole = 0, s.setdatabase = 0 limit 1),
                    (select g.reset_val from pg_settings g where g.name = 'idle_in_transaction_session_timeout')) ~ E'^0+\\D*$'
    having count(*) > 0;
end;
comment on function secondline_rules.role_health() is
    'A superuser as the daemon''s login; sessions of that login without limits; logins that may lock rows and have no idle_in_transaction_session_timeout.';

create or replace function secondline_rules.duty_health(
    p_at timestamptz, p_duties text[], p_intervals double precision[], p_schema text
) returns setof secondline_rules.found
language sql stable
begin atomic
    with duty as materialized (
        select e.name, d.name is null as is_missing, r.ran_at,
               r.ran_at < p_at - interval '5 minutes' - 3 * make_interval(secs => e.seconds) as is_late
          from unnest(p_duties, p_intervals) e (name, seconds)
          left join secondline.duty d on d.name = e.name
         cross join lateral (select coalesce(d.ran_at, max(m.applied_at)) as ran_at from secondline.schema_migration m) r
    ), daemon as materialized (
        -- the daemon that asks leaves its own duty out
        select max(d.ran_at) as ran_at from duty d where d.is_late is not null and not d.is_missing
        having bool_and(d.is_late) and bool_or(d.name = 'health')
    )
    select 'duty_missing', d.name, 'error', null::timestamptz, format('the row of duty %s is not there: no daemon can do it', d.name),
           'Run "secondline migrate": it writes the row again.'
      from duty d where d.is_missing
    union all
    select 'no_daemon', 'daemon', 'error', d.ran_at, 'no daemon does anything: tickets wait, nobody is reminded',
           'Start one; if one runs, read its log.'
      from daemon d
    union all
    select 'duty_late', d.name, 'error', d.ran_at, format('no daemon has done duty %s for long', d.name),
           'Read the log of the daemons for duty.failed, and see what is found of kind duty_held.'
      from duty d where d.is_late and not d.is_missing and not exists (select from daemon)
    union all
    select 'schema_version', m.found, 'warning', null, format('the schema is %s, the daemon knows %s', m.found, p_schema),
           case when m.found < p_schema then 'Run "secondline migrate".'
                else 'Install the version of secondline that brought it, and restart the daemons.' end
      from (select max(x.name) as found from secondline.schema_migration x) m where m.found <> p_schema;
end;
comment on function secondline_rules.duty_health(timestamptz, text[], double precision[], text) is
    'Duties without a row, or that nobody has done for 5 minutes and 3 of their intervals (seconds; null where a duty notes only what it had to do); a schema that is not this one.';

create or replace function secondline_rules.channel_health(p_at timestamptz) returns setof secondline_rules.found
language sql stable
begin atomic
    with channel as materialized (
        select c.name, coalesce(w.workers, 0) as workers, coalesce(w.failing, 0) as failing, w.failing_since, w.error,
               (select m.send_at from secondline.message m
                 where m.channel = c.name and m.channel <> 'popup' and m.send_at <= p_at and m.state = 'ready'
                 order by m.send_at limit 1) as oldest,
               (select count(*) from secondline.message m
                 where m.channel = c.name and m.channel <> 'popup' and m.send_at = 'infinity' and m.state = 'set_aside') as set_aside,
               (select count(*) from secondline.contact k where k.channel = c.name) as contacts
          from secondline.channel c
          left join (select x.channel, count(*) as workers, count(x.failing_since) as failing, min(x.failing_since) as failing_since,
                            max(x.error) filter (where x.failing_since is not null) as error
                       from secondline.channel_worker x where x.seen_at > p_at - interval '5 minutes' group by x.channel) w
            on w.channel = c.name
         where c.name <> 'popup'
    )
    select 'channel_failing', c.name, case when c.failing = c.workers then 'error' else 'warning' end, c.failing_since,
           format('everything fails or is refused in channel %s%s: %s', c.name,
                  case when c.failing < c.workers then format(' of %s of %s daemons', c.failing, c.workers) else '' end, c.error),
           format('Mend it, then: secondline retry --channel %s', c.name)
      from channel c where c.failing > 0
    union all
    select 'channel_unserved', c.name, 'warning', null,
           format('%s contacts name channel %s, and no daemon that runs has it: its messages wait', c.contacts, c.name),
           format('Add [channel.%s] to the configuration of a daemon, or remove the contacts with set_contact(…, null).', c.name)
      from channel c where c.workers = 0 and c.contacts > 0
    union all
    select 'messages_waiting', c.name, 'warning', c.oldest, format('messages wait for channel %s, although it works', c.name),
           format('See "secondline messages --channel %s"; give [channel.%s] a higher concurrency or rate.', c.name, c.name)
      from channel c where c.oldest < p_at - interval '15 minutes' and c.workers > c.failing
    union all
    select 'messages_set_aside', c.name, 'warning', null, format('%s messages of channel %s wait for a decision', c.set_aside, c.name),
           format('See "secondline messages --set-aside --channel %s", then secondline retry or secondline drop.', c.name)
      from channel c where c.set_aside > 0;
end;
comment on function secondline_rules.channel_health(timestamptz) is
    'Channels where everything fails, or that contacts name and no daemon has; messages that wait for 15 minutes although their channel works, or are set aside.';

create or replace function secondline_rules.department_health(p_at timestamptz) returns setof secondline_rules.found
language sql stable
begin atomic
    with member as materialized (
        select q.name as queue, p.person_id, p.team_id, p.full_name, (p_at at time zone p.time_zone)::date as today,
               exists (select from secondline.working_hours w where w.person_id = p.person_id) as has_hours
          from secondline.queue q
          join secondline.queue_member m on m.queue = q.name
          join secondline.person p on p.person_id = m.person_id and p.deactivated_at is null
         where q.required_skill is null
            or exists (select from secondline.person_skill k where k.person_id = p.person_id and k.skill = q.required_skill)
    ), expected as materialized (
        -- who would work then, were it not for an absence
        select m.queue, m.full_name, m.today + n as day,
               exists (select from secondline.planned_shift s where s.person_id = m.person_id and s.day = m.today + n) as is_there
          from member m cross join generate_series(1, 7) n
         where exists (select from secondline.working_hours w where w.person_id = m.person_id and w.weekday = extract(isodow from m.today + n))
           and not exists (select from secondline.holiday h where h.team_id = m.team_id and h.on_date = m.today + n)
    ), served as materialized (
        select distinct w.channel from secondline.channel_worker w where w.seen_at > p_at - interval '5 minutes'
    )
    select 'shift_uncovered', format('%s %s', e.queue, e.day), 'warning', null::timestamptz,
           format('nobody works on queue %s on %s: %s', e.queue, to_char(e.day, 'FMDay YYYY-MM-DD'),
                  secondline_rules.some_names(array_agg(e.full_name order by e.full_name))
                  || case when count(*) = 1 then ' is absent' else ' are absent' end),
           'Move an absence, or add_member() somebody who is there.'
      from expected e
      join (select x.queue, min(x.day) as day from expected x group by x.queue) next on next.queue = e.queue and next.day = e.day
      join secondline.queue q on q.name = e.queue and q.paused_at is null
     where e.queue not in (select m.queue from member m where not m.has_hours)
     group by e.queue, e.day having not bool_or(e.is_there)
    union all
    select 'queue_without_members', q.name, case when w.is_waiting then 'error' else 'warning' end, null,
           format('nobody works on queue %s%s%s', q.name,
                  case when q.required_skill is null then ''
                       when exists (select from secondline.queue_member m join secondline.person p on p.person_id = m.person_id
                                     where m.queue = q.name and p.deactivated_at is null)
                       then format(': no member has the skill %s', q.required_skill) else '' end,
                  case when w.is_waiting then ', and tickets wait there' else '' end),
           'add_member(queue, person), grant_skill(person, skill), or pause_queue(queue, reason) while it is not in use.'
      from secondline.queue q
     cross join lateral (select exists (select from secondline.ticket t where t.queue = q.name and t.status = 'new') as is_waiting) w
     where q.paused_at is null and not exists (select from member m where m.queue = q.name)
    union all
    -- where nothing leads out of the house, popups are all there is
    select 'people_unreachable', t.name, 'warning', null,
           format('no channel of a daemon that runs leads to %s of team %s: they have popups only',
                  secondline_rules.some_names(array_agg(p.full_name order by p.full_name)), t.name),
           'set_contact(person, channel, address), with a channel that is configured.'
      from secondline.person p join secondline.team t on t.team_id = p.team_id
     where p.deactivated_at is null and exists (select from secondline.contact c where c.person_id is not null)
       and not exists (select from secondline.contact c join served s on s.channel = c.channel where c.person_id = p.person_id)
     group by t.name
    union all
    select 'team_without_head', t.name, 'warning', null, format('team %s has neither head nor deputy: nobody is told of its alerts', t.name),
           'set_head(team, person), or add_person(team, ''head'', name).'
      from secondline.team t
     where exists (select from secondline.person p where p.team_id = t.team_id and p.deactivated_at is null)
       and not exists (select from secondline_rules.leader(t.team_id))
    union all
    select 'tickets_set_aside', t.queue, 'error', null,
           format('the database refuses to have %s tickets of queue %s assigned, the first is %s', count(*), t.queue, min(t.ticket_id)),
           'Read their errors in secondline.ticket_fault and mend the cause; deleting a row there has that ticket tried at once.'
      from secondline.ticket_fault f join secondline.ticket t on t.ticket_id = f.ticket_id and t.status = 'new'
     group by t.queue;
end;
comment on function secondline_rules.department_health(timestamptz) is
    'Queues whose next working day nobody covers, or without members who have their skill; people whom no running channel reaches; teams without head; tickets that are set aside.';

create or replace function secondline_rules.find_health(
    p_at timestamptz, p_duties text[], p_intervals double precision[], p_schema text
) returns setof secondline_rules.found
language sql stable
begin atomic
    select f.* from secondline_rules.session_health(p_at) f
    union all select f.* from secondline_rules.duty_health(p_at, p_duties, p_intervals, p_schema) f
    union all select f.* from secondline_rules.storage_health() f
    union all select f.* from secondline_rules.role_health() f
    union all select f.* from secondline_rules.channel_health(p_at) f
    union all select f.* from secondline_rules.department_health(p_at) f;
end;
comment on function secondline_rules.find_health(timestamptz, text[], double precision[], text) is
    'All that is not as it should be, as far as the caller''s rights let it see. Changes nothing.';

create or replace function secondline_rules.scanned_tables(p_sql text) returns setof text
language plpgsql volatile set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
declare
    v_plan jsonb;
    v_values text;
begin
    execute 'prepare secondline_scanned as ' || p_sql;
    select coalesce('(' || string_agg('null', ', ') || ')', '') into v_values
      from pg_catalog.pg_prepared_statements s cross join lateral unnest(s.parameter_types) where s.name = 'secondline_scanned';
    execute 'explain (verbose, format json) execute secondline_scanned' || v_values into v_plan;
    deallocate secondline_scanned;
    return query
    select distinct c.relname::text
      from jsonb_path_query(v_plan, 'strict $.** ? (@."Schema" == "secondline" && (@."Node Type" == "Seq Scan" || @."Node Type" == "Bitmap Heap Scan"))') n
      join pg_catalog.pg_class c on c.relname = n ->> 'Relation Name' and c.relnamespace = 'secondline'::regnamespace
     where c.relname in ('ticket', 'assignment', 'message', 'decision', 'journal')
       and greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) > 10000;
exception
    when others then
        -- what is prepared outlives the rollback
        if exists (select from pg_catalog.pg_prepared_statements s where s.name = 'secondline_scanned') then
            deallocate secondline_scanned;
        end if;
        raise;
end;
$$;
comment on function secondline_rules.scanned_tables(text) is
    'Tables of more than 10,000 rows that a statement of the daemon, as it is planned once for any parameters, reads without the index made for it.';

create or replace function secondline_rules.record_findings(p_at timestamptz, p_found secondline_rules.found[])
returns table (change text, kind text, subject text, severity text, seconds double precision, detail text, advice text)
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    delete from secondline.finding f where f.ended_at < p_at - interval '30 days';
    with level as materialized (
        select * from (values ('info', 1), ('warning', 2), ('error', 3)) v (severity, level)
    ), found as materialized (
        select distinct on (f.kind, f.subject) f.kind, f.subject, f.severity, l.level, least(f.since, p_at) as since, f.detail, f.advice
          from unnest(p_found) f join level l on l.severity = f.severity order by f.kind, f.subject, l.level desc
    ), open as materialized (
        select f.finding_id, f.kind, f.subject, f.since, l.level
          from secondline.finding f join level l on l.severity = f.severity where f.ended_at is null
    ), gone as (
        update secondline.finding f set ended_at = greatest(p_at, f.seen_at)
          from open o
         where f.finding_id = o.finding_id and not exists (select from found x where x.kind = o.kind and x.subject = o.subject)
        returning f.kind, f.subject, f.severity, f.since, f.detail, f.advice
    ), kept as (
        update secondline.finding f
           set seen_at = greatest(p_at, f.seen_at), severity = x.severity, detail = x.detail, advice = x.advice
          from open o join found x on x.kind = o.kind and x.subject = o.subject
         where f.finding_id = o.finding_id
        returning case when x.level > o.level then 'found' end as change, f.kind, f.subject, f.severity, f.since, f.detail, f.advice
    ), opened as (
        insert into secondline.finding (kind, subject, severity, since, seen_at, detail, advice)
        select x.kind, x.subject, x.severity, coalesce(x.since, p_at), p_at, x.detail, x.advice from found x
         where not exists (select from open o where o.kind = x.kind and o.subject = x.subject)
        returning kind, subject, severity, since, detail, advice
    )
    select c.change, c.kind, c.subject, c.severity, extract(epoch from p_at - c.since)::double precision, c.detail, c.advice
      from (select 'found' as change, o.* from opened o union all select k.* from kept k union all select 'gone', g.* from gone g) c
     where c.change is not null
     order by c.change, c.kind, c.subject;
end;
comment on function secondline_rules.record_findings(timestamptz, secondline_rules.found[]) is
    'Opens, keeps and ends findings so that the open ones are these; returns what is new or has become worse (found), and what is gone. Ended ones are removed after 30 days.';

create or replace function secondline_rules.figures(p_at timestamptz)
returns table (name text, labels text[], value double precision)
language sql stable
-- Waiting tickets are counted inside ticket_waiting_index, those in hand through the open assignments.
begin atomic
    with waiting as materialized (
        select t.queue, count(*) as tickets, min(t.eligible_at) as oldest from secondline.ticket t where t.status = 'new' group by t.queue
    ), staff as materialized (
        select m.queue, count(*) as people, sum(p.load_minutes) as load, sum(p.capacity_minutes) as capacity
          from secondline.workday w
          join secondline.person p on p.person_id = w.person_id
          join secondline.queue_member m on m.person_id = w.person_id
         where w.state in ('working', 'paused') and w.paused_at is null group by m.queue
    )
    select 'tickets_open', array[q.name, 'new'], coalesce(w.tickets, 0)::double precision
      from secondline.queue q left join waiting w on w.queue = q.name
    union all
    select 'tickets_open', array[t.queue, 'returned'], count(*) from secondline.ticket t where t.returned_to is not null group by t.queue
    union all
    select 'tickets_open', array[t.queue, t.status::text], count(*)
      from secondline.assignment a join secondline.ticket t on t.ticket_id = a.ticket_id
     where a.ended_at is null group by t.queue, t.status
    union all
    select 'ticket_oldest_wait_seconds', array[q.name], coalesce(greatest(0, extract(epoch from p_at - w.oldest)), 0)
      from secondline.queue q left join waiting w on w.queue = q.name
    union all
    select v.name, array[q.name], v.value
      from secondline.queue q left join staff s on s.queue = q.name
     cross join lateral (values ('people_at_work', coalesce(s.people, 0)), ('load_seconds', coalesce(s.load, 0) * 60),
                                ('capacity_seconds', coalesce(s.capacity, 0) * 60)) v (name, value)
    union all
    select v.name, array[c.name], v.value
      from secondline.channel c
      left join (select m.channel, count(*) filter (where m.state <> 'sending' and m.send_at <= p_at) as waiting,
                        min(m.send_at) as oldest, count(*) filter (where m.state = 'set_aside') as set_aside
                   from secondline.message m group by m.channel) m on m.channel = c.name
     cross join lateral (values ('messages_waiting', coalesce(m.waiting, 0)),
                                ('message_oldest_wait_seconds', coalesce(greatest(0, extract(epoch from p_at - nullif(m.oldest, 'infinity'))), 0)),
                                ('messages_set_aside', coalesce(m.set_aside, 0)),
                                ('channel_failing', (select count(*) from secondline.channel_worker w
                                                      where w.channel = c.name and w.failing_since is not null
                                                        and w.seen_at > p_at - interval '5 minutes'))) v (name, value)
    union all
    select v.name, '{}', v.value
      from (select count(*) as open, count(*) filter (where a.acknowledged_at is null) as unacknowledged,
                   coalesce(extract(epoch from p_at - min(a.raised_at) filter (where a.acknowledged_at is null)), 0) as oldest
              from secondline.alert a where a.ended_at is null) x
     cross join lateral (values ('alerts_open', x.open), ('alerts_unacknowledged', x.unacknowledged),
                                ('alert_oldest_unacknowledged_seconds', x.oldest)) v (name, value)
    union all
    select 'health_findings', array[f.kind, f.severity], count(*)
      from secondline.finding f where f.ended_at is null group by f.kind, f.severity;
end;
comment on function secondline_rules.figures(timestamptz) is
    'What the metrics say about the database: name, values of the labels, value. Each queue, channel and kind of finding is a series; no ticket or person is.';
