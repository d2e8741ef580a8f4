import Postgres
import TestSupport
import Testing

@Suite("behind a transaction pooler", .serialized)
struct PoolerTests {
    private struct Limits: Statement {
        static let sql: StaticString = """
            select array[current_setting('statement_timeout'), current_setting('lock_timeout'),
                         current_setting('idle_in_transaction_session_timeout'), current_setting('jit'), current_user,
                         current_setting('row_security'), current_setting('transaction_isolation')]
            """
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> [String] { try row.next() }
    }

    /// A parameter that is wider here than in the table, and one of a type that only the server knows.
    private struct Retitle: Statement {
        static let sql: StaticString = "update ticket set title = $1 where effort = $2 returning ticket_id"
        let title: String
        let effort: Int
        func bind(_ parameters: inout Parameters) {
            parameters.append(title)
            parameters.append(effort)
        }
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int64 { try row.next() }
    }

    private struct Behind {
        let bouncer: PgBouncer
        let scratch: ScratchDatabase

        func options(_ pooler: Pooler = .transaction) -> SessionOptions {
            var options = scratch.options()
            options.conninfo = bouncer.conninfo(database: scratch.name)
            options.pooler = pooler
            return options
        }

        func leftovers() async throws -> [String] { try await bouncer.leftovers(database: scratch.name) }
    }

    private func behind(_ body: (Behind) async throws -> Void) async throws {
        try await withScratch { (scratch, _) async throws in
            let behind = Behind(bouncer: try PgBouncer(before: scratch.conninfo), scratch: scratch)
            defer { behind.bouncer.remove() }
            try await body(behind)
        }
    }

    @Test("each transaction sets limits, role and what else was asked for over the login's own, and takes them along")
    func limits() async throws {
        try await behind { (behind) async throws in
            try await behind.scratch.misleadLogins()
            var options = behind.options()
            options.statementTimeout = .milliseconds(1234)
            options.lockTimeout = .seconds(7)
            options.idleInTransactionTimeout = .seconds(90)
            options.role = "pg_monitor"
            let session = Session(options: options)
            try await session.open(preparing: [Limits.self])
            try await session.set([("jit", "off")])
            let limits = ["1234ms", "7s", "90s", "off", "pg_monitor", "on", "read committed"]
            for _ in 0..<4 {
                #expect(try await session.query(Limits()) == [limits])
                try await session.transaction { (db) throws(DatabaseError) in
                    #expect(try db.query(Limits()) == [limits])
                    try db.savepoint { (db) throws(DatabaseError) in #expect(try db.query(Limits()) == [limits]) }
                }
            }
            #expect(try await session.simpleQuery("select current_user")[0][0] != "pg_monitor")
            await session.close()
            #expect(try await behind.leftovers() == [])
        }
    }

    @Test("several connections serve one session, and what fails leaves nothing behind on them")
    func others() async throws {
        try await behind { (behind) async throws in
            let session = Session(options: behind.options())
            try await session.open(preparing: [InsertTicket.self, CountTickets.self])
            // the pool fills while it is used
            var pids: Set<Int32> = []
            while pids.count < behind.bouncer.poolSize { pids.formUnion(try await session.query(BackendPID())) }
            for id in 0..<30 {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.execute(InsertTicket(id: Int64(id)))
                    _ = try? db.savepoint { (db) throws(DatabaseError) in
                        try db.execute(InsertTicket(id: Int64(id), effort: 0))
                    }
                    _ = try db.commit(after: CountTickets())
                }
            }
            #expect(try await session.query(CountTickets()) == [30])
            let twice = await #expect(throws: DatabaseError.self) { try await session.execute(InsertTicket(id: 1)) }
            #expect(twice?.constraint == "ticket_pkey" && twice?.recovery == .setAside)
            #expect(try await session.query(Retitle(title: "x", effort: 75)).count == 30)
            #expect(try await session.server.isDirect == false)
            await session.close()
            #expect(try await behind.leftovers() == [])
        }
    }

    @Test("a pooler that the options do not name is refused, and its connections are as they were")
    func unnamed() async throws {
        try await behind { (behind) async throws in
            let error = await #expect(throws: DatabaseError.self) {
                try await Session(options: behind.options(.off)).open()
            }
            #expect(error?.kind == .usage && error?.recovery == .stop)
            #expect(error?.message.contains("set pooler in [database]") == true)
            #expect(try await behind.leftovers() == [])
        }
    }

    @Test("statements that a pooler taken for another kind lost are not prepared again and again")
    func wrongKind() async throws {
        try await behind { (behind) async throws in
            let session = Session(options: behind.options(.session))
            let error = await #expect(throws: DatabaseError.self) {
                try await session.open(preparing: [CountTickets.self])
                // the pool fills: sooner or later it is another connection
                while true { _ = try await session.query(CountTickets()) }
            }
            #expect(error?.recovery == .stop)
            #expect(error?.description.contains("set pooler = transaction") == true)
            await session.close()
        }
    }

    @Test("a server that has become read-only is noticed by the next transaction, also of who only reads")
    func becameReadOnly() async throws {
        try await behind { (behind) async throws in
            let session = Session(options: behind.options())
            try await session.open(preparing: [CountTickets.self])
            // on each connection that there may be
            for _ in 0..<(2 * behind.bouncer.poolSize) {
                try await session.script("set default_transaction_read_only = on")
            }
            let error = await #expect(throws: DatabaseError.self) { try await session.query(CountTickets()) }
            #expect(error?.sqlState == .readOnlyTransaction && error?.recovery == .reconnect)
            #expect(await !session.isOpen)
        }
    }

    @Test("of several poolers the one whose server can be written to is taken, whatever the first of them says")
    func hosts() async throws {
        try await behind { (behind) async throws in
            let readOnly = try PgBouncer(
                before: behind.scratch.conninfo, connectQuery: "set default_transaction_read_only = on")
            defer { readOnly.remove() }
            var options = behind.options()
            let (ports, hosts) = (
                [readOnly.port, behind.bouncer.port], [readOnly.directory, behind.bouncer.directory]
            )
            options.conninfo = try Conninfo(parsing: options.conninfo).with(
                "host", hosts.joined(separator: ","))
            options.conninfo = try Conninfo(parsing: options.conninfo).with("port", "\(ports[0]),\(ports[1])")
            let session = Session(options: options)
            try await session.open()
            #expect(try await session.server.port == "\(behind.bouncer.port)")
            await session.close()
            options.conninfo = readOnly.conninfo(database: behind.scratch.name)
            let alone = Session(options: options)
            let error = await #expect(throws: DatabaseError.self) { try await alone.open() }
            #expect(error?.sqlState == .readOnlyTransaction && error?.recovery == .reconnect)
            options.readWrite = false
            let reader = Session(options: options)
            try await reader.open()
            await reader.close()
        }
    }
}
