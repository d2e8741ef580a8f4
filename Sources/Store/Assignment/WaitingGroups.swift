package import Policy
package import Postgres

/// The first, cheap look: the groups in which tickets wait, and those that are recorded as blocked. No row: nothing to do.
package struct WaitingGroups: Statement {
    package struct Row: Sendable {
        package let at: Instant
        package let queue: String
        package let skill: String
        /// False for a group whose blocker outlived its tickets.
        package let isWaiting: Bool
        package let isPaused: Bool
        package let blocker: Obstacle?
    }

    /// Nil is the database's own clock.
    package let at: Instant?

    package init(at: Instant?) { self.at = at }

    package static let sql: StaticString = """
        select coalesce($1::timestamptz, statement_timestamp()), queue, skill, g.is_waiting is not null,
               coalesce(q.paused_at is not null, false), b.reason
          from (select w.queue, w.skill, true as is_waiting from secondline_rules.waiting_group() w) g
          full join (select x.queue, coalesce(x.skill, '') as skill, x.reason from secondline.blocker x
                      where x.ended_at is null and x.ticket_id is null) b using (queue, skill)
          left join secondline.queue q on q.name = queue
         order by queue, skill
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(at) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            at: try row.next(), queue: try row.next(), skill: try row.next(), isWaiting: try row.next(),
            isPaused: try row.next(), blocker: try row.next())
    }
}
