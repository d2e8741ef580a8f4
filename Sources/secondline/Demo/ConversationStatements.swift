import Policy
import Postgres
import Store

extension Demo {
    struct ReplyToClient: Statement {
        let ticket: TicketID
        let person: PersonID
        let text: String

        static let sql: StaticString = "select secondline.reply_to_client($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(text)
        }
    }

    struct WaitForClient: Statement {
        let ticket: TicketID
        let person: PersonID
        let question: String

        static let sql: StaticString = "select secondline.wait_for_client($1, $2, $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(question)
        }
    }

    struct HandOver: Statement {
        let ticket: TicketID
        let queue: String
        let person: PersonID
        let reason: String

        static let sql: StaticString = "select secondline.hand_over($1, $2, $3, $4)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(queue)
            parameters.append(person)
            parameters.append(reason)
        }
    }

    /// As the form of a CRM would, with what the regulation asks for.
    struct CompleteTicket: Statement {
        let ticket: TicketID
        let person: PersonID

        static let sql: StaticString = "select secondline.resubmit_ticket($1, $2, description => $3)"

        func bind(_ parameters: inout Parameters) {
            parameters.append(ticket)
            parameters.append(person)
            parameters.append(Subjects.descriptions[0])
        }
    }

    /// Returns the name of the client.
    struct SayWord: Statement {
        let word: Word

        static let sql: StaticString = """
            select c.name, secondline.client_replied(t.ticket_id, $2)::text
              from secondline.ticket t join secondline.client c on c.client_id = t.client_id where t.ticket_id = $1
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(word.ticket)
            parameters.append(word.text)
        }

        static func decode(_ row: inout RowReader) throws(DatabaseError) -> String {
            let name: String = try row.next()
            let _: String = try row.next()
            return name
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
