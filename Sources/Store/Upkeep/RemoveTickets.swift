package import Policy
package import Postgres

/// Removes tickets that ended before the retention, with all that is theirs, and what kept whole queues waiting before it. See
/// `secondline_rules.remove_tickets` and `remove_blockers`.
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
    /// How many of each it removes.
    package let limit: Int

    package init(at: Instant?, retention: Double, after: TicketID?, page: Int, limit: Int) {
        self.at = at
        self.retention = retention
        self.after = after
        self.page = page
        self.limit = limit
    }

    package static let sql: StaticString = """
        select r.removed, r.last_seen
          from (select coalesce($1::timestamptz, statement_timestamp()), make_interval(secs => $2)) x (at, retention)
         cross join lateral secondline_rules.remove_tickets(x.at, x.retention, coalesce($3::bigint, 0), $4, $5) r
         cross join lateral secondline_rules.remove_blockers(x.at, x.retention, $5)
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
