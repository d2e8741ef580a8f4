package import Postgres

/// How the schema in the database compares with the one that this program knows.
package enum SchemaVersion: Sendable, Equatable {
    case current
    case absent
    /// Migrations that this program has and the database has not.
    case older(found: String, known: String)
    /// Migrations in the database that this program does not know.
    case newer(found: String, known: String)
    /// A migration was applied with another text.
    case altered(migration: String)

    /// The last migration that this program knows.
    package static let known = SchemaFile.migrations.last!.migration

    init(applied: [AppliedMigrations.Row]) {
        let known = SchemaFile.migrations.map(\.migration)
        if let stranger = applied.last(where: { !known.contains($0.name) }) {
            self = .newer(found: stranger.name, known: Self.known)
        } else if let altered = applied.first(where: { !$0.isUnaltered }) {
            self = .altered(migration: altered.name)
        } else if applied.count < known.count {
            self = applied.last.map { .older(found: $0.name, known: Self.known) } ?? .absent
        } else {
            self = .current
        }
    }

    package static func read(in database: Database) throws(DatabaseError) -> SchemaVersion {
        guard try database.first(LedgerExists()) == true else { return .absent }
        return SchemaVersion(applied: try database.query(AppliedMigrations()))
    }

    /// What is wrong and what to do; nil when the schema is current.
    package var fault: (message: String, advice: String)? {
        switch self {
        case .current: nil
        case .absent:
            ("the database has no schema secondline", "Run \"secondline migrate\" with a role that may create it.")
        case .older(let found, let known):
            (
                "the schema in the database is \(found), older than \(known), which this program needs",
                "Run \"secondline migrate\"."
            )
        case .newer(let found, let known):
            (
                "the schema in the database is \(found), newer than \(known), which this program knows",
                "Install the version of secondline that brought it."
            )
        case .altered(let migration):
            (
                "migration \(migration) was applied to the database with another text than this program has",
                "Install the version of secondline that belongs to this database."
            )
        }
    }
}

struct LedgerExists: Statement {
    static let sql: StaticString = "select to_regclass('secondline.schema_migration') is not null"

    static func decode(_ row: inout RowReader) throws(DatabaseError) -> Bool { try row.next() }
}

/// What the ledger holds, compared with the files of this program.
struct AppliedMigrations: Statement {
    struct Row: Sendable {
        let name: String
        let isUnaltered: Bool
    }

    static let sql: StaticString = """
        select m.name, coalesce(m.checksum = encode(sha256(convert_to(f.text, 'UTF8')), 'hex'), false)
          from secondline.schema_migration m
          left join unnest($1::text[], $2::text[]) f (name, text) on f.name = m.name
         order by m.name
        """

    func bind(_ parameters: inout Parameters) {
        parameters.append(SchemaFile.migrations.map(\.migration))
        parameters.append(SchemaFile.migrations.map(\.text))
    }

    static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(name: try row.next(), isUnaltered: try row.next())
    }
}
