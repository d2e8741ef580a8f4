import Postgres
import TestSupport
import Testing

@Suite struct ValueTests {
    @Test("every type and its null come back as they were sent")
    func roundTrip() async throws {
        try await withScratch("") { (_, session) async throws in
            func check<E: Echo>(_ echo: E) async throws where E.Value: Equatable {
                #expect(try await session.query(echo) == [echo.value])
            }
            for value in [true, false, nil] { try await check(EchoBool(value: value)) }
            for value in [Int16.min, -1, 0, .max, nil] { try await check(EchoInt16(value: value)) }
            for value in [Int32.min, -1, 0, .max, nil] { try await check(EchoInt32(value: value)) }
            for value in [Int64.min, -1, 0, .max, nil] { try await check(EchoInt64(value: value)) }
            for value in [Int.min, -1, 0, .max, nil] { try await check(EchoInt(value: value)) }
            for value in [0.1, -.infinity, .greatestFiniteMagnitude, nil] { try await check(EchoDouble(value: value)) }
            for value in ["", "Ünïcode 🎫\n\t'\"\\", String(repeating: "x", count: 100_000), nil] {
                try await check(EchoText(value: value))
            }
            let times: [Timestamp] = [.infinity, .negativeInfinity, .now(), Timestamp(microseconds: 0)]
            for value in times.map(Optional.some) + [nil] { try await check(EchoTimestamp(value: value)) }
            for value in [[1, .max, .min], [], nil] as [[Int64]?] { try await check(EchoInt64s(value: value)) }
            for value in [[1, .max, .min], [], nil] as [[Int32]?] { try await check(EchoInt32s(value: value)) }
            for value in [[true, false], [], nil] as [[Bool]?] { try await check(EchoBools(value: value)) }
            for value in [["a", "", "{,}\"\\ NULL", "🎫"], [], nil] as [[String]?] {
                try await check(EchoTexts(value: value))
            }
            for value in [["a", nil, ""], [nil], []] as [[String?]?] {
                try await check(EchoOptionalTexts(value: value))
            }
            for value in [[1, nil, 3], [], nil] as [[Int64?]?] { try await check(EchoOptionalInt64s(value: value)) }
            for value in [times, [], nil] { try await check(EchoTimestamps(value: value)) }
            try await check(EchoOptionalTimestamps(value: [.now(), nil]))
        }
    }

    @Test("a Double that is not a number comes back as such")
    func notANumber() async throws {
        try await withScratch("") { (_, session) async throws in
            #expect(try await session.query(EchoDouble(value: .nan)).first??.isNaN == true)
        }
    }

    struct ReadAll: Statement {
        static let sql: StaticString = """
            select 'urgent'::urgency, 'n'::name, 'v'::varchar(9), '{"a": 1}'::json, '{"a": 1}'::jsonb, 'u',
                array['low', 'urgent']::urgency[], array['n']::name[], array[1, 2]::integer[], 1.5::real,
                7::smallint, 8::integer
            """
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> [String] {
            let texts: [String] = [
                try row.next(), try row.next(), try row.next(), try row.next(), try row.next(), try row.next(),
            ]
            let enums: [String] = try row.next()
            let names: [String] = try row.next()
            let numbers: [Int64] = try row.next()
            let real: Double = try row.next()
            let small: Int64 = try row.next()
            let medium: Int = try row.next()
            return texts + enums + names + numbers.map { "\($0)" } + ["\(real)", "\(small)", "\(medium)"]
        }
    }

    @Test("texts decode from every kind of text, numbers from every width")
    func otherTypes() async throws {
        try await withScratch("create type urgency as enum ('low', 'urgent')") { (_, session) async throws in
            let expected = [
                "urgent", "n", "v", #"{"a": 1}"#, #"{"a": 1}"#, "u", "low", "urgent", "n", "1", "2", "1.5", "7", "8",
            ]
            #expect(try await session.query(ReadAll()) == [expected])
        }
    }

    struct Nullable: Statement {
        struct Row: Equatable {
            let id: Int64
            let owner: Int64?
            let title: String?
            let tags: [String]?
        }
        static let sql: StaticString = """
            values (1::bigint, null::bigint, null, null::text[]), (2, 3, 't', array['a'])
            """
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
            let id: Int64 = try row.next()
            let owner: Int64? = try row.next()
            return Row(id: id, owner: owner, title: try row.next(), tags: try row.next())
        }
    }

    @Test("an optional decodes a null without being asked twice")
    func nullable() async throws {
        try await withScratch("") { (_, session) async throws in
            let expected = [
                Nullable.Row(id: 1, owner: nil, title: nil, tags: nil),
                Nullable.Row(id: 2, owner: 3, title: "t", tags: ["a"]),
            ]
            #expect(try await session.query(Nullable()) == expected)
        }
    }

    enum Urgency: String, PostgresValue { case low, urgent }

    struct EchoUrgency: Echo {
        static let sql: StaticString = "select $1::urgency"
        let value: Urgency?
    }

    struct InferTypes: Statement {
        static let sql: StaticString = """
            insert into typed (u, i, j, n, r) values ($1, $2, $3, $4, $5)
            returning u::text || ' ' || i::text || ' ' || j::text || ' ' || n::text || ' ' || r::text
            """
        var small = 5
        func bind(_ parameters: inout Parameters) {
            parameters.append("urgent")
            parameters.append("90 minutes")
            parameters.append(#"{"a":1}"#)
            parameters.append(small)
            parameters.append(0.25)
        }
        static func decode(_ row: inout RowReader) throws(DatabaseError) -> String { try row.next() }
    }

    @Test("texts become enums, intervals and json, and numbers any numeric type, as the server infers")
    func inference() async throws {
        let setUp = """
            create type urgency as enum ('low', 'urgent');
            create table typed (u urgency, i interval, j jsonb, n smallint, r numeric);
            """
        try await withScratch(setUp) { (_, session) async throws in
            #expect(try await session.query(InferTypes()) == [#"urgent 01:30:00 {"a": 1} 5 0.25"#])
            #expect(try await session.query(EchoUrgency(value: .urgent)) == [.urgent])
            let error = await #expect(throws: DatabaseError.self) {
                try await session.query(InferTypes(small: 40_000))
            }
            #expect(error?.recovery == .setAside)
            #expect(error?.sqlState == "22003")
        }
    }

    @Test("a NUL in a text is refused before it is sent", arguments: ["\0", "a\0b"])
    func nul(text: String) async throws {
        try await withScratch("") { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) { try await session.query(EchoText(value: text)) }
            #expect(error?.kind == .usage)
            #expect(error?.recovery == .setAside)
            #expect(error?.description.contains("EchoText: parameter $1 contains a NUL") == true)
            let array = await #expect(throws: DatabaseError.self) {
                try await session.query(EchoOptionalTexts(value: ["fine", nil, text]))
            }
            #expect(array?.kind == .usage)
            #expect(await session.isOpen)
        }
    }

    struct WrongParameter: Statement {
        static let sql: StaticString = "select 1 where $1 = current_date"
        func bind(_ parameters: inout Parameters) { parameters.append(Timestamp.now()) }
    }

    @Test("a parameter of another type than the statement takes says what to write")
    func wrongParameter() async throws {
        try await withScratch("") { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) { try await session.query(WrongParameter()) }
            #expect(error?.kind == .usage)
            #expect(error?.message == "parameter $1 is timestamptz, the statement takes date; write $1::timestamptz")
            #expect(error?.statement == "WrongParameter")
        }
    }

    @Test(
        "timestamps print as ISO 8601 in UTC",
        arguments: [
            (Timestamp(microseconds: 0), "2000-01-01T00:00:00.000000Z"),
            (Timestamp(unixSeconds: 0), "1970-01-01T00:00:00.000000Z"),
            (Timestamp(unixMicroseconds: 1_795_318_020_123_456), "2026-11-22T03:27:00.123456Z"),
            (Timestamp(unixMicroseconds: -1), "1969-12-31T23:59:59.999999Z"),
            (Timestamp(unixSeconds: 951_782_400), "2000-02-29T00:00:00.000000Z"),
            (Timestamp(unixSeconds: 4_107_542_399), "2100-02-28T23:59:59.000000Z"),
            (Timestamp.infinity, "infinity"), (Timestamp.negativeInfinity, "-infinity"),
        ])
    func iso(time: Timestamp, text: String) {
        #expect(time.description == text)
    }

    @Test("timestamps agree with the server's calendar over a thousand years")
    func calendar() async throws {
        try await withScratch("") { (_, session) async throws in
            let rows = try await session.simpleQuery(
                """
                select (extract(epoch from t) * 1000000)::bigint,
                    to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                from generate_series('1700-01-01 UTC'::timestamptz, '2700-01-01 UTC', '23 days 07:11:13.000007') t
                """)
            let wrong = rows.filter { row in
                row[0].flatMap { Int64($0) }.map { Timestamp(unixMicroseconds: $0).description } != row[1]
            }
            #expect(rows.count > 15_000)
            #expect(wrong == [])
        }
    }

    @Test("time moves by durations, and infinity stays where it is")
    func arithmetic() {
        let time = Timestamp(unixSeconds: 100)
        #expect(time + .milliseconds(1500) == Timestamp(unixMicroseconds: 101_500_000))
        #expect((time + .seconds(90)) - time == .seconds(90))
        #expect(time - .seconds(200) < time)
        #expect(Timestamp.infinity - .seconds(1) == .infinity)
    }
}
