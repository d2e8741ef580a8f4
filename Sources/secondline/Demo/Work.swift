import Policy

extension Demo {
    /// What somebody does about a ticket in hand, how long, and how it ends.
    struct Work: Sendable {
        let ticket: TicketID
        let end: Act
        var left: Double

        /// - Parameter isAgain: they have asked somebody about it, who has answered.
        init(on ticket: Ticket, isAgain: Bool, using generator: inout Generator) {
            self.ticket = ticket.id
            let minutes = Double(ticket.effort.count) * .random(in: 0.7..<1.3, using: &generator)
            let (act, share) = Self.plan(for: ticket, isAgain: isAgain, using: &generator)
            left = minutes * share
            end = act ?? .resolve(ticket.id, resolution: generator.one(of: Subjects.resolutions), minutes: Int(left))
        }

        /// How it ends, nil when it is solved, and which part of its effort that takes.
        private static func plan(
            for ticket: Ticket, isAgain: Bool, using generator: inout Generator
        ) -> (act: Act?, share: Double) {
            if ticket.isDevelopers {
                guard let escalation = ticket.escalation else { return (nil, 1) }
                if !isAgain, generator.happens(0.35) {
                    return (.askOwner(escalation, question: generator.one(of: Subjects.developersQuestions)), 0.1)
                }
                let outcome = generator.pick(
                    ticket.kind == "suggestion" ? ["planned": 2, "fixed": 1] : Subjects.outcomes)
                return (.finish(escalation, outcome: outcome, note: Subjects.note(outcome)), 0.7)
            }
            // the developers have done the rest
            if ticket.escalation != nil { return (nil, 0.15) }
            if ticket.kind == "suggestion" {
                return generator.happens(0.5)
                    ? (.acceptSuggestion(ticket.id, specification: generator.one(of: Subjects.specifications)), 0.3)
                    : (.declineSuggestion(ticket.id, reason: generator.one(of: Subjects.reasonsAgainst)), 0.2)
            }
            if ticket.kind == "bug", generator.happens(0.85) {
                let severity = ticket.isUrgent ? "critical" : generator.pick(["low": 2, "normal": 5, "high": 3])
                return (.escalate(ticket.id, severity: severity, summary: generator.one(of: Subjects.findings)), 0.3)
            }
            if ticket.line == 1, generator.happens(0.3) {
                return (.handOver(ticket.id, to: "support", reason: generator.one(of: Subjects.reasonsToHandOver)), 0.6)
            }
            if !isAgain, ticket.hasClient, generator.happens(0.15) {
                return (.askClient(ticket.id, question: generator.one(of: Subjects.questions)), 0.3)
            }
            return (nil, 1)
        }
    }
}
