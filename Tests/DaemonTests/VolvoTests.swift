import Daemon
import Postgres
import TestSupport
import Testing

/// The intake of 2–4 May 2012 of a real service desk goes through 60 specialists.
@Suite("the Volvo log", .enabled(if: Dataset.isThere, "\(Dataset.missing)"), .serialized)
struct VolvoTests {
    @Test(
        "every ticket goes to one person at a time, within room, in rank order, explained, and the audit is silent",
        arguments: [1, 4])
    func intake(daemons: Int) async throws {
        let database = try await ScratchDatabase.migrated()
        let session = try await database.session()
        _ = try await Department(in: session, specialists: 60)
        let count = try await submitVolvo(session)
        let recorded = RecordedLog()
        let settings = DaemonSettings(
            session: database.options(), pollInterval: .milliseconds(250), auditInterval: .milliseconds(500))

        let team = (0..<daemons).map { _ in Daemon(settings: settings, log: recorded.log) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for daemon in team { group.addTask { try await daemon.run() } }
            try await Staff(of: database).solveEverything()
            for daemon in team { daemon.stop() }
            try await group.waitForAll()
        }

        #expect(count == 4701)
        let resolved = try await session.simpleQuery("select count(*) from secondline.ticket where status = 'resolved'")
        #expect(resolved == [["4701"]])
        #expect(recorded.lines("ticket.assigned").count == 4701)
        #expect(recorded.lines("audit.idle_specialist") == [])
        #expect(recorded.lines.filter { $0.contains(" error ") || $0.contains(" warning ") } == [])
        let faults = try await LedgerCheck.faults(in: session)
        #expect(faults == [])
        let disorder = try await outOfOrder(session)
        #expect(disorder == [])
        await session.close()
        try await database.drop()
    }

    /// Everybody could take every ticket and all waited from the start: the ledger must follow the rank.
    private func outOfOrder(_ session: Session) async throws -> [[String?]] {
        try await session.simpleQuery(
            """
            select ticket_id, rank, before from (
                select t.ticket_id, r.rank, lag(r.rank) over w as before, lag(t.ticket_id) over w as ticket_before
                  from secondline.decision d join secondline.ticket t using (ticket_id) join secondline.queue q on q.name = t.queue
                 cross join lateral (select t.eligible_at - secondline_rules.head_start(q, t.priority)) r (rank)
                window w as (order by d.decision_id)) o
             where (rank, ticket_id) < (before, ticket_before) limit 5
            """)
    }
}

/// Submits the 4,701 tickets of those days as they were, in the only queue; returns how many.
func submitVolvo(_ session: Session) async throws -> Int {
    let priorities = ["1": "urgent", "2": "high", "3": "normal", "4": "low"]
    let tickets = try Dataset.rows("volvo2013.csv.gz").filter { $0[1] >= "2012-05-02" && $0[1] < "2012-05-05" }
    for start in stride(from: 0, to: tickets.count, by: 500) {
        let values = tickets[start..<min(start + 500, tickets.count)].map { row in
            let arrived = quoteLiteral(String(row[1]))
            let priority = quoteLiteral(priorities[String(row[2])] ?? "normal")
            return "(\(quoteLiteral(String(row[0]))), \(quoteLiteral("Incident in \(row[3])")), \(arrived)::timestamptz, \(priority))"
        }
        try await session.script(
            """
            insert into secondline.ticket (queue, external_key, title, submitted_at, eligible_at, changed_at, priority)
            select q.name, v.key, v.title, v.at, v.at, v.at, v.priority::secondline.priority
              from secondline.queue q, (values \(values.joined(separator: ","))) v (key, title, at, priority)
            """)
    }
    return tickets.count
}
