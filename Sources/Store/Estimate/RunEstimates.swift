package import Policy
package import Postgres

/// Makes and follows the estimates of clients' waiting tickets, and tells them. See `secondline_rules.run_estimates`.
package struct RunEstimates: Statement {
    package enum Row: Sendable {
        /// Its client was told that it was received.
        case received(TicketID)
        /// Its client was told another time.
        case moved(TicketID)
        /// Whether there is more at once.
        case due(now: Bool)
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    /// The most of each.
    package let limit: Int

    package init(at: Instant?, limit: Int) {
        self.at = at
        self.limit = limit
    }

    package static let sql: StaticString = """
        select event, ticket_id, due_in
          from secondline_rules.run_estimates(coalesce($1::timestamptz, statement_timestamp()), $2)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(Int32(limit))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let event: String = try row.next()
        let ticket: TicketID? = try row.next()
        let seconds: Double? = try row.next()
        switch (event, ticket) {
        case ("received", let ticket?): return .received(ticket)
        case ("estimate", let ticket?): return .moved(ticket)
        default: return .due(now: seconds == 0)
        }
    }
}
