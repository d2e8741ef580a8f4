import Daemon
import Postgres
import TestSupport
import Testing

@Suite("the audit duty", .serialized)
struct AuditDutyTests {
    @Test("a ticket that waits beside a free person is told with both ids; once it is assigned the audit is silent")
    func fires() async throws {
        let desk = try await Desk(specialists: 1)
        let ticket = try await desk.department.ticket(in: desk.session)
        // two poll intervals pass without any daemon
        try await desk.session.script(
            """
            update secondline.ticket set changed_at = now() - interval '1 minute', eligible_at = now() - interval '1 minute',
                   submitted_at = now() - interval '1 minute';
            update secondline.person set changed_at = now() - interval '1 minute';
            update secondline.queue set changed_at = now() - interval '1 minute'
            """)
        let audit = AuditDuty(log: desk.recorded.log, patience: .seconds(10))
        _ = try await audit.run(desk.session)
        let lines = desk.recorded.lines("audit.idle_specialist")
        #expect(lines.count == 1)
        #expect(lines.first?.contains(" error ") == true)
        #expect(lines.first?.contains("ticket=\(ticket) person=\(desk.department.specialists[0])") == true)

        try await desk.assign()
        desk.recorded.forget()
        _ = try await audit.run(desk.session)
        #expect(desk.recorded.lines == [])
        try await desk.close()
    }
}
