package import Policy
package import Postgres
internal import Store

/// The clocks of tickets: nothing is forgotten on the way.
package struct ClockDuty: Duty {
    package static let name = "clock"
    package static let statements: [any Statement.Type] = [LockDuty.self, RunClocks.self, FinishDuty.self]

    private let log: EventLog
    private let at: @Sendable () -> Instant?

    /// Tickets of one transaction: functions that change one of them wait so long.
    private static let batch = 500

    package init(log: EventLog, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        let rows = try await rows(of: RunClocks(at: at, limit: Self.batch), at: at, in: session)
        var outcome = DutyOutcome()
        var events: [LogEvent] = []
        for row in rows {
            switch row {
            case .timedOut(let ticket, let person): events.append(.ticketTimedOut(ticket, person: person))
            case .rehomed(let ticket, let person): events.append(.ticketRehomed(ticket, from: person))
            case .unanswered(let ticket): events.append(.ticketUnanswered(ticket))
            case .rung(let ticket, let clock): events.append(.clockRung(ticket, clock: clock))
            case .alert(let alert, let ticket, let clock):
                events.append(.alertRaised(alert, ticket: ticket, clock: clock))
            case .alertPassedOn(let alert, let ticket, let to):
                events.append(.alertPassedOn(alert, ticket: ticket, to: to))
            case .escalation(let escalation, let ticket, let person, let rule):
                events.append(.escalation(escalation, ticket, of: person, rule: rule))
            case .due(let seconds): outcome.isDue(in: seconds)
            }
        }
        log.write(events)
        return outcome
    }
}
