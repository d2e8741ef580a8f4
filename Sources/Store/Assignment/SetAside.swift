package import Policy
package import Postgres

/// Puts a ticket that the database refuses out of the way. See `secondline_rules.set_aside`.
package struct SetAside: Statement {
    package let at: Instant
    package let ticket: TicketID
    package let error: String

    package init(at: Instant, ticket: TicketID, error: String) {
        self.at = at
        self.ticket = ticket
        self.error = error
    }

    package static let sql: StaticString = "select secondline_rules.set_aside($1, $2, $3)"

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(ticket)
        parameters.append(error)
    }

    /// Seconds until it is tried again.
    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Double { try row.next() }
}
