package import Postgres

/// Brings a database to the schema that this program knows: all of it, or nothing.
package struct Migrator: Sendable {
    package struct Result: Sendable {
        package let applied: [String]
    }

    /// The same lock as in `sql/install.sql`, so that two at once take turns.
    static let lock = "select pg_advisory_xact_lock(hashtext('secondline.migrate'))"

    /// Throws the database's error, with everything rolled back, or `SchemaMismatch` when the database is not this program's.
    package static func migrate(_ session: Session) async throws -> Result {
        let outcome = try await session.transaction {
            (db) throws(DatabaseError) -> Swift.Result<[String], SchemaMismatch> in
            try db.script("set local client_min_messages = warning; \(lock)")
            try db.script(SchemaFile.named("roles.sql").text)
            try db.script(SchemaFile.named("ledger.sql").text)
            try db.script("set local role secondline_owner")
            let version = try SchemaVersion.read(in: db)
            switch version {
            case .newer, .altered: return .failure(SchemaMismatch(version: version))
            case .current, .absent, .older: break
            }
            let wanted = try missing(in: db)
            for migration in wanted {
                try db.script(migration.text)
                try db.execute(RecordMigration(migration: migration))
            }
            for file in SchemaFile.definitions { try db.script(file.text) }
            return .success(wanted.map(\.migration))
        }
        return Result(applied: try outcome.get())
    }

    /// The SQL that `migrate` would run now, as one script for psql.
    package static func script(for session: Session) async throws(DatabaseError) -> String {
        let wanted = try await session.transaction { (db) throws(DatabaseError) in
            try db.first(LedgerExists()) == true ? try missing(in: db) : SchemaFile.migrations
        }
        let text = { (file: SchemaFile) in "-- sql/\(file.path)\n\(file.text)" }
        let record = { (file: SchemaFile) in
            "insert into secondline.schema_migration (name, checksum)\n"
                + "select '\(file.migration)', encode(sha256(convert_to($text$\(file.text)$text$, 'UTF8')), 'hex');\n"
        }
        var parts = ["begin;\n\(lock);\n", text(.named("roles.sql")), text(.named("ledger.sql"))]
        parts.append("set local role secondline_owner;\n")
        parts += wanted.flatMap { [text($0), record($0)] }
        parts += SchemaFile.definitions.map(text)
        parts.append("commit;\n")
        return parts.joined(separator: "\n")
    }

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
