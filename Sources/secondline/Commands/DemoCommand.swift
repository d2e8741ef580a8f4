import Daemon
import Glibc
import Postgres
import Store

extension Command {
    static let demo = Command(
        name: "demo", summary: "Show the daemon at work for a simulated department",
        discussion: """
            Sets a small department up in a database that has the schema and no other department, or finds it there again. \
            Then its people come, take tickets, solve them and leave while clients write new ones, and the daemon runs in this \
            process. The log is on standard error, what people do on standard output.
            """,
        options: [
            Option(long: "for", value: "DURATION", summary: "End by itself after 1s to 24h (default: at Ctrl-C)"),
            Option(
                long: "speed", value: "N",
                summary: "How many times as fast as in life, 1 to 6000 (default: 600, a ticket takes some seconds)"),
            Option(
                long: "seed", value: "N",
                summary: "Bring the tickets and people of a run again (default: different ones)"),
        ],
        run: { call in try await DemoCommand(call: call).run() })
}

struct DemoCommand {
    let call: Invocation

    private static let standardSpeed = 600
    /// What is in hand ends by itself within this time, or is left to the database to roll back.
    private static let patience: Duration = .milliseconds(1500)

    func run() async throws -> ExitStatus {
        let pace = Demo.Pace(speed: try call.integer("speed", in: 1...6000) ?? Self.standardSpeed)
        let seed = try call.integer("seed", in: 0...999_999) ?? Int.random(in: 0...999_999)
        let time = try call.duration("for", in: .seconds(1) ... .seconds(86_400))
        let configuration = try call.configuration()
        let signals = await Signals([SIGTERM, SIGINT])
        let log = configuration.eventLog(for: call.errors)
        defer { log.flush(atMost: .milliseconds(500)) }

        let session = Session(options: configuration.sessionOptions("secondline demo"))
        let department = try await settle(session, pace, UInt64(seed))
        let daemon = Daemon(settings: configuration.daemonSettings, log: log)
        log.write(.daemonStarted(version: Program.secondline.version, pid: getpid()))
        for warning in configuration.warnings { log.write(.configurationWarning(warning)) }

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await daemon.run() }
            group.addTask {
                var department = department
                try await department.live()
            }
            group.addTask { await Self.end(after: time, or: signals, log) }
            // whoever ends first, by its time or by a fault, ends the others
            let first = await group.nextResult() ?? .success(())
            daemon.stop()
            group.cancelAll()
            Self.leave(daemon, log, first)
            try first.get()
        }
        log.write(.daemonStopped(unfinished: []))
        return .ok
    }

    private func settle(_ session: Session, _ pace: Demo.Pace, _ seed: UInt64) async throws -> Demo.Department {
        try await session.open()
        let version = try await session.transaction { (db) throws(DatabaseError) in try SchemaVersion.read(in: db) }
        if version.fault != nil { throw DaemonFault.schema(version) }
        let founding = Demo.Founding(speed: pace.speed)
        let (team, run) = try await session.transaction { (db) throws(DatabaseError) in
            (try founding.found(db), try db.first(Demo.BeginRun()) ?? "")
        }
        guard let team else {
            throw CommandFailure(
                .configuration, "there is another department in this database; nothing was changed",
                advice: "Show the demo in a database of its own: createdb, secondline migrate, secondline demo.")
        }
        let introduction = Demo.Introduction(
            program: CommandLine.arguments[0], server: try await session.server, pace: pace, seed: seed)
        call.output.write(introduction.text)
        let output = call.output
        return Demo.Department(session: session, team: team, run: run, pace: pace, seed: seed) { line in
            output.write(output.styled(line, .cyan) + "\n")
        }
    }

    private static func end(after time: Duration?, or signals: Signals, _ log: EventLog) async {
        await withTaskGroup(of: Void.self) { group in
            if let time { group.addTask { try? await Task.sleep(for: time) } }
            group.addTask {
                for await signal in signals.stream {
                    log.write(.daemonStopping(signal: Signals.name(signal)))
                    return
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// A call to a server that does not answer would outlast our time: the process ends, the server rolls back.
    private static func leave(_ daemon: Daemon, _ log: EventLog, _ result: Result<Void, any Error>) {
        Task {
            try await Task.sleep(for: patience)
            log.write(.daemonStopped(unfinished: daemon.unfinished))
            var status = ExitStatus.ok
            if case .failure(let error) = result {
                status = Program.secondline.report(
                    Explanation.of(error) ?? CommandFailure(.software, "\(error)"), to: .standardError)
            }
            log.flush(atMost: .milliseconds(200))
            exit(status.rawValue)
        }
    }
}
