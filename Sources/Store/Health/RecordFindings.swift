package import Postgres

/// Looks at the health and makes the open findings of the table these: what the database finds, and what the program did.
/// See `secondline_rules.record_findings`.
package struct RecordFindings: Statement {
    package enum Row: Sendable {
        /// It is new, or has become worse.
        case found(HealthFinding)
        /// It lasted so many seconds.
        case gone(HealthFinding, after: Double)
    }

    package let scope: HealthScope
    package let seen: [HealthFinding]

    package init(_ scope: HealthScope, seen: [HealthFinding]) {
        self.scope = scope
        self.seen = seen
    }

    package static let sql: StaticString = """
        select r.kind, r.subject, r.severity, r.detail, r.advice, r.change = 'found', r.seconds
          from secondline_rules.record_findings(coalesce($1::timestamptz, statement_timestamp()), array(
               select f from secondline_rules.find_health(coalesce($1::timestamptz, statement_timestamp()), $2, $3::float8[], $4) f
                union all
               select row(s.kind, s.subject, s.severity, null::timestamptz, s.detail, s.advice)::secondline_rules.found
                 from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) s (kind, subject, severity, detail, advice)
               )) r
        """

    package func bind(_ parameters: inout Parameters) {
        scope.bind(&parameters)
        parameters.append(seen.map(\.kind))
        parameters.append(seen.map(\.subject))
        parameters.append(seen.map(\.severity.rawValue))
        parameters.append(seen.map(\.detail))
        parameters.append(seen.map(\.advice))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let finding = try HealthFinding(&row)
        let (isFound, seconds): (Bool, Double) = (try row.next(), try row.next())
        return isFound ? .found(finding) : .gone(finding, after: max(0, seconds))
    }
}
