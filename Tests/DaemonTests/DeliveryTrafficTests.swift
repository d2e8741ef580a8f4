import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

@Suite("the traffic of a channel", .serialized)
struct DeliveryTrafficTests {
    @Test("a message that never works delays nobody: 50 others are delivered, and the circuit stays closed")
    func poison() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(concurrency: 2), post)
        post.mail.answer { Delivery($0.text == "poison" ? .failed : .sent, said: "as told") }
        // every one of the fifty waits until the poison was tried once more
        let poison = try await post.note("poison")
        for number in 1...50 {
            try await post.note("Note \(number)")
            try await carrier.run { try await post.sent() == number }
        }
        let attempts = post.mail.texts.filter { $0 == "poison" }.count
        try await carrier.run { post.mail.texts.filter { $0 == "poison" }.count > max(attempts, 8) }
        #expect(post.desk.recorded.lines("channel.failing") == [])
        #expect(
            try await post.desk.value(
                "select state in ('ready', 'sending') from secondline.message where message_id = \(poison)")
                == "t")
        try await carrier.stop()
        try await post.close()
    }

    @Test("as many deliveries as there are slots run at once, never more; each that ends makes room for the next")
    func concurrency() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(concurrency: 3), post)
        post.mail.hold()
        try await post.notes(20)
        try await carrier.run { post.mail.begun.count >= 3 }
        for _ in 1...3 { try await carrier.run() }
        #expect(post.mail.begun.count == 3)
        // what does not fit stays where another daemon can take it
        #expect(
            try await post.rows(
                "select state, count(*) from secondline.message where channel = 'mail' group by 1 order by 1")
                == [["ready", "17"], ["sending", "3"]])
        for count in 4...20 {
            let first = try #require(post.mail.begun.dropLast(2).last)
            post.mail.release { $0.id == first.id }
            try await carrier.run { post.mail.begun.count >= count }
        }
        #expect(post.mail.most == 3)
        post.mail.open()
        try await carrier.run { try await post.waiting() == 0 }
        // those of one claim begin at once, in whatever order
        #expect(post.mail.texts.sorted() == (1...20).map { "Note \($0)" }.sorted())
        try await carrier.stop()
        try await post.close()
    }

    @Test("a channel that hangs keeps no other channel waiting")
    func hanging() async throws {
        let post = try await Post()
        let chat = RecordingChannel()
        try await post.contact("chat", "@someone")
        let channels = [ChannelSettings(name: "chat", channel: chat, concurrency: 2)]
        let carrier = try await Carrier(post.delivery(concurrency: 2, beside: channels), post)
        post.mail.hold()
        try await post.notes(10)
        try await carrier.run { post.mail.begun.count >= 2 }
        for number in 1...20 {
            try await post.note("Chat \(number)", to: "chat")
            try await carrier.run { try await post.sent("chat") == number }
        }
        #expect(post.mail.begun.count == 2)
        #expect(chat.begun.allSatisfy { $0.address == "@someone" })
        post.mail.open()
        try await carrier.run { try await post.waiting() == 0 }
        try await carrier.stop()
        try await post.close()
    }

    @Test("a channel whose messages the database refuses to change keeps no other waiting, and goes on when it may")
    func refusedByTheDatabase() async throws {
        let post = try await Post()
        let chat = RecordingChannel()
        try await post.contact("chat", "@someone")
        let channels = [ChannelSettings(name: "chat", channel: chat)]
        let carrier = try await Carrier(post.delivery(beside: channels), post)
        try await post.desk.session.script(
            """
            create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
            create trigger refuse before update on secondline.message for each row
                when (new.channel = 'mail' and new.state = 'sending') execute function public.refuse()
            """)
        for number in 1...5 {
            try await post.note("Chat \(number)", to: "chat")
            try await carrier.run { try await post.sent("chat") == number }
        }
        #expect(post.mail.begun.count == 0)
        #expect(post.desk.recorded.lines("duty.failed").first?.contains("error=\"channel mail: ") == true)
        try await post.desk.session.script("drop trigger refuse on secondline.message")
        try await carrier.run { try await post.waiting() == 0 }
        #expect(post.mail.begun.count == 5)
        try await carrier.stop()
        try await post.close()
    }

    @Test(
        "a report that the database refuses is named and left to the lease; all others are taken, and nothing is repeated"
    )
    func refusedReport() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(concurrency: 8), post)
        try await post.desk.session.script(
            """
            create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
            """)
        post.mail.hold()
        try await post.notes(8)
        try await carrier.run { post.mail.begun.count == 8 }
        let poison = post.mail.begun[3].id.raw
        try await post.desk.session.script(
            """
            create trigger refuse before insert on secondline.message_attempt for each row
                when (new.message_id = \(poison)) execute function public.refuse()
            """)
        post.mail.open()
        try await carrier.run { try await post.sent() == 7 }
        try await carrier.run { post.desk.recorded.lines("message.set_aside").count > 0 }
        let line = try #require(post.desk.recorded.lines("message.set_aside").first)
        #expect(line.contains("message=\(poison) "))
        #expect(line.contains("because=\"the database refuses its report; "))
        #expect(post.mail.begun.count == 8)
        try await post.desk.session.script("drop trigger refuse on secondline.message_attempt")
        try await carrier.stop()
        try await post.close()
    }

    @Test("a report that is only hindered is made again until it is taken: nothing is delivered twice")
    func hinderedReport() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(concurrency: 8), post)
        try await post.desk.session.script(
            """
            create sequence public.hindered;
            create function public.hinder() returns trigger language plpgsql security definer as $$
            begin
                if nextval('public.hindered') <= 5 then raise exception 'busy' using errcode = 'lock_not_available'; end if;
                return new;
            end $$;
            create trigger hinder before insert on secondline.message_attempt for each row execute function public.hinder()
            """)
        try await post.notes(8)
        try await carrier.run { try await post.sent() == 8 }
        #expect(post.mail.begun.count == 8)
        // the same again is summed up
        #expect(post.desk.recorded.lines("duty.failed").count == 1)
        #expect(post.desk.recorded.lines("message.set_aside") == [])
        try await carrier.stop()
        try await post.close()
    }

    @Test("a channel delivers no faster than its rate, all daemons together, and each looks again when more is granted")
    func rate() async throws {
        let post = try await Post()
        let delivery = post.delivery(concurrency: 8, rate: Rate(count: 20, per: .seconds(1)))
        let carriers = [try await Carrier(delivery, post), try await Carrier(delivery, post)]
        try await post.notes(30)
        try await withThrowingTaskGroup { group in
            for carrier in carriers {
                group.addTask {
                    try await carrier.run { try await post.waiting() == 0 }
                    // the other one may wait for nothing any more
                    for carrier in carriers { carrier.hint() }
                }
            }
            try await group.waitForAll()
        }
        #expect(post.mail.begun.count == 30)
        // a tenth of a second's worth comes at once, the other 28 one step after the other
        #expect(
            try await post.rows(
                """
                select c.rate_until >= min(h.created_at) + 28 * r.step, c.rate_until <= max(h.ended_at)
                  from secondline.channel c cross join secondline_rules.rate(20, '1 second') r
                  join secondline.message_history h on h.channel = c.name
                 where c.name = 'mail' group by c.rate_until, r.step
                """) == [["t", "t"]])
        for carrier in carriers { try await carrier.stop() }
        try await post.close()
    }

    @Test("ten an hour: one leaves, the others wait for their turn without keeping the daemon busy")
    func slowRate() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(rate: Rate(count: 10, per: .seconds(3600))), post)
        try await post.notes(5)
        try await carrier.run { try await post.sent() == 1 }
        for _ in 1...5 {
            let due = try #require(try await carrier.run().dueIn)
            #expect(due > .zero)
        }
        #expect(post.mail.begun.count == 1)
        #expect(
            try await post.rows(
                "select state, attempt, count(*) from secondline.message where channel = 'mail' group by 1, 2")
                == [["ready", "0", "4"]])
        try await carrier.stop()
        try await post.close()
    }
}
