/// Why this person. The raw value is the code in the ledger, the log and `explain`.
package enum Reason: String, Sendable, CaseIterable {
    /// Nobody else could take it.
    case onlyCandidate = "only_candidate"
    /// Clearly the lowest load relative to capacity.
    case leastLoaded = "least_loaded"
    /// Among the equally free, the one who last worked for this client.
    case knowsClient = "knows_client"
    /// Among the equally free, the one whose last ticket is longest ago.
    case idleLongest = "idle_longest"
    /// The manager of the ticket's client.
    case accountManager = "account_manager"
    /// Stands in for the manager, or for who had the ticket.
    case substitute
    /// Equal in everything; the lowest id, so that the choice is the same for the same facts.
    case firstOfEquals = "first_of_equals"
}

/// Someone who was considered, with what they had before this decision.
package struct Considered: Sendable, Equatable {
    package let person: PersonID
    package let load: Minutes
    package let capacity: Minutes
    /// Counted one ticket fuller because their skills are needed elsewhere.
    package let isSpared: Bool
    package let knowsClient: Bool
}

/// One decision: a ticket goes to a person.
package struct Choice: Sendable {
    package let ticket: TicketID
    package let person: PersonID
    package let reason: Reason
    /// What earlier choices of the plan give the same person: the database adds it to the load it finds.
    package let minutesBefore: Minutes
    /// How many earlier choices of the plan give the same person a ticket of the same queue.
    package let offersBefore: Int
    /// The chosen, then the next four.
    package let considered: [Considered]
    /// How many members of the queue were excluded, and why.
    package let excluded: [Obstacle: Int]
}
