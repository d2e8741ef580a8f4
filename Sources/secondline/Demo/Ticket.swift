import Policy

extension Demo {
    /// Work with developers, as the people call it.
    struct Escalation: Hashable, Sendable, CustomStringConvertible {
        let id: Int64
        /// Of whoever brought them in.
        let ticket: TicketID

        var description: String { "escalation \(id) (ticket \(ticket.raw))" }
    }

    /// What the head must know of.
    struct Alert: Hashable, Sendable {
        let id: Int64
        let ticket: TicketID
        let alarm: String
    }

    /// A ticket in somebody's hands.
    struct Ticket: Equatable, Sendable {
        enum Stage: Equatable, Sendable {
            case offered
            case inHand
            /// The next move is somebody else's.
            case elsewhere
            case toVerify
        }

        let id: TicketID
        let stage: Stage
        let isUrgent: Bool
        /// Colleagues can do it as well, and none of them has declined it.
        let isDeclinable: Bool
        let effort: Minutes
        var kind = "question"
        var line = 2
        var hasClient = false
        /// With developers, now or before; a developer's own work.
        var escalation: Escalation?
        /// A developer has asked, and nobody has answered.
        var isAsked = false

        var isDevelopers: Bool { line == 3 }

        /// What somebody's answer is wanted for; nil when it is not.
        var occasion: Occasion? {
            switch stage {
            case .offered: .offer(self)
            case .toVerify: escalation.map { .result(of: $0) }
            case .elsewhere: isAsked && !isDevelopers ? escalation.map { .question(about: $0) } : nil
            case .inHand: nil
            }
        }
    }

    /// What somebody should answer, which they do after a while.
    enum Occasion: Hashable, Sendable {
        case offer(Ticket)
        case question(about: Escalation)
        case result(of: Escalation)
        case returned(TicketID)
        case alert(Alert)
    }
}

extension Demo.Ticket: Hashable {}
