import Daemon
import Policy
import Postgres
import TestSupport
import Testing

/// A head, a deputy and two specialists, all at work from nine to six, Mondays to Fridays, in October 2026 (the 12th is a Monday),
/// a queue of theirs and a client. Time is an argument.
struct ClockOffice {
    let database: ScratchDatabase
    let session: Session
    let team: Int64
    let head: Int64
    let deputy: Int64
    let anna: Int64
    let boris: Int64
    let client: Int64
    let recorded = RecordedLog()

    init(hours: Bool = true) async throws {
        database = try await ScratchDatabase.migrated()
        session = try await database.session()
        team = try await session.id("secondline.add_team('Support', 'UTC')")
        var people: [Int64] = []
        for (role, name) in [
            ("head", "Hanna"), ("specialist", "Dora"), ("specialist", "Anna"), ("specialist", "Boris"),
        ] {
            people.append(try await session.id("secondline.add_person(\(team), '\(role)', '\(name)')"))
        }
        (head, deputy, anna, boris) = (people[0], people[1], people[2], people[3])
        client = try await session.id("secondline.add_client('North')")
        try await session.script(
            """
            select secondline.set_client_contact(\(client), 'mail', 'it@north.example');
            select secondline.set_deputy(\(team), \(deputy));
            update secondline.reminder_rule set after = null;
            select secondline.add_queue('support', 2, 75, null, \(team));
            select secondline.add_member('support', p) from unnest(array[\(anna), \(boris)]) p;
            """)
        if hours {
            try await session.script(
                """
                select secondline.set_working_hours(p, day, '09:00', '18:00')
                  from secondline.person x cross join lateral (select x.person_id) p (p) cross join generate_series(1, 5) day;
                delete from secondline.planned_shift; delete from secondline.calendar;
                """)
        }
        try await forget()
        if hours {
            try await session.script(
                """
                select secondline_rules.compile_person('2026-10-01 00:00+00', person_id) from secondline.person;
                select secondline_rules.compile_team('2026-10-01 00:00+00', \(team));
                """)
        }
        for person in people { try await at("12 09:00", "start_workday(at, \(person))") }
        try await ClockDuty.prepare(session)
    }

    /// What was set up now happened long ago.
    func forget() async throws {
        try await session.script(
            """
            update secondline.person set changed_at = '2026-10-01' where changed_at > '2026-11-01';
            update secondline.queue set changed_at = '2026-10-01' where changed_at > '2026-11-01';
            """)
    }

    /// Runs the duty at an instant of October, as 12 09:30, until there is nothing left to do.
    func run(_ at: String, rounds limit: Int? = nil) async throws {
        let micros = try await session.id(
            "(extract(epoch from timestamptz '2026-10-\(at)+00' - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint"
        )
        let duty = ClockDuty(log: recorded.log) { Instant(microseconds: micros) }
        var rounds = 0
        while true {
            let outcome = try await duty.run(session)
            rounds += 1
            let isDue = outcome.again || outcome.dueIn.map { $0 <= .milliseconds(500) } ?? false
            guard isDue, rounds < limit ?? 20 else { break }
        }
        #expect(rounds < 20, "the duty never comes to rest")
    }

    func at(_ at: String, _ call: String) async throws {
        try await session.script("select secondline_rules.\(call.replacing("at,", with: "'2026-10-\(at)+00',"))")
    }

    func submit(_ at: String, priority: String = "normal", byClient: Bool = true) async throws -> Int64 {
        try await session.id(
            """
            secondline_rules.submit('2026-10-\(at)+00', 'support', 'It broke', 'words', '\(priority)', 'question',
                \(byClient ? "\(client)" : "null"), null, null, null)
            """)
    }

    func assign(_ ticket: Int64, _ person: Int64, _ at: String) async throws {
        #expect(try await session.assign([(ticket, person)], at: "'2026-10-\(at)+00'") == [ticket])
    }

    /// What has been told, in order: kind and to whom; offers and difficulties apart.
    func told() async throws -> [String] {
        try await session.simpleQuery(
            """
            select m.kind || ' ' || coalesce(p.full_name, 'client') from (
                   select message_id, kind, person_id from secondline.message
                    union all select message_id, kind, person_id from secondline.message_history) m
              left join secondline.person p using (person_id)
             where m.kind not in ('ticket.offered', 'absence.recorded', 'client.taken', 'client.solved')
             order by m.message_id
            """
        ).map { $0[0]! }
    }

    func value(_ query: String) async throws -> String {
        try await session.simpleQuery(query).first?.first.flatMap { $0 } ?? "null"
    }

    /// Alerts: what, who was told, and how it stands.
    func alerts() async throws -> [String] {
        try await session.simpleQuery(
            """
            select alarm || ' ' || told || case when ended_at is not null then ' ended' when acknowledged_at is not null then ' acknowledged'
                                                else '' end from secondline.alert order by alert_id
            """
        ).map { $0[0]! }
    }

    func close() async throws {
        #expect(try await LedgerCheck.faults(in: session).filter { !$0.contains("decision") } == [])
        await session.close()
        try await database.drop()
    }
}
