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

    // Within one priority the order is that of eligible_at: two bounds a priority, instead of a rank for every ticket. Between the
    // bounds, while no business time passes, all have the same rank.
    package static let sql: StaticString = """
        with mine as materialized (
            select t.ticket_id, t.queue, t.eligible_at, secondline_rules.rank(q, t.priority, t.eligible_at) as rank, q,
                   k.calendar_id, coalesce(k.day_length, interval '1 day') as day_length
              from secondline.ticket t
              join secondline.queue q on q.name = t.queue
              left join secondline.calendar k on k.team_id = q.team_id
             where t.ticket_id = $1::bigint and t.status = 'new'
        ), bound as materialized (
            select p.priority, f.first_at,
                   coalesce((select s.starts_at from secondline.business_span s where s.calendar_id = m.calendar_id and s.clock = r.clock),
                            f.first_at) as last_at
              from mine m
             cross join unnest(enum_range(null::secondline.priority)) p (priority)
             cross join lateral (select m.rank + secondline_rules.business_interval(
                                            secondline_rules.head_start(m.q, p.priority), m.day_length) as clock) r
             cross join lateral (select secondline_rules.business_instant(m.calendar_id, r.clock) as first_at) f
        )
        select count(*) filter (where t.eligible_at < b.first_at
                                   or t.eligible_at <= b.last_at and (t.eligible_at, t.ticket_id) < (m.eligible_at, m.ticket_id)), count(*)
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
