@testable import Policy

/// A claim of one group, for rules that need no more.
func claim(_ candidates: [Candidate], spared: Set<Int64> = [], offersLeft: [Int64: Int] = [:]) -> Claim {
    var group = WaitingGroup(queue: "support", skill: "", isPaused: false, blocker: nil, largestEffort: Minutes(75))
    group.members = candidates.indices.map { index in
        let id = candidates[index].person.raw
        return Membership(candidate: index, offersLeft: offersLeft[id], isSpared: spared.contains(id))
    }
    return Claim(at: Instant(microseconds: 1_000_000), groups: [group], candidates: candidates)
}

func person(_ id: Int64, load: Int = 0, capacity: Int = 240, idleSince: Int64? = nil) -> Candidate {
    Candidate(
        person: PersonID(id), load: Minutes(load), capacity: Minutes(capacity),
        lastAssigned: idleSince.map(Instant.init(microseconds:)))
}

func ticket(
    _ id: Int64, effort: Int = 75, group: Int = 0, isStarving: Bool = false, knownBy: Int64? = nil,
    declinedBy: [Int64] = [], passedBy: [Int64] = [], preferred: Int64? = nil,
    route: (person: Int64, manager: Int64)? = nil,
    blocker: Obstacle? = nil
) -> WaitingTicket {
    WaitingTicket(
        id: TicketID(id), group: group, effort: Minutes(effort), isStarving: isStarving,
        knownBy: knownBy.map(PersonID.init),
        declinedBy: declinedBy.map(PersonID.init), passedBy: passedBy.map(PersonID.init),
        preferred: preferred.map(PersonID.init),
        route: route.map { Route(person: PersonID($0.person), manager: PersonID($0.manager)) }, blocker: blocker)
}

extension AssignmentPlan {
    /// Ticket → person.
    var pairs: [Int64: Int64] {
        Dictionary(uniqueKeysWithValues: choices.map { ($0.ticket.raw, $0.person.raw) })
    }
}
