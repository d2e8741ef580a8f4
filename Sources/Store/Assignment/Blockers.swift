package import Policy
package import Postgres

/// Records why tickets wait. See `secondline_rules.record_blockers`.
package struct RecordBlockers: Statement {
    package struct Group: Sendable {
        package let queue: String
        package let skill: String
        package let reason: Obstacle

        package init(queue: String, skill: String, reason: Obstacle) {
            self.queue = queue
            self.skill = skill
            self.reason = reason
        }
    }

    package let at: Instant
    /// All groups that are blocked now.
    package let groups: [Group]
    /// The tickets whose own reason changed; nil where they have none any more.
    package let holds: [(ticket: TicketID, reason: Obstacle?)]

    package init(at: Instant, groups: [Group], holds: [(ticket: TicketID, reason: Obstacle?)]) {
        self.at = at
        self.groups = groups
        self.holds = holds
    }

    package static let sql: StaticString = """
        select from secondline_rules.record_blockers($1, $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(groups.map(\.queue))
        parameters.append(groups.map(\.skill))
        parameters.append(groups.map(\.reason.rawValue))
        parameters.append(holds.map(\.ticket.raw))
        parameters.append(holds.map { $0.reason?.rawValue })
    }
}

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
