package import Policy
package import Store

/// How often the duties are done, as the settings have it.
package struct DutyIntervals: Sendable {
    let poll: Duration
    let audit: Duration
    let health: Duration

    package init(poll: Duration, audit: Duration, health: Duration) {
        self.poll = poll
        self.audit = audit
        self.health = health
    }

    static let estimate: Duration = .seconds(60)

    /// Of the duties with a row; that of the assignment notes only what there was to do.
    private var all: [(name: String, interval: Duration?)] {
        [
            (AssignmentDuty.name, nil), (AuditDuty.name, audit), (ClockDuty.name, poll), (WorkdayDuty.name, poll),
            (EstimateDuty.name, Self.estimate), (UpkeepDuty.name, poll), (HealthDuty.name, health),
        ]
    }

    /// - Parameter duty: the one that asks.
    package func scope(at: Instant?, besides duty: String? = nil) -> HealthScope {
        HealthScope(
            at: at, duties: all.filter { $0.name != duty }.map { ($0.name, $0.interval.map(\.databaseSeconds)) })
    }
}
