import Glibc

extension Demo {
    /// What somebody writes. Everything that the department decides is left out.
    struct Letter: Equatable, Sendable {
        let queue: String
        let title: String
        let description: String
        let priority: String?
        let kind: String
        /// Index into the clients.
        let client: Int
        /// Through their account manager, or directly from the "Help" page.
        let isFromManager: Bool
        let effort: Int?
    }

    /// The clients together: when they write, and what. Their generator is their own, so a seed brings the same tickets.
    struct Clients: Sendable {
        /// Tickets a minute that the department can serve while everybody is there.
        private static let capacity = 0.08
        /// Of each hour of the day, relative to the capacity: a wave before and one after lunch, far above it for a while.
        private static let waves = [1.6, 2.2, 1.3, 0.5, 0.4, 1.7, 2.2, 0.8, 0.2, 0.1]
        /// What came in overnight.
        private static let overnight = 7
        /// Waiting tickets at which clients leave for later what can wait, and how many of them still write then.
        private static let crowd = (waiting: 12, writing: 0.2)

        private var generator: Generator
        private var next = 0.0
        private var day = -1

        init(generator: Generator) { self.generator = generator }

        /// What has been written until this minute since the last time, while so many tickets wait.
        mutating func letters(until minute: Double, waiting: Int = 0) -> [Letter] {
            var letters: [Letter] = []
            while next <= minute {
                if Int(next / Pace.day) > day {
                    day = Int(next / Pace.day)
                    for _ in 0..<Self.overnight { letters.append(letter(isOvernight: true)) }
                } else {
                    letters.append(letter(isOvernight: false))
                }
                let hour = Int(next.truncatingRemainder(dividingBy: Pace.day) / 60)
                let rate = Self.capacity * Self.waves[hour] * (waiting < Self.crowd.waiting ? 1 : Self.crowd.writing)
                next += -log(1 - Double.random(in: 0..<1, using: &generator)) / rate
                next = min(next, Double(day + 1) * Pace.day)
            }
            return letters
        }

        private mutating func letter(isOvernight: Bool) -> Letter {
            let client = Int.random(in: 0..<Staff.clients.count, using: &generator)
            let isManagerAway = Staff.away.contains(Staff.manager(ofClient: client))
            let isFromManager = generator.happens(0.5) && !isOvernight && !isManagerAway
            let queue = generator.pick(
                isFromManager
                    ? ["support": 62, "sql": 16, "billing": 10, "integrations": 12]
                    : ["helpdesk": 36, "support": 40, "sql": 7, "billing": 8, "integrations": 9])
            let kind = generator.pick(
                ["helpdesk", "billing"].contains(queue)
                    ? ["question": 7, "task": 3]
                    : ["question": 46, "task": 28, "suggestion": 10, "bug": 12, "system_error": 4])
            let effort: Int? = generator.pick(queue == "helpdesk" ? [nil: 1] : [nil: 66, 30: 20, 120: 10, 300: 4])
            let isHasty = isFromManager && generator.happens(0.12)
            return Letter(
                queue: queue, title: generator.one(of: Subjects.titles(of: queue, kind)),
                description: isHasty ? Subjects.tooShort : generator.one(of: Subjects.descriptions),
                priority: isFromManager
                    ? generator.pick(["urgent": 8, "high": 20, "normal": 57, "low": 10, nil: 5])
                    : generator.pick(["urgent": 4, "high": 10, "normal": 26, nil: 60]),
                kind: kind, client: client, isFromManager: isFromManager, effort: effort)
        }
    }
}
