internal import Policy
package import Postgres
internal import Store

/// One thing that the daemon does. It does the same each time it runs, whatever woke it.
package protocol Duty: Sendable {
    /// Its row in `secondline.duty`, and its name in the log.
    static var name: String { get }
    /// Prepared before the first run, so that a schema that drifted is found before work begins.
    static var statements: [any Statement.Type] { get }

    /// How long after each connecting it leaves the others alone; zero unless it judges their work.
    var settlesFor: Duration { get }

    /// Does what there is to do now. Throws what the loop answers by the error's `recovery`.
    func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome

    /// Ends what is in hand, within some 6 seconds; the session may be closed.
    func stop(_ session: Session) async throws(DatabaseError)
}

extension Duty {
    package var settlesFor: Duration { .zero }

    package func stop(_ session: Session) async throws(DatabaseError) {}

    /// Readies an open session: plans made once for any parameters, because planning would cost more than running.
    package static func prepare(_ session: Session) async throws(DatabaseError) {
        try await session.set([("plan_cache_mode", "force_generic_plan"), ("jit", "off")])
        try await session.prepare(statements)
    }
}

extension Duty {
    /// What the body does in a transaction that holds the duty's row; nil while another daemon holds it.
    func holding<R: Sendable>(
        at: Instant?, in session: Session, _ body: @Sendable (Database) throws(DatabaseError) -> R
    ) async throws(DatabaseError) -> R? {
        try await session.transaction { (db) throws(DatabaseError) -> R? in
            guard let isFinishDue = try db.first(LockDuty(Self.name, at: at)) else { return nil }
            let result = try body(db)
            if isFinishDue { try db.execute(FinishDuty(Self.name, at: at)) }
            return result
        }
    }

    /// The rows of its one statement; none while another daemon holds the duty.
    func rows<S: Statement>(
        of statement: S, at: Instant?, in session: Session
    ) async throws(DatabaseError) -> [S.Row] {
        try await holding(at: at, in: session) { (db) throws(DatabaseError) in try db.query(statement) } ?? []
    }
}

package struct DutyOutcome: Sendable, Equatable {
    /// There may be more to do at once.
    package var again = false
    /// When time alone gives it something to do, however often it is hinted or polls.
    package var dueIn: Duration?

    package init(again: Bool = false, dueIn: Duration? = nil) {
        self.again = again
        self.dueIn = dueIn
    }

    /// Due in so many seconds, now when they are over, and not at all when nil.
    mutating func isDue(in seconds: Double?) {
        guard let seconds else { return }
        if seconds <= 0 { again = true } else { dueIn = Duration(databaseSeconds: seconds) }
    }
}
