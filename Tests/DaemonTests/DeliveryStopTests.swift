import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

@Suite("deliveries when the daemon stops", .serialized)
struct DeliveryStopTests {
    @Test("what is on its way ends and is reported, nothing more is claimed, and the daemon is forgotten")
    func lands() async throws {
        let post = try await Post()
        let daemon = Daemon(settings: post.daemon(post.delivery(concurrency: 2)), log: post.desk.recorded.log)
        let running = Task { try await daemon.run() }
        await post.desk.recorded.line(containing: "daemon.ready")
        post.mail.hold()
        try await post.notes(6)
        await post.mail.begun(2)
        #expect(try await post.rows("select channel from secondline.channel_worker") == [["mail"]])
        daemon.stop()
        post.mail.open()
        try await running.value
        #expect(post.mail.begun.count == 2)
        #expect(try await post.sent() == 2)
        #expect(
            try await post.rows(
                "select state, attempt, count(*) from secondline.message where channel = 'mail' group by 1, 2")
                == [["ready", "0", "4"]])
        #expect(
            try await post.rows("select outcome, late, count(*) from secondline.message_attempt group by 1, 2")
                == [["sent", "f", "2"]])
        #expect(try await post.rows("select from secondline.channel_worker").count == 0)
        #expect(post.desk.recorded.lines("duty.failed") == [])
        try await post.close()
    }

    @Test("what does not end is broken off and recorded as unknown; its message waits for the next daemon")
    func brokenOff() async throws {
        let post = try await Post()
        let daemon = Daemon(settings: post.daemon(post.delivery(concurrency: 2)), log: post.desk.recorded.log)
        let running = Task { try await daemon.run() }
        await post.desk.recorded.line(containing: "daemon.ready")
        post.mail.hold { $0.text == "Note 1" }
        try await post.notes(2)
        await post.mail.begun(2)
        daemon.stop()
        try await running.value
        #expect(
            try await post.rows(
                "select state, attempt, deaths, last_outcome, last_said from secondline.message where channel = 'mail'")
                == [["ready", "1", "0", "unknown", "was stopped before it ended"]])
        #expect(
            try await post.rows("select outcome, late from secondline.message_attempt order by 1")
                == [["sent", "f"], ["unknown", "f"]])
        #expect(try await post.rows("select from secondline.channel_worker").count == 0)

        post.mail.open()
        let next = try await Carrier(post.delivery(), post)
        try await next.run { try await post.waiting() == 0 }
        #expect(post.mail.begun.map(\.attempt).sorted() == [1, 1, 2])
        try await next.stop()
        try await post.close()
    }

    @Test("while it waits for what is on its way it reports what ends, and keeps the rest from other daemons")
    func leasesWhileLanding() async throws {
        let post = try await Post()
        let first = try await Carrier(post.delivery(lease: .seconds(2)), post)
        let others = RecordingChannel()
        let other = try await Carrier(
            DeliverySettings(channels: [ChannelSettings(name: "mail", channel: others)]), post, poll: .milliseconds(1),
            log: RecordedLog())
        post.mail.hold()
        try await post.notes(2)
        try await first.run { post.mail.begun.count >= 2 }
        let lease =
            try await post.desk.value("select max(leased_until) from secondline.message where channel = 'mail'") ?? ""
        let stopping = Task { try await first.stop() }
        post.mail.release { $0.text == "Note 1" }
        while try await post.sent() == 0 {}
        // a moment beyond its lease the other delivery is still under way
        while try await post.desk.value("select clock_timestamp() > '\(lease)'::timestamptz + interval '1 second'")
            == "f"
        {
            try await other.run()
        }
        #expect(post.mail.busy == 1)
        post.mail.release()
        try await stopping.value
        #expect(others.begun.count == 0 && other.recorded.lines("message.taken_over") == [])
        #expect(try await post.sent() == 2)
        try await other.stop()
        try await post.close()
    }
}
