import Daemon
import Policy
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("the upkeep duty", .serialized)
struct UpkeepDutyTests {
    /// The duty at a time that the test sets.
    private final class Keeper: Sendable {
        private let now = Mutex<Instant?>(nil)

        func duty(
            _ desk: Desk, retention: Duration = .seconds(30 * 86_400), tickets: Duration? = nil
        ) -> UpkeepDuty {
            UpkeepDuty(log: desk.recorded.log, retention: retention, ticketRetention: tickets) {
                self.now.withLock { $0 }
            }
        }

        /// From now on it is that long after the database's time.
        func later(_ interval: String, _ desk: Desk) async throws {
            let instant = try await desk.session.id(
                """
                (extract(epoch from clock_timestamp() + interval '\(interval)' - '2000-01-01Z'::timestamptz) * 1000000)::bigint
                """)
            now.withLock { $0 = Instant(microseconds: instant) }
        }
    }

    private func send(_ desk: Desk, _ text: String, severity: String = "normal", at: String = "now()") async throws
        -> Int64
    {
        try await desk.session.id(
            """
            secondline.send_message(\(desk.department.specialists[0]), 'note',
                '{"text": "\(text)", "severity": "\(severity)"}', null, \(at))
            """)
    }

    private func attention(_ desk: Desk, _ message: Int64) async throws -> String? {
        try await desk.value(
            """
            select coalesce((attend_at - send_at)::text, 'none') from secondline.message where message_id = \(message)
            """)
    }

    @Test("a popup for later is announced when its time has come, and the duty says when that is")
    func announced() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        let keeper = Keeper()
        let duty = keeper.duty(desk)
        let later = try await send(desk, "later", at: "now() + interval '2 hours'")
        let (heard, sink) = AsyncStream<String>.makeStream()
        let listening = Task { [options = desk.database.options("listener")] in
            try await Listener(options: options, channels: ["secondline_inbox"]).listen {
                sink.yield("ready")
            } onNotification: {
                sink.yield($0.payload)
            }
        }
        var notifications = heard.makeAsyncIterator()
        #expect(await notifications.next() == "ready")
        let due = try #require(try await duty.run(desk.session).dueIn)
        #expect(due > .seconds(3600) && due <= .seconds(7200))
        #expect(try await attention(desk, later) == "00:00:00")

        try await keeper.later("2 hours 1 second", desk)
        #expect(try await duty.run(desk.session) == DutyOutcome())
        #expect(await notifications.next() == "\(desk.department.specialists[0])")
        #expect(try await attention(desk, later) == "none")
        listening.cancel()
        try await desk.close()
    }

    @Test(
        "an urgent popup goes to the next channel after an hour, to the head after another, and no further; acknowledged it goes nowhere"
    )
    func passedOn() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        let (person, head) = (desk.department.specialists[0], desk.department.head)
        try await desk.run("secondline.set_contact(\(person), 'phone', '+49 30 1', 'critical')")
        let keeper = Keeper()
        let duty = keeper.duty(desk)
        let urgent = try await send(desk, "fire", severity: "urgent")
        let seen = try await send(desk, "smoke", severity: "urgent")
        _ = try await send(desk, "tea")
        try await desk.run("secondline.acknowledge_message(\(seen), \(person))")
        try await keeper.later("59 minutes", desk)
        _ = try await duty.run(desk.session)
        #expect(desk.recorded.lines("message.passed_on") == [])

        try await keeper.later("61 minutes", desk)
        _ = try await duty.run(desk.session)
        _ = try await duty.run(desk.session)
        #expect(desk.recorded.lines("message.passed_on").map { String($0.suffix(2)) } == ["ne"])
        #expect(
            try await desk.session.simpleQuery(
                "select kind, data ->> 'text', state from secondline.message where channel = 'phone'") == [
                    ["note", "fire", "ready"]
                ])

        try await keeper.later("122 minutes", desk)
        for _ in 1...3 { _ = try await duty.run(desk.session) }
        try await keeper.later("10 hours", desk)
        for _ in 1...3 { _ = try await duty.run(desk.session) }
        let told = desk.recorded.lines("message.passed_on")
        // the head's own popup ends with the head
        #expect(told.count == 3)
        #expect(told.first?.contains("message=\(urgent) person=\(person) to=phone") == true)
        #expect(told.dropFirst().first?.contains("message=\(urgent) person=\(person) to=head") == true)
        #expect(told.last?.contains("warning") == true && told.last?.hasSuffix("person=\(head) to=nobody") == true)
        #expect(
            try await desk.session.simpleQuery(
                "select person_id, kind, data ->> 'text' from secondline.message where kind <> 'note'")
                == [["\(head)", "message.unacknowledged", "fire"]])
        try await desk.close()
    }

    @Test("two that look at the same time pass each popup on once")
    func two() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        try await desk.run("secondline.set_contact(\(desk.department.specialists[0]), 'phone', '+49 30 1', 'critical')")
        for number in 1...20 { _ = try await send(desk, "fire \(number)", severity: "urgent") }
        let keeper = Keeper()
        try await keeper.later("61 minutes", desk)
        let sessions = [try await desk.database.session(), try await desk.database.session()]
        try await withThrowingTaskGroup { group in
            for session in sessions {
                let duty = keeper.duty(desk)
                group.addTask { for _ in 1...10 { _ = try await duty.run(session) } }
            }
            try await group.waitForAll()
        }
        #expect(desk.recorded.lines("message.passed_on").count == 20)
        #expect(
            try await desk.value(
                "select count(*), count(distinct data) from secondline.message where channel = 'phone'") == "20")
        for session in sessions { await session.close() }
        try await desk.close()
    }

    @Test(
        "popups that have become pointless, or that nobody acknowledged within the retention, leave the inbox and say why"
    )
    func retired() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        let person = desk.department.specialists[0]
        let note = try await send(desk, "old")
        let ticket = try await desk.department.ticket(in: desk.session)
        try await desk.assign()
        let offers = "select count(*) from secondline.message where kind = 'ticket.offered' and channel = 'popup'"
        #expect(try await desk.value(offers) == "1")
        let keeper = Keeper()
        _ = try await keeper.duty(desk).run(desk.session)
        #expect(try await desk.value(offers) == "1")

        try await desk.run("secondline.accept_ticket(\(ticket), \(person))")
        _ = try await keeper.duty(desk).run(desk.session)
        #expect(
            try await desk.session.simpleQuery("select kind, state, because from secondline.message_history")
                == [["ticket.offered", "dropped", "what it was about has ended"]])

        try await keeper.later("31 days", desk)
        _ = try await keeper.duty(desk).run(desk.session)
        #expect(try await desk.value("select count(*) from secondline.message") == "0")
        #expect(
            try await desk.session.simpleQuery(
                "select state, because from secondline.message_history where message_id = \(note)")
                == [["dropped", "nobody acknowledged it"]])
        try await desk.close()
    }

    @Test("history older than the retention goes with its attempts, 2,000 messages at a time; the rest stays")
    func history() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        try await desk.session.script(
            """
            insert into secondline.message_history (message_id, ended_at, state, channel, severity, kind, person_id, created_at,
                   attempt, idempotency_key, data)
            select -i, now() - interval '1 day' * case when i <= 4500 then 40 else 20 end, 'sent', 'mail', 'normal', 'note',
                   \(desk.department.specialists[0]), now() - interval '50 days', 1, gen_random_uuid(), '{}'
              from generate_series(1, 4600) i;
            insert into secondline.message_attempt (message_id, attempt, outcome, started_at, ended_at, channel)
            select message_id, n, 'sent', ended_at, ended_at, channel from secondline.message_history, generate_series(1, 2) n
            """)
        let duty = Keeper().duty(desk)
        var left: [String?] = []
        repeat {
            left.append(try await desk.value("select count(*) from secondline.message_history"))
        } while try await duty.run(desk.session).again
        #expect(left == ["4600", "2600", "600"])
        #expect(try await desk.value("select count(*) from secondline.message_history") == "100")
        #expect(try await desk.value("select count(*) from secondline.message_attempt") == "200")
        try await desk.close()
    }

    @Test(
        "closed tickets are removed when they were configured to be, 200 at a time with a rest between, and one line tells of all"
    )
    func tickets() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        try await desk.session.script(
            """
            insert into secondline.ticket (queue, title) select '\(desk.department.queue)', 'ticket' from generate_series(1, 450);
            select secondline.cancel_ticket(ticket_id, \(desk.department.head), 'no') from secondline.ticket where ticket_id % 9 <> 0;
            """)
        let keeper = Keeper()
        try await keeper.later("500 days", desk)
        let count = "select count(*) from secondline.ticket"
        #expect(try await keeper.duty(desk).run(desk.session).dueIn == nil)
        #expect(try await desk.value(count) == "450")
        let duty = keeper.duty(desk, tickets: .seconds(400 * 86_400))
        var left: [String?] = []
        while let rest = try await duty.run(desk.session).dueIn {
            #expect(rest > .zero)
            left.append(try await desk.value(count))
        }
        #expect(left == ["250", "50"])
        #expect(try await desk.value(count) == "50")
        #expect(desk.recorded.lines("tickets.removed").map { String($0.suffix(9)) } == ["count=400"])
        // and then not before a minute is over
        try await desk.session.script(
            "select secondline.cancel_ticket(ticket_id, \(desk.department.head), 'no') from secondline.ticket")
        #expect(try await duty.run(desk.session) == DutyOutcome())
        #expect(try await desk.value(count) == "50")
        try await desk.close()
    }

    @Test("old tickets behind more than one page of others are come to")
    func pages() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        let old = """
            insert into secondline.ticket (queue, title) values ('\(desk.department.queue)', 'old');
            select secondline.cancel_ticket(ticket_id, \(desk.department.head), 'no')
              from secondline.ticket where title = 'old' and ended_at is null;
            """
        try await desk.session.script(
            """
            \(old)
            set session_replication_role = replica;
            insert into secondline.ticket (queue, status, effort_minutes, submitted_at, eligible_at, changed_at, attend_at, title)
            select '\(desk.department.queue)', 'new', 75, now(), now(), now(), now(), 'open' from generate_series(1, 10000);
            reset session_replication_role;
            \(old)
            """)
        let keeper = Keeper()
        try await keeper.later("500 days", desk)
        let duty = keeper.duty(desk, tickets: .seconds(400 * 86_400))
        while try await duty.run(desk.session).dueIn != nil {}
        #expect(try await desk.value("select count(*) from secondline.ticket where ended_at is not null") == "0")
        #expect(try await desk.value("select count(*) from secondline.ticket") == "10000")
        try await desk.close()
    }

    @Test("while another daemon does it, it does nothing; it has not cleaned then, and does so the next time")
    func oneAtATime() async throws {
        let desk = try await Desk(specialists: 1, reminders: false)
        _ = try await send(desk, "old")
        let keeper = Keeper()
        try await keeper.later("31 days", desk)
        let duty = keeper.duty(desk)
        let upkeep = "select from secondline.duty where name = 'upkeep' for no key update"
        try await desk.database.whileHolding(upkeep) {
            let outcome = try await duty.run(desk.session)
            #expect(outcome == DutyOutcome())
            #expect(try await desk.value("select count(*) from secondline.message") == "1")
        }
        _ = try await duty.run(desk.session)
        #expect(try await desk.value("select count(*) from secondline.message") == "0")
        try await desk.close()
    }
}
