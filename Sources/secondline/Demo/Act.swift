import Policy

extension Demo {
    /// What someone does, through one public function.
    enum Act: Equatable, Sendable {
        case comeIn
        case goToLunch
        case comeBack
        case goHome
        case attendTraining(minutes: Double)
        case accept(TicketID)
        case decline(TicketID, reason: String)
        case resolve(TicketID, resolution: String, minutes: Int)

        /// What an onlooker would say; nil for what happens too often to be told.
        func story(of name: String) -> String? {
            switch self {
            case .comeIn: "\(name) comes in"
            case .goToLunch: "\(name) goes to lunch"
            case .comeBack: "\(name) is back from lunch"
            case .goHome: "\(name) goes home"
            case .attendTraining: "\(name) is in a training for an hour"
            case .accept: nil
            case .decline(let ticket, let reason): "\(name) declines ticket \(ticket.raw): \(reason)"
            case .resolve(let ticket, _, let minutes): "\(name) solves ticket \(ticket.raw) in \(minutes) min"
            }
        }
    }
}
