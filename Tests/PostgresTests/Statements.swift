import Postgres
import TestSupport

/// Sends one value and reads it back as the same type.
protocol Echo: Statement where Row == Value? {
    associatedtype Value: PostgresValue
    var value: Value? { get }
}

extension Echo {
    func bind(_ parameters: inout Parameters) { parameters.append(value) }
    static func decode(_ row: inout RowReader) throws(DatabaseError) -> Value? { try row.next() }
}

struct EchoBool: Echo {
    static let sql: StaticString = "select $1::boolean"
    let value: Bool?
}

struct EchoInt16: Echo {
    static let sql: StaticString = "select $1::smallint"
    let value: Int16?
}

struct EchoInt32: Echo {
    static let sql: StaticString = "select $1::integer"
    let value: Int32?
}

struct EchoInt64: Echo {
    static let sql: StaticString = "select $1::bigint"
    let value: Int64?
}

struct EchoInt: Echo {
    static let sql: StaticString = "select $1::bigint"
    let value: Int?
}

struct EchoDouble: Echo {
    static let sql: StaticString = "select $1::float8"
    let value: Double?
}

struct EchoText: Echo {
    static let sql: StaticString = "select $1::text"
    let value: String?
}

struct EchoTimestamp: Echo {
    static let sql: StaticString = "select $1::timestamptz"
    let value: Timestamp?
}

struct EchoInt64s: Echo {
    static let sql: StaticString = "select $1::bigint[]"
    let value: [Int64]?
}

struct EchoInt32s: Echo {
    static let sql: StaticString = "select $1::integer[]"
    let value: [Int32]?
}

struct EchoBools: Echo {
    static let sql: StaticString = "select $1::boolean[]"
    let value: [Bool]?
}

struct EchoTexts: Echo {
    static let sql: StaticString = "select $1::text[]"
    let value: [String]?
}

struct EchoOptionalTexts: Echo {
    static let sql: StaticString = "select $1::text[]"
    let value: [String?]?
}

struct EchoOptionalInt64s: Echo {
    static let sql: StaticString = "select $1::bigint[]"
    let value: [Int64?]?
}

struct EchoTimestamps: Echo {
    static let sql: StaticString = "select $1::timestamptz[]"
    let value: [Timestamp]?
}

struct EchoOptionalTimestamps: Echo {
    static let sql: StaticString = "select $1::timestamptz[]"
    let value: [Timestamp?]?
}

struct InsertTicket: Statement {
    static let sql: StaticString = "insert into ticket (ticket_id, effort, title) values ($1, $2, $3)"
    let id: Int64
    var effort = 75
    var title: String? = "printer on fire"
    func bind(_ parameters: inout Parameters) {
        parameters.append(id)
        parameters.append(effort)
        parameters.append(title)
    }
}

struct CountTickets: Statement {
    static let sql: StaticString = "select count(*) from ticket"
    static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int { try row.next() }
}

struct BackendPID: Statement {
    static let sql: StaticString = "select pg_backend_pid()"
    static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int32 { try row.next() }
}

let ticketTable = """
    create table ticket (
        ticket_id bigint constraint ticket_pkey primary key,
        effort integer not null constraint ticket_effort_check check (effort > 0),
        title text not null
    );
    """

/// Runs the body with an open session in a database of its own.
func withScratch(_ setUp: String = ticketTable, _ body: (ScratchDatabase, Session) async throws -> Void) async throws {
    let scratch = try await ScratchDatabase()
    let session = try await scratch.session()
    try await session.script(setUp)
    try await body(scratch, session)
    await session.close()
    try await scratch.drop()
}
