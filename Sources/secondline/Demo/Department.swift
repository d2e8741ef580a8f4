import Policy
import Postgres

extension Demo {
    /// Lets the department live on a connection of its own, until cancelled.
    struct Department {
        let session: Session
        let team: Int64
        let run: String
        let pace: Pace
        let seed: UInt64
        let story: @Sendable (String) -> Void

        private var people: [PersonID: Person] = [:]
        private var clients: Clients
        private var words: Words
        /// Written and not sent yet.
        private var letters: [Letter] = []
        private var sent = 0
        /// As of the last summary.
        private var waiting = 0
        private var solved = 0
        private var minute = 0.0
        private var nextSummary = 30.0

        /// After a longer break nobody makes up for the time.
        private static let longestStep: Duration = .milliseconds(500)
        private static let reconnecting = Backoff(base: .milliseconds(200), cap: .seconds(2))

        init(
            session: Session, team: Int64, run: String, pace: Pace, seed: UInt64,
            story: @escaping @Sendable (String) -> Void
        ) {
            self.session = session
            self.team = team
            self.run = run
            self.pace = pace
            self.seed = seed
            self.story = story
            clients = Clients(generator: Generator(seed: seed, stream: 0))
            words = Words(generator: Generator(seed: seed, stream: .max - 1))
        }

        /// Throws what waiting and trying again would not cure.
        mutating func live() async throws(DatabaseError) {
            var generator = Generator(seed: seed, stream: .max)
            var failures = 0
            var last = ContinuousClock.now
            while !Task.isCancelled {
                do throws(DatabaseError) {
                    if await !session.isOpen { try await session.open() }
                    let now = ContinuousClock.now
                    let elapsed = pace.minutes(min(now - last, Self.longestStep))
                    last = now
                    try await step(elapsed)
                    if failures > 0 { tell("the people are back at their screens") }
                    failures = 0
                    await sleep(pace.tick)
                } catch {
                    guard error.recovery == .reconnect || error.recovery == .retry else { throw error }
                    for id in people.keys { people[id]?.lookAgain() }
                    if error.recovery == .reconnect {
                        if failures == 0 { tell("the people lost their connection too, and wait") }
                        await session.close()
                    }
                    await sleep(Self.reconnecting.delay(attempt: failures, using: &generator))
                    failures += 1
                    last = .now
                }
            }
            await session.close()
        }

        private mutating func step(_ elapsed: Double) async throws(DatabaseError) {
            minute += elapsed
            letters += clients.letters(until: minute, waiting: waiting)
            while let letter = letters.first {
                try await session.execute(SubmitTicket(letter: letter, key: "demo-\(run)-\(sent)"))
                letters.removeFirst()
                sent += 1
            }
            while let word = words.next(until: minute) { try await say(word) }
            let sights = try await look()
            for (place, sight) in sights.enumerated() {
                var person =
                    people[sight.person]
                    ?? Person(place: place, generator: Generator(seed: seed, stream: UInt64(sight.person.raw)))
                let acts = person.acts(on: sight, at: minute, elapsed: elapsed)
                people[sight.person] = person
                for act in acts { try await perform(act, sight) }
            }
            if minute >= nextSummary { try await summarise(sights) }
        }

        private func look() async throws(DatabaseError) -> [Sight] {
            var sights = try await session.query(LookAround(team: team)).byPerson
            for (person, occasion) in try await session.query(LookIntoInbox(team: team)) {
                guard let index = sights.firstIndex(where: { $0.person == person }) else { continue }
                sights[index].others.append(occasion)
            }
            return sights
        }

        private mutating func say(_ word: Word) async throws(DatabaseError) {
            do throws(DatabaseError) {
                guard let client = try await session.query(SayWord(word: word)).first else { return }
                tell(word.story(of: client))
            } catch {
                // too late: it was cancelled
                guard error.sqlState?.errorClass == "SL" else {
                    words.sayAgain(word)
                    throw error
                }
            }
        }

        private mutating func perform(_ act: Act, _ sight: Sight) async throws(DatabaseError) {
            do throws(DatabaseError) {
                try await act.perform(by: sight.person, session, pace)
            } catch {
                // refused, because somebody else was faster or it is so already: they look again and go on
                guard error.sqlState?.errorClass == "SL" else { throw error }
                return
            }
            if case .resolve = act { solved += 1 }
            words.hear(of: act, at: minute)
            if let text = act.story(of: sight.name) { tell(text) }
        }

        /// Once an hour of theirs.
        private mutating func summarise(_ sights: [Sight]) async throws(DatabaseError) {
            nextSummary = (minute / 60).rounded(.down) * 60 + 90
            let rows = try await session.query(CountWaiting())
            waiting = rows.reduce(0) { $0 + $1.count }
            let queues = rows.map { row in
                "\(row.count) in \(row.queue)" + (row.reason.map { " (\($0))" } ?? "")
            }
            let atWork = sights.count { $0.place == .desk && !$0.isAbsent }
            let inHand = sights.reduce(0) { $0 + $1.tickets.count }
            tell(
                "= \(atWork) at work with \(inHand) tickets in hand, \(sent) came in, \(solved) solved; waiting: "
                    + (queues.isEmpty ? "none" : queues.joined(separator: ", ")))
        }

        private func tell(_ text: String) { story("\(Pace.clock(minute))  \(text)") }

        /// Shorter when cancelled.
        private func sleep(_ duration: Duration) async { try? await Task.sleep(for: duration) }
    }
}
