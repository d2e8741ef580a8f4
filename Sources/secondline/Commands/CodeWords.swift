import Policy

/// What the codes of the ledger, the log and the blockers mean, in plain words.
enum CodeWords {
    /// The code as it is everywhere, and what it means: `full: everyone has all they can take`.
    static func explained(_ code: String) -> String {
        guard let words = words(for: code) else { return code.visible() }
        return "\(code): \(words)"
    }

    static func words(for code: String) -> String? {
        if let obstacle = Obstacle(rawValue: code) { return words(for: obstacle) }
        if let reason = Reason(rawValue: code) { return words(for: reason) }
        return switch code {
        case "chosen_by_hand": "somebody chose this person by hand"
        case "overruled_by_head": "a head gave it although there was no room"
        case _: nil
        }
    }

    /// Of what the journal tells; nil when the code says it all.
    static func words(forEvent code: String) -> String? {
        switch code {
        case "returned": "it breaks the regulation of its queue; whoever is named here is asked to complete it"
        case "resubmitted": "completed: it competes from here on"
        case "priority_set": "its priority was changed"
        case "replied": "the client heard from a person"
        case "waiting": "the client was asked: the next move is theirs"
        case "client_replied": "the client said something"
        case "unanswered": "the client did not answer"
        case "handed_over": "passed on to another line by whoever had it"
        case "moved": "put into another queue"
        case "rehomed": "taken from whoever had it, because they are away or have left"
        case "reassigned": "given to somebody by hand"
        case "timed_out": "the offer was left untouched: it goes to the next person"
        case "difficulty": "whoever has it is in difficulty, and has asked the team for help"
        case "escalated": "handed to a developer; whoever has it keeps it"
        case "linked": "joined to a defect that a developer works on already"
        case "rejoined": "taken up again, with the defect that it was joined to"
        case "heard_back": "the developer has finished: whoever has it is to verify"
        case "sent_back": "the defect is still there: back to the developer"
        case "confirmed": "the developer's work did it"
        case "withdrawn": "the developers are not needed any more"
        case "progress": "news from the developer"
        case "asked": "the developer asked whoever has it"
        case "answered": "the developer was answered"
        case "escalation_proposed": "it looks like one for the developers"
        case "escalation_refused": "whoever has it keeps it from the developers"
        case "turned_down": "the suggestion was declined"
        case _: nil
        }
    }

    static func words(for obstacle: Obstacle) -> String {
        switch obstacle {
        case .queuePaused: "the queue is paused"
        case .noMembers: "nobody works on this queue"
        case .left: "has left"
        case .lacksSkill: "does not have the skill it needs"
        case .notAtWork: "is not at work"
        case .paused: "has a pause"
        case .absent: "is absent at the moment"
        case .shiftEnding: "has less than 15 minutes of the shift left"
        case .full: "has no capacity left"
        case .fairLimit: "has had as many offers as the queue's fair-distribution limit allows for now"
        case .declined: "declined this ticket"
        case .notManager: "is not the manager of the ticket's client, nor stands in for them"
        case .passed: "left an offer of this ticket untouched, or escalated it, and others can take it"
        case .noRoom: "has room, but not for a ticket of this size"
        case .reserved: "is kept free for a ticket that has waited too long for room"
        case .awaitsManager: "it waits for its client's manager, or the substitute, who cannot take it now"
        case .reserving: "a person is kept free for it, until it fits"
        case .setAside: "the database refused to have it assigned, and it is tried again later"
        }
    }

    static func words(for reason: Reason) -> String {
        switch reason {
        case .onlyCandidate: "nobody else could take it"
        case .leastLoaded: "clearly the lowest load for their capacity"
        case .knowsClient: "among the equally free, last worked for this client"
        case .idleLongest: "among the equally free, waited longest since their last ticket"
        case .accountManager: "the manager of the ticket's client"
        case .substitute: "stands in for the client's manager, or for who had the ticket"
        case .firstOfEquals: "equal to others in everything, and first by number"
        }
    }
}
