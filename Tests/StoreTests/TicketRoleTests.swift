import Postgres
import TestSupport
import Testing

/// Who may do what with a ticket: every act by everybody, in a state in which it is possible.
@Suite(.serialized, .ownDatabase) struct TicketRoleTests {
    static let roles = ["owner", "colleague", "manager", "head", "developer", "stranger", "other_head"]

    /// Who may; the account manager is the ticket's author, too.
    static let allowed: [String: Set<String>] = {
        let steering: Set = ["owner", "manager", "head"]
        var allowed = Dictionary(uniqueKeysWithValues: TicketStepTests.ofOwner.map { ($0, Set(["owner"])) })
        for act in ["set_priority", "move", "cancel", "reopen"] { allowed[act] = steering }
        for act in ["note", "client_reply"] { allowed[act] = Set(roles) }
        allowed["reassign"] = ["owner", "head"]
        allowed["resubmit"] = ["manager", "head"]
        allowed["turn_down"] = ["owner", "head"]
        return allowed
    }()

    /// The calls, by {actor}.
    static let calls: [String: String] = {
        var calls: [String: String] = [:]
        for (act, call) in TicketStepTests.acts {
            guard let call else { continue }
            let actor = ["{owner}", "{manager}", "{head}"].first { call.contains($0) }
            calls[act] = actor.map { call.replacing($0, with: "{actor}") }
        }
        calls["client_reply"] = "client_replied({ticket}, 'the last one', {actor})"
        return calls
    }()

    struct Try: Sendable, CustomTestStringConvertible {
        let act: String
        let role: String
        var testDescription: String { "\(act) by \(role)" }
        static let all = calls.keys.sorted().flatMap { act in roles.map { Try(act: act, role: $0) } }
    }

    @Test("every act that somebody does is declared here")
    func complete() {
        #expect(Self.allowed.keys.sorted() == Self.calls.keys.sorted())
    }

    @Test("whoever may is let, everybody else refused, and nothing has changed then", arguments: Try.all)
    func act(_ one: Try) async throws {
        let states = try await db.lines(
            "select from_status from secondline.ticket_step where act = '\(one.act)' order by from_status = 'accepted' desc, from_status desc"
        )
        var scene = try await TicketStepTests().scene(try #require(states.first), for: one.act)
        let elsewhere = try await Department(in: db, specialists: 1)
        scene.words["stranger"] = "\(elsewhere.specialists[0])"
        scene.words["other_head"] = "\(elsewhere.head)"
        let call = scene(Self.calls[one.act]!.replacing("{actor}", with: "{\(one.role)}"))
        let picture = scene(
            "select t, (select count(*) from secondline.journal) from secondline.ticket t where ticket_id = {ticket}")
        let before = try await db.lines(picture)
        if Self.allowed[one.act]!.contains(one.role) {
            try await db.script("select secondline.\(call)")
            #expect(try await db.lines(picture) != before)
        } else {
            try await Refused("SL005", call).check(scene)
            #expect(try await db.lines(picture) == before)
        }
    }
}
