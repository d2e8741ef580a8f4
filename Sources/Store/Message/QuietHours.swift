package import Policy
package import Postgres

/// In how many seconds a message leaves that waits for its reader's next shift; no row when it leaves now. See
/// `secondline_rules.quiet_until`.
package struct QuietHours: Statement {
    package let message: MessageID

    package init(for message: MessageID) { self.message = message }

    package static let sql: StaticString = """
        select extract(epoch from q.until - statement_timestamp())::float8
          from secondline.message m
         cross join lateral secondline_rules.quiet_until(statement_timestamp(), m.person_id) q (until)
         where m.message_id = $1 and m.severity < 'urgent' and q.until is not null
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(message) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Double { try row.next() }
}
