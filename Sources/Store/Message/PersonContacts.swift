package import Policy
package import Postgres

/// Where a person is reached beside the popup, and whether by a note of this severity.
package struct PersonContacts: Statement {
    package struct Row: Sendable {
        package let channel: String
        package let address: String
        package let fromSeverity: String
        package let isReached: Bool
        /// As in `secondline.channel_now`.
        package let state: String
        /// Seconds.
        package let failingFor: Double?
        package let error: String?
    }

    package let person: PersonID
    package let severity: String?

    package init(of person: PersonID, severity: String?) {
        self.person = person
        self.severity = severity
    }

    package static let sql: StaticString = """
        select c.channel, c.address, c.from_severity::text,
               c.from_severity <= coalesce($2::text::secondline.severity, k.severity),
               n.state, extract(epoch from n.failing_for)::float8, n.last_error
          from secondline.contact c
          join secondline.message_kind k on k.kind = 'note'
          join secondline.channel_now n on n.channel = c.channel
         where c.person_id = $1 order by c.channel
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(person)
        parameters.append(severity)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            channel: try row.next(), address: try row.next(), fromSeverity: try row.next(), isReached: try row.next(),
            state: try row.next(), failingFor: try row.next(), error: try row.next())
    }
}

/// The copies of a popup that its contacts get.
package struct NoteCopies: Statement {
    package struct Row: Sendable {
        package let channel: String
        package let message: MessageID
    }

    package let popup: MessageID

    package init(of popup: MessageID) { self.popup = popup }

    // The trigger that copies keeps both times, which together are no other message's.
    package static let sql: StaticString = """
        select m.channel, m.message_id
          from secondline.message p
          join secondline.contact c on c.person_id = p.person_id
          join secondline.message m on m.channel = c.channel and m.send_at = p.send_at and m.created_at = p.created_at
                                   and m.person_id = p.person_id and m.message_id > p.message_id
         where p.message_id = $1 order by m.channel
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(popup) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(channel: try row.next(), message: try row.next())
    }
}
