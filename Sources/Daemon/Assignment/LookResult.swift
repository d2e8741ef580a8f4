import Policy
import Store

/// What the look found, sorted out.
struct LookResult {
    private(set) var claim: Claim
    /// Groups that are recorded as blocked although nothing waits in them any more.
    private(set) var gone: [WaitingGroup] = []
    /// When time alone frees somebody.
    private(set) var dueIn: Duration?

    /// Nil when there is nothing to look at.
    init?(_ rows: [Look.Row]) {
        var groups: [Int: WaitingGroup] = [:]
        var now: Instant?
        for case .group(let at, let place, let group, let isWaiting) in rows {
            now = at
            if isWaiting { groups[place] = group } else { gone.append(group) }
        }
        guard let now else { return nil }
        claim = Claim(at: now, groups: groups.keys.sorted().compactMap { groups[$0] }, candidates: [])
        var places: [PersonID: Int] = [:]
        for row in rows {
            switch row {
            case .group: continue
            case .candidate(let group, let candidate, let offersLeft, let isSpared):
                let place = places[candidate.person] ?? claim.candidates.count
                if place == claim.candidates.count {
                    places[candidate.person] = place
                    claim.candidates.append(candidate)
                }
                claim.groups[group].members.append(
                    Membership(candidate: place, offersLeft: offersLeft, isSpared: isSpared))
            case .excluded(let group, let obstacle, let count, let freeAgainAt):
                claim.groups[group].excluded[obstacle] = count
                if let freeAgainAt {
                    let due = Duration.microseconds(max(0, freeAgainAt.microseconds - now.microseconds))
                    dueIn = min(dueIn ?? due, due)
                }
            }
        }
    }

    /// Leaves out the others.
    mutating func keep(only people: Set<PersonID>) {
        for index in claim.groups.indices {
            claim.groups[index].members.removeAll { !people.contains(claim.candidates[$0.candidate].person) }
        }
    }
}
