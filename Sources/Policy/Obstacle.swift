/// Why someone does not get a ticket, or why tickets wait. The raw value is the code in tables, log and `explain`.
package enum Obstacle: String, Hashable, Sendable, CaseIterable {
    // of a queue
    case queuePaused = "queue_paused"
    case noMembers = "no_members"
    // of a person, by secondline_rules.member_state
    case left
    case lacksSkill = "lacks_skill"
    case notAtWork = "not_at_work"
    case paused
    case absent
    case shiftEnding = "shift_ending"
    case full
    case fairLimit = "fair_limit"
    // between a person and a ticket
    case declined
    case notManager = "not_manager"
    case passed
    case noRoom = "no_room"
    case reserved
    // of a ticket: it is its client's manager's, or the substitute's, who cannot take it now
    case awaitsManager = "awaits_manager"
    // of a ticket: it starves, and the person who will fit it soonest takes nothing ranked behind it
    case reserving
    // of a ticket: the database refused to have it assigned, and it is tried again later
    case setAside = "set_aside"

    /// The obstacle of a whole group: of all that keep its members away, the one that is nearest to ending. Being full and having
    /// too little room left are one to the group: which it is changes with every reply.
    package static func ofGroup(_ excluded: [Obstacle: Int]) -> Obstacle {
        if excluded[.full, default: 0] > 0 && excluded[.fairLimit, default: 0] == 0 { return .noRoom }
        let nearestFirst: [Obstacle] = [
            .fairLimit, .shiftEnding, .absent, .paused, .notAtWork, .lacksSkill, .left,
        ]
        return nearestFirst.first { excluded[$0, default: 0] > 0 } ?? .noMembers
    }
}
