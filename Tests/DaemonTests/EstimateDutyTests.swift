import Daemon
import Policy
import Postgres
import TestSupport
import Testing

@Suite("the estimate duty", .serialized)
struct EstimateDutyTests {
    @Test("the client hears of a ticket and of a move once, and the log says so")
    func tells() async throws {
        let database = try await ScratchDatabase.migrated()
        let session = try await database.session()
        let here = try await Department(in: session, specialists: 1)
        try await session.script(
            """
            insert into secondline.channel (name) values ('mail');
            select secondline.set_client_contact(\(here.client), 'mail', 'client@example.org');
            """)
        let first = try await here.ticket(in: session, effort: 100)
        let second = try await here.ticket(in: session)
        let recorded = RecordedLog()
        try await EstimateDuty.prepare(session)
        let duty = EstimateDuty(log: recorded.log)
        func told() -> [String] {
            recorded.lines("client.told").map { $0.split(separator: " ").dropFirst(3).joined(separator: " ") }
        }

        #expect(try await duty.run(session) == DutyOutcome())
        #expect(told() == ["ticket=\(first) what=received", "ticket=\(second) what=received"])
        #expect(try await duty.run(session) == DutyOutcome())
        // two hours more before the second
        try await session.script("update secondline.ticket set effort_minutes = 220 where ticket_id = \(first)")
        #expect(try await duty.run(session) == DutyOutcome())
        #expect(told().dropFirst(2) == ["ticket=\(second) what=estimate"])
        #expect(
            try await session.simpleQuery("select ran_at is not null from secondline.duty where name = 'estimate'")
                == [["t"]])
        await session.close()
        try await database.drop()
    }
}
