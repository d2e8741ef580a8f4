package import Policy
package import Postgres

/// Has a message tried again now; returns its channel. See `secondline.retry_message`.
package struct RetryMessage: Statement {
    package let message: MessageID

    package init(_ message: MessageID) { self.message = message }

    package static let sql: StaticString = """
        select (select m.channel from secondline.message m where m.message_id = $1::bigint)
          from secondline.retry_message($1::bigint)
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(message) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> String { try row.next() }
}

/// Has all that was set aside or failed in a channel tried now; returns how many. See `secondline.retry_channel`.
package struct RetryChannel: Statement {
    package let channel: String

    package init(_ channel: String) { self.channel = channel }

    package static let sql: StaticString = "select secondline.retry_channel($1)"

    package func bind(_ parameters: inout Parameters) { parameters.append(channel) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int { try row.next() }
}

/// Has a message not delivered. See `secondline.drop_message`.
package struct DropMessage: Statement {
    package let message: MessageID
    package let because: String

    package init(_ message: MessageID, because: String) {
        self.message = message
        self.because = because
    }

    package static let sql: StaticString = "select from secondline.drop_message($1::bigint, $2)"

    package func bind(_ parameters: inout Parameters) {
        parameters.append(message)
        parameters.append(because)
    }
}
