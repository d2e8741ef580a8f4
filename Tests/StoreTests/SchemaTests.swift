import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite("The schema")
struct SchemaTests {
    /// Calls `body` with a session in a database of its own.
    private func withDatabase<Value>(
        migrated: Bool = false, _ body: (ScratchDatabase, Session) async throws -> Value
    ) async throws -> Value {
        let database = try await migrated ? .migrated() : ScratchDatabase()
        let session = try await database.session()
        do {
            let value = try await body(database, session)
            await session.close()
            try await database.drop()
            return value
        } catch {
            await session.close()
            try? await database.drop()
            throw error
        }
    }

    /// Fails at the first run of a process that knows no psql.
    private func run(_ file: String, on database: ScratchDatabase) async throws {
        let psql = try await Psql(database.conninfo, file: file)
        #expect(psql.status == 0, "\(psql.errors)")
    }

    @Test("every file under sql/ but the examples is embedded, in the order in which it is applied")
    func embedded() throws {
        let folder = Psql.folder
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".sql") && $0 != "install.sql" && !$0.hasPrefix("examples/") }
        #expect(Set(SchemaFile.all.map(\.path)) == Set(files))
        let ranks = ["roles.sql", "ledger.sql", "lock.sql", "migrations/", "functions/", "views/", "grants.sql"]
        let rank = { (path: String) in ranks.firstIndex { path.hasPrefix($0) } ?? -1 }
        let ordered = files.sorted { (rank($0), $0) < (rank($1), $1) }
        #expect(SchemaFile.all.map(\.path) == ordered)
        for file in SchemaFile.all {
            #expect(try String(contentsOf: folder.appending(path: file.path), encoding: .utf8) == file.text)
        }
    }

    @Test("install.sql includes every file once, in the same order")
    func installOrder() throws {
        let text = try String(contentsOf: Psql.folder.appending(path: "install.sql"), encoding: .utf8)
        let included = text.split(separator: "\n").filter { $0.hasPrefix("\\ir ") }.map { String($0.dropFirst(4)) }
        #expect(included == SchemaFile.all.map(\.path))
    }

    @Test("psql with install.sql gives the same database as migrate, ledger and rights included")
    func installed() async throws {
        let migrated = try await withDatabase(migrated: true) { _, session in try await Catalogue(session) }
        let installed = try await withDatabase { database, session in
            try await run(Psql.folder.appending(path: "install.sql").path, on: database)
            return try await Catalogue(session)
        }
        #expect(installed.differences(from: migrated) == [])
        #expect(migrated.lines.count > 500)
    }

    @Test("installing or migrating again changes nothing")
    func twice() async throws {
        try await withDatabase(migrated: true) { database, session in
            let before = try await Catalogue(session)
            let stamps = try await session.simpleQuery("select xmin::text, * from secondline.schema_migration")
            #expect(try await Migrator.migrate(session).applied.isEmpty)
            try await run(Psql.folder.appending(path: "install.sql").path, on: database)
            #expect(try await Catalogue(session).differences(from: before) == [])
            #expect(try await session.simpleQuery("select xmin::text, * from secondline.schema_migration") == stamps)
        }
    }

    @Test("what a dry run prints does the same when psql runs it")
    func dryRun() async throws {
        let migrated = try await withDatabase(migrated: true) { _, session in try await Catalogue(session) }
        let scripted = try await withDatabase { database, session in
            let script = try await Migrator.script(for: session)
            #expect(try await session.simpleQuery("select from pg_namespace where nspname = 'secondline'").isEmpty)
            let file = FileManager.default.temporaryDirectory.appending(path: "\(database.name).sql")
            try script.write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            try await run(file.path, on: database)
            return try await Catalogue(session)
        }
        #expect(scripted.differences(from: migrated) == [])
    }

    /// A line for each migration that somebody may have installed: such a file is never edited, what it lacks is a new one.
    static let frozen = [
        ["0001_department", "c4215f26fc2b299cdee871546601ca83788bf3017f4d87809212f1d70cea9ac7"],
        ["0002_ticket", "c15a84ef8200e14c72edc851cc0d029f526b88f4d558fcf2b5da74d5e79554be"],
        ["0003_message", "894e07cac466f5e3b1a2129ee20dd736cb8bfba42d3d3f3bcc1a4e5973dab1e6"],
        ["0004_delivery", "87dc41e71b894e359248ce9adf01d5925f43d3a5cccc8de068913c2aa84b671d"],
        ["0005_workday", "a0db1d902dbfc5d5e5162a9f6a5b83c85cd2f917de437660fb674fac0661c974"],
        ["0006_lines", "cba8887094be72fba7c847608c1f09d2888c6f66d189ed34673ea5519cb729c6"],
        ["0007_routing", "e26339172e21bb3a322e3eba6596696d0cc47db29e66e7e9a5222e2888bb05bc"],
        ["0008_clocks", "8a8eb5ac6988b18e6884f0c88e5ae5e9223b8fd9967d893910fa6cfda404ca19"],
        ["0009_escalation", "8ee49dde8ad4b666036f2d9151abb9a703fd223ca5ca0413954ce944666c4aaf"],
        ["0010_client", "9c03795fe16a57f724af891926a14e408f05b6153a080b4c33234bf139870f1d"],
    ]

    @Test("what has been installed somewhere is as it was")
    func frozenMigrations() async throws {
        try await withDatabase(migrated: true) { _, session in
            let rows = try await session.simpleQuery(
                "select name, checksum from secondline.schema_migration order by name")
            #expect(Array(rows.prefix(Self.frozen.count)) == Self.frozen)
        }
    }

    /// What would keep a table that is in use from others for long, or break a program that still runs: see "Changing the code".
    static let forbidden = [
        ("an index that a DBA cannot have built before", #"create (unique )?index (?!if not exists)"#),
        (
            "a constraint with an index of its own",
            #"add (constraint \w+ )?(unique|primary key|exclude)(?! using index)"#
        ),
        ("a column that is rewritten", #"alter (column )?\w+ (set data )?type "#),
        ("a table that is read through", #"set not null"#),
        ("a constraint that is checked at once", #"add (constraint \w+ )?(check|foreign key)(?![^;]*not valid)"#),
        (
            "a value that is computed for every row",
            #"add (column )?[^;,]*( default (clock_timestamp|gen_random_uuid|random|nextval)| generated | (big)?serial\b)"#
        ),
        ("a name that programs use", #"\brename "#),
        ("what programs may still read", #"drop (column|table|type) |(alter table [\w.]+|,) drop (?!constraint )"#),
        ("all that hangs on it", #"cascade"#),
    ]

    /// Statements of a migration that break the rule.
    private func violations(of pattern: String, in file: String) throws -> [String] {
        let pattern = try Regex(pattern).ignoresCase()
        let text = file.replacing(/--[^\n]*/, with: "").replacing(/\s+/, with: " ")
        return text.split(separator: ";").map(String.init).filter { statement in
            // a table that the same file makes is nobody's yet
            let table = statement.firstMatch(of: /(?i)(?:alter table|index [^;]*? on) (secondline\.\w+)/)?.1
            if let table, text.contains("create table \(table) (") { return false }
            return statement.firstMatch(of: pattern) != nil
        }
    }

    @Test("migrations from the next release on change tables that are in use as the rule says", arguments: forbidden)
    func migrationRule(_ rule: (name: String, pattern: String)) throws {
        for file in SchemaFile.migrations where file.migration > "0011" {
            #expect(try violations(of: rule.pattern, in: file.text) == [], "\(file.migration): \(rule.name)")
        }
    }

    @Test(
        "the rule finds what it forbids",
        arguments: [
            "create index ticket_index on secondline.ticket (title)",
            "create unique index\n  ticket_index on secondline.ticket (title)",
            "alter table secondline.ticket add constraint ticket_unique unique (title)",
            "alter table secondline.ticket add primary key (title)",
            "alter table secondline.ticket alter column title type varchar(10)",
            "alter table secondline.ticket alter title set data type varchar(10)",
            "alter table secondline.ticket\n  alter column kind\n  set not null",
            "alter table secondline.ticket add constraint ticket_check check (title <> 'x')",
            "ALTER TABLE secondline.ticket ADD FOREIGN KEY (queue) REFERENCES secondline.queue",
            "alter table secondline.ticket add column at timestamptz default clock_timestamp()",
            "alter table secondline.ticket add number bigint generated always as identity",
            "alter table secondline.ticket add column number bigserial",
            "alter table secondline.ticket rename column title to subject",
            "alter table secondline.ticket rename title to subject",
            "alter table secondline.ticket rename to case",
            "alter table secondline.ticket drop column title", "alter table secondline.ticket drop title",
            "alter table secondline.ticket add column mood text, drop title", "drop table secondline.blocker",
            "drop function secondline_rules.hint() cascade",
        ])
    func forbids(_ statement: String) throws {
        let file = "-- a change\ncreate table secondline.mood (mood text);\n\(statement);\n"
        let names = try Self.forbidden.filter { try !violations(of: $0.1, in: file).isEmpty }.map(\.0)
        #expect(names.count == 1, "\(names)")
    }

    @Test(
        "the rule lets pass what it says to do instead",
        arguments: [
            "alter table secondline.ticket add column mood text, add column done boolean not null default false",
            "alter table secondline.ticket add constraint ticket_check check (title <> 'x') not valid",
            "alter table secondline.ticket add constraint ticket_queue_fkey foreign key (queue) references secondline.queue not valid",
            "alter table secondline.ticket validate constraint ticket_check",
            "alter table secondline.ticket drop constraint ticket_check",
            "create index if not exists ticket_index on secondline.ticket (title)",
            "create table secondline.mood (mood text primary key); create index mood_index on secondline.mood (mood)",
            "drop view secondline.decision_log",
        ])
    func allows(_ statement: String) throws {
        #expect(try Self.forbidden.filter { try !violations(of: $0.1, in: "\(statement);\n").isEmpty }.map(\.0) == [])
    }

    @Test("a database with half of the migrations gets the other half")
    func older() async throws {
        try await withDatabase { _, session in
            let first = SchemaFile.migrations[0]
            let start = [SchemaFile.named("roles.sql").text, SchemaFile.named("ledger.sql").text]
            try await session.script(
                (["begin"] + start + ["set local role secondline_owner", first.text]).joined(separator: ";\n")
                    + """
                    ;insert into secondline.schema_migration (name, checksum)
                     select '\(first.migration)', encode(sha256(convert_to(\(quoteLiteral(first.text)), 'UTF8')), 'hex');
                     commit
                    """)
            let applied = try await Migrator.migrate(session).applied
            #expect(applied == SchemaFile.migrations.dropFirst().map(\.migration))
        }
    }

    @Test(
        "a schema of another program version is refused and left as it was",
        arguments: [
            "insert into secondline.schema_migration (name, checksum) values ('9999_future', 'x')",
            "update secondline.schema_migration set checksum = 'x' where name = '0001_department'",
        ])
    func refused(_ change: String) async throws {
        try await withDatabase(migrated: true) { database, session in
            try await session.script("\(change); drop view secondline.decision_log")
            let before = try await Catalogue(session)
            await #expect(throws: SchemaMismatch.self) { try await Migrator.migrate(session) }
            await #expect(throws: SchemaMismatch.self) { try await Migrator.script(for: session) }
            #expect(try await Catalogue(session).differences(from: before) == [])
        }
    }

    @Test("install.sql refuses a newer schema")
    func installRefuses() async throws {
        try await withDatabase(migrated: true) { database, session in
            try await session.script(
                "insert into secondline.schema_migration (name, checksum) values ('9999_future', 'x')")
            let psql = try await Psql(database.conninfo, file: Psql.folder.appending(path: "install.sql").path)
            #expect(psql.status != 0)
            #expect(psql.errors.contains("9999_future, newer than \(SchemaVersion.known)"))
        }
    }

    @Test("every schema, table, view, column, type and function has a comment")
    func comments() async throws {
        let bare = try await withDatabase(migrated: true) { _, session in
            try await session.simpleQuery(
                """
                with own as (select n.oid, n.nspname from pg_namespace n where n.nspname in ('secondline', 'secondline_rules'))
                select 'schema ' || nspname from own where obj_description(oid, 'pg_namespace') is null
                union all
                select 'relation ' || c.oid::regclass from pg_class c join own on own.oid = c.relnamespace
                 where c.relkind in ('r', 'v', 'm', 'p', 'f') and obj_description(c.oid, 'pg_class') is null
                union all
                select format('column %s.%s', c.oid::regclass, a.attname)
                  from pg_attribute a join pg_class c on c.oid = a.attrelid join own on own.oid = c.relnamespace
                 where c.relkind in ('r', 'v', 'm', 'p', 'f') and a.attnum > 0 and not a.attisdropped
                   and col_description(c.oid, a.attnum) is null
                union all
                select 'type ' || t.oid::regtype from pg_type t join own on own.oid = t.typnamespace
                 where t.typtype in ('e', 'd', 'r') and obj_description(t.oid, 'pg_type') is null
                union all
                select 'function ' || p.oid::regprocedure from pg_proc p join own on own.oid = p.pronamespace
                 where obj_description(p.oid, 'pg_proc') is null
                """)
        }
        #expect(bare.compactMap { $0[0] } == [])
    }
}
