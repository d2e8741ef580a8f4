import Daemon
import Postgres
import TestSupport
import Testing

/// The same intake, with its lines: what reached the third line in life is escalated by 60 specialists to 20 developers.
@Suite("the Volvo log with its lines", .enabled(if: Dataset.isThere, "\(Dataset.missing)"))
struct VolvoLinesTests {
    @Test("every ticket is resolved, every escalation confirmed, each journal unbroken, nobody has anything left")
    func lines() async throws {
        let database = try await ScratchDatabase.migrated()
        let session = try await database.session()
        let department = try await Department(in: session, specialists: 60)
        _ = try await Developers(of: department, in: session, count: 20)
        _ = try await department.submitVolvo(in: session)
        let recorded = RecordedLog()
        let daemon = Daemon(
            settings: DaemonSettings(
                session: database.options(), pollInterval: .seconds(5), auditInterval: .seconds(1)),
            log: recorded.log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await daemon.run() }
            defer { daemon.stop() }
            try await LineStaff(of: database).solveEverything()
            daemon.stop()
            try await group.waitForAll()
        }

        let tickets = try await session.simpleQuery(
            "select for_developer, status, count(*) from secondline.ticket group by 1, 2 order by 1")
        #expect(tickets == [["f", "resolved", "4701"], ["t", "resolved", "176"]])
        let escalations = try await session.simpleQuery(
            "select state, count(*), count(distinct outcome) from secondline.escalation group by 1")
        #expect(escalations == [["confirmed", "176", "6"]])
        let loads = try await session.simpleQuery(
            """
            select person_id, load_minutes from secondline.person where load_minutes <> 0
             union all
            select person_id, weight_minutes from secondline.assignment where ended_at is null
            """)
        #expect(loads == [])
        let faults = try await LedgerCheck.faults(in: session)
        #expect(faults == [])
        let untold = try await untold(session)
        #expect(untold == [])
        // whatever the machine does: what the ids say happened
        let acts = try await session.simpleQuery(
            """
            select (select count(*) from public.same_defect), (select count(*) from secondline.ticket where kind = 'bug' and not for_developer),
                   sum((event = 'linked')::int), sum((event = 'escalated')::int), sum((event = 'sent_back')::int) > 0,
                   sum((event = 'declined')::int) > 0, sum((event = 'asked')::int) > 0, sum((event = 'progress')::int) > 0
              from secondline.journal
            """)
        #expect(acts == [["37", "213", "37", "176", "t", "t", "t", "t"]])
        #expect(recorded.lines("audit.idle_specialist") == [])
        #expect(recorded.troubles == [])
        await session.close()
        try await database.drop()
    }

    /// Tickets that waited for developers and whose owner never heard of the end.
    private func untold(_ session: Session) async throws -> [[String?]] {
        try await session.simpleQuery(
            """
            select j.ticket_id from secondline.journal j
             where j.event in ('escalated', 'linked')
               and not exists (select from (select kind, data from secondline.message union all
                                            select kind, data from secondline.message_history) m
                                where m.kind = 'escalation.finished' and m.data ->> 'ticket' = j.ticket_id::text)
             order by j.journal_id limit 5
            """)
    }
}
