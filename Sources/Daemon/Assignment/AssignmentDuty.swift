package import Policy
package import Postgres
internal import Store

/// Gives waiting tickets to free people: look, lock the duty's row, claim, decide, apply; in one transaction.
package struct AssignmentDuty: Duty {
    package static let name = "assignment"
    package static let statements: [any Statement.Type] = [
        WaitingGroups.self, LockDuty.self, GroupMembers.self, WaitingTickets.self, Assign.self, RecordBlockers.self,
        SetAside.self, FinishDuty.self,
    ]

    let log: EventLog
    let batchSize: Int
    /// The instant of a run; nil is the database's own clock.
    let at: @Sendable () -> Instant?

    package init(log: EventLog, batchSize: Int, at: @escaping @Sendable () -> Instant? = { nil }) {
        self.log = log
        self.batchSize = batchSize
        self.at = at
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        let at = at()
        let batch: AssignmentBatch
        do throws(DatabaseError) {
            batch = try await transaction(session, AssignmentBatch(batchSize: batchSize), at)
        } catch {
            // something in the batch is refused: once more, to find it
            guard error.recovery == .setAside else { throw error }
            batch = try await transaction(session, AssignmentBatch(batchSize: batchSize, isCareful: true), at)
        }
        // only what is committed is told
        log.write(batch.events)
        return batch.outcome
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
