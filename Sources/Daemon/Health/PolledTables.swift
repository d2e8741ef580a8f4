package import Postgres
package import Store

/// Whether what the daemon repeats all day still reads tickets by the indexes made for it.
package enum PolledTables {
    /// Claims of messages are held to their index by settings of their own: they leave it only when it is missing.
    static let statements: [any Statement.Type] = [Look.self, WaitingTickets.self]

    package static func findings(in db: Database) throws(DatabaseError) -> [HealthFinding] {
        var findings: [HealthFinding] = []
        for statement in statements {
            let tables = try db.query(ScannedTables(statement))
            guard !tables.isEmpty else { continue }
            let list = tables.sorted().joined(separator: ", ")
            findings.append(
                HealthFinding(
                    "plan_left_index", statement.name, .error,
                    detail: "\(statement.name), which is run at every look for tickets, reads all of \(list)",
                    advice: """
                        analyze secondline.\(tables.sorted()[0]); if it stays so, see what is found of kind index_missing, \
                        and whether the database or the role switches enable_indexscan off.
                        """))
        }
        return findings
    }
}
