import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

@Suite("the delivery duty", .serialized)
struct DeliveryDutyTests {
    @Test(
        "a message reaches its contact within one hint, in the reader's language; history, ledger and log tell the same"
    )
    func wholePath() async throws {
        let post = try await Post()
        try await post.desk.run("secondline.set_locale(\(post.person), 'ru')")
        var id: Int64 = 0
        try await withDaemon(post.daemon(post.delivery()), post.desk.recorded) {
            await post.desk.recorded.line(containing: "daemon.ready")
            id = try await post.note("Привет")
            await post.desk.recorded.line(containing: "message.sent message=\(id) channel=mail kind=note")
        }
        let message = try #require(post.mail.begun.first)
        #expect(post.mail.begun.count == 1 && message.id.raw == id && message.attempt == 1)
        #expect(message.address == "someone@example.org" && message.name == "Specialist 0" && message.locale == "ru")
        #expect(message.subject == "Сообщение для вас" && message.text == "Привет")
        #expect(try await post.waiting() == 0)
        #expect(
            try await post.rows(
                """
                select message_id, state, attempt, idempotency_key::text = '\(message.idempotencyKey)'
                  from secondline.message_history where channel = 'mail'
                """) == [["\(id)", "sent", "1", "t"]])
        #expect(try await post.ledger(id) == [["1", "sent", "f", nil]])
        #expect(post.desk.recorded.lines("duty.failed") == [])
        try await post.close()
    }

    @Test("what failed, or ended nobody knows how, is tried again after a pause, and each attempt is counted")
    func triedAgain() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(), post)
        post.mail.answer { message in
            switch message.attempt {
            case 1, 2: Delivery(.failed, said: "busy")
            case 3: Delivery(.unknown, said: "no answer")
            case _: Delivery(.sent, said: "queued")
            }
        }
        let id = try await post.note("hello")
        try await carrier.run { try await post.waiting() == 0 }
        #expect(
            try await post.ledger(id) == [
                ["1", "failed", "f", "busy"], ["2", "failed", "f", "busy"], ["3", "unknown", "f", "no answer"],
                ["4", "sent", "f", "queued"],
            ])
        #expect(post.mail.begun.map(\.attempt) == [1, 2, 3, 4])
        #expect(Set(post.mail.begun.map(\.idempotencyKey)).count == 1)
        #expect(post.desk.recorded.lines("message.failed").count == 3)
        #expect(post.desk.recorded.lines("message.set_aside") == [])
        // each pause was kept: the next attempt began after it
        let hasty = try await post.rows(
            """
            select from (select ended_at, lead(started_at) over (order by attempt_id) as next from secondline.message_attempt) a
             where next < ended_at + interval '5 ms'
            """)
        #expect(hasty.count == 0)
        try await carrier.stop()
        try await post.close()
    }

    @Test("what is refused is set aside with what the channel said; tried again by hand it is delivered")
    func refused() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(), post)
        post.mail.answer { _ in Delivery(.refused, said: "no such user") }
        let id = try await post.note("hello")
        try await carrier.run { !post.desk.recorded.lines("message.set_aside").isEmpty }
        #expect(
            post.desk.recorded.lines("message.set_aside").first?.contains(
                "error message.set_aside message=\(id) channel=mail because=\"no such user\"") == true)
        #expect(
            try await post.rows("select message_id, reason from secondline.message_set_aside") == [
                ["\(id)", "no such user"]
            ])
        try await carrier.run()
        #expect(post.mail.begun.count == 1)

        post.mail.answer { _ in Delivery(.sent) }
        try await post.desk.run("secondline.retry_message(\(id))")
        try await carrier.run { try await post.waiting() == 0 }
        #expect(try await post.ledger(id) == [["1", "refused", "f", "no such user"], ["2", "sent", "f", nil]])
        try await carrier.stop()
        try await post.close()
    }

    @Test("a message that crashes its program three times is set aside; one that ended unknown as often is not")
    func crashes() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(), post)
        post.mail.answer { message in
            guard message.text == "poison" else { return Delivery(message.attempt < 6 ? .unknown : .sent) }
            return Delivery(.unknown, said: "killed by signal 11", crashed: true)
        }
        let poison = try await post.note("poison")
        let unlucky = try await post.note("unlucky")
        try await carrier.run {
            let isWaiting = try await post.desk.value("select state from secondline.message where channel = 'mail'")
            return try await post.waiting() == 1 && isWaiting == "set_aside"
        }
        #expect(try await post.ledger(poison).map { $0[1] } == ["unknown", "unknown", "unknown"])
        #expect(try await post.ledger(unlucky).count == 6)
        let told = post.desk.recorded.lines("message.set_aside")
        #expect(told.count == 1 && told.first?.contains("message=\(poison) ") == true)
        try await carrier.stop()
        try await post.close()
    }

    @Test(
        "what waits for a contact that is removed is dropped; without words a message is set aside, and can be tried again"
    )
    func contactRemoved() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(), post)
        let dropped = try await post.note("hello")
        try await post.desk.run("secondline.set_contact(\(post.person), 'mail', null)")
        try await carrier.run()
        #expect(
            try await post.desk.value("select because from secondline.message_history where message_id = \(dropped)")
                == "the contact was removed")
        try await post.contact("mail", "new@example.org")
        try await post.desk.session.script(
            "create table public.words as table secondline.template; delete from secondline.template")
        let id = try await post.note("again")
        try await carrier.run { !post.desk.recorded.lines("message.set_aside").isEmpty }
        #expect(post.mail.begun.count == 0)
        try await post.desk.session.script(
            "insert into secondline.template select * from public.words; drop table public.words")
        try await post.desk.run("secondline.retry_message(\(id))")
        try await carrier.run { try await post.waiting() == 0 }
        #expect(post.mail.begun.map(\.address) == ["new@example.org"])
        try await carrier.stop()
        try await post.close()
    }

    @Test("the rights of secondline_daemon are all that delivering needs, whatever the channel answers")
    func leastRights() async throws {
        let post = try await Post()
        var options = post.desk.database.options()
        options.role = "secondline_daemon"
        post.mail.answer { message in
            switch message.text {
            case "refused": Delivery(.refused, said: "no such user")
            case "failed" where message.attempt == 1: Delivery(.failed, said: "busy")
            case _: Delivery(.sent)
            }
        }
        let daemon = post.daemon(
            post.delivery(rate: Rate(count: 1000, per: .seconds(1))), options: options, poll: .milliseconds(50))
        try await withDaemon(daemon, post.desk.recorded) {
            await post.desk.recorded.line(containing: "daemon.ready")
            let failed = try await post.note("failed")
            try await post.note("refused")
            await post.desk.recorded.line(containing: "message.sent message=\(failed)")
            await post.desk.recorded.line(containing: "message.set_aside")
            // what a daemon that died had begun
            try await post.desk.session.script(
                """
                insert into secondline.delivery_claim (claim_id, begun_at) values (0, now() - interval '1 hour');
                insert into secondline.message (channel, state, severity, kind, person_id, created_at, send_at, leased_until,
                       attempt, claim_id, leased_by, data)
                values ('mail', 'sending', 'normal', 'note', \(post.person), now(), now() - interval '1 hour',
                        now() - interval '1 minute', 1, 0, 'gone', '{"text":"lost"}')
                """)
            await post.desk.recorded.line(containing: "message.taken_over")
            await post.mail.begun(4)
        }
        #expect(post.desk.recorded.lines("duty.failed") == [])
        #expect(try await post.rows("select from secondline.channel_worker").count == 0)
        try await post.close()
    }
}
