internal import Postgres
internal import Synchronization

/// Says once that the database is gone and once that it is back, however many connections notice.
final class Connectivity: Sendable {
    private struct Outage {
        let began: ContinuousClock.Instant
        var attempts = 0
        var lastReport: ContinuousClock.Instant
    }

    private struct State {
        var outage: Outage?
        var lastRestored: ContinuousClock.Instant?
        var wasConnected = false
        var lastWorked: ContinuousClock.Instant?
        var lastLack: ContinuousClock.Instant?
    }

    private let log: EventLog
    private let state = Mutex(State())

    /// Called with the error when an outage begins, with nil when there is none.
    private let onChange: @Sendable (String?) -> Void

    init(log: EventLog, onChange: @escaping @Sendable (String?) -> Void = { _ in }) {
        self.log = log
        self.onChange = onChange
    }

    /// - Parameter opened: when the failed connection was made; nil when it could not be made.
    func failed(_ error: DatabaseError, opened: ContinuousClock.Instant?) {
        let now = ContinuousClock.now
        let event = state.withLock { state -> LogEvent? in
            if var outage = state.outage {
                outage.attempts += 1
                defer { state.outage = outage }
                // a reminder a minute, not a line an attempt
                guard now - outage.lastReport >= .seconds(60) else { return nil }
                outage.lastReport = now
                return .databaseUnreachable(since: now - outage.began, attempts: outage.attempts, error: "\(error)")
            }
            // a connection from before the last outage died in it, and is only found dead now
            if let opened, let restored = state.lastRestored, opened < restored { return nil }
            state.outage = Outage(began: now, lastReport: now)
            return state.wasConnected
                ? .databaseLost(error: "\(error)")
                : .databaseUnreachable(since: .zero, attempts: 1, error: "\(error)")
        }
        guard let event else { return }
        // whoever reads the line finds it so
        onChange("\(error)")
        log.write(event)
    }

    /// Somebody's work went through.
    func worked() { state.withLock { $0.lastWorked = .now } }

    /// Whether this session alone cannot be had, while others work; told once a minute, whosever it is.
    /// - Parameter began: when the attempt did.
    func lacks(_ owner: String, _ error: DatabaseError, since began: ContinuousClock.Instant) -> Bool {
        let now = ContinuousClock.now
        let (lacks, isNew) = state.withLock { state in
            // an attempt that failed at once proves nothing, nor does work from its beginning
            guard let worked = state.lastWorked, now - worked < (now - began) / 2 else { return (false, false) }
            let isNew = state.lastLack.map { now - $0 >= .seconds(60) } ?? true
            if isNew { state.lastLack = now }
            return (true, isNew)
        }
        if isNew { log.write(.sessionMissing(of: owner, waited: now - began, error: "\(error)")) }
        return lacks
    }

    func connected(_ server: ServerInfo) {
        let now = ContinuousClock.now
        let event = state.withLock { state -> LogEvent? in
            defer {
                state.wasConnected = true
                if state.outage != nil { state.lastRestored = now }
                state.outage = nil
            }
            if let outage = state.outage, state.wasConnected { return .databaseRestored(after: now - outage.began) }
            guard !state.wasConnected else { return nil }
            return .databaseConnected(
                server: server.versionText, host: server.host, database: server.database, user: server.user)
        }
        guard let event else { return }
        onChange(nil)
        log.write(event)
    }
}
