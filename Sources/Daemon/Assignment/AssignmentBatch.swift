package import Policy
package import Postgres
internal import Store

/// One transaction of the assignment duty, and what there is to tell about it afterwards.
package struct AssignmentBatch: Sendable {
    let batchSize: Int
    /// Applies pairs under savepoints, so that one that the database refuses can be found.
    let isCareful: Bool
    package private(set) var events: [LogEvent] = []
    package private(set) var outcome = DutyOutcome()
    package private(set) var assigned = 0

    package init(batchSize: Int, isCareful: Bool = false) {
        self.batchSize = batchSize
        self.isCareful = isCareful
    }

    /// People who fell away between claim and locks; in this transaction they are not asked again.
    private var fallen: Set<PersonID> = []

    /// Rounds of one transaction: each but the first decides anew without the people who fell away.
    private static let rounds = 4

    /// - Parameter at: nil is the database's own clock.
    package mutating func run(_ db: Database, at: Instant?) throws(DatabaseError) {
        let rows = try db.query(WaitingGroups(at: at))
        guard let now = rows.first?.at else { return }
        let waiting = rows.filter(\.isWaiting)
        let look = GroupMembers(at: now, queues: waiting.map(\.queue), skills: waiting.map(\.skill), limit: batchSize)

        let (locked, members) = try db.pipeline(LockDuty(AssignmentDuty.name), look)
        // another daemon is doing it, and is hinted as we are
        guard !locked.isEmpty else { return }

        var claim = claim(now, waiting, members)
        var plan = try plan(claim, db)
        for round in 1...Self.rounds where !plan.choices.isEmpty {
            let before = fallen.count
            try apply(plan, at: now, db)
            if fallen.count == before || round == Self.rounds { break }
            claim = self.claim(now, waiting, try db.query(look))
            plan = try self.plan(claim, db)
        }
        if fallen.isEmpty {
            try record(plan, claim, gone: rows.filter { !$0.isWaiting }, db)
        } else {
            // they were being changed by others, whose commits may hint or not; what blocks the rest is not known yet
            outcome.dueIn = .milliseconds(50)
        }
        if locked[0] && !events.isEmpty {
            try db.execute(FinishDuty(AssignmentDuty.name, at: now))
        }
        outcome.again = assigned > 0
    }

    private mutating func claim(
        _ now: Instant, _ waiting: [WaitingGroups.Row], _ members: [GroupMembers.Row]
    ) -> Claim {
        var groups = waiting.map {
            WaitingGroup(queue: $0.queue, skill: $0.skill, isPaused: $0.isPaused, blocker: $0.blocker)
        }
        var candidates: [Candidate] = []
        var places: [PersonID: Int] = [:]
        for row in members {
            switch row {
            case .candidate(let group, let candidate, let offersLeft, let isSpared):
                if fallen.contains(candidate.person) { continue }
                let place = places[candidate.person] ?? candidates.count
                if place == candidates.count {
                    places[candidate.person] = place
                    candidates.append(candidate)
                }
                groups[group].members.append(Membership(candidate: place, offersLeft: offersLeft, isSpared: isSpared))
            case .excluded(let group, let obstacle, let count, let freeAgainAt):
                groups[group].excluded[obstacle] = count
                if let freeAgainAt {
                    let due = Duration.microseconds(max(0, freeAgainAt.microseconds - now.microseconds))
                    outcome.dueIn = min(outcome.dueIn ?? due, due)
                }
            }
        }
        return Claim(at: now, groups: groups, candidates: candidates)
    }

    /// Claims a page that should suffice, and a larger one when tickets without room hid others behind them.
    private func plan(_ claim: Claim, _ db: Database) throws(DatabaseError) -> AssignmentPlan {
        let open = claim.groups.indices.filter {
            !claim.groups[$0].isPaused && !claim.groups[$0].members.isEmpty
        }
        guard !open.isEmpty else { return Assigner.plan([], in: claim) }
        let slots = claim.candidates.reduce(0) { $0 + max(1, $1.room.count / Minutes.reply.count) }
        var limit = min(max(32, 2 * slots), batchSize)
        while true {
            let page = try db.query(
                WaitingTickets(
                    at: claim.at, queues: open.map { claim.groups[$0].queue },
                    skills: open.map { claim.groups[$0].skill },
                    rooms: open.map { claim.largestRoom(in: $0) },
                    starving: open.map { Int64(claim.groups[$0].members.count) }, limit: limit))
            let plan = Assigner.plan(page.map { $0.inGroup(open[$0.group]) }, in: claim)
            let isFull = page.count >= limit
            if !isFull || plan.choices.count >= batchSize || !plan.leavesRoom || plan.choices.count == page.count
                || limit >= 20 * batchSize
            {
                return plan
            }
            limit = min(limit * 8, 20 * batchSize)
        }
    }

    /// Applies the pairs in one statement; one that the database refuses is found by halving, and set aside alone.
    private mutating func apply(_ plan: AssignmentPlan, at now: Instant, _ db: Database) throws(DatabaseError) {
        var reasons: [TicketID: Reason] = [:]
        for choice in plan.choices { reasons[choice.ticket] = choice.reason }
        var parts = plan.choices.isEmpty ? [] : [plan.choices[...]]
        while let part = parts.popLast() {
            do throws(DatabaseError) {
                let statement = Assign(at: now, choices: part)
                let rows =
                    isCareful
                    ? try db.savepoint { (db) throws(DatabaseError) in try db.query(statement) } : try db.query(statement)
                for row in rows {
                    switch row.outcome {
                    case .assigned:
                        assigned += 1
                        events.append(
                            .ticketAssigned(
                                row.ticket, to: row.person, reason: reasons[row.ticket] ?? .leastLoaded,
                                waited: .milliseconds(Int64((row.waited ?? 0) * 1000))))
                    case .personChanged: fallen.insert(row.person)
                    case .ticketChanged, .notTried: break
                    }
                }
                // what is left of the plan ranks behind
                if !fallen.isEmpty { parts = [] }
            } catch {
                guard isCareful, error.recovery == .setAside else { throw error }
                if part.count > 1 {
                    let middle = part.startIndex + part.count / 2
                    // the first half first: it ranks before the second
                    parts.append(part[middle...])
                    parts.append(part[..<middle])
                    continue
                }
                let ticket = part[part.startIndex].ticket
                let seconds = try db.first(SetAside(at: now, ticket: ticket, error: "\(error)")) ?? 0
                events.append(.ticketSetAside(ticket, retryIn: .milliseconds(Int64(seconds * 1000)), error: "\(error)"))
            }
        }
    }

    /// Writes why tickets wait, where it changed.
    private mutating func record(
        _ plan: AssignmentPlan, _ claim: Claim, gone: [WaitingGroups.Row], _ db: Database
    ) throws(DatabaseError) {
        var blocked: [RecordBlockers.Group] = []
        var changes: [LogEvent] = gone.map { .queueUnblocked(queue: $0.queue, skill: $0.skill) }
        for (group, found) in zip(claim.groups, plan.groupBlockers) {
            guard let reason = found ?? group.blocker else { continue }
            blocked.append(RecordBlockers.Group(queue: group.queue, skill: group.skill, reason: reason))
            if reason != group.blocker {
                changes.append(.queueBlocked(queue: group.queue, skill: group.skill, reason: reason))
            }
        }
        if changes.isEmpty && plan.changedHolds.isEmpty { return }
        try db.execute(RecordBlockers(at: claim.at, groups: blocked, holds: plan.changedHolds))
        events += changes
        events += plan.changedHolds.compactMap { hold in hold.reason.map { .ticketHeld(hold.ticket, reason: $0) } }
    }
}
