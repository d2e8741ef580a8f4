import Postgres
import TestSupport
import Testing

@Suite struct PreparedTests {
    @Test("a schema that drifted is found when the session opens", arguments: [true, false])
    func drift(named: Bool) async throws {
        try await withScratch { (scratch, session) async throws in
            try await session.script("alter table ticket rename effort to minutes")
            var options = scratch.options()
            options.pooler = named ? .off : .transaction
            let fresh = Session(options: options)
            let error = await #expect(throws: DatabaseError.self) {
                try await fresh.open(preparing: [CountTickets.self, InsertTicket.self])
            }
            #expect(error?.statement == "InsertTicket")
            #expect(error?.sqlState == .undefinedColumn)
            #expect(error?.recovery == .stop)
            #expect(error?.description.contains("migrate") == true)
            #expect(await fresh.isOpen == false)
        }
    }

    struct ReadEffort: Statement {
        static let sql: StaticString = "select effort from ticket"
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int { try row.next() }
    }

    @Test("after a column changed its type the statement is prepared anew at the next try")
    func changedType() async throws {
        try await withScratch { (scratch, session) async throws in
            try await session.execute(InsertTicket(id: 1))
            #expect(try await session.query(ReadEffort()) == [75])
            let other = try await scratch.session()
            try await other.script("alter table ticket alter effort type bigint")
            await other.close()
            let error = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in try db.query(ReadEffort()) }
            }
            #expect(error?.sqlState == .featureNotSupported)
            #expect(error?.recovery == .retry)
            #expect(try await session.query(ReadEffort()) == [75])
        }
    }

    struct Unsupported: Statement {
        static let sql: StaticString = "select unsupported()"
    }

    @Test("another feature that is not supported is not retried")
    func otherUnsupported() async throws {
        let setUp = """
            create function unsupported() returns void language plpgsql as
            $$ begin raise exception 'cached plan must not change result type' using errcode = '0A000'; end $$;
            """
        try await withScratch(setUp) { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) { try await session.query(Unsupported()) }
            #expect(error?.recovery == .stop)
        }
    }

    @Test("prepared statements that vanished are prepared again at the next try")
    func vanished() async throws {
        try await withScratch { (_, session) async throws in
            #expect(try await session.query(CountTickets()) == [0])
            try await session.script("discard all")
            let error = await #expect(throws: DatabaseError.self) { try await session.query(CountTickets()) }
            #expect(error?.recovery == .retry)
            #expect(try await session.query(CountTickets()) == [0])
        }
    }

    @Test("without named statements everything works and nothing stays on the server")
    func unnamed() async throws {
        try await withScratch { (scratch, session) async throws in
            var options = scratch.options()
            options.pooler = .transaction
            let fresh = Session(options: options)
            try await fresh.open(preparing: [CountTickets.self, InsertTicket.self])
            try await fresh.transaction { (db) throws(DatabaseError) in
                try db.execute(InsertTicket(id: 1))
                let count = try db.query(CountTickets())
                #expect(count == [1])
            }
            #expect(try await fresh.query(EchoTexts(value: ["a"])) == [["a"]])
            #expect(try await fresh.simpleQuery("select count(*) from pg_prepared_statements") == [["0"]])
            await fresh.close()
        }
    }
}
