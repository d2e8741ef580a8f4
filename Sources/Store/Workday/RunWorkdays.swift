package import Policy
package import Postgres

/// Does what is due in people's days: reminders, overdue workdays, stand-ups. See `secondline_rules.run_workdays`.
package struct RunWorkdays: Statement {
    package enum Row: Sendable {
        /// The next began before it had its report.
        case overdue(PersonID, day: String)
        case standup(team: Int64, day: String)
        case reminder(PersonID, day: String, what: String, which: String)
        /// There is more in so many seconds.
        case due(inSeconds: Double?)
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
        select event, person_id, team_id, day::text, what, which, due_in
          from secondline_rules.run_workdays(coalesce($1::timestamptz, statement_timestamp()), $2)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(Int32(limit))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let event: String = try row.next()
        let person: PersonID? = try row.next()
        let team: Int64? = try row.next()
        let day: String? = try row.next()
        let what: String? = try row.next()
        let which: String? = try row.next()
        let seconds: Double? = try row.next()
        switch (event, person, team, day, what, which) {
        case ("overdue", let person?, _, let day?, _, _): return .overdue(person, day: day)
        case ("standup", _, let team?, let day?, _, _): return .standup(team: team, day: day)
        case ("reminder", let person?, _, let day?, let what?, let which?):
            return .reminder(person, day: day, what: what, which: which)
        default: return .due(inSeconds: seconds)
        }
    }
}
