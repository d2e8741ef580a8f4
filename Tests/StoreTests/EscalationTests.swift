import Postgres
import TestSupport
import Testing

/// Developers brought in: who may do what when, and what becomes of loads, journals and messages.
@Suite(.serialized, .ownDatabase) struct EscalationTests {
    @Test("the owner keeps the ticket at the weight of a reply; the developer's ticket is one like any other")
    func escalated() async throws {
        var lines = try await Lines()
        try await lines.escalate()
        #expect(try await lines.status("ticket") == lines.scene("with_developer|{owner}|t"))
        #expect(try await lines.load("{owner}") == "15")
        #expect(try await lines.state() == "submitted|0")
        #expect(
            try await lines.lines(
                """
                select queue, status, priority, kind, client_id, author_id, effort_minutes, title, description, for_developer
                  from secondline.ticket where ticket_id = {work}
                """)
                == [
                    lines.scene(
                        "developers {team}|new|high|bug|-|{owner}|60|It breaks|It breaks\n\n{ticket}: title\n\ntext|t")
                ])
        try await lines.give("work", to: "{developer}")
        #expect(try await lines.state() == lines.scene("submitted|{developer}"))
        #expect(
            try await lines.lines(
                "select count(*) from secondline.inbox where person_id = {developer} and kind = 'ticket.offered'")
                == ["1"])
        try await lines.run("decline_escalation({escalation}, {developer}, 'on fire')")
        #expect(try await lines.state() == "submitted|0")
        try await lines.give("work", to: "{next}")
        try await lines.run("acknowledge_escalation({escalation}, {next})")
        #expect(try await lines.state() == lines.scene("acknowledged|{next}"))
        #expect(try await lines.load("{next}") == "60")
        try await lines.expectOrder()
    }

    @Test("any act of the owner accepts an offer, this one too")
    func offered() async throws {
        var lines = try await Lines()
        try await lines.add("ticket", to: "{stranger}")
        try await lines.name(
            "secondline.escalate_ticket({ticket}, {stranger}, 'system_error', 'critical', E'two\\nlines')")
        #expect(
            try await lines.lines("select title, priority from secondline.ticket where ticket_id = {work}") == [
                "two lines|urgent"
            ])
        #expect(
            try await lines.lines(
                "select state, weight_minutes from secondline.assignment where ticket_id = {ticket} and ended_at is null"
            )
                == ["accepted|15"])
        try await lines.expectOrder()
    }

    @Test("whoever is in both lines is asked for their own escalation only when nobody else can take it")
    func bothLines() async throws {
        var lines = try await Lines()
        try await lines.run("add_member({developers}, {owner})")
        try await lines.escalate()
        let candidates = """
            select coalesce(c.obstacle, 'free') from secondline_rules.ticket_candidate(clock_timestamp(), {work}) c
             where c.person_id in ({owner}, {developer}) order by c.person_id
            """
        #expect(try await lines.lines(candidates) == ["passed", "free"])
        try await lines.run("pause_workday({developer})", "pause_workday({next})")
        #expect(try await lines.lines(candidates) == ["free", "paused"])
    }

    static let refusals = [
        // before it was escalated
        Refused("SL005", "escalate_ticket({second}, {owner}, 'bug', 'high', 'x')"),
        Refused("P0002", "escalate_ticket(0, {owner}, 'bug', 'high', 'x')"),
        Refused("P0002", "escalate_ticket({second}, {colleague}, 'bug', 'high', 'x', 'nowhere')"),
        Refused("22023", "escalate_ticket({second}, {colleague}, 'bug', 'high', 'x', {queue})"),
        Refused("22023", "escalate_ticket({second}, {colleague}, 'bug', 'high', ' ')"),
        Refused(
            "23514", "escalate_ticket({second}, {colleague}, 'task', 'high', 'x')",
            constraint: "escalation_kind_known_check",
            hint: false),
        Refused(
            "23514", "escalate_ticket({second}, {colleague}, 'bug', 'urgent', 'x')",
            constraint: "escalation_severity_known_check", hint: false),
        Refused(
            "22023", "escalate_ticket({second}, {colleague}, 'bug', 'low', repeat('x', 8001))"),
        Refused("23502", "escalate_ticket({second}, {colleague}, 'bug', null, 'x')", hint: false),
        // while a developer has it
        Refused("SL006", "escalate_ticket({ticket}, {owner}, 'bug', 'high', 'x')"),
        Refused("SL006", "escalate_ticket({work}, {developer}, 'bug', 'high', 'x')"),
        Refused("SL006", "link_ticket({work}, {escalation}, {developer})"),
        Refused("SL005", "link_ticket({second}, {escalation}, {owner})"),
        Refused("P0002", "link_ticket({second}, 0, {colleague})"),
        Refused("SL006", "link_ticket({ticket}, {escalation})"),
        Refused("SL006", "resolve_ticket({ticket}, {owner}, 'done')"),
        Refused("SL006", "resolve_ticket({work}, {developer}, 'done')"),
        Refused("SL006", "wait_for_client({work}, {developer}, 'what?')"),
        Refused("SL006", "acknowledge_escalation({escalation}, {developer})"),
        Refused("SL005", "acknowledge_escalation({escalation}, {next})"),
        Refused("P0002", "acknowledge_escalation(0, {next})"),
        Refused("SL005", "decline_escalation({escalation}, {next}, 'no')"),
        Refused("SL006", "decline_escalation({escalation}, {developer}, 'no')"),
        Refused("SL005", "note_progress({escalation}, {owner}, 'x')"),
        Refused("22023", "note_progress({escalation}, {developer}, '')"),
        Refused("P0002", "note_progress(null, {developer}, 'x')"),
        Refused("SL005", "ask_owner({escalation}, {next}, 'x')"),
        Refused("22023", "ask_owner({escalation}, {developer}, ' ')"),
        Refused("SL006", "answer_developer({escalation}, {owner}, 'x')"),
        Refused("SL005", "answer_developer({escalation}, {colleague}, 'x')"),
        Refused("SL005", "finish_escalation({escalation}, {next}, 'fixed', 'x')"),
        Refused("SL005", "finish_escalation({escalation}, {owner}, 'fixed', 'x')"),
        Refused("22023", "finish_escalation({escalation}, {developer}, null, 'x')"),
        Refused("22023", "finish_escalation({escalation}, {developer}, 'fixed', '')"),
        Refused("22P02", "finish_escalation({escalation}, {developer}, 'done', 'x')", hint: false),
        Refused("SL006", "confirm_fix({ticket}, {owner})"),
        Refused("SL006", "send_back({escalation}, {owner}, 'x')"),
        Refused("SL005", "send_back({escalation}, {colleague}, 'x')"),
        Refused("SL006", "refuse_escalation({escalation}, {owner}, 'x')"),
        Refused("P0002", "refuse_escalation(0, {owner}, 'x')"),
        Refused("SL005", "cancel_ticket({work}, {colleague}, 'x')"),
        // the work of an escalation stays with developers
        Refused("22023", "hand_over({work}, {queue}, {developer}, 'x')"),
        Refused("22023", "move_ticket({work}, {queue}, {owner}, 'x')"),
        Refused("22023", "set_escalation({queue}, {queue})"),
        Refused("P0002", "set_escalation('nowhere')"),
        Refused(
            "23514", "set_escalation({queue}, {developers}, true, 0)",
            constraint: "escalation_rule_reopened_in_range_check", hint: false),
        Refused(
            "23514", "set_escalation({queue}, {developers}, true, 2, 0.5)",
            constraint: "escalation_rule_slow_factor_in_range_check", hint: false),
        Refused(
            "23514", "set_escalation({developers}, {developers})",
            constraint: "escalation_rule_to_another_queue_check", hint: false),
    ]

    @Test("what is not allowed is refused and changes nothing", arguments: refusals)
    func refused(_ one: Refused) async throws {
        var lines = try await Lines()
        try await lines.escalate(acknowledged: true)
        try await one.check(lines.scene)
    }

    @Test("finished, it takes no news any more, and is finished once")
    func finishedTwice() async throws {
        var lines = try await Lines()
        try await lines.escalate(acknowledged: true)
        try await lines.run("finish_escalation({escalation}, {developer}, 'fixed', 'patched')")
        for call in [
            "finish_escalation({escalation}, {developer}, 'wont_fix', 'x')",
            "note_progress({escalation}, {developer}, 'x')",
            "ask_owner({escalation}, {developer}, 'x')", "link_ticket({second}, {escalation}, {colleague})",
            "cancel_ticket({work}, {owner}, 'x')", "reopen_ticket({work}, {owner}, 'x')",
            "escalate_ticket({ticket}, {owner}, 'bug', 'low', 'x')",
        ] {
            try await Refused("SL006", call).check(lines.scene)
        }
        try await lines.run("confirm_fix({ticket}, {owner})")
        #expect(try await lines.state() == lines.scene("confirmed|{developer}"))
        try await Refused("SL006", "reopen_ticket({work}, {owner}, 'x')").check(lines.scene)
        // the ticket is as any other again
        try await lines.escalate()
        try await lines.expectOrder()
    }

    @Test("where nothing says which developers, a hint does")
    func noDevelopers() async throws {
        let lines = try await Lines()
        try await lines.run("add_queue('more developers {team}', 3)", "set_escalation({queue})")
        try await Refused("P0002", "escalate_ticket({ticket}, {owner}, 'bug', 'high', 'x')").check(lines.scene)
        try await lines.run("escalate_ticket({ticket}, {owner}, 'bug', 'high', 'x', {developers})")
    }

    @Test("news, a question and its answer stand in all journals and reach the others; no weight changes")
    func talk() async throws {
        var lines = try await Lines()
        try await lines.escalate()
        try await lines.run("link_ticket({second}, {escalation})")
        try await lines.give("work", to: "{developer}")
        // what they do acknowledges it
        try await lines.run("note_progress({escalation}, {developer}, 'I see it')")
        #expect(try await lines.state() == lines.scene("acknowledged|{developer}"))
        try await lines.run("ask_owner({escalation}, {developer}, 'since when?')")
        #expect(try await lines.state() == lines.scene("asked|{developer}"))
        try await lines.run("answer_developer({escalation}, {colleague}, 'Monday')")
        #expect(try await lines.state() == lines.scene("acknowledged|{developer}"))
        #expect(
            try await lines.lines(
                """
                select event, person_id, note, count(*) from secondline.journal
                 where ticket_id in ({ticket}, {second}, {work}) and event in ('progress', 'asked', 'answered')
                 group by 1, 2, 3 order by min(journal_id)
                """)
                == [
                    "progress|{developer}|I see it|3", "asked|{developer}|since when?|3",
                    "answered|{colleague}|Monday|3",
                ].map { lines.scene($0) })
        #expect(try await lines.told("{owner}") == ["escalation.progress", "escalation.asked"])
        #expect(try await lines.told("{colleague}") == ["escalation.progress", "escalation.asked"])
        #expect(try await lines.told("{developer}") == ["escalation.answered"])
        #expect(
            try await lines.lines(
                "select subject, text from secondline.inbox where person_id = {owner} and kind = 'escalation.asked'")
                == [
                    lines.scene(
                        "Developer developer asks about ticket {ticket}: title|since when?\n\nAnswer to escalation {escalation}."
                    )
                ])
        #expect(try await [lines.load("{owner}"), lines.load("{developer}")] == ["15", "60"])
        try await lines.expectOrder()
    }

    @Test("a regulation of the developers' queue returns no escalation")
    func regulation() async throws {
        var lines = try await Lines()
        try await lines.run("set_regulation({developers}, description_length => 9999)")
        try await lines.escalate()
        #expect(try await lines.status("work") == "new|0|f")
    }

    @Test("everybody sees the escalations that concern them")
    func view() async throws {
        var lines = try await Lines()
        try await lines.escalate()
        try await lines.run("link_ticket({second}, {escalation})")
        try await lines.give("work", to: "{developer}")
        let view = lines.scene(
            "select ticket_id, state, owner_id, developer_id, due_at is not null from secondline.my_escalations where escalation_id = {escalation} order by 1"
        )
        let rows = [
            lines.scene("{ticket}|submitted|{owner}|{developer}|t"),
            lines.scene("{second}|submitted|{colleague}|{developer}|t"),
        ]
        #expect(try await db.lines(view) == rows)
        for (person, count) in [
            ("{owner}", 1), ("{colleague}", 1), ("{developer}", 2), ("{next}", 2), ("{head}", 2), ("{stranger}", 0),
        ] {
            let login = "sl_test_esc_\(UInt32.random(in: 0 ... .max))"
            try await db.script(
                lines.scene(
                    """
                    create role \(login) login in role secondline_member;
                    update secondline.person set login = '\(login)' where person_id = \(person)
                    """))
            let seen = try await withSession(as: login) { try await $0.lines(view) }
            #expect(seen.count == count, "\(person)")
            try await db.script(
                "update secondline.person set login = null where login = '\(login)'; drop role \(login)")
        }
    }
}
