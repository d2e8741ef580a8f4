package import Policy
package import Postgres
internal import Store

/// Checks that no routable ticket waits while an eligible person is free: a line in the log is a fault of ours.
package struct AuditDuty: Duty {
    package static let name = "audit"
    package static let statements: [any Statement.Type] = [LockDuty.self, IdleSpecialists.self, FinishDuty.self]
    /// After an outage tickets have waited; that is judged once the assignment duty had its chance.
    package var settlesFor: Duration { patience }

    let log: EventLog
    /// How long a ticket may wait for the assignment duty to look: two poll intervals.
    let patience: Duration
    let at: @Sendable () -> Instant?

    package init(log: EventLog, patience: Duration, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.patience = patience
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        let found = try await rows(
            of: IdleSpecialists(at: at, patience: patience.databaseSeconds), at: at, in: session)
        log.write(
            found.map {
                .idleSpecialist($0.ticket, person: $0.person, waited: Duration(databaseSeconds: $0.waited))
            })
        return DutyOutcome()
    }
}
