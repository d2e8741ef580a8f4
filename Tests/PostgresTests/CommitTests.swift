import Postgres
import TestSupport
import Testing

@Suite("committing with the last statements")
struct CommitTests {
    struct Insert: Statement {
        let value: Int64
        static let sql: StaticString = "insert into public.thing (value) values ($1) returning value"
        func bind(_ parameters: inout Parameters) { parameters.append(value) }
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int64 { try row.next() }
    }

    @Test("the rows are there, for everybody, when it returns; the body's end adds nothing")
    func commits() async throws {
        let database = try await ScratchDatabase()
        let (session, other) = (try await database.session(), try await database.session())
        try await session.script("create table public.thing (value bigint check (value > 0))")
        let rows = try await session.transaction { (db) throws(DatabaseError) in
            try db.execute(Insert(value: 1))
            return try db.commit(after: Insert(value: 2), Insert(value: 3))
        }
        #expect(rows.0 == [2] && rows.1 == [3])
        #expect(try await other.simpleQuery("select count(*) from public.thing") == [["3"]])
        await session.close()
        await other.close()
        try await database.drop()
    }

    @Test("when one of them fails nothing is committed, and the session goes on")
    func fails() async throws {
        let database = try await ScratchDatabase()
        let session = try await database.session()
        try await session.script("create table public.thing (value bigint check (value > 0))")
        await #expect(throws: DatabaseError.self) {
            try await session.transaction { (db) throws(DatabaseError) in
                try db.execute(Insert(value: 1))
                _ = try db.commit(after: Insert(value: 2), Insert(value: -1))
            }
        }
        #expect(try await session.simpleQuery("select count(*) from public.thing") == [["0"]])
        await session.close()
        try await database.drop()
    }

    @Test("after it the transaction takes nothing more")
    func ends() async throws {
        let database = try await ScratchDatabase()
        let session = try await database.session()
        try await session.script("create table public.thing (value bigint check (value > 0))")
        await #expect(throws: DatabaseError.self) {
            try await session.transaction { (db) throws(DatabaseError) in
                _ = try db.commit(after: Insert(value: 1))
                try db.execute(Insert(value: 2))
            }
        }
        #expect(try await session.simpleQuery("select value from public.thing") == [["1"]])
        await session.close()
        try await database.drop()
    }

    @Test("a commit whose wait for the synchronous standby was cut short is not taken for one that is safe")
    func cutShort() async throws {
        let cluster = try Cluster(settings: ["synchronous_standby_names=nobody"])
        defer { cluster.remove() }
        try cluster.start()
        let other = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
        try await other.open()
        try await other.script("set synchronous_commit = local; create table public.thing (value bigint)")
        let session = Session(
            options: SessionOptions(
                conninfo: cluster.conninfo(), applicationName: "test", callTimeout: .milliseconds(300)))
        try await session.open()
        for round in 1...2 {
            let error = await #expect(throws: DatabaseError.self) {
                if round == 1 { return try await session.execute(Insert(value: 1)) }
                return try await session.transaction { (db) throws(DatabaseError) in try db.execute(Insert(value: 2)) }
            }
            #expect(error?.kind == .deadline && error?.outcomeUnknown == true && error?.recovery == .reconnect)
            // the server has it all the same
            #expect(try await other.simpleQuery("select count(*) from public.thing") == [["\(round)"]])
        }
        await session.close()
        await other.close()
    }
}
