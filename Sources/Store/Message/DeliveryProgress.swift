package import Policy
package import Postgres

/// What has become of messages so far, in the order in which they are asked for.
package struct DeliveryProgress: Statement {
    package struct Row: Sendable {
        package let message: MessageID
        /// Nil when it is not known any more.
        package let state: String?
        /// How the last attempt ended.
        package let outcome: String?
        /// What the channel said then, or why it was dropped.
        package let said: String?
        /// In how many seconds it is due, if it is not yet.
        package let dueIn: Double?
        package let attempt: Int
    }

    package let messages: [MessageID]

    package init(of messages: [MessageID]) { self.messages = messages }

    package static let sql: StaticString = """
        select i.message_id, coalesce(m.state, h.state)::text, a.outcome::text,
               coalesce(h.because, m.last_said, a.said),
               case when m.send_at > clock_timestamp() and m.send_at < 'infinity'
                    then extract(epoch from m.send_at - clock_timestamp())::float8 end,
               coalesce(m.attempt, h.attempt, 0)
          from unnest($1::bigint[]) with ordinality i (message_id, n)
          left join secondline.message m on m.message_id = i.message_id
          left join secondline.message_history h on h.message_id = i.message_id
          left join lateral (
               select x.outcome, x.said from secondline.message_attempt x where x.message_id = i.message_id
                order by x.attempt_id desc limit 1) a on true
         order by i.n
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(messages.map(\.raw)) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            message: try row.next(), state: try row.next(), outcome: try row.next(), said: try row.next(),
            dueIn: try row.next(), attempt: try row.next())
    }
}
