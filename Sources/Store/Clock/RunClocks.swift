package import Policy
package import Postgres

/// Does what is due on tickets: offers, response and resolution clocks, silent clients, stalled work, who has left, alerts. See
/// `secondline_rules.run_clocks`.
package struct RunClocks: Statement {
    /// What the daemon does about escalations by itself.
    package enum Escalation: String, Sendable {
        case opened = "escalated"
        case proposed = "escalation_proposed"
        case rejoined = "escalation_rejoined"
        case control = "escalation_control"
    }

    package enum Row: Sendable {
        /// An offer was left untouched.
        case timedOut(TicketID, PersonID)
        /// Who had it is away until after something is due.
        case rehomed(TicketID, from: PersonID)
        /// Its client did not answer.
        case unanswered(TicketID)
        /// Who has the ticket, or its client, was told.
        case rung(TicketID, clock: String)
        case alert(Int64, TicketID, clock: String)
        /// Nobody acknowledged it, or it came back.
        case alertPassedOn(Int64, TicketID, to: String)
        /// By this rule, if by one.
        case escalation(Escalation, TicketID, of: PersonID, rule: String?)
        /// There is more in so many seconds.
        case due(inSeconds: Double?)
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    /// The most of each.
    package let limit: Int

    package init(at: Instant?, limit: Int) {
        self.at = at
        self.limit = limit
    }

    package static let sql: StaticString = """
        select event, ticket_id, person_id, alert_id, what, due_in
          from secondline_rules.run_clocks(coalesce($1::timestamptz, statement_timestamp()), $2)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(Int32(limit))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let event: String = try row.next()
        let ticket: TicketID? = try row.next()
        let person: PersonID? = try row.next()
        let alert: Int64? = try row.next()
        let what: String? = try row.next()
        let seconds: Double? = try row.next()
        switch (event, ticket, person, alert, what) {
        case ("timed_out", let ticket?, let person?, _, _): return .timedOut(ticket, person)
        case ("rehomed", let ticket?, let person?, _, _): return .rehomed(ticket, from: person)
        case ("unanswered", let ticket?, _, _, _): return .unanswered(ticket)
        case ("rung", let ticket?, _, _, let clock?): return .rung(ticket, clock: clock)
        case ("alert", let ticket?, _, let alert?, let clock?): return .alert(alert, ticket, clock: clock)
        case ("alert_passed_on", let ticket?, _, let alert?, let to?): return .alertPassedOn(alert, ticket, to: to)
        case (let event, let ticket?, let person?, _, let rule):
            guard let escalation = Escalation(rawValue: event) else {
                throw DatabaseError(.decoding, "what has happened is not known: \(event)")
            }
            return .escalation(escalation, ticket, of: person, rule: rule)
        default: return .due(inSeconds: seconds)
        }
    }
}
