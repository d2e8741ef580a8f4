-- Who may do what. Applied last at every upgrade; what is not granted here is not allowed.
revoke all on all tables in schema secondline from public;
revoke all on all functions in schema secondline, secondline_rules from public;
revoke all on all tables in schema secondline
    from secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;
revoke all on all functions in schema secondline, secondline_rules
    from secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;
-- without "in schema": for one schema the built-in default cannot be taken back
alter default privileges for role secondline_owner revoke execute on functions from public;

grant usage on schema secondline to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;
grant usage on schema secondline_rules to secondline_daemon;

-- reading
grant select on all tables in schema secondline to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;
-- views ask for the rules behind them as their owner, but functions in them are checked as the reader
grant usage on schema secondline_rules to secondline_reader, secondline_member, secondline_head, secondline_app;
grant execute on function secondline_rules.head_start(secondline.queue, secondline.priority)
    to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;

-- programs write tickets
grant insert (queue, title, description, priority, kind, client_id, author_id, effort_minutes, skill, external_key)
    on secondline.ticket to secondline_app;

-- the daemon: the duty's row is its lock, everything else goes through functions
grant update (ran_at) on secondline.duty to secondline_daemon;
grant execute on function
    secondline_rules.member_state(timestamptz), secondline_rules.has_room(integer, integer, integer),
    secondline_rules.ticket_candidate(timestamptz, bigint), secondline_rules.waiting_group(),
    secondline_rules.lock_unlocked_people(bigint[]),
    secondline_rules.assign(timestamptz, bigint[], bigint[], text[], jsonb[], integer[], integer[]),
    secondline_rules.record_blockers(timestamptz, text[], text[], text[], bigint[], text[]),
    secondline_rules.set_aside(timestamptz, bigint, text), secondline_rules.finish_duty(timestamptz, text),
    secondline_rules.idle_specialist(timestamptz, interval)
    to secondline_daemon;

-- asking why is for everybody who may read
grant execute on function secondline_rules.ticket_candidate(timestamptz, bigint), secondline_rules.member_state(timestamptz),
    secondline_rules.has_room(integer, integer, integer)
    to secondline_reader, secondline_member, secondline_head, secondline_app;

-- setting up
grant execute on function
    secondline.add_team(text, text),
    secondline.add_person(bigint, secondline.person_role, text, text, integer, text),
    secondline.add_client(text, bigint), secondline.add_queue(text, integer, integer, text),
    secondline.add_member(text, bigint), secondline.remove_member(text, bigint),
    secondline.grant_skill(bigint, text), secondline.revoke_skill(bigint, text), secondline.set_capacity(bigint, integer),
    secondline.set_working_hours(bigint, integer, time, time), secondline.clear_working_hours(bigint),
    secondline.add_holiday(bigint, date), secondline.pause_queue(text, text), secondline.resume_queue(text),
    secondline.set_fair_limit(text, integer, interval), secondline.set_starvation_bound(text, interval),
    secondline.set_head_start(text, secondline.priority, interval), secondline.deactivate_person(bigint)
    to secondline_app, secondline_head;

-- working
grant execute on function
    secondline.record_absence(bigint, secondline.absence_kind, date, date),
    secondline.record_absence_hours(bigint, secondline.absence_kind, timestamptz, timestamptz),
    secondline.cancel_absence(bigint),
    secondline.start_workday(bigint), secondline.pause_workday(bigint), secondline.resume_workday(bigint), secondline.end_workday(bigint),
    secondline.submit_ticket(text, text, text, secondline.priority, secondline.ticket_kind, bigint, bigint, integer, text),
    secondline.accept_ticket(bigint, bigint), secondline.decline_ticket(bigint, bigint, text),
    secondline.resolve_ticket(bigint, bigint, text), secondline.reassign_ticket(bigint, bigint, bigint, text),
    secondline.set_priority(bigint, secondline.priority, bigint), secondline.move_ticket(bigint, text, bigint, text),
    secondline.cancel_ticket(bigint, bigint, text), secondline.add_note(bigint, bigint, text)
    to secondline_app, secondline_member;
grant execute on function secondline.shift(bigint, date)
    to secondline_reader, secondline_member, secondline_head, secondline_app, secondline_daemon;
