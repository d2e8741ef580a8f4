import Policy
import Postgres
import Store

extension Demo {
    /// The demo's team, if it is there, and whether another one is.
    struct FindTeam: Statement {
        static let sql: StaticString = """
            select (select t.team_id from secondline.team t where t.name = $1),
                   exists (select from secondline.team t where t.name <> $1)
            """

        func bind(_ parameters: inout Parameters) { parameters.append(Staff.team) }

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> (team: Int64?, hasOthers: Bool) {
            (try row.next(), try row.next())
        }
    }

    struct AddTeam: Statement {
        static let sql: StaticString = "select secondline.add_team($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(Staff.team)
            parameters.append(Staff.timeZone)
        }

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Int64 { try row.next() }
    }

    struct AddPerson: Statement {
        let team: Int64
        let role: String
        let name: String

        static let sql: StaticString = "select secondline.add_person($1, $2::secondline.person_role, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(team)
            parameters.append(role)
            parameters.append(name)
        }

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> PersonID { try row.next() }
    }

    struct AddClient: Statement {
        let name: String
        let manager: PersonID

        static let sql: StaticString = "select secondline.add_client($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(name)
            parameters.append(manager)
        }
    }

    struct AddQueue: Statement {
        let queue: Staff.Queue

        static let sql: StaticString = "select secondline.add_queue($1, $2::integer, $3::integer, $4)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(queue.name)
            parameters.append(queue.line)
            parameters.append(queue.effort)
            parameters.append(queue.skill)
        }
    }

    struct AddMember: Statement {
        let queue: String
        let person: PersonID

        static let sql: StaticString = "select secondline.add_member($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(queue)
            parameters.append(person)
        }
    }

    struct GrantSkill: Statement {
        let person: PersonID
        let skill: String

        static let sql: StaticString = "select secondline.grant_skill($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(person)
            parameters.append(skill)
        }
    }

    /// Two weeks from today.
    struct TakeVacation: Statement {
        let person: PersonID

        static let sql: StaticString = """
            select secondline.record_absence(p.person_id, 'vacation', d.today, d.today + 13)
              from secondline.person p
             cross join lateral (select (statement_timestamp() at time zone p.time_zone)::date as today) d
             where p.person_id = $1
            """

        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    /// The rules of a queue that are lengths of time, at the pace of the demo. An urgent ticket never counts less than a high
    /// one, so its head start first makes way.
    struct SetRules: Statement {
        let queue: String
        /// Offers to a person in an hour of theirs; nil is no limit.
        let fairLimit: Int?
        let speed: Int

        static let sql: StaticString = """
            select secondline.set_fair_limit($1, $2::integer, interval '1 hour' / $3::bigint),
                   secondline.set_starvation_bound($1, interval '2 hours' / $3::bigint),
                   secondline.set_head_start($1, 'urgent', interval '7 days'),
                   secondline.set_head_start($1, 'high', interval '3 days' / $3::bigint),
                   secondline.set_head_start($1, 'urgent', interval '7 days' / $3::bigint),
                   secondline.set_head_start($1, 'low', interval '-3 days' / $3::bigint)
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(queue)
            parameters.append(fairLimit)
            parameters.append(speed)
        }
    }
}
