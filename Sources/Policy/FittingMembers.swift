/// A member who could take one particular ticket; small, because every ticket looks at every member.
struct Fitting {
    /// Index into the group's members.
    let place: Int
    /// Load that counts in the comparison, relative to capacity.
    let relativeLoad: Double
}

/// Those who could take one particular ticket, and which of them should.
struct FittingMembers {
    private(set) var all: [Fitting] = []
    private var lowest = Double.infinity

    mutating func removeAll() {
        all.removeAll(keepingCapacity: true)
        lowest = .infinity
    }

    /// Someone whose skills are needed elsewhere counts as one ticket fuller.
    mutating func append(_ place: Int, _ candidate: Candidate, isSpared: Bool, effort: Minutes) {
        let counted = candidate.load.count + (isSpared ? effort.count : 0)
        let relativeLoad = Double(counted) / Double(max(1, candidate.capacity.count))
        if relativeLoad < lowest { lowest = relativeLoad }
        all.append(Fitting(place: place, relativeLoad: relativeLoad))
    }

    /// The choice (a place among the group's members) and the rule that decided it. There is somebody to choose from.
    func best(for ticket: WaitingTicket, among members: [Membership], _ candidates: [Candidate]) -> (place: Int, Reason)
    {
        if let preferred = ticket.preferred,
            let own = all.first(where: { candidates[members[$0.place].candidate].person == preferred })
        {
            return (own.place, ticket.route.flatMap { $0.person == preferred ? $0.reason : nil } ?? .substitute)
        }
        if let route = ticket.route { return (all[0].place, route.reason) }
        var best: (place: Int, candidate: Candidate, knowsClient: Bool)?
        var equals = 0
        var rivals = 0
        for fitting in all {
            let excess = fitting.relativeLoad - lowest
            // within one reply of the best: as free as they are, for all that it matters
            if excess > 0, excess * Double(candidates[members[fitting.place].candidate].capacity.count) > Self.reply {
                continue
            }
            let candidate = candidates[members[fitting.place].candidate]
            let knowsClient = candidate.person == ticket.knownBy
            equals += 1
            guard let other = best else {
                best = (fitting.place, candidate, knowsClient)
                continue
            }
            // as long idle as the best so far: only the id tells them apart
            if candidate.lastAssigned == other.candidate.lastAssigned { rivals += 1 }
            let goesBefore =
                knowsClient != other.knowsClient ? knowsClient : candidate.hasWaitedLonger(than: other.candidate)
            guard goesBefore else { continue }
            if candidate.lastAssigned != other.candidate.lastAssigned { rivals = 0 }
            best = (fitting.place, candidate, knowsClient)
        }
        guard let best else { return (all[0].place, .onlyCandidate) }
        if all.count == 1 { return (best.place, .onlyCandidate) }
        if equals == 1 { return (best.place, .leastLoaded) }
        return (best.place, best.knowsClient ? .knowsClient : rivals == 0 ? .idleLongest : .firstOfEquals)
    }

    /// The four places that came nearest to the chosen one.
    func nearest(to chosen: Int, among members: [Membership], _ candidates: [Candidate]) -> [Int] {
        var nearest: [Fitting] = []
        nearest.reserveCapacity(5)
        func isNearer(_ a: Fitting, _ b: Fitting) -> Bool {
            a.relativeLoad == b.relativeLoad
                ? candidates[members[a.place].candidate].person < candidates[members[b.place].candidate].person
                : a.relativeLoad < b.relativeLoad
        }
        for fitting in all where fitting.place != chosen {
            if nearest.count == 4, !isNearer(fitting, nearest[3]) { continue }
            let place = nearest.firstIndex { isNearer(fitting, $0) } ?? nearest.count
            nearest.insert(fitting, at: place)
            if nearest.count > 4 { nearest.removeLast() }
        }
        return nearest.map(\.place)
    }

    private static let reply = Double(Minutes.reply.count)
}

extension Candidate {
    /// Longer since their last ticket; equals go by id.
    fileprivate func hasWaitedLonger(than other: Candidate) -> Bool {
        let (mine, others) = (lastAssigned?.microseconds ?? .min, other.lastAssigned?.microseconds ?? .min)
        return mine == others ? person < other.person : mine < others
    }
}

extension Route {
    fileprivate var reason: Reason { person == manager ? .accountManager : .substitute }
}
