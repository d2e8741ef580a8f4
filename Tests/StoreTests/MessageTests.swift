import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct MessageTests {
    static let refusals: [Refused] = [
        Refused("P0002", #"send_message(-1, 'note', '{"text": "x"}')"#),
        Refused("P0002", #"send_message(null, 'note', '{"text": "x"}')"#),
        Refused("SL006", #"send_message({gone}, 'note', '{"text": "x"}')"#),
        Refused("P0002", #"send_to_team(-1, 'note', '{"text": "x"}')"#),
        Refused("P0002", #"send_to_client(-1, 'note', '{"text": "x"}')"#),
        Refused("P0002", #"send_message({owner}, 'unheard.of', '{"text": "x"}')"#),
        Refused("P0002", #"send_message({owner}, null, '{"text": "x"}')"#),
        Refused("22023", "send_message({owner}, 'note', '[]')"),
        Refused("22023", "send_message({owner}, 'note', 'null')"),
        Refused("22023", "send_message({owner}, 'note', null)"),
        Refused("22023", "send_message({owner}, 'note', '{}')"),
        Refused("22023", #"send_message({owner}, 'note', '{"text": " \n "}')"#),
        Refused("22023", "send_message({owner}, 'note', jsonb_build_object('text', repeat('x', 70000)))"),
        Refused("54001", "send_message({owner}, 'note', repeat('[', 1000000)::jsonb)"),
        Refused("22P05", #"send_message({owner}, 'note', '{"text": "\u0000"}')"#, hint: false),
        Refused("22P02", #"send_message({owner}, 'note', '{"text": "\ud800"}')"#, hint: false),
        Refused("22023", #"send_message({owner}, 'note', '{"text": "x", "severity": "huge"}')"#),
        Refused("22023", #"send_message({owner}, 'note', '{"text": "x", "severity": ["urgent"]}')"#),
        Refused("22023", #"send_message({owner}, 'note', '{"text": "x"}', '')"#),
        Refused("22023", #"send_message({owner}, 'note', '{"text": "x"}', repeat('x', 201))"#),
        Refused("22023", #"send_message({owner}, 'note', '{"text": "x"}', null, 'infinity')"#),
        Refused("22023", #"send_message({owner}, 'note', '{"text": "x"}', null, now() + interval '11 years')"#),
        Refused("P0002", "retry_message(-1)"),
        Refused("P0002", "drop_message(-1, 'why')"),
        Refused("22023", "set_contact({owner}, 'popup', 'x')"),
        Refused("22023", "set_contact({owner}, null, 'x')"),
        Refused("22023", "set_contact({owner}, 'Mail', 'x')"),
        Refused("22023", "set_contact({owner}, 'mail', '')"),
        Refused("22023", "set_contact({owner}, 'mail', E'a@example.org\\nBcc: all@example.org')"),
        Refused("22023", "set_contact({owner}, 'mail', repeat('x', 1001))"),
        Refused("22P02", "set_contact({owner}, 'mail', 'x', 'huge')", hint: false),
        Refused("P0002", "set_contact(-1, 'mail', 'x')"),
        Refused("P0002", "set_team_contact(-1, 'mail', 'x')"),
        Refused("P0002", "set_client_contact(-1, 'mail', 'x')"),
        Refused("22023", "set_locale({owner}, 'english')"),
        Refused("22023", "set_team_locale({team}, '')"),
        Refused("22023", "set_client_locale({client}, 'ru-RU')"),
        Refused("P0002", "set_client_locale(-1, 'ru')"),
    ]

    @Test("a refused call says why and what to do, and changes nothing", arguments: refusals)
    func refused(_ one: Refused) async throws {
        try await one.check(Scene(in: db))
    }

    @Test(
        "an instant of the data means the same in every session, or is refused",
        arguments: [
            #""now""#, #""tomorrow""#, #""infinity""#, #""2026-06-01""#, #""2026-06-01 10:00""#,
            #""31/12/2026 10:00Z""#,
            #""2026-06-01T10:00 Europe/Berlin""#, #""2026-02-30T10:00Z""#, #""2026-06-01T10:00+99""#, #""""#, "5",
            "true",
            #"{"a": 1}"#, #""2026-06-01T10:00Z\n""#,
        ])
    func noInstant(value: String) async throws {
        try await Refused("22023", #"send_message({owner}, 'note', '{"text": "x", "due_at": \#(value)}')"#)
            .check(Scene(in: db))
    }

    @Test("an instant is taken as databases and programs write it, or null")
    func instant() async throws {
        let scene = try await Scene(in: db)
        for value in [
            #""2026-06-01T10:00Z""#, #""2026-06-01 10:00:00.123456+05:30""#, #""2026-06-01T10:00:00-08""#, "null",
            #""2026-06-01 10:00:00+0530""#,
        ] {
            let call = #"send_message({owner}, 'note', '{"text": "x", "due_at": \#(value)}')"#
            try await db.script(scene("select secondline.\(call)"))
        }
        try await db.script(
            "set timezone = 'Asia/Kolkata'; "
                + scene(
                    "select secondline.send_message({owner}, 'note', jsonb_build_object('text', 'x', 'due_at', now()))")
        )
        try await db.script("reset timezone")
    }

    @Test("the same key is the same message, also when that has ended; with anything else it is refused")
    func sameKey() async throws {
        let scene = try await Scene(in: db)
        let key = "key \(UInt32.random(in: 0 ... .max))"
        let send = { (who: String, text: String) in
            scene(#"secondline.send_message(\#(who), 'note', '{"text": "\#(text)"}', '\#(key)')"#)
        }
        let first = try await db.id(send("{owner}", "x"))
        for _ in 0..<2 {
            #expect(try await db.id(send("{owner}", "x")) == first)
            for other in [send("{owner}", "y"), send("{colleague}", "x")] {
                await db.expectRefusal("23505", constraint: "message_dedup_key_unique", "select \(other)")
            }
            #expect(
                try await db.value(
                    "select count(*) from (select from secondline.message where dedup_key = '\(key)' union all "
                        + "select from secondline.message_history where dedup_key = '\(key)') m") == "1")
            try await db.script(scene("select secondline.acknowledge_message(\(first), {owner})"))
        }
    }

    @Test(
        "the same key in two sessions at once is one message",
        arguments: ["send_message({owner}, ", "send_to_team({team}, ", "send_to_client({client}, "])
    func sameKeyAtOnce(call: String) async throws {
        let scene = try await Scene(in: db)
        let send = scene(
            "select secondline.\(call)'note', '{\"text\": \"x\"}', 'at once \(UInt32.random(in: 0 ... .max))')")
        let second = try await whileHolding(send) {
            let second = Task { try await withSession { try await $0.value(send) } }
            try await untilWaiting(1)
            return second
        }
        #expect(try await second.value == (try await db.value(send)))
    }

    @Test("a key whose message is just being acknowledged is still the same message")
    func sameKeyWhileEnding() async throws {
        let scene = try await Scene(in: db)
        let send = scene(#"select secondline.send_message({owner}, 'note', '{"text": "x"}', 'ending')"#)
        let first = try await db.value(send)
        // the one who looks before and inserts after the other has moved it into the history
        let second = try await whileHolding(scene("select secondline.acknowledge_message(\(first!), {owner})")) {
            try await withSession { try await $0.value(send) }
        }
        #expect(second == first)
        #expect(try await db.value(send) == first)
        #expect(try await db.value("select count(*) from secondline.message where dedup_key = 'ending'") == "0")
    }

    @Test("a transaction that cannot see the other's message is asked to try again")
    func sameKeyUnseen() async throws {
        let scene = try await Scene(in: db)
        let send = scene(#"select secondline.send_message({owner}, 'note', '{"text": "x"}', 'unseen')"#)
        let second = try await whileHolding(send) {
            let second = Task {
                try await withSession { session in
                    try await session.script("set default_transaction_isolation = 'repeatable read'")
                    await session.expectRefusal("40001", send)
                }
            }
            try await untilWaiting(1)
            return second
        }
        try await second.value
    }

    @Test("what nobody can be told is dropped at once and says so")
    func withoutContact() async throws {
        let scene = try await Scene(in: db)
        try await db.script(scene("select secondline.set_team_contact({team}, 'chat', 'room', 'high')"))
        for call in ["send_to_team({team}", "send_to_client({client}"] {
            let message = try await db.id(scene("secondline.\(call), 'note', '{\"text\": \"x\"}')"))
            #expect(
                try await db.lines(
                    "select state, because, attempt, channel from secondline.message_history where message_id = \(message)"
                )
                    == ["dropped|no contact|0|none"])
        }
        let message = try await db.id(
            scene(#"secondline.send_to_team({team}, 'note', '{"text": "x", "severity": "high"}', 'chat key')"#))
        #expect(try await db.value("select channel from secondline.message where message_id = \(message)") == "chat")
    }

    @Test("the ticket of the data is the message's, if it is a number")
    func ticket() async throws {
        let scene = try await Scene(in: db)
        for (value, ticket) in [
            ("42", "42"), (#""42""#, "-"), ("4.5", "-"), ("-1", "-"), ("1e100", "-"), ("99999999999999999999", "-"),
            ("null", "-"),
        ] {
            let message = try await db.id(
                scene(#"secondline.send_message({owner}, 'note', '{"text": "x", "ticket": \#(value)}')"#))
            #expect(
                try await db.lines("select ticket_id from secondline.message where message_id = \(message)") == [ticket]
            )
        }
    }

    @Test("a contact is replaced and removed; the language falls to the team's")
    func contact() async throws {
        let scene = try await Scene(in: db)
        let contacts = scene("select channel, address, from_severity from secondline.contact where person_id = {owner}")
        try await db.script(scene("select secondline.set_contact({owner}, 'mail', 'a@example.org')"))
        try await db.script(scene("select secondline.set_contact({owner}, 'mail', 'b@example.org', 'high'::varchar)"))
        #expect(try await db.lines(contacts) == ["mail|b@example.org|high"])
        try await db.script(scene("select secondline.set_contact({owner}, 'mail', null)"))
        #expect(try await db.lines(contacts) == [])
        try await db.script(
            scene("select secondline.set_locale({owner}, 'pt_BR'), secondline.set_team_locale({team}, 'ru')"))
        let reader = { (who: String) in scene("select locale from secondline_rules.reader(\(who))") }
        #expect(try await db.value(reader("{owner}, null, null")) == "pt_BR")
        #expect(try await db.value(reader("{colleague}, null, null")) == "ru")
        #expect(try await db.value(reader("null, null, {client}")) == "ru")
        try await db.script(
            scene("select secondline.set_locale({owner}, null), secondline.set_team_locale({team}, null)"))
        #expect(try await db.value(reader("{owner}, null, null")) == "en")
    }
}
