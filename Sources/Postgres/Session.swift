/// One connection, and the queue on which all that uses it runs.
package actor Session {
    private let options: SessionOptions
    private let executor: QueueExecutor
    private var connection: Connection?
    private var info: ServerInfo?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Does not connect yet.
    package init(options: SessionOptions) {
        self.options = options
        executor = QueueExecutor(label: "postgres.session")
    }

    /// Connects, sets the limits of `options`, and prepares the statements, which checks them against the schema. Closes what was
    /// open before. Throws `.connection`, `.usage`, or `.server` with the statement that does not fit.
    package func open(preparing statements: [any Statement.Type] = []) async throws(DatabaseError) {
        await close()
        let fresh = try Connection.connect(options)
        try fresh.prepare(statements)
        info = fresh.info
        connection = fresh
    }

    /// Prepares statements on the open session, which checks them against the schema.
    package func prepare(_ statements: [any Statement.Type]) async throws(DatabaseError) {
        try opened().prepare(statements)
    }

    /// Holds for all statements from now on; scripts behind a transaction pooler have the server's own settings.
    package func set(_ settings: [ServerSetting]) async throws(DatabaseError) { try opened().set(settings) }

    package func close() async {
        connection?.close()
        connection = nil
    }

    /// False as soon as a call has found the connection lost.
    package var isOpen: Bool { connection?.handle != nil }

    /// The server of the last `open`. Throws `.connection` before the first.
    package var server: ServerInfo {
        get throws(DatabaseError) {
            guard let info else { throw DatabaseError(.connection, "the session is not open") }
            return info
        }
    }

    /// BEGIN … COMMIT around a synchronous body; ROLLBACK when it throws. With `outcomeUnknown` in the error it may have been
    /// committed. A statement's failure that the body swallows outside a savepoint is thrown all the same.
    @discardableResult
    package func transaction<R: Sendable>(
        _ body: @Sendable (Database) throws(DatabaseError) -> R
    ) async throws(DatabaseError) -> R {
        let database = Database(try opened())
        let value: R
        do {
            value = try body(database)
        } catch {
            database.rollBack()
            throw error
        }
        try database.commit()
        return value
    }

    /// One statement that commits by itself.
    package func query<S: Statement>(_ statement: S) async throws(DatabaseError) -> [S.Row] {
        try autocommit(statement).rows(of: S.self)
    }

    /// One statement that commits by itself; how many rows were inserted, updated, deleted or selected.
    @discardableResult
    package func execute<S: Statement>(_ statement: S) async throws(DatabaseError) -> Int {
        try autocommit(statement).affectedRows
    }

    /// Several statements in one string, in one transaction unless they say otherwise. `timeout` replaces the call timeout; long
    /// statements must also raise `statement_timeout` themselves.
    package func script(_ sql: String, timeout: Duration? = nil) async throws(DatabaseError) {
        _ = try simple(sql, timeout)
    }

    /// The rows of all statements in the string, as text.
    package func simpleQuery(_ sql: String) async throws(DatabaseError) -> [[String?]] {
        try simple(sql, nil).flatMap(\.textRows)
    }

    /// Throws `.connection` when the server has said with its last answer that it is read-only now. Costs nothing; behind a pooler
    /// only the next transaction finds out.
    package func checkWritable() throws(DatabaseError) { _ = try opened() }

    /// The latest warnings and notices of the server, oldest first; at most 32 are kept.
    package func takeNotices() -> [String] { connection?.notices.take() ?? [] }

    private func opened() throws(DatabaseError) -> Connection {
        guard let connection, connection.handle != nil else {
            throw DatabaseError(.connection, "the session is not open")
        }
        try connection.checkWritable()
        return connection
    }

    private func autocommit<S: Statement>(_ statement: S) throws(DatabaseError) -> Answer {
        let request = try Request(statement)
        let connection = try opened()
        guard connection.pooler == .transaction else {
            var nothing: [String] = []
            return try connection.perform([request], after: &nothing, commits: true)[0]
        }
        // in a transaction, which sets the limits
        let database = Database(connection)
        do { return try database.commit(after: [request])[0] } catch {
            database.rollBack()
            throw error
        }
    }

    private func simple(_ sql: String, _ timeout: Duration?) throws(DatabaseError) -> [Answer] {
        var call = Call(deadline: .now + (timeout ?? options.callTimeout), statement: "script", commits: true)
        let connection = try opened()
        let answers = try connection.simple(sql, &call)
        // A script that leaves a transaction open would swallow what follows.
        guard connection.isIdle else {
            connection.abandon()
            throw DatabaseError(.usage, "the script left a transaction open; the session was closed")
        }
        return answers
    }
}
