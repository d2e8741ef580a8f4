internal import Policy
internal import Store

/// The groups of a claim from which somebody could take a ticket: only their tickets are read.
struct OpenGroups {
    let claim: Claim
    /// Indices into the claim's groups.
    let places: [Int]

    init(_ claim: Claim) {
        self.claim = claim
        places = claim.groups.indices.filter { !claim.groups[$0].isPaused && !claim.groups[$0].members.isEmpty }
    }

    /// The first tickets in rank order that somebody has room for, and the starving ones: one reservation a person.
    func tickets(_ limit: Int) -> WaitingTickets {
        WaitingTickets(
            at: claim.at, queues: places.map { claim.groups[$0].queue }, skills: places.map { claim.groups[$0].skill },
            rooms: places.map { claim.largestRoom(in: $0) },
            starving: places.map { Int64(claim.groups[$0].members.count) }, limit: limit, takers: takers)
    }

    private var takers: [WaitingTickets.Taker] {
        places.indices.filter { claim.groups[places[$0]].isRouted }.flatMap { group in
            claim.groups[places[group]].members.map { member in
                let candidate = claim.candidates[member.candidate]
                return .init(group: group, person: candidate.person, room: candidate.largestEffort)
            }
        }
    }

    func plan(_ page: [WaitingTicket]) -> AssignmentPlan {
        Assigner.plan(page.map { $0.inGroup(places[$0.group]) }, in: claim)
    }
}

extension Claim {
    /// How many replies' worth of room there is.
    var slots: Int { candidates.reduce(0) { $0 + max(1, $1.room.count / Minutes.reply.count) } }
}

extension AssignmentPlan {
    /// Whether tickets that nobody has room for may hide others behind the page's end.
    func wantsMore(than count: Int, limit: Int, batchSize: Int) -> Bool {
        count >= limit && choices.count < min(count, batchSize) && leavesRoom && limit < 20 * batchSize
    }
}
