import Policy

extension Demo {
    /// What the tables say about someone.
    struct Sight: Sendable {
        let person: PersonID
        let name: String
        let place: Whereabouts
        /// In a training or the like, although the workday is open.
        let isAbsent: Bool
        /// The oldest first.
        var tickets: [Ticket] = []
        /// What came back to them, and what the head must know of.
        var others: [Occasion] = []

        var occasions: [Occasion] { tickets.compactMap(\.occasion) + others }
    }

    /// Someone at work. They remember what they mean to do; what is so, the tables say, so an act that failed is tried again.
    struct Person: Sendable {
        private struct Intention {
            /// nil leaves it untouched.
            let act: Act?
            let minute: Double
        }

        private let place: Int
        private var generator: Generator
        private var day: Day?
        private var whereabouts: Whereabouts?
        private var intentions: [Occasion: Intention] = [:]
        private var work: Work?
        /// About what they have asked somebody, which they do once.
        private var asked: Set<TicketID> = []
        private var trainedOn: Int?

        init(place: Int, generator: Generator) {
            self.place = place
            self.generator = generator
        }

        /// - Parameters:
        ///   - minute: of the department, since its first morning.
        ///   - elapsed: minutes since the last time.
        mutating func acts(on sight: Sight, at minute: Double, elapsed: Double) -> [Act] {
            let day = today(at: minute, sight)
            let time = minute - Double(day.number) * Pace.day
            var acts = moves(of: day, at: time, sight)
            guard sight.place == .desk, !sight.isAbsent else { return acts }
            if let training = day.training, training.contains(time), trainedOn != day.number {
                trainedOn = day.number
                acts.append(.attendTraining(minutes: training.upperBound - time))
            }
            let occasions = sight.occasions
            intentions = intentions.filter { occasion, _ in occasions.contains(occasion) }
            acts += occasions.compactMap { answer(to: $0, at: minute) }
            if let ended = work(on: sight.tickets, elapsed) { acts.append(ended) }
            return acts
        }

        private mutating func today(at minute: Double, _ sight: Sight) -> Day {
            let number = Int(minute / Pace.day)
            if let day, day.number == number { return day }
            var new = Day(number: number, place: place, using: &generator)
            // an earlier run ended while they were at work: they stay
            if day == nil, sight.place != .home { new.arrives = 0 }
            day = new
            return new
        }

        /// Only a change of mind moves them: who is sent home by hand stays there until the plan says something else.
        private mutating func moves(of day: Day, at time: Double, _ sight: Sight) -> [Act] {
            let wanted = day.place(at: time)
            guard wanted != whereabouts else { return [] }
            whereabouts = wanted
            switch (sight.place, wanted) {
            case (.home, .desk): return [.comeIn, .plan]
            case (.home, .onBreak): return [.comeIn, .plan, .takeBreak]
            case (.desk, .onBreak): return [.takeBreak]
            case (.onBreak, .desk): return [.comeBack]
            case (.desk, .home), (.onBreak, .home): return (day.isForgetful ? [.tryToLeave] : []) + [.report, .goHome]
            case (.home, .home), (.desk, .desk), (.onBreak, .onBreak): return []
            }
        }

        /// The connection was lost: what they meant to do may or may not have been done.
        mutating func lookAgain() { whereabouts = nil }

        private mutating func answer(to occasion: Occasion, at minute: Double) -> Act? {
            let intention = intentions[occasion] ?? intend(occasion, at: minute)
            intentions[occasion] = intention
            return minute >= intention.minute ? intention.act : nil
        }

        private mutating func intend(_ occasion: Occasion, at minute: Double) -> Intention {
            switch occasion {
            case .offer(let ticket):
                let after = Double.random(in: 1..<6, using: &generator)
                return Intention(act: answer(to: ticket), minute: minute + after)
            case .question(let escalation):
                let answer = Act.answerDeveloper(escalation, text: generator.one(of: Subjects.ownersAnswers))
                return Intention(act: answer, minute: minute + .random(in: 4..<20, using: &generator))
            case .result(let escalation):
                let note = generator.one(of: Subjects.notDone)
                let act = generator.happens(0.2) ? Act.sendBack(escalation, note: note) : .confirm(escalation.ticket)
                return Intention(act: act, minute: minute + .random(in: 5..<30, using: &generator))
            case .returned(let ticket):
                return Intention(act: .complete(ticket), minute: minute + .random(in: 5..<20, using: &generator))
            case .alert(let alert):
                return Intention(act: .acknowledgeAlert(alert), minute: minute + .random(in: 5..<20, using: &generator))
            }
        }

        /// nil now and then, where somebody else can take it.
        private mutating func answer(to ticket: Ticket) -> Act? {
            if ticket.isDevelopers, let escalation = ticket.escalation { return .acknowledge(escalation) }
            if ticket.isDeclinable {
                if generator.happens(0.06) { return .decline(ticket.id, reason: generator.one(of: Subjects.refusals)) }
                if generator.happens(0.04) { return nil }
            }
            guard ticket.hasClient, generator.happens(0.8) else { return .accept(ticket.id) }
            return .reply(ticket.id, text: generator.one(of: Subjects.replies))
        }

        /// One ticket at a time, the urgent ones first; how it ended when it has.
        private mutating func work(on tickets: [Ticket], _ elapsed: Double) -> Act? {
            let mine = tickets.filter { $0.stage == .inHand && !($0.isDevelopers && $0.isAsked) }
            guard let next = mine.first(where: { $0.id == work?.ticket }) ?? mine.first(where: \.isUrgent) ?? mine.first
            else { return nil }
            var current =
                work.flatMap { $0.ticket == next.id ? $0 : nil }
                ?? Work(on: next, isAgain: asked.contains(next.id), using: &generator)
            current.left -= elapsed
            work = current
            guard current.left <= 0 else { return nil }
            // what did not come about is planned anew
            work = nil
            switch current.end {
            case .askClient, .askOwner: asked.insert(next.id)
            case _: break
            }
            return current.end
        }
    }
}
