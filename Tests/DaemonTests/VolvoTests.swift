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
        let department = try await Department(in: session, specialists: 60)
        let count = try await department.submitVolvo(in: session)
        let recorded = RecordedLog()
        let settings = DaemonSettings(
            session: database.options(), pollInterval: .seconds(5), auditInterval: .seconds(1))

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
        #expect(recorded.troubles == [])
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
                 cross join lateral (select secondline_rules.rank(q, t.priority, t.eligible_at)) r (rank)
                window w as (order by d.decision_id)) o
             where (rank, ticket_id) < (before, ticket_before) limit 5
            """)
    }
}
