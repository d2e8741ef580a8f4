@testable import Policy

/// A department of one group, for rules that need no more.
func department(_ candidates: [Candidate], spared: Set<Int64> = [], offersLeft: [Int64: Int] = [:]) -> Department {
    var group = WaitingGroup(queue: "support", skill: "", isPaused: false, blocker: nil)
    group.members = candidates.indices.map { index in
        let id = candidates[index].person.raw
        return Membership(candidate: index, offersLeft: offersLeft[id], isSpared: spared.contains(id))
    }
    return Department(at: Instant(microseconds: 1_000_000), groups: [group], candidates: candidates)
}

func person(_ id: Int64, load: Int = 0, capacity: Int = 240, idleSince: Int64? = nil) -> Candidate {
    Candidate(
        person: PersonID(id), load: Minutes(load), capacity: Minutes(capacity),
        lastAssigned: idleSince.map(Instant.init(microseconds:)))
}

func ticket(
    _ id: Int64, effort: Int = 75, group: Int = 0, isStarving: Bool = false, knownBy: Int64? = nil, declinedBy: [Int64] = [],
    blocker: Obstacle? = nil
) -> WaitingTicket {
    WaitingTicket(
        id: TicketID(id), group: group, effort: Minutes(effort), isStarving: isStarving, knownBy: knownBy.map(PersonID.init),
        declinedBy: declinedBy.map(PersonID.init), blocker: blocker)
}

extension AssignmentPlan {
    /// Ticket → person.
    var pairs: [Int64: Int64] {
        Dictionary(uniqueKeysWithValues: choices.map { ($0.ticket.raw, $0.person.raw) })
    }
}

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
