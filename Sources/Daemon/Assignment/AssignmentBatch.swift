internal import Policy
internal import Postgres
internal import Store

/// One transaction of the assignment duty, and what there is to tell about it afterwards.
struct AssignmentBatch: Sendable {
    let batchSize: Int
    /// Applies pairs under savepoints, so that one that the database refuses can be found.
    let isCareful: Bool
    /// Off after somebody fell away: then those whom nobody else is changing are locked first, and only they are asked.
    let isUnhindered: Bool

    private(set) var events: [LogEvent] = []
    private(set) var assigned = 0
    /// The page was full: more tickets may be claimed at once.
    private(set) var isPageFull = false
    /// People who fell away between look and locks. What ranks behind their tickets was not tried: it would overtake.
    private(set) var fallen: Set<PersonID> = []
    /// Tickets that somebody was changing, or another duty was looking at.
    private(set) var missed = 0
    /// When time alone frees somebody.
    private(set) var dueIn: Duration?

    init(batchSize: Int, isCareful: Bool = false, isUnhindered: Bool = true) {
        self.batchSize = batchSize
        self.isCareful = isCareful
        self.isUnhindered = isUnhindered
    }

    /// - Parameter at: nil is the database's own clock.
    mutating func run(_ db: Database, at: Instant?) throws(DatabaseError) {
        guard var look = LookResult(try db.query(Look(at: at, limit: Look.candidates))) else { return }
        dueIn = look.dueIn
        if !isUnhindered {
            look.keep(only: Set(try db.query(LockUnlockedPeople(look.claim.candidates.map(\.person)))))
        }
        let claim = look.claim
        let open = OpenGroups(claim)
        if open.places.isEmpty, record(Assigner.plan([], in: claim), look) == nil { return }

        var limit = min(max(32, 2 * claim.slots), batchSize)
        let (locked, first) = try db.pipeline(LockDuty(AssignmentDuty.name, at: claim.at), open.tickets(limit))
        // another daemon is doing it, and is hinted as we are
        guard let isFinishDue = locked.first else { return }
        var page = first
        var plan = open.plan(page)
        while plan.wantsMore(than: page.count, limit: limit, batchSize: batchSize) {
            limit = min(limit * 8, 20 * batchSize)
            page = try db.query(open.tickets(limit))
            plan = open.plan(page)
        }
        isPageFull = page.count >= limit || plan.choices.count > batchSize
        plan.choices = Array(plan.choices.prefix(batchSize))
        if isFinishDue { try db.execute(FinishDuty(AssignmentDuty.name, at: claim.at)) }
        try apply(plan, record(plan, look), at: claim.at, db)
    }

    /// Applies the pairs, records why the others wait, and commits, in one round trip where it can.
    private mutating func apply(
        _ plan: AssignmentPlan, _ record: RecordBlockers?, at now: Instant, _ db: Database
    ) throws(DatabaseError) {
        switch (plan.choices.isEmpty, record) {
        case (true, nil): return
        case (true, let record?): try db.execute(record)
        case (false, _) where isCareful:
            try applyCarefully(plan.choices, at: now, db)
            if let record { try db.execute(record) }
        case (false, let record?):
            note(try db.commit(after: Assign(at: now, choices: plan.choices[...]), record).0, plan.choices[...])
        case (false, nil):
            note(try db.commit(after: Assign(at: now, choices: plan.choices[...])), plan.choices[...])
        }
        if let record { events += record.events }
    }

    /// A pair that the database refuses is found by halving, and set aside alone.
    private mutating func applyCarefully(_ choices: [Choice], at now: Instant, _ db: Database) throws(DatabaseError) {
        var parts = [choices[...]]
        while let part = parts.popLast(), fallen.isEmpty {
            do throws(DatabaseError) {
                let rows = try db.savepoint { (db) throws(DatabaseError) in try db.query(Assign(at: now, choices: part))
                }
                note(rows, part)
            } catch {
                guard error.refusesAssignment else { throw error }
                if part.count > 1 {
                    let middle = part.startIndex + part.count / 2
                    // the first half first: it ranks before the second
                    parts.append(part[middle...])
                    parts.append(part[..<middle])
                    continue
                }
                let ticket = part[part.startIndex].ticket
                let seconds = try db.first(SetAside(at: now, ticket: ticket, error: "\(error)")) ?? 0
                events.append(.ticketSetAside(ticket, retryIn: Duration(databaseSeconds: seconds), error: "\(error)"))
            }
        }
    }

    private mutating func note(_ rows: [Assign.Row], _ choices: ArraySlice<Choice>) {
        for (row, choice) in zip(rows, choices) {
            switch row.outcome {
            case .assigned:
                assigned += 1
                let waited = Duration(databaseSeconds: row.waited ?? 0)
                events.append(.ticketAssigned(row.ticket, to: row.person, reason: choice.reason, waited: waited))
            case .personChanged: fallen.insert(row.person)
            case .ticketChanged: missed += 1
            case .notTried: break
            }
        }
    }

    /// Why tickets wait, where it changed; nil when nothing did. Without the people who are being changed nobody can tell.
    private func record(_ plan: AssignmentPlan, _ look: LookResult) -> RecordBlockers? {
        guard isUnhindered else { return nil }
        let record = RecordBlockers(at: look.claim.at, claim: look.claim, plan: plan, gone: look.gone)
        return record.changesNothing ? nil : record
    }
}

extension RecordBlockers {
    fileprivate var events: [LogEvent] {
        newlyBlocked.map { .queueBlocked(queue: $0.queue, skill: $0.skill, reason: $0.reason) }
            + gone.map { .queueUnblocked(queue: $0.queue, skill: $0.skill) }
            + holds.compactMap { hold in hold.reason.map { .ticketHeld(hold.ticket, reason: $0) } }
    }
}

extension DatabaseError {
    /// The database refuses what `Assign` writes, whatever rule or trigger says so; not the function itself, which has no context.
    var refusesAssignment: Bool {
        switch recovery {
        case .setAside: true
        case .stop: kind == .server && statement == Assign.name && context != nil && sqlState != "42501"
        case .retry, .reconnect: false
        }
    }
}
