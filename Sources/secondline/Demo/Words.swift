import Policy

extension Demo {
    /// What a client says about a ticket of theirs, after a while.
    struct Word: Equatable, Sendable {
        let ticket: TicketID
        let text: String
        /// They were told that it is solved.
        let isComplaint: Bool
        let minute: Double

        func story(of client: String) -> String {
            isComplaint
                ? "\(client) has ticket \(ticket.raw) opened again: \(text)"
                : "\(client) answers about ticket \(ticket.raw): \(text)"
        }
    }

    /// What clients are going to say. Some of those who were asked never answer.
    struct Words: Sendable {
        private var generator: Generator
        private var meant: [Word] = []

        init(generator: Generator) { self.generator = generator }

        /// A client hears of what was done about their ticket.
        mutating func hear(of act: Act, at minute: Double) {
            switch act {
            case .askClient(let ticket, _) where generator.happens(0.75):
                say(about: ticket, Subjects.answers, isComplaint: false, at: minute)
            case .resolve(let ticket, _, _) where generator.happens(0.06):
                say(about: ticket, Subjects.complaints, isComplaint: true, at: minute)
            case _: break
            }
        }

        /// Which is due by now; once.
        mutating func next(until minute: Double) -> Word? {
            guard let index = meant.firstIndex(where: { $0.minute <= minute }) else { return nil }
            return meant.remove(at: index)
        }

        /// The connection was lost before it was said.
        mutating func sayAgain(_ word: Word) { meant.append(word) }

        private mutating func say(about ticket: TicketID, _ texts: [String], isComplaint: Bool, at minute: Double) {
            let after = Double.random(in: 15..<150, using: &generator)
            meant.append(
                Word(ticket: ticket, text: generator.one(of: texts), isComplaint: isComplaint, minute: minute + after))
        }
    }
}
