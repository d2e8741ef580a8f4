internal import Postgres
internal import Synchronization

extension ScratchDatabase {
    /// Runs the body while another session has run this SQL and not yet committed; it commits afterwards.
    package func whileHolding<R: Sendable>(
        _ sql: String, _ body: @Sendable () async throws -> R
    ) async throws -> R {
        let (gate, holder) = (try await session(), try await session())
        let hasEnded = Mutex(false)
        // a session cannot be left inside a transaction: it waits there for a lock that the gate has
        try await gate.script("select pg_advisory_lock(1)")
        async let held: Void = {
            defer { hasEnded.withLock { $0 = true } }
            try await holder.script(
                "begin; \(sql); select pg_advisory_xact_lock(1); commit", timeout: .seconds(600))
        }()
        let result: Result<R, any Error>
        do {
            while try await !gate.isAwaited() {
                // what failed will never wait: its error is thrown here
                if hasEnded.withLock({ $0 }) { try await held }
            }
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await gate.script("select pg_advisory_unlock(1)")
        let holding: Result<Void, any Error>
        do { holding = .success(try await held) } catch { holding = .failure(error) }
        await holder.close()
        await gate.close()
        try holding.get()
        return try result.get()
    }
}

extension Session {
    /// Whether somebody waits for an advisory lock of this database.
    fileprivate func isAwaited() async throws -> Bool {
        try await simpleQuery(
            """
            select from pg_locks where locktype = 'advisory' and not granted
               and database = (select oid from pg_database where datname = current_database())
            """
        ).isEmpty == false
    }
}
