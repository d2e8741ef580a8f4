import Policy
import Postgres
import Store

extension Demo {
    /// Everybody who gets tickets, but for those on vacation, with what they have in hand; a row for each ticket.
    struct LookAround: Statement {
        let team: Int64

        static let sql: StaticString = """
            select p.person_id, p.full_name, w.workday_id is not null, w.paused_at is not null,
                   coalesce(w.absent @> statement_timestamp(), false),
                   t.ticket_id, t.status = 'accepted', coalesce(t.priority = 'urgent', false),
                   coalesce(t.declined_by is null and t.skill is null and p.role = 'specialist', false),
                   t.effort_minutes
              from secondline.person p
              left join secondline.workday w on w.person_id = p.person_id and w.state in ('working', 'paused')
              left join secondline.assignment a on a.person_id = p.person_id and a.ended_at is null
              left join secondline.ticket t on t.ticket_id = a.ticket_id
             where p.team_id = $1 and p.deactivated_at is null and p.role in ('specialist', 'developer')
               and not exists (
                   select from secondline.absence x
                    where x.person_id = p.person_id and x.cancelled_at is null
                      and (statement_timestamp() at time zone p.time_zone)::date between x.first_day and x.last_day)
             order by p.person_id, a.offered_at, t.ticket_id
            """

        func bind(_ parameters: inout Parameters) { parameters.append(team) }

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Sight {
            let person: PersonID = try row.next()
            let name: String = try row.next()
            let (isOpen, isPaused, isAbsent): (Bool, Bool, Bool) = (try row.next(), try row.next(), try row.next())
            let id: TicketID? = try row.next()
            let (isAccepted, isUrgent): (Bool?, Bool) = (try row.next(), try row.next())
            let (isDeclinable, effort): (Bool, Minutes?) = (try row.next(), try row.next())
            var sight = Sight(
                person: person, name: name, place: isPaused ? .onBreak : isOpen ? .desk : .home, isAbsent: isAbsent)
            if let id, let isAccepted, let effort {
                sight.tickets = [
                    Ticket(
                        id: id, isAccepted: isAccepted, isUrgent: isUrgent, isDeclinable: isDeclinable, effort: effort)
                ]
            }
            return sight
        }
    }

    /// How many wait, and why, by queue.
    struct CountWaiting: Statement {
        struct Row: Sendable {
            let queue: String
            let count: Int
            let reason: String?
        }

        static let sql: StaticString = """
            select q.queue, count(*), min(q.blocked_by) from secondline.queue_now q group by q.queue order by q.queue
            """

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
            Row(queue: try row.next(), count: try row.next(), reason: try row.next())
        }
    }

    /// Tells the runs apart in the external keys of their tickets.
    struct BeginRun: Statement {
        static let sql: StaticString = "select to_char(statement_timestamp(), 'YYYYMMDDHH24MISSMS')"

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> String { try row.next() }
    }
}

extension [Demo.Sight] {
    /// One for each person, with all their tickets.
    var byPerson: [Demo.Sight] {
        reduce(into: []) { people, row in
            if people.last?.person == row.person {
                people[people.count - 1].tickets += row.tickets
            } else {
                people.append(row)
            }
        }
    }
}
