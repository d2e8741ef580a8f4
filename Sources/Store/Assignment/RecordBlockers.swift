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
    /// Groups that were blocked and are not any more.
    package let gone: [WaitingGroup]
    /// The tickets whose own reason changed; nil where they have none any more.
    package let holds: [(ticket: TicketID, reason: Obstacle?)]

    package init(at: Instant, claim: Claim, plan: AssignmentPlan, gone: [WaitingGroup]) {
        self.at = at
        holds = plan.changedHolds
        var (groups, newlyBlocked): ([Group], [Group]) = ([], [])
        var gone = gone
        for (group, state) in zip(claim.groups, plan.groupStates) {
            let reason: Obstacle?
            switch state {
            case .moving: reason = group.blocker
            case .clear: reason = nil
            case .blocked(let obstacle): reason = obstacle
            }
            if let reason {
                groups.append(Group(queue: group.queue, skill: group.skill, reason: reason))
                if reason != group.blocker { newlyBlocked.append(groups[groups.count - 1]) }
            } else if group.blocker != nil {
                gone.append(group)
            }
        }
        self.gone = gone
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
