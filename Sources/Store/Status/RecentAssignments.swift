package import Postgres

/// What the daemon assigned lately, in figures.
package struct RecentAssignments: Statement {
    package struct Row: Sendable {
        package let count: Int
        /// Seconds from eligible to assigned.
        package let medianWait: Double?
        package let longestWait: Double?
    }

    /// How far back, in seconds.
    package let within: Double

    package init(within: Double) { self.within = within }

    package static let sql: StaticString = """
        select count(*), percentile_cont(0.5) within group (order by r.waited), max(r.waited)
          from (select extract(epoch from d.decided_at - t.eligible_at)::float8 as waited
                  from secondline.decision d join secondline.ticket t on t.ticket_id = d.ticket_id
                 where d.decided_at > statement_timestamp() - $1::float8 * interval '1 second'
                   and d.kind = 'assigned') r
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(within) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(count: try row.next(), medianWait: try row.next(), longestWait: try row.next())
    }
}

/// The latest decisions, the last one first.
package struct LatestDecisions: Statement {
    package struct Row: Sendable {
        package let ticket: Int64
        package let queue: String
        package let title: String
        package let person: String
        package let reason: String
        /// Seconds.
        package let ago: Double
    }

    package let within: Double
    package let limit: Int

    package init(within: Double, limit: Int) {
        self.within = within
        self.limit = limit
    }

    package static let sql: StaticString = """
        with latest as materialized (
            select d.ticket_id, d.decision_id, d.decided_at, d.person_id, d.reason from secondline.decision d
             where d.decided_at > statement_timestamp() - $1::float8 * interval '1 second'
             order by d.decided_at desc, d.decision_id desc limit $2
        )
        select l.ticket_id, t.queue, t.title, p.full_name, l.reason,
               extract(epoch from statement_timestamp() - l.decided_at)::float8
          from latest l
          join secondline.ticket t on t.ticket_id = l.ticket_id
          join secondline.person p on p.person_id = l.person_id
         order by l.decided_at desc, l.decision_id desc
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(within)
        parameters.append(limit)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            ticket: try row.next(), queue: try row.next(), title: try row.next(), person: try row.next(),
            reason: try row.next(), ago: try row.next())
    }
}
