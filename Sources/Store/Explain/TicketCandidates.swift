package import Postgres

/// Every member of a ticket's queue and what keeps them from getting it now. See `secondline_rules.ticket_candidate`.
package struct TicketCandidates: Statement {
    package struct Row: Sendable {
        package let name: String
        /// Nil when nothing keeps them from it.
        package let obstacle: String?
        package let loadMinutes: Int
        package let capacityMinutes: Int
        package let freeAgainAt: String?
    }

    package let ticket: Int64

    package init(ticket: Int64) { self.ticket = ticket }

    package static let sql: StaticString = """
        select c.full_name, c.obstacle, c.load_minutes, c.capacity_minutes,
               to_char(c.free_again_at, 'YYYY-MM-DD HH24:MI:SS')
          from secondline_rules.ticket_candidate(statement_timestamp(), $1) c
         order by c.obstacle nulls first, c.full_name, c.person_id
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(ticket) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            name: try row.next(), obstacle: try row.next(), loadMinutes: try row.next(),
            capacityMinutes: try row.next(), freeAgainAt: try row.next())
    }
}

/// How many tickets of its queue are served before this one, and how many wait there in all; no row when it does not wait.
package struct PlaceInQueue: Statement {
    package struct Row: Sendable {
        package let before: Int
        package let waiting: Int
    }

    package let ticket: Int64

    package init(ticket: Int64) { self.ticket = ticket }

    // Within one priority the order is that of eligible_at: one bound a priority, instead of a rank for every ticket.
    package static let sql: StaticString = """
        with mine as materialized (
            select t.ticket_id, t.queue, t.eligible_at - secondline_rules.head_start(q, t.priority) as rank, q
              from secondline.ticket t join secondline.queue q on q.name = t.queue
             where t.ticket_id = $1::bigint and t.status = 'new'
        ), bound as materialized (
            select p.priority, m.rank + secondline_rules.head_start(m.q, p.priority) as eligible_at
              from mine m cross join unnest(enum_range(null::secondline.priority)) p (priority)
        )
        select count(*) filter (where t.eligible_at < b.eligible_at
                                   or t.eligible_at = b.eligible_at and t.ticket_id < m.ticket_id), count(*)
          from mine m
          join secondline.ticket t on t.queue = m.queue and t.status = 'new'
          join bound b on b.priority = coalesce(t.priority, 'normal')
        having count(*) > 0
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(ticket) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(before: try row.next(), waiting: try row.next())
    }
}
