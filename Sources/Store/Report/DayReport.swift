package import Policy
package import Postgres

/// What the head reads of each person and day. See the view `secondline.day_report`.
package struct DayReport: Statement {
    package struct Row: Sendable {
        /// `Mon 2026-11-23`.
        package let day: String
        package let person: String
        package let personID: PersonID
        package let presence: String
        package let absence: String?
        /// Clock times where the person is.
        package let start: Clock?
        package let end: Clock?
        package let lateMinutes: Int?
        package let isSystematicallyLate: Bool
        package let tasks: String?
        package let ticketsHandled: Int
        package let minutesPerTicket: Int?
        package let missing: [String]
    }

    package struct Clock: Sendable {
        /// `09:02`.
        package let time: String
        /// Days after the one that it counts for, as at the end of a night.
        package let daysLater: Int
    }

    package let stretch: ReportStretch

    package init(_ stretch: ReportStretch) { self.stretch = stretch }

    package static let sql: StaticString = """
        select to_char(r.day, 'Dy YYYY-MM-DD'), r.person, r.person_id, r.presence, r.absence_kind::text,
               to_char(c.started_at, 'HH24:MI'), c.started_at::date - r.day,
               to_char(c.ended_at, 'HH24:MI'), c.ended_at::date - r.day,
               r.late_minutes, r.systematically_late, r.tasks, r.tickets_handled, r.minutes_per_ticket, r.missing
          from secondline.day_report r
         cross join lateral (select r.started_at at time zone r.time_zone as started_at,
                                    r.ended_at at time zone r.time_zone as ended_at) c
         where r.day between $1::date and $2::date
           and (not $3::boolean or r.day = (statement_timestamp() at time zone r.time_zone)::date)
           and ($4::bigint is null or r.team_id = $4) and ($5::bigint is null or r.person_id = $5)
         order by r.day, r.person, r.person_id
        """

    package func bind(_ parameters: inout Parameters) { stretch.bind(&parameters) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            day: try row.next(), person: try row.next(), personID: try row.next(), presence: try row.next(),
            absence: try row.next(),
            start: try clock(&row), end: try clock(&row), lateMinutes: try row.next(),
            isSystematicallyLate: try row.next(), tasks: try row.next(), ticketsHandled: try row.next(),
            minutesPerTicket: try row.next(), missing: try row.next())
    }

    private static func clock(_ row: inout RowReader) throws(DatabaseError) -> Clock? {
        let time: String? = try row.next()
        let daysLater: Int? = try row.next()
        guard let time, let daysLater else { return nil }
        return Clock(time: time, daysLater: daysLater)
    }
}
