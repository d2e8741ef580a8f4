import Daemon
import Postgres
import Store
import Synchronization

/// The daemon in this process, one after the other: new settings are a new one, which begins when the old one has finished what
/// was in hand.
final class DaemonRun: Sendable {
    private let log: EventLog
    private let notifier: Notifier
    private let load: @Sendable () throws(CommandFailure) -> Configuration
    private let state: Mutex<State>

    private struct State {
        /// Of the daemon that runs, or is about to.
        var configuration: Configuration
        /// What differs from the one before, by section; nil when nothing is to be applied.
        var changed: [String]?
        var daemon: Daemon?
        /// Counts daemons: one that is ending is not asked any more how it is.
        var generation = 0
        var isStopping = false
    }

    init(
        _ configuration: Configuration, _ log: EventLog, _ notifier: Notifier,
        load: @escaping @Sendable () throws(CommandFailure) -> Configuration
    ) {
        self.log = log
        self.notifier = notifier
        self.load = load
        state = Mutex(State(configuration: configuration))
    }

    /// Until `stop`. Throws `DaemonFault` when it cannot go on.
    func run() async throws {
        while let daemon = next() { try await daemon.run() }
    }

    func stop() {
        let daemon = state.withLock { state in
            state.isStopping = true
            return state.daemon
        }
        daemon?.stop()
    }

    /// Of the daemon that runs.
    var pulse: Pulse? { state.withLock { $0.daemon?.pulse } }

    /// Duties that have not returned yet.
    var unfinished: [String] { state.withLock { $0.daemon?.unfinished ?? [] } }

    /// Reads the configuration again. A good one is applied; with any other all stays as it was.
    func reload() async {
        notifier.reloading()
        let old = state.withLock { $0.configuration }
        let new: Configuration
        do throws(CommandFailure) {
            new = try load()
            if new.database != old.database { try await tryDatabase(of: new) }
        } catch {
            log.write(.configurationRefused(error.line))
            return keep("the new configuration was refused, see the log")
        }
        for warning in new.warnings { log.write(.configurationWarning(warning)) }
        log.change(level: new.log.eventLevel, format: new.log.eventFormat)
        let changed = new.sectionsDiffering(from: old)
        guard changed.contains(where: { $0 != "log" }) else {
            state.withLock { $0.configuration = new }
            log.write(.daemonReloaded(changed: changed))
            return keep(nil)
        }
        let daemon = state.withLock { state in
            state.configuration = new
            state.changed = changed
            state.generation += 1
            return state.daemon
        }
        daemon?.stop()
    }

    private func report(_ told: DaemonState, _ generation: Int) {
        if state.withLock({ $0.generation }) == generation { notifier.report(told) }
    }

    /// Other settings of the connection have to be good before those that work are given up.
    private func tryDatabase(of configuration: Configuration) async throws(CommandFailure) {
        let session = Session(options: configuration.sessionOptions())
        let version: SchemaVersion
        do throws(DatabaseError) {
            try await session.open()
            version = try await session.transaction { (db) throws(DatabaseError) in try SchemaVersion.read(in: db) }
        } catch {
            await session.close()
            throw Explanation.of(error)
        }
        await session.close()
        if let failure = Explanation.of(version) { throw failure }
    }

    private func keep(_ words: String?) {
        guard let daemon = state.withLock({ $0.daemon }) else { return }
        notifier.kept(daemon.told, words)
    }

    private func next() -> Daemon? {
        let (daemon, changed) = state.withLock { state -> (Daemon?, [String]?) in
            let isDue = state.daemon == nil || state.changed != nil
            guard isDue, !state.isStopping else { return (nil, nil) }
            defer { state.changed = nil }
            let generation = state.generation
            let daemon = Daemon(settings: state.configuration.daemonSettings, log: log) { [weak self] told in
                self?.report(told, generation)
            }
            state.daemon = daemon
            return (daemon, state.changed)
        }
        if daemon != nil, let changed { log.write(.daemonReloaded(changed: changed)) }
        return daemon
    }
}

extension Configuration {
    /// By the names of the sections.
    func sectionsDiffering(from other: Configuration) -> [String] {
        [
            ("database", database == other.database), ("daemon", daemon == other.daemon), ("log", log == other.log),
            ("delivery", delivery == other.delivery), ("tickets", tickets == other.tickets),
            ("metrics", metrics == other.metrics), ("channel", channels == other.channels),
        ].filter { !$0.1 }.map(\.0)
    }
}

extension CommandFailure {
    /// In one line; the advice is for who stands at the terminal.
    var line: String {
        let lines = message.split(separator: "\n").map { $0.drop { $0 == " " } }
        return lines.dropFirst().isEmpty ? message : "\(lines[0]) \(lines.dropFirst().joined(separator: "; "))"
    }
}
