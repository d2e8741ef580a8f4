/// What to do about the tickets that wait.
package struct AssignmentPlan: Sendable {
    /// In rank order.
    package var choices: [Choice] = []
    /// Tickets whose own reason to wait changed; nil where they have none any more.
    package var changedHolds: [(ticket: TicketID, reason: Obstacle?)] = []
    /// For each group of the claim why it waits; nil where something was assigned from it, and the next look will tell.
    package var groupBlockers: [Obstacle?] = []
    /// Some ticket was passed over while somebody had room left for a smaller one.
    package var leavesRoom = false
}
