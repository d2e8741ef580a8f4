package import Postgres

/// All columns of `secondline.day_report` as a spreadsheet takes them: times on the person's clock.
package struct DayReportFields: Statement {
    package static let columns = [
        "day", "team", "person", "presence", "absence_kind", "started_at", "ended_at", "late_minutes",
        "systematically_late", "tasks", "spent_minutes", "tickets_handled", "minutes_per_ticket", "went_well",
        "went_badly", "blockers", "missing", "excuse", "person_id", "team_id", "time_zone",
    ]

    package let stretch: ReportStretch

    package init(_ stretch: ReportStretch) { self.stretch = stretch }

    package static let sql: StaticString = """
        select array[
                   r.day::text, r.team, r.person, r.presence, r.absence_kind::text,
                   to_char(r.started_at at time zone r.time_zone, 'YYYY-MM-DD HH24:MI:SS'),
                   to_char(r.ended_at at time zone r.time_zone, 'YYYY-MM-DD HH24:MI:SS'), r.late_minutes::text,
                   r.systematically_late::text, r.tasks, r.spent_minutes::text, r.tickets_handled::text,
                   r.minutes_per_ticket::text, r.went_well, r.went_badly, r.blockers, array_to_string(r.missing, ', '),
                   r.excuse, r.person_id::text, r.team_id::text, r.time_zone]
          from secondline.day_report r
         where r.day between $1::date and $2::date
           and (not $3::boolean or r.day = (statement_timestamp() at time zone r.time_zone)::date)
           and ($4::bigint is null or r.team_id = $4) and ($5::bigint is null or r.person_id = $5)
         order by r.day, r.team, r.person, r.person_id
        """

    package func bind(_ parameters: inout Parameters) { stretch.bind(&parameters) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> [String?] { try row.next() }
}
