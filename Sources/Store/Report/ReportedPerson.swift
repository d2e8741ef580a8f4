package import Policy
package import Postgres

/// The team of a person, and whether the login may see their days.
package struct ReportedPerson: Statement {
    package struct Row: Sendable {
        package let team: String
        package let isVisible: Bool
    }

    package let person: PersonID

    package init(_ person: PersonID) { self.person = person }

    package static let sql: StaticString = """
        select t.name, p.person_id in (select secondline_rules.visible_person())
          from secondline.person p join secondline.team t on t.team_id = p.team_id
         where p.person_id = $1
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(person) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(team: try row.next(), isVisible: try row.next())
    }
}
