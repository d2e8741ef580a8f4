package import Postgres

/// What is not as it should be, as far as the login may see it. Changes nothing. See `secondline_rules.find_health`.
package struct FindHealth: Statement {
    package struct Row: Sendable {
        package let finding: HealthFinding
        /// For how many seconds it has been so, where that is known.
        package let age: Double?

        package init(finding: HealthFinding, age: Double?) {
            self.finding = finding
            self.age = age
        }
    }

    package let scope: HealthScope

    package init(_ scope: HealthScope) { self.scope = scope }

    package static let sql: StaticString = """
        select f.kind, f.subject, f.severity, f.detail, f.advice,
               extract(epoch from coalesce($1::timestamptz, statement_timestamp()) - f.since)::float8
          from secondline_rules.find_health(coalesce($1::timestamptz, statement_timestamp()), $2, $3::float8[], $4) f
         order by array_position(array['error', 'warning', 'info'], f.severity), f.kind, f.subject
        """

    package func bind(_ parameters: inout Parameters) { scope.bind(&parameters) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(finding: try HealthFinding(&row), age: try row.next())
    }
}

extension HealthFinding {
    /// The columns kind, subject, severity, detail, advice.
    init(_ row: inout RowReader) throws(DatabaseError) {
        let (kind, subject, severity): (String, String, String) = (try row.next(), try row.next(), try row.next())
        self.init(kind, subject, Severity(code: severity), detail: try row.next(), advice: try row.next())
    }
}
