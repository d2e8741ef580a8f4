import Daemon
import Glibc
import Postgres

extension Command {
    static let run = Command(
        name: "run", summary: "Run the daemon in the foreground, logging on standard error",
        discussion: """
            Watches the tickets of the database and gives each to a free specialist, until SIGTERM, SIGINT or SIGHUP: then it \
            finishes what is in hand, within 10 seconds. Several may run against one database at any time.
            """,
        run: { call in try await RunCommand(call: call).run() })
}

struct RunCommand {
    let call: Invocation

    /// What is in hand ends by itself within this time, or is left to the database to roll back.
    private static let patience: Duration = .seconds(9)

    /// Each delivery takes some: as many as the system allows us.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 65_536))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    func run() async throws -> ExitStatus {
        let configuration = try call.configuration()
        let log = configuration.eventLog(for: call.errors)
        // A signal from here on is not lost.
        let signals = await Signals([SIGTERM, SIGINT, SIGHUP])
        // a reader of the log that goes away must not take the daemon with it
        signal(SIGPIPE, SIG_IGN)
        Self.raiseDescriptorLimit()
        log.write(.daemonStarted(version: Program.secondline.version, pid: getpid()))
        for warning in configuration.warnings { log.write(.configurationWarning(warning)) }

        let daemon = Daemon(settings: configuration.daemonSettings, log: log)
        let stopper = Task {
            for await signal in signals.stream {
                daemon.stop()
                // beside this task: a reader of the log that stalls must not keep us
                Task.detached { log.write(.daemonStopping(signal: Signals.name(signal))) }
                // A call to a server that does not answer would outlast our time: the process ends, the server rolls back.
                try await Task.sleep(for: Self.patience)
                Task.detached { log.write(.daemonStopped(unfinished: daemon.unfinished)) }
                try await Task.sleep(for: .milliseconds(200))
                exit(ExitStatus.ok.rawValue)
            }
        }
        defer { stopper.cancel() }
        try await daemon.run()
        log.write(.daemonStopped(unfinished: []))
        return .ok
    }
}

extension Configuration {
    func eventLog(for terminal: Terminal) -> EventLog {
        let level: LogEvent.Level =
            switch log.level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        return EventLog(level: level, format: log.format == .json ? .json : .text, colours: terminal.showsColours)
    }

    func sessionOptions(_ applicationName: String = "secondline") -> SessionOptions {
        SessionOptions(
            conninfo: database.conninfo, applicationName: applicationName, connectTimeout: database.connectTimeout,
            callTimeout: database.statementTimeout + .seconds(5), statementTimeout: database.statementTimeout,
            lockTimeout: database.lockTimeout, pooler: database.pooler)
    }

    var daemonSettings: DaemonSettings {
        DaemonSettings(
            session: sessionOptions(), pollInterval: daemon.pollInterval, auditInterval: daemon.auditInterval,
            batchSize: daemon.batchSize, listens: daemon.listen,
            delivery: DeliverySettings(
                channels: channels.map(\.settings), lease: delivery.lease, retention: delivery.retention))
    }
}
