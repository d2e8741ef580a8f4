import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct ConnectTests {
    private func refusal(_ conninfo: String, role: String? = nil, readWrite: Bool = true) async -> DatabaseError? {
        let session = Session(
            options: SessionOptions(conninfo: conninfo, applicationName: "test", readWrite: readWrite, role: role))
        return await #expect(throws: DatabaseError.self) { try await session.open() }
    }

    @Test("each way of not getting in has a clear line and its recovery")
    func refusals() async throws {
        let cluster = try Cluster()
        defer { cluster.remove() }
        let access = "\(cluster.directory)/data/pg_hba.conf"
        try "local all guarded scram-sha-256\nlocal all all trust\n"
            .write(toFile: access, atomically: false, encoding: .utf8)
        try cluster.start()
        let session = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
        try await session.open()
        try await session.script("create role guarded login password 'right'")
        try await session.script("create role crowded login connection limit 0")
        try await session.script("create database standby")
        try await session.script("alter database standby set default_transaction_read_only = on")
        let base = try Conninfo(parsing: cluster.conninfo())

        let database = await refusal(base.with("dbname", "nowhere"))
        #expect(database?.sqlState == .undefinedDatabase)
        #expect(database?.recovery == .stop)
        #expect(database?.description.contains("create the database or correct dbname") == true)

        let user = await refusal(base.with("user", "nobody_here"))
        #expect(user?.sqlState == .invalidAuthorization)
        #expect(user?.recovery == .stop)

        let guarded = try Conninfo(parsing: base.with("user", "guarded"))
        let missing = await refusal(guarded.with("passfile", "/nonexistent"))
        #expect(missing?.sqlState == .invalidPassword)
        #expect(missing?.description.contains("~/.pgpass") == true)
        let wrong = await refusal(guarded.with("password", "wrong"))
        #expect(wrong?.sqlState == .invalidPassword)
        #expect(wrong?.recovery == .stop)
        #expect(wrong?.message.contains("28P01") == false)

        let crowded = await refusal(base.with("user", "crowded"))
        #expect(crowded?.sqlState == .tooManyConnections)
        #expect(crowded?.recovery == .reconnect)

        let readOnly = await refusal(base.with("dbname", "standby"))
        #expect(readOnly?.kind == .connection)
        #expect(readOnly?.recovery == .reconnect)
        #expect(readOnly?.message.contains("read-only") == true)

        let noSocket = await refusal(base.with("host", "/nonexistent"))
        #expect(noSocket?.kind == .connection)
        #expect(noSocket?.recovery == .reconnect)

        let role = await refusal(cluster.conninfo(), role: "no such \"role")
        #expect(role?.kind == .usage)
        #expect(role?.description.contains("cannot become role no such \"role") == true)

        for error in [database, user, missing, wrong, crowded, readOnly, noSocket, role] {
            #expect(error?.description.contains("\n") == false)
        }
        await session.close()
    }

    @Test("limits, name, encoding and role are those of the options, whatever the login's own settings")
    func limits() async throws {
        try await withScratch("") { (scratch, _) async throws in
            try await scratch.misleadLogins()
            var options = scratch.options("the name")
            options.statementTimeout = .milliseconds(1234)
            options.lockTimeout = .seconds(7)
            options.idleInTransactionTimeout = .seconds(90)
            options.role = "pg_monitor"
            let session = Session(options: options)
            try await session.open()
            let row = try await session.simpleQuery(
                """
                select current_setting('statement_timeout'), current_setting('lock_timeout'),
                    current_setting('idle_in_transaction_session_timeout'), current_setting('application_name'),
                    current_setting('client_encoding'), current_user, current_setting('client_connection_check_interval'),
                    current_setting('row_security'), current_setting('transaction_isolation')
                """)
            #expect(row == [["1234ms", "7s", "90s", "the name", "UTF8", "pg_monitor", "10s", "on", "read committed"]])
            let server = try await session.server
            #expect(server.version >= 150_000)
            #expect(server.database == scratch.name)
            #expect(try await session.query(BackendPID()) == [server.backendPID])
            await session.close()
        }
    }

    @Test("a session whose server has become read-only ends at the next call, also of who only reads")
    func becameReadOnly() async throws {
        try await withScratch { (scratch, session) async throws in
            try await session.script("set default_transaction_read_only = on")
            let error = await #expect(throws: DatabaseError.self) { try await session.query(CountTickets()) }
            #expect(error?.sqlState == .readOnlyTransaction && error?.recovery == .reconnect)
            #expect(await !session.isOpen)
            // who asked for no more goes on
            var options = scratch.options()
            options.readWrite = false
            let reader = Session(options: options)
            try await reader.open()
            try await reader.script("set default_transaction_read_only = on")
            #expect(try await reader.query(CountTickets()) == [0])
            await reader.close()
        }
    }

    @Test("a session that was never opened says so")
    func notOpen() async throws {
        let session = Session(options: SessionOptions(conninfo: "", applicationName: "test"))
        let error = await #expect(throws: DatabaseError.self) { try await session.query(BackendPID()) }
        #expect(error?.kind == .connection)
        await #expect(throws: DatabaseError.self) { _ = try await session.server }
    }

    @Test("a conninfo is parsed, changed and shown without its password")
    func conninfo() throws {
        let info = try Conninfo(parsing: "postgresql://ann:s3cret@db1:5433,db2/desk?sslmode=require")
        #expect(info.host == "db1,db2")
        #expect(info.user == "ann")
        #expect(info.display == "user=ann dbname=desk host=db1,db2 port=5433,")
        let changed = try Conninfo(parsing: info.with("dbname", #"it's a \ "test""#))
        #expect(changed.database == #"it's a \ "test""#)
        #expect(changed["password"] == "s3cret")
        let error = #expect(throws: DatabaseError.self) { try Conninfo(parsing: "host=a nonsense") }
        #expect(error?.kind == .usage)
        #expect(error?.recovery == .stop)
        #expect(error?.message.contains("nonsense") == true)
        for secret in ["password=my s3cret", "postgresql://ann:s3cret@db/%zz"] {
            let error = #expect(throws: DatabaseError.self) { try Conninfo(parsing: secret) }
            #expect(error?.description.contains("s3cret") == false)
        }
    }

    @Test("identifiers and literals are quoted")
    func quoting() {
        #expect(quoteIdentifier(#"a"b"#) == #""a""b""#)
        #expect(quoteLiteral("it's") == "'it''s'")
    }
}
