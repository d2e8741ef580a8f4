package import Policy
package import Postgres

/// Tells a person something; returns the popup. See `secondline.send_message`.
package struct SendNote: Statement {
    package let person: PersonID
    package let text: String
    /// Nil is the kind's own.
    package let severity: String?

    package init(to person: PersonID, text: String, severity: String?) {
        self.person = person
        self.text = text
        self.severity = severity
    }

    package static let sql: StaticString = """
        select secondline.send_message(
            $1::bigint, 'note', jsonb_strip_nulls(jsonb_build_object('text', $2::text, 'severity', $3::text)))
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(person)
        parameters.append(text)
        parameters.append(severity)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> MessageID { try row.next() }
}
