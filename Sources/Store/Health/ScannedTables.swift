package import Postgres

/// Large tables that a statement would read from end to end. See `secondline_rules.scanned_tables`.
package struct ScannedTables: Statement {
    package let statement: any Statement.Type

    package init(_ statement: any Statement.Type) { self.statement = statement }

    package static let sql: StaticString = "select t from secondline_rules.scanned_tables($1) t"

    package func bind(_ parameters: inout Parameters) { parameters.append("\(statement.sql)") }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> String { try row.next() }
}
