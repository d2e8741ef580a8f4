import Policy

extension Demo {
    /// What someone does, through one public function.
    enum Act: Equatable, Sendable {
        case comeIn
        case plan
        case takeBreak
        case comeBack
        /// Refused while the report is missing.
        case tryToLeave
        case report
        case goHome
        case attendTraining(minutes: Double)
        case accept(TicketID)
        case decline(TicketID, reason: String)
        case resolve(TicketID, resolution: String, minutes: Int)
        case reply(TicketID, text: String)
        case askClient(TicketID, question: String)
        case handOver(TicketID, to: String, reason: String)
        /// A colleague's own ticket, which the regulation sent back.
        case complete(TicketID)
        case acceptSuggestion(TicketID, specification: String)
        case declineSuggestion(TicketID, reason: String)
        case escalate(TicketID, severity: String, summary: String)
        case acknowledge(Escalation)
        case askOwner(Escalation, question: String)
        case answerDeveloper(Escalation, text: String)
        case finish(Escalation, outcome: String, note: String)
        case confirm(TicketID)
        case sendBack(Escalation, note: String)
        case acknowledgeAlert(Alert)

        /// What an onlooker would say; nil for what happens too often to be told.
        func story(of name: String) -> String? {
            switch self {
            case .comeIn: "\(name) comes in and plans the day"
            case .plan, .report: nil
            case .takeBreak: "\(name) takes a break"
            case .comeBack: "\(name) is back"
            case .tryToLeave: "\(name) wants to go home, but the report is missing"
            case .goHome: "\(name) has reported and goes home"
            case .attendTraining: "\(name) is in a training for an hour"
            case .accept, .reply: nil
            case .decline(let ticket, let reason): "\(name) declines ticket \(ticket.raw): \(reason)"
            case .resolve(let ticket, _, let minutes): "\(name) solves ticket \(ticket.raw) in \(minutes) min"
            case .askClient(let ticket, let question): "\(name) asks the client of ticket \(ticket.raw): \(question)"
            case .handOver(let ticket, let queue, let reason):
                "\(name) hands ticket \(ticket.raw) over to \(queue): \(reason)"
            case .complete(let ticket): "\(name) completes ticket \(ticket.raw), which was returned"
            case .acceptSuggestion(let ticket, _): "\(name) specifies suggestion \(ticket.raw) for the developers"
            case .declineSuggestion(let ticket, let reason): "\(name) declines suggestion \(ticket.raw): \(reason)"
            case .escalate(let ticket, let severity, _):
                "\(name) brings in developers for ticket \(ticket.raw), severity \(severity)"
            case .acknowledge(let escalation): "\(name) takes up \(escalation)"
            case .askOwner(let escalation, let question): "\(name) asks about \(escalation): \(question)"
            case .answerDeveloper(let escalation, let text): "\(name) answers about \(escalation): \(text)"
            case .finish(let escalation, let outcome, _): "\(name) is done with \(escalation): \(outcome)"
            case .confirm(let ticket): "\(name) has checked what developers did about ticket \(ticket.raw)"
            case .sendBack(let escalation, let note): "\(name) sends \(escalation) back: \(note)"
            case .acknowledgeAlert(let alert):
                "\(name) looks after ticket \(alert.ticket.raw), of which an alert came: \(alert.alarm)"
            }
        }
    }
}
