import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

/// A desk whose specialist is at work and is reached through the channel `mail`, which records what it got.
struct Post {
    let desk: Desk
    let mail = RecordingChannel()

    var person: Int64 { desk.department.specialists[0] }

    init() async throws {
        desk = try await Desk(specialists: 1)
        try await contact("mail", "someone@example.org")
    }

    func contact(_ channel: String, _ address: String, from severity: String = "normal") async throws {
        try await desk.run("secondline.set_contact(\(person), '\(channel)', '\(address)', '\(severity)')")
    }

    /// Only the channel `mail`, tried again after a moment.
    func delivery(
        concurrency: Int = 4, rate: Rate? = nil, lease: Duration = .seconds(30), beside channels: [ChannelSettings] = []
    ) -> DeliverySettings {
        let mail = ChannelSettings(
            name: "mail", channel: mail, concurrency: concurrency, rate: rate,
            backoff: Backoff(base: .milliseconds(10), cap: .milliseconds(50)))
        return DeliverySettings(channels: [mail] + channels, lease: lease)
    }

    /// A daemon that polls once an hour.
    func daemon(
        _ delivery: DeliverySettings, options: SessionOptions? = nil, poll: Duration = .seconds(3600)
    ) -> DaemonSettings {
        DaemonSettings(
            session: options ?? desk.database.options(), pollInterval: poll, auditInterval: .seconds(3600),
            delivery: delivery)
    }

    /// Sends a note to the specialist; returns the message of the channel.
    @discardableResult
    func note(_ text: String, to channel: String = "mail") async throws -> Int64 {
        let popup = try await desk.session.id(
            "secondline.send_message(\(person), 'note', jsonb_build_object('text', \(quoteLiteral(text))))")
        let copy = try await desk.value(
            """
            select message_id from secondline.message where message_id > \(popup) and channel = '\(channel)'
             order by message_id limit 1
            """)
        return try #require(copy.flatMap(Int64.init))
    }

    /// Messages of a channel without popups: `Note 1`, `Note 2` and so on.
    func notes(_ count: Int, to channel: String = "mail") async throws {
        try await desk.session.script(
            """
            insert into secondline.message (channel, severity, kind, person_id, created_at, send_at, data)
            select '\(channel)', 'normal', 'note', \(person), now(), now(), jsonb_build_object('text', 'Note ' || i)
              from generate_series(1, \(count)) i
            """)
    }

    /// How many messages of a channel are not done with.
    func waiting(_ channel: String = "mail") async throws -> Int {
        Int(try await desk.session.id("count(*) from secondline.message where channel = '\(channel)'"))
    }

    func sent(_ channel: String = "mail") async throws -> Int {
        Int(
            try await desk.session.id(
                "count(*) from secondline.message_history where channel = '\(channel)' and state = 'sent'"))
    }

    func rows(_ sql: String) async throws -> [[String?]] { try await desk.session.simpleQuery(sql) }

    /// The ledger of a message, in order.
    func ledger(_ message: Int64) async throws -> [[String?]] {
        try await rows(
            """
            select attempt, outcome, late, said from secondline.message_attempt where message_id = \(message)
             order by attempt_id
            """)
    }

    func close() async throws { try await desk.close() }
}

/// A delivery duty that a test runs by hand, as the daemon's loop does.
struct Carrier {
    let duty: DeliveryDuty
    let session: Session
    let recorded: RecordedLog
    private let wake: Wake

    init(
        _ settings: DeliverySettings, _ post: Post, poll: Duration = .seconds(3600), log: RecordedLog? = nil
    ) async throws {
        let wake = Wake()
        recorded = log ?? post.desk.recorded
        duty = DeliveryDuty(settings: settings, poll: poll, log: recorded.log, wake: wake)
        session = try await post.desk.database.session()
        self.wake = wake
        // what a test waits for may also be that a delivery begins
        for settings in settings.channels { (settings.channel as? RecordingChannel)?.watch { wake.hint() } }
    }

    @discardableResult
    func run() async throws -> DutyOutcome {
        // as a notification would: a test has just written what it runs for
        duty.hint()
        return try await duty.run(session)
    }

    /// Runs when something wakes it or is due, until what the test waits for is there.
    func run(until isThere: () async throws -> Bool) async throws {
        duty.hint()
        while true {
            let outcome = try await duty.run(session)
            if try await isThere() { return }
            await wake.wait(atMost: outcome.dueIn ?? .seconds(3600))
        }
    }

    /// Wakes it, as a notification does.
    func hint() { wake.hint() }

    /// Ends what is in hand, as the daemon does.
    func stop() async throws {
        try await duty.stop(session)
        await session.close()
    }
}
