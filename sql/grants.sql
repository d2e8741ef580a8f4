-- Who may do what. Applied last at every upgrade; what is not granted here is not allowed.
revoke all on all tables in schema secondline from public;
revoke all on all functions in schema secondline, secondline_rules from public;
revoke all on all tables in schema secondline
    from secondline_reader, secondline_member, secondline_head, secondline_client, secondline_app, secondline_daemon;
revoke all on all functions in schema secondline, secondline_rules
    from secondline_reader, secondline_member, secondline_head, secondline_client, secondline_app, secondline_daemon;
-- without "in schema": for one schema the built-in default cannot be taken back
alter default privileges for role secondline_owner revoke execute on functions from public;

grant usage on schema secondline to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;
grant usage on schema secondline_rules to secondline_daemon;

-- reading
grant select on all tables in schema secondline to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;
-- views ask for the rules behind them as their owner, but functions in them are checked as the reader
grant usage on schema secondline_rules to secondline_reader, secondline_member, secondline_head, secondline_app;
grant execute on function
    secondline_rules.head_start(secondline.queue, secondline.priority), secondline_rules.business_interval(interval, interval),
    secondline_rules.business_clock(bigint, timestamptz), secondline_rules.clock_of(bigint, timestamptz),
    secondline_rules.business_instant(bigint, timestamp), secondline_rules.rank(secondline.queue, secondline.priority, timestamptz)
    to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;

-- what others are told, and where they are reached, is not for everybody: people read secondline.inbox; and what a message says
-- is for its reader alone, so whoever looks after the outbox sees everything but that
revoke select on secondline.message, secondline.message_history, secondline.message_attempt, secondline.message_key,
    secondline.message_now, secondline.message_set_aside from secondline_head;
revoke select on secondline.message, secondline.message_history from secondline_reader;
-- nor how the servers and the department do
revoke select on secondline.finding, secondline.health_now from secondline_member;
-- nor who will be away
revoke select on secondline.departure from secondline_reader, secondline_member, secondline_head;
-- nor is why somebody was excused
revoke select on secondline.workday from secondline_member, secondline_head, secondline_reader;
do $$
declare
    r record;
begin
    for r in
        select h.relation, h.readers, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
          from (values ('message', 'data', 'secondline_reader'), ('message_history', 'data', 'secondline_reader'),
                       ('workday', 'excuse', 'secondline_member, secondline_head, secondline_reader')) h (relation, hidden, readers)
          join pg_catalog.pg_attribute a on a.attrelid = ('secondline.' || h.relation)::regclass
           and a.attnum > 0 and not a.attisdropped and a.attname <> h.hidden
         group by h.relation, h.readers
    loop
        execute format('grant select (%s) on secondline.%I to %s', r.columns, r.relation, r.readers);
    end loop;
end;
$$;
revoke select on secondline.message, secondline.message_history, secondline.message_attempt, secondline.contact,
    secondline.message_now, secondline.message_set_aside, secondline.message_key, secondline.channel_now, secondline.channel_worker
    from secondline_member;
grant execute on function
    secondline_rules.acting_person(), secondline_rules.acting_client(), secondline_rules.is_pointless(text, bigint, bigint, jsonb), secondline_rules.is_reported(bigint, date),
    secondline_rules.reader(bigint, bigint, bigint), secondline_rules.render(text, jsonb, bigint, bigint, bigint),
    secondline_rules.field_text(text, jsonb, text, text, text), secondline_rules.time_text(timestamptz, text, text),
    secondline_rules.day_text(text, text), secondline_rules.instant(text), secondline_rules.waits_for(secondline.ticket),
    secondline_rules.reason_text(text, text)
    to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;

-- what people write about their day is theirs and their head's: nobody else's, whatever they may read otherwise
revoke select on secondline.task, secondline.report, secondline.day_report, secondline.day_task, secondline.my_day, secondline.my_month,
    secondline.suggested_task, secondline.standup_agenda, secondline.standup_note, secondline.agenda_item
    from secondline_reader;
drop policy if exists own on secondline.task;
create policy own on secondline.task for select using (person_id in (select secondline_rules.visible_person()));
drop policy if exists own on secondline.workday_journal;
create policy own on secondline.workday_journal for select using (person_id in (select secondline_rules.visible_person()));
drop policy if exists own on secondline.agenda_item;
create policy own on secondline.agenda_item for select using (team_id in (select secondline_rules.visible_team()));
drop policy if exists own on secondline.standup_note;
create policy own on secondline.standup_note for select using (team_id in (select secondline_rules.visible_team()));
drop policy if exists own on secondline.absence;
create policy own on secondline.absence for select using (person_id in (select secondline_rules.visible_person()));
drop policy if exists own on secondline.reminder;
create policy own on secondline.reminder for select using (person_id in (select secondline_rules.visible_person()));
drop policy if exists own on secondline.contact;
create policy own on secondline.contact for select
    using (case when person_id is null then true else person_id in (select secondline_rules.visible_person()) end);
drop policy if exists own on secondline.message;
create policy own on secondline.message for select using (kind <> 'remark' or (select secondline_rules.is_program()));
drop policy if exists own on secondline.message_history;
create policy own on secondline.message_history for select using (kind <> 'remark' or (select secondline_rules.is_program()));
drop policy if exists own on secondline.report;
create policy own on secondline.report for select using (person_id in (select secondline_rules.visible_person()));
grant execute on function
    secondline_rules.leader(bigint), secondline_rules.visible_person(), secondline_rules.own_person(), secondline_rules.is_program(),
    secondline_rules.visible_team(), secondline_rules.visible_manager(),
    secondline_rules.missing(secondline.workday), secondline_rules.agenda_now()
    to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;

-- clients: their tickets and what they may do with them, and nothing else
grant usage on schema secondline to secondline_client;
grant select on secondline.client_ticket to secondline_client;
grant execute on function
    secondline.submit_ticket(text, text, text, secondline.priority, secondline.ticket_kind, bigint, bigint, integer, text),
    secondline.client_replied(bigint, text, bigint), secondline.cancel_ticket(bigint, bigint, text),
    secondline.reopen_ticket(bigint, bigint, text)
    to secondline_client;
-- behind the view
grant execute on function
    secondline_rules.visible_client(), secondline_rules.expected(timestamptz, bigint), secondline_rules.client_news(bigint),
    secondline_rules.state_text(secondline.ticket_status, text)
    to secondline_reader, secondline_member, secondline_head, secondline_client, secondline_app, secondline_daemon;

-- programs write tickets
grant insert (queue, title, description, priority, kind, client_id, author_id, effort_minutes, skill, external_key)
    on secondline.ticket to secondline_app;

-- the daemon: the duty's row is its lock, everything else goes through functions
grant update (ran_at) on secondline.duty to secondline_daemon;
grant execute on function
    secondline_rules.member_state(timestamptz), secondline_rules.has_room(integer, integer, integer),
    secondline_rules.ticket_candidate(timestamptz, bigint), secondline_rules.waiting_group(),
    secondline_rules.lock_unlocked_people(bigint[]),
    secondline_rules.routed_waiting(
        timestamptz, text, text, secondline.priority, timestamptz, bigint, bigint[], bigint[], bigint[], bigint, bigint, bigint),
    secondline_rules.assign(timestamptz, bigint[], bigint[], text[], jsonb[], integer[], integer[]),
    secondline_rules.record_blockers(timestamptz, text[], text[], text[], bigint[], text[]),
    secondline_rules.set_aside(timestamptz, bigint, text), secondline_rules.finish_duty(timestamptz, text),
    secondline_rules.idle_specialist(timestamptz, interval),
    secondline_rules.claim_messages(timestamptz, text, text, integer, interval, timestamptz, integer, interval),
    secondline_rules.begin_claim(bigint),
    secondline_rules.renew_leases(timestamptz, bigint[], integer[], interval),
    secondline_rules.finish_deliveries(
        timestamptz, text, text, bigint[], integer[], secondline.delivery_outcome[], text[], boolean[], double precision[], double precision[]),
    secondline_rules.take_over_messages(timestamptz, text, integer),
    secondline_rules.report_channel(timestamptz, text, text, double precision, integer, text), secondline_rules.forget_worker(text),
    secondline_rules.attend_popups(timestamptz, integer), secondline_rules.retire_popups(timestamptz, interval, bigint, integer),
    secondline_rules.remove_history(timestamptz, interval, integer),
    secondline_rules.remove_tickets(timestamptz, interval, bigint, integer, integer),
    secondline_rules.remove_blockers(timestamptz, interval, integer),
    secondline_rules.run_workdays(timestamptz, integer), secondline_rules.run_clocks(timestamptz, integer),
    secondline_rules.run_estimates(timestamptz, integer)
    to secondline_daemon;
-- its look at the health is with its own rights, so it calls each part
grant execute on function
    secondline_rules.find_health(timestamptz, text[], double precision[], text), secondline_rules.session_health(timestamptz),
    secondline_rules.duty_health(timestamptz, text[], double precision[], text), secondline_rules.storage_health(),
    secondline_rules.expected_index(), secondline_rules.role_health(), secondline_rules.channel_health(timestamptz),
    secondline_rules.department_health(timestamptz), secondline_rules.some_names(text[]), secondline_rules.scanned_tables(text),
    secondline_rules.record_findings(timestamptz, secondline_rules.found[]), secondline_rules.figures(timestamptz)
    to secondline_daemon;

-- asking why is for everybody who may read
grant execute on function secondline_rules.ticket_candidate(timestamptz, bigint), secondline_rules.member_state(timestamptz),
    secondline_rules.has_room(integer, integer, integer),
    secondline_rules.routed_person(timestamptz, text, text, bigint),
    secondline_rules.is_routed_to(timestamptz, text, text, bigint, bigint, bigint)
    to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;

-- setting up
grant execute on function
    secondline.add_team(text, text), secondline.change_team(bigint, text, text),
    secondline.add_person(bigint, secondline.person_role, text, text, integer, text),
    secondline.change_person(bigint, text, secondline.person_role, text, bigint), secondline.set_login(bigint, text),
    secondline.change_client(bigint, text, bigint),
    secondline.add_client(text, bigint), secondline.add_queue(text, integer, integer, text, bigint), secondline.set_queue_team(text, bigint),
    secondline.add_member(text, bigint), secondline.remove_member(text, bigint),
    secondline.grant_skill(bigint, text), secondline.revoke_skill(bigint, text), secondline.set_capacity(bigint, integer),
    secondline.set_working_hours(bigint, integer, time, time), secondline.clear_working_hours(bigint),
    secondline.add_holiday(bigint, date), secondline.remove_holiday(bigint, date), secondline.pause_queue(text, text), secondline.resume_queue(text),
    secondline.set_fair_limit(text, integer, interval), secondline.set_starvation_bound(text, interval),
    secondline.set_head_start(text, secondline.priority, interval), secondline.deactivate_person(bigint),
    secondline.set_team_contact(bigint, text, text, secondline.severity),
    secondline.set_client_contact(bigint, text, text, secondline.severity),
    secondline.set_team_locale(bigint, text), secondline.set_client_locale(bigint, text), secondline.set_client_login(bigint, text),
    secondline.set_template(text, text, text, text),
    secondline.set_head(bigint, bigint), secondline.set_deputy(bigint, bigint),
    secondline.set_lateness(bigint, interval, integer, integer), secondline.set_reminder(bigint, text, text, interval),
    secondline.set_standup(bigint, integer[], time),
    secondline.set_regulation(text, secondline.ticket_kind[], integer, text[], boolean), secondline.clear_regulation(text),
    secondline.set_misplaced_topic(text, text, text), secondline.set_target(text, secondline.priority, text, interval),
    secondline.set_stalled_after(text, interval), secondline.set_client_silence(text, interval, interval),
    secondline.set_acknowledge_within(bigint, interval),
    secondline.set_escalation(text, text, boolean, integer, numeric),
    secondline.set_routing(text, text), secondline.set_accept_within(text, interval)
    to secondline_app, secondline_head;

-- telling people something, also from the daemon's login: "secondline send", "retry", "drop"
grant execute on function
    secondline.send_message(bigint, text, jsonb, text, timestamptz), secondline.send_to_client(bigint, text, jsonb, text, timestamptz),
    secondline.send_to_team(bigint, text, jsonb, text, timestamptz),
    secondline_rules.quiet_until(timestamptz, bigint)
    to secondline_app, secondline_head, secondline_daemon;
grant execute on function
    secondline.retry_message(bigint), secondline.retry_channel(text), secondline.drop_message(bigint, text)
    to secondline_app, secondline_daemon;

-- working
grant execute on function
    secondline.record_absence(bigint, secondline.absence_kind, date, date),
    secondline.record_absence_hours(bigint, secondline.absence_kind, timestamptz, timestamptz),
    secondline.cancel_absence(bigint), secondline.set_substitute(bigint, bigint),
    secondline.start_workday(bigint), secondline.pause_workday(bigint), secondline.resume_workday(bigint), secondline.end_workday(bigint),
    secondline.submit_ticket(text, text, text, secondline.priority, secondline.ticket_kind, bigint, bigint, integer, text),
    secondline.accept_ticket(bigint, bigint), secondline.decline_ticket(bigint, bigint, text),
    secondline.resolve_ticket(bigint, bigint, text), secondline.reassign_ticket(bigint, bigint, bigint, text),
    secondline.set_priority(bigint, secondline.priority, bigint), secondline.move_ticket(bigint, text, bigint, text),
    secondline.cancel_ticket(bigint, bigint, text), secondline.add_note(bigint, bigint, text),
    secondline.acknowledge_message(bigint, bigint), secondline.set_contact(bigint, text, text, secondline.severity),
    secondline.set_locale(bigint, text),
    secondline.excuse_workday(bigint, bigint, text, date),
    secondline.correct_workday(bigint, bigint, timestamptz, timestamptz, text),
    secondline.submit_plan(bigint, text[]), secondline.add_task(bigint, text, bigint, integer),
    secondline.change_task(bigint, text, integer), secondline.drop_task(bigint, text),
    secondline.report_task(bigint, secondline.task_outcome, integer, text),
    secondline.submit_report(bigint, text, text, text, text[], date),
    secondline.add_agenda_item(bigint, text), secondline.drop_agenda_item(bigint, bigint), secondline.note_standup(bigint, text),
    secondline.reply_to_client(bigint, bigint, text), secondline.wait_for_client(bigint, bigint, text),
    secondline.client_replied(bigint, text, bigint), secondline.reopen_ticket(bigint, bigint, text),
    secondline.hand_over(bigint, text, bigint, text), secondline.report_difficulty(bigint, bigint, text),
    secondline.acknowledge_alert(bigint, bigint),
    secondline.resubmit_ticket(
        bigint, bigint, text, text, secondline.priority, secondline.ticket_kind, text, bigint, integer, text),
    secondline.escalate_ticket(bigint, bigint, secondline.ticket_kind, secondline.severity, text, text),
    secondline.link_ticket(bigint, bigint, bigint), secondline.acknowledge_escalation(bigint, bigint),
    secondline.decline_escalation(bigint, bigint, text), secondline.note_progress(bigint, bigint, text),
    secondline.ask_owner(bigint, bigint, text), secondline.answer_developer(bigint, bigint, text),
    secondline.finish_escalation(bigint, bigint, secondline.escalation_outcome, text), secondline.confirm_fix(bigint, bigint),
    secondline.send_back(bigint, bigint, text), secondline.refuse_escalation(bigint, bigint, text),
    secondline.accept_suggestion(bigint, bigint, text), secondline.decline_suggestion(bigint, bigint, text),
    secondline.praise(bigint, bigint, text), secondline.remark(bigint, bigint, text, text, text)
    to secondline_app, secondline_member;
grant execute on function
    secondline.check_ticket(text, text, text, secondline.priority, secondline.ticket_kind, bigint, integer, text, text),
    secondline.shift(bigint, date), secondline.calendar_of_person(bigint), secondline.calendar_of_team(bigint),
    secondline.calendar_of_queue(text), secondline.business_time(bigint, timestamptz, timestamptz),
    secondline.business_end(bigint, timestamptz, double precision), secondline.service_figures_of(date, date)
    to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;

-- daemons look at once which schema this is now
notify secondline, 'schema';
