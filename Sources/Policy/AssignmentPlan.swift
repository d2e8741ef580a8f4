/// What to do about the tickets that wait.
package struct AssignmentPlan: Sendable {
    /// In rank order.
    package var choices: [Choice] = []
    /// Tickets whose own reason to wait changed; nil where they have none any more.
    package var changedHolds: [(ticket: TicketID, reason: Obstacle?)] = []
    /// For each group of the claim whether it waits as a whole, and why.
    package var groupStates: [GroupState] = []
    /// Some ticket was passed over while somebody had room left for a smaller one.
    package var leavesRoom = false
}

/// Whether the tickets of a group wait for a reason that they share.
package enum GroupState: Sendable, Equatable {
    /// Something was assigned from it: what holds for the rest the next look will tell.
    case moving
    /// Nothing keeps the group as a whole waiting; a ticket may have a reason of its own.
    case clear
    case blocked(Obstacle)
}
