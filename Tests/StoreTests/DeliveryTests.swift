import Postgres
import TestSupport
import Testing

/// One channel and those who carry its messages.
@Suite(.serialized, .ownDatabase) struct DeliveryTests {
    @Test("the oldest is claimed first, at most so many, nothing before its time and nothing before the floor")
    func order() async throws {
        let post = try await Post()
        let late = try await post.tell(at: Post.at(30))
        let first = try await post.tell(at: Post.at(10))
        let second = try await post.tell(at: Post.at(20))
        let future = try await post.tell(at: Post.at(90))
        var courier = Courier(channel: post.channel)
        #expect(try await courier.claim(at: Post.at(60), limit: 1).messages == [first])
        courier.floor = "2026-06-01 10:00:25Z"
        let next = try await courier.claim(at: Post.at(60))
        #expect(next.messages == [late])
        #expect(next.dueIn == 30)
        courier.floor = "-infinity"
        #expect(try await courier.claim(at: Post.at(60)).messages == [second])
        #expect(try await courier.claim(at: Post.at(90)).messages == [future])
        let nothing = try await courier.claim(at: Post.at(90))
        #expect(nothing.messages == [])
        #expect(nothing.dueIn == nil)
    }

    @Test("a claim charges the attempt, carries the rendered message and its address, and names itself")
    func charged() async throws {
        let post = try await Post()
        let message = try await post.tell("the text")
        let rows = try await db.lines(
            """
            select attempt, claim_id is not null, kind, name like 'team %', address, locale, subject, text, data,
                   length(idempotency_key) from secondline_rules.claim_messages(
                   \(Post.at()), 'one', '\(post.channel)', 10, '1 minute', '-infinity', null, null)
             where message_id is not null
            """)
        #expect(rows == [#"1|t|note|t|room 1|en|A note for you|the text|{"text": "the text"}|36"#])
        #expect(try await post.state(message) == "sending|1|0|0|-|-")
    }

    @Test("two daemons never claim the same message")
    func shared() async throws {
        let post = try await Post()
        var all: [Int64] = []
        for _ in 0..<40 { all.append(try await post.tell()) }
        // what one has locked and not yet committed, the other passes over
        let claim =
            "select secondline_rules.claim_messages(\(Post.at()), 'one', '\(post.channel)', 10, '1 min', '-infinity', null, null)"
        let second = try await whileHolding(claim) {
            try await withSession {
                try await Courier(channel: post.channel, worker: "two", session: $0).claim(limit: 10)
            }
        }
        #expect(second.messages == Array(all[10..<20]))
        try await withThrowingTaskGroup(of: [Int64].self) { group in
            for worker in ["one", "two"] {
                group.addTask {
                    try await withSession { session in
                        let courier = Courier(channel: post.channel, worker: worker, session: session)
                        var mine: [Int64] = []
                        for _ in 0..<10 { mine += try await courier.claim(limit: 3).messages }
                        return mine
                    }
                }
            }
            let found = try await group.reduce(into: []) { $0 += $1 }
            #expect(found.sorted() == Array(all[20...]))
        }
    }

    @Test("what was sent is in the history with its attempt in the ledger; twice is late and changes nothing")
    func sent() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        let claims = try await courier.take()
        #expect(try await courier.finish(claims, said: "250 ok") == [])
        #expect(try await post.state(message) == "gone")
        #expect(try await post.end(message) == "sent|-")
        #expect(try await courier.finish(claims, said: "250 ok") == ["\(message)|1|t|-"])
        #expect(try await post.ledger(message) == ["1|sent|f|one|250 ok", "1|sent|t|one|250 ok"])
    }

    @Test("refused is set aside with what the channel said; failed is tried again when the channel says")
    func notSent() async throws {
        let post = try await Post()
        let refused = try await post.tell(at: Post.at(-1))
        let failed = try await post.tell()
        let courier = Courier(channel: post.channel)
        let claims = try await courier.take()
        #expect(
            try await courier.finish([claims[0]], "refused", said: "no such user") == ["\(refused)|1|f|no such user"])
        #expect(try await courier.finish([claims[1]], "failed", said: "busy", retryIn: 20) == [])
        #expect(try await post.state(refused) == "set_aside|1|0|never|refused|no such user")
        #expect(try await post.state(failed) == "ready|1|0|20|failed|busy")
        let next = try await courier.claim(at: Post.at(19))
        #expect(next.messages == [])
        #expect(next.dueIn == 1)
        #expect(try await courier.claim(at: Post.at(20)).claims.map(\.attempt) == ["2"])
        #expect(
            try await db.lines(
                "select channel = '\(post.channel)', reason, attempt from secondline.message_set_aside where message_id = \(refused)"
            ) == ["t|no such user|1"])
    }

    @Test("a message on which the program crashed three times is set aside, and retry_message gives it three more")
    func crashes() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        for time in 1...3 {
            let claims = try await courier.take(at: Post.at(Double(time) * 100))
            #expect(claims.map(\.attempt) == ["\(time)"])
            let told = try await courier.finish(
                claims, "failed", at: Post.at(Double(time) * 100 + 1), said: "signal 11", crashed: true)
            #expect(told == (time < 3 ? [] : ["\(message)|3|f|signal 11"]))
        }
        #expect(try await post.state(message) == "set_aside|3|3|never|failed|signal 11")
        #expect(try await courier.claim(at: Post.at(9999)).messages == [])
        try await db.script("select secondline_rules.retry_message(\(Post.at(500)), \(message))")
        #expect(try await post.state(message) == "ready|3|0|500|failed|signal 11")
        #expect(try await courier.claim(at: Post.at(500)).claims.map(\.attempt) == ["4"])
    }

    @Test("a message keeps its idempotency key over all attempts")
    func idempotency() async throws {
        let post = try await Post()
        let message = try await post.tell()
        let courier = Courier(channel: post.channel)
        let key = "select idempotency_key from secondline.%s where message_id = \(message)"
        let before = try await db.value(key.replacing("%s", with: "message"))
        try await courier.finish(try await courier.take(), "failed")
        try await courier.finish(try await courier.take(at: Post.at(60)), at: Post.at(61))
        #expect(try await db.value(key.replacing("%s", with: "message_history")) == before)
    }

    @Test("a contact that was removed after the message was written gives no address")
    func withoutAddress() async throws {
        let post = try await Post()
        _ = try await post.tell()
        // by hand: set_team_contact drops what waits
        try await db.script("delete from secondline.contact where team_id = \(post.here.team)")
        let found = try await db.lines(
            """
            select address, text from secondline_rules.claim_messages(
                   \(Post.at()), 'one', '\(post.channel)', 10, '1 minute', '-infinity', null, null) where message_id is not null
            """)
        #expect(found == ["-|text"])
    }

    @Test("the claims of a full page stay on it, and the updates of a delivery touch no index")
    func hot() async throws {
        let post = try await Post()
        // 5 leave room for every version: nothing depends on what may be tidied while others' transactions run
        for (count, renewals) in [(50, 0), (5, 4)] {
            try await db.script("truncate secondline.message")
            for _ in 0..<count { _ = try await post.tell() }
            try await withSession { session in
                let counts = try await session.transaction { (db) throws(DatabaseError) in
                    try db.script(
                        """
                        select secondline_rules.claim_messages(
                               \(Post.at()), 'one', '\(post.channel)', 50, '1 min', '-infinity', null, null)
                        """)
                    for _ in 0..<renewals {
                        try db.script(
                            """
                            select secondline_rules.renew_leases(
                                   \(Post.at(30)), array_agg(message_id), array_agg(attempt), '1 min')
                              from secondline.message where channel = '\(post.channel)'
                            """)
                    }
                    return try db.simpleQuery(
                        """
                        select n_tup_upd, n_tup_hot_upd from pg_stat_xact_user_tables
                         where relid = 'secondline.message'::regclass
                        """)
                }
                let updates = "\(count * (1 + renewals))"
                #expect(counts == [[updates, updates]])
            }
        }
    }
}
