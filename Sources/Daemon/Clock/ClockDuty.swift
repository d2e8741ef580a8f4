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
        let rows = try await session.transaction { (db) throws(DatabaseError) -> [RunClocks.Row] in
            guard let isFinishDue = try db.first(LockDuty(ClockDuty.name, at: at)) else { return [] }
            let rows = try db.query(RunClocks(at: at, limit: Self.batch))
            if isFinishDue { try db.execute(FinishDuty(ClockDuty.name, at: at)) }
            return rows
        }
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
            case .due(let seconds?) where seconds <= 0: outcome.again = true
            case .due(let seconds): outcome.dueIn = seconds.map { Duration(databaseSeconds: $0) }
            }
        }
        log.write(events)
        return outcome
    }
}
