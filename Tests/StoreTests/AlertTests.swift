import Postgres
import TestSupport
import Testing

/// What the public functions of clocks and alerts refuse, and what an alert says.
@Suite(.serialized, .ownDatabase) struct AlertTests {
    static let refused = [
        Refused("P0002", "set_target('nowhere', 'urgent', 'first_response', '1 hour')"),
        Refused("22023", "set_target({queue}, 'urgent', 'second_response', '1 hour')"),
        Refused("22023", "set_target({queue}, null, 'first_response', '1 hour')"),
        Refused("22023", "set_target({queue}, 'urgent', null, '1 hour')"),
        Refused("22023", "set_target({queue}, 'urgent', 'first_response', '0')"),
        Refused("22023", "set_target({queue}, 'urgent', 'first_response', '-1 hour')"),
        Refused("22023", "set_target({queue}, 'urgent', 'first_response', '2 years')"),
        Refused("22023", "set_stalled_after({queue}, '0')"),
        Refused("22023", "set_stalled_after({queue}, null)"),
        Refused("P0002", "set_stalled_after(null, '1 hour')"),
        Refused("22023", "set_client_silence({queue}, '5 days', '5 days')"),
        Refused("22023", "set_client_silence({queue}, '0', '5 days')"),
        Refused("22023", "set_client_silence({queue}, null, '5 days')"),
        Refused("22023", "set_client_silence({queue}, '1 day', '2 years')"),
        Refused("22023", "set_acknowledge_within({team}, '0')"),
        Refused("22023", "set_acknowledge_within({team}, null)"),
        Refused("P0002", "set_acknowledge_within(-1, '1 hour')"),
        Refused("P0002", "acknowledge_alert(-1, {head})"),
        Refused("P0002", "acknowledge_alert(null, {head})"),
        Refused("P0002", "acknowledge_alert({alert}, -1)"),
        Refused("SL005", "acknowledge_alert({alert}, {owner})"),
        Refused("SL005", "acknowledge_alert({alert}, {other_head})"),
        Refused("SL006", "acknowledge_alert({settled}, {head})"),
        Refused("SL005", "report_difficulty({accepted}, {colleague}, 'it hangs')"),
        Refused("22023", "report_difficulty({accepted}, {owner}, ' ')"),
        Refused("P0002", "report_difficulty(-1, {owner}, 'it hangs')"),
        Refused("SL005", "report_difficulty({new}, {owner}, 'it hangs')"),
    ]

    @Test("what is wrong is refused with a hint, and changes nothing", arguments: refused)
    func refusals(_ one: Refused) async throws {
        var scene = try await Scene(in: db)
        try await db.script(
            scene("select secondline_rules.run_clocks(clock_timestamp() + interval '3 hours', 100)"))
        scene.words["alert"] = "\(try await db.id(scene("alert_id from secondline.alert where ticket_id = {new}")))"
        scene.words["settled"] =
            "\(try await db.id(scene("alert_id from secondline.alert where ticket_id = {accepted}")))"
        try await db.script(scene("select secondline.resolve_ticket({accepted}, {owner}, 'done')"))
        try await db.script(scene("select secondline.reopen_ticket({accepted}, {owner}, 'again')"))
        try await one.check(scene)
    }

    @Test("in a queue without members a ticket waits until its target, and the alert says what would help")
    func nobody() async throws {
        let here = try await Department(in: db)
        try await db.script("select secondline.add_queue('empty', team => \(here.team))")
        let ticket = try await db.id("secondline.submit_ticket('empty', 'title', '')")
        // as the assignment duty records it
        try await db.script(
            """
            select secondline_rules.record_blockers(clock_timestamp(), '{empty}', '{""}', '{no_members}', '{}', '{}');
            select secondline_rules.run_clocks(clock_timestamp() + interval '119 minutes', 100)
            """)
        #expect(try await db.lines("select 1 from secondline.alert where ticket_id = \(ticket)") == [])
        try await db.script("select secondline_rules.run_clocks(clock_timestamp() + interval '121 minutes', 100)")
        #expect(
            try await db.lines(
                "select alarm, told, blocked_by, what_helps from secondline.alert_now where ticket_id = \(ticket)")
                == [
                    "response_breach|head|no_members|Nobody works on the queue. Add somebody with add_member(), or move the ticket."
                ])
        #expect(
            try await db.value(
                "select data ->> 'reason' like '%Add somebody with add_member%' from secondline.message where person_id = \(here.head) and kind like 'alert.%'"
            ) == "t")
        try await db.script("select secondline.set_team_locale(\(here.team), 'ru')")
        #expect(
            try await db.value(
                "select what_helps from secondline.alert_now where ticket_id = \(ticket)")?.hasPrefix(
                    "В очереди никого нет")
                == true)
    }

    @Test("what is due on a person's tickets is looked at when they are to be away, also in the future")
    func departure() async throws {
        let here = try await Department(in: db)
        try await db.script(
            "select secondline.record_absence(\(here.specialists[0]), 'vacation', current_date + 30, current_date + 40)"
        )
        #expect(
            try await db.value(
                "select leaves_at > now() + interval '28 days' from secondline.departure where person_id = \(here.specialists[0])"
            ) == "t")
        try await db.endDay(of: here.specialists[1])
        #expect(
            try await db.value(
                "select leaves_at <= now() from secondline.departure where person_id = \(here.specialists[1])") == "t")
    }
}
