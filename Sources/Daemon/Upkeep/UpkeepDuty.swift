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
    private let state = Mutex(State())

    private struct State {
        var cleaned: ContinuousClock.Instant?
        /// The last popup that was looked at.
        var popup: MessageID?
    }

    /// How often old messages are removed, and a page of popups is looked through.
    private static let cleaning: Duration = .seconds(60)
    /// Rows of one transaction.
    private static let batch = 2_000
    private static let page = 10_000

    package init(log: EventLog, retention: Duration, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.retention = retention
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        var outcome = DutyOutcome()
        // urgent popups first, and by themselves: what is cleaned away locks much, and may fail
        guard let rows = try await attend(session) else { return outcome }
        for row in rows {
            switch row {
            case .passedOn(let message, let person, let to): log.write(.messagePassedOn(message, of: person, to: to))
            case .due(let seconds): outcome.dueIn = Duration(databaseSeconds: max(0.05, seconds))
            }
        }
        guard state.withLock({ $0.cleaned.map { .now - $0 >= Self.cleaning } ?? true }) else { return outcome }
        guard let removed = try await removeHistory(session) else { return outcome }
        // a full batch: there may be more
        outcome.again = removed >= Self.batch
        if !outcome.again, try await retirePopups(session) { state.withLock { $0.cleaned = .now } }
        return outcome
    }

    /// Nil when another daemon holds the duty.
    private func attend(_ session: Session) async throws(DatabaseError) -> [AttendPopups.Row]? {
        let at = at()
        return try await session.transaction { (db) throws(DatabaseError) -> [AttendPopups.Row]? in
            guard let isFinishDue = try db.first(LockDuty(UpkeepDuty.name, at: at)) else { return nil }
            if isFinishDue { try db.execute(FinishDuty(UpkeepDuty.name, at: at)) }
            return try db.query(AttendPopups(at: at))
        }
    }

    /// How many were removed; nil when another daemon holds the duty.
    private func removeHistory(_ session: Session) async throws(DatabaseError) -> Int? {
        let (at, seconds) = (at(), retention.databaseSeconds)
        return try await session.transaction { (db) throws(DatabaseError) -> Int? in
            guard try db.first(LockDuty(UpkeepDuty.name, at: at)) != nil else { return nil }
            return try db.first(RemoveHistory(at: at, retention: seconds, limit: Self.batch)) ?? 0
        }
    }

    /// Looks through one page of popups, so that many that nobody acknowledges cost little. False when another daemon holds the
    /// duty.
    private func retirePopups(_ session: Session) async throws(DatabaseError) -> Bool {
        let (at, seconds, after) = (at(), retention.databaseSeconds, state.withLock { $0.popup })
        let last = try await session.transaction { (db) throws(DatabaseError) -> MessageID?? in
            guard try db.first(LockDuty(UpkeepDuty.name, at: at)) != nil else { return nil }
            return .some(
                try db.query(RetirePopups(at: at, retention: seconds, after: after, limit: Self.page)).first ?? nil)
        }
        guard let last else { return false }
        state.withLock { $0.popup = last }
        return true
    }
}
