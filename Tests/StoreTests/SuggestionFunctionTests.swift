import Postgres
import TestSupport
import Testing

/// Suggestions: on the agenda until somebody decides, then to developers or back to whoever made them.
@Suite(.serialized, .ownDatabase) struct SuggestionFunctionTests {
    private func agenda(_ lines: Lines, at: String = "clock_timestamp()") async throws -> [String] {
        try await lines.lines(
            "select text from secondline_rules.standup_agenda(\(at), {team}, current_date) where section = 'suggestion' order by place"
        )
    }

    @Test(
        "accepted with a specification it goes to developers, and its end comes back",
        arguments: ["{stranger}", "{head}"])
    func accepted(by person: String) async throws {
        var lines = try await Lines()
        try await lines.add("ticket", kind: "suggestion", to: "{stranger}")
        #expect(try await agenda(lines) == [lines.scene("{ticket}: title")])
        try await lines.name("secondline.accept_suggestion({ticket}, \(person), 'It shall fly.')")
        #expect(try await lines.status("ticket") == lines.scene("with_developer|{stranger}|t"))
        #expect(
            try await lines.lines("select title, kind, description from secondline.ticket where ticket_id = {work}")
                == [lines.scene("title|suggestion|It shall fly.\n\n{ticket}: title\n\ntext")])
        #expect(try await lines.told("{stranger}") == (person == "{head}" ? ["escalation.opened"] : []))
        #expect(try await agenda(lines) == [])
        try await lines.give("work", to: "{developer}")
        #expect(try await agenda(lines) == [])
        try await lines.run(
            "finish_escalation({escalation}, {developer}, 'planned', 'in spring')", "confirm_fix({ticket}, {stranger})")
        // decided is decided
        #expect(try await agenda(lines) == [])
        try await lines.expectOrder()
    }

    @Test("one that nobody has becomes the head's own")
    func acceptedByHead() async throws {
        var lines = try await Lines()
        try await lines.add("ticket", kind: "suggestion", to: "{stranger}")
        try await lines.run("decline_ticket({ticket}, {stranger}, 'no time')")
        #expect(try await agenda(lines) == [lines.scene("{ticket}: title")])
        try await lines.name("secondline.accept_suggestion({ticket}, {head}, 'It shall fly.')")
        #expect(try await lines.status("ticket") == lines.scene("with_developer|{head}|t"))
        #expect(try await lines.load("{head}") == "15")
        try await lines.expectOrder()
    }

    @Test("declined it ends, and client and author are told why", arguments: ["{stranger}", "{head}"])
    func declined(by person: String) async throws {
        var lines = try await Lines()
        try await lines.add("ticket", kind: "suggestion", to: "{stranger}")
        if person == "{head}" { try await lines.run("decline_ticket({ticket}, {stranger}, 'no time')") }
        try await lines.run("decline_suggestion({ticket}, \(person), 'too dear')")
        #expect(
            try await lines.lines("select status, resolution from secondline.ticket where ticket_id = {ticket}") == [
                "resolved|too dear"
            ])
        #expect(
            try await lines.lines(
                "select client_id, person_id, data ->> 'text' from secondline.message where kind = 'suggestion.declined' and ticket_id = {ticket} order by client_id"
            )
                == [lines.scene("{client}|-|too dear"), lines.scene("-|{manager}|too dear")])
        #expect(try await agenda(lines) == [])
        #expect(try await lines.load("{stranger}") == "0")
        // whoever insists has it reopened
        try await lines.run("reopen_ticket({ticket}, {manager}, 'please')")
        #expect(
            try await lines.status("ticket") == (person == "{head}" ? "new|0|f" : lines.scene("accepted|{stranger}|f")))
        try await lines.expectOrder()
    }

    static let refusals = [
        Refused("SL008", "accept_suggestion({ticket}, {stranger}, null)"),
        Refused("SL008", "accept_suggestion({ticket}, {head}, E'\\u200B \\n')"),
        Refused("SL005", "accept_suggestion({ticket}, {owner}, 'x')"),
        Refused("SL005", "accept_suggestion({ticket}, {manager}, 'x')"),
        Refused("SL006", "accept_suggestion({second}, {colleague}, 'x')"),
        Refused("P0002", "accept_suggestion(0, {head}, 'x')"),
        Refused("SL005", "decline_suggestion({ticket}, {manager}, 'x')"),
        Refused("SL006", "decline_suggestion({second}, {colleague}, 'x')"),
        Refused("22023", "decline_suggestion({ticket}, {stranger}, '')"),
        Refused("P0002", "decline_suggestion(0, {head}, 'x')"),
    ]

    @Test("what is not allowed is refused and changes nothing", arguments: refusals)
    func refused(_ one: Refused) async throws {
        var lines = try await Lines()
        try await lines.add("ticket", kind: "suggestion", to: "{stranger}")
        try await one.check(lines.scene)
    }

    @Test("what was accepted cannot be accepted again, nor declined")
    func twice() async throws {
        var lines = try await Lines()
        try await lines.add("ticket", kind: "suggestion", to: "{stranger}")
        try await lines.name("secondline.accept_suggestion({ticket}, {stranger}, 'x')")
        for call in [
            "accept_suggestion({ticket}, {stranger}, 'x')", "decline_suggestion({ticket}, {head}, 'x')",
            "decline_suggestion({work}, {head}, 'x')",
        ] {
            try await Refused("SL006", call).check(lines.scene)
        }
    }

    @Test("five business days after its first agenda an undecided one is marked, and comes first")
    func forgotten() async throws {
        var lines = try await Lines()
        try await lines.add("old", kind: "suggestion", to: "{stranger}")
        try await lines.add("new", kind: "suggestion", to: "{stranger}")
        try await lines.run("decline_ticket({new}, {stranger}, 'no time')")
        let weekdays = "{1,2,3,4,5,6,7}"
        try await lines.run("set_standup({team}, '\(weekdays)', '12:00')")
        let noon = try await db.value(
            lines.scene(
                "select (current_date + 1 + time '12:00') at time zone time_zone from secondline.team where team_id = {team}"
            ))!
        let before = "(timestamptz '\(noon)' - interval '5 minutes')"
        try await db.script(
            lines.scene(
                "update secondline.ticket set submitted_at = submitted_at + interval '1 day' where ticket_id = {old}"))
        #expect(
            try await lines.lines(
                "select team_id from secondline_rules.announce_standups(\(before)) where team_id = {team}")
                == [lines.scene("{team}")])
        #expect(
            try await lines.lines(
                "select count(*) from secondline.ticket where discussed_at = \(before) and ticket_id in ({old}, {new})")
                == ["2"])
        try await db.script(lines.scene("update secondline.ticket set discussed_at = null where ticket_id = {new}"))
        #expect(
            try await agenda(lines, at: "\(before) + interval '5 days'") == [
                lines.scene("{new}: title"), lines.scene("{old}: title"),
            ])
        let day = try await db.value("select (\(before) at time zone 'Europe/Berlin')::date")!
        #expect(
            try await agenda(lines, at: "\(before) + interval '5 days 1 second'")
                == [lines.scene("‼ \(day) {old}: title"), lines.scene("{new}: title")])
        // another agenda does not make it younger
        try await db.script("select secondline_rules.announce_standups(\(before) + interval '1 day')")
        #expect(
            try await agenda(lines, at: "\(before) + interval '5 days 1 second'").first
                == lines.scene("‼ \(day) {old}: title"))
    }
}
