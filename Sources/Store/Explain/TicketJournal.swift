package import Postgres

/// Everything that happened to a ticket, in order; of a very long story the latest entries.
package struct TicketJournal: Statement {
    package struct Row: Sendable {
        package let at: String
        package let event: String
        package let person: String?
        package let from: String?
        package let to: String?
        package let note: String?
    }

    package let ticket: Int64
    package let limit: Int

    package init(ticket: Int64, limit: Int) {
        self.ticket = ticket
        self.limit = limit
    }

    package static let sql: StaticString = """
        select to_char(j.at, 'YYYY-MM-DD HH24:MI:SS'), j.event, p.full_name, j.from_status::text, j.to_status::text, j.note
          from (select x.* from secondline.journal x where x.ticket_id = $1::bigint order by x.journal_id desc limit $2) j
          left join secondline.person p on p.person_id = j.person_id
         order by j.journal_id
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(ticket)
        parameters.append(limit)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            at: try row.next(), event: try row.next(), person: try row.next(), from: try row.next(),
            to: try row.next(), note: try row.next())
    }
}
