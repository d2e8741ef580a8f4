import Postgres
import Synchronization
import TestSupport
import Testing

/// Two at the same instant, on connections of their own.
@Suite(.serialized, .ownDatabase) struct EscalationRaceTests {
    private final class Flag: Sendable {
        let value = Mutex(false)
    }

    /// How a call ends that waits for another one: refused with this SQLSTATE, or nil.
    private func outcome(of call: String, while first: String, in lines: Lines) async throws -> SQLState? {
        let (first, call) = (lines.scene("select secondline.\(first)"), lines.scene("select secondline.\(call)"))
        let isDone = Flag()
        let waiting = try await whileHolding(first) {
            let waiting = Task {
                defer { isDone.value.withLock { $0 = true } }
                return try await withSession { session in
                    do throws(DatabaseError) {
                        try await session.script(call)
                        return nil as SQLState?
                    } catch {
                        return error.sqlState
                    }
                }
            }
            // it waits, or has not waited
            var isWaiting = false
            while !isWaiting, !isDone.value.withLock({ $0 }) {
                isWaiting =
                    try await db.value(
                        """
                        select exists (select from pg_locks l join pg_stat_activity a using (pid)
                                        where not l.granted and l.locktype in ('transactionid', 'tuple') and a.datname = current_database())
                        """) == "t"
            }
            return waiting
        }
        return try await waiting.value
    }

    @Test("two developers who acknowledge at the same instant: exactly one has it")
    func acknowledged() async throws {
        var lines = try await Lines()
        try await lines.escalate()
        try await lines.give("work", to: "{developer}")
        let words = lines.scene
        let outcomes = await withTaskGroup(of: SQLState?.self) { group in
            for developer in ["{developer}", "{next}", "{developer}", "{next}"] {
                group.addTask {
                    do {
                        try await withSession {
                            try await $0.script(
                                words("select secondline.acknowledge_escalation({escalation}, \(developer))"))
                        }
                        return nil
                    } catch {
                        return (error as? DatabaseError)?.sqlState ?? "XXXXX"
                    }
                }
            }
            return await group.reduce(into: [SQLState?]()) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 1)
        #expect(Set(outcomes.compactMap { $0?.code }) == ["SL005", "SL006"])
        #expect(try await lines.state() == lines.scene("acknowledged|{developer}"))
        try await lines.expectOrder()
    }

    struct Race: Sendable, CustomTestStringConvertible {
        let first: String
        let second: String
        let refused: SQLState?
        /// The states of `{ticket}`, `{second}` and the escalation afterwards.
        let states: [String]

        var testDescription: String { "\(second) while \(first)" }

        static let finish = "finish_escalation({escalation}, {developer}, 'fixed', 'x')"

        static let all = [
            Race(first: finish, second: finish, refused: "SL006", states: ["to_verify", "accepted", "finished"]),
            // linked a moment before the end
            Race(
                first: "link_ticket({second}, {escalation}, {colleague})", second: finish, refused: nil,
                states: ["to_verify", "to_verify", "finished"]),
            Race(
                first: finish, second: "link_ticket({second}, {escalation}, {colleague})", refused: "SL006",
                states: ["to_verify", "accepted", "finished"]),
            Race(
                first: "cancel_ticket({ticket}, {manager}, 'no')", second: finish, refused: nil,
                states: ["cancelled", "accepted", "confirmed"]),
            Race(
                first: finish, second: "cancel_ticket({work}, {owner}, 'no')", refused: "SL006",
                states: ["to_verify", "accepted", "finished"]),
            Race(
                first: "cancel_ticket({work}, {owner}, 'no')", second: finish, refused: "SL006",
                states: ["accepted", "accepted", "withdrawn"]),
            Race(
                first: "deactivate_person({owner})", second: finish, refused: nil,
                states: ["new", "accepted", "finished"]),
        ]
    }

    @Test("who comes second finds what the first has done, and nothing is lost", arguments: Race.all)
    func race(_ race: Race) async throws {
        var lines = try await Lines()
        try await lines.escalate(acknowledged: true)
        #expect(try await outcome(of: race.second, while: race.first, in: lines) == race.refused)
        #expect(
            try await lines.lines(
                """
                select status from secondline.ticket where ticket_id in ({ticket}, {second}) order by ticket_id
                """)
                + lines.lines("select state from secondline.escalation where escalation_id = {escalation}")
                == race.states)
        try await lines.expectOrder()
    }

    @Test("the last two who confirm at once confirm the escalation")
    func confirmed() async throws {
        var lines = try await Lines()
        try await lines.escalate(acknowledged: true)
        try await lines.run(
            "link_ticket({second}, {escalation}, {colleague})",
            "finish_escalation({escalation}, {developer}, 'fixed', 'x')")
        let refused = try await outcome(
            of: "confirm_fix({second}, {colleague})", while: "confirm_fix({ticket}, {owner})", in: lines)
        #expect(refused == nil)
        #expect(try await lines.state() == lines.scene("confirmed|{developer}"))
        try await lines.expectOrder()
    }

    @Test("all that happens to escalations at once never deadlocks, and leaves them in order")
    func atOnce() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("escalations at once: seed \(seed)")
        var lines = try await Lines()
        try await lines.run(
            "set_capacity({owner}, 1000)", "set_capacity({colleague}, 1000)", "set_capacity({stranger}, 1000)",
            "set_capacity({developer}, 1000)", "set_capacity({next}, 1000)")
        for person in ["{owner}", "{colleague}", "{stranger}", "{owner}", "{colleague}", "{stranger}"] {
            try await lines.add("last", kind: "system_error", to: person)
        }
        let scene = lines.scene
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    try await withSession { session in
                        try await session.script("set lock_timeout = '10s'; set synchronous_commit = off")
                        var random = SeededGenerator(seed: seed &+ UInt64(worker))
                        return try await operate(session, scene, &random)
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(done > 30, "seed \(seed)")
        try await lines.expectOrder()
        #expect(
            try await db.value("select deadlocks from pg_stat_database where datname = current_database()") == "0")
    }

    /// How many operations succeeded; what is refused must be refused by a rule.
    private func operate(_ session: Session, _ scene: Scene, _ random: inout SeededGenerator) async throws -> Int {
        let tickets = "secondline.ticket where queue = {queue} and not for_developer and ended_at is null"
        let calls = [
            "secondline.escalate_ticket(t.ticket_id, t.assignee_id, 'bug', 'low', 'x')",
            "secondline.link_ticket(t.ticket_id, e.escalation_id, t.assignee_id)",
            "secondline.confirm_fix(t.ticket_id, t.assignee_id)", "secondline.confirm_fix(t.ticket_id, t.assignee_id)",
            "secondline.send_back(e.escalation_id, t.assignee_id, 'no')",
            "secondline.reassign_ticket(e.developer_ticket_id, {developer}, {head}, 'must')",
            "secondline.reassign_ticket(e.developer_ticket_id, {next}, {head}, 'must')",
            "secondline.note_progress(e.escalation_id, e.developer_id, 'x')",
            "secondline.ask_owner(e.escalation_id, e.developer_id, 'x')",
            "secondline.answer_developer(e.escalation_id, t.assignee_id, 'x')",
            "secondline.finish_escalation(e.escalation_id, e.developer_id, 'fixed', 'x')",
            "secondline.finish_escalation(e.escalation_id, e.developer_id, 'fixed', 'x')",
            "secondline.cancel_ticket(e.developer_ticket_id, {head}, 'x')",
        ]
        var done = 0
        for _ in 0..<120 {
            let call = calls.randomElement(using: &random)!
            let (one, other) = (Int.random(in: 0..<8, using: &random), Int.random(in: 0..<8, using: &random))
            let sql =
                if Int.random(in: 0..<6, using: &random) == 0 {
                    // as the daemon does
                    """
                    begin;
                    create temporary table held on commit drop as
                    select ticket_id, assignee_id from \(tickets) order by ticket_id for no key update skip locked;
                    select secondline_rules.lock_people(variadic array(select assignee_id from held));
                    select secondline_rules.attend_escalations(clock_timestamp(), array(select ticket_id from held));
                    commit
                    """
                } else {
                    // chosen before: between that and the call somebody else may be faster
                    """
                    select \(call)
                      from (select * from \(tickets) order by ticket_id offset \(one) limit 1) t
                      left join (select * from secondline.escalation where ended_at is null order by escalation_id offset \(other) limit 1) e
                        on true
                    """
                }
            do throws(DatabaseError) {
                try await session.script(scene(sql))
                done += 1
            } catch {
                let rules: [SQLState] = ["SL004", "SL005", "SL006", "P0002", "55P03"]
                #expect(error.sqlState.map(rules.contains) ?? false, "\(error)")
                _ = try? await session.script("rollback")
            }
        }
        return done
    }
}
