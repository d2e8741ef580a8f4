import Postgres
import TestSupport
import Testing

/// Gives a suite a migrated database of its own and a session in it as a superuser, who acts as a program does.
struct OwnDatabase: SuiteTrait, TestScoping {
    @TaskLocal static var current: OwnDatabase.Handle?

    struct Handle: Sendable {
        let database: ScratchDatabase
        let session: Session
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let database = try await ScratchDatabase.migrated()
        let session = try await database.session()
        // nothing here has to outlive the server
        try await session.script("alter database \(database.name) set synchronous_commit = off")
        try await session.script("set synchronous_commit = off")
        let result: Result<Void, any Error>
        do {
            try await Self.$current.withValue(Handle(database: database, session: session), operation: function)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await session.close()
        try await database.drop()
        try result.get()
    }
}

extension Trait where Self == OwnDatabase {
    static var ownDatabase: OwnDatabase { OwnDatabase() }
}

/// The suite's session.
var db: Session { OwnDatabase.current!.session }

/// Another session in the suite's database, closed when the body ends.
func withSession<R: Sendable>(
    as login: String? = nil, _ body: @Sendable (Session) async throws -> R
) async throws -> R {
    let session = try await OwnDatabase.current!.database.session()
    let result: Result<R, any Error>
    do {
        if let login { try await session.script("set session authorization \(quoteIdentifier(login))") }
        result = .success(try await body(session))
    } catch {
        result = .failure(error)
    }
    // the server would drop it a moment after the session has gone, and until then nobody could drop the login
    _ = try? await session.script("discard temp")
    await session.close()
    return try result.get()
}

/// Runs the body while another session in the suite's database has run this SQL and not yet committed; it commits afterwards.
func whileHolding<R: Sendable>(_ sql: String, _ body: @Sendable () async throws -> R) async throws -> R {
    try await OwnDatabase.current!.database.whileHolding(sql, body)
}

/// Returns when so many statements in the suite's database wait for a row or a transaction.
func untilWaiting(_ count: Int) async throws {
    try await withSession { session in
        while try await session.value(
            """
            select count(distinct a.pid) from pg_locks l join pg_stat_activity a using (pid)
             where not l.granted and l.locktype in ('transactionid', 'tuple') and a.datname = current_database()
            """) != "\(count)"
        {}
    }
}

extension Session {
    /// The only value of the only row; nil when that is null or there is no row.
    func value(_ sql: String) async throws -> String? {
        let rows = try await simpleQuery(sql)
        #expect(rows.count <= 1)
        return rows.first?.first ?? nil
    }

    /// Rows with their columns joined by "|", null is "-".
    func lines(_ sql: String) async throws -> [String] {
        try await simpleQuery(sql).map { row in row.map { $0 ?? "-" }.joined(separator: "|") }
    }

    /// The error of a statement that must be refused.
    func refusal(_ sql: String, location: SourceLocation = #_sourceLocation) async -> DatabaseError? {
        do {
            try await script(sql)
            Issue.record("not refused: \(sql)", sourceLocation: location)
            return nil
        } catch {
            return error
        }
    }

    /// Expects a refusal with this SQLSTATE, and with a hint unless the constraint or the state itself says it all.
    func expectRefusal(
        _ state: SQLState, constraint: String? = nil, hint: Bool = true, _ sql: String,
        location: SourceLocation = #_sourceLocation
    ) async {
        guard let error = await refusal(sql, location: location) else { return }
        #expect(error.sqlState == state, "\(sql): \(error)", sourceLocation: location)
        if let constraint { #expect(error.constraint == constraint, "\(error)", sourceLocation: location) }
        if hint { #expect(error.hint?.isEmpty == false, "no hint: \(error)", sourceLocation: location) }
    }
}

/// Random numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
