package import Postgres

/// Everyone who gets tickets, those at work first. See the view `secondline.specialist_now`.
package struct PeopleStatus: Statement {
    package struct Row: Sendable {
        package let name: String
        package let state: String
        package let openTickets: Int
        package let loadMinutes: Int
        package let capacityMinutes: Int
        /// Seconds since they were last given a ticket.
        package let lastAssigned: Double?
    }

    package init() {}

    package static let sql: StaticString = """
        select s.full_name, s.state, s.open_tickets, s.load_minutes, s.capacity_minutes,
               extract(epoch from statement_timestamp() - s.last_assigned_at)::float8
          from secondline.specialist_now s
         order by s.state = 'not_at_work', s.full_name, s.person_id
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            name: try row.next(), state: try row.next(), openTickets: try row.next(), loadMinutes: try row.next(),
            capacityMinutes: try row.next(), lastAssigned: try row.next())
    }
}
