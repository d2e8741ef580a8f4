import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("secondline migrate")
struct MigrateTests {
    @Test("it tells what it applied, and the second time that there was nothing to do")
    func twice() async throws {
        try await withDatabase(migrated: false) { database, _ in
            let first = await CommandRun(["migrate"], on: database.conninfo)
            #expect(first.status == .ok)
            for file in SchemaFile.migrations { #expect(first.output.contains("applied \(file.migration)\n")) }
            #expect(first.output.hasSuffix("The schema is \(SchemaVersion.known).\n"))
            let second = await CommandRun(["migrate"], on: database.conninfo)
            #expect(second.status == .ok)
            #expect(second.output.hasPrefix("Nothing to migrate: the schema is \(SchemaVersion.known)."))
        }
    }

    @Test("a dry run prints the SQL and changes nothing")
    func dryRun() async throws {
        try await withDatabase(migrated: false) { database, session in
            let run = await CommandRun(["migrate", "--dry-run"], on: database.conninfo)
            #expect(run.status == .ok)
            #expect(run.errors.isEmpty)
            for file in SchemaFile.all { #expect(run.output.contains("-- sql/\(file.path)\n\(file.text)")) }
            let schemas = try await session.simpleQuery("select from pg_namespace where nspname like 'secondline%'")
            #expect(schemas.isEmpty)
        }
    }

    @Test("a newer schema is refused with status 78, dry or not")
    func newer() async throws {
        try await withDatabase { database, session in
            try await session.script(
                "insert into secondline.schema_migration (name, checksum) values ('9999_future', 'x')")
            for arguments in [["migrate"], ["migrate", "-n"]] {
                let run = await CommandRun(arguments, on: database.conninfo)
                #expect(run.status == .configuration)
                #expect(run.errors.contains("9999_future, newer than \(SchemaVersion.known)"))
                #expect(run.output.isEmpty)
            }
        }
    }

    @Test("many at once, in one database and in two of a cluster without the roles, all succeed")
    func atOnce() async throws {
        let cluster = try Cluster()
        defer { cluster.remove() }
        try cluster.start()
        let session = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
        try await session.open()
        for round in 0..<3 {
            for name in ["one", "two"] { try await session.script("create database \(name)") }
            let runs = await withTaskGroup(of: CommandRun.self) { group in
                for name in ["one", "two", "one", "two"] {
                    group.addTask { await CommandRun(["migrate"], on: cluster.conninfo(database: name)) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for run in runs { #expect(run.status == .ok, "round \(round): \(run.errors)") }
            #expect(runs.count { $0.output.hasPrefix("applied") } == 2)
            for name in ["one", "two"] { try await session.script("drop database \(name)") }
            for role in ["daemon", "app", "member", "head", "reader", "owner"] {
                try await session.script("drop role secondline_\(role)")
            }
        }
        await session.close()
    }

    /// What somebody may hold that a migration needs.
    static let holds = [
        "lock table secondline.task in access share mode", "lock table secondline.ticket in row exclusive mode",
        "lock table secondline.person in access exclusive mode", "update secondline.duty set ran_at = now()",
        "select from secondline.duty for no key update",
        "lock table secondline.schema_migration in access exclusive mode",
    ]

    @Test(
        "it says who holds what it needs, waits no longer than it was told, and changes nothing then", arguments: holds)
    func held(_ hold: String) async throws {
        try await withDatabase { database, session in
            let holder = Session(options: database.options("nightly export"))
            try await holder.open()
            let (holding, go) = AsyncStream<Void>.makeStream()
            let (held, isHeld) = AsyncStream<Int32>.makeStream()
            let task = Task {
                let pid = try await holder.server.backendPID
                try await session.script("select pg_advisory_lock(7)")
                async let open: Void = holder.transaction { (db) throws(DatabaseError) in
                    try db.script(hold)
                    isHeld.yield(pid)
                    // until the test lets go
                    try db.script("select pg_advisory_xact_lock(7)")
                }
                for await _ in holding { break }
                try await session.script("select pg_advisory_unlock(7)")
                try await open
            }
            var pids = held.makeAsyncIterator()
            let pid = try #require(await pids.next())
            let start = ContinuousClock.now
            let run = await CommandRun(["migrate", "--wait", "1s"], on: database.conninfo)
            // a duty at work is in nobody's way
            if hold.hasPrefix("select") {
                #expect(run.status == .ok, "\(run.errors)")
            } else {
                #expect(run.status == .temporaryFailure, "\(run.output) \(run.errors)")
                #expect(run.errors.contains("waiting for pid \(pid) (nightly export, user "))
                #expect(run.errors.contains("secondline: nothing has changed: "))
                #expect(run.output.isEmpty)
                // its limit, and what it does besides
                #expect(ContinuousClock.now - start < .seconds(60))
            }
            go.yield()
            try await task.value
            let again = await CommandRun(["migrate"], on: database.conninfo)
            #expect(again.status == .ok)
            #expect(again.errors.isEmpty)
            await holder.close()
        }
    }

    @Test("it is tried again while somebody holds what it needs, and succeeds when that is free")
    func triedAgain() async throws {
        try await withDatabase { database, session in
            let sessions = """
                select xact_start, wait_event_type from pg_stat_activity
                 where datname = current_database() and application_name = 'secondline migrate'
                """
            let migration = try await database.whileHolding("lock table secondline.task in access exclusive mode") {
                let migration = Task { await CommandRun(["migrate", "--wait", "1h"], on: database.conninfo) }
                var attempts: Set<String> = []
                while attempts.count < 2 {
                    let now = try await session.simpleQuery(sessions)
                    // it has given up
                    if now.isEmpty && !attempts.isEmpty { break }
                    attempts.formUnion(now.filter { $0[1] == "Lock" }.compactMap(\.[0]))
                }
                return migration
            }
            let run = await migration.value
            #expect(run.status == .ok, "\(run.errors)")
        }
    }

    @Test(
        "from an older schema it takes all tables at once, also those that it leaves alone: who is at work takes one by one"
    )
    func allAtOnce() async throws {
        try await withDatabase { database, session in
            // what this one brought is there already
            try await session.script("delete from secondline.schema_migration where name = '0012_retention'")
            let run = try await database.whileHolding("lock table secondline.holiday in access share mode") {
                await CommandRun(["migrate", "--wait", "1s"], on: database.conninfo)
            }
            #expect(run.status == .temporaryFailure, "\(run.output) \(run.errors)")
            #expect(await CommandRun(["migrate"], on: database.conninfo).output.contains("applied 0012_retention\n"))
        }
    }
}
