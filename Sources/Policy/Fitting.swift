/// A member who could take one particular ticket.
struct Fitting {
    let place: Int
    let member: Membership
    let considered: Considered
    let lastAssigned: Instant?
    /// Load that counts in the comparison, relative to capacity.
    let relativeLoad: Double

    init(_ place: Int, _ member: Membership, _ candidate: Candidate, _ ticket: WaitingTicket) {
        self.place = place
        self.member = member
        lastAssigned = candidate.lastAssigned
        considered = Considered(
            person: candidate.person, load: candidate.load, capacity: candidate.capacity,
            isSpared: member.isSpared, knowsClient: candidate.person == ticket.knownBy)
        let counted = candidate.load + (member.isSpared ? ticket.effort : Minutes(0))
        relativeLoad = Double(counted.count) / Double(max(1, candidate.capacity.count))
    }

    /// Within one reply of the best: as free as they are, for all that it matters.
    private func isAsFree(as best: Double) -> Bool {
        (relativeLoad - best) * Double(considered.capacity.count) <= Double(Minutes.reply.count)
    }

    /// The choice and the rule that decided it. `fitting` is not empty.
    static func best(of fitting: [Fitting]) -> (Fitting, Reason) {
        let lowest = fitting.min { $0.relativeLoad < $1.relativeLoad }!.relativeLoad
        let equals = fitting.filter { $0.isAsFree(as: lowest) }
        if fitting.count == 1 { return (equals[0], .onlyCandidate) }
        if equals.count == 1 { return (equals[0], .leastLoaded) }
        if let known = equals.first(where: \.considered.knowsClient) { return (known, .knowsClient) }
        let idlest = equals.min { a, b in
            (a.lastAssigned?.microseconds ?? .min, a.considered.person) < (
                b.lastAssigned?.microseconds ?? .min, b.considered.person
            )
        }!
        let isAlone = equals.allSatisfy { $0.place == idlest.place || $0.lastAssigned != idlest.lastAssigned }
        return (idlest, isAlone ? .idleLongest : .firstOfEquals)
    }

    /// The chosen, then the four who came nearest.
    static func considered(_ fitting: [Fitting], chosen: Fitting) -> [Considered] {
        var nearest: [Fitting] = []
        for other in fitting where other.place != chosen.place {
            let place = nearest.firstIndex { other.isNearer(than: $0) } ?? nearest.count
            if place < 4 {
                nearest.insert(other, at: place)
                if nearest.count > 4 { nearest.removeLast() }
            }
        }
        return [chosen.considered] + nearest.map(\.considered)
    }

    private func isNearer(than other: Fitting) -> Bool {
        (relativeLoad, considered.person) < (other.relativeLoad, other.considered.person)
    }
}
