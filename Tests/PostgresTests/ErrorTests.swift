import Postgres
import TestSupport
import Testing

@Suite struct ErrorTests {
    @Test("a violated constraint is named, and the row is to be put aside")
    func constraint() async throws {
        try await withScratch { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) {
                try await session.execute(InsertTicket(id: 1, effort: 0))
            }
            #expect(error?.kind == .server)
            #expect(error?.sqlState == .checkViolation)
            #expect(error?.constraint == "ticket_effort_check")
            #expect(error?.table == "ticket")
            #expect(error?.statement == "InsertTicket")
            #expect(error?.recovery == .setAside)
            #expect(error?.outcomeUnknown == false)
            #expect(await session.isOpen)
        }
    }

    static let recoveries: [(DatabaseError.Kind, SQLState?, Recovery)] = [
        (.server, "40001", .retry), (.server, "40P01", .retry), (.server, "55P03", .retry), (.server, "57014", .retry),
        (.deadline, "57014", .retry), (.deadline, nil, .reconnect), (.connection, nil, .reconnect),
        (.server, "08006", .reconnect), (.connection, "57P01", .reconnect), (.server, "57P03", .reconnect),
        (.server, "25006", .reconnect), (.connection, "53300", .reconnect), (.server, "22001", .setAside),
        (.server, "23505", .setAside), (.server, "SL004", .setAside), (.server, "P0001", .setAside),
        (.server, "42P01", .stop), (.server, "0A000", .stop), (.server, "XX000", .stop), (.server, nil, .stop),
        (.connection, "28P01", .stop), (.connection, "3D000", .stop), (.decoding, nil, .stop), (.usage, nil, .stop),
    ]

    @Test("recovery follows kind and SQLSTATE", arguments: recoveries)
    func recovery(kind: DatabaseError.Kind, state: SQLState?, expected: Recovery) {
        #expect(DatabaseError(kind, "whatever it says", sqlState: state).recovery == expected)
    }

    struct Raise: Statement {
        static let sql: StaticString = "select raise()"
    }

    @Test("a server's text cannot forge a second line")
    func folding() async throws {
        let setUp = """
            create function raise() returns void language plpgsql as
            $$ begin raise exception E'one\\ntwo\\r\\u2028three' using errcode = 'SL001', hint = E'four\\nfive'; end $$;
            """
        try await withScratch(setUp) { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) { try await session.query(Raise()) }
            #expect(error?.description == "Raise: one two three [SQLSTATE SL001]; four five")
            #expect(error?.recovery == .setAside)
        }
    }

    struct NullEffort: Statement {
        static let sql: StaticString = "select null::integer as effort"
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int { try row.next() }
    }

    struct NumericEffort: Statement {
        static let sql: StaticString = "select 1.5 as effort"
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Double { try row.next() }
    }

    struct TooFewColumns: Statement {
        static let sql: StaticString = "select 1 as one"
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> [Int] { [try row.next(), try row.next()] }
    }

    struct TooManyColumns: Statement {
        static let sql: StaticString = "select 1 as one, 2 as two"
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int { try row.next() }
    }

    @Test("a row of another shape names statement and column")
    func decoding() async throws {
        try await withScratch("") { (_, session) async throws in
            func fault(_ statement: some Statement) async -> String? {
                let error = await #expect(throws: DatabaseError.self) { try await session.query(statement) }
                #expect(error?.kind == .decoding)
                return error?.description
            }
            #expect(await fault(NullEffort()) == "NullEffort: column effort is null; decode Int?")
            #expect(
                await fault(NumericEffort())
                    == "NumericEffort: column effort is of type numeric, which does not decode as Double; cast it to float8"
            )
            #expect(await fault(TooFewColumns()) == "TooFewColumns: column 2 is read, the row has 1")
            #expect(await fault(TooManyColumns()) == "TooManyColumns: reads 1 of 2 columns")
        }
    }

    @Test("a write on a read-only session means connecting to another server")
    func readOnly() async throws {
        try await withScratch { (_, session) async throws in
            try await session.script("set default_transaction_read_only = on")
            let error = await #expect(throws: DatabaseError.self) { try await session.execute(InsertTicket(id: 1)) }
            #expect(error?.sqlState == .readOnlyTransaction)
            #expect(error?.recovery == .reconnect)
        }
    }

    @Test("notices are kept, not printed")
    func notices() async throws {
        try await withScratch("") { (_, session) async throws in
            try await session.script("do $$ begin raise warning E'look\\nhere'; end $$")
            #expect(await session.takeNotices() == ["look here"])
            #expect(await session.takeNotices() == [])
        }
    }
}
