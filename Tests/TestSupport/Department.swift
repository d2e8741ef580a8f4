package import Postgres

/// A small department, made through the public functions: one team with its head, an account manager and specialists, who all
/// are members of one queue; a client. Names carry a suffix of their own, so several fit into one database.
package struct Department: Sendable {
    package let team: Int64
    package let head: Int64
    package let manager: Int64
    package let specialists: [Int64]
    package let queue: String
    package let client: Int64

    /// Who is at work has an open workday and no working hours, which is enough to get tickets. Tests that count messages do
    /// without reminders.
    package init(
        in session: Session, specialists count: Int = 2, capacity: Int = 240, effort: Int = 75, skill: String? = nil,
        zone: String = "Europe/Berlin", atWork: Bool = true, reminders: Bool = true
    ) async throws {
        let suffix = "\(UInt32.random(in: 0 ... .max))"
        queue = "queue \(suffix)"
        team = try await session.id("secondline.add_team('team \(suffix)', '\(zone)')")
        if !reminders {
            try await session.script("update secondline.reminder_rule set after = null where team_id = \(team)")
        }
        head = try await session.id("secondline.add_person(\(team), 'head', 'Hanna Head')")
        manager = try await session.id("secondline.add_person(\(team), 'account_manager', 'Max Manager')")
        let required = skill.map(quoteLiteral) ?? "null"
        try await session.script("select secondline.add_queue('\(queue)', 2, \(effort), \(required))")
        var specialists: [Int64] = []
        for number in 0..<count {
            let person = try await session.id(
                "secondline.add_person(\(team), 'specialist', 'Specialist \(number)', null, \(capacity))")
            specialists.append(person)
            try await session.script("select secondline.add_member('\(queue)', \(person))")
            if skill != nil { try await session.script("select secondline.grant_skill(\(person), \(required))") }
            if atWork { try await session.script("select secondline.start_workday(\(person))") }
        }
        self.specialists = specialists
        client = try await session.id("secondline.add_client('client \(suffix)', \(manager))")
    }

    /// Submits a ticket of the client, written by the account manager.
    package func ticket(in session: Session, effort: Int? = nil, priority: String? = nil) async throws -> Int64 {
        try await session.id(
            """
            secondline.submit_ticket('\(queue)', 'title', 'text', \(priority.map(quoteLiteral) ?? "null"), 'question',
                \(client), \(manager), \(effort.map(String.init) ?? "null"))
            """)
    }

    /// Submits a ticket and gives it to the first specialist as the daemon does.
    package func assignedTicket(in session: Session, effort: Int? = nil) async throws -> Int64 {
        let ticket = try await ticket(in: session, effort: effort)
        try await session.assign([(ticket, specialists[0])])
        return ticket
    }

    /// Submits a ticket, has it assigned to the first specialist and accepted.
    package func acceptedTicket(in session: Session, effort: Int? = nil) async throws -> Int64 {
        let ticket = try await assignedTicket(in: session, effort: effort)
        try await session.script("select secondline.accept_ticket(\(ticket), \(specialists[0]))")
        return ticket
    }
}

extension Session {
    /// What a function that returns a bigint returns.
    package func id(_ call: String) async throws(DatabaseError) -> Int64 {
        guard let text = try await simpleQuery("select \(call)").first?.first ?? nil, let id = Int64(text) else {
            throw DatabaseError(.decoding, "\(call) returned no id")
        }
        return id
    }

    /// Applies pairs as the daemon does, at the database's own time; returns the tickets whose pair held.
    @discardableResult
    package func assign(
        _ pairs: [(ticket: Int64, person: Int64)], at: String = "clock_timestamp()"
    ) async throws(DatabaseError) -> [Int64] {
        let values = pairs.enumerated().map {
            "(\($0.offset), \($0.element.ticket)::bigint, \($0.element.person)::bigint)"
        }
        // what earlier pairs give the same person, as the policy counts it
        let rows = try await simpleQuery(
            """
            select a.ticket_id from (
                select array_agg(p.ticket_id order by p.n) as tickets, array_agg(p.person_id order by p.n) as people,
                       array_agg('least_loaded'::text) as reasons, array_agg('{}'::jsonb) as candidates,
                       array_agg(coalesce(p.minutes, 0)::integer order by p.n) as minutes,
                       array_agg(p.offers::integer order by p.n) as offers
                  from (select v.*, sum(t.effort_minutes) over person as minutes,
                               count(*) over (partition by v.person_id, t.queue order by v.n) - 1 as offers
                          from (values \(values.joined(separator: ","))) v (n, ticket_id, person_id)
                          left join secondline.ticket t using (ticket_id)
                        window person as (partition by v.person_id order by v.n
                                          rows between unbounded preceding and 1 preceding)) p) b
             cross join lateral secondline_rules.assign(
                   \(at), b.tickets, b.people, b.reasons, b.candidates, b.minutes, b.offers) a
             where a.outcome = 'assigned'
            """)
        return rows.compactMap { $0[0].flatMap(Int64.init) }
    }

    /// Plans, reports and ends a person's open workday, as far as they have not done so already.
    package func endDay(of person: Int64) async throws(DatabaseError) {
        try await script(Self.endingDay(of: "\(person)"))
    }

    /// The same as SQL, for a person who may be an expression.
    package static func endingDay(of person: String) -> String {
        """
        do $day$
        declare
            v_person bigint := \(person);
        begin
            if exists (select from secondline.workday where person_id = v_person and ended_at is null and planned_at is null) then
                perform secondline.submit_plan(v_person, '{tickets}');
            end if;
            perform secondline.report_task(t.task_id, 'done') from secondline.task t join secondline.workday w using (person_id, day)
              where t.person_id = v_person and w.ended_at is null and t.outcome is null and t.dropped_at is null order by t.task_id;
            if not exists (select from secondline.report r join secondline.workday w using (person_id, day)
                            where r.person_id = v_person and w.ended_at is null) then
                perform secondline.submit_report(v_person, 'it worked', 'nothing');
            end if;
            if not (select e.ended from secondline.end_workday(v_person) e) then
                raise exception 'the day of person % does not end', v_person;
            end if;
        end;
        $day$;
        """
    }
}
