import Daemon
import Postgres
import Store

/// The look of the health duty, at once, writing nothing down.
struct DeepCheck {
    let session: Session
    let intervals: DutyIntervals

    func look(_ tell: @Sendable (Finding) -> Void) async {
        let scope = intervals.scope(at: nil)
        do throws(DatabaseError) {
            let rows = try await session.transaction { (db) throws(DatabaseError) in
                try PolledTables.findings(in: db).map { FindHealth.Row(finding: $0, age: nil) }
                    + db.query(FindHealth(scope))
            }
            for row in rows { tell(Self.finding(row.finding, row.age)) }
            if rows.isEmpty { tell(.ok("health: nothing found")) }
        } catch {
            tell(.failed("health", Explanation.of(error)))
            // who holds a table that it reads
            guard error.sqlState == .lockNotAvailable, let found = try? await session.query(FindSessions(at: nil))
            else { return }
            for finding in found { tell(Self.finding(finding, nil)) }
        }
    }

    private static func finding(_ found: HealthFinding, _ age: Double?) -> Finding {
        let since = age.map { ", for \(Figures.time($0))" } ?? ""
        // one line each: names of applications and channels are anybody's
        let what = "\(found.kind): \(found.detail)\(since)".visible()
        let advice = found.advice.visible()
        switch found.severity {
        case .info, .warning: return .warning(what, advice)
        case .error: return .failed(.failure, what, advice)
        }
    }
}
