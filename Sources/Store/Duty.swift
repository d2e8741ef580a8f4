package import Policy
package import Postgres

/// Locks the row of a duty; no row when another daemon is doing it. The row says whether `FinishDuty` is due: once a minute is
/// enough to see that a duty lives.
package struct LockDuty: Statement {
    package let duty: String
    /// Nil is the database's own clock.
    package let at: Instant?

    package init(_ duty: String, at: Instant?) {
        self.duty = duty
        self.at = at
    }

    package static let sql: StaticString = """
        select coalesce(ran_at < coalesce($2::timestamptz, statement_timestamp()) - interval '1 minute', true)
          from secondline.duty where name = $1 for no key update skip locked
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(duty)
        parameters.append(at)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Bool { try row.next() }
}

/// Notes that a duty did something.
package struct FinishDuty: Statement {
    package let duty: String
    /// Nil is the database's own clock.
    package let at: Instant?

    package init(_ duty: String, at: Instant?) {
        self.duty = duty
        self.at = at
    }

    package static let sql: StaticString = """
        select from secondline_rules.finish_duty(coalesce($1::timestamptz, statement_timestamp()), $2)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(duty)
    }
}
