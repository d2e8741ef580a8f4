package import Policy
package import Postgres

/// Removes tickets that ended before the retention, with all that is theirs. See `secondline_rules.remove_tickets`.
package struct RemoveTickets: Statement {
    package struct Row: Sendable {
        package let removed: Int
        /// The last ticket that it looked at; nil at the end.
        package let lastSeen: TicketID?
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    /// Seconds.
    package let retention: Double
    /// Looks at those after it; nil begins anew.
    package let after: TicketID?
    /// How many it looks at.
    package let page: Int
    /// How many it removes.
    package let limit: Int

    package init(at: Instant?, retention: Double, after: TicketID?, page: Int, limit: Int) {
        self.at = at
        self.retention = retention
        self.after = after
        self.page = page
        self.limit = limit
    }

    package static let sql: StaticString = """
        select removed, last_seen from secondline_rules.remove_tickets(
            coalesce($1::timestamptz, statement_timestamp()), make_interval(secs => $2), coalesce($3::bigint, 0), $4, $5)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(retention)
        parameters.append(after)
        parameters.append(Int32(page))
        parameters.append(Int32(limit))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(removed: try row.next(), lastSeen: try row.next(TicketID?.self))
    }
}

/// Removes what kept whole queues waiting before the retention; how many. See `secondline_rules.remove_blockers`.
package struct RemoveBlockers: Statement {
    /// Nil is the database's own clock.
    package let at: Instant?
    /// Seconds.
    package let retention: Double
    package let limit: Int

    package init(at: Instant?, retention: Double, limit: Int) {
        self.at = at
        self.retention = retention
        self.limit = limit
    }

    package static let sql: StaticString = """
        select secondline_rules.remove_blockers(coalesce($1::timestamptz, statement_timestamp()), make_interval(secs => $2), $3)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(retention)
        parameters.append(Int32(limit))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int { try row.next() }
}
