package import Postgres

/// The last migration of the database. Cheap, unlike `SchemaVersion`, which compares all of them.
package struct LatestMigration: Statement {
    package init() {}

    package static let sql: StaticString = "select name from secondline.schema_migration order by name desc limit 1"

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> String { try row.next() }
}
