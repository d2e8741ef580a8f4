import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

@Suite("a channel that fails throughout", .serialized)
struct CircuitChannelTests {
    @Test("it is named once, then tried with one message at a time until one succeeds; another channel is unaffected")
    func circuit() async throws {
        let post = try await Post()
        let chat = RecordingChannel()
        try await post.contact("chat", "@someone")
        let channels = [ChannelSettings(name: "chat", channel: chat, concurrency: 2)]
        let carrier = try await Carrier(post.delivery(concurrency: 5, beside: channels), post)
        let log = post.desk.recorded
        post.mail.answer { _ in Delivery(.failed, said: "connection refused") }
        post.mail.hold()
        try await post.notes(30)
        try await carrier.run { post.mail.begun.count >= 5 }
        #expect(log.lines("channel.failing") == [])
        post.mail.release()
        await log.line(containing: "warning channel.failing channel=mail error=\"connection refused\"")

        // each try fails, and is alone
        for count in 6...10 {
            try await carrier.run { post.mail.begun.count >= count }
            try await carrier.run()
            #expect(post.mail.begun.count == count && post.mail.busy == 1)
            post.mail.release()
        }
        try await carrier.run { post.mail.begun.count >= 11 }
        let told = try await post.rows(
            "select failing_since is not null, failures, error from secondline.channel_worker where channel = 'mail'")
        #expect(told == [["t", "5", "connection refused"]])
        #expect(
            try await post.rows(
                "select channel, state from secondline.channel_now where channel <> 'popup' order by channel")
                == [["chat", "working"], ["mail", "failing"]])

        try await post.notes(20, to: "chat")
        chat.hold()
        try await carrier.run { chat.begun.count >= 2 }
        chat.open()
        try await carrier.run { try await post.sent("chat") == 20 }
        #expect(post.mail.begun.count == 11)

        post.mail.answer { _ in Delivery(.sent) }
        post.mail.release()
        await log.line(containing: "channel.restored channel=mail")
        try await carrier.run { post.mail.begun.count >= 16 }
        #expect(post.mail.busy == 5 && post.mail.most == 5)
        post.mail.open()
        try await carrier.run { try await post.waiting() == 0 }
        #expect(log.lines("channel.failing").count == 1)
        #expect(log.lines("channel.restored").count == 1)
        #expect(log.lines("channel.restored").first?.contains("failures=10") == true)
        #expect(
            try await post.desk.value(
                "select failing_since is null from secondline.channel_worker where channel = 'mail'")
                == "t")
        try await carrier.stop()
        try await post.close()
    }

    @Test("a channel that refuses everything may be set up wrongly: it is named, and its messages are not used up")
    func refuses() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(), post)
        post.mail.answer { _ in Delivery(.refused, said: "no such hook") }
        try await post.notes(30)
        try await carrier.run { !post.desk.recorded.lines("channel.failing").isEmpty }
        #expect(try await post.desk.session.id("count(*) from secondline.message_set_aside") < 15)
        post.mail.answer { _ in Delivery(.sent) }
        carrier.duty.tryFailing()
        try await carrier.run { !post.desk.recorded.lines("channel.restored").isEmpty }
        try await post.desk.run("secondline.retry_channel('mail')")
        try await carrier.run { try await post.waiting() == 0 }
        #expect(try await post.sent() == 30)
        #expect(post.desk.recorded.lines("channel.failing").count == 1)
        try await carrier.stop()
        try await post.close()
    }

    @Test("a daemon whose channel fails leaves the messages to one whose channel works")
    func failsHereOnly() async throws {
        let post = try await Post()
        let broken = try await Carrier(post.delivery(concurrency: 5), post)
        post.mail.answer { _ in Delivery(.failed, said: "no route") }
        try await post.notes(100)
        try await broken.run { !post.desk.recorded.lines("channel.failing").isEmpty }
        let other = RecordingChannel()
        let working = try await Carrier(
            DeliverySettings(channels: [ChannelSettings(name: "mail", channel: other)]), post, poll: .milliseconds(1))
        try await withThrowingTaskGroup { group in
            for carrier in [broken, working] {
                group.addTask { try await carrier.run { try await post.waiting() == 0 } }
            }
            try await group.waitForAll()
        }
        #expect(try await post.sent() == 100)
        #expect(other.begun.count == 100)
        try await working.stop()
        try await broken.stop()
        try await post.close()
    }
}
