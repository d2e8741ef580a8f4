import Policy
import Testing

@testable import secondline

@Suite("The people of the demo")
struct DemoPeopleTests {
    /// A person, and what the tables say about them; acts that always succeed.
    private struct Life {
        var person: Demo.Person
        var place = Demo.Whereabouts.home
        var tickets: [Demo.Ticket] = []
        var minute = 0.0
        var acts: [Demo.Act] = []
        var others: [Demo.Occasion] = []

        init(seed: UInt64 = 1) { person = Demo.Person(place: 0, generator: Demo.Generator(seed: seed, stream: 1)) }

        /// Minute by minute.
        mutating func live(minutes: Int) {
            for _ in 0..<minutes {
                let sight = Demo.Sight(
                    person: PersonID(1), name: "Anna", place: place, isAbsent: false, tickets: tickets,
                    others: others)
                for act in person.acts(on: sight, at: minute, elapsed: 1) { take(act) }
                minute += 1
            }
        }

        private mutating func take(_ act: Demo.Act) {
            acts.append(act)
            switch act {
            case .comeIn, .comeBack: place = .desk
            case .takeBreak: place = .onBreak
            case .goHome: place = .home
            case .accept(let id): tickets = tickets.map { $0.id == id ? DemoPeopleTests.ticket(id.raw, true) : $0 }
            case .finish: tickets = []
            case .decline(let id, _), .resolve(let id, _, _): tickets.removeAll { $0.id == id }
            case _: break
            }
        }
    }

    private static func ticket(_ id: Int64, _ isAccepted: Bool, isDeclinable: Bool = false) -> Demo.Ticket {
        Demo.Ticket(
            id: TicketID(id), stage: isAccepted ? .inHand : .offered, isUrgent: false, isDeclinable: isDeclinable,
            effort: Minutes(75))
    }

    @Test("a day is: come in, lunch, back, home")
    func day() {
        var life = Life()
        life.live(minutes: Int(Demo.Pace.day))
        #expect(life.acts.prefix(2) == [.comeIn, .plan])
        #expect(life.acts.suffix(2) == [.report, .goHome])
        let lunch = life.acts.firstIndex(of: .takeBreak)
        #expect(lunch != nil && life.acts.firstIndex(of: .comeBack) == lunch.map { $0 + 1 })
    }

    @Test("a ticket is accepted after a moment and solved in about its effort, one after the other")
    func work() {
        var life = Life()
        life.live(minutes: 30)
        life.tickets = [Self.ticket(1, false), Self.ticket(2, false)]
        life.live(minutes: 8)
        #expect(life.acts.contains(.accept(TicketID(1))) && life.acts.contains(.accept(TicketID(2))))
        life.live(minutes: 40)
        #expect(life.tickets.count == 2)
        life.live(minutes: 60)
        #expect(life.tickets.map(\.id) == [TicketID(2)])
    }

    @Test("what only one can do is never declined; some of the rest is")
    func declines() {
        var life = Life()
        life.live(minutes: 30)
        life.tickets = (1...40).map { Self.ticket($0, false) }
        life.live(minutes: 8)
        #expect(life.acts.count { if case .decline = $0 { true } else { false } } == 0)
        life.tickets = (41...200).map { Self.ticket($0, false, isDeclinable: true) }
        life.live(minutes: 8)
        #expect((2...30).contains(life.acts.count { if case .decline = $0 { true } else { false } }))
    }

    private static let escalation = Demo.Escalation(id: 3, ticket: TicketID(1))

    @Test("a developer takes up what they are asked, asks once at most, works on when answered, and finishes it")
    func developer() {
        var questions: [Int] = []
        for seed in 1...20 {
            var life = Life(seed: UInt64(seed))
            life.live(minutes: 30)
            life.tickets = [Self.work(.offered)]
            life.live(minutes: 8)
            #expect(life.acts.contains(.acknowledge(Self.escalation)))
            life.tickets = [Self.work(.inHand)]
            // who has asked waits for the answer, which is there at the next look
            for _ in 0..<3 { life.live(minutes: 60) }
            questions.append(life.acts.count { if case .askOwner = $0 { true } else { false } })
            #expect(life.acts.contains { if case .finish(Self.escalation, _, _) = $0 { true } else { false } })
        }
        #expect(Set(questions) == [0, 1])
    }

    @Test("a developer who waits for an answer does nothing about it")
    func asked() {
        var life = Life()
        life.live(minutes: 30)
        life.tickets = [Self.work(.inHand, isAsked: true)]
        life.acts = []
        life.live(minutes: 120)
        #expect(life.acts.isEmpty)
    }

    @Test("an owner answers developers, and confirms or sends back what they did")
    func owner() {
        var outcomes: [Demo.Act] = []
        for seed in 1...20 {
            var life = Life(seed: UInt64(seed))
            life.live(minutes: 30)
            life.tickets = [Self.owned(.elsewhere, isAsked: true)]
            life.live(minutes: 25)
            #expect(life.acts.contains { if case .answerDeveloper(Self.escalation, _) = $0 { true } else { false } })
            life.tickets = [Self.owned(.toVerify)]
            life.acts = []
            life.live(minutes: 31)
            outcomes += life.acts.prefix(1)
        }
        #expect(outcomes.contains(.confirm(TicketID(1))))
        #expect(outcomes.contains { if case .sendBack(Self.escalation, _) = $0 { true } else { false } })
        #expect(outcomes.count == 20)
    }

    @Test("some leave an offer untouched, but not what only they can do")
    func untouched() {
        var life = Life()
        life.live(minutes: 30)
        life.tickets = (1...200).map { Self.ticket($0, false, isDeclinable: true) }
        life.live(minutes: 8)
        #expect((2...25).contains(life.tickets.count { $0.stage == .offered }))
        life.tickets = (201...300).map { Self.ticket($0, false) }
        life.live(minutes: 8)
        #expect(life.tickets.allSatisfy { $0.stage == .inHand })
    }

    @Test("what came back is completed, what is late looked after")
    func inbox() {
        let alert = Demo.Alert(id: 5, ticket: TicketID(9), alarm: "response_breach")
        var life = Life()
        life.live(minutes: 30)
        life.others = [.returned(TicketID(8)), .alert(alert)]
        life.live(minutes: 21)
        #expect(life.acts.contains(.complete(TicketID(8))) && life.acts.contains(.acknowledgeAlert(alert)))
    }

    @Test("most of the clients who are asked answer, some who were told that it is solved complain")
    func words() {
        var words = Demo.Words(generator: Demo.Generator(seed: 1, stream: 2))
        for id in 1...200 { words.hear(of: .askClient(TicketID(Int64(id)), question: "Which?"), at: 0) }
        for id in 201...400 { words.hear(of: .resolve(TicketID(Int64(id)), resolution: "Done.", minutes: 5), at: 0) }
        #expect(words.next(until: 14) == nil)
        var said: [Demo.Word] = []
        while let word = words.next(until: 150) { said.append(word) }
        #expect((120...180).contains(said.count { !$0.isComplaint }))
        #expect((4...30).contains(said.count { $0.isComplaint }))
        #expect(said.allSatisfy { $0.isComplaint == ($0.ticket.raw > 200) })
    }

    private static func work(_ stage: Demo.Ticket.Stage, isAsked: Bool = false) -> Demo.Ticket {
        Demo.Ticket(
            id: TicketID(2), stage: stage, isUrgent: false, isDeclinable: false, effort: Minutes(60), kind: "bug",
            line: 3,
            escalation: escalation, isAsked: isAsked)
    }

    private static func owned(_ stage: Demo.Ticket.Stage, isAsked: Bool = false) -> Demo.Ticket {
        Demo.Ticket(
            id: TicketID(1), stage: stage, isUrgent: false, isDeclinable: false, effort: Minutes(60), kind: "bug",
            escalation: escalation, isAsked: isAsked)
    }

    @Test("who was sent home by hand stays there until the plan says something else")
    func byHand() {
        var life = Life()
        life.live(minutes: 60)
        life.place = .home
        life.acts = []
        life.live(minutes: 60)
        #expect(life.acts.isEmpty)
    }

    @Test("who is at work when the demo starts stays")
    func continues() {
        var life = Life()
        life.place = .desk
        life.live(minutes: 60)
        #expect(life.acts.isEmpty)
    }

    @Test("a seed repeats the tickets, another one does not")
    func seed() {
        func letters(_ seed: UInt64, every step: Double) -> [Demo.Letter] {
            var clients = Demo.Clients(generator: Demo.Generator(seed: seed, stream: 0))
            return stride(from: 0, through: 1200, by: step).flatMap { clients.letters(until: $0) }
        }
        #expect(letters(7, every: 1) == letters(7, every: 60))
        #expect(letters(7, every: 1) != letters(8, every: 1))
    }

    @Test("what clients write is a ticket that the department can take")
    func letters() {
        var clients = Demo.Clients(generator: Demo.Generator(seed: 3, stream: 0))
        let letters = clients.letters(until: 10 * Demo.Pace.day)
        // ten days, each somewhat above what the department can do
        #expect((500...720).contains(letters.count))
        let queues = Set(Demo.Staff.queues.map(\.name))
        #expect(letters.allSatisfy { queues.contains($0.queue) })
        #expect(letters.allSatisfy { Demo.Subjects.titles(of: $0.queue, $0.kind).contains($0.title) })
        #expect(letters.contains { $0.priority == nil } && letters.contains { $0.priority == "urgent" })
        #expect(letters.contains { $0.effort == 300 })
    }

    @Test("the clock runs from 08:30 to 18:30 and starts again")
    func clock() {
        #expect(Demo.Pace.clock(0) == "08:30")
        #expect(Demo.Pace.clock(45.9) == "09:15")
        #expect(Demo.Pace.clock(599) == "18:29")
        #expect(Demo.Pace.clock(600) == "08:30")
    }
}
