import Policy
import Postgres
import Store

extension Demo {
    /// Everybody, but for those on vacation, with what they have in hand; a row for each ticket.
    struct LookAround: Statement {
        let team: Int64

        static let sql: StaticString = """
            select p.person_id, p.full_name, w.workday_id is not null, w.paused_at is not null,
                   coalesce(w.absent @> statement_timestamp(), false),
                   t.ticket_id, t.status::text, coalesce(t.priority = 'urgent', false),
                   coalesce(t.declined_by is null and t.skill is null and q.line = 2 and not a.by_hand, false),
                   t.effort_minutes, t.kind::text, q.line, t.client_id is not null,
                   e.escalation_id, coalesce(e.ticket_id, t.ticket_id), coalesce(e.state = 'asked', false)
              from secondline.person p
              left join secondline.workday w on w.person_id = p.person_id and w.state in ('working', 'paused')
              left join secondline.assignment a on a.person_id = p.person_id and a.ended_at is null
              left join secondline.ticket t on t.ticket_id = a.ticket_id
              left join secondline.queue q on q.name = t.queue
              left join secondline.escalation e on e.escalation_id = coalesce(
                        t.escalation_id,
                        (select x.escalation_id from secondline.escalation x where x.developer_ticket_id = t.ticket_id),
                        (select max(x.escalation_id) from secondline.escalation x where x.ticket_id = t.ticket_id))
             where p.team_id = $1 and p.deactivated_at is null
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
            var sight = Sight(
                person: person, name: name, place: isPaused ? .onBreak : isOpen ? .desk : .home, isAbsent: isAbsent)
            if let ticket = try ticket(&row) { sight.tickets = [ticket] }
            return sight
        }

        private static func ticket(_ row: inout RowReader) throws(DatabaseError) -> Ticket? {
            let (id, status): (TicketID?, String?) = (try row.next(), try row.next())
            let (isUrgent, isDeclinable): (Bool, Bool) = (try row.next(), try row.next())
            let (effort, kind): (Minutes?, String?) = (try row.next(), try row.next())
            let (line, hasClient): (Int?, Bool) = (try row.next(), try row.next())
            let (escalation, about): (Int64?, TicketID?) = (try row.next(), try row.next())
            let isAsked: Bool = try row.next()
            guard let id, let status, let effort, let kind, let line, let about else { return nil }
            return Ticket(
                id: id, stage: stage(status), isUrgent: isUrgent, isDeclinable: isDeclinable, effort: effort,
                kind: kind,
                line: line, hasClient: hasClient,
                escalation: escalation.map { Escalation(id: $0, ticket: line == 3 ? about : id) }, isAsked: isAsked)
        }

        private static func stage(_ status: String) -> Ticket.Stage {
            switch status {
            case "assigned": .offered
            case "accepted": .inHand
            case "to_verify": .toVerify
            case _: .elsewhere
            }
        }
    }

    /// What came back to its author; for the head the alerts that nobody looks after.
    struct LookIntoInbox: Statement {
        let team: Int64

        static let sql: StaticString = """
            select t.returned_to, t.ticket_id, null::bigint, null
              from secondline.ticket t join secondline.person p on p.person_id = t.returned_to and p.team_id = $1
            union all
            select p.person_id, a.ticket_id, a.alert_id, a.alarm
              from secondline.alert a join secondline.person p on p.team_id = a.team_id and p.role = 'head'
             where a.team_id = $1 and a.ended_at is null and a.acknowledged_at is null
             order by 1, 3, 2
            """

        func bind(_ parameters: inout Parameters) { parameters.append(team) }

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> (person: PersonID, occasion: Occasion) {
            let (person, ticket): (PersonID, TicketID) = (try row.next(), try row.next())
            let (alert, alarm): (Int64?, String?) = (try row.next(), try row.next())
            guard let alert, let alarm else { return (person, .returned(ticket)) }
            return (person, .alert(Alert(id: alert, ticket: ticket, alarm: alarm)))
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
