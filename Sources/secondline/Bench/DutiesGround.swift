extension DutiesBench {
    /// Ten teams with a queue each, at work on that day; three quarters of the tickets wait, a third of them clients'; a twentieth is
    /// in hand, the rest waits for its client. Nobody has room.
    func fill() async throws {
        let minutes = tickets / 20 / people * 45 + tickets / 5 / people * 15
        try await database.run(
            """
            insert into secondline.team (name, time_zone) select 'Team ' || i, 'UTC' from generate_series(1, 10) i;
            insert into secondline.queue (name, team_id) select 'queue ' || team_id, team_id from secondline.team;
            insert into secondline.person (team_id, role, full_name, capacity_minutes, load_minutes, time_zone)
            select 1 + i % 10, 'specialist', 'Person ' || i, \(minutes), \(minutes), 'UTC' from generate_series(1, \(people)) i;
            insert into secondline.queue_member (queue, person_id) select 'queue ' || team_id, person_id from secondline.person;
            update secondline.team t set head_id = (select min(p.person_id) from secondline.person p where p.team_id = t.team_id);
            insert into secondline.channel (name) values ('bench');
            insert into secondline.client (name) select 'Client ' || i from generate_series(1, 1000) i;
            insert into secondline.contact (channel, client_id, from_severity, address)
            select 'bench', client_id, 'low', 'here' from secondline.client where client_id % 4 = 0;
            -- triggers would compile calendars five times, and journal each ticket
            set session_replication_role = replica;
            insert into secondline.working_hours (person_id, weekday, starts, ends)
            select person_id, d, '09:00', '18:00' from secondline.person cross join generate_series(1, 5) d;
            reset session_replication_role;
            update secondline.person set time_zone = 'Etc/UTC';
            set session_replication_role = replica;
            insert into secondline.workday (person_id, day, started_at, planned_at, shift_starts_at, shift_ends_at)
            select person_id, m.at::date, m.at - interval '1 hour', m.at - interval '1 hour', m.at - interval '1 hour', m.at + interval '8 hours'
              from secondline.person cross join (select \(Self.morning)) m (at);
            insert into secondline.ticket (
                queue, status, priority, effort_minutes, title, client_id, assignee_id, submitted_at, eligible_at, changed_at,
                client_waits_since, waiting_since, attend_at)
            select 'queue ' || p.team_id, s.status, (array['urgent', 'high', 'normal', 'low']::secondline.priority[])[1 + i % 4],
                   case s.status when 'accepted' then 45 else 75 end, 'Ticket ' || i, c.client,
                   case when s.status <> 'new' then p.person_id end, s.at, s.at, s.at,
                   case when s.status = 'new' and c.client is not null then s.at end,
                   case when s.status = 'waiting_for_client' then s.at end, m.at + interval '1 day'
              from generate_series(1, \(tickets)) i
             cross join (select \(Self.morning)) m (at)
             cross join lateral (
                   select (case when i > \(tickets / 4) then 'new' when i > \(tickets / 5) then 'accepted'
                                else 'waiting_for_client' end)::secondline.ticket_status as status,
                          m.at - interval '0.7 s' * (i * 7919::bigint % 100000) as at) s
             cross join lateral (
                   select case when s.status = 'waiting_for_client' or i % 3 = 0 then 1 + i / 3 % 1000 end as client) c
              join secondline.person p on p.person_id = 1 + i % \(people);
            insert into secondline.assignment (ticket_id, person_id, state, weight_minutes, offered_at, accepted_at)
            select ticket_id, assignee_id, 'accepted', case status when 'accepted' then 45 else 15 end, changed_at, changed_at
              from secondline.ticket where assignee_id is not null;
            insert into secondline.decision (ticket_id, decided_at, kind, person_id, reason)
            select ticket_id, offered_at, 'assigned', person_id, 'least_loaded' from secondline.assignment;
            insert into secondline.journal (ticket_id, at, event, to_status)
            select ticket_id, submitted_at, 'submitted', 'new' from secondline.ticket;
            update secondline.queue set clocks_changed = false;
            reset session_replication_role;
            """)
        try await database.settle()
    }
}
