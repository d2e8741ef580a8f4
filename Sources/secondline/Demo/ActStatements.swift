import Policy
import Postgres
import Store

extension Demo {
    struct StartWorkday: Statement {
        let person: PersonID
        static let sql: StaticString = "select secondline.start_workday($1)"
        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    struct PauseWorkday: Statement {
        let person: PersonID
        static let sql: StaticString = "select secondline.pause_workday($1)"
        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    struct ResumeWorkday: Statement {
        let person: PersonID
        static let sql: StaticString = "select secondline.resume_workday($1)"
        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    struct EndWorkday: Statement {
        let person: PersonID
        static let sql: StaticString = "select secondline.end_workday($1)"
        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    /// The tickets in hand are tasks, unless the day has its plan: the demo's days are short, and several make one of the calendar's.
    struct TakeUpTickets: Statement {
        let person: PersonID

        static let sql: StaticString = """
            select secondline.add_task(w.person_id, s.title, s.ticket_id)
              from secondline.workday w join secondline.suggested_task s on s.person_id = w.person_id
             where w.person_id = $1 and w.state = 'working' and w.planned_at is null and s.ticket_id is not null
            """

        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    struct SubmitPlan: Statement {
        let person: PersonID

        static let sql: StaticString = """
            select secondline.submit_plan(w.person_id, '{Answer what comes in}')
              from secondline.workday w where w.person_id = $1 and w.state = 'working' and w.planned_at is null
            """

        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    /// What is still in hand was done in part.
    struct ReportTasks: Statement {
        let person: PersonID

        static let sql: StaticString = """
            select secondline.report_task(
                   t.task_id, case when t.ticket_id is null then 'done' else 'partly_done' end::secondline.task_outcome, 20)
              from secondline.task t
              join secondline.workday w on w.person_id = t.person_id and w.day = t.day
             where t.person_id = $1 and w.state in ('working', 'paused') and t.outcome is null and t.dropped_at is null
            """

        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    struct SubmitReport: Statement {
        let person: PersonID

        static let sql: StaticString = """
            select secondline.submit_report($1, 'Most of it went as planned.', 'Not every ticket was done in the end.')
            """

        func bind(_ parameters: inout Parameters) { parameters.append(person) }
    }

    struct AttendTraining: Statement {
        let person: PersonID
        let seconds: Double

        static let sql: StaticString = """
            select secondline.record_absence_hours(
                   $1, 'training', statement_timestamp(), statement_timestamp() + $2::float8 * interval '1 second')
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(person)
            parameters.append(seconds)
        }
    }

    struct AcceptTicket: Statement {
        let ticket: TicketID
        let person: PersonID

        static let sql: StaticString = "select secondline.accept_ticket($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
        }
    }

    struct DeclineTicket: Statement {
        let ticket: TicketID
        let person: PersonID
        let reason: String

        static let sql: StaticString = "select secondline.decline_ticket($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(reason)
        }
    }

    struct ResolveTicket: Statement {
        let ticket: TicketID
        let person: PersonID
        let resolution: String

        static let sql: StaticString = "select secondline.resolve_ticket($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(resolution)
        }
    }

    /// The client is named, as a CRM would name the one on the screen; their account manager is the author when they wrote it.
    struct SubmitTicket: Statement {
        let letter: Letter
        /// The same key again is the same ticket, so a letter may be sent twice when the connection broke.
        let key: String

        static let sql: StaticString = """
            select secondline.submit_ticket(
                   $1, $2, $3, priority => $4::secondline.priority, kind => $5::secondline.ticket_kind,
                   client => c.client_id, author => case when $7::boolean then c.account_manager_id end,
                   effort_minutes => $8::integer, external_key => $9)
              from secondline.client c where c.name = $6 order by c.client_id limit 1
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(letter.queue)
            parameters.append(letter.title)
            parameters.append(letter.description)
            parameters.append(letter.priority)
            parameters.append(letter.kind)
            parameters.append(Staff.clients[letter.client])
            parameters.append(letter.isFromManager)
            parameters.append(letter.effort)
            parameters.append(key)
        }
    }
}

extension Demo.Act {
    /// Does it in the name of the person, in a transaction of its own.
    func perform(by person: PersonID, _ session: Session, _ pace: Demo.Pace) async throws(DatabaseError) {
        switch self {
        case .comeIn: try await session.execute(Demo.StartWorkday(person: person))
        case .plan:
            try await session.execute(Demo.TakeUpTickets(person: person))
            try await session.execute(Demo.SubmitPlan(person: person))
        case .takeBreak: try await session.execute(Demo.PauseWorkday(person: person))
        case .comeBack: try await session.execute(Demo.ResumeWorkday(person: person))
        case .report:
            try await session.execute(Demo.ReportTasks(person: person))
            try await session.execute(Demo.SubmitReport(person: person))
        case .tryToLeave, .goHome: try await session.execute(Demo.EndWorkday(person: person))
        case .attendTraining(let minutes):
            let seconds = pace.real(minutes: minutes) / .seconds(1)
            try await session.execute(Demo.AttendTraining(person: person, seconds: max(0.001, seconds)))
        case .accept(let ticket): try await session.execute(Demo.AcceptTicket(ticket: ticket, person: person))
        case .decline(let ticket, let reason):
            try await session.execute(Demo.DeclineTicket(ticket: ticket, person: person, reason: reason))
        case .resolve(let ticket, let resolution, _):
            try await session.execute(Demo.ResolveTicket(ticket: ticket, person: person, resolution: resolution))
        }
    }
}
