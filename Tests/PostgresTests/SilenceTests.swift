import Glibc
import Postgres
import TestSupport
import Testing

/// Calls return although the other side does not answer. The bounds are generous: without a deadline they would wait for ever.
@Suite struct SilenceTests {
    static let generous: Duration = .seconds(20)

    struct Sleep: Statement {
        static let sql: StaticString = "select pg_sleep(3600)"
    }

    /// A server of its own with an open session on it, over the proxy or not.
    private func withCluster(
        proxied: Bool = false,
        _ body: (Cluster, StallingProxy, Session) async throws -> Void
    ) async throws {
        let cluster = try Cluster()
        defer { cluster.remove() }
        try cluster.start()
        let proxy = try StallingProxy(to: cluster.socketPath)
        defer { proxy.stop() }
        let session = Session(options: options(proxied ? proxy.conninfo() : cluster.conninfo()))
        try await session.open()
        try await session.script(ticketTable)
        try await body(cluster, proxy, session)
        await session.close()
    }

    private func options(_ conninfo: String, connectTimeout: Duration = .seconds(1)) -> SessionOptions {
        SessionOptions(
            conninfo: conninfo, applicationName: "silence", connectTimeout: connectTimeout,
            callTimeout: .seconds(1), lockTimeout: .seconds(60))
    }

    /// Opens once more; a loaded machine may need a second try within these short timeouts.
    private func reopen(_ session: Session) async throws {
        do { try await session.open() } catch { try await session.open() }
        #expect(await session.isOpen)
        #expect(try await session.query(CountTickets()) == [0])
    }

    private func expectGivenUp(_ session: Session, _ call: () async throws -> Void) async -> DatabaseError? {
        let clock = ContinuousClock()
        let start = clock.now
        let error = await #expect(throws: DatabaseError.self) { try await call() }
        #expect(clock.now - start < Self.generous)
        #expect(error?.kind == .deadline)
        #expect(error?.recovery == .reconnect)
        #expect(await session.isOpen == false)
        return error
    }

    @Test("a stopped backend costs the connection, not the caller")
    func stoppedBackend() async throws {
        try await withCluster { (cluster, _, session) async throws in
            let pid = try await session.server.backendPID
            try cluster.signal(SIGSTOP, backend: pid)
            let error = await expectGivenUp(session) {
                _ = try await session.transaction { (db) throws(DatabaseError) in try db.query(CountTickets()) }
            }
            #expect(error?.outcomeUnknown == false)
            #expect(error?.statement == "CountTickets")
            try cluster.signal(SIGCONT, backend: pid)
            try await reopen(session)
        }
    }

    @Test("a stopped postmaster cannot hang cancelling, nor connecting")
    func stoppedPostmaster() async throws {
        try await withCluster { (cluster, _, session) async throws in
            try cluster.signal(SIGSTOP)
            _ = await expectGivenUp(session) { _ = try await session.query(Sleep()) }
            let start = ContinuousClock.now
            let error = await #expect(throws: DatabaseError.self) { try await session.open() }
            #expect(.now - start < Self.generous)
            #expect(error?.kind == .connection)
            #expect(error?.recovery == .reconnect)
            #expect(error?.description.contains("did not answer") == true)
            try cluster.signal(SIGCONT)
            try await reopen(session)
        }
    }

    @Test("when the network falls silent during COMMIT the outcome is unknown")
    func silentCommit() async throws {
        try await withCluster(proxied: true) { (_, proxy, session) async throws in
            let error = await expectGivenUp(session) {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.execute(CreateNothing())
                    proxy.stall()
                }
            }
            #expect(error?.outcomeUnknown == true)
            #expect(error?.description.contains("unknown whether") == true)
            proxy.resume()
            try await reopen(session)
        }
    }

    struct CreateNothing: Statement {
        static let sql: StaticString = "delete from ticket"
    }

    @Test("a silent network during a large parameter, which cannot be sent, is noticed")
    func silentSend() async throws {
        try await withCluster(proxied: true) { (_, proxy, session) async throws in
            proxy.stall()
            let error = await expectGivenUp(session) {
                _ = try await session.transaction { (db) throws(DatabaseError) in
                    try db.pipeline(EchoText(value: String(repeating: "x", count: 30_000_000)), CountTickets())
                }
            }
            #expect(error?.outcomeUnknown == false)
            proxy.resume()
            try await reopen(session)
        }
    }

    @Test("a statement that waits too long is cancelled, and the session stays")
    func blockedOnLock() async throws {
        try await withCluster { (cluster, _, session) async throws in
            let holder = Session(options: options(cluster.conninfo()))
            try await holder.open()
            // An advisory lock of the session, because a transaction's body cannot await.
            try await holder.script("select pg_advisory_lock(1)")
            let error = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.execute(InsertTicket(id: 1))
                    try db.execute(Wait())
                }
            }
            #expect(error?.kind == .deadline)
            #expect(error?.sqlState == .queryCanceled)
            #expect(error?.recovery == .retry)
            #expect(error?.statement == "Wait")
            #expect(await session.isOpen)
            #expect(try await session.query(CountTickets()) == [0])
            await holder.close()
        }
    }

    struct Wait: Statement {
        static let sql: StaticString = "select pg_advisory_xact_lock(1)"
    }

    @Test("a host that does not answer is passed over for the next, and one that refuses too")
    func severalHosts() async throws {
        try await withCluster { (cluster, proxy, _) async throws in
            proxy.stall()
            let closed = try freePort()
            let other = try StallingProxy(to: cluster.socketPath)
            let several = Session(
                options: options(
                    "host=127.0.0.1,127.0.0.1,127.0.0.1 port=\(closed),\(proxy.port),\(other.port) user=postgres",
                    connectTimeout: .seconds(1)))
            try await several.open()
            #expect(try await several.server.port == "\(other.port)")
            await several.close()
            other.stop()
        }
    }

    @Test("a session whose backend was ended says so, and knows that nothing was committed")
    func terminated() async throws {
        try await withCluster { (cluster, _, session) async throws in
            let other = Session(options: options(cluster.conninfo()))
            try await other.open()
            #expect(try await session.query(CountTickets()) == [0])
            let pid = try await session.server.backendPID
            _ = try await other.simpleQuery("select pg_terminate_backend(\(pid), 10000)")
            let error = await #expect(throws: DatabaseError.self) { try await session.query(CountTickets()) }
            #expect(error?.kind == .connection)
            #expect(error?.sqlState == .adminShutdown)
            #expect(error?.outcomeUnknown == false)
            #expect(error?.recovery == .reconnect)
            #expect(await session.isOpen == false)
            try await reopen(session)
            await other.close()
        }
    }

    @Test("a server that dies under a statement is a lost connection, and closing afterwards is harmless")
    func killed() async throws {
        try await withCluster { (cluster, _, session) async throws in
            let error = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.execute(InsertTicket(id: 1))
                    do { try cluster.stop() } catch { Issue.record(error) }
                    try db.execute(InsertTicket(id: 2))
                }
            }
            #expect(error?.kind == .connection)
            #expect(error?.recovery == .reconnect)
            #expect(error?.outcomeUnknown == false)
            let down = await #expect(throws: DatabaseError.self) { try await session.open() }
            #expect(down?.kind == .connection)
            #expect(down?.description.contains("check that PostgreSQL runs there") == true)
            try cluster.start()
            try await reopen(session)
        }
    }
}
