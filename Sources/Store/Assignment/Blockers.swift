package import Policy
package import Postgres

/// Records why tickets wait. See `secondline_rules.record_blockers`.
package struct RecordBlockers: Statement {
    package struct Group: Sendable {
        package let queue: String
        package let skill: String
        package let reason: Obstacle
    }

    package let at: Instant
    /// All groups that are blocked now.
    package let groups: [Group]
    /// Those of them that were not blocked, or for another reason.
    package let newlyBlocked: [Group]
    /// Groups that were blocked, and in which nothing waits any more.
    package let gone: [WaitingGroup]
    /// The tickets whose own reason changed; nil where they have none any more.
    package let holds: [(ticket: TicketID, reason: Obstacle?)]

    package init(at: Instant, claim: Claim, plan: AssignmentPlan, gone: [WaitingGroup]) {
        self.at = at
        self.gone = gone
        holds = plan.changedHolds
        var (groups, newlyBlocked): ([Group], [Group]) = ([], [])
        for (group, found) in zip(claim.groups, plan.groupBlockers) {
            guard let reason = found ?? group.blocker else { continue }
            groups.append(Group(queue: group.queue, skill: group.skill, reason: reason))
            if reason != group.blocker { newlyBlocked.append(groups[groups.count - 1]) }
        }
        self.groups = groups
        self.newlyBlocked = newlyBlocked
    }

    package var changesNothing: Bool { newlyBlocked.isEmpty && gone.isEmpty && holds.isEmpty }

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
