package import Policy
package import Postgres
internal import Store
internal import Synchronization

/// Looks after messages that nobody delivers: popups that appear later, urgent ones that nobody acknowledged, and what is old.
package final class UpkeepDuty: Duty {
    package static let name = "upkeep"
    package static let statements: [any Statement.Type] = [
        LockDuty.self, AttendPopups.self, RetirePopups.self, RemoveHistory.self, RemoveTickets.self,
        FinishDuty.self,
    ]

    private let log: EventLog
    private let retention: Duration
    /// Nil is for ever.
    private let ticketRetention: Duration?
    private let at: @Sendable () -> Instant?
    private let state = Mutex(State())

    private struct State {
        var cleaned: ContinuousClock.Instant?
        /// The last popup that was looked at.
        var popup: MessageID?
        /// When no old ticket was left to remove.
        var tidied: ContinuousClock.Instant?
        /// The last ticket that was looked at.
        var ticket: TicketID?
        /// Tickets that were removed and not yet told of.
        var removed = 0
    }

    /// How often old messages are removed, and a page of popups is looked through.
    private static let cleaning: Duration = .seconds(60)
    /// Rows of one transaction.
    private static let batch = 2_000
    private static let page = 10_000
    /// Tickets of one transaction, with some twenty rows each.
    private static let tickets = 200

    package init(
        log: EventLog, retention: Duration, ticketRetention: Duration? = nil,
        at: @escaping @Sendable () -> Instant? = { nil }
    ) {
        self.log = log
        self.retention = retention
        self.ticketRetention = ticketRetention
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
        if isDue(\.cleaned) {
            guard let removed = try await removeHistory(session) else { return outcome }
            // a full batch: there may be more
            outcome.again = removed >= Self.batch
            if outcome.again { return outcome }
            if try await retirePopups(session) { state.withLock { $0.cleaned = .now } }
        }
        guard let ticketRetention, isDue(\.tidied) else { return outcome }
        let began = ContinuousClock.now
        guard let removed = try await removeTickets(session, ticketRetention) else { return outcome }
        if removed > 0 {
            // there may be more: a rest as long as the work leaves the server to the others
            outcome.dueIn = min(outcome.dueIn ?? Self.cleaning, .now - began)
        } else {
            let count = state.withLock { state in
                defer { state.removed = 0 }
                state.tidied = .now
                return state.removed
            }
            if count > 0 { log.write(.ticketsRemoved(count)) }
        }
        return outcome
    }

    private func isDue(_ last: KeyPath<State, ContinuousClock.Instant?>) -> Bool {
        state.withLock { state in state[keyPath: last].map { .now - $0 >= Self.cleaning } ?? true }
    }

    /// Nil when another daemon holds the duty.
    private func attend(_ session: Session) async throws(DatabaseError) -> [AttendPopups.Row]? {
        let at = at()
        return try await holding(at: at, in: session) { (db) throws(DatabaseError) in
            try db.query(AttendPopups(at: at))
        }
    }

    /// How many were removed; nil when another daemon holds the duty.
    private func removeHistory(_ session: Session) async throws(DatabaseError) -> Int? {
        let (at, seconds) = (at(), retention.databaseSeconds)
        return try await holding(at: at, in: session) { (db) throws(DatabaseError) in
            try db.first(RemoveHistory(at: at, retention: seconds, limit: Self.batch)) ?? 0
        }
    }

    /// Looks through one page of popups, so that many that nobody acknowledges cost little. False when another daemon holds the
    /// duty.
    private func retirePopups(_ session: Session) async throws(DatabaseError) -> Bool {
        let (at, seconds, after) = (at(), retention.databaseSeconds, state.withLock { $0.popup })
        let last = try await holding(at: at, in: session) { (db) throws(DatabaseError) -> MessageID? in
            try db.query(RetirePopups(at: at, retention: seconds, after: after, limit: Self.page)).first ?? nil
        }
        guard let last else { return false }
        state.withLock { $0.popup = last }
        return true
    }

    /// Looks through one page of tickets; how many were removed, or nil when another daemon holds the duty.
    private func removeTickets(
        _ session: Session, _ retention: Duration
    ) async throws(DatabaseError) -> Int? {
        let (at, seconds, after) = (at(), retention.databaseSeconds, state.withLock { $0.ticket })
        let row = try await holding(at: at, in: session) { (db) throws(DatabaseError) in
            try db.first(
                RemoveTickets(at: at, retention: seconds, after: after, page: Self.page, limit: Self.tickets))
        }
        guard let row = row ?? nil else { return nil }
        state.withLock {
            $0.ticket = row.lastSeen
            $0.removed += row.removed
        }
        return row.removed
    }
}
