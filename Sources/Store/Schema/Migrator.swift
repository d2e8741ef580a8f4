package import Postgres

/// Brings a database to the schema that this program knows: all of it, or nothing.
package struct Migrator: Sendable {
    package struct Result: Sendable {
        /// The migrations that were missing; functions, views and grants are applied each time.
        package let applied: [String]
    }

    /// The same lock as in `sql/install.sql`, so that two at once take turns. The second waits until the limit;
    /// from then on a table that somebody holds stops the migration, and the tickets behind it for three seconds at most.
    private static func opening(within limit: Duration) -> String {
        """
        set local client_min_messages = warning;
        set local statement_timeout = '5min';
        set local lock_timeout = \(Int(max(100, min(300_000, limit / .milliseconds(1)))));
        select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('secondline.migrate'));
        set local lock_timeout = \(Int(max(100, min(3_000, limit / .milliseconds(1)))));
        """
    }
    private static let patience: Duration = .seconds(310)
    /// Between two attempts whoever waited behind the migration goes on.
    private static let rest: Duration = .seconds(1)

    /// Somebody at work may hold what a migration needs, or be in a deadlock with it: then all of it is tried again, until the
    /// limit is over. Throws the database's error, with everything rolled back, or `SchemaMismatch` when the database is not this
    /// program's.
    package static func migrate(_ session: Session, within limit: Duration = .seconds(60)) async throws -> Result {
        let end = ContinuousClock.now + limit
        while true {
            do {
                return Result(applied: try await apply(in: session, within: end - .now).get())
            } catch let error as DatabaseError where error.recovery == .retry {
                guard ContinuousClock.now + rest < end else { throw error }
                try await Task.sleep(for: rest)
            }
        }
    }

    private static func apply(
        in session: Session, within limit: Duration
    ) async throws(DatabaseError) -> Swift.Result<[String], SchemaMismatch> {
        try await session.transaction { (db) throws(DatabaseError) -> Swift.Result<[String], SchemaMismatch> in
            try db.script(opening(within: limit), timeout: patience)
            let version = try SchemaVersion.read(in: db)
            switch version {
            case .newer, .altered: return .failure(SchemaMismatch(version: version))
            case .current, .absent, .older: break
            }
            try db.script(SchemaFile.named("roles.sql").text)
            try db.script(SchemaFile.named("ledger.sql").text)
            try db.script("set local role secondline_owner")
            let wanted = try missing(in: db)
            if !wanted.isEmpty { try db.script(SchemaFile.named("lock.sql").text) }
            for migration in wanted {
                try db.script(migration.text, timeout: patience)
                try db.execute(RecordMigration(migration: migration))
            }
            for file in SchemaFile.definitions { try db.script(file.text, timeout: patience) }
            return .success(wanted.map(\.migration))
        }
    }

    /// The SQL that `migrate` would run now, as one script for psql. Throws as `migrate` does.
    package static func script(for session: Session) async throws -> String {
        let outcome = try await session.transaction {
            (db) throws(DatabaseError) -> Swift.Result<[FileChecksums.Row], SchemaMismatch> in
            let version = try SchemaVersion.read(in: db)
            switch version {
            case .newer, .altered: return .failure(SchemaMismatch(version: version))
            case .absent: return .success(try db.query(FileChecksums(files: SchemaFile.migrations)))
            case .current, .older: return .success(try db.query(FileChecksums(files: try missing(in: db))))
            }
        }
        let wanted = try outcome.get()
        var parts = ["\\set ON_ERROR_STOP on\nbegin;\n\(opening(within: .seconds(60)))\n", titled(.named("roles.sql"))]
        parts += [titled(.named("ledger.sql")), "set local role secondline_owner;\n"]
        if !wanted.isEmpty { parts.append(titled(.named("lock.sql"))) }
        for row in wanted {
            let name = quoteLiteral(row.file.migration)
            parts.append(titled(row.file))
            parts.append(
                "insert into secondline.schema_migration (name, checksum)\nvalues (\(name), '\(row.checksum)');\n")
        }
        parts += SchemaFile.definitions.map(titled)
        parts.append("commit;\n")
        return parts.joined(separator: "\n")
    }

    private static func titled(_ file: SchemaFile) -> String { "-- sql/\(file.path)\n\(file.text)" }

    private static func missing(in db: Database) throws(DatabaseError) -> [SchemaFile] {
        let applied = try db.query(AppliedMigrations()).map(\.name)
        return SchemaFile.migrations.filter { !applied.contains($0.migration) }
    }
}

/// The database has a schema that this program must not touch.
package struct SchemaMismatch: Error, Sendable {
    package let version: SchemaVersion
}

struct RecordMigration: Statement {
    let migration: SchemaFile

    static let sql: StaticString = """
        insert into secondline.schema_migration (name, checksum)
        values ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))
        """

    func bind(_ parameters: inout Parameters) {
        parameters.append(migration.migration)
        parameters.append(migration.text)
    }
}

/// What the ledger keeps of each file.
struct FileChecksums: Statement {
    struct Row: Sendable {
        let file: SchemaFile
        let checksum: String
    }

    let files: [SchemaFile]

    static let sql: StaticString = """
        select f.path, f.text, encode(sha256(convert_to(f.text, 'UTF8')), 'hex')
          from unnest($1::text[], $2::text[]) with ordinality f (path, text, n) order by f.n
        """

    func bind(_ parameters: inout Parameters) {
        parameters.append(files.map(\.path))
        parameters.append(files.map(\.text))
    }

    static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(file: SchemaFile(path: try row.next(), text: try row.next()), checksum: try row.next())
    }
}
