import Daemon
import Policy
import Postgres
import Store

/// What a cycle of each duty costs beside many open tickets and people: with nothing to do, and with a full hand.
struct DutiesBench {
    let database: BenchDatabase
    let tickets: Int
    let people: Int

    /// A Wednesday morning to come, in working hours.
    static let morning = "date_trunc('week', current_date, 'UTC') + interval '9 days 10 hours'"
    private static let evening = "\(morning) + interval '9 hours'"

    func run(_ rounds: Int, _ output: Terminal) async throws {
        database.note("\(tickets) open tickets, \(people) people")
        try await fill()
        let morning = try await instant(Self.morning)
        let evening = try await instant(Self.evening)
        let log = EventLog(sink: { _ in })
        let estimate = EstimateDuty(log: log) { morning }
        var lines: [String] = []
        // the notes of what waits are made once
        let making = try await measure(estimate, rounds, after: "truncate secondline.estimate")
        let worker = try await worker(for: EstimateDuty.self)
        while try await estimate.run(worker).again {}
        await worker.close()
        try await database.settle()
        lines.append(line("estimate", try await measure(estimate, rounds), "10,000 first estimates", making))
        let room = "update secondline.person set capacity_minutes = capacity_minutes + 75"
        let audit = AuditDuty(log: log, patience: .seconds(10)) { morning }
        let assignment = AssignmentDuty(log: log, batchSize: 1000) { morning }
        let idle = (try await measure(audit, rounds), try await measure(assignment, rounds))
        let clock = ClockDuty(log: log) { morning }
        let due = """
            update secondline.ticket set attend_at = \(Self.morning) where ticket_id in (
                select ticket_id from secondline.ticket
                 where status = 'new' and attend_at = \(Self.morning) + interval '1 day' order by ticket_id limit 500)
            """
        let looking = try await measure(clock, rounds)
        lines.append(line("clock", looking, "500 tickets looked at", try await measure(clock, rounds, after: due)))
        let day = WorkdayDuty(log: log) { morning }
        let reminding = try await measure(
            WorkdayDuty(log: log) { evening }, rounds, after: "truncate secondline.reminder")
        lines.append(line("workday", try await measure(day, rounds), "1,000 reminders", reminding))
        let upkeep = UpkeepDuty(log: log, retention: .seconds(30 * 86_400)) { morning }
        let urgent = """
            insert into secondline.message (channel, state, severity, kind, person_id, created_at, send_at, attend_at, data)
            select 'popup', 'sent', 'critical', 'note', person_id, t.at, t.at, t.at + interval '1 minute', '{"text": "Look"}'
              from secondline.person cross join (select \(Self.morning) - interval '1 hour') t (at) limit 500
            """
        let attending = try await measure(upkeep, rounds)
        lines.append(line("upkeep", attending, "500 urgent popups", try await measure(upkeep, rounds, after: urgent)))
        let claim = try await measure([ClaimMessages.self], rounds) { worker in
            _ = try await worker.query(
                ClaimMessages(worker: "bench", channel: "bench", limit: 1000, lease: 30, floor: nil, rate: nil))
        }
        lines.append(line("a claim", claim, "", nil))
        try await database.run(room)
        lines.append(line("audit", idle.0, "100 faults found", try await measure(audit, rounds)))
        let assigning = try await measure(assignment, rounds, after: room)
        lines.append(line("assignment", idle.1, "1,000 tickets assigned", assigning))
        output.write(
            "milliseconds a cycle beside \(Figures.grouped(tickets)) open tickets and \(Figures.grouped(people)) people, median of \(rounds) (least–most)\n"
                + lines.joined(separator: "\n") + "\n")
    }

    private func measure<D: Duty>(_ duty: D, _ rounds: Int, after statement: String? = nil) async throws -> Rounds {
        try await measure(D.statements, rounds, after: statement) { worker in _ = try await duty.run(worker) }
    }

    /// Milliseconds, each after this was done; the first one makes plans and is not counted.
    private func measure(
        _ statements: [any Statement.Type], _ rounds: Int, after statement: String? = nil,
        _ body: (Session) async throws -> Void
    ) async throws -> Rounds {
        let worker = try await worker(for: EstimateDuty.self)
        try await worker.prepare(statements)
        var figures = Rounds()
        for round in 0...rounds {
            if let statement { try await database.run(statement) }
            let start = ContinuousClock.now
            try await body(worker)
            if round > 0 { figures.add((ContinuousClock.now - start).inMilliseconds) }
        }
        await worker.close()
        return figures
    }

    private func worker<D: Duty>(for duty: D.Type) async throws -> Session {
        let worker = Session(options: database.options)
        try await worker.open()
        try await duty.prepare(worker)
        return worker
    }

    private func instant(_ sql: String) async throws -> Instant {
        let text = try await database.session.simpleQuery(
            "select (extract(epoch from \(sql) - '2000-01-01 00:00+00') * 1000000)::bigint")
        return Instant(microseconds: Int64(text[0][0] ?? "") ?? 0)
    }

    private func line(_ duty: String, _ idle: Rounds, _ what: String, _ busy: Rounds?) -> String {
        let cells = [duty, idle.text(digits: 1), busy.map { "\($0.text(digits: 1))  \(what)" } ?? ""]
        return zip(cells, [12, 24, 0]).reduce("  ") { line, cell in
            line + cell.0 + String(repeating: " ", count: max(1, cell.1 - cell.0.count))
        }
    }
}
