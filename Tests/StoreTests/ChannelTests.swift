import Postgres
import TestSupport
import Testing

/// Rates, what is known about channels, and what is forgotten.
@Suite(.serialized, .ownDatabase) struct ChannelTests {
    struct Rate: Sendable, CustomTestStringConvertible {
        let count: Int
        let seconds: Double
        /// How often each daemon looks, in seconds.
        let step: Double

        var testDescription: String { "\(count)/\(seconds)s every \(step)s" }

        static let all = [
            Rate(count: 30, seconds: 60, step: 0.7), Rate(count: 1, seconds: 5, step: 0.3),
            Rate(count: 7, seconds: 1, step: 0.05), Rate(count: 15, seconds: 1, step: 0.01),
            Rate(count: 100, seconds: 1, step: 0.033), Rate(count: 10, seconds: 5, step: 2.1),
        ]
    }

    @Test("two daemons together never send more than the rate in any interval, and get near it", arguments: Rate.all)
    func rate(_ rate: Rate) async throws {
        let post = try await Post()
        let steps = Int(3.3 * rate.seconds / rate.step)
        try await db.script(
            """
            insert into secondline.message (channel, severity, kind, team_id, created_at, send_at, data)
            select '\(post.channel)', 'normal', 'note', \(post.here.team), \(Post.at(-1)), \(Post.at(-1)), '{"text": "x"}'
              from generate_series(1, 5 * \(rate.count))
            """)
        var sent: [Double] = []
        for step in 0..<steps {
            for worker in ["one", "two"] {
                let now = Double(step) * rate.step
                let courier = Courier(
                    channel: post.channel, worker: worker,
                    rate: "\(rate.count), make_interval(secs => \(rate.seconds))")
                sent += try await courier.claim(at: Post.at(now), limit: 50).claims.map { _ in now }
            }
        }
        for start in sent {
            let inside = sent.count { $0 >= start && $0 < start + rate.seconds - 1e-9 }
            #expect(inside <= rate.count, "from \(start)")
        }
        // evenly: at no look more than a tenth of a second's worth and what fell due since the last one
        let most = max(1, Double(rate.count) * 0.1 / rate.seconds)
        for (_, group) in Dictionary(grouping: sent, by: \.self) { #expect(Double(group.count) <= most) }
        let whole = min(Double(rate.count) / rate.seconds, most / rate.step)
        #expect(Double(sent.count) >= 0.8 * whole * Double(steps) * rate.step - 1, "\(sent.count)")
    }

    @Test("a channel that used up its rate says when the next is granted")
    func rateDue() async throws {
        let post = try await Post()
        for _ in 0..<3 { _ = try await post.tell() }
        let courier = Courier(channel: post.channel, rate: "1, interval '5 s'")
        let first = try await courier.claim()
        #expect(first.claims.count == 1)
        #expect(first.dueIn == 5)
        let early = try await courier.claim(at: Post.at(4.9))
        #expect(early.claims.count == 0)
        #expect(early.dueIn == 0.1)
        #expect(try await courier.claim(at: Post.at(5)).claims.count == 1)
        let last = try await courier.claim(at: Post.at(60))
        #expect(last.claims.count == 1)
        #expect(last.dueIn == nil)
        // what is not granted was not charged
        #expect(try await db.value("select max(attempt) from secondline.message") == "1")
    }

    @Test("a channel that another daemon is just taking from grants nothing, and waits for nobody")
    func rateLocked() async throws {
        let post = try await Post()
        _ = try await post.tell()
        let hold = "select from secondline.channel where name = '\(post.channel)' for no key update"
        let found = try await whileHolding(hold) {
            try await Courier(channel: post.channel, rate: "10, interval '1 s'").claim()
        }
        #expect(found.messages == [])
        #expect(found.dueIn != nil)
    }

    private func report(_ post: Post, _ worker: String, failingFor: String = "null", seen: String = "now()")
        async throws
    {
        try await db.script(
            """
            select secondline_rules.report_channel(\(seen), '\(post.channel)', '\(worker)', \(failingFor),
                                                   \(failingFor == "null" ? 0 : 3), \(failingFor == "null" ? "null" : "'busy'"))
            """)
    }

    private func now(_ post: Post) async throws -> [String] {
        try await db.lines(
            """
            select state, date_trunc('minute', failing_for), last_error, waiting, sending, later, set_aside, daemons, contacts
              from secondline.channel_now where channel = '\(post.channel)'
            """)
    }

    @Test("a channel that no daemon has configured waits, and says so; then what the daemons say of it")
    func channelNow() async throws {
        let post = try await Post()
        for _ in 0..<3 { _ = try await post.tell() }
        _ = try await post.tell(at: "now() + interval '1 hour'")
        #expect(try await now(post) == ["not_configured|-|-|3|0|1|0|0|1"])
        try await report(post, "one")
        #expect(try await now(post) == ["working|-|-|3|0|1|0|1|1"])
        try await report(post, "two", failingFor: "600")
        #expect(try await now(post) == ["failing_in_part|00:10:00|busy|3|0|1|0|2|1"])
        try await report(post, "one", failingFor: "60")
        #expect(try await now(post) == ["failing|00:10:00|busy|3|0|1|0|2|1"])
        let courier = Courier(channel: post.channel)
        let claims = try await courier.take(at: "now()", limit: 2)
        try await courier.finish([claims[0]], "refused", at: "now()", said: "no")
        #expect(try await now(post) == ["failing|00:10:00|busy|1|1|1|1|2|1"])
        try await courier.finish([claims[1]], at: "now()")
        #expect(
            try await db.lines(
                "select sent_last_hour, failed_last_hour from secondline.channel_now where channel = '\(post.channel)'")
                == ["1|1"])
        try await db.script("select secondline_rules.forget_worker('one'), secondline_rules.forget_worker('two')")
        #expect(try await now(post) == ["not_configured|-|-|1|0|1|1|0|1"])
        #expect(
            try await db.lines("select state, daemons from secondline.channel_now where channel = 'popup'") == [
                "built_in|0"
            ])
    }

    @Test("a daemon that has not been seen for five minutes counts no more, and is forgotten")
    func forgotten() async throws {
        let post = try await Post()
        try await report(post, "dead", seen: "now() - interval '301 s'")
        try await report(post, "alive", seen: "now() - interval '200 s'")
        #expect(try await now(post) == ["working|-|-|0|0|0|0|1|1"])
        try await db.script("select secondline_rules.remove_history(now(), '30 days', 10)")
        #expect(
            try await db.lines("select worker from secondline.channel_worker where channel = '\(post.channel)'")
                == ["alive"])
    }

    @Test("history is removed in batches after its time, the oldest first, with its attempts")
    func history() async throws {
        let post = try await Post()
        let courier = Courier(channel: post.channel)
        try await db.script("delete from secondline.message_history; delete from secondline.message_attempt")
        var all: [Int64] = []
        for number in 0..<5 {
            all.append(try await post.tell())
            try await courier.finish(try await courier.take(), at: Post.at(Double(number)))
        }
        let left = "select message_id from secondline.message_%s order by 1"
        for (limit, removed, kept) in [(2, "2", 2...4), (2, "1", 3...4), (2, "0", 3...4)] {
            #expect(
                try await db.value(
                    "select secondline_rules.remove_history(\(Post.at(2.5)) + interval '7 days', '7 days', \(limit))")
                    == removed)
            for table in ["history", "attempt"] {
                #expect(try await db.lines(left.replacing("%s", with: table)) == all[kept].map(String.init))
            }
        }
        // it says so while it has removed anything, claims included
        while try await db.value("select secondline_rules.remove_history(now() + interval '1 year', '7 days', 2)")
            != "0"
        {}
        #expect(
            try await db.value(
                "select (select count(*) from secondline.message_history) + (select count(*) from secondline.delivery_claim)"
            )
                == "0")
    }
}
