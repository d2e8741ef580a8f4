import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

@Suite("deliveries and a database that goes away", .serialized)
struct DeliveryOutageTests {
    @Test(
        "connections killed ten times while messages are on their way: each is delivered, a repetition only where the ledger says unknown"
    )
    func killed() async throws {
        let post = try await Post()
        let daemon = post.daemon(
            post.delivery(lease: .seconds(1)), options: post.desk.database.options("killed"), poll: .milliseconds(50))
        post.mail.answer { Delivery($0.attempt == 1 && $0.id.raw % 5 == 0 ? .failed : .sent) }
        try await withDaemon(daemon, post.desk.recorded) {
            await post.desk.recorded.line(containing: "daemon.ready")
            for round in 1...10 {
                // on odd rounds the end comes when there is no connection, on even ones anywhere
                if round % 2 == 1 { post.mail.hold() }
                let begun = post.mail.begun.count
                try await post.notes(20)
                try await post.desk.session.script("notify secondline, 'delivery'")
                await post.mail.begun(begun + (round % 2 == 1 ? 1 : 10))
                try await post.desk.session.script(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                     where application_name = 'killed' and datname = current_database()
                    """)
                post.mail.open()
            }
            while try await post.waiting() > 0 {}
        }
        #expect(try await post.sent() == 200)
        let delivered = Dictionary(grouping: post.mail.begun, by: \.id.raw)
        #expect(delivered.count == 200)
        let counted = try await post.rows(
            "select message_id, count(*) from secondline.message_attempt where outcome in ('unknown', 'failed') group by 1"
        )
        let repetitions = Dictionary(uniqueKeysWithValues: counted.map { (Int64($0[0]!)!, Int($0[1]!)!) })
        #expect(delivered.filter { $0.value.count - 1 > repetitions[$0.key, default: 0] }.isEmpty)
        #expect(try await post.rows("select from secondline.message_set_aside").count == 0)
        #expect(post.desk.recorded.lines("database.restored").count > 0)
        try await post.close()
    }

    @Test("a delivery that ended without a connection is reported after it is back: once, as what it was")
    func reportedAfterwards() async throws {
        let post = try await Post()
        let daemon = post.daemon(post.delivery(), options: post.desk.database.options("killed"))
        post.mail.hold()
        try await withDaemon(daemon, post.desk.recorded) {
            await post.desk.recorded.line(containing: "daemon.ready")
            try await post.notes(4)
            try await post.desk.session.script("notify secondline, 'delivery'")
            await post.mail.begun(4)
            try await post.desk.session.script(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = 'killed' and datname = current_database()
                """)
            post.mail.open()
            await post.desk.recorded.line(containing: "database.restored")
            while try await post.waiting() > 0 {}
        }
        #expect(post.mail.begun.count == 4)
        #expect(
            try await post.rows("select outcome, late, count(*) from secondline.message_attempt group by 1, 2")
                == [["sent", "f", "4"]])
        try await post.close()
    }
}
