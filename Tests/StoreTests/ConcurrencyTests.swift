import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct ConcurrencyTests {
    @Test("changes of the same tickets and people at once never deadlock, and keep the invariants")
    func atOnce() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("changes at once: seed \(seed)")
        let here = try await Department(in: db, specialists: 4, capacity: 400)
        let other = try await Department(in: db, specialists: 1)
        var tickets: [Int64] = []
        for _ in 0..<24 { tickets.append(try await here.ticket(in: db, effort: 30)) }
        let all = tickets
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    try await withSession { session in
                        // a wait without end is a deadlock that the server did not see
                        try await session.script("set lock_timeout = '10s'; set synchronous_commit = off")
                        var random = SeededGenerator(seed: seed &+ UInt64(worker))
                        return try await operate(session, all, here, other, &random)
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(done > 200, "seed \(seed)")
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
        #expect(
            try await db.value("select deadlocks from pg_stat_database where datname = current_database()") == "0")
    }

    /// How many operations succeeded; what is refused must be refused by a rule.
    private func operate(
        _ session: Session, _ tickets: [Int64], _ here: Department, _ other: Department, _ random: inout SeededGenerator
    ) async throws -> Int {
        var done = 0
        for step in 0..<250 {
            let ticket = tickets.randomElement(using: &random)!
            let person = here.specialists.randomElement(using: &random)!
            let holder = "(select coalesce(assignee_id, \(person)) from secondline.ticket where ticket_id = \(ticket))"
            let calls = [
                "accept_ticket(\(ticket), \(holder))", "decline_ticket(\(ticket), \(holder), 'no')",
                "reassign_ticket(\(ticket), \(person), \(holder), 'please')",
                "reassign_ticket(\(ticket), \(person), \(here.head), 'must')",
                "reassign_ticket(\(ticket), \(person), \(here.head), 'must')",
                "move_ticket(\(ticket), '\(other.queue)', \(here.manager), 'theirs')",
                "move_ticket(\(ticket), '\(here.queue)', \(here.manager), 'ours')",
                "set_capacity(\(person), \(Int.random(in: 200...400, using: &random)))",
                "pause_workday(\(person))", "resume_workday(\(person))",
                step > 200
                    ? "resolve_ticket(\(ticket), \(holder), 'done')" : "add_note(\(ticket), \(here.head), 'note')",
            ]
            let place = Int.random(in: 0..<(calls.count + 3), using: &random)
            do throws(DatabaseError) {
                if place < calls.count {
                    try await session.script("select secondline.\(calls[place])")
                } else {
                    let batch = tickets.shuffled(using: &random).prefix(12)
                    let people = batch.map { _ in here.specialists.randomElement(using: &random)! }
                    try await session.assign(Array(zip(batch, people)).map { ($0, $1) })
                }
                done += 1
            } catch {
                let rules: [SQLState] = ["SL003", "SL004", "SL005", "SL006"]
                #expect(error.sqlState.map(rules.contains) ?? false, "\(error)")
            }
        }
        return done
    }

    @Test("whoever leaves while their tickets are being changed leaves none behind", arguments: 0..<5)
    func leaving(round: Int) async throws {
        let here = try await Department(in: db, specialists: 2)
        let (leaver, stayer) = (here.specialists[0], here.specialists[1])
        var mine: [Int64] = []
        for _ in 0..<3 { mine.append(try await here.acceptedTicket(in: db)) }
        let tickets = mine
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // a ticket that changes meanwhile asks for another try
                var isDone = false
                while !isDone {
                    do {
                        try await withSession { try await $0.script("select secondline.deactivate_person(\(leaver))") }
                        isDone = true
                    } catch {
                        let state = (error as? DatabaseError)?.sqlState
                        #expect(state == "55P03", "\(error)")
                        if state != "55P03" { isDone = true }
                    }
                }
            }
            for ticket in tickets {
                group.addTask {
                    _ = try? await withSession {
                        try await $0.script(
                            "select secondline.reassign_ticket(\(ticket), \(stayer), \(leaver), 'please')")
                    }
                }
                group.addTask {
                    _ = try? await withSession {
                        try await $0.script(
                            "select secondline.reassign_ticket(\(ticket), \(leaver), \(here.head), 'back')")
                    }
                }
            }
        }
        #expect(
            try await db.value(
                "select count(*) from secondline.assignment where person_id = \(leaver) and ended_at is null")
                == "0")
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
    }
}
