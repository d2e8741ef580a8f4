package import Policy
package import Postgres

/// The people that a word may mean, whoever works here first: the one with this id, or those whose name is the word or has
/// it as a part.
package struct FindPeople: Statement {
    package struct Row: Sendable {
        package let id: PersonID
        package let name: String
        package let hasLeft: Bool
        /// 0: the word is the whole name, or the id; 1: words of the name begin with it; 2: it is somewhere in it.
        package let distance: Int
        /// How many are found that are as near to the word as this one.
        package let equals: Int
    }

    /// Nil looks for a name.
    package let id: PersonID?
    package let name: String
    package let limit: Int

    package init(id: PersonID?, name: String, limit: Int) {
        self.id = id
        self.name = name
        self.limit = limit
    }

    package static let sql: StaticString = """
        select p.person_id, p.full_name, x.has_left, x.distance, count(*) over (partition by x.has_left, x.distance)
          from secondline.person p
         cross join lateral (
               select p.deactivated_at is not null as has_left,
                      case when $1::bigint is not null or lower(p.full_name) = lower($2) then 0
                           when position(' ' || lower($2) in ' ' || lower(p.full_name)) > 0 then 1 else 2 end as distance) x
         where case when $1::bigint is null then position(lower($2) in lower(p.full_name)) > 0 else p.person_id = $1 end
         order by x.has_left, x.distance, p.full_name, p.person_id limit $3
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(id)
        parameters.append(name)
        parameters.append(limit)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            id: try row.next(), name: try row.next(), hasLeft: try row.next(), distance: try row.next(),
            equals: try row.next())
    }
}
