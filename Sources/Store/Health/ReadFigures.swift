package import Postgres

/// What the metrics say about the database. See `secondline_rules.figures`.
package struct ReadFigures: Statement {
    package struct Row: Sendable {
        package let name: String
        package let labels: [String]
        package let value: Double

        package init(name: String, labels: [String], value: Double) {
            self.name = name
            self.labels = labels
            self.value = value
        }
    }

    package init() {}

    package static let sql: StaticString = """
        select f.name, f.labels, f.value from secondline_rules.figures(statement_timestamp()) f order by f.name, f.labels
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(name: try row.next(), labels: try row.next(), value: try row.next())
    }
}
