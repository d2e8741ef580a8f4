package import Postgres

/// Whether this server can be written to, and its clock.
package struct ServerState: Statement {
    package struct Row: Sendable {
        package let isStandby: Bool
        /// Also on a primary whose sessions are set to be read-only.
        package let isReadOnly: Bool
        package let clock: Timestamp
    }

    package init() {}

    package static let sql: StaticString = """
        select pg_is_in_recovery(), current_setting('transaction_read_only')::boolean, clock_timestamp()
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(isStandby: try row.next(), isReadOnly: try row.next(), clock: try row.next())
    }
}
