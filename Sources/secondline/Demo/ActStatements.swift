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
}
