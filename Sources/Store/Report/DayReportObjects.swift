package import Postgres

/// Rows of `secondline.day_report` as JSON objects.
package struct DayReportObjects: Statement {
    package let stretch: ReportStretch

    package init(_ stretch: ReportStretch) { self.stretch = stretch }

    package static let sql: StaticString = """
        select row_to_json(r)::text
          from secondline.day_report r
         where r.day between $1::date and $2::date
           and (not $3::boolean or r.day = (statement_timestamp() at time zone r.time_zone)::date)
           and ($4::bigint is null or r.team_id = $4) and ($5::bigint is null or r.person_id = $5)
         order by r.day, r.team, r.person, r.person_id
        """

    package func bind(_ parameters: inout Parameters) { stretch.bind(&parameters) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> String { try row.next() }
}
