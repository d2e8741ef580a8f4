import Policy

extension Demo {
    /// A ticket in somebody's hands.
    struct Ticket: Equatable, Sendable {
        let id: TicketID
        let isAccepted: Bool
        let isUrgent: Bool
        /// Colleagues can do it as well, and none of them has declined it.
        let isDeclinable: Bool
        let effort: Minutes
    }

    /// What the tables say about someone.
    struct Sight: Sendable {
        let person: PersonID
        let name: String
        let place: Whereabouts
        /// In a training or the like, although the workday is open.
        let isAbsent: Bool
        /// The oldest first.
        var tickets: [Ticket] = []
    }

    /// Someone at work. They remember what they mean to do; what is so, the tables say, so an act that failed is tried again.
    struct Person: Sendable {
        private enum Intention {
            case accept(at: Double)
            case decline(at: Double, reason: String)
        }

        private struct Work {
            let ticket: TicketID
            let minutes: Double
            var left: Double
        }

        private let place: Int
        private var generator: Generator
        private var day: Day?
        private var whereabouts: Whereabouts?
        private var intentions: [TicketID: Intention] = [:]
        private var work: Work?
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
            intentions = intentions.filter { id, _ in sight.tickets.contains { $0.id == id && !$0.isAccepted } }
            acts += sight.tickets.compactMap { answer(to: $0, at: minute) }
            if let solved = solve(sight.tickets, elapsed) { acts.append(solved) }
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

        private mutating func answer(to ticket: Ticket, at minute: Double) -> Act? {
            if ticket.isAccepted { return nil }
            let intention = intentions[ticket.id] ?? intend(ticket, at: minute)
            intentions[ticket.id] = intention
            switch intention {
            case .accept(let at): return minute >= at ? .accept(ticket.id) : nil
            case .decline(let at, let reason): return minute >= at ? .decline(ticket.id, reason: reason) : nil
            }
        }

        private mutating func intend(_ ticket: Ticket, at minute: Double) -> Intention {
            let at = minute + .random(in: 1..<6, using: &generator)
            guard ticket.isDeclinable, generator.happens(0.06),
                let reason = Subjects.refusals.randomElement(using: &generator)
            else { return .accept(at: at) }
            return .decline(at: at, reason: reason)
        }

        /// One ticket at a time, the urgent ones first.
        private mutating func solve(_ tickets: [Ticket], _ elapsed: Double) -> Act? {
            let mine = tickets.filter(\.isAccepted)
            guard let next = mine.first(where: { $0.id == work?.ticket }) ?? mine.first(where: \.isUrgent) ?? mine.first
            else { return nil }
            var current = work
            if current?.ticket != next.id {
                let minutes = Double(next.effort.count) * .random(in: 0.7..<1.3, using: &generator)
                current = Work(ticket: next.id, minutes: minutes, left: minutes)
            }
            current?.left -= elapsed
            work = current
            guard let current, current.left <= 0 else { return nil }
            let resolution = Subjects.resolutions.randomElement(using: &generator) ?? "Solved."
            return .resolve(next.id, resolution: resolution, minutes: Int(current.minutes))
        }
    }
}
