import Postgres
import TestSupport
import Testing

/// A department with one ticket in each state that can be reached now, and words for all of it: `{assigned}` in a text becomes
/// the id of the assigned ticket.
struct Scene: Sendable {
    var words: [String: String]

    init(in session: Session) async throws {
        let here = try await Department(in: session, specialists: 4)
        let other = try await Department(in: session, specialists: 1)
        var words = [
            "team": "\(here.team)", "head": "\(here.head)", "manager": "\(here.manager)", "client": "\(here.client)",
            "owner": "\(here.specialists[0])", "colleague": "\(here.specialists[1])", "full": "\(here.specialists[2])",
            "gone": "\(here.specialists[3])", "queue": "'\(here.queue)'", "other_queue": "'\(other.queue)'",
            "other_head": "\(other.head)", "stranger": "\(other.specialists[0])",
        ]
        words["new"] = "\(try await here.ticket(in: session))"
        words["assigned"] = "\(try await here.assignedTicket(in: session))"
        words["accepted"] = "\(try await here.acceptedTicket(in: session))"
        let resolved = try await here.acceptedTicket(in: session)
        words["resolved"] = "\(resolved)"
        let cancelled = try await here.ticket(in: session)
        words["cancelled"] = "\(cancelled)"
        let last = try await here.ticket(in: session)
        try await session.assign([(last, here.specialists[2])])
        try await session.script(
            """
            select secondline.resolve_ticket(\(resolved), \(here.specialists[0]), 'done');
            select secondline.cancel_ticket(\(cancelled), \(here.manager), 'a mistake');
            select secondline.set_capacity(\(here.specialists[2]), 100);
            select secondline.deactivate_person(\(here.specialists[3]));
            """)
        self.words = words
    }

    init(words: [String: String]) {
        self.words = words
    }

    func callAsFunction(_ text: String) -> String {
        words.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }
}

/// A call that must be refused, and how.
struct Refused: Sendable, CustomTestStringConvertible {
    let state: SQLState
    let constraint: String?
    /// False where the server's own message is all there is.
    let hint: Bool
    let call: String

    init(_ state: SQLState, _ call: String, constraint: String? = nil, hint: Bool = true) {
        self.state = state
        self.constraint = constraint
        self.hint = hint
        self.call = call
    }

    var testDescription: String { "\(state) \(call)" }

    func check(_ scene: Scene, location: SourceLocation = #_sourceLocation) async throws {
        let before = try await everything()
        let schema = call.hasPrefix("secondline_rules.") ? "" : "secondline."
        await db.expectRefusal(
            state, constraint: constraint, hint: hint, scene("select \(schema)\(call)"), location: location)
        #expect(try await everything() == before, "something changed", sourceLocation: location)
    }

    /// A sum of all that functions write.
    private func everything() async throws -> [String] {
        let tables = [
            "team", "person", "person_skill", "skill", "client", "queue", "queue_member", "working_hours", "holiday",
            "absence",
            "workday", "ticket", "assignment", "decision", "journal", "blocker", "message", "message_history",
            "message_attempt", "contact", "channel", "template", "workday_journal", "task", "report", "reminder",
            "reminder_rule", "standup", "standup_meeting", "agenda_item", "calendar", "planned_shift",
            "regulation", "misplaced_topic", "ticket_step", "estimate", "escalation", "escalation_rule",
            "target", "alarm", "alert", "departure",
        ]
        return try await db.lines(
            tables.map { "select '\($0)', md5(string_agg(t::text, ',' order by t::text)) from secondline.\($0) t" }
                .joined(separator: " union all "))
    }
}
