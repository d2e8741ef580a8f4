package import Policy
package import Postgres
internal import Store

/// Looks for what keeps the department from working, or soon will, and writes it down with its culprit and what to do.
package struct HealthDuty: Duty {
    package static let name = "health"
    package static let statements: [any Statement.Type] = [
        LockDuty.self, ServerState.self, MissingRights.self, ScannedTables.self, RecordFindings.self, FinishDuty.self,
        FindSessions.self,
    ]
    /// It judges the others' work: after an outage they must have had their chance.
    package var settlesFor: Duration { patience }

    private let log: EventLog
    /// Of the other duties.
    private let intervals: DutyIntervals
    private let patience: Duration
    private let at: @Sendable () -> Instant?

    package init(log: EventLog, intervals: DutyIntervals, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.intervals = intervals
        patience = intervals.poll * 2
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let rows: [RecordFindings.Row]
        do throws(DatabaseError) { rows = try await look(session) } catch {
            // who holds a table keeps it from looking, and is who must be found
            if error.sqlState == .lockNotAvailable {
                log.write(try await session.query(FindSessions(at: at())).map { .healthFound($0) })
            }
            // what it cannot look at must not stop the department
            guard error.recovery == .stop, error.kind == .server else { throw error }
            log.write(.dutyFailed(duty: Self.name, error: "\(error)", retryIn: intervals.health))
            return DutyOutcome()
        }
        log.write(
            rows.map {
                switch $0 {
                case .found(let finding): .healthFound(finding)
                case .gone(let finding, let after): .healthGone(finding, after: Duration(databaseSeconds: after))
                }
            })
        return DutyOutcome()
    }

    private func look(_ session: Session) async throws(DatabaseError) -> [RecordFindings.Row] {
        let scope = intervals.scope(at: at(), besides: Self.name)
        let user = try await session.server.user
        let rows = try await holding(at: scope.at, in: session) { (db) throws(DatabaseError) in
            var seen = try ClockDifference.measure(db).finding.map { [$0] } ?? []
            seen += Self.rights(try db.query(MissingRights()), user: user)
            seen += try PolledTables.findings(in: db)
            return try db.query(RecordFindings(scope, seen: seen))
        }
        return rows ?? []
    }

    private static func rights(_ missing: [String], user: String) -> [HealthFinding] {
        guard let first = missing.first else { return [] }
        let more = missing.count > 1 ? " and \(missing.count - 1) more" : ""
        return [
            HealthFinding(
                "rights_missing", user, .error, detail: "\(user) lacks \(first)\(more)",
                advice: "grant secondline_daemon to \(quoteIdentifier(user));")
        ]
    }
}
