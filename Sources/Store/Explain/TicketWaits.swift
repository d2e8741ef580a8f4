package import Postgres

/// The stretches of time during which a ticket waited for a person.
package struct TicketWaits: Statement {
    package struct Row: Sendable {
        package let from: String
        /// Nil while it waits.
        package let to: String?
        package let seconds: Double
    }

    package let ticket: Int64

    package init(ticket: Int64) { self.ticket = ticket }

    package static let sql: StaticString = """
        select to_char(s.at, 'YYYY-MM-DD HH24:MI:SS'), to_char(s.next_at, 'YYYY-MM-DD HH24:MI:SS'),
               extract(epoch from coalesce(s.next_at, greatest(s.at, statement_timestamp())) - s.at)::float8
          from (select j.at, j.to_status, lead(j.at) over (order by j.journal_id) as next_at, j.journal_id
                  from secondline.journal j where j.ticket_id = $1::bigint and j.to_status is not null) s
         where s.to_status = 'new' order by s.journal_id
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(ticket) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(from: try row.next(), to: try row.next(), seconds: try row.next())
    }
}

/// What kept a ticket waiting while it did: blockers of its group (queue, skill), and its own.
package struct TicketBlockers: Statement {
    package struct Row: Sendable {
        package let reason: String
        /// The ticket's own, not its group's.
        package let isOwn: Bool
        package let times: Int
        /// In all.
        package let seconds: Double
        /// Since when, while it holds.
        package let since: String?
    }

    package let ticket: Int64

    package init(ticket: Int64) { self.ticket = ticket }

    package static let sql: StaticString = """
        with wait as (
            select s.at as from_at, coalesce(s.next_at, greatest(s.at, statement_timestamp())) as to_at
              from (select j.at, j.to_status, lead(j.at) over (order by j.journal_id) as next_at
                      from secondline.journal j where j.ticket_id = $1::bigint and j.to_status is not null) s
             where s.to_status = 'new'
        ), met as (
            select b.blocker_id, b.reason, b.ticket_id is not null as is_own, b.since, b.ended_at
              from secondline.ticket t
              join secondline.blocker b on b.queue = t.queue and b.ticket_id is null
                                       and coalesce(b.skill, '') = coalesce(t.skill, '')
             where t.ticket_id = $1::bigint and b.since < (select max(w.to_at) from wait w)
            union all
            select b.blocker_id, b.reason, true, b.since, b.ended_at
              from secondline.blocker b where b.ticket_id = $1::bigint
        )
        select m.reason, m.is_own, count(*),
               sum(extract(epoch from least(coalesce(m.ended_at, w.to_at), w.to_at) - greatest(m.since, w.from_at)))::float8,
               to_char(max(m.since) filter (where m.ended_at is null), 'YYYY-MM-DD HH24:MI:SS')
          from met m join wait w on m.since < w.to_at and (m.ended_at is null or m.ended_at > w.from_at)
         group by m.reason, m.is_own
         order by 4 desc, m.reason
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(ticket) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            reason: try row.next(), isOwn: try row.next(), times: try row.next(), seconds: try row.next(),
            since: try row.next())
    }
}
