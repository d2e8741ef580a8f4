import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct RandomOperationTests {
    @Test("after any sequence of operations loads add up and nobody has more than they may", arguments: 0..<3)
    func property(run: Int) async throws {
        // put the seed of a failed run here to repeat it
        let seed = UInt64.random(in: 0 ... .max)
        let done = try await operate(seed: seed, steps: 1150)
        print("random operations: seed \(seed), \(done.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
        #expect(done.count >= Set(Self.names).count - 1, "seed \(seed): operations never succeeded: \(done)")
        #expect(done.values.reduce(0, +) >= 300, "seed \(seed)")
    }

    /// The more often a name stands here, the more often it happens.
    static let names = [
        "assign", "assign", "assign", "accept", "accept", "accept", "resolve", "resolve", "reassign", "reassign",
        "reassign",
        "decline", "decline", "overrule", "move", "cancel", "capacity", "weight", "weigh all", "delete", "force",
    ]

    /// How often each operation succeeded. What is refused by rule is as good as what is done: both must keep the invariants.
    private func operate(seed: UInt64, steps: Int) async throws -> [String: Int] {
        var random = SeededGenerator(seed: seed)
        let here = try await Department(in: db, specialists: 6)
        let other = try await Department(in: db, specialists: 1)
        var done: [String: Int] = [:]
        var tickets: [Int64] = []
        var people = here.specialists
        for step in 0..<steps {
            if step.isMultiple(of: 2) {
                let effort = [15, 40, 40, 75, 75, 120, 300].randomElement(using: &random)!
                tickets.append(try await here.ticket(in: db, effort: effort))
            }
            if step % 300 == 299 {
                let leaver = people.remove(at: Int.random(in: people.indices, using: &random))
                try await db.script("select secondline.deactivate_person(\(leaver))")
                done["leave", default: 0] += 1
            }
            let ticket = tickets.suffix(20).randomElement(using: &random)!
            let person = people.randomElement(using: &random)!
            let name = Self.names.randomElement(using: &random)!
            let minutes = Int.random(in: 1...200, using: &random)
            do throws(DatabaseError) {
                if name == "assign" {
                    let pairs = (0..<8).map { _ in
                        (tickets.suffix(20).randomElement(using: &random)!, people.randomElement(using: &random)!)
                    }
                    // a ticket stands once in a batch
                    let batch = Dictionary(pairs) { first, _ in first }.sorted { $0.key < $1.key }
                    if try await db.assign(batch.map { ($0.key, $0.value) }).isEmpty { continue }
                } else {
                    let sql = sql(name, ticket: ticket, person: person, minutes: minutes, here: here, other: other)
                    try await db.script(sql)
                }
                done[name, default: 0] += 1
            } catch {
                let rules: [SQLState] = ["SL004", "SL005", "SL006", "23514", "23505"]
                let isRule = error.sqlState.map(rules.contains) ?? false
                #expect(isRule, "seed \(seed), step \(step), \(name): \(error)")
            }
            if step.isMultiple(of: 50) {
                try await expectLoadsToAddUp()
                try await expectHandsToMatch()
            }
        }
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
        return done
    }

    private func sql(
        _ name: String, ticket: Int64, person: Int64, minutes: Int, here: Department, other: Department
    ) -> String {
        let holder = "(select coalesce(assignee_id, \(person)) from secondline.ticket where ticket_id = \(ticket))"
        return switch name {
        case "accept": "select secondline.accept_ticket(\(ticket), \(holder))"
        case "decline": "select secondline.decline_ticket(\(ticket), \(holder), 'no')"
        case "resolve": "select secondline.resolve_ticket(\(ticket), \(holder), 'done')"
        case "reassign": "select secondline.reassign_ticket(\(ticket), \(person), \(holder), 'please')"
        case "overrule": "select secondline.reassign_ticket(\(ticket), \(person), \(here.head), 'must')"
        case "move": "select secondline.move_ticket(\(ticket), '\(other.queue)', \(here.manager), 'theirs')"
        case "cancel": "select secondline.cancel_ticket(\(ticket), \(here.manager), 'no')"
        case "capacity": "select secondline.set_capacity(\(person), \(minutes * 6))"
        // waits for the client, or the client replied
        case "weight":
            """
            update secondline.assignment set weight_minutes = case when \(minutes) < 100 then 15 else \(minutes) end
             where ticket_id = \(ticket) and ended_at is null
            """
        case "weigh all":
            """
            update secondline.assignment set weight_minutes = greatest(1, weight_minutes + (ticket_id % 3 - 1) * 10)
             where person_id = \(person) and ended_at is null
            """
        case "delete": "delete from secondline.assignment where ticket_id = \(ticket) and ended_at is not null"
        // opened and ended by hand in one transaction
        default:
            """
            insert into secondline.assignment (ticket_id, person_id, weight_minutes, offered_at)
            values (\(ticket), \(person), \(minutes), now());
            update secondline.assignment set state = 'cancelled', ended_at = now()
             where ticket_id = \(ticket) and person_id = \(person) and ended_at is null;
            """
        }
    }
}
