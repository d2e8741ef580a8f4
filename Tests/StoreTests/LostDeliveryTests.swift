import Postgres
import TestSupport
import Testing

/// Daemons that die, stall and come back.
@Suite(.serialized, .ownDatabase) struct LostDeliveryTests {
    static let dead = "its delivery ended three times with the death of the daemon or the program"

    @Test("a lease that ran out is taken over; one that is renewed is not")
    func lease() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        let claims = try await courier.take()
        #expect(try await courier.takeOver(at: Post.at(60)) == [])
        try await courier.renew(claims, at: Post.at(50))
        // by a clock that went back
        try await courier.renew(claims, at: Post.at(40))
        #expect(try await courier.takeOver(at: Post.at(110)) == [])
        #expect(try await post.state(message) == "sending|1|0|0|-|-")
        #expect(try await courier.takeOver(at: Post.at(111)) == ["\(message)|1|one|t|f"])
        try await courier.renew(claims, at: Post.at(112))
        #expect(try await post.state(message).hasPrefix("ready|1|1|"))
    }

    @Test("a claim that never began is no death, however often")
    func neverBegan() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        for time in 1...5 {
            let claims = try await courier.claim(at: Post.at(Double(time) * 100)).claims
            #expect(claims.map(\.attempt) == ["\(time)"])
            #expect(
                try await courier.takeOver(at: Post.at(Double(time) * 100 + 61)) == ["\(message)|\(time)|one|f|f"])
        }
        #expect(try await post.state(message) == "ready|5|0|561|unknown|the daemon did not report")
        // it may have begun all the same: that mark does not wait for the disk
        #expect(try await post.ledger(message).count == 5)
    }

    @Test("three deliveries that began and were never reported set it aside, each unknown in the ledger")
    func threeDeaths() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        for time in 1...3 {
            _ = try await courier.take(at: Post.at(Double(time) * 1000))
            #expect(
                try await courier.takeOver(at: Post.at(Double(time) * 1000 + 61))
                    == ["\(message)|\(time)|one|t|\(time == 3 ? "t" : "f")"])
        }
        #expect(try await post.state(message) == "set_aside|3|3|never|unknown|\(Self.dead)")
        #expect(
            try await post.ledger(message) == (1...3).map { "\($0)|unknown|f|one|the daemon did not report" })
        #expect(
            try await db.value(
                "select reason from secondline.message_set_aside where message_id = \(message)") == Self.dead)
    }

    @Test("what was taken over together is tried again apart")
    func apart() async throws {
        let post = try await Post()
        for _ in 0..<20 { _ = try await post.tell() }
        let courier = Courier(channel: post.channel)
        _ = try await courier.take()
        #expect(try await courier.takeOver(at: Post.at(61)).count == 20)
        #expect(try await db.value("select count(distinct send_at) > 15 from secondline.message") == "t")
    }

    @Test("two daemons that take over at once take each message once")
    func takeOverAtOnce() async throws {
        let post = try await Post()
        for _ in 0..<4 { _ = try await post.tell() }
        let courier = Courier(channel: post.channel)
        _ = try await courier.take()
        let call = "select secondline_rules.take_over_messages(\(Post.at(61)), '\(post.channel)', 1000)"
        let second = try await whileHolding(call) { try await courier.takeOver(at: Post.at(62)) }
        #expect(second == [])
        #expect(try await db.value("select sum(deaths) from secondline.message") == "4")
    }

    @Test("a report after the lease, before the next claim, still counts: that it was sent, and once as a death")
    func lateButOwn() async throws {
        let post = try await Post()
        let (sent, crashed) = (try await post.tell(at: Post.at(-1)), try await post.tell())
        let courier = Courier(channel: post.channel)
        let claims = try await courier.take()
        _ = try await courier.takeOver(at: Post.at(61))
        #expect(try await courier.finish([claims[0]], at: Post.at(62)) == [])
        #expect(try await courier.finish([claims[1]], "failed", at: Post.at(62), said: "signal 9", crashed: true) == [])
        #expect(try await post.end(sent) == "sent|-")
        #expect(
            try await post.ledger(sent) == ["1|unknown|f|one|the daemon did not report", "1|sent|f|one|-"])
        #expect(try await post.state(crashed) == "ready|1|1|72|failed|signal 9")
    }

    @Test(
        "once another has claimed it, the report of the first changes nothing and is written down",
        arguments: [
            "sent", "refused", "failed",
        ])
    func lateAfterClaim(outcome: String) async throws {
        let post = try await Post()
        let message = try await post.tell()
        let (first, second) = (Courier(channel: post.channel), Courier(channel: post.channel, worker: "two"))
        let zombie = try await first.take()
        _ = try await first.takeOver(at: Post.at(61))
        let claims = try await second.take(at: Post.at(100))
        let before = try await db.value("select m::text from secondline.message m")
        try await first.renew(zombie, at: Post.at(101))
        #expect(try await first.finish(zombie, outcome, at: Post.at(101), said: "x") == ["\(message)|1|t|-"])
        #expect(try await db.value("select m::text from secondline.message m") == before)
        #expect(try await second.finish(claims, at: Post.at(102)) == [])
        #expect(
            try await post.ledger(message) == [
                "1|unknown|f|one|the daemon did not report", "1|\(outcome)|t|one|x", "2|sent|f|two|-",
            ])
    }

    @Test("who has locked a message keeps nobody waiting: its lease is not renewed, and its report is to be repeated")
    func locked() async throws {
        let post = try await Post()
        let (locked, free) = (try await post.tell(), try await post.tell())
        let courier = Courier(channel: post.channel)
        let claims = try await courier.take()
        let told = try await whileHolding(
            "select from secondline.message where message_id = \(locked) for no key update"
        ) {
            try await courier.renew(claims, at: Post.at(50))
            return try await courier.finish(claims, at: Post.at(51))
        }
        #expect(told == ["\(locked)|1|f|-"])
        #expect(try await post.end(free) == "sent|-")
        #expect(try await post.state(locked) == "sending|1|0|0|-|-")
        #expect(try await post.ledger(locked) == [])
        #expect(try await courier.finish([claims[0]], at: Post.at(52)) == [])
        #expect(try await post.end(locked) == "sent|-")
    }

    @Test("a report about what a person dropped, or another delivered, is late")
    func lateAfterEnd() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        let claims = try await courier.take()
        _ = try await courier.takeOver(at: Post.at(61))
        try await db.script("select secondline_rules.drop_message(\(Post.at(62)), \(message), 'not needed')")
        #expect(try await courier.finish(claims, at: Post.at(63)) == ["\(message)|1|t|-"])
        #expect(try await courier.finish(claims, "failed", at: Post.at(63)) == ["\(message)|1|t|-"])
        #expect(try await post.end(message) == "dropped|not needed")
    }

    @Test("what was set aside is not touched by a late failure, but a late success delivers it")
    func lateAfterSetAside() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        var claims: [Courier.Claim] = []
        for time in 1...3 {
            claims = try await courier.take(at: Post.at(Double(time) * 1000))
            _ = try await courier.takeOver(at: Post.at(Double(time) * 1000 + 61))
        }
        #expect(try await courier.finish(claims, "failed", at: Post.at(4000)) == ["\(message)|3|t|-"])
        #expect(try await post.state(message).hasPrefix("set_aside|"))
        #expect(try await courier.finish(claims, at: Post.at(4001)) == [])
        #expect(try await post.end(message) == "sent|-")
    }
}
