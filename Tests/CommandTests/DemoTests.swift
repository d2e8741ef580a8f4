import Daemon
import Postgres
import Store
import Synchronization
import TestSupport
import Testing

@testable import secondline

@Suite("The demo")
struct DemoTests {
    @Test("sets its department up once, and finds it again")
    func founding() async throws {
        let database = try await ScratchDatabase()
        let session = try await database.session()
        _ = try await Migrator.migrate(session)
        let first = try await found(session, speed: 600)
        // slower and faster: the rules of the queues follow in either direction
        for speed in [1, 6000, 600] { #expect(try await found(session, speed: speed) == first) }
        let counts = try await session.simpleQuery(
            "select (select count(*) from secondline.person), (select count(*) from secondline.queue), "
                + "(select count(*) from secondline.client), (select count(*) from secondline.absence)")
        #expect(counts == [["\(Demo.Staff.count)", "6", "8", "2"]])
        await session.close()
        try await database.drop()
    }

    @Test("does nothing to a database in which another department lives")
    func stranger() async throws {
        let database = try await ScratchDatabase()
        let session = try await database.session()
        _ = try await Migrator.migrate(session)
        try await session.script("select secondline.add_team('Sales', 'Europe/Berlin')")
        #expect(try await found(session, speed: 600) == nil)
        #expect(try await session.simpleQuery("select count(*) from secondline.queue") == [["0"]])
        await session.close()
        try await database.drop()
    }

    @Test("without the schema it says what to run")
    func noSchema() async throws {
        let database = try await ScratchDatabase()
        let errors = ScratchFile()
        let status = await Program.secondline.run(
            arguments: ["demo", "--for", "1s", "--conninfo", database.conninfo], environment: [:],
            output: Terminal(descriptor: errors.descriptor, environment: [:]),
            errors: Terminal(descriptor: errors.descriptor, environment: [:]))
        #expect(status == .configuration)
        #expect(errors.text.contains("secondline migrate"))
        try await database.drop()
    }

    @Test("tickets are given to people, accepted and solved; a lost connection only interrupts it")
    func life() async throws {
        let database = try await ScratchDatabase()
        let session = try await database.session()
        _ = try await Migrator.migrate(session)
        let pace = Demo.Pace(speed: 6000)
        let team = try #require(try await found(session, speed: pace.speed))

        let told = Told()
        let daemon = Daemon(
            settings: DaemonSettings(session: database.options(), pollInterval: .milliseconds(200)),
            log: EventLog(sink: { _ in }))
        let running = Task { try await daemon.run() }
        let living = Task {
            var department = Demo.Department(
                session: Session(options: database.options()), team: team, run: "test", pace: pace, seed: 1
            ) { told.add($0) }
            try await department.live()
        }
        await told.wait(for: "solves ticket")
        try await session.script(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                + "and pid <> pg_backend_pid()")
        await told.wait(for: "back at their screens")
        await told.wait(for: "solves ticket")
        living.cancel()
        daemon.stop()
        try await living.value
        try await running.value

        let solved = try await session.simpleQuery(
            "select count(*) from secondline.ticket where status = 'resolved' and assignee_id is not null")
        #expect((solved[0][0].flatMap { Int($0) } ?? 0) > 1)
        let open = try await session.simpleQuery(
            "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'")
        #expect(open == [["0"]])
        await session.close()
        try await database.drop()
    }

    private func found(_ session: Session, speed: Int) async throws -> Int64? {
        try await session.transaction { (db) throws(DatabaseError) in try Demo.Founding(speed: speed).found(db) }
    }
}

/// The story as it is told, and who waits for a part of it.
private final class Told: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: (text: String, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    func add(_ line: String) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.lines.append(line)
            guard let waiting = state.waiting, line.contains(waiting.text) else { return nil }
            state.lines = []
            state.waiting = nil
            return waiting.continuation
        }
        waiting?.resume()
    }

    /// Returns when it was told since the last wait.
    func wait(for text: String) async {
        await withCheckedContinuation { continuation in
            let isTold = state.withLock { state in
                guard state.lines.contains(where: { $0.contains(text) }) else {
                    state.waiting = (text, continuation)
                    return false
                }
                state.lines = []
                return true
            }
            if isTold { continuation.resume() }
        }
    }
}
