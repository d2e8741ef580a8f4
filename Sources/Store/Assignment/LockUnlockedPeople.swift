package import Policy
package import Postgres

/// Locks those of the people whom nobody else is changing now. See `secondline_rules.lock_unlocked_people`.
package struct LockUnlockedPeople: Statement {
    package let people: [PersonID]

    package init(_ people: [PersonID]) { self.people = people }

    package static let sql: StaticString = "select secondline_rules.lock_unlocked_people($1::bigint[])"

    package func bind(_ parameters: inout Parameters) { parameters.append(people.map(\.raw)) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> PersonID { try row.next() }
}
