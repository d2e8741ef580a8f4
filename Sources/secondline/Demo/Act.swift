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
            case .accept: nil
            case .decline(let ticket, let reason): "\(name) declines ticket \(ticket.raw): \(reason)"
            case .resolve(let ticket, _, let minutes): "\(name) solves ticket \(ticket.raw) in \(minutes) min"
            }
        }
    }
}
