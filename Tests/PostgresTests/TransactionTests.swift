import Postgres
import TestSupport
import Testing

@Suite struct TransactionTests {
    struct Refused: Error {}

    @Test("what the body did is committed, in one transaction")
    func commit() async throws {
        try await withScratch { (scratch, session) async throws in
            let count = try await session.transaction { (db) throws(DatabaseError) in
                let inserted = try db.execute(InsertTicket(id: 1))
                #expect(inserted == 1)
                try db.execute(InsertTicket(id: 2))
                return try db.first(CountTickets()) ?? 0
            }
            #expect(count == 2)
            let other = try await scratch.session()
            #expect(try await other.query(CountTickets()) == [2])
            await other.close()
        }
    }

    @Test("a body that throws leaves nothing behind, and the session usable")
    func rollback() async throws {
        try await withScratch { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.execute(InsertTicket(id: 1))
                    throw DatabaseError(.usage, "changed my mind")
                }
            }
            #expect(error?.message == "changed my mind")
            #expect(try await session.query(CountTickets()) == [0])
        }
    }

    @Test("a failure that the body swallows is thrown at the end, and nothing is committed")
    func swallowed() async throws {
        try await withScratch { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.execute(InsertTicket(id: 1))
                    do { try db.execute(InsertTicket(id: 1)) } catch {}
                }
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(try await session.query(CountTickets()) == [0])
        }
    }

    @Test("a savepoint undoes only what is inside it")
    func savepoint() async throws {
        try await withScratch { (_, session) async throws in
            try await session.transaction { (db) throws(DatabaseError) in
                try db.execute(InsertTicket(id: 1))
                do throws(DatabaseError) {
                    try db.savepoint { (db) throws(DatabaseError) in
                        try db.execute(InsertTicket(id: 2))
                        try db.execute(InsertTicket(id: 1))
                    }
                    Issue.record("the duplicate was taken")
                } catch {
                    #expect(error.constraint == "ticket_pkey")
                }
                try db.savepoint { (db) throws(DatabaseError) in
                    try db.execute(InsertTicket(id: 3))
                    do {
                        try db.savepoint { (db) throws(DatabaseError) in try db.execute(InsertTicket(id: 4, effort: -1))
                        }
                        Issue.record("the negative effort was taken")
                    } catch {}
                    try db.savepoint { (db) throws(DatabaseError) in _ = try db.execute(InsertTicket(id: 5)) }
                }
                try db.savepoint { _ in }
            }
            #expect(try await session.simpleQuery("select ticket_id from ticket order by 1") == [["1"], ["3"], ["5"]])
        }
    }

    @Test("a savepoint as the first thing in a transaction, failing in a statement not yet prepared")
    func savepointFirst() async throws {
        try await withScratch { (_, session) async throws in
            try await session.transaction { (db) throws(DatabaseError) in
                do throws(DatabaseError) {
                    try db.savepoint { (db) throws(DatabaseError) in _ = try db.query(Missing()) }
                    Issue.record("the missing table was found")
                } catch {
                    #expect(error.sqlState == .undefinedTable)
                }
                try db.execute(InsertTicket(id: 1))
            }
            #expect(try await session.query(CountTickets()) == [1])
        }
    }

    struct Missing: Statement {
        static let sql: StaticString = "select from missing"
    }

    @Test("a pipeline answers in order, and stops at the first failure")
    func pipeline() async throws {
        try await withScratch { (_, session) async throws in
            let (_, count, pid) = try await session.transaction { (db) throws(DatabaseError) in
                try db.pipeline(InsertTicket(id: 1), CountTickets(), BackendPID())
            }
            #expect(count == [1])
            #expect(pid == [try await session.server.backendPID])
            let error = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    _ = try db.pipeline(CountTickets(), InsertTicket(id: 1), InsertTicket(id: 2))
                }
            }
            #expect(error?.statement == "InsertTicket")
            #expect(error?.constraint == "ticket_pkey")
            #expect(try await session.query(CountTickets()) == [1])
        }
    }

    @Test("a deferred constraint fails the commit, and the outcome is known")
    func deferred() async throws {
        let setUp = """
            create table ticket (ticket_id bigint constraint ticket_unique unique deferrable initially deferred,
                effort integer, title text);
            """
        try await withScratch(setUp) { (_, session) async throws in
            let inTransaction = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.execute(InsertTicket(id: 1))
                    try db.execute(InsertTicket(id: 1))
                }
            }
            #expect(inTransaction?.constraint == "ticket_unique")
            #expect(inTransaction?.outcomeUnknown == false)
            try await session.execute(InsertTicket(id: 1))
            let alone = await #expect(throws: DatabaseError.self) { try await session.execute(InsertTicket(id: 1)) }
            #expect(alone?.constraint == "ticket_unique")
            #expect(try await session.query(CountTickets()) == [1])
        }
    }

    @Test("scripts and ad-hoc queries take part in the transaction")
    func script() async throws {
        try await withScratch { (_, session) async throws in
            _ = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    try db.script("insert into ticket values (1, 1, 'a'); insert into ticket values (2, 1, 'b')")
                    let rows = try db.simpleQuery("select title, null from ticket order by 1")
                    #expect(rows == [["a", nil], ["b", nil]])
                    throw DatabaseError(.usage, "no")
                }
            }
            #expect(try await session.query(CountTickets()) == [0])
        }
    }

    struct BadBinding: Statement {
        static let sql: StaticString = "select $1::bigint"
    }

    @Test("a statement refused before it was sent does not cost the transaction its BEGIN")
    func beginSurvives() async throws {
        try await withScratch { (_, session) async throws in
            _ = await #expect(throws: DatabaseError.self) { try await session.query(BadBinding()) }
            let error = await #expect(throws: DatabaseError.self) {
                try await session.transaction { (db) throws(DatabaseError) in
                    do throws(DatabaseError) {
                        _ = try db.query(BadBinding())
                    } catch {
                        #expect(error.kind == .usage)
                    }
                    try db.execute(InsertTicket(id: 1))
                    throw DatabaseError(.usage, "no")
                }
            }
            #expect(error?.message == "no")
            #expect(try await session.query(CountTickets()) == [0])
        }
    }

    @Test("a script that leaves a transaction open closes the session")
    func openScript() async throws {
        try await withScratch { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) { try await session.script("begin") }
            #expect(error?.kind == .usage)
            #expect(await session.isOpen == false)
            let next = await #expect(throws: DatabaseError.self) { try await session.query(CountTickets()) }
            #expect(next?.kind == .connection)
            #expect(next?.message == "the session is not open")
        }
    }

    @Test("COPY to the client is refused, not waited for")
    func copy() async throws {
        try await withScratch { (_, session) async throws in
            let error = await #expect(throws: DatabaseError.self) { try await session.script("copy ticket from stdin") }
            #expect(error?.kind == .usage)
        }
    }
}
