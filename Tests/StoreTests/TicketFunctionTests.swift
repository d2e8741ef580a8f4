import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct TicketFunctionTests {
    @Test("a head steers what waits in a queue of the team that nobody works on; a head of another team does not")
    func deserted() async throws {
        try await db.script(
            """
            select secondline.add_team('Ours', 'UTC'), secondline.add_team('Others', 'UTC');
            select secondline.add_queue('deserted');
            update secondline.queue set team_id = (select team_id from secondline.team where name = 'Ours') where name = 'deserted';
            select secondline.add_person(team_id, 'head', name) from secondline.team where name in ('Ours', 'Others');
            select secondline.submit_ticket('deserted', 'Nobody comes', '')
            """)
        let act = { (name: String) in
            """
            select secondline.cancel_ticket(max(t.ticket_id), min(p.person_id), 'nobody comes')
              from secondline.ticket t, secondline.person p where t.queue = 'deserted' and p.full_name = '\(name)'
            """
        }
        #expect(await db.refusal(act("Others"))?.sqlState == "SL005")
        try await db.script(act("Ours"))
        #expect(try await db.lines("select status from secondline.ticket where queue = 'deserted'") == ["cancelled"])
        // and decides what is suggested there
        try await db.script(
            "select secondline.submit_ticket('deserted', 'A button for all', '', kind => 'suggestion')")
        let decide = { (name: String) in
            act(name).replacing("cancel_ticket", with: "decline_suggestion")
        }
        #expect(await db.refusal(decide("Others"))?.sqlState == "SL005")
        try await db.script(decide("Ours"))
    }

    struct Allowed: Sendable, CustomTestStringConvertible {
        let call: String
        let ticket: String
        /// status, assignee
        let leaves: String
        /// states of its assignments in order
        let assignments: String
        /// event, person, from, to, note
        let journal: String

        var testDescription: String { call }

        static let all = [
            Allowed(
                call: "accept_ticket({assigned}, {owner})", ticket: "{assigned}", leaves: "accepted|{owner}",
                assignments: "accepted", journal: "accepted|{owner}|assigned|accepted|-"),
            Allowed(
                call: "decline_ticket({assigned}, {owner}, 'no time')", ticket: "{assigned}", leaves: "new|-",
                assignments: "declined", journal: "declined|{owner}|assigned|new|no time"),
            Allowed(
                call: "resolve_ticket({assigned}, {owner}, 'done')", ticket: "{assigned}", leaves: "resolved|{owner}",
                assignments: "resolved", journal: "resolved|{owner}|assigned|resolved|-"),
            Allowed(
                call: "resolve_ticket({accepted}, {owner}, 'done')", ticket: "{accepted}", leaves: "resolved|{owner}",
                assignments: "resolved", journal: "resolved|{owner}|accepted|resolved|-"),
            Allowed(
                call: "reassign_ticket({assigned}, {colleague}, {owner}, 'knows it')", ticket: "{assigned}",
                leaves: "assigned|{colleague}", assignments: "handed_over,offered",
                journal: "reassigned|{owner}|assigned|assigned|knows it"),
            Allowed(
                call: "reassign_ticket({accepted}, {colleague}, {head}, 'knows it')", ticket: "{accepted}",
                leaves: "assigned|{colleague}", assignments: "handed_over,offered",
                journal: "reassigned|{head}|accepted|assigned|knows it"),
            Allowed(
                call: "reassign_ticket({new}, {colleague}, {head}, 'now')", ticket: "{new}",
                leaves: "assigned|{colleague}", assignments: "offered", journal: "reassigned|{head}|new|assigned|now"),
            Allowed(
                call: "reassign_ticket({accepted}, {full}, {head}, 'must be')", ticket: "{accepted}",
                leaves: "assigned|{full}", assignments: "handed_over,offered",
                journal: "reassigned|{head}|accepted|assigned|must be"),
            Allowed(
                call: "set_priority({new}, 'urgent', {manager})", ticket: "{new}", leaves: "new|-", assignments: "",
                journal: "priority_set|{manager}|-|-|urgent"),
            Allowed(
                call: "set_priority({accepted}, 'high'::varchar, {owner})", ticket: "{accepted}",
                leaves: "accepted|{owner}", assignments: "accepted", journal: "priority_set|{owner}|-|-|high"),
            Allowed(
                call: "move_ticket({accepted}, {other_queue}, {owner}, 'theirs')", ticket: "{accepted}",
                leaves: "new|-",
                assignments: "handed_over", journal: "moved|{owner}|accepted|new|theirs"),
            Allowed(
                call: "move_ticket({new}, {other_queue}, {head}, 'theirs')", ticket: "{new}", leaves: "new|-",
                assignments: "", journal: "moved|{head}|new|new|theirs"),
            Allowed(
                call: "cancel_ticket({new}, {manager}, 'a mistake')", ticket: "{new}", leaves: "cancelled|-",
                assignments: "", journal: "cancelled|{manager}|new|cancelled|a mistake"),
            Allowed(
                call: "cancel_ticket({accepted}, {head}, 'a mistake')", ticket: "{accepted}",
                leaves: "cancelled|{owner}", assignments: "cancelled",
                journal: "cancelled|{head}|accepted|cancelled|a mistake"),
            Allowed(
                call: "add_note({resolved}, {stranger}, 'thanks')", ticket: "{resolved}", leaves: "resolved|{owner}",
                assignments: "resolved", journal: "note|{stranger}|-|-|thanks"),
            Allowed(
                call: "deactivate_person({owner})", ticket: "{accepted}", leaves: "new|-", assignments: "rehomed",
                journal: "rehomed|{owner}|accepted|new|left the company"),
        ]
    }

    @Test("an allowed call changes the ticket, its assignment and the journal together", arguments: Allowed.all)
    func allowed(_ one: Allowed) async throws {
        let scene = try await Scene(in: db)
        try await db.script(scene("select secondline.\(one.call)"))
        let ticket = scene(one.ticket)
        #expect(
            try await db.lines("select status, assignee_id from secondline.ticket where ticket_id = \(ticket)")
                == [scene(one.leaves)])
        #expect(
            try await db.value(
                "select string_agg(state::text, ',' order by assignment_id) from secondline.assignment where ticket_id = \(ticket)"
            ) ?? "" == one.assignments)
        let entry = try await db.lines(
            """
            select event, person_id, from_status, to_status, regexp_replace(note, '^.* → .*: ', '') from secondline.journal
             where ticket_id = \(ticket) order by journal_id desc limit 1
            """)
        #expect(entry == [scene(one.journal)])
        // the ticket and its journal tell the same time
        #expect(
            try await db.value(
                """
                select t.changed_at = (select max(at) from secondline.journal j where j.ticket_id = t.ticket_id)
                  from secondline.ticket t where t.ticket_id = \(ticket)
                """) == "t")
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
    }

    static let refusals: [Refused] = [
        Refused("P0002", "accept_ticket(-1, {owner})"),
        Refused("P0002", "accept_ticket(null, {owner})"),
        Refused("P0002", "accept_ticket({assigned}, -1)"),
        Refused("P0002", "accept_ticket({assigned}, null)"),
        Refused("SL005", "accept_ticket({assigned}, {colleague})"),
        Refused("SL005", "accept_ticket({new}, {owner})"),
        Refused("SL006", "accept_ticket({accepted}, {owner})"),
        Refused("SL006", "accept_ticket({resolved}, {owner})"),
        Refused("SL005", "decline_ticket({assigned}, {head}, 'no')"),
        Refused("SL006", "decline_ticket({accepted}, {owner}, 'no')"),
        Refused("22023", "decline_ticket({assigned}, {owner}, E' \\n')"),
        Refused("22023", "decline_ticket({assigned}, {owner}, null)"),
        Refused("P0002", "decline_ticket(-1, {owner}, 'no')"),
        Refused("SL005", "resolve_ticket({assigned}, {colleague}, 'done')"),
        Refused("SL005", "resolve_ticket({new}, {manager}, 'done')"),
        Refused("SL006", "resolve_ticket({resolved}, {owner}, 'done')"),
        Refused("22023", "resolve_ticket({accepted}, {owner}, '')"),
        Refused(
            "22023", "resolve_ticket({accepted}, {owner}, repeat('x', 262145))"),
        Refused("P0002", "reassign_ticket({accepted}, -1, {owner}, 'no')"),
        Refused("P0002", "reassign_ticket({accepted}, null, {owner}, 'no')"),
        Refused("SL005", "reassign_ticket({accepted}, {colleague}, {manager}, 'no')"),
        Refused("SL005", "reassign_ticket({accepted}, {colleague}, {other_head}, 'no')"),
        Refused("SL005", "reassign_ticket({new}, {colleague}, {colleague}, 'mine')"),
        Refused("SL006", "reassign_ticket({resolved}, {colleague}, {owner}, 'no')"),
        Refused("SL006", "reassign_ticket({cancelled}, {colleague}, {head}, 'no')"),
        Refused("SL006", "reassign_ticket({accepted}, {owner}, {head}, 'no')"),
        Refused("SL006", "reassign_ticket({accepted}, {gone}, {head}, 'no')"),
        Refused("SL004", "reassign_ticket({accepted}, {full}, {owner}, 'no')"),
        Refused("22023", "reassign_ticket({accepted}, {colleague}, {owner}, ' ')"),
        Refused("SL005", "set_priority({new}, 'high', {colleague})"),
        Refused("SL006", "set_priority({resolved}, 'high', {manager})"),
        Refused("SL006", "set_priority({cancelled}, 'high', {manager})"),
        Refused("22023", "set_priority({new}, null, {manager})"),
        Refused("22P02", "set_priority({new}, 'highest', {manager})", hint: false),
        Refused("P0002", "move_ticket({new}, 'nowhere', {manager}, 'no')"),
        Refused("P0002", "move_ticket({new}, null, {manager}, 'no')"),
        Refused("SL006", "move_ticket({new}, {queue}, {manager}, 'no')"),
        Refused("SL006", "move_ticket({resolved}, {other_queue}, {manager}, 'no')"),
        Refused("SL005", "move_ticket({new}, {other_queue}, {stranger}, 'no')"),
        Refused("22023", "move_ticket({new}, {other_queue}, {manager}, null)"),
        Refused("SL005", "cancel_ticket({accepted}, {colleague}, 'no')"),
        Refused("SL005", "cancel_ticket({accepted}, {other_head}, 'no')"),
        Refused("SL006", "cancel_ticket({resolved}, {owner}, 'no')"),
        Refused("SL006", "cancel_ticket({cancelled}, {manager}, 'no')"),
        Refused("22023", "cancel_ticket({new}, {manager}, '')"),
        Refused("P0002", "add_note(-1, {manager}, 'hello')"),
        Refused("P0002", "add_note({new}, -1, 'hello')"),
        Refused("22023", "add_note({new}, {manager}, E'\\t')"),
        Refused("22023", "add_note({new}, {manager}, repeat('x', 262145))"),
    ]

    @Test("a refused call says why and what to do, and changes nothing", arguments: refusals)
    func refused(_ one: Refused) async throws {
        try await one.check(Scene(in: db))
    }

    @Test("a ticket that was declined goes back with its age, and remembers by whom")
    func declined() async throws {
        let scene = try await Scene(in: db)
        let age = scene("select eligible_at from secondline.ticket where ticket_id = {assigned}")
        let before = try await db.value(age)
        try await db.script(scene("select secondline.decline_ticket({assigned}, {owner}, 'no time')"))
        #expect(try await db.value(age) == before)
        #expect(
            try await db.value(scene("select declined_by from secondline.ticket where ticket_id = {assigned}"))
                == scene("{{owner}}"))
    }

    @Test("who took a ticket up, or resolved it, is whom the client knows")
    func known() async throws {
        let scene = try await Scene(in: db)
        let known = scene("select last_person_id from secondline.client where client_id = {client}")
        try await db.script(
            scene("select secondline.reassign_ticket({accepted}, {colleague}, {owner}, 'please')"))
        #expect(try await db.value(known) == scene("{owner}"))
        try await db.script(scene("select secondline.accept_ticket({accepted}, {colleague})"))
        #expect(try await db.value(known) == scene("{colleague}"))
        try await db.script(scene("select secondline.resolve_ticket({assigned}, {owner}, 'done')"))
        #expect(try await db.value(known) == scene("{owner}"))
    }

    @Test(
        "a choice by hand is in the ledger with who chose and why",
        arguments: [("{colleague}", "{owner}", "chosen_by_hand", "f"), ("{full}", "{head}", "overruled_by_head", "t")])
    func ledger(to: String, by: String, reason: String, overruled: String) async throws {
        let scene = try await Scene(in: db)
        try await db.script(scene("select secondline.reassign_ticket({accepted}, \(to), \(by), 'because')"))
        #expect(
            try await db.lines(
                scene(
                    """
                    select kind, person_id, by_person_id, reason, note from secondline.decision
                     where ticket_id = {accepted} order by decision_id desc limit 1
                    """)) == [scene("reassigned|\(to)|\(by)|\(reason)|because")])
        #expect(
            try await db.lines(
                scene(
                    "select by_hand, overruled from secondline.assignment where ticket_id = {accepted} and ended_at is null"
                )) == ["t|\(overruled)"])
    }

    @Test("a moved ticket takes the skill and effort of its new queue, unless it had its own")
    func moved() async throws {
        let scene = try await Scene(in: db)
        let suffix = scene("{team}")
        try await db.script("select secondline.add_queue('deep \(suffix)', 3, 300, 'depth')")
        let plain = try await db.id(scene("secondline.submit_ticket({queue}, 'plain', '', author => {manager})"))
        let own = try await db.id(
            scene("secondline.submit_ticket({queue}, 'own', '', author => {manager}, effort_minutes => 20)"))
        for ticket in [plain, own] {
            try await db.script(scene("select secondline.move_ticket(\(ticket), 'deep \(suffix)', {manager}, 'deep')"))
        }
        #expect(
            try await db.lines(
                "select skill, effort_minutes from secondline.ticket where ticket_id in (\(plain), \(own)) order by ticket_id"
            )
                == ["depth|300", "depth|20"])
    }

    @Test("what is said about a ticket after a change of hands is refused to the one who had it")
    func lateAcceptance() async throws {
        let scene = try await Scene(in: db)
        try await db.script(scene("select secondline.reassign_ticket({assigned}, {colleague}, {owner}, 'please')"))
        await db.expectRefusal("SL005", scene("select secondline.accept_ticket({assigned}, {owner})"))
    }
}
