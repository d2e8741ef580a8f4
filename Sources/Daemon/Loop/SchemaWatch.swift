internal import Postgres
internal import Store
internal import Synchronization

/// Whether the database still has the schema of this program: an upgrade may happen at any time.
final class SchemaWatch: Sendable {
    private let log: EventLog
    private let state = Mutex(State())

    private struct State {
        var seen: ContinuousClock.Instant?
        var isTold = false
    }

    init(log: EventLog) { self.log = log }

    /// Whoever comes next looks at once.
    func look() { state.withLock { $0.seen = nil } }

    /// Looks once in each interval, whichever duty comes first; nil while nothing newer is there.
    func newer(in session: Session, every interval: Duration) async throws(DatabaseError) -> SchemaVersion? {
        let isDue = state.withLock { state in
            if let seen = state.seen, .now - seen < interval { return false }
            state.seen = .now
            return true
        }
        guard isDue, let found = try await session.query(LatestMigration()).first, found > SchemaVersion.known else {
            return nil
        }
        return .newer(found: found, known: SchemaVersion.known)
    }

    /// Whether the schema is one that somebody is about to upgrade to this program's. Says so once.
    func awaits(_ version: SchemaVersion) -> Bool {
        guard case .older(let found, let known) = version else { return false }
        let isNews = state.withLock { state in
            defer { state.isTold = true }
            return !state.isTold
        }
        if isNews { log.write(.schemaAwaited(found: found, known: known)) }
        return true
    }
}
