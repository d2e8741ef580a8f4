import TestSupport
import Testing

@testable import Policy

@Suite("choosing a person")
struct AssignerTests {
    @Test("the lowest load relative to capacity gets the ticket")
    func leastLoaded() {
        let plan = Assigner.plan([ticket(1)], in: claim([person(1, load: 150), person(2, load: 200, capacity: 480)]))
        #expect(plan.pairs == [1: 2])
        #expect(plan.choices[0].reason == .leastLoaded)
    }

    @Test(
        "within one reply of the best, who knows the client goes first",
        arguments: [(15, 2), (16, 1)] as [(Int, Int64)])
    func knowsClient(load: Int, chosen: Int64) {
        let plan = Assigner.plan([ticket(1, knownBy: 2)], in: claim([person(1), person(2, load: load)]))
        #expect(plan.pairs == [1: chosen])
        #expect(plan.choices[0].reason == (chosen == 2 ? .knowsClient : .leastLoaded))
    }

    @Test("among equals the one who has been idle longest, or never had one, goes first")
    func idleLongest() {
        let people = [person(1, idleSince: 300), person(2, idleSince: 100), person(3, idleSince: 200)]
        let plan = Assigner.plan([ticket(1)], in: claim(people))
        #expect(plan.pairs == [1: 2])
        #expect(plan.choices[0].reason == .idleLongest)
        #expect(Assigner.plan([ticket(1)], in: claim(people + [person(4)])).pairs == [1: 4])
    }

    @Test("complete equals go by id, whatever order they come in")
    func equals() {
        for people in [[person(1), person(2), person(3)], [person(3), person(1), person(2)]] {
            let plan = Assigner.plan([ticket(9)], in: claim(people))
            #expect(plan.pairs == [9: 1])
            #expect(plan.choices[0].reason == .firstOfEquals)
        }
    }

    @Test("a single candidate is named as such, with how many were excluded and why")
    func onlyCandidate() {
        var facts = claim([person(1), person(2, load: 200)])
        facts.groups[0].excluded = [.paused: 2]
        let choice = Assigner.plan([ticket(1, effort: 60)], in: facts).choices[0]
        #expect(choice.reason == .onlyCandidate)
        #expect(choice.excluded == [.paused: 2, .noRoom: 1])
    }

    @Test("someone with a skill that is needed elsewhere counts as one ticket fuller")
    func spared() {
        let people = [person(1), person(2, load: 60)]
        #expect(Assigner.plan([ticket(1)], in: claim(people, spared: [1])).pairs == [1: 1])
        #expect(Assigner.plan([ticket(1)], in: claim([person(1), person(2, load: 45)], spared: [1])).pairs == [1: 2])
    }

    @Test("who declined a ticket is not asked again; when all did, the reason is the ticket's own")
    func declined() {
        let facts = claim([person(1), person(2)])
        #expect(Assigner.plan([ticket(1, declinedBy: [1])], in: facts).pairs == [1: 2])
        let plan = Assigner.plan([ticket(1, declinedBy: [1, 2])], in: facts)
        #expect(plan.choices.isEmpty)
        #expect(plan.changedHolds.map(\.reason) == [.declined])
    }

    @Test("a reason that is recorded already is not recorded again, and one that ended is taken back")
    func holdsChangeOnce() {
        let facts = claim([person(1)])
        #expect(Assigner.plan([ticket(1, declinedBy: [1], blocker: .declined)], in: facts).changedHolds.isEmpty)
        let full = claim([person(1, load: 200)])
        #expect(Assigner.plan([ticket(1, blocker: .declined)], in: full).changedHolds.map(\.reason) == [nil])
    }

    @Test("a plan fills people up in rank order and no further")
    func fillsUp() {
        let plan = Assigner.plan((1...9).map { ticket($0) }, in: claim([person(1), person(2)]))
        #expect(plan.pairs == [1: 1, 2: 2, 3: 1, 4: 2, 5: 1, 6: 2])
        #expect(plan.choices.map(\.minutesBefore.count) == [0, 0, 75, 75, 150, 150])
    }

    @Test("someone empty-handed takes one ticket of any size, and nothing beside it")
    func emptyHanded() {
        let plan = Assigner.plan([ticket(1, effort: 600), ticket(2, effort: 15)], in: claim([person(1)]))
        #expect(plan.pairs == [1: 1])
    }

    @Test(
        "a large ticket that does not fit lets small ones pass until it starves; then it reserves whom it will fit soonest"
    )
    func reservation() {
        let people = [person(1, load: 180), person(2, load: 120)]
        let patient = Assigner.plan([ticket(1, effort: 300), ticket(2, effort: 60)], in: claim(people))
        #expect(patient.pairs == [2: 2])
        let starving = Assigner.plan(
            [ticket(1, effort: 300, isStarving: true), ticket(2, effort: 60), ticket(3, effort: 60)], in: claim(people))
        #expect(starving.pairs == [2: 1])
        #expect(starving.changedHolds.map(\.reason) == [.reserving])
    }

    @Test("what ranks before a starving ticket is not held up by it")
    func ranksBefore() {
        let plan = Assigner.plan(
            [ticket(1, effort: 60), ticket(2, effort: 300, isStarving: true)], in: claim([person(1, load: 120)]))
        #expect(plan.pairs == [1: 1])
    }

    @Test("one person is reserved for one ticket")
    func oneReservation() {
        let plan = Assigner.plan(
            [
                ticket(1, effort: 300, isStarving: true), ticket(2, effort: 300, isStarving: true),
                ticket(3, effort: 30),
            ],
            in: claim([person(1, load: 100), person(2, load: 50), person(3, load: 150)]))
        #expect(plan.pairs == [3: 3])
    }

    @Test("the fair limit of a queue holds across its groups")
    func fairLimit() {
        var facts = claim([person(1), person(2)], offersLeft: [1: 1, 2: 5])
        facts.groups.append(
            WaitingGroup(queue: "support", skill: "sql", isPaused: false, blocker: nil, largestEffort: Minutes(75)))
        facts.groups[1].members = [Membership(candidate: 0, offersLeft: 1, isSpared: false)]
        let plan = Assigner.plan([ticket(1, group: 1), ticket(2), ticket(3)], in: facts)
        #expect(plan.pairs == [1: 1, 2: 2, 3: 2])
    }

    @Test("the ledger gets the chosen and the next four, nearest first")
    func considered() {
        let people = (1...8).map { person($0, load: Int($0) * 16) }
        let choice = Assigner.plan([ticket(1)], in: claim(people.reversed())).choices[0]
        #expect(choice.considered.map(\.person.raw) == [1, 2, 3, 4, 5])
    }

    @Test(
        "a group that nobody can serve is blocked by the obstacle that is nearest to ending",
        arguments: [
            ([.notAtWork: 3, .full: 1], .noRoom), ([.left: 1, .lacksSkill: 5], .lacksSkill), ([:], .noMembers),
            ([.paused: 1, .absent: 1], .absent), ([.full: 2, .fairLimit: 1], .fairLimit),
        ] as [([Obstacle: Int], Obstacle)])
    func blocked(excluded: [Obstacle: Int], blocker: Obstacle) {
        var facts = claim([])
        facts.groups[0].excluded = excluded
        #expect(Assigner.plan([], in: facts).groupStates == [.blocked(blocker)])
    }

    @Test("a group is blocked for want of room only when something in it has none")
    func noRoom() {
        let free = claim([person(1)])
        #expect(Assigner.plan([ticket(1, declinedBy: [1])], in: free).groupStates == [.clear])
        #expect(Assigner.plan([ticket(1)], in: free).groupStates == [.moving])
        // nothing of it was read, because nobody has room for the largest
        #expect(Assigner.plan([], in: claim([person(1, load: 200)])).groupStates == [.blocked(.noRoom)])
        #expect(Assigner.plan([], in: claim([person(1, load: 100)])).groupStates == [.clear])
    }

    @Test(
        "a plan over random departments never overfills, skips nobody who could take more, and is the same for the same facts"
    )
    func random() {
        for seed in 0..<500 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let people = (1...Int64.random(in: 1...8, using: &generator)).map {
                person(
                    $0, load: .random(in: 0...200, using: &generator),
                    capacity: .random(in: 60...300, using: &generator))
            }.filter { $0.load < $0.capacity }
            let tickets = (1...Int64.random(in: 1...30, using: &generator)).map {
                ticket($0, effort: .random(in: 5...400, using: &generator), isStarving: .random(using: &generator))
            }
            let plan = Assigner.plan(tickets, in: claim(people))
            var loads = Dictionary(uniqueKeysWithValues: people.map { ($0.person, $0.load) })
            for choice in plan.choices {
                let person = people.first { $0.person == choice.person }!
                let load = loads[choice.person]!
                let effort = tickets.first { $0.id == choice.ticket }!.effort
                #expect(load.count == 0 || load + effort <= person.capacity, "seed \(seed)")
                #expect(choice.minutesBefore == load - person.load, "seed \(seed)")
                loads[choice.person] = load + effort
            }
            // without starving tickets nothing is reserved: whoever has room at the end has it for none that is left
            if !tickets.contains(where: \.isStarving) {
                for left in tickets where plan.pairs[left.id.raw] == nil {
                    let free = people.filter {
                        loads[$0.person]!.count == 0 || loads[$0.person]! + left.effort <= $0.capacity
                    }
                    #expect(free.isEmpty, "seed \(seed)")
                }
            }
            #expect(Assigner.plan(tickets, in: claim(people)).pairs == plan.pairs, "seed \(seed)")
        }
    }
}
