import TestSupport
import Testing

@testable import Policy

@Suite("tickets that are somebody's")
struct RoutingTests {
    @Test(
        "a ticket goes to the one whose it is, however full, and the reason says whether that is the manager",
        arguments: [(1, .accountManager), (9, .substitute)] as [(Int64, Reason)])
    func routed(manager: Int64, reason: Reason) {
        let plan = Assigner.plan([ticket(1, route: (1, manager))], in: claim([person(1, load: 150), person(2)]))
        #expect(plan.pairs == [1: 1])
        #expect(plan.choices[0].reason == reason)
        #expect(plan.choices[0].considered.map(\.person.raw) == [1])
        #expect(plan.choices[0].excluded == [.notManager: 1])
    }

    @Test(
        "a ticket waits for the one whose it is, and says so; the group is not blocked by it",
        arguments: [[person(1, load: 200), person(2)], [person(2)]])
    func waits(people: [Candidate]) {
        let plan = Assigner.plan([ticket(1, route: (1, 1)), ticket(2, route: (2, 2))], in: claim(people))
        #expect(plan.pairs == [2: 2])
        #expect(plan.changedHolds.map(\.ticket.raw) == [1])
        #expect(plan.changedHolds.map(\.reason) == [.awaitsManager])
        let alone = Assigner.plan([ticket(1, route: (1, 1))], in: claim(people))
        #expect(alone.groupStates == [.clear])
        #expect(
            Assigner.plan([ticket(1, route: (1, 1), blocker: .awaitsManager)], in: claim(people)).changedHolds.isEmpty)
    }

    @Test("when the one whose it is declined it, the reason is that")
    func declined() {
        let plan = Assigner.plan([ticket(1, declinedBy: [1], route: (1, 1))], in: claim([person(1), person(2)]))
        #expect(plan.pairs == [:])
        #expect(plan.changedHolds.map(\.reason) == [.declined])
    }

    @Test("that a ticket finds no room with the one whose it is tells nothing about others")
    func refusesNobodyElse() {
        let plan = Assigner.plan(
            [ticket(1, route: (1, 1)), ticket(2), ticket(3, route: (2, 2))],
            in: claim([person(1, load: 200), person(2)]))
        #expect(plan.pairs == [2: 2, 3: 2])
    }

    @Test("a ticket that starves reserves nobody but the one whose it is")
    func reserves() {
        let plan = Assigner.plan(
            [ticket(1, isStarving: true, route: (2, 2)), ticket(2, effort: 15), ticket(3, effort: 15, route: (2, 2))],
            in: claim([person(1, load: 180), person(2, load: 200)]))
        #expect(plan.pairs == [2: 1])
        #expect(plan.changedHolds.map(\.reason) == [.reserving, .awaitsManager])
    }

    @Test("who is preferred gets the ticket if they can, whatever the loads")
    func preferred() {
        let people = [person(1), person(2, load: 150), person(3)]
        let plan = Assigner.plan([ticket(1, preferred: 2)], in: claim(people))
        #expect(plan.pairs == [1: 2])
        #expect(plan.choices[0].reason == .substitute)
        #expect(plan.choices[0].considered.count == 3)
        // not there; without room; declined it
        for (who, other) in [
            (ticket(1, preferred: 9), people), (ticket(1, effort: 100, preferred: 2), people),
            (ticket(1, declinedBy: [2], preferred: 2), people),
        ] {
            let plan = Assigner.plan([who], in: claim(other))
            #expect(plan.pairs == [1: 1])
            #expect(plan.choices[0].reason == .firstOfEquals)
        }
    }

    @Test("also a ticket that is somebody's may go to whom it prefers, but to nobody else")
    func preferredBesideRoute() {
        let people = [person(1), person(2), person(3)]
        let both = Assigner.plan([ticket(1, preferred: 2, route: (1, 1))], in: claim(people))
        #expect(both.pairs == [1: 2])
        #expect(both.choices[0].reason == .substitute)
        let gone = Assigner.plan([ticket(1, preferred: 9, route: (1, 1))], in: claim(people))
        #expect(gone.pairs == [1: 1])
        #expect(gone.choices[0].reason == .accountManager)
        #expect(
            Assigner.plan([ticket(1, preferred: 1, route: (1, 1))], in: claim(people)).choices[0].reason
                == .accountManager)
        #expect(Assigner.plan([ticket(1, preferred: 8, route: (9, 9))], in: claim(people)).pairs == [:])
    }

    @Test("who left an offer untouched gets it only where nobody else fits")
    func passed() {
        let (one, other) = (person(1), person(2, load: 150))
        let plan = Assigner.plan([ticket(1, passedBy: [1])], in: claim([one, other]))
        #expect(plan.pairs == [1: 2])
        #expect(plan.choices[0].reason == .onlyCandidate)
        #expect(plan.choices[0].excluded == [.passed: 1])
        let last = Assigner.plan([ticket(1, effort: 100, passedBy: [1])], in: claim([one, other]))
        #expect(last.pairs == [1: 1])
        #expect(last.choices[0].excluded == [.noRoom: 1])
        #expect(Assigner.plan([ticket(1, passedBy: [1, 2])], in: claim([one, other])).pairs == [1: 1])
        #expect(Assigner.plan([ticket(1, passedBy: [1], route: (1, 1))], in: claim([one, other])).pairs == [1: 1])
    }
}
