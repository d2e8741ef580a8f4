import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct PopupTests {
    /// `kind|severity|subject|text` of what stands in somebody's inbox, oldest first.
    private func inbox(_ person: Int64) async throws -> [String] {
        try await db.lines(
            """
            select kind, severity, subject, text from secondline.inbox where person_id = \(person) order by message_id
            """)
    }

    /// `channel|severity|seconds from noon` of what was written beside the popups, in order.
    private func passed() async throws -> [String] {
        try await db.lines(
            """
            select channel, severity, round(extract(epoch from send_at - (\(Post.at())))) from secondline.message
             where channel <> 'popup' order by message_id
            """)
    }

    /// `person|passed to` at an instant.
    private func attend(_ seconds: Double) async throws -> [String] {
        try await db.lines(
            """
            select person_id, passed_to from secondline_rules.attend_popups(\(Post.at(seconds)), 100)
             where message_id is not null
            """)
    }

    private func contacts(_ post: Post, _ contacts: [(String, String)]) async throws {
        for (channel, severity) in contacts {
            try await db.script(
                "select secondline.set_contact(\(post.reader), '\(channel)', '\(channel) 1', '\(severity)')")
        }
    }

    @Test("a popup stands in its reader's inbox from the commit on, until it is acknowledged; twice is harmless")
    func inbox() async throws {
        let post = try await Post(specialists: 2)
        let call = #"secondline.send_message(\#(post.reader), 'note', '{"text": "look"}')"#
        let before = try await whileHolding("select \(call)") { try await inbox(post.reader) }
        #expect(before == [])
        #expect(try await inbox(post.reader) == ["note|normal|A note for you|look"])
        #expect(try await inbox(post.here.specialists[1]) == [])
        let message = try await db.id(
            "message_id from secondline.inbox where person_id = \(post.reader) and sent_at <= now()")
        for _ in 0..<2 {
            try await db.script("select secondline.acknowledge_message(\(message), \(post.reader))")
            #expect(try await inbox(post.reader) == [])
        }
        #expect(try await post.end(message) == "sent|-")
        await db.expectRefusal(
            "P0002", "select secondline.acknowledge_message(\(message), \(post.here.specialists[1]))")
    }

    @Test("two clicks at once are harmless")
    func twoClicks() async throws {
        let post = try await Post()
        let call = "select secondline.acknowledge_message(\(try await post.popUp()), \(post.reader))"
        let second = try await whileHolding(call) {
            let second = Task { try await withSession { try await $0.script(call) } }
            try await untilWaiting(1)
            return second
        }
        try await second.value
        #expect(try await inbox(post.reader) == [])
    }

    @Test("only its reader acknowledges a popup, and only a popup is acknowledged")
    func notTheirs() async throws {
        let post = try await Post(specialists: 2)
        let popup = try await post.popUp()
        try await contacts(post, [("mail", "low")])
        _ = try await post.popUp()
        let mail = try await db.id("message_id from secondline.message where channel = 'mail'")
        await db.expectRefusal("SL005", "select secondline.acknowledge_message(\(popup), \(post.here.specialists[1]))")
        await db.expectRefusal("SL006", "select secondline.acknowledge_message(\(mail), \(post.reader))")
        await db.expectRefusal(
            "SL005", "select secondline.acknowledge_message(\(try await post.tell()), \(post.reader))")
        await db.expectRefusal("P0002", "select secondline.acknowledge_message(-1, \(post.reader))")
        #expect(try await inbox(post.reader).count == 2)
    }

    @Test("what pops up goes to the contacts that want its severity")
    func fanOut() async throws {
        let post = try await Post()
        try await contacts(post, [("all", "low"), ("most", "normal"), ("worst", "urgent")])
        for (severity, channels) in [
            ("low", ["all"]), ("normal", ["all", "most"]), ("high", ["all", "most"]),
            ("urgent", ["all", "most", "worst"]), ("critical", ["all", "most", "worst"]),
        ] {
            try await db.script("delete from secondline.message")
            _ = try await post.popUp(severity: severity)
            #expect(try await passed().sorted() == channels.map { "\($0)|\(severity)|0" })
        }
    }

    @Test(
        "listeners of secondline_inbox hear who has something new, once a transaction, and the daemon that there is more to carry"
    )
    func announced() async throws {
        let post = try await Post(specialists: 2)
        let (one, two) = (post.reader, post.here.specialists[1])
        let calls = [one, two, one].map { #"select secondline.send_message(\#($0), 'note', '{"text": "x"}')"# }
        let heard = try await hints(on: "secondline_inbox") { try await db.script(calls.joined(separator: ";")) }
        #expect(heard.sorted() == ["\(one)", "\(two)"].sorted())
        #expect(try await hints { try await db.script(calls[0]) } == [])
        try await contacts(post, [("mail", "low")])
        #expect(try await hints { try await db.script(calls[0]) } == ["delivery"])
    }

    @Test("a popup for later is announced and shown when its time comes, once")
    func later() async throws {
        let post = try await Post()
        _ = try await post.popUp(sendAt: "now() + interval '1 hour'")
        #expect(try await inbox(post.reader) == [])
        try await db.script("delete from secondline.message")
        try await contacts(post, [("mail", "low")])
        let none = try await hints(on: "secondline_inbox") { _ = try await post.popUp(sendAt: Post.at(3600)) }
        #expect(none == [])
        #expect(try await passed() == ["mail|normal|3600"])
        let attend = { (seconds: Double) in
            try await hints(on: "secondline_inbox") {
                try await db.script("select secondline_rules.attend_popups(\(Post.at(seconds)), 100)")
            }
        }
        #expect(try await db.value("select due_in from secondline_rules.attend_popups(\(Post.at(3500)), 100)") == "100")
        #expect(try await attend(3599) == [])
        #expect(try await attend(3600) == ["\(post.reader)"])
        #expect(try await attend(9999) == [])
        #expect(try await inbox(post.reader).count == 1)
    }

    @Test("an urgent popup that nobody acknowledges goes to the next channel each hour, then to the heads, each once")
    func passedOn() async throws {
        let post = try await Post()
        try await contacts(post, [("mail", "low"), ("sms", "critical"), ("phone", "critical")])
        _ = try await post.popUp(severity: "urgent")
        #expect(try await passed() == ["mail|urgent|0"])
        #expect(try await attend(3599) == [])
        #expect(try await attend(3600) == ["\(post.reader)|phone"])
        #expect(try await attend(3600) == [])
        #expect(try await attend(7199) == [])
        #expect(try await attend(7200) == ["\(post.reader)|sms"])
        #expect(try await inbox(post.here.head) == [])
        #expect(try await attend(10800) == ["\(post.reader)|head"])
        #expect(
            try await inbox(post.here.head) == [
                """
                message.unacknowledged|urgent|Specialist 0 has not seen: A note for you|Specialist 0 has not acknowledged \
                an urgent message of 1 Jun 2026, 12:00:

                A note for you
                text
                """
            ])
        // nobody is above the head
        #expect(try await attend(99999) == ["\(post.here.head)|nobody"])
        #expect(try await passed() == ["mail|urgent|0", "phone|urgent|3600", "sms|urgent|7200"])
        #expect(try await inbox(post.reader).count == 1)
    }

    @Test("after an outage it still takes an hour for each step")
    func outage() async throws {
        let post = try await Post()
        try await contacts(post, [("sms", "critical"), ("phone", "critical")])
        _ = try await post.popUp(severity: "urgent")
        #expect(try await attend(36000) == ["\(post.reader)|phone"])
        #expect(try await attend(36001) == [])
        #expect(try await attend(39600) == ["\(post.reader)|sms"])
        #expect(try await attend(39601) == [])
        #expect(try await attend(43200) == ["\(post.reader)|head"])
    }

    @Test("what is not urgent, was acknowledged, or has become pointless is not passed on")
    func notPassedOn() async throws {
        let post = try await Post()
        try await contacts(post, [("sms", "critical")])
        _ = try await post.popUp(severity: "high")
        let seen = try await post.popUp(severity: "urgent")
        try await db.script("select secondline_rules.acknowledge(\(Post.at(60)), \(seen), \(post.reader))")
        let ticket = try await post.here.ticket(in: db, priority: "urgent")
        try await db.assign([(ticket, post.reader)])
        try await db.script("select secondline.accept_ticket(\(ticket), \(post.reader))")
        #expect(
            try await db.lines(
                "select message_id from secondline_rules.attend_popups(now() + interval '2 days', 100)") == [])
        #expect(try await db.value("select count(*) from secondline.message where attend_at is not null") == "0")
    }

    @Test("what nobody acknowledged within the retention is dropped and says so")
    func old() async throws {
        let post = try await Post()
        let (old, new) = (try await post.popUp(), try await post.popUp(at: Post.at(60)))
        let retire =
            "select retired from secondline_rules.retire_popups(\(Post.at(30)) + interval '30 days', '30 days', 0, 10)"
        #expect(try await db.value(retire) == "1")
        #expect(try await post.end(old) == "dropped|nobody acknowledged it")
        #expect(try await post.state(new).hasPrefix("sent|"))
    }

    @Test("who has a login sees their own inbox and no trick shows another's; a login that is nobody's sees none")
    func privacy() async throws {
        let post = try await Post(specialists: 2)
        let login = "sl_test_inbox_\(post.channel.dropFirst(5))"
        try await db.script(
            """
            create role \(login) login in role secondline_member; create role \(login)_2 login in role secondline_member;
            update secondline.person set login = '\(login)' where person_id = \(post.reader);
            """)
        _ = try await post.popUp()
        _ = try await post.popUp(post.here.specialists[1])
        let leak = """
            create function pg_temp.leak(bigint) returns boolean language plpgsql cost 0.0001
                as $$ begin raise notice 'saw %', $1; return true; end $$;
            select person_id from secondline.inbox where pg_temp.leak(person_id);
            """
        let own = try await withSession(as: login) { session in
            let rows = try await session.lines(leak)
            #expect(
                await session.takeNotices().filter { $0.contains("saw") }.map { $0.split(separator: " ").last } == [
                    "\(post.reader)"
                ])
            return rows
        }
        #expect(own == ["\(post.reader)"])
        let nobody = try await withSession(as: "\(login)_2") { try await $0.lines("select from secondline.inbox") }
        #expect(nobody == [])
        try await db.script("drop role \(login), \(login)_2")
    }
}
