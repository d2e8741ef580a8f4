package import Policy
package import Postgres
internal import Store

/// Gives waiting tickets to free people: look, lock the duty's row, claim, decide, apply; in one transaction.
package struct AssignmentDuty: Duty {
    package static let name = "assignment"
    package static let statements: [any Statement.Type] = [
        Look.self, LockDuty.self, WaitingTickets.self, Assign.self, RecordBlockers.self, SetAside.self, FinishDuty.self,
    ]

    let log: EventLog
    let batchSize: Int
    /// The instant of a run; nil is the database's own clock.
    let at: @Sendable () -> Instant?

    /// How often a run decides anew because people fell away; then it leaves the rest to the next.
    private static let rounds = 4

    /// What is left after something was assigned is looked at, and explained, when no hint came in the meantime.
    private static let settling: Duration = .milliseconds(50)

    package init(log: EventLog, batchSize: Int, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.batchSize = batchSize
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        var outcome = DutyOutcome()
        var settle: Duration?
        var fallen: Set<PersonID> = []
        for _ in 1...Self.rounds {
            let batch = try await batch(session, at, without: fallen)
            // only what is committed is told
            log.write(batch.events)
            outcome.again = batch.assigned > 0 && batch.isPageFull
            outcome.dueIn = batch.dueIn
            if batch.assigned > 0 { settle = Self.settling }
            fallen.formUnion(batch.fallen)
            if batch.fallen.isEmpty { break }
        }
        // those who fell away were being changed by others, whose commits may hint or not
        if !fallen.isEmpty { settle = Self.settling }
        if let settle { outcome.dueIn = min(outcome.dueIn ?? settle, settle) }
        return outcome
    }

    private func batch(
        _ session: Session, _ at: Instant?, without fallen: Set<PersonID>
    ) async throws(DatabaseError) -> AssignmentBatch {
        do throws(DatabaseError) {
            return try await transaction(session, AssignmentBatch(batchSize: batchSize, without: fallen), at)
        } catch {
            // something in the batch is refused: once more, to find it
            guard error.recovery == .setAside else { throw error }
            return try await transaction(
                session, AssignmentBatch(batchSize: batchSize, isCareful: true, without: fallen), at)
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
