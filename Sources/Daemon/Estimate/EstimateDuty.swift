package import Policy
package import Postgres
internal import Store

/// What clients are told about when work on their tickets should start.
package struct EstimateDuty: Duty {
    package static let name = "estimate"
    package static let statements: [any Statement.Type] = [LockDuty.self, RunEstimates.self, FinishDuty.self]

    private let log: EventLog
    private let at: @Sendable () -> Instant?

    /// Tickets of one transaction.
    private static let batch = 10_000

    package init(log: EventLog, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        let rows = try await rows(of: RunEstimates(at: at, limit: Self.batch), at: at, in: session)
        var outcome = DutyOutcome()
        var events: [LogEvent] = []
        for row in rows {
            switch row {
            case .received(let ticket): events.append(.clientTold(ticket, what: "received"))
            case .moved(let ticket): events.append(.clientTold(ticket, what: "estimate"))
            case .due(let isNow): outcome.again = isNow
            }
        }
        log.write(events)
        return outcome
    }
}
