package import Postgres

/// What an import can refer to, and what it may do.
package struct ImportGround: Statement {
    package struct Row: Sendable {
        package let mayInsert: Bool
        package let mayDate: Bool
        package let clock: Timestamp
        package let queues: [String]
        package let skills: [String]
        package let priorities: [String]
        package let kinds: [String]
    }

    package init() {}

    package static let sql: StaticString = """
        select has_column_privilege('secondline.ticket', 'queue', 'insert'),
               has_column_privilege('secondline.ticket', 'submitted_at', 'insert'),
               clock_timestamp(),
               coalesce((select array_agg(q.name order by q.name) from secondline.queue q), '{}'),
               coalesce((select array_agg(s.name order by s.name) from secondline.skill s), '{}'),
               enum_range(null::secondline.priority)::text[], enum_range(null::secondline.ticket_kind)::text[]
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            mayInsert: try row.next(), mayDate: try row.next(), clock: try row.next(), queues: try row.next(),
            skills: try row.next(), priorities: try row.next(), kinds: try row.next())
    }
}

/// The clients of these names; names are not unique.
package struct ClientsNamed: Statement {
    package struct Row: Sendable {
        package let name: String
        package let client: Int64
        package let count: Int
    }

    package let names: [String]

    package init(names: [String]) { self.names = names }

    package static let sql: StaticString = """
        select c.name, min(c.client_id), count(*) from secondline.client c where c.name = any ($1::text[]) group by c.name
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(names) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(name: try row.next(), client: try row.next(), count: try row.next())
    }
}
