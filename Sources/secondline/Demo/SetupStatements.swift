import Policy
import Postgres
import Store

extension Demo {
    /// The demo's team, if it is there, whether it has all that belongs to it by now, and whether another one is there.
    struct FindTeam: Statement {
        static let sql: StaticString = """
            select (select t.team_id from secondline.team t where t.name = $1),
                   exists (select from secondline.queue q where q.name = 'helpdesk'),
                   exists (select from secondline.team t where t.name <> $1)
            """

        func bind(_ parameters: inout Parameters) { parameters.append(Staff.team) }

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> (
            team: Int64?, isComplete: Bool, hasOthers: Bool
        ) {
            (try row.next(), try row.next(), try row.next())
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

        static let sql: StaticString = """
            select coalesce((select p.person_id from secondline.person p where p.team_id = $1 and p.full_name = $3),
                            secondline.add_person($1, $2::secondline.person_role, $3))
            """

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

        static let sql: StaticString = """
            select secondline.add_client($1, $2) where not exists (select from secondline.client c where c.name = $1)
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(name)
            parameters.append(manager)
        }
    }

    struct AddQueue: Statement {
        let queue: Staff.Queue

        static let sql: StaticString = """
            select secondline.add_queue($1, $2::integer, $3::integer, $4)
             where not exists (select from secondline.queue q where q.name = $1)
            """

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
               and not exists (select from secondline.absence a where a.person_id = p.person_id and a.cancelled_at is null)
            """

        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    struct SetSubstitute: Statement {
        let person: PersonID
        let substitute: PersonID

        static let sql: StaticString = "select secondline.set_substitute($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(person)
            parameters.append(substitute)
        }
    }

    /// Who gets the tickets of a queue, and how colleagues must word them.
    struct SetManners: Statement {
        let queue: Staff.Queue

        static let sql: StaticString = """
            select secondline.set_routing($1, $2),
                   case when $3::integer > 0
                        then secondline.set_regulation($1, description_length => $3::integer) end
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(queue.name)
            parameters.append(queue.routing)
            parameters.append(queue.description)
        }
    }
}
