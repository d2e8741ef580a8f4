import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

@Suite("messages that several daemons share", .serialized)
struct DeliveryLeaseTests {
    /// A second daemon on the same database, with a channel and a log of its own, which looks often.
    private struct Other {
        let mail = RecordingChannel()
        let carrier: Carrier

        init(_ post: Post, concurrency: Int = 4, lease: Duration = .seconds(30)) async throws {
            let settings = ChannelSettings(name: "mail", channel: mail, concurrency: concurrency)
            carrier = try await Carrier(
                DeliverySettings(channels: [settings], lease: lease), post, poll: .milliseconds(1), log: RecordedLog())
        }
    }

    @Test(
        "a delivery that outlasts its lease is left alone while its daemon lives; when that stops, another takes it over"
    )
    func lease() async throws {
        let post = try await Post()
        let first = try await Carrier(post.delivery(lease: .seconds(2)), post)
        let other = try await Other(post)
        post.mail.hold()
        let id = try await post.note("hello")
        try await first.run { post.mail.begun.count >= 1 }
        let lease =
            try await post.desk.value("select leased_until from secondline.message where message_id = \(id)") ?? ""
        // the first daemon runs before the other looks: however slow this machine is, the lease is fresh then
        try await first.run {
            try await other.carrier.run()
            return try await post.desk.value("select clock_timestamp() > '\(lease)'::timestamptz + interval '1 second'")
                == "t"
        }
        #expect(other.mail.begun.count == 0)
        #expect(try await post.ledger(id) == [])

        // it sleeps from here on
        try await other.carrier.run { try await post.waiting() == 0 }
        #expect(
            other.carrier.recorded.lines("message.taken_over").first?
                .contains("warning message.taken_over message=\(id) channel=mail attempt=1 from=") == true)
        post.mail.release()
        try await first.run { !post.desk.recorded.lines("delivery.late").isEmpty }
        #expect(
            try await post.ledger(id) == [
                ["1", "unknown", "f", "the daemon did not report"], ["2", "sent", "f", nil], ["1", "sent", "t", nil],
            ])
        #expect(try await post.rows("select state, attempt from secondline.message_history") == [["sent", "2"]])
        try await first.stop()
        try await other.carrier.stop()
        try await post.close()
    }

    @Test("what ended while the database was away for longer than the lease is reported, not taken for lost")
    func endedInAnOutage() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(), post, poll: .milliseconds(1))
        post.mail.hold()
        let id = try await post.note("hello")
        try await carrier.run { post.mail.begun.count >= 1 }
        // then it looks for what other daemons lost
        let due = try #require(try await carrier.run().dueIn)
        post.mail.answer { Delivery($0.attempt == 1 ? .failed : .sent, said: "as told") }
        post.mail.open()
        await post.desk.recorded.line(containing: "message.failed message=\(id)")
        try await post.desk.session.script(
            "update secondline.message set leased_until = now() - interval '1 hour' where channel = 'mail'")
        await Wake().wait(atMost: due)
        try await carrier.run { try await post.waiting() == 0 }
        #expect(try await post.ledger(id) == [["1", "failed", "f", "as told"], ["2", "sent", "f", "as told"]])
        #expect(post.desk.recorded.lines("message.taken_over") == [])
        try await carrier.stop()
        try await post.close()
    }

    @Test("two daemons deliver 2,000 messages once each")
    func two() async throws {
        let post = try await Post()
        let first = try await Carrier(post.delivery(concurrency: 16), post, poll: .milliseconds(1))
        let other = try await Other(post, concurrency: 16)
        try await post.notes(2000)
        try await withThrowingTaskGroup { group in
            for carrier in [first, other.carrier] {
                group.addTask { try await carrier.run { try await post.waiting() == 0 } }
            }
            try await group.waitForAll()
        }
        let delivered = post.mail.begun + other.mail.begun
        #expect(delivered.count == 2000 && Set(delivered.map(\.id)).count == 2000)
        #expect(try await post.sent() == 2000)
        #expect(
            try await post.rows("select outcome, late, count(*) from secondline.message_attempt group by 1, 2")
                == [["sent", "f", "2000"]])
        try await first.stop()
        try await other.carrier.stop()
        try await post.close()
    }

    @Test(
        "a message that committed after later ones were delivered is found by the next look at everything, with all beside it"
    )
    func lateCommit() async throws {
        let post = try await Post()
        let carrier = try await Carrier(post.delivery(concurrency: 2), post, poll: .milliseconds(1))
        try await post.note("early")
        try await carrier.run { try await post.waiting() == 0 }
        try await post.notes(1000)
        try await post.desk.session.script(
            "update secondline.message set send_at = now() - interval '1 hour' where channel = 'mail'")
        // one look that finds two of them finds all
        var looks = 0
        try await carrier.run {
            looks += 1
            try await post.note("meanwhile \(looks)")
            return try await post.desk.value(
                "select count(*) from secondline.message where channel = 'mail' and send_at < now() - interval '1 minute'"
            ) == "0"
        }
        let texts = post.mail.texts
        let notes = texts.indices.filter { texts[$0].hasPrefix("Note") }
        let first = try #require(notes.first)
        let last = try #require(notes.last)
        #expect(
            texts[first...last].filter { !$0.hasPrefix("Note") }.count <= 4, "what came later was delivered in between")
        try await carrier.stop()
        try await post.close()
    }
}
