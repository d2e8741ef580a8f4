package import Postgres

/// Messages by channel, popups included, and whether it works. Of `secondline.channel_now` only what costs little: nothing
/// of the history.
package struct MessageStatus: Statement {
    package struct Row: Sendable {
        package let channel: String
        package let state: String
        /// Seconds.
        package let failingFor: Double?
        package let error: String?
        package let waiting: Int
        package let sending: Int
        package let later: Int
        package let setAside: Int
    }

    package init() {}

    package static let sql: StaticString = """
        select c.channel, c.state, extract(epoch from c.failing_for)::float8, c.last_error, c.waiting, c.sending,
               c.later, c.set_aside
          from secondline.channel_now c order by c.channel
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            channel: try row.next(), state: try row.next(), failingFor: try row.next(), error: try row.next(),
            waiting: try row.next(), sending: try row.next(), later: try row.next(), setAside: try row.next())
    }
}
