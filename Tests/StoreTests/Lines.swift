import Postgres
import TestSupport
import Testing

/// A department with two developers in line 3, whose queue sends escalations there, and two tickets of a client: `{ticket}` accepted by
/// `{owner}`, `{second}` by `{colleague}`. Words as in a scene.
struct Lines: Sendable {
    let here: Department
    var scene: Scene

    init(zone: String = "Europe/Berlin") async throws {
        here = try await Department(in: db, specialists: 3, zone: zone)
        let developers = "developers \(here.team)"
        try await db.script(
            """
            select secondline.add_queue('\(developers)', 3, 60);
            select secondline.set_queue_team(q, \(here.team)) from unnest(array['\(here.queue)', '\(developers)']) q;
            select secondline.set_escalation('\(here.queue)', '\(developers)');
            insert into secondline.channel (name) values ('mail') on conflict do nothing;
            select secondline.set_client_contact(\(here.client), 'mail', 'it@northwind.example');
            """)
        var words = [
            "team": "\(here.team)", "head": "\(here.head)", "manager": "\(here.manager)", "client": "\(here.client)",
            "owner": "\(here.specialists[0])", "colleague": "\(here.specialists[1])",
            "stranger": "\(here.specialists[2])",
            "queue": "'\(here.queue)'", "developers": "'\(developers)'",
        ]
        for name in ["developer", "next"] {
            let person = try await db.id("secondline.add_person(\(here.team), 'developer', 'Developer \(name)')")
            try await db.script(
                "select secondline.add_member('\(developers)', \(person)), secondline.start_workday(\(person))")
            words[name] = "\(person)"
        }
        scene = Scene(words: words)
        scene.words["ticket"] = "\(try await here.acceptedTicket(in: db))"
        try await add("second", to: "{colleague}")
        try await run("accept_ticket({second}, {colleague})")
    }

    subscript(_ word: String) -> Int64 { Int64(scene.words[word]!)! }

    /// Another ticket, given to somebody as the daemon does.
    mutating func add(_ word: String, kind: String = "question", to person: String) async throws {
        let ticket = try await db.id(
            scene(
                "secondline.submit_ticket({queue}, 'title', 'text', null, '\(kind)', client => {client}, author => {manager})"
            ))
        scene.words[word] = "\(ticket)"
        try await give(word, to: person)
    }

    func give(_ word: String, to person: String) async throws {
        #expect(try await db.assign([(self[word], Int64(scene(person))!)]) == [self[word]])
    }

    /// The owner brings in developers: `{escalation}`, and the developer's ticket `{work}`.
    mutating func escalate(acknowledged: Bool = false) async throws {
        try await name("secondline.escalate_ticket({ticket}, {owner}, 'bug', 'high', 'It breaks')")
        guard acknowledged else { return }
        try await give("work", to: "{developer}")
        try await run("acknowledge_escalation({escalation}, {developer})")
    }

    /// What this returns is `{escalation}` from now on.
    mutating func name(_ call: String) async throws {
        scene.words["escalation"] = "\(try await db.id(scene(call)))"
        scene.words["work"] =
            try await db.value(
                scene(
                    "select coalesce(developer_ticket_id, 0) from secondline.escalation where escalation_id = {escalation}"
                ))
    }

    func run(_ calls: String...) async throws {
        for call in calls { try await db.script(scene("select secondline.\(call)")) }
    }

    func lines(_ sql: String) async throws -> [String] { try await db.lines(scene(sql)) }

    func status(_ word: String) async throws -> String {
        try await lines(
            "select status, coalesce(assignee_id, 0), escalation_id is not null from secondline.ticket where ticket_id = {\(word)}"
        ).joined()
    }

    func state() async throws -> String {
        try await lines(
            "select state, coalesce(developer_id, 0) from secondline.escalation where escalation_id = {escalation}"
        ).joined()
    }

    func load(_ person: String) async throws -> String {
        try await lines("select load_minutes from secondline.person where person_id = \(person)").joined()
    }

    /// Kinds of what somebody was told about escalations and suggestions, in order.
    func told(_ person: String) async throws -> [String] {
        try await lines(
            """
            select kind from secondline.message where person_id = \(person) and kind ~ '^(escalation|suggestion)' and channel = 'popup'
             order by message_id
            """)
    }

    /// What the daemon does about these tickets at an instant; without the rows that say when it looks again.
    func attend(_ at: String, _ words: String...) async throws -> [String] {
        try await lines(
            """
            select event, ticket_id, person_id, coalesce(rule, '')
              from secondline_rules.attend_escalations(\(at), '{\(words.map { "{\($0)}" }.joined(separator: ","))}')
             where event <> 'due'
            """)
    }

    /// When it looks again.
    func due(_ word: String) async throws -> String? {
        try await db.value(
            scene(
                "select due_at from secondline_rules.attend_escalations('-infinity', '{{\(word)}}') where event = 'due'"
            ))
    }

    /// Loads, hands, journals and escalations agree.
    func expectOrder(location: SourceLocation = #_sourceLocation) async throws {
        try await expectLoadsToAddUp(location: location)
        try await expectHandsToMatch(location: location)
        // pairs of these tests come without candidates, and heads and owners go beyond the room
        let faults = try await LedgerCheck.faults(in: db).filter {
            !$0.hasPrefix("an assignment has no decision") && !$0.hasPrefix("a person was given")
        }
        #expect(faults == [], sourceLocation: location)
    }
}
