package import Policy
package import Postgres

/// Tickets that waited while somebody who could take them was free. See `secondline_rules.idle_specialist`.
package struct IdleSpecialists: Statement {
    package struct Row: Sendable {
        package let ticket: TicketID
        package let person: PersonID
        /// Seconds since the ticket became eligible.
        package let waited: Double
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    /// In seconds.
    package let patience: Double

    package init(at: Instant?, patience: Double) {
        self.at = at
        self.patience = patience
    }

    package static let sql: StaticString = """
        select ticket_id, person_id, waited_seconds
          from secondline_rules.idle_specialist(
               coalesce($1::timestamptz, statement_timestamp()), $2::float8 * interval '1 second')
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(patience)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(ticket: try row.next(), person: try row.next(), waited: try row.next())
    }
}
