import Postgres
import TestSupport
import Testing

/// Two at the same instant, on connections of their own.
@Suite(.serialized, .ownDatabase) struct EscalationRaceTests {
    /// How a call ends that waits for another one: refused with this SQLSTATE, or nil.
    private func outcome(of call: String, while first: String, in lines: Lines) async throws -> SQLState? {
        let (first, call) = (lines.scene("select secondline.\(first)"), lines.scene("select secondline.\(call)"))
        let waiting = try await whileHolding(first) {
            let waiting = Task {
                try await withSession { session in
                    do throws(DatabaseError) {
                        try await session.script(call)
                        return nil as SQLState?
                    } catch {
                        return error.sqlState
                    }
                }
            }
            try await untilWaiting(1)
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
}
