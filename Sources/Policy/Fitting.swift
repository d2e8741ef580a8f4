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
        var lowest = fitting[0].relativeLoad
        for one in fitting where one.relativeLoad < lowest { lowest = one.relativeLoad }
        var best: Fitting?
        var equals = 0
        var rivals = 0
        for one in fitting where one.isAsFree(as: lowest) {
            equals += 1
            guard let other = best else {
                best = one
                continue
            }
            // as long idle as the best so far: only the id tells them apart
            if one.lastAssigned == other.lastAssigned { rivals += 1 }
            guard one.goesBefore(other) else { continue }
            if one.lastAssigned != other.lastAssigned { rivals = 0 }
            best = one
        }
        guard let best else { return (fitting[0], .onlyCandidate) }
        if fitting.count == 1 { return (best, .onlyCandidate) }
        if equals == 1 { return (best, .leastLoaded) }
        if best.considered.knowsClient { return (best, .knowsClient) }
        return (best, rivals == 0 ? .idleLongest : .firstOfEquals)
    }

    /// Among the equally free: who knows the client, then who has been idle longest, then the lowest id.
    private func goesBefore(_ other: Fitting) -> Bool {
        if considered.knowsClient != other.considered.knowsClient { return considered.knowsClient }
        let (mine, others) = (lastAssigned?.microseconds ?? .min, other.lastAssigned?.microseconds ?? .min)
        return mine == others ? considered.person < other.considered.person : mine < others
    }

    /// The chosen, then the four who came nearest.
    static func considered(_ fitting: [Fitting], chosen: Fitting) -> [Considered] {
        var nearest: [Int] = []
        nearest.reserveCapacity(5)
        for index in fitting.indices where fitting[index].place != chosen.place {
            if nearest.count == 4, !fitting[index].isNearer(than: fitting[nearest[3]]) { continue }
            let place = nearest.firstIndex { fitting[index].isNearer(than: fitting[$0]) } ?? nearest.count
            nearest.insert(index, at: place)
            if nearest.count > 4 { nearest.removeLast() }
        }
        return [chosen.considered] + nearest.map { fitting[$0].considered }
    }

    private func isNearer(than other: Fitting) -> Bool {
        relativeLoad == other.relativeLoad
            ? considered.person < other.considered.person : relativeLoad < other.relativeLoad
    }
}
