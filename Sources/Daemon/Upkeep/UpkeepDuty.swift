package import Policy
package import Postgres
internal import Store
internal import Synchronization

/// Looks after messages that nobody delivers: popups that appear later, urgent ones that nobody acknowledged, and what is old.
package final class UpkeepDuty: Duty {
    package static let name = "upkeep"
    package static let statements: [any Statement.Type] = [
        LockDuty.self, AttendPopups.self, RetirePopups.self, RemoveHistory.self, FinishDuty.self,
    ]

    private let log: EventLog
    private let retention: Duration
    private let at: @Sendable () -> Instant?
    private let cleaned = Mutex<ContinuousClock.Instant?>(nil)

    private static let cleaning: Duration = .seconds(60)
    /// Rows of one transaction.
    private static let batch = 2_000

    package init(log: EventLog, retention: Duration, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.retention = retention
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        let seconds = retention.databaseSeconds
        let isCleaning = cleaned.withLock { $0.map { .now - $0 >= Self.cleaning } ?? true }
        var outcome = DutyOutcome()
        let done = try await session.transaction {
            (db) throws(DatabaseError) -> (rows: [AttendPopups.Row], removed: Int)? in
            guard let isFinishDue = try db.first(LockDuty(UpkeepDuty.name, at: at)) else { return nil }
            if isFinishDue { try db.execute(FinishDuty(UpkeepDuty.name, at: at)) }
            let rows = try db.query(AttendPopups(at: at))
            guard isCleaning else { return (rows, 0) }
            let (retired, removed) = try db.pipeline(
                RetirePopups(at: at, retention: seconds, limit: Self.batch),
                RemoveHistory(at: at, retention: seconds, limit: Self.batch))
            return (rows, max(retired.first ?? 0, removed.first ?? 0))
        }
        // another daemon is doing it
        guard let (rows, removed) = done else { return outcome }
        // a full batch: there may be more
        outcome.again = removed >= Self.batch
        if isCleaning, !outcome.again { cleaned.withLock { $0 = .now } }
        for row in rows {
            switch row {
            case .passedOn(let message, let person, let to): log.write(.messagePassedOn(message, of: person, to: to))
            case .due(let seconds): outcome.dueIn = Duration(databaseSeconds: max(0, seconds))
            }
        }
        return outcome
    }
}
