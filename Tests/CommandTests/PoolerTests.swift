import Postgres
import TestSupport
import Testing

@testable import secondline

@Suite("commands behind a pooler", .serialized)
struct PoolerTests {
    private func behind(_ body: (_ conninfo: String, ScratchDatabase, Department) async throws -> Void) async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session)
            _ = try await department.ticket(in: session)
            let bouncer = try PgBouncer(before: database.conninfo)
            defer { bouncer.remove() }
            try await body(bouncer.conninfo(database: database.name), database, department)
            #expect(try await bouncer.leftovers(database: database.name) == [])
        }
    }

    private func run(_ arguments: [String], _ conninfo: String, pooler: String? = nil) async -> CommandRun {
        var environment = ["SECONDLINE_DATABASE_CONNINFO": conninfo]
        environment["SECONDLINE_DATABASE_POOLER"] = pooler
        return await CommandRun(arguments, environment: environment)
    }

    @Test("one that the configuration does not name is refused with status 78, and with the setting to make")
    func unnamed() async throws {
        try await behind { conninfo, _, _ in
            for arguments in [["check"], ["status"], ["explain", "1"], ["migrate"]] {
                let run = await run(arguments, conninfo)
                #expect(run.status == .configuration, "\(arguments[0])")
                #expect((run.output + run.errors).contains("set pooler in [database] to its pool_mode"))
            }
            let (status, log) = try await DaemonProcess(conninfo).end()
            #expect(status == secondline.ExitStatus.configuration.rawValue)
            #expect(log.contains("set pooler in [database] to its pool_mode"))
        }
    }

    @Test("every command works through one in transaction mode, and check says how the daemon wakes")
    func transaction() async throws {
        try await behind { conninfo, _, department in
            let file = ScratchFile("queue,title\n\(department.queue),x\n")
            for arguments in [
                ["migrate"], ["migrate", "--dry-run"], ["import", file.path], ["status"], ["explain", "1"],
                ["messages"],
                ["channels"], ["report"], ["send", "--to", "\(department.head)", "--text", "hello"],
                ["drop", "1", "--because", "done"], ["check"],
            ] {
                let run = await run(arguments, conninfo, pooler: "transaction")
                #expect(run.status == .ok, "\(arguments[0]): \(run.output)\(run.errors)")
                guard arguments == ["check"] else { continue }
                #expect(!run.output.contains("warning"))
                #expect(
                    run.output.contains("ok       LISTEN: not through a transaction pooler; the daemon polls every 5s"))
            }
        }
    }

    @Test("check warns of a pooler that is set and not there")
    func direct() async throws {
        try await behind { _, database, _ in
            let run = await run(["check"], database.conninfo, pooler: "transaction")
            #expect(run.status == .ok)
            #expect(run.output.contains("warning  pooler: set to transaction, and there is none"))
            #expect(run.output.contains("Set pooler = off in [database]"))
        }
    }

    @Test("check notices that one taken for another kind does not pass notifications on")
    func wrongKind() async throws {
        try await withDatabase { database, session in
            let bouncer = try PgBouncer(before: database.conninfo)
            defer { bouncer.remove() }
            let options = SessionOptions(
                conninfo: bouncer.conninfo(database: database.name), applicationName: "test", pooler: .session)
            let other = Session(options: options)
            try await other.open()
            let finding = await ListenCheck(session: other, options: options, patience: .milliseconds(200)).finding()
            #expect(finding.verdict == .warning)
            #expect(finding.advice?.contains("set pooler = transaction in [database]") == true)
            await other.close()
        }
    }

    @Test("a pool in session mode that is too small for a daemon is named as the cause, and not LISTEN")
    func smallPool() async throws {
        try await withDatabase { database, _ in
            let bouncer = try PgBouncer(before: database.conninfo, poolSize: 1, settings: ["pool_mode = session"])
            defer { bouncer.remove() }
            let options = SessionOptions(
                conninfo: bouncer.conninfo(database: database.name), applicationName: "test", pooler: .session)
            let first = Session(options: options)
            try await first.open()
            let few = await SessionsCheck(options: options, count: 9, patience: .milliseconds(200)).finding()
            #expect(few.verdict == .warning)
            #expect(few.what.hasPrefix("sessions: only 1 of the 9 that a daemon has could be had at once: the pooler"))
            #expect(few.advice?.contains("give it 9 connections for each daemon and 9 more (default_pool_size") == true)
            // cut short by our own patience, and by libpq's
            for timeout: Duration in [.seconds(35), .milliseconds(100)] {
                var options = options
                options.callTimeout = timeout
                let listen = await ListenCheck(session: first, options: options, patience: .milliseconds(300))
                    .finding()
                #expect(listen.verdict == .warning && listen.what.hasPrefix("LISTEN: no session to listen: "))
                #expect(listen.advice?.contains("transaction") == false)
            }
            await first.close()

            let run = await run(["check"], bouncer.conninfo(database: database.name), pooler: "session")
            #expect(run.status == .ok)
            #expect(run.output.contains("warning  sessions: only 1 of the 9 that a daemon has"), "\(run.output)")
            #expect(run.output.contains("warning  LISTEN: no session to listen"), "\(run.output)")
            try bouncer.command("SET default_pool_size = 9")
            let better = await self.run(["check"], bouncer.conninfo(database: database.name), pooler: "session")
            #expect(better.output.contains("ok       sessions: 9 at once"), "\(better.output)")
            #expect(better.output.contains("ok       LISTEN: "))
        }
    }
}
