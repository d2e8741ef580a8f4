package import Policy
package import Postgres
internal import Store

/// The rhythm of people's days: reminds of plan and report, notices who is missing, announces stand-ups.
package struct WorkdayDuty: Duty {
    package static let name = "workday"
    package static let statements: [any Statement.Type] = [LockDuty.self, RunWorkdays.self, FinishDuty.self]

    private let log: EventLog
    private let at: @Sendable () -> Instant?

    /// Reminders of one transaction.
    private static let batch = 1_000

    package init(log: EventLog, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        let rows = try await rows(of: RunWorkdays(at: at, limit: Self.batch), at: at, in: session)
        var outcome = DutyOutcome()
        var events: [LogEvent] = []
        for row in rows {
            switch row {
            case .overdue(let person, let day): events.append(.workdayOverdue(of: person, day: day))
            case .standup(let team, let day): events.append(.standupAnnounced(team: team, day: day))
            case .reminder(let person, let day, let what, let which):
                events.append(.reminderSent(what: what, which: which, person: person, day: day))
            case .due(let seconds): outcome.isDue(in: seconds)
            }
        }
        log.write(events)
        return outcome
    }
}
