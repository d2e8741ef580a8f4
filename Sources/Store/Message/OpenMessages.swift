package import Policy
package import Postgres

/// Messages that are not done with, the oldest first. See the views `secondline.message_now` and `message_set_aside`.
package struct OpenMessages: Statement {
    package struct Row: Sendable {
        package let id: MessageID
        package let state: String
        package let channel: String
        package let kind: String
        package let recipient: String?
        /// `person`, `team` or `client`.
        package let recipientIs: String
        package let subject: String?
        /// Seconds.
        package let age: Double
        /// In how many seconds it is due, if it is not yet.
        package let dueIn: Double?
        package let attempt: Int
        /// How the last attempt ended.
        package let outcome: String?
        package let said: String?
        /// How many there are, with those beyond the limit.
        package let total: Int
    }

    package let isSetAside: Bool
    package let person: PersonID?
    package let kind: String?
    package let channel: String?
    package let limit: Int

    package init(isSetAside: Bool, person: PersonID?, kind: String?, channel: String?, limit: Int) {
        self.isSetAside = isSetAside
        self.person = person
        self.kind = kind
        self.channel = channel
        self.limit = limit
    }

    // Chosen and counted before the words are made, and then one by one ("offset 0"): only what is shown is rendered.
    package static let sql: StaticString = """
        with chosen as materialized (
            select m.message_id, m.created_at, count(*) over () as total
              from secondline.message m
             where (m.state = 'set_aside' or not $1) and ($2::bigint is null or m.person_id = $2)
               and ($3::text is null or m.kind = $3) and ($4::text is null or m.channel = $4)
               -- what only waits for its reader is not what an operator looks for
               and (m.channel <> 'popup' or $2 is not null or $3 is not null or $4 is not null)
             order by m.created_at, m.message_id limit $5
        )
        select v.message_id, v.state::text, v.channel, v.kind, v.recipient,
               case when v.person_id is not null then 'person' when v.team_id is not null then 'team' else 'client' end,
               v.subject, extract(epoch from v.age)::float8, extract(epoch from v.due_in)::float8, v.attempt,
               v.last_outcome::text, v.last_said, c.total
          from chosen c
         cross join lateral (select * from secondline.message_now n where n.message_id = c.message_id offset 0) v
         order by c.created_at, c.message_id
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(isSetAside)
        parameters.append(person)
        parameters.append(kind)
        parameters.append(channel)
        parameters.append(limit)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            id: try row.next(), state: try row.next(), channel: try row.next(), kind: try row.next(),
            recipient: try row.next(), recipientIs: try row.next(), subject: try row.next(), age: try row.next(),
            dueIn: try row.next(), attempt: try row.next(), outcome: try row.next(), said: try row.next(),
            total: try row.next())
    }
}

/// The kinds of messages and the channels that there are, to tell a slip of the keyboard from what has no messages.
package struct MessageNames: Statement {
    package struct Row: Sendable {
        package let kinds: [String]
        package let channels: [String]
    }

    package init() {}

    package static let sql: StaticString = """
        select array(select k.kind from secondline.message_kind k order by k.kind),
               array(select c.name from secondline.channel c order by c.name)
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(kinds: try row.next(), channels: try row.next())
    }
}
