package import Policy
package import Postgres

/// Which rows of `secondline.day_report` are wanted.
package struct ReportStretch: Sendable {
    /// ISO 8601, both inclusive. Given as they are: what the server would have to compute does not reach the view's indexes.
    package let from: String
    package let to: String
    /// Of these days only the one that it is now for each person.
    package let isToday: Bool
    package let team: Int64?
    package let person: PersonID?

    package init(from: String, to: String, isToday: Bool, team: Int64?, person: PersonID?) {
        self.from = from
        self.to = to
        self.isToday = isToday
        self.team = team
        self.person = person
    }

    func bind(_ parameters: inout Parameters) {
        parameters.append(from)
        parameters.append(to)
        parameters.append(isToday)
        parameters.append(team)
        parameters.append(person)
    }
}

/// The days that it is now somewhere.
package struct TodayEverywhere: Statement {
    package init() {}

    package static let sql: StaticString = """
        select (u.day - 1)::text, (u.day + 1)::text
          from (select (statement_timestamp() at time zone 'UTC')::date as day) u
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> StretchParts.Row {
        StretchParts.Row(from: try row.next(), to: try row.next())
    }
}

/// A stretch of days in parts of so many days, the first first; without the days before anything is known, and those to come.
package struct StretchParts: Statement {
    package struct Row: Sendable {
        package let from: String
        package let to: String
    }

    package let from: String
    /// Nil is until today.
    package let to: String?
    package let length: Int

    package init(from: String, to: String?, length: Int) {
        self.from = from
        self.to = to
        self.length = length
    }

    // today is tomorrow already in the zones furthest east
    package static let sql: StaticString = """
        select d.day::text, least(d.day + $3::integer - 1, k.last)::text
          from (select greatest($1::date, least((select min(w.day) from secondline.workday w),
                                                (select min(s.day) from secondline.planned_shift s),
                                                (select min(a.first_day) from secondline.absence a),
                                                (select (min(a.from_at) at time zone 'UTC')::date - 1 from secondline.absence a))) as first,
                       least($2::date, (statement_timestamp() at time zone 'UTC')::date + 1) as last) k
         cross join lateral (select k.first + n as day from generate_series(0, k.last - k.first, $3::integer) n) d
         order by d.day
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(from)
        parameters.append(to)
        parameters.append(length)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(from: try row.next(), to: try row.next())
    }
}
