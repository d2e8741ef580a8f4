package import Postgres

/// Whose days the login may see: the teams, each with how many of its people. See `secondline_rules.visible_person`.
package struct VisibleTeams: Statement {
    package struct Row: Sendable {
        package let id: Int64
        package let name: String
        package let people: Int
    }

    package init() {}

    package static let sql: StaticString = """
        select t.team_id, t.name, count(*)
          from secondline_rules.visible_person() v (person_id)
          join secondline.person p on p.person_id = v.person_id
          join secondline.team t on t.team_id = p.team_id
         group by t.team_id, t.name order by t.name, t.team_id
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(id: try row.next(), name: try row.next(), people: try row.next())
    }
}

/// Who asks, to tell a login that may see nobody from a department that has nobody.
package struct ReportReader: Statement {
    package struct Row: Sendable {
        package let login: String
        package let isAnybodyThere: Bool
    }

    package init() {}

    package static let sql: StaticString = """
        select session_user::text, exists (select from secondline.person)
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(login: try row.next(), isAnybodyThere: try row.next())
    }
}
