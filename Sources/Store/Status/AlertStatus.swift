package import Postgres

/// What the heads must know of: alerts that are not settled.
package struct AlertStatus: Statement {
    package struct Row: Sendable {
        package let open: Int
        /// Of these.
        package let unacknowledged: Int
        /// Seconds since the oldest of those was raised.
        package let oldest: Double?
    }

    package init() {}

    package static let sql: StaticString = """
        select count(*), count(*) filter (where a.looked_after_by is null),
               extract(epoch from max(a.age) filter (where a.looked_after_by is null))::float8
          from secondline.alert_now a
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(open: try row.next(), unacknowledged: try row.next(), oldest: try row.next())
    }
}
