import CPostgreSQL

/// A transaction, as its body sees it. BEGIN travels with the first statement; nothing here awaits.
package final class Database {
    private let connection: Connection
    /// Commands that travel with the next statement.
    private var pending: [String]
    /// The error that put the transaction into its failed state.
    private var failure: DatabaseError?
    private var depth = 0
    private var hasEnded = false

    init(_ connection: Connection) {
        self.connection = connection
        pending = connection.opening
    }

    package func query<S: Statement>(_ statement: S) throws(DatabaseError) -> [S.Row] {
        let request = try Request(statement)
        return try run([request])[0].rows(of: S.self)
    }

    /// The first row, if any; the statement should limit itself.
    package func first<S: Statement>(_ statement: S) throws(DatabaseError) -> S.Row? { try query(statement).first }

    /// How many rows were inserted, updated, deleted or selected.
    @discardableResult
    package func execute<S: Statement>(_ statement: S) throws(DatabaseError) -> Int {
        let request = try Request(statement)
        return try run([request])[0].affectedRows
    }

    /// All statements in one round trip, in order; when one fails, the later ones do not run.
    package func pipeline<each S: Statement>(
        _ statements: repeat each S
    ) throws(DatabaseError) -> (repeat [(each S).Row]) {
        var requests: [Request] = []
        for statement in repeat each statements { requests.append(try Request(statement)) }
        var answers = try run(requests)[...]
        return (repeat try answers.removeFirst().rows(of: (each S).self))
    }

    /// All statements and COMMIT in one round trip: the last thing that a body does. When one fails, nothing is committed.
    package func commit<each S: Statement>(
        after statements: repeat each S
    ) throws(DatabaseError) -> (repeat [(each S).Row]) {
        var requests: [Request] = []
        for statement in repeat each statements { requests.append(try Request(statement)) }
        var answers = try commit(after: requests)[...]
        return (repeat try answers.removeFirst().rows(of: (each S).self))
    }

    func commit(after requests: [Request]) throws(DatabaseError) -> [Answer] {
        try checkUsable()
        var answers: [Answer]
        do { answers = try connection.perform(requests, after: &pending, before: ["commit"], commits: true) } catch {
            throw note(error)
        }
        hasEnded = true
        try checkCommitted(answers.popLast())
        return answers
    }

    /// Several statements in one string, without parameters. `timeout` replaces the session's call timeout.
    package func script(_ sql: String, timeout: Duration? = nil) throws(DatabaseError) {
        _ = try simple(sql, timeout: timeout)
    }

    /// The rows of all statements in the string, as text.
    package func simpleQuery(_ sql: String) throws(DatabaseError) -> [[String?]] {
        try simple(sql).flatMap(\.textRows)
    }

    /// Undoes what the body did when it throws, and throws the same error.
    @discardableResult
    package func savepoint<R>(
        _ body: (Database) throws(DatabaseError) -> R
    ) throws(DatabaseError) -> R {
        depth += 1
        defer { depth -= 1 }
        let name = "s\(depth)"
        pending.append("savepoint \(name)")
        let mark = pending.count
        do throws(DatabaseError) {
            let value = try body(self)
            if let failure { throw failure }
            if pending.count >= mark, pending[mark - 1] == "savepoint \(name)" {
                pending.removeSubrange((mark - 1)...)
            } else {
                pending.append("release \(name)")
            }
            return value
        } catch {
            try rollBack(to: name, mark)
            throw error
        }
    }

    private func rollBack(to name: String, _ mark: Int) throws(DatabaseError) {
        // Nothing was sent since: the server does not know the savepoint.
        if pending.count >= mark, pending[mark - 1] == "savepoint \(name)" {
            pending.removeSubrange((mark - 1)...)
            return
        }
        pending = []
        if connection.handle == nil { return }
        _ = try connection.command(["rollback to savepoint \(name)", "release savepoint \(name)"])
        failure = nil
    }

    private func run(_ requests: [Request]) throws(DatabaseError) -> [Answer] {
        try checkUsable()
        do { return try connection.perform(requests, after: &pending) } catch { throw note(error) }
    }

    private func simple(_ sql: String, timeout: Duration? = nil) throws(DatabaseError) -> [Answer] {
        try checkUsable()
        let commands = pending
        pending = []
        do {
            if !commands.isEmpty { _ = try connection.command(commands) }
            var call = Call(deadline: .now + (timeout ?? connection.callTimeout), statement: "script")
            return try connection.simple(sql, &call)
        } catch {
            throw note(error)
        }
    }

    private func checkUsable() throws(DatabaseError) {
        if hasEnded { throw DatabaseError(.usage, "the transaction has ended; do not keep its database") }
        if let failure { throw failure }
    }

    private func note(_ error: DatabaseError) -> DatabaseError {
        if error.kind != .usage { failure = failure ?? error }
        return error
    }

    /// Commits, unless a statement failed: then rolls back and throws what failed.
    func commit() throws(DatabaseError) {
        if hasEnded { return }
        hasEnded = true
        if let failure {
            rollBack()
            throw failure
        }
        if pending.first == Connection.begin { return }
        guard !connection.isIdle else { throw DatabaseError(.usage, "the body ended its transaction by itself") }
        try checkCommitted(connection.command(pending + ["commit"], commits: true).last)
    }

    private func checkCommitted(_ answer: Answer?) throws(DatabaseError) {
        if answer?.tag != "COMMIT" { throw DatabaseError(.server, "the server rolled back instead of committing") }
    }

    func rollBack() {
        hasEnded = true
        guard connection.handle != nil, !connection.isIdle else { return }
        do { _ = try connection.command(["rollback"]) } catch { connection.abandon() }
    }
}
