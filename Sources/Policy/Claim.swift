/// Someone who may get tickets now, as the claim saw them.
package struct Candidate: Sendable {
    package let person: PersonID
    package var load: Minutes
    package let capacity: Minutes
    package var lastAssigned: Instant?

    package init(person: PersonID, load: Minutes, capacity: Minutes, lastAssigned: Instant?) {
        self.person = person
        self.load = load
        self.capacity = capacity
        self.lastAssigned = lastAssigned
    }

    /// Empty-handed people take one ticket of any size; the database says the same in `secondline_rules.has_room`.
    func hasRoom(for effort: Minutes) -> Bool {
        load.count == 0 || effort <= capacity - load
    }

    /// Work that must end before a ticket of this effort fits.
    func minutesUntilFitting(_ effort: Minutes) -> Minutes {
        effort > capacity ? load : load + effort - capacity
    }
}

/// A candidate's part in one group.
package struct Membership: Sendable {
    /// Index into `Claim.candidates`.
    package let candidate: Int
    /// Offers that the queue's fair limit still allows; nil is no limit.
    package let offersLeft: Int?
    /// Offers that the plan has given so far; counted only under a limit.
    var offersGiven = 0
    /// Has a skill that waiting or recent tickets need, other than this group's.
    package let isSpared: Bool

    package init(candidate: Int, offersLeft: Int?, isSpared: Bool) {
        self.candidate = candidate
        self.offersLeft = offersLeft
        self.isSpared = isSpared
    }

    var isLimited: Bool { offersLeft != nil }
    var hasNoOffersLeft: Bool { offersLeft.map { $0 <= offersGiven } ?? false }
}

/// Tickets of one queue that need one skill: they wait for the same people.
package struct WaitingGroup: Sendable {
    package let queue: String
    /// Empty where none is needed.
    package let skill: String
    package let isPaused: Bool
    /// Its tickets go to their clients' managers.
    package let isRouted: Bool
    /// The blocker that the database has open for the group.
    package let blocker: Obstacle?
    /// Of the largest ticket that waits in it.
    package let largestEffort: Minutes
    package var members: [Membership] = []
    /// How many members of the queue are no candidates, and why.
    package var excluded: [Obstacle: Int] = [:]

    package init(
        queue: String, skill: String, isPaused: Bool, isRouted: Bool = false, blocker: Obstacle?, largestEffort: Minutes
    ) {
        self.queue = queue
        self.skill = skill
        self.isPaused = isPaused
        self.isRouted = isRouted
        self.blocker = blocker
        self.largestEffort = largestEffort
    }
}

/// What the claim saw at one instant: the groups that wait, and all who may take something.
package struct Claim: Sendable {
    package let at: Instant
    package var groups: [WaitingGroup]
    package var candidates: [Candidate]

    package init(at: Instant, groups: [WaitingGroup], candidates: [Candidate]) {
        self.at = at
        self.groups = groups
        self.candidates = candidates
    }
}

/// Whose a ticket is, where tickets go to their clients' managers; at work, with room, or not.
package struct Route: Sendable {
    package let person: PersonID
    /// The client's manager: another one than the person while that one is away.
    package let manager: PersonID

    package init(person: PersonID, manager: PersonID) {
        self.person = person
        self.manager = manager
    }
}

/// A ticket that waits for a person.
package struct WaitingTicket: Sendable {
    package let id: TicketID
    /// Index into `Claim.groups`.
    package let group: Int
    package let effort: Minutes
    /// Waited longer than its queue's starvation bound.
    package let isStarving: Bool
    /// Who last worked for this client.
    package let knownBy: PersonID?
    package let declinedBy: [PersonID]
    /// Who left an offer of it untouched: asked again only where nobody else fits.
    package let passedBy: [PersonID]
    /// Who gets it if they can.
    package let preferred: PersonID?
    /// Nil: anybody's.
    package let route: Route?
    /// The blocker that the database has open for this ticket.
    package let blocker: Obstacle?

    package init(
        id: TicketID, group: Int, effort: Minutes, isStarving: Bool = false, knownBy: PersonID? = nil,
        declinedBy: [PersonID] = [], passedBy: [PersonID] = [], preferred: PersonID? = nil, route: Route? = nil,
        blocker: Obstacle? = nil
    ) {
        self.id = id
        self.group = group
        self.effort = effort
        self.isStarving = isStarving
        self.knownBy = knownBy
        self.declinedBy = declinedBy
        self.passedBy = passedBy
        self.preferred = preferred
        self.route = route
        self.blocker = blocker
    }
}

extension Candidate {
    /// What is left of the capacity.
    package var room: Minutes { capacity - load }

    /// The largest effort in minutes that there is room for.
    package var largestEffort: Int64 { load.count == 0 ? .max : Int64(room.count) }
}

extension Claim {
    /// The largest effort in minutes that anybody in the group has room for.
    package func largestRoom(in group: Int) -> Int64 {
        groups[group].members.reduce(0) { max($0, candidates[$1.candidate].largestEffort) }
    }
}

extension WaitingTicket {
    /// The same ticket, where groups are counted otherwise.
    package func inGroup(_ group: Int) -> WaitingTicket {
        WaitingTicket(
            id: id, group: group, effort: effort, isStarving: isStarving, knownBy: knownBy, declinedBy: declinedBy,
            passedBy: passedBy, preferred: preferred, route: route, blocker: blocker)
    }
}
