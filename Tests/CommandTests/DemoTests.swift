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

    @Test("completes the department that an earlier release set up")
    func completing() async throws {
        let database = try await ScratchDatabase()
        let session = try await database.session()
        _ = try await Migrator.migrate(session)
        try await session.script(
            "select secondline.add_team('\(Demo.Staff.team)', 'Europe/Berlin'); select secondline.add_queue('support'); "
                + "select secondline.add_person(1, 'account_manager', 'Lucie Blanchet'); "
                + "select secondline.add_client('Bluebird Travel', 1)")
        #expect(try await found(session, speed: 600) == 1)
        let counts = try await session.simpleQuery(
            "select (select count(*) from secondline.person), (select count(*) from secondline.queue), "
                + "(select count(*) from secondline.client), (select full_name from secondline.person p "
                + "where p.person_id = (select substitute_id from secondline.person where person_id = 1))")
        #expect(counts == [["\(Demo.Staff.count)", "6", "8", "Daniel Okafor"]])
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

    @Test("everything that people do about tickets happens within some days, and nothing fails")
    func everything() async throws {
        let database = try await ScratchDatabase()
        let session = try await database.session()
        _ = try await Migrator.migrate(session)
        let pace = Demo.Pace(speed: 6000)
        let team = try #require(try await found(session, speed: pace.speed))
        // came an hour ago, and nobody can take it
        try await session.script(
            "select secondline.add_queue('archive'); select secondline_rules.submit("
                + "clock_timestamp() - interval '1 hour', 'archive', 'An old one', '', 'high', 'question', 1, null, null, null)"
        )

        let told = Told()
        let faults = Told()
        let daemon = Daemon(
            settings: DaemonSettings(session: database.options(), pollInterval: .milliseconds(200)),
            log: EventLog(sink: { bytes in
                let line = String(decoding: bytes, as: UTF8.self)
                told.add(line)
                let isFault = ["duty.failed", "audit.", "set_aside", " error "].contains(where: line.contains)
                // the health of this department is as it was made here
                if isFault && !line.contains(" health.") { faults.add(line) }
            }))
        let running = Task { try await daemon.run() }
        let living = Task {
            var department = Demo.Department(
                session: Session(options: database.options()), team: team, run: "test", pace: pace, seed: 1
            ) { told.add($0) }
            try await department.live()
        }
        let missing = await told.wait(
            for: "hands ticket", "completes ticket", "asks the client", "answers about ticket", "opened again",
            "specifies suggestion", "declines suggestion", "brings in developers", "takes up escalation",
            "asks about escalation", "answers about escalation", "is done with escalation", "has checked what",
            "sends escalation", "looks after ticket", "rule=system_error", "ticket.timed_out", patience: 4_000)
        #expect(missing == [])
        living.cancel()
        daemon.stop()
        try await living.value
        try await running.value
        #expect(faults.lines == [])
        #expect(try await LedgerCheck.faults(in: session) == [])

        let replied = try await session.simpleQuery(
            "select count(*) > 0 from secondline.journal where event = 'replied'")
        #expect(replied == [["t"]])
        // whose manager is away has the substitute
        let standIn = try await session.simpleQuery(
            "select distinct p.full_name from secondline.decision d join secondline.ticket t using (ticket_id) "
                + "join secondline.client c using (client_id) join secondline.person m on m.person_id = c.account_manager_id "
                + "join secondline.person p on p.person_id = d.person_id "
                + "where m.full_name = 'Lucie Blanchet' and p.role = 'account_manager'")
        #expect(standIn.contains(["Daniel Okafor"]) && !standIn.contains(["Lucie Blanchet"]))
        await session.close()
        try await database.drop()
    }

    private func found(_ session: Session, speed: Int) async throws -> Int64? {
        try await session.transaction { (db) throws(DatabaseError) in try Demo.Founding(speed: speed).found(db) }
    }
}

/// The story as it is told, and who waits for parts of it.
private final class Told: Sendable {
    private struct State {
        var lines: [String] = []
        var missing: [String] = []
        var patience = 0
        var continuation: CheckedContinuation<[String], Never>?

        mutating func look(at line: String) { missing.removeAll { line.contains($0) } }

        var isOver: Bool { missing.isEmpty || patience <= 0 }
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }

    func add(_ line: String) {
        state.withLock { state in
            state.lines.append(line)
            state.look(at: line)
            state.patience -= 1
            guard state.isOver, let continuation = state.continuation else { return }
            state.continuation = nil
            state.lines = []
            continuation.resume(returning: state.missing)
        }
    }

    /// Returns when all were told since the last wait; those that were not among so many further lines.
    @discardableResult
    func wait(for texts: String..., patience: Int = .max) async -> [String] {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.missing = texts
                state.patience = patience
                for line in state.lines { state.look(at: line) }
                guard !state.missing.isEmpty else {
                    state.lines = []
                    return continuation.resume(returning: [])
                }
                state.continuation = continuation
            }
        }
    }
}
