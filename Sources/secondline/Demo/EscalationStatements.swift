import Policy
import Postgres
import Store

extension Demo {
    struct EscalateTicket: Statement {
        let ticket: TicketID
        let person: PersonID
        let severity: String
        let summary: String

        static let sql: StaticString = """
            select secondline.escalate_ticket(t.ticket_id, $2, t.kind, $3::secondline.severity, $4)
              from secondline.ticket t where t.ticket_id = $1
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(severity)
            parameters.append(summary)
        }
    }

    struct AcknowledgeEscalation: Statement {
        let escalation: Escalation
        let person: PersonID

        static let sql: StaticString = "select secondline.acknowledge_escalation($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(escalation.id)
            parameters.append(person)
        }
    }

    struct AskOwner: Statement {
        let escalation: Escalation
        let person: PersonID
        let question: String

        static let sql: StaticString = "select secondline.ask_owner($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(escalation.id)
            parameters.append(person)
            parameters.append(question)
        }
    }

    struct AnswerDeveloper: Statement {
        let escalation: Escalation
        let person: PersonID
        let text: String

        static let sql: StaticString = "select secondline.answer_developer($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(escalation.id)
            parameters.append(person)
            parameters.append(text)
        }
    }

    struct FinishEscalation: Statement {
        let escalation: Escalation
        let person: PersonID
        let outcome: String
        let note: String

        static let sql: StaticString = """
            select secondline.finish_escalation($1, $2, $3::secondline.escalation_outcome, $4)
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(escalation.id)
            parameters.append(person)
            parameters.append(outcome)
            parameters.append(note)
        }
    }

    struct ConfirmFix: Statement {
        let ticket: TicketID
        let person: PersonID

        static let sql: StaticString = "select secondline.confirm_fix($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
        }
    }

    struct SendBack: Statement {
        let escalation: Escalation
        let person: PersonID
        let note: String

        static let sql: StaticString = "select secondline.send_back($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(escalation.id)
            parameters.append(person)
            parameters.append(note)
        }
    }

    struct AcceptSuggestion: Statement {
        let ticket: TicketID
        let person: PersonID
        let specification: String

        static let sql: StaticString = "select secondline.accept_suggestion($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(specification)
        }
    }

    struct DeclineSuggestion: Statement {
        let ticket: TicketID
        let person: PersonID
        let reason: String

        static let sql: StaticString = "select secondline.decline_suggestion($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(reason)
        }
    }

    struct AcknowledgeAlert: Statement {
        let alert: Alert
        let person: PersonID

        static let sql: StaticString = "select secondline.acknowledge_alert($1, $2)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(alert.id)
            parameters.append(person)
        }
    }
}
