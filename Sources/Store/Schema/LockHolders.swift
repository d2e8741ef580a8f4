package import Postgres

/// Who holds what the session with this backend waits for.
package struct LockHolders: Statement {
    package struct Row: Sendable, Hashable, CustomStringConvertible {
        package let pid: Int32
        let application: String
        let user: String
        let state: String
        /// Of its transaction, as the server's clock shows it.
        let since: String

        package var description: String {
            "pid \(pid) (\(application.isEmpty ? "no name" : application), user \(user), \(state), in a transaction since \(since))"
        }
    }

    package let waiting: Int32

    package init(of waiting: Int32) { self.waiting = waiting }

    package static let sql: StaticString = """
        select a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(a.state, 'unknown'),
               coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS'), 'unknown')
          from pg_stat_activity a where a.pid = any (pg_blocking_pids($1)) order by a.xact_start
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(waiting) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            pid: try row.next(), application: try row.next(), user: try row.next(), state: try row.next(),
            since: try row.next())
    }
}
