/// Which ticket goes to whom: greedy in rank order, one pass, no clock.
///
/// A ticket goes to the lowest load relative to capacity, where someone with a skill needed elsewhere counts as one ticket
/// fuller; within one reply of the best, to who last worked for the client, then to who has been idle longest, then to the
/// lowest id. Before all that, a ticket that is somebody's (its client's manager's) goes to them alone, and one that prefers somebody
/// to them if they can; who left an offer of it untouched gets it only where nobody else fits. A starving ticket that fits nobody reserves the person whom it will fit soonest.
package struct Assigner {
    private var claim: Claim
    private var isReserved: [Bool]
    /// Loads as the claim saw them.
    private let loadsBefore: [Minutes]
    /// Per group, the smallest effort that found nobody: loads only grow during a plan, so nothing larger will either.
    private var smallestRefused: [Minutes?]
    private var assigned: [Int]
    private var plan = AssignmentPlan()
    private var fitting = FittingMembers()
    /// Places of those who would fit, but left an offer of the ticket untouched.
    private var passed: [Int] = []

    private init(_ claim: Claim) {
        self.claim = claim
        loadsBefore = claim.candidates.map(\.load)
        isReserved = Array(repeating: false, count: claim.candidates.count)
        smallestRefused = Array(repeating: nil, count: claim.groups.count)
        assigned = Array(repeating: 0, count: claim.groups.count)
    }

    /// - Parameter tickets: in rank order; their `group` indexes `claim.groups`.
    package static func plan(_ tickets: [WaitingTicket], in claim: Claim) -> AssignmentPlan {
        var assigner = Assigner(claim)
        var unplaced = Array(repeating: Set<Obstacle>(), count: claim.groups.count)
        for ticket in tickets {
            let obstacles = assigner.place(ticket)
            let hold = obstacles.isEmpty ? nil : assigner.ownHold(ticket, obstacles)
            if !obstacles.isEmpty && hold == nil {
                unplaced[ticket.group].formUnion(obstacles)
            }
            if hold != ticket.blocker && !(obstacles.isEmpty && ticket.blocker != nil) {
                assigner.plan.changedHolds.append((ticket.id, hold))
            }
        }
        assigner.plan.groupStates = claim.groups.indices.map { assigner.state(of: $0, unplaced: unplaced[$0]) }
        assigner.plan.leavesRoom = claim.groups.indices.contains { group in
            claim.groups[group].members.contains { assigner.canTakeMore($0) }
        }
        return assigner.plan
    }

    /// Places a ticket, or returns why nobody takes it.
    private mutating func place(_ ticket: WaitingTicket) -> Set<Obstacle> {
        let group = claim.groups[ticket.group]
        if group.members.isEmpty || group.isPaused {
            return [group.isPaused ? .queuePaused : .ofGroup(group.excluded)]
        }
        if let refused = smallestRefused[ticket.group], ticket.effort >= refused, !ticket.isStarving,
            ticket.isAnybodys
        {
            return [.noRoom]
        }

        var excluded = group.excluded
        var obstacles: Set<Obstacle> = []
        fitting.removeAll()
        passed.removeAll(keepingCapacity: true)
        for (place, member) in group.members.enumerated() {
            if let obstacle = obstacle(of: member, to: ticket) {
                excluded[obstacle, default: 0] += 1
                obstacles.insert(obstacle)
            } else if ticket.passedBy.contains(claim.candidates[member.candidate].person) {
                passed.append(place)
            } else {
                fitting.append(
                    place, claim.candidates[member.candidate], isSpared: member.isSpared, effort: ticket.effort)
            }
        }
        if !passed.isEmpty, !fitting.all.isEmpty {
            excluded[.passed] = passed.count
        } else {
            for place in passed {
                let member = group.members[place]
                fitting.append(
                    place, claim.candidates[member.candidate], isSpared: member.isSpared, effort: ticket.effort)
            }
        }
        guard !fitting.all.isEmpty else {
            if ticket.isAnybodys {
                smallestRefused[ticket.group] = min(smallestRefused[ticket.group] ?? ticket.effort, ticket.effort)
            }
            if ticket.isStarving && !obstacles.isDisjoint(with: [.noRoom, .reserved]) {
                return reserve(for: ticket) ? [.reserving] : obstacles
            }
            return obstacles
        }
        let (place, reason) = fitting.best(for: ticket, among: group.members, claim.candidates)
        let nearest = fitting.nearest(to: place, among: group.members, claim.candidates)
        let chosen = group.members[place]
        let candidate = claim.candidates[chosen.candidate]
        plan.choices.append(
            Choice(
                ticket: ticket.id, person: candidate.person, reason: reason,
                minutesBefore: candidate.load - loadsBefore[chosen.candidate], offersBefore: chosen.offersGiven,
                considered: ([place] + nearest).map { considered(group.members[$0], for: ticket) }, excluded: excluded))
        give(ticket, to: chosen)
        return []
    }

    private func considered(_ member: Membership, for ticket: WaitingTicket) -> Considered {
        let candidate = claim.candidates[member.candidate]
        return Considered(
            person: candidate.person, load: candidate.load, capacity: candidate.capacity, isSpared: member.isSpared,
            knowsClient: candidate.person == ticket.knownBy)
    }

    private func obstacle(of member: Membership, to ticket: WaitingTicket) -> Obstacle? {
        let candidate = claim.candidates[member.candidate]
        if ticket.declinedBy.contains(candidate.person) { return .declined }
        if let route = ticket.route, candidate.person != route.person, candidate.person != ticket.preferred {
            return .notManager
        }
        if isReserved[member.candidate] { return .reserved }
        if member.hasNoOffersLeft { return .fairLimit }
        return candidate.hasRoom(for: ticket.effort) ? nil : .noRoom
    }

    private mutating func give(_ ticket: WaitingTicket, to chosen: Membership) {
        let index = chosen.candidate
        claim.candidates[index].load = claim.candidates[index].load + ticket.effort
        claim.candidates[index].lastAssigned = claim.at
        assigned[ticket.group] += 1
        guard chosen.isLimited else { return }
        // the limit is the queue's: its other groups share it
        let queue = claim.groups[ticket.group].queue
        for group in claim.groups.indices where claim.groups[group].queue == queue {
            if let place = claim.groups[group].members.firstIndex(where: { $0.candidate == index }) {
                claim.groups[group].members[place].offersGiven += 1
            }
        }
    }

    /// One reservation a person: the one who will fit the ticket soonest takes nothing ranked behind it.
    private mutating func reserve(for ticket: WaitingTicket) -> Bool {
        let free = claim.groups[ticket.group].members.filter {
            obstacle(of: $0, to: ticket) == .noRoom
        }
        let soonest = free.min { a, b in
            let (a, b) = (claim.candidates[a.candidate], claim.candidates[b.candidate])
            return (a.minutesUntilFitting(ticket.effort), a.person) < (b.minutesUntilFitting(ticket.effort), b.person)
        }
        guard let soonest else { return false }
        isReserved[soonest.candidate] = true
        return true
    }

    /// A reason that is the ticket's own, not its group's.
    private func ownHold(_ ticket: WaitingTicket, _ obstacles: Set<Obstacle>) -> Obstacle? {
        if obstacles == [.reserving] { return .reserving }
        if let route = ticket.route { return ticket.declinedBy.contains(route.person) ? .declined : .awaitsManager }
        return obstacles == [.declined] ? .declined : nil
    }

    private func state(of index: Int, unplaced: Set<Obstacle>) -> GroupState {
        let group = claim.groups[index]
        if group.isPaused { return .blocked(.queuePaused) }
        if group.members.isEmpty { return .blocked(.ofGroup(group.excluded)) }
        if assigned[index] > 0 { return .moving }
        if unplaced.contains(.fairLimit) { return .blocked(.fairLimit) }
        // what nobody has room for may not have been read at all
        let hidesLarger = Int64(group.largestEffort.count) > claim.largestRoom(in: index)
        return unplaced.isEmpty && !hidesLarger ? .clear : .blocked(.noRoom)
    }

    private func canTakeMore(_ member: Membership) -> Bool {
        let candidate = claim.candidates[member.candidate]
        return !isReserved[member.candidate] && !member.hasNoOffersLeft && candidate.hasRoom(for: Minutes(1))
    }
}

extension WaitingTicket {
    /// Nothing of its own keeps it from anybody: whom it finds no room with, no larger one will.
    fileprivate var isAnybodys: Bool { declinedBy.isEmpty && route == nil }
}
