import Foundation
import Postgres
import TestSupport
import Testing

/// Each test changes the words of the one database: in order, and back.
@Suite(.serialized, .ownDatabase) struct TemplateTests {
    /// `subject|text` of a note, or of another kind, for a person.
    private func render(_ person: Int64, _ data: String, kind: String = "note") async throws -> String? {
        try await db.lines(
            "select subject, text from secondline_rules.render('\(kind)', \(data)::jsonb, \(person), null, null)"
        ).first
    }

    private func write(_ locale: String, _ subject: String, _ text: String, kind: String = "note") async throws {
        try await db.script(
            """
            select secondline.set_template('\(kind)', '\(locale)', \(quoteLiteral(subject)), \(quoteLiteral(text)))
            """)
    }

    /// As an upgrade brings them.
    private func install() async throws {
        let psql = try await Psql(
            OwnDatabase.current!.database.conninfo, file: Psql.folder.appending(path: "install.sql").path)
        #expect(psql.status == 0, "\(psql.errors)")
    }

    @Test("every kind has words in English and Russian, and each of its fields is in the text")
    func complete() async throws {
        #expect(
            try await db.lines(
                """
                select k.kind, l.locale from secondline.message_kind k cross join (values ('en'), ('ru')) l (locale)
                  left join secondline.template t on t.kind = k.kind and t.locale = l.locale where t.kind is null
                """) == [])
        #expect(
            try await db.lines(
                """
                select t.kind, t.locale, f from secondline.template t join secondline.message_kind k using (kind)
                 cross join unnest(k.fields) f
                 -- for those who want other words
                 where f not in ('priority', 'team', 'day', 'shift_ends_at')
                   and (t.kind, f) not in (('plan.reminder', 'tasks'), ('workday.unreported', 'tasks'))
                   and f <> all (t.text_fields) and f <> all (t.subject_fields)
                """) == [])
    }

    static let refusals: [Refused] = [
        Refused("P0002", "set_template('unheard.of', 'en', 'x', 'x')"),
        Refused("P0002", "set_template(null, 'en', 'x', 'x')"),
        Refused("22023", "set_template('note', 'en', 'x', '{tekst}')"),
        Refused("22023", "set_template('note', 'en', '{ticket}', 'x')"),
        Refused("22023", "set_template('note', 'en', 'x', '{}')"),
        Refused("22023", "set_template('note', 'en', 'x', '{ text }')"),
        Refused("22023", "set_template('note', 'en', 'x', '{TEXT}')"),
        Refused("22023", "set_template('note', 'en', 'x', '{{text}}')"),
        Refused("22023", "set_template('note', 'en', 'x', 'a { alone')"),
        Refused("22023", "set_template('note', 'en', 'a } alone', 'x')"),
        Refused("22023", "set_template('note', 'en', '', 'x')"),
        Refused("22023", "set_template('note', 'en', 'x', null)"),
        Refused("22023", "set_template('note', 'english', 'x', 'x')"),
        Refused("22023", "set_template('note', 'en-GB', 'x', 'x')"),
        Refused("22023", "set_template('note', 'en', E'two\\nlines', 'x')"),
        Refused("22023", "set_template('note', 'en', repeat('x', 501), 'x')"),
        Refused("22023", "set_template('note', 'en', 'x', E'bell \\x07')"),
        Refused("22023", "set_template('note', 'en', 'x', repeat('x', 20001))"),
    ]

    @Test("a template with a mistake is refused when it is written", arguments: refusals)
    func refused(_ one: Refused) async throws {
        try await one.check(Scene(in: db))
    }

    @Test("per cent signs, braces and backslashes in the words and in the data are only themselves")
    func literal() async throws {
        let post = try await Post()
        try await write("en", #"100 % %s {name} \1"#, #"%1$s %% {text} {text} \n"#)
        #expect(
            try await render(post.reader, #"'{"text": "5 % %s %n$s {name} {text} \\1 &"}'"#)
                == #"100 % %s Specialist 0 \1|%1$s %% 5 % %s %n$s {name} {text} \1 & 5 % %s %n$s {name} {text} \1 & \n"#
        )
        try await write("en", "A note for you", "{text}")
    }

    @Test("a language falls back to the one without country, then to English")
    func fallback() async throws {
        let post = try await Post()
        let subject = { (locale: String) in
            try await db.script("select secondline.set_locale(\(post.reader), '\(locale)')")
            return try await render(post.reader, #"'{"text": "x"}'"#)
        }
        #expect(try await subject("pt_BR") == "A note for you|x")
        try await write("pt", "Uma nota", "{text}")
        #expect(try await subject("pt_BR") == "Uma nota|x")
        try await write("pt_BR", "Um recado", "{text}")
        #expect(try await subject("pt_BR") == "Um recado|x")
        #expect(try await subject("pt_PT") == "Uma nota|x")
        #expect(try await subject("xx") == "A note for you|x")
        #expect(try await subject("ru_RU") == "Сообщение для вас|x")
    }

    @Test(
        "an instant stands in the reader's time zone, as their language writes it",
        arguments: [
            ("en", "Europe/Berlin", "2026-06-01T10:00:00Z", "1 Jun 2026, 12:00"),
            ("ru", "Europe/Berlin", "2026-06-01T10:00:00Z", "01.06.2026 12:00"),
            ("de_AT", "Europe/Berlin", "2026-06-01T10:00:00Z", "2026-06-01 12:00"),
            ("en_GB", "Europe/Berlin", "2026-01-01T23:30:00Z", "2 Jan 2026, 00:30"),
            ("ru", "Europe/Berlin", "2026-03-29T00:59:00Z", "29.03.2026 01:59"),
            ("ru", "Europe/Berlin", "2026-03-29T01:00:00Z", "29.03.2026 03:00"),
            ("ru", "Europe/Berlin", "2026-10-25T00:30:00Z", "25.10.2026 02:30"),
            ("ru", "Europe/Berlin", "2026-10-25T01:30:00Z", "25.10.2026 02:30"),
            ("ru", "Asia/Kolkata", "2026-06-01T12:00:00+02:00", "01.06.2026 15:30"),
        ])
    func instant(locale: String, zone: String, at: String, text: String) async throws {
        let post = try await Post(zone: zone)
        try await db.script(
            "select secondline.set_locale(\(post.reader), '\(locale)'); set timezone = 'America/Lima'; set datestyle = 'German'"
        )
        let found = try await db.value(
            #"""
            select r.text from secondline_rules.render('message.unacknowledged', '{"sent_at": "\#(at)"}', \#(post.reader), null, null) r
            """#)
        try await db.script("reset timezone; reset datestyle")
        #expect(found?.contains(text) == true, "\(found ?? "")")
    }

    @Test("a client reads in the zone and language of the account manager's team, unless it has its own")
    func client() async throws {
        let post = try await Post(zone: "Asia/Tokyo")
        try await db.script("select secondline.set_team_locale(\(post.here.team), 'ru')")
        let reader = "select locale, time_zone from secondline_rules.reader(null, null, \(post.here.client))"
        #expect(try await db.lines(reader) == ["ru|Asia/Tokyo"])
        try await db.script("select secondline.set_client_locale(\(post.here.client), 'en')")
        #expect(try await db.lines(reader) == ["en|Asia/Tokyo"])
        let alone = try await db.id("secondline.add_client('Alone \(post.channel)')")
        #expect(
            try await db.lines("select locale, time_zone from secondline_rules.reader(null, null, \(alone))") == [
                "en|UTC"
            ])
    }

    @Test("a field that is missing or null is a dash, and what is no text stands as JSON")
    func missing() async throws {
        let post = try await Post()
        #expect(
            try await render(post.reader, #"'{"ticket": 7, "title": null, "queue": ["a"]}'"#, kind: "ticket.offered")
                == #"Ticket 7 is yours: —|Ticket 7 has been given to you: —\#nClient: —. Queue: ["a"]."#)
        #expect(
            try await render(post.reader, #"'{"ticket": 7, "title": "It breaks"}'"#, kind: "client.received")
                == "We have your request 7: It breaks|We have received your request 7. Work on it should start: not known yet."
        )
    }

    @Test(
        "whatever the data holds, the subject is one line of at most 250 characters, and the text has no control characters"
    )
    func oneLine() async throws {
        let post = try await Post()
        try await write("en", "About {text}", "{text}")
        let nasty =
            (1...0x9F).map { "chr(\($0))" } + ["chr(8232)", "chr(8233)", "repeat('я', 300)", "E'\\r\\nBcc: a@b'"]
        for one in nasty {
            let counted = try await db.lines(
                """
                select r.subject ~ U&'[\\0001-\\001F\\007F-\\009F\\2028\\2029]', length(r.subject) > 250, r.subject like 'About a%',
                       translate(r.text, E'\\t\\n', '') ~ U&'[\\0001-\\001F\\007F-\\009F]'
                  from secondline_rules.render('note', jsonb_build_object('text', 'a' || \(one) || 'b'), \(post.reader), null, null) r
                """)
            #expect(counted == ["f|f|t|f"], "\(one)")
        }
        #expect(
            try await render(post.reader, #"'{"text": "a\r\n\tb\u001b[31m"}'"#) == "About a b [31m|a \n\tb [31m")
        try await write("en", "A note for you", "{text}")
    }

    @Test("an upgrade leaves what the head edited, and renews what nobody did")
    func upgrade() async throws {
        let templates = "select kind, locale, subject, text from secondline.template order by 1, 2"
        try await db.script(
            "delete from secondline.template where edited_at is not null and locale not in ('en', 'ru')")
        try await write("en", "Edited", "{text}")
        let before = try await db.lines(templates)
        let stamps = try await db.simpleQuery("select xmin::text, kind, locale from secondline.template")
        try await db.script(
            """
            update secondline.template set subject = 'Old words' where kind = 'ticket.offered' and locale = 'ru';
            update secondline.message_kind set severity = 'low' where kind = 'note';
            """)
        try await install()
        #expect(try await db.lines(templates) == before)
        #expect(try await db.value("select severity from secondline.message_kind where kind = 'note'") == "normal")
        let now = try await db.simpleQuery("select xmin::text, kind, locale from secondline.template")
        #expect(Set(now).symmetricDifference(stamps).count == 2, "only what was renewed is written")
        let post = try await Post()
        #expect(try await render(post.reader, #"'{"text": "x"}'"#) == "Edited|x")
        #expect(
            try await db.value("select count(*) from secondline.template where edited_at is not null") == "1")
    }

    @Test("a template that is changed counts from the next message on, on every channel")
    func atOnce() async throws {
        let post = try await Post()
        _ = try await post.popUp()
        _ = try await post.tell("one")
        try await write("en", "Changed", "<{text}>")
        #expect(
            try await db.lines("select subject, text from secondline.inbox where person_id = \(post.reader)") == [
                "Changed|<text>"
            ])
        #expect(
            try await db.lines(
                """
                select subject, text from secondline_rules.claim_messages(
                       \(Post.at()), 'one', '\(post.channel)', 10, '1 minute', '-infinity', null, null) where message_id is not null
                """) == ["Changed|<one>"])
    }
}
