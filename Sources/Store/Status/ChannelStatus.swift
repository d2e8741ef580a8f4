package import Postgres

/// Each channel: whether it works, what waits, what it did within the last hour. See the view `secondline.channel_now`.
package struct ChannelStatus: Statement {
    package struct Row: Sendable {
        package let channel: String
        package let state: String
        /// Seconds.
        package let failingFor: Double?
        package let error: String?
        package let waiting: Int
        /// For how many seconds the oldest has waited.
        package let oldest: Double?
        package let sending: Int
        package let later: Int
        package let setAside: Int
        package let sentLastHour: Int
        package let failedLastHour: Int
        package let daemons: Int
        package let contacts: Int
    }

    package init() {}

    package static let sql: StaticString = """
        select c.channel, c.state, extract(epoch from c.failing_for)::float8, c.last_error, c.waiting,
               extract(epoch from c.oldest_waiting)::float8, c.sending, c.later, c.set_aside, c.sent_last_hour,
               c.failed_last_hour, c.daemons, c.contacts
          from secondline.channel_now c order by c.channel
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            channel: try row.next(), state: try row.next(), failingFor: try row.next(), error: try row.next(),
            waiting: try row.next(), oldest: try row.next(), sending: try row.next(), later: try row.next(),
            setAside: try row.next(), sentLastHour: try row.next(), failedLastHour: try row.next(),
            daemons: try row.next(), contacts: try row.next())
    }
}

/// Who names and who has each channel, without its messages: quick however many there are.
package struct ChannelUse: Statement {
    package struct Row: Sendable {
        package let channel: String
        package let state: String
        package let daemons: Int
        package let contacts: Int
    }

    package init() {}

    package static let sql: StaticString = """
        select c.channel, c.state, c.daemons, c.contacts from secondline.channel_now c order by c.channel
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(channel: try row.next(), state: try row.next(), daemons: try row.next(), contacts: try row.next())
    }
}
