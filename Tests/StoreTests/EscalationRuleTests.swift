import Postgres
import TestSupport
import Testing

/// What the daemon does by itself: system errors, proposals, reminders. Time is an argument; each thing is done once.
@Suite(.serialized, .ownDatabase) struct EscalationRuleTests {
    /// An instant after the ticket's last change.
    private func after(_ interval: String, _ word: String = "ticket") -> String {
        "(select changed_at + interval '\(interval)' from secondline.ticket where ticket_id = {\(word)})"
    }

    private func reopen(_ lines: Lines, times: Int) async throws {
        for _ in 0..<times {
            try await lines.run("resolve_ticket({ticket}, {owner}, 'done')", "reopen_ticket({ticket}, {manager}, 'no')")
        }
    }

    /// The proposal is `{escalation}` from now on.
    private func propose(_ lines: inout Lines) async throws {
        try await reopen(lines, times: 2)
        #expect(
            try await lines.attend(after("0"), "ticket") == [
                lines.scene("escalation_proposed|{ticket}|{owner}|reopened")
            ])
        try await lines.name("escalation_id from secondline.ticket where ticket_id = {ticket}")
    }

    @Test(
        "a system error is escalated as soon as somebody has it, once, and its owner hears by which rule",
        arguments: [true, false])
    func systemError(isAccepted: Bool) async throws {
        var lines = try await Lines()
        try await lines.add("ticket", kind: "system_error", to: "{stranger}")
        if isAccepted { try await lines.run("accept_ticket({ticket}, {stranger})") }
        let event = lines.scene("escalated|{ticket}|{stranger}|system_error")
        #expect(try await lines.attend(after("0"), "ticket", "second") == [event])
        #expect(try await lines.attend(after("0"), "ticket", "second") == [])
        try await lines.name("escalation_id from secondline.ticket where ticket_id = {ticket}")
        #expect(
            try await lines.lines(
                "select state, kind, severity, rule, summary from secondline.escalation where escalation_id = {escalation}"
            )
                == ["submitted|system_error|normal|system_error|title"])
        #expect(
            try await lines.lines(
                "select state, weight_minutes, accepted_at = offered_at from secondline.assignment where ticket_id = {ticket}"
            )
                == ["accepted|15|\(isAccepted ? "f" : "t")"])
        #expect(
            try await lines.lines(
                "select data ->> 'rule' from secondline.message where person_id = {stranger} and kind = 'escalation.opened'"
            )
                == ["system_error"])
        // confirmed, it is not escalated again
        try await lines.give("work", to: "{developer}")
        try await lines.run(
            "finish_escalation({escalation}, {developer}, 'fixed', 'x')", "confirm_fix({ticket}, {stranger})")
        #expect(try await lines.attend(after("0"), "ticket") == [])
        try await lines.expectOrder()
    }

    @Test(
        "the queue's rules decide: not while nobody has it, not when switched off, not where no developers are named",
        arguments: ["unassigned", "off", "no developers", "by hand before"])
    func notBySystemError(case name: String) async throws {
        var lines = try await Lines()
        try await lines.add("ticket", kind: "system_error", to: "{stranger}")
        switch name {
        case "unassigned": try await lines.run("decline_ticket({ticket}, {stranger}, 'no')")
        case "off": try await lines.run("set_escalation({queue}, {developers}, false)")
        case "no developers": try await lines.run("add_queue('more {team}', 3)", "set_escalation({queue})")
        default:
            try await lines.run("escalate_ticket({ticket}, {stranger}, 'bug', 'low', 'x')")
            try await lines.name("escalation_id from secondline.ticket where ticket_id = {ticket}")
            try await lines.run("cancel_ticket({work}, {stranger}, 'x')")
        }
        #expect(try await lines.attend(after("0"), "ticket") == [])
        #expect(try await lines.due("ticket") == nil)
    }

    @Test("a queue without rules escalates system errors where there is one queue of developers, and proposes nothing")
    func noRules() async throws {
        var lines = try await Lines()
        try await lines.add("broken", kind: "system_error", to: "{stranger}")
        try await reopen(lines, times: 3)
        // the other tests' queues are out of the way
        try await db.script(
            lines.scene(
                """
                delete from secondline.escalation_rule where queue = {queue};
                update secondline.queue set line = 2 where line = 3 and name <> {developers};
                """))
        #expect(
            try await lines.attend("clock_timestamp()", "ticket", "broken")
                == [lines.scene("escalated|{broken}|{stranger}|system_error")])
    }

    @Test("reopened twice it is proposed to its owner; silence for 60 business minutes escalates it")
    func reopened() async throws {
        var lines = try await Lines()
        try await reopen(lines, times: 1)
        #expect(try await lines.attend(after("0"), "ticket") == [])
        try await reopen(lines, times: 1)
        let event = lines.scene("escalation_proposed|{ticket}|{owner}|reopened")
        #expect(try await lines.attend(after("0"), "ticket") == [event])
        #expect(try await lines.status("ticket") == lines.scene("accepted|{owner}|t"))
        #expect(try await lines.told("{owner}") == ["escalation.proposed"])
        try await lines.name("escalation_id from secondline.ticket where ticket_id = {ticket}")
        let deadline = lines.scene("(select answer_by from secondline.escalation where escalation_id = {escalation})")
        #expect(
            try await lines.lines(
                "select \(deadline) - opened_at from secondline.escalation where escalation_id = {escalation}")
                == ["01:00:00"])
        #expect(try await lines.due("ticket") == db.value("select \(deadline)"))
        #expect(try await lines.attend("\(deadline) - interval '1 microsecond'", "ticket") == [])
        #expect(try await lines.attend(deadline, "ticket") == [lines.scene("escalated|{ticket}|{owner}|reopened")])
        #expect(try await lines.attend(deadline, "ticket") == [])
        #expect(try await lines.state() == "submitted|0")
        #expect(try await lines.status("ticket") == lines.scene("with_developer|{owner}|t"))
        try await lines.expectOrder()
    }

    @Test("business time: an hour that begins before the weekend ends after it")
    func weekend() async throws {
        var lines = try await Lines()
        try await db.script(
            lines.scene(
                """
                select secondline.set_working_hours(p, d, '09:00', '17:00')
                  from unnest(array[{owner}, {developer}]::bigint[]) p, generate_series(1, 5) d;
                """))
        try await reopen(lines, times: 2)
        let friday = try await db.value(
            "select (date_trunc('week', clock_timestamp() at time zone 'Europe/Berlin') + interval '11 days 16:30') at time zone 'Europe/Berlin'"
        )!
        #expect(
            try await lines.attend("'\(friday)'", "ticket") == [
                lines.scene("escalation_proposed|{ticket}|{owner}|reopened")
            ])
        #expect(
            try await lines.lines(
                "select answer_by at time zone 'Europe/Berlin' - timestamptz '\(friday)' at time zone 'Europe/Berlin' from secondline.escalation where ticket_id = {ticket}"
            )
                == ["2 days 17:00:00"])
        try await lines.name("escalation_id from secondline.ticket where ticket_id = {ticket}")
    }

    @Test("an owner may refuse, with a reason; then this rule is silent for good")
    func refused() async throws {
        var lines = try await Lines()
        try await propose(&lines)
        for refusal in [
            Refused("SL005", "refuse_escalation({escalation}, {colleague}, 'no')"),
            Refused("22023", "refuse_escalation({escalation}, {owner}, ' ')"),
            Refused("SL006", "acknowledge_escalation({escalation}, {developer})"),
            Refused("SL006", "finish_escalation({escalation}, {developer}, 'fixed', 'x')"),
            Refused("SL006", "link_ticket({second}, {escalation}, {colleague})"),
        ] {
            try await refusal.check(lines.scene)
        }
        try await lines.run("refuse_escalation({escalation}, {owner}, 'the client errs')")
        #expect(try await lines.state() == "refused|0")
        #expect(try await lines.status("ticket") == lines.scene("accepted|{owner}|f"))
        #expect(
            try await lines.lines(
                "select event, person_id, note from secondline.journal where ticket_id = {ticket} order by journal_id desc limit 1"
            )
                == [lines.scene("escalation_refused|{owner}|reopened: the client errs")])
        try await reopen(lines, times: 2)
        #expect(try await lines.attend(after("2 days"), "ticket") == [])
        try await lines.expectOrder()
    }

    @Test("a proposal gives way to the owner's own escalation, and ends with the ticket; then it may come again")
    func gaveWay() async throws {
        var lines = try await Lines()
        try await propose(&lines)
        try await lines.run("resolve_ticket({ticket}, {owner}, 'done')")
        #expect(try await lines.state() == "withdrawn|0")
        try await lines.run("reopen_ticket({ticket}, {manager}, 'no')")
        #expect(
            try await lines.attend(after("0"), "ticket") == [
                lines.scene("escalation_proposed|{ticket}|{owner}|reopened")
            ])
        try await lines.name("escalation_id from secondline.ticket where ticket_id = {ticket}")
        let proposal = lines
        try await lines.escalate()
        #expect(try await proposal.state() == "withdrawn|0")
        #expect(try await lines.state() == "submitted|0")
        try await lines.expectOrder()
    }

    @Test("a proposal whose queue has lost its developers waits, and stops nobody else's")
    func lostDevelopers() async throws {
        var lines = try await Lines()
        try await propose(&lines)
        try await lines.run("add_queue('more {team}', 3)", "set_escalation({queue})")
        #expect(try await lines.attend(after("2 hours"), "ticket", "second") == [])
        try await lines.run("set_escalation({queue}, {developers})")
        #expect(
            try await lines.attend(after("2 hours"), "ticket")
                == [lines.scene("escalated|{ticket}|{owner}|reopened")])
    }

    @Test("whoever has the ticket when the time is over is asked anew, if it was not them")
    func askedAnew() async throws {
        var lines = try await Lines()
        try await propose(&lines)
        try await lines.run("reassign_ticket({ticket}, {stranger}, {owner}, 'please')")
        #expect(
            try await lines.attend(after("2 hours"), "ticket") == [
                lines.scene("escalation_proposed|{ticket}|{stranger}|reopened")
            ])
        #expect(try await lines.attend(after("2 hours"), "ticket") == [])
        #expect(
            try await lines.attend(after("4 hours"), "ticket") == [
                lines.scene("escalated|{ticket}|{stranger}|reopened")
            ])
        try await lines.expectOrder()
    }

    @Test("far beyond the usual time it is proposed, where there are enough tickets to tell what is usual")
    func slow() async throws {
        let lines = try await Lines()
        try await lines.run("set_escalation({queue}, {developers}, reopened => null, slow_factor => 3)")
        #expect(try await lines.attend(after("0"), "ticket") == [])
        let looksAgain = try await db.value(
            lines.scene("select usual_at + interval '1 day' from secondline.escalation_rule where queue = {queue}"))
        #expect(try await lines.due("ticket") == looksAgain)
        // half of them took one hour, half three
        try await db.script(
            lines.scene(
                """
                insert into secondline.ticket (queue, title, status, submitted_at, ended_at)
                select {queue}, 'old', 'resolved', now() - interval '5 hours', now() - interval '4 hours' + n % 2 * interval '2 hours'
                  from generate_series(1, 20) n
                """))
        #expect(
            try await lines.attend(after("1 day 1 second"), "ticket") == [
                lines.scene("escalation_proposed|{ticket}|{owner}|slow")
            ])
        #expect(
            try await lines.lines("select usual from secondline.escalation_rule where queue = {queue}") == ["02:00:00"])
        #expect(
            try await db.value(
                lines.scene(
                    "select due_at - submitted_at from secondline_rules.escalation_plan('{{second}}') p join secondline.ticket t on t.ticket_id = p.ticket_id"
                ))
                == "06:00:00")
        // whose journals tell nothing
        try await db.script(
            """
            delete from secondline.journal where ticket_id in (select ticket_id from secondline.ticket where title = 'old');
            delete from secondline.ticket where title = 'old';
            """)
        try await lines.expectOrder()
    }

    @Test("the owner is reminded once a business day without news")
    func control() async throws {
        var lines = try await Lines()
        try await lines.escalate(acknowledged: true)
        let since = lines.scene("(select news_at from secondline.escalation where escalation_id = {escalation})")
        let event = lines.scene("escalation_control|{ticket}|{owner}|")
        let day = "\(since) + interval '1 day'"
        #expect(try await lines.due("ticket") == db.value("select \(day)"))
        #expect(try await lines.attend("\(day) - interval '1 microsecond'", "ticket") == [])
        #expect(try await lines.attend(day, "ticket") == [event])
        #expect(try await lines.attend("\(day) + interval '23 hours'", "ticket") == [])
        #expect(try await lines.attend("\(day) + interval '1 day'", "ticket") == [event])
        #expect(try await lines.told("{owner}") == ["escalation.control", "escalation.control"])
        // news puts it off
        try await db.script(
            lines.scene(
                "select secondline_rules.note_progress(\(since) + interval '60 hours', {escalation}, {developer}, 'nearly')"
            ))
        #expect(try await lines.attend("\(since) + interval '23 hours 59 minutes'", "ticket") == [])
        #expect(try await lines.attend("\(since) + interval '1 day'", "ticket") == [event])
        try await db.script(
            lines.scene(
                "select secondline_rules.finish(\(since) + interval '1 minute', {escalation}, {developer}, 'fixed', 'x')"
            ))
        #expect(try await lines.attend("\(since) + interval '9 days'", "ticket") == [])
        try await lines.expectOrder()
    }
}
