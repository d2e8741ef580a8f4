import Postgres
import TestSupport
import Testing

/// Messages about tickets that are given to people, and what a person may do with messages.
@Suite(.serialized, .ownDatabase) struct OfferTests {
    private func inbox(_ person: Int64) async throws -> [String] {
        try await db.lines(
            "select severity, ticket_id, subject from secondline.inbox where person_id = \(person) order by message_id")
    }

    @Test(
        "an assigned ticket is offered in the inbox, as urgent as the ticket, until it is accepted",
        arguments: [("urgent", "urgent"), ("high", "high"), ("normal", "normal"), ("low", "normal"), (nil, "normal")])
    func offered(priority: String?, severity: String) async throws {
        let post = try await Post()
        let ticket = try await post.here.ticket(in: db, priority: priority)
        let heard = try await hints(on: "secondline_inbox") { try await db.assign([(ticket, post.reader)]) }
        #expect(heard == ["\(post.reader)"])
        #expect(try await inbox(post.reader) == ["\(severity)|\(ticket)|Ticket \(ticket) is yours: title"])
        let message = try await db.id("message_id from secondline.inbox where person_id = \(post.reader)")
        #expect(
            try await db.value("select retired from secondline_rules.retire_popups(now(), '30 days', 0, 10)") == "0")
        try await db.script("select secondline.accept_ticket(\(ticket), \(post.reader))")
        #expect(try await inbox(post.reader) == [])
        #expect(
            try await db.value("select retired from secondline_rules.retire_popups(now(), '30 days', 0, 10)") == "1")
        #expect(try await post.end(message) == "dropped|what it was about has ended")
        #expect(
            try await db.value("select retired from secondline_rules.retire_popups(now(), '30 days', 0, 10)") == "0")
    }

    @Test("an offer goes to the contacts, unless it was answered before")
    func carried() async throws {
        let post = try await Post()
        try await db.script("select secondline.set_contact(\(post.reader), '\(post.channel)', 'a', 'low')")
        let courier = Courier(channel: post.channel)
        let ticket = try await post.here.assignedTicket(in: db)
        #expect(try await courier.claim(at: "clock_timestamp()").claims.count == 1)
        let other = try await post.here.assignedTicket(in: db)
        let message = try await db.id(
            "message_id from secondline.message where channel = '\(post.channel)' and ticket_id = \(other)")
        try await db.script("select secondline.decline_ticket(\(other), \(post.reader), 'no')")
        #expect(try await courier.claim(at: "clock_timestamp()").messages == [])
        #expect(try await post.end(message) == "dropped|what it was about has ended")
        #expect(try await db.value("select count(*) from secondline.message where ticket_id = \(ticket)") == "2")
    }

    @Test("a ticket that is handed over is offered to the other, and no longer to the first")
    func handedOver() async throws {
        let post = try await Post(specialists: 2)
        let other = post.here.specialists[1]
        let ticket = try await post.here.assignedTicket(in: db)
        try await db.script("select secondline.reassign_ticket(\(ticket), \(other), \(post.here.head), 'knows it')")
        #expect(try await inbox(post.reader) == [])
        #expect(try await inbox(other) == ["normal|\(ticket)|Ticket \(ticket) is yours: title"])
        #expect(
            try await db.lines(
                "select data ->> 'queue', data ->> 'client' like 'client%', data ->> 'title' from secondline.message where person_id = \(other)"
            ) == ["\(post.here.queue)|t|title"])
    }

    /// What may be done by hand, and what then becomes of the message.
    struct ByHand: Sendable, CustomTestStringConvertible {
        let state: String
        /// The refusal, or the state afterwards.
        let retry: Result<String, SQLStateOf>
        let drop: Result<String, SQLStateOf>

        struct SQLStateOf: Error { let code: SQLState }

        var testDescription: String { state }

        static let all = [
            ByHand(state: "ready", retry: .success("ready"), drop: .success("dropped|not needed")),
            ByHand(state: "waiting", retry: .success("ready"), drop: .success("dropped|not needed")),
            ByHand(
                state: "sending", retry: .failure(.init(code: "SL006")), drop: .failure(.init(code: "SL006"))),
            ByHand(state: "set_aside", retry: .success("ready"), drop: .success("dropped|not needed")),
            ByHand(state: "popup", retry: .failure(.init(code: "SL006")), drop: .success("dropped|not needed")),
            ByHand(state: "ended", retry: .failure(.init(code: "P0002")), drop: .failure(.init(code: "P0002"))),
        ]
    }

    @Test("a person may retry what waits or was set aside, and drop what is not being delivered", arguments: ByHand.all)
    func byHand(_ one: ByHand) async throws {
        for (call, expected) in [("retry_message(%)", one.retry), ("drop_message(%, 'not needed')", one.drop)] {
            let post = try await Post()
            let courier = Courier(channel: post.channel)
            let message: Int64
            switch one.state {
            case "popup": message = try await post.popUp()
            default:
                message = try await post.tell()
                let claims = one.state == "ready" ? [] : try await courier.take()
                if one.state == "waiting" { try await courier.finish(claims, "failed", retryIn: 1e9) }
                if one.state == "set_aside" { try await courier.finish(claims, "refused", said: "no") }
                if one.state == "ended" { try await courier.finish(claims) }
            }
            let sql = "select secondline.\(call.replacing("%", with: "\(message)"))"
            switch expected {
            case .success(let after):
                let heard = try await hints { try await db.script(sql) }
                if after == "ready" {
                    #expect(heard == ["retry"])
                    #expect(try await post.state(message).hasPrefix("ready|"))
                    #expect(try await courier.claim(at: "clock_timestamp()").messages == [message])
                } else {
                    #expect(try await post.end(message) == after)
                }
            case .failure(let refusal): await db.expectRefusal(refusal.code, sql)
            }
        }
    }

    @Test("whoever retries what has ended hears what became of it")
    func ended() async throws {
        let post = try await Post()
        let message = try await post.tell()
        try await db.script("select secondline.drop_message(\(message), 'not needed')")
        let error = await db.refusal("select secondline.retry_message(\(message))")
        #expect(error?.hint?.contains(/It was dropped at .*: not needed\./) == true)
        await db.expectRefusal("22023", "select secondline.drop_message(\(try await post.tell()), ' ')")
    }
}
