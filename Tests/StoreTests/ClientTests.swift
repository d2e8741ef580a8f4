import Postgres
import TestSupport
import Testing

/// A ticket and its client: replies, questions, answers, taking up again; and from line to line.
@Suite(.serialized, .ownDatabase) struct ClientTests {
    private func load(_ scene: Scene, of person: String = "{owner}") async throws -> Int {
        Int(try await db.value(scene("select load_minutes from secondline.person where person_id = \(person)"))!)!
    }

    private func state(_ scene: Scene, _ ticket: String) async throws -> String {
        try await db.lines(scene("select status, assignee_id from secondline.ticket where ticket_id = \(ticket)"))
            .joined()
    }

    private func run(_ scene: Scene, _ calls: String...) async throws {
        for call in calls { try await db.script(scene("select secondline.\(call)")) }
    }

    private func expectOrder() async throws {
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
        #expect(try await db.lines(LedgerCheck.unknownSteps) == [])
    }

    @Test("while it waits for its client a ticket weighs a reply, and afterwards its effort, also beyond the room")
    func loads() async throws {
        let scene = try await Scene(in: db)
        // two of 75 minutes
        #expect(try await load(scene) == 150)
        try await run(scene, "wait_for_client({accepted}, {owner}, 'which version?')")
        #expect(try await load(scene) == 90)
        try await run(scene, "set_capacity({owner}, 90)", "client_replied({accepted}, 'the last')")
        #expect(try await load(scene) == 150)
        #expect(try await state(scene, "{accepted}") == scene("accepted|{owner}"))
        try await expectOrder()
        // the room is no larger for that
        let new = Int64(scene("{new}"))!
        #expect(try await db.assign([(new, Int64(scene("{owner}"))!)]) == [])
        try await run(scene, "resolve_ticket({accepted}, {owner}, 'done')")
        #expect(try await load(scene) == 75)
        try await run(scene, "reopen_ticket({accepted}, {manager}, 'it is back')")
        #expect(try await load(scene) == 150)
        #expect(try await state(scene, "{accepted}") == scene("accepted|{owner}"))
        try await expectOrder()
    }

    @Test("a ticket of less than fifteen minutes weighs no more while it waits")
    func small() async throws {
        let here = try await Department(in: db, specialists: 1)
        let ticket = try await here.acceptedTicket(in: db, effort: 10)
        let load = "select load_minutes from secondline.person where person_id = \(here.specialists[0])"
        try await db.script("select secondline.wait_for_client(\(ticket), \(here.specialists[0]), 'what?')")
        #expect(try await db.value(load) == "10")
        try await db.script("select secondline.cancel_ticket(\(ticket), \(here.manager), 'no')")
        #expect(try await db.value(load) == "0")
        try await expectLoadsToAddUp()
    }

    @Test(
        "whatever its owner does with an offered ticket accepts the offer",
        arguments: [
            "reply_to_client({assigned}, {owner})", "wait_for_client({assigned}, {owner}, 'what?')",
            "add_note({assigned}, {owner}, 'a note')", "set_priority({assigned}, 'high', {owner})",
            "accept_ticket({assigned}, {owner})",
        ])
    func accepts(call: String) async throws {
        let scene = try await Scene(in: db)
        let offer = scene(
            "select state, accepted_at is not null from secondline.assignment where ticket_id = {assigned} and ended_at is null"
        )
        #expect(try await db.lines(offer) == ["offered|f"])
        try await db.script(scene("update secondline.client set last_person_id = null where client_id = {client}"))
        try await run(scene, call)
        #expect(try await db.lines(offer) == ["accepted|t"])
        #expect(
            try await db.value(scene("select last_person_id from secondline.client where client_id = {client}"))
                == scene("{owner}"))
        #expect(
            try await db.value(
                scene("select count(*) from secondline.task where person_id = {owner} and ticket_id = {assigned}"))
                == "1")
        #expect(
            try await db.value(
                scene("select count(*) from secondline.inbox where kind = 'ticket.offered' and ticket_id = {assigned}"))
                == "0")
        try await expectOrder()
    }

    @Test(
        "what others do does not",
        arguments: [
            "add_note({assigned}, {head}, 'a note')", "set_priority({assigned}, 'high', {manager})",
            "client_replied({assigned}, 'well')",
        ])
    func acceptsNot(call: String) async throws {
        let scene = try await Scene(in: db)
        try await run(scene, call)
        #expect(try await state(scene, "{assigned}") == scene("assigned|{owner}"))
        try await expectOrder()
    }

    @Test("the question goes to the client's contacts, the answer to the owner")
    func messages() async throws {
        let scene = try await Scene(in: db)
        try await run(
            scene, "set_client_contact({client}, 'mail', 'it@northwind.example')",
            "wait_for_client({accepted}, {owner}, 'which version?')",
            "client_replied({accepted}, 'the last', {manager})")
        #expect(
            try await db.lines(
                scene(
                    "select kind, channel, data ->> 'text' from secondline.message where ticket_id = {accepted} and client_id = {client}"
                ))
                == ["client.question|mail|which version?"])
        #expect(
            try await db.lines(
                scene(
                    "select subject, text from secondline.inbox where person_id = {owner} and kind = 'client.replied'"))
                == [scene("The client has answered: title ({accepted})|the last")])
        #expect(
            try await db.lines(
                scene(
                    "select event, person_id, from_status, to_status, note from secondline.journal where ticket_id = {accepted} order by journal_id desc limit 2"
                )) == [
                    scene("client_replied|{manager}|waiting_for_client|accepted|the last"),
                    scene("waiting|{owner}|accepted|waiting_for_client|which version?"),
                ])
    }

    @Test("who had the last word: the client waits from the arrival, or their answer, until somebody replies")
    func lastWord() async throws {
        let scene = try await Scene(in: db)
        let words = scene(
            """
            select client_waits_since = submitted_at, client_waits_since is null, first_replied_at is not null, first_replied_at < replied_at
              from secondline.ticket where ticket_id = {accepted}
            """)
        #expect(try await db.lines(words) == ["t|f|f|-"])
        try await run(scene, "client_replied({accepted})")
        #expect(try await db.lines(words) == ["t|f|f|-"], "they wait as long as before")
        try await run(scene, "reply_to_client({accepted}, {owner}, 'we look into it')")
        #expect(try await db.lines(words) == ["-|t|t|f"])
        try await run(scene, "client_replied({accepted})", "wait_for_client({accepted}, {owner}, 'what?')")
        #expect(try await db.lines(words) == ["-|t|t|t"])
        try await run(scene, "client_replied({accepted})")
        #expect(try await db.lines(words) == ["f|f|t|t"])
    }

    @Test("the client's waiting is counted in the business time of the queue")
    func waited() async throws {
        let here = try await Department(in: db, specialists: 1)
        try await db.script(
            """
            select secondline.set_queue_team('\(here.queue)', \(here.team));
            select secondline.set_working_hours(\(here.head), d, '09:00', '17:00') from generate_series(1, 5) d;
            select secondline_rules.compile_team('2026-06-05 12:00 UTC', \(here.team), '2026-06-05');
            """)
        func at(_ time: String) -> String { "timestamptz '2026-06-\(time) Europe/Berlin'" }
        let ticket = try await here.acceptedTicket(in: db)
        let owner = here.specialists[0]
        let waited = "select waited, waiting_since is null from secondline.ticket where ticket_id = \(ticket)"
        // Friday to Monday
        try await db.script(
            """
            update secondline.ticket set submitted_at = \(at("05 10:00")) where ticket_id = \(ticket);
            select secondline_rules.wait_for_client(\(at("05 16:00")), \(ticket), \(owner), 'what?');
            """)
        #expect(try await db.lines(waited) == ["00:00:00|f"])
        try await db.script("select secondline_rules.client_replied(\(at("08 11:30")), \(ticket), null, 'that')")
        #expect(try await db.lines(waited) == ["03:30:00|t"])
        // from outside business time into it; then solved while it does not wait
        try await db.script(
            """
            select secondline_rules.wait_for_client(\(at("08 20:00")), \(ticket), \(owner), 'what?');
            select secondline_rules.reply(\(at("09 08:00")), \(ticket), \(owner), 'still there?');
            select secondline_rules.client_replied(\(at("09 09:15")), \(ticket), null, 'yes');
            select secondline_rules.resolve(\(at("09 12:00")), \(ticket), \(owner), 'done');
            """)
        #expect(try await db.lines(waited) == ["03:45:00|t"])
        #expect(
            try await db.value("select ended_at = \(at("09 12:00")) from secondline.ticket where ticket_id = \(ticket)")
                == "t")
        try await expectLoadsToAddUp()
    }

    @Test(
        "a resolved ticket is open again with its owner, who is told",
        arguments: ["reopen_ticket({resolved}, {manager}, 'it is back')", "client_replied({resolved}, 'it is back')"])
    func reopened(call: String) async throws {
        let scene = try await Scene(in: db)
        try await run(scene, call)
        #expect(
            try await db.lines(
                scene(
                    """
                    select status, assignee_id, reopened, resolution, ended_at, client_waits_since is not null from secondline.ticket
                     where ticket_id = {resolved}
                    """)) == [scene("accepted|{owner}|1|-|-|t")])
        #expect(
            try await db.lines(scene("select person_id, text from secondline.inbox where ticket_id = {resolved}"))
                == [scene("{owner}|it is back")])
        try await run(
            scene, "resolve_ticket({resolved}, {owner}, 'really')", "reopen_ticket({resolved}, {owner}, 'my mistake')")
        #expect(
            try await db.lines(
                scene(
                    "select reopened, (select count(*) from secondline.assignment where ticket_id = {resolved}) from secondline.ticket where ticket_id = {resolved}"
                ))
                == ["2|1"])
        try await expectOrder()
    }

    @Test(
        "where the owner has left it competes anew, and nobody who is gone is told",
        arguments: ["reopen_ticket({resolved}, {manager}, 'it is back')", "client_replied({resolved}, 'it is back')"])
    func reopenedAnew(call: String) async throws {
        let scene = try await Scene(in: db)
        let age = try await db.value(scene("select eligible_at from secondline.ticket where ticket_id = {resolved}"))!
        try await run(scene, "deactivate_person({owner})")
        let heard = try await hints { try await run(scene, call) }
        #expect(!heard.isEmpty)
        #expect(
            try await db.lines(
                scene(
                    "select status, assignee_id, reopened, eligible_at > '\(age)' from secondline.ticket where ticket_id = {resolved}"
                ))
                == ["new|-|1|t"])
        #expect(
            try await db.value(
                scene(
                    "select count(*) from secondline.message where ticket_id = {resolved} and kind in ('ticket.reopened', 'client.replied')"
                ))
                == "0")
        #expect(try await db.assign([(Int64(scene("{resolved}"))!, Int64(scene("{colleague}"))!)]).count == 1)
        try await expectOrder()
    }

    @Test("handed over it waits in the other line with its history and its age")
    func handedOver() async throws {
        let scene = try await Scene(in: db)
        let age = scene("select eligible_at from secondline.ticket where ticket_id = {accepted}")
        let before = try await db.value(age)
        let entries = scene("select count(*) from secondline.journal where ticket_id = {accepted}")
        let count = Int(try await db.value(entries)!)!
        try await run(scene, "hand_over({accepted}, {other_queue}, {owner}, 'it is the database')")
        #expect(try await db.value(age) == before)
        #expect(try await db.value(entries) == "\(count + 1)")
        #expect(try await state(scene, "{accepted}") == "new|-")
        #expect(
            try await db.lines(
                scene(
                    "select event, person_id, note from secondline.journal where ticket_id = {accepted} order by journal_id desc limit 1"
                )
            ).first?.hasSuffix(": it is the database") == true)
        #expect(try await load(scene) == 75)
        #expect(try await db.assign([(Int64(scene("{accepted}"))!, Int64(scene("{stranger}"))!)]).count == 1)
        try await expectOrder()
    }

    @Test(
        "what cannot be is refused with a hint, and changes nothing",
        arguments: [
            Refused("P0002", "reply_to_client(-1, {owner})"), Refused("P0002", "reply_to_client({accepted}, -1)"),
            Refused("P0002", "reply_to_client({accepted}, null)"),
            Refused("SL005", "reply_to_client({accepted}, {colleague})"),
            Refused("SL005", "reply_to_client({new}, {owner})"),
            Refused("SL006", "reply_to_client({resolved}, {owner})"),
            Refused("22023", "reply_to_client({accepted}, {owner}, repeat('x', 262145))"),
            Refused("22023", "wait_for_client({accepted}, {owner}, ' ')"),
            Refused("22023", "wait_for_client({accepted}, {owner}, null)"),
            Refused("SL005", "wait_for_client({accepted}, {head}, 'what?')"),
            Refused("SL006", "wait_for_client({waiting}, {owner}, 'what?')"),
            Refused("SL006", "wait_for_client({nobodys}, {owner}, 'what?')"),
            Refused("SL005", "wait_for_client({cancelled}, {manager}, 'what?')"),
            Refused("P0002", "client_replied(-1)"), Refused("P0002", "client_replied(null)"),
            Refused("P0002", "client_replied({accepted}, 'x', -1)"),
            Refused("SL006", "client_replied({cancelled}, 'but why?')"),
            Refused("22023", "client_replied({accepted}, repeat('x', 262145))"),
            Refused("P0002", "reopen_ticket(-1, {manager}, 'no')"),
            Refused("SL005", "reopen_ticket({resolved}, {stranger}, 'no')"),
            Refused("SL006", "reopen_ticket({accepted}, {owner}, 'no')"),
            Refused("SL006", "reopen_ticket({cancelled}, {manager}, 'no')"),
            Refused("22023", "reopen_ticket({resolved}, {manager}, '')"),
            Refused("SL005", "hand_over({accepted}, {other_queue}, {manager}, 'no')"),
            Refused("SL006", "hand_over({waiting}, {other_queue}, {owner}, 'no')"),
            Refused("SL006", "hand_over({accepted}, {queue}, {owner}, 'no')"),
            Refused("P0002", "hand_over({accepted}, 'nowhere', {owner}, 'no')"),
            Refused("22023", "hand_over({accepted}, {other_queue}, {owner}, null)"),
            Refused("SL006", "accept_ticket({waiting}, {owner})"),
            Refused("SL006", "resolve_ticket({waiting}, {owner}, 'no')"),
        ])
    func refused(_ one: Refused) async throws {
        var scene = try await Scene(in: db)
        let owner = Int64(scene("{owner}"))!
        try await run(scene, "set_capacity({owner}, 1000)")
        for name in ["waiting", "nobodys"] {
            let client = name == "waiting" ? "{client}" : "null"
            let ticket = try await db.id(
                scene("secondline.submit_ticket({queue}, 'title', '', client => \(client), author => {manager})"))
            try await db.assign([(ticket, owner)])
            try await run(scene, "accept_ticket(\(ticket), {owner})")
            scene.words[name] = "\(ticket)"
        }
        try await run(scene, "wait_for_client({waiting}, {owner}, 'what?')")
        try await one.check(scene)
    }

    @Test("nobody but a program speaks for a client; a person may take down what they said")
    func spoken() async throws {
        let scene = try await Scene(in: db)
        let login = "sl_test_client_\(scene("{owner}"))_\(UInt32.random(in: 0 ... .max))"
        try await db.script("create role \(login) login in role secondline_member")
        try await db.script(scene("update secondline.person set login = '\(login)' where person_id = {owner}"))
        try await withSession(as: login) { session in
            await session.expectRefusal("42501", scene("select secondline.client_replied({accepted}, 'x')"))
            await session.expectRefusal(
                "42501", scene("select secondline.client_replied({accepted}, 'x', {colleague})"))
            try await session.script(scene("select secondline.client_replied({accepted}, 'x', {owner})"))
        }
        try await db.script("drop role \(login)")
    }
}
