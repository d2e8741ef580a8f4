package import Policy
package import Postgres
internal import Store

/// Gives waiting tickets to free people: look, lock the duty's row, claim, decide, apply; in one transaction.
package struct AssignmentDuty: Duty {
    package static let name = "assignment"
    package static let statements: [any Statement.Type] = [
        Look.self, LockUnlockedPeople.self, LockDuty.self, WaitingTickets.self, Assign.self, RecordBlockers.self,
        SetAside.self, FinishDuty.self,
    ]

    let log: EventLog
    let batchSize: Int
    /// The instant of a run; nil is the database's own clock.
    let at: @Sendable () -> Instant?

    /// What is left after something was assigned is looked at, and explained, when no hint came in the meantime.
    private static let settling: Duration = .milliseconds(50)
    /// Somebody whose row is locked by others may be the only one for a ticket; or the ticket's row was, and nothing changed.
    private static let hindered: Duration = .milliseconds(250)

    package init(log: EventLog, batchSize: Int, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.batchSize = batchSize
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        var settle: Duration?
        var batch = try await batch(session, at)
        let first = batch
        // only what is committed is told
        log.write(batch.events)
        if !batch.fallen.isEmpty {
            // what ranks behind their tickets was not tried: decide anew, among those whom nobody is changing
            batch = try await self.batch(session, at, isUnhindered: false)
            log.write(batch.events)
            // the others' commits may hint or not
            settle = Self.hindered
        }
        let assigned = first.assigned + batch.assigned
        var outcome = DutyOutcome(again: assigned > 0 && batch.isPageFull, dueIn: batch.dueIn)
        if settle == nil, assigned > 0 { settle = Self.settling }
        if settle == nil, first.missed + batch.missed > 0 { settle = Self.hindered }
        if let settle { outcome.dueIn = min(outcome.dueIn ?? settle, settle) }
        return outcome
    }

    private func batch(
        _ session: Session, _ at: Instant?, isUnhindered: Bool = true
    ) async throws(DatabaseError) -> AssignmentBatch {
        do throws(DatabaseError) {
            return try await transaction(session, AssignmentBatch(batchSize: batchSize, isUnhindered: isUnhindered), at)
        } catch {
            // something in the batch is refused: once more, to find it
            guard error.refusesAssignment else { throw error }
            return try await transaction(
                session, AssignmentBatch(batchSize: batchSize, isCareful: true, isUnhindered: isUnhindered), at)
        }
    }

    private func transaction(
        _ session: Session, _ empty: AssignmentBatch, _ at: Instant?
    ) async throws(DatabaseError) -> AssignmentBatch {
        try await session.transaction { (db) throws(DatabaseError) in
            var batch = empty
            try batch.run(db, at: at)
            return batch
        }
    }
}
