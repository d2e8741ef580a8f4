package import Policy
package import Postgres

/// Announces popups, and passes on urgent ones that nobody acknowledged. See `secondline_rules.attend_popups`.
package struct AttendPopups: Statement {
    package enum Row: Sendable {
        /// `to` is a channel, or `head`.
        case passedOn(MessageID, of: PersonID, to: String)
        /// There is more in so many seconds.
        case due(inSeconds: Double)
    }

    /// Nil is the database's own clock.
    package let at: Instant?

    package init(at: Instant?) { self.at = at }

    package static let sql: StaticString = """
        select message_id, person_id, passed_to, due_in
          from secondline_rules.attend_popups(coalesce($1::timestamptz, statement_timestamp()), 500)
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(at) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        guard let message = try row.next(MessageID?.self) else {
            row.skip(2)
            return .due(inSeconds: try row.next())
        }
        let passedOn = Row.passedOn(message, of: try row.next(), to: try row.next())
        row.skip(1)
        return passedOn
    }
}

/// Moves popups that have become pointless or old into the history. See `secondline_rules.retire_popups`.
package struct RetirePopups: Statement {
    /// Nil is the database's own clock.
    package let at: Instant?
    /// Seconds.
    package let retention: Double
    /// Looks at those after it; nil begins anew.
    package let after: MessageID?
    /// How many it looks at.
    package let limit: Int

    package init(at: Instant?, retention: Double, after: MessageID?, limit: Int) {
        self.at = at
        self.retention = retention
        self.after = after
        self.limit = limit
    }

    package static let sql: StaticString = """
        select last_seen from secondline_rules.retire_popups(
            coalesce($1::timestamptz, statement_timestamp()), make_interval(secs => $2), coalesce($3::bigint, 0), $4)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(retention)
        parameters.append(after)
        parameters.append(Int32(limit))
    }

    /// The last one that it looked at; nil at the end.
    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> MessageID? {
        try row.next(MessageID?.self)
    }
}

/// Removes messages that ended before the retention; how many. See `secondline_rules.remove_history`.
package struct RemoveHistory: Statement {
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
        select secondline_rules.remove_history(coalesce($1::timestamptz, statement_timestamp()), make_interval(secs => $2), $3)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(retention)
        parameters.append(Int32(limit))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int { try row.next() }
}
