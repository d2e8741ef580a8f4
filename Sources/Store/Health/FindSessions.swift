package import Policy
package import Postgres

/// Who holds what the others need, found without a table that they may hold. See `secondline_rules.session_health`.
package struct FindSessions: Statement {
    /// Nil is the database's own clock.
    package let at: Instant?

    package init(at: Instant?) { self.at = at }

    package static let sql: StaticString = """
        select f.kind, f.subject, f.severity, f.detail, f.advice
          from secondline_rules.session_health(coalesce($1::timestamptz, statement_timestamp())) f
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(at) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> HealthFinding {
        try HealthFinding(&row)
    }
}
