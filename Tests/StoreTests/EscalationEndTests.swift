import Postgres
import TestSupport
import Testing

/// How an escalation ends, comes back, is withdrawn, and what it is to people who leave.
@Suite(.serialized, .ownDatabase) struct EscalationEndTests {
    /// Acknowledged by `{developer}`; `{ticket}` of `{owner}` and `{second}` of `{colleague}` wait for it.
    private func linked() async throws -> Lines {
        var lines = try await Lines()
        try await lines.escalate(acknowledged: true)
        try await lines.run("link_ticket({second}, {escalation}, {colleague})")
        return lines
    }

    @Test("its end reaches all owners and clients, and it is confirmed with the last of them")
    func finished() async throws {
        let lines = try await linked()
        #expect(try await lines.load("{colleague}") == "15")
        try await lines.run("finish_escalation({escalation}, {developer}, 'cannot_reproduce', 'not here')")
        #expect(try await lines.state() == lines.scene("finished|{developer}"))
        #expect(try await lines.status("work") == lines.scene("resolved|{developer}|f"))
        for (ticket, owner) in [("ticket", "{owner}"), ("second", "{colleague}")] {
            #expect(try await lines.status(ticket) == lines.scene("to_verify|\(owner)|t"))
            #expect(try await lines.load(owner) == "75")
            #expect(try await lines.told(owner) == ["escalation.finished"])
            #expect(
                try await lines.lines(
                    "select channel, address, client_id from secondline.message left join secondline.contact using (channel, client_id) where kind = 'client.progress' and ticket_id = {\(ticket)}"
                ) == [lines.scene("mail|it@northwind.example|{client}")])
        }
        #expect(try await lines.load("{developer}") == "0")
        try await lines.run("confirm_fix({second}, {colleague})")
        #expect(try await lines.state() == lines.scene("finished|{developer}"))
        try await lines.run("confirm_fix({ticket}, {owner})", "resolve_ticket({ticket}, {owner}, 'done')")
        #expect(try await lines.state() == lines.scene("confirmed|{developer}"))
        #expect(
            try await lines.lines("select outcome, note from secondline.escalation where escalation_id = {escalation}")
                == ["cannot_reproduce|not here"])
        try await lines.expectOrder()
    }

    @Test("sent back, it is the same developer's again, beyond their room; the other owner's ticket stays to verify")
    func sentBack() async throws {
        let lines = try await linked()
        try await lines.run(
            "finish_escalation({escalation}, {developer}, 'fixed', 'patched')", "set_capacity({developer}, 30)",
            "send_back({escalation}, {owner}, 'it still breaks')")
        #expect(try await lines.state() == lines.scene("acknowledged|{developer}"))
        #expect(try await lines.status("ticket") == lines.scene("with_developer|{owner}|t"))
        #expect(try await lines.status("second") == lines.scene("to_verify|{colleague}|t"))
        #expect(try await [lines.load("{owner}"), lines.load("{developer}")] == ["15", "60"])
        #expect(try await lines.told("{developer}") == ["escalation.sent_back"])
        try await lines.expectOrder()
        try await lines.run("send_back({escalation}, {colleague}, 'here too')")
        #expect(try await lines.status("second") == lines.scene("with_developer|{colleague}|t"))
        #expect(try await lines.state() == lines.scene("acknowledged|{developer}"))
        try await lines.run("finish_escalation({escalation}, {developer}, 'fixed', 'really')")
        #expect(
            try await lines.lines("select outcome, note from secondline.escalation where escalation_id = {escalation}")
                == ["fixed|really"])
        try await lines.expectOrder()
    }

    @Test("whoever has left gets nothing back: it goes to the next developer")
    func sentBackToNobody() async throws {
        let lines = try await linked()
        try await lines.run(
            "finish_escalation({escalation}, {developer}, 'fixed', 'patched')", "deactivate_person({developer})",
            "send_back({escalation}, {owner}, 'it still breaks')")
        #expect(try await lines.state() == "submitted|0")
        #expect(try await lines.status("work") == "new|0|f")
        try await lines.give("work", to: "{next}")
        try await lines.run("acknowledge_escalation({escalation}, {next})")
        #expect(try await lines.state() == lines.scene("acknowledged|{next}"))
        try await lines.expectOrder()
    }

    @Test("a developer who leaves in the middle gives it to the next one; a head may pass it on by hand")
    func developerLeaves() async throws {
        let lines = try await linked()
        try await lines.run("ask_owner({escalation}, {developer}, 'since when?')", "deactivate_person({developer})")
        #expect(try await lines.state() == "submitted|0")
        try await lines.run("reassign_ticket({work}, {next}, {head}, 'knows it')")
        #expect(try await lines.state() == lines.scene("submitted|{next}"))
        #expect(try await lines.status("ticket") == lines.scene("with_developer|{owner}|t"))
        try await lines.expectOrder()
    }

    @Test("cancelling the developer's ticket gives owners their tickets back, in any state")
    func withdrawn() async throws {
        let lines = try await linked()
        try await lines.run(
            "finish_escalation({escalation}, {developer}, 'fixed', 'patched')",
            "send_back({escalation}, {owner}, 'no')",
            "cancel_ticket({work}, {owner}, 'we found a way')")
        #expect(try await lines.state() == lines.scene("withdrawn|{developer}"))
        #expect(try await lines.status("ticket") == lines.scene("accepted|{owner}|f"))
        #expect(try await lines.status("second") == lines.scene("accepted|{colleague}|f"))
        #expect(
            try await [lines.load("{owner}"), lines.load("{colleague}"), lines.load("{developer}")] == [
                "75", "75", "0",
            ])
        #expect(try await lines.told("{colleague}").last == "escalation.withdrawn")
        try await lines.expectOrder()
    }

    @Test("when nobody waits for it any more the developer hears of it, and its end needs nobody")
    func unwanted() async throws {
        let lines = try await linked()
        try await lines.run("cancel_ticket({ticket}, {manager}, 'never mind')")
        #expect(try await lines.told("{developer}") == [])
        try await lines.run("cancel_ticket({second}, {manager}, 'never mind')")
        #expect(try await lines.told("{developer}") == ["escalation.unwanted"])
        #expect(try await lines.state() == lines.scene("acknowledged|{developer}"))
        try await lines.run("finish_escalation({escalation}, {developer}, 'fixed', 'anyway')")
        #expect(try await lines.state() == lines.scene("confirmed|{developer}"))
        try await lines.expectOrder()
    }

    @Test("who gets it when nobody waits for it any more hears so at once")
    func unwantedBeforeChosen() async throws {
        var lines = try await Lines()
        try await lines.escalate()
        try await lines.run("cancel_ticket({ticket}, {manager}, 'never mind')")
        #expect(try await lines.state().hasPrefix("submitted|"))
        try await lines.give("work", to: "{developer}")
        #expect(try await lines.told("{developer}") == ["escalation.unwanted"])
        try await lines.run("decline_escalation({escalation}, {developer}, 'not mine')")
        try await lines.give("work", to: "{next}")
        #expect(try await lines.told("{next}") == ["escalation.unwanted"])
        try await lines.expectOrder()
    }

    @Test("the last ticket that ends while it is to verify ends the escalation")
    func cancelledWhileVerified() async throws {
        let lines = try await linked()
        try await lines.run(
            "finish_escalation({escalation}, {developer}, 'fixed', 'x')", "confirm_fix({ticket}, {owner})",
            "cancel_ticket({second}, {manager}, 'never mind')")
        #expect(try await lines.state() == lines.scene("confirmed|{developer}"))
        try await lines.expectOrder()
    }

    @Test(
        "an owner who leaves: the developers go on, and whoever gets the ticket waits for them, or verifies",
        arguments: [false, true])
    func ownerLeaves(isFinished: Bool) async throws {
        let lines = try await linked()
        try await lines.run("deactivate_person({owner})")
        #expect(try await lines.status("ticket") == "new|0|t")
        #expect(try await lines.state() == lines.scene("acknowledged|{developer}"))
        #expect(try await lines.attend("clock_timestamp()", "ticket") == [])
        if isFinished {
            try await lines.run(
                "finish_escalation({escalation}, {developer}, 'fixed', 'x')", "confirm_fix({second}, {colleague})")
        }
        try await lines.give("ticket", to: "{stranger}")
        try await lines.expectOrder()
        let event = lines.scene("escalation_rejoined|{ticket}|{stranger}|")
        #expect(try await lines.attend("clock_timestamp()", "ticket") == [event])
        #expect(try await lines.attend("clock_timestamp()", "ticket") == [])
        #expect(
            try await lines.status("ticket")
                == lines.scene("\(isFinished ? "to_verify" : "with_developer")|{stranger}|t"))
        #expect(try await lines.load("{stranger}") == (isFinished ? "75" : "15"))
        #expect(try await lines.told("{stranger}") == [isFinished ? "escalation.finished" : "escalation.opened"])
        #expect(
            try await lines.lines(
                "select state, accepted_at = offered_at from secondline.assignment where ticket_id = {ticket} and ended_at is null"
            )
                == ["accepted|t"])
        try await lines.expectOrder()
        if isFinished {
            try await lines.run("confirm_fix({ticket}, {stranger})")
            #expect(try await lines.state() == lines.scene("confirmed|{developer}"))
        }
        try await lines.expectOrder()
    }

    @Test("whoever gets an escalated ticket and is faster than the daemon may end it, but not escalate it again")
    func faster() async throws {
        let lines = try await linked()
        try await lines.run("deactivate_person({owner})")
        try await lines.give("ticket", to: "{stranger}")
        for call in [
            "escalate_ticket({ticket}, {stranger}, 'bug', 'low', 'x')",
            "link_ticket({ticket}, {escalation}, {stranger})",
        ] {
            try await Refused("SL006", call).check(lines.scene)
        }
        try await lines.run("resolve_ticket({ticket}, {stranger}, 'it was a typo')")
        #expect(try await lines.status("ticket") == lines.scene("resolved|{stranger}|f"))
        try await lines.run(
            "finish_escalation({escalation}, {developer}, 'fixed', 'x')", "confirm_fix({second}, {colleague})")
        #expect(try await lines.state() == lines.scene("confirmed|{developer}"))
        try await lines.expectOrder()
    }
}
