import Daemon
import Postgres
import Store
import TestSupport
import Testing

@Suite("a morning", .serialized)
struct MorningTests {
    @Test(
        "5,000 people start at once: each is asked for the plan once, as a popup and by mail, and nobody is kept waiting"
    )
    func rush() async throws {
        let count = 5_000
        let post = try await Post()
        try await post.desk.session.script(
            """
            begin;
            create table public.arrival as
            select secondline.add_person(\(post.desk.department.team), 'specialist', 'Person ' || i) as person_id
              from generate_series(1, \(count)) i;
            select secondline.set_contact(person_id, 'mail', 'p' || person_id || '@example.org') from public.arrival;
            commit;
            """)
        let first = Int(try await post.desk.session.id("min(person_id) from public.arrival"))
        let sessions = try await [
            post.desk.database.session(), post.desk.database.session(), post.desk.database.session(),
        ]
        let clock = ContinuousClock()
        let began = clock.now
        var started = began
        try await withDaemon(post.daemon(post.delivery(concurrency: 100), poll: .seconds(1)), post.desk.recorded) {
            await post.desk.recorded.line(containing: "daemon.ready")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (place, session) in sessions.enumerated() {
                    group.addTask {
                        for person in stride(from: first + place, to: first + count, by: sessions.count) {
                            try await session.script("select secondline.start_workday(\(person))")
                        }
                    }
                }
                try await group.waitForAll()
            }
            started = clock.now
            while try await post.sent() < count { try await Task.sleep(for: .milliseconds(20)) }
        }
        print("5,000 started within \(started - began), all told within \(clock.now - began)")
        #expect(
            try await post.rows(
                """
                select count(*), count(distinct person_id) from secondline.message where channel = 'popup' and kind = 'plan.reminder'
                   and person_id in (select person_id from public.arrival)
                """) == [["\(count)", "\(count)"]])
        #expect(Set(post.mail.begun.map(\.address)).count == count)
        #expect(post.mail.begun.count == count)
        for session in sessions { await session.close() }
        try await post.close()
    }
}
