import Daemon
import Glibc
import Postgres

extension Command {
    static let run = Command(
        name: "run", summary: "Run the daemon in the foreground, logging on standard error",
        discussion: """
            Watches the tickets of the database and gives each to a free specialist, until SIGTERM or SIGINT: then it finishes \
            what is in hand, within 10 seconds. SIGHUP reads the configuration again: a good one is taken at once, a broken one \
            is refused with a line in the log. Several may run against one database at any time.
            """,
        options: [
            Option(
                long: "log-format", value: "FORMAT", choices: Configuration.Log.Format.allCases.map(\.rawValue),
                summary: "key=value or one JSON object a line; overrides the configuration")
        ],
        run: { call in try await RunCommand(call: call).run() })
}

struct RunCommand {
    let call: Invocation

    /// What is in hand ends by itself within this time, or is left to the database to roll back.
    private static let patience: Duration = .seconds(9)
    /// A reader of the log that stalls keeps nobody for longer.
    private static let flushing: Duration = .milliseconds(500)

    /// Each delivery takes some: as many as the system allows us.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 65_536))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    func run() async throws -> ExitStatus {
        let configuration = try load()
        let log = configuration.eventLog(
            for: call.errors, journal: Journal.socket(of: call.errors.descriptor, environment: call.environment))
        defer { log.flush(atMost: Self.flushing) }
        // A signal from here on is not lost.
        let signals = await Signals([SIGTERM, SIGINT, SIGHUP])
        // a reader of the log that goes away must not take the daemon with it
        signal(SIGPIPE, SIG_IGN)
        Self.raiseDescriptorLimit()
        let supervision = Supervision(environment: call.environment)
        log.write(.daemonStarted(version: Program.secondline.version, pid: getpid()))
        for warning in configuration.warnings + supervision.warnings { log.write(.configurationWarning(warning)) }

        let notifier = Notifier(supervision, log: log)
        let run = DaemonRun(configuration, log, notifier, load: load)
        let watcher = Task { await notifier.watch { run.pulse } }
        defer { watcher.cancel() }
        let (reloads, reload) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let reloader = Task { for await _ in reloads { await run.reload() } }
        defer { reloader.cancel() }
        let commander = Task {
            for await signal in signals.stream {
                if signal == SIGHUP {
                    reload.yield()
                    continue
                }
                // a second one changes nothing: the end is near
                run.stop()
                notifier.stopping()
                log.write(.daemonStopping(signal: Signals.name(signal)))
                // A call to a server that does not answer would outlast our time: the process ends, the server rolls back.
                try await Task.sleep(for: Self.patience)
                log.write(.daemonStopped(unfinished: run.unfinished))
                log.flush(atMost: Self.flushing)
                exit(ExitStatus.ok.rawValue)
            }
        }
        defer { commander.cancel() }
        do { try await run.run() } catch {
            notifier.stopping()
            guard let failure = Explanation.of(error) else { throw error }
            log.write(.daemonFailed(error: failure.line, status: Int(failure.status.rawValue)))
            // what reads JSON reads nothing else
            if configuration.log.format == .json { return failure.status }
            throw error
        }
        log.write(.daemonStopped(unfinished: []))
        return .ok
    }

    /// The configuration as it is now, under the options.
    private func load() throws(CommandFailure) -> Configuration {
        var configuration = try call.configuration()
        if let format = call.value("log-format").flatMap(Configuration.Log.Format.init) {
            configuration.log.format = format
        }
        return configuration
    }
}

extension Configuration {
    /// - Parameter journal: the socket of journald when it reads the terminal.
    func eventLog(for terminal: Terminal, journal: String? = nil) -> EventLog {
        EventLog(
            level: log.eventLevel, format: log.eventFormat, colours: terminal.showsColours, to: terminal.descriptor,
            journal: journal)
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
            healthInterval: daemon.healthInterval, batchSize: daemon.batchSize, listens: daemon.listen,
            delivery: DeliverySettings(
                channels: channels.map(\.settings), lease: delivery.lease, retention: delivery.retention),
            ticketRetention: tickets.retention,
            metrics: metrics.file.isEmpty
                ? nil
                : MetricsSettings(
                    file: metrics.file, interval: metrics.interval, version: Program.secondline.version))
    }
}

extension Configuration.Log {
    var eventLevel: LogEvent.Level {
        switch level {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }

    var eventFormat: EventLog.Format { format == .json ? .json : .text }
}
