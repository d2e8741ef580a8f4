import Daemon
import Policy
import Postgres
import Store

/// What the duties of a daemon keep in memory over days of a department at work, in simulated time: every minute tickets come in,
/// people act, all duties run, and the messages go out. Nothing runs between the minutes, so a day takes minutes.
struct MemoryBench {
    let database: BenchDatabase
    /// A day.
    let tickets: Int
    let hours: Int

    static let crew = 20

    func run(_ output: Terminal) async throws {
        try await found()
        let minutes = hours * 60
        let begin = try await instant("date_trunc('minute', now()) - interval '\(minutes + 10) minutes'")
        let clock = SimulatedClock(begin)
        let channel = InstantChannel()
        let duties = try await open(clock, channel)
        var samples: [(hour: Int, use: MemoryUse)] = []
        for minute in 0...minutes {
            clock.set(Instant(microseconds: begin.microseconds + Int64(minute) * 60_000_000))
            try await database.run("call public.live(\(tickets), \(minute), \(Self.literal(clock.now)))")
            for duty in duties { try await duty.runAll(channel) }
            if minute.isMultiple(of: 60), minute > 0 {
                samples.append((minute / 60, try MemoryUse.now()))
                database.note("hour \(minute / 60): \(samples[samples.count - 1].use)")
            }
        }
        for duty in duties { await duty.session.close() }
        try await report(samples, channel, output)
    }

    private func report(_ samples: [(hour: Int, use: MemoryUse)], _ channel: InstantChannel, _ output: Terminal)
        async throws
    {
        let counts = try await database.session.simpleQuery(
            """
            select (select count(*) from secondline.ticket), (select count(*) from secondline.assignment),
                   (select count(*) from secondline.journal)
            """)[0].map { Int($0 ?? "") ?? 0 }
        let start = samples[0].use
        let middle = samples[(samples.count - 1) / 2].use
        let end = samples[samples.count - 1].use
        let lines = samples.filter { $0.hour == 1 || $0.hour.isMultiple(of: max(1, hours / 8)) }.map {
            "  after \($0.hour) h: \($0.use)"
        }
        output.write(
            """
            memory over \(hours) hours of a department in simulated time, all duties: \(Figures.grouped(counts[0])) tickets, \
            \(Figures.grouped(counts[1])) assignments, \(Figures.grouped(counts[2])) journal entries, \
            \(Figures.grouped(channel.count)) messages delivered
            \(lines.joined(separator: "\n"))
              anonymous: start \(start.anonymousText), middle \(middle.anonymousText), end \(end.anonymousText), \
            end to middle \(Rounds.number(Double(end.anonymous) / Double(middle.anonymous), digits: 2))

            """)
    }

    /// The duties as a daemon has them, each with a connection of its own.
    private func open(_ clock: SimulatedClock, _ channel: InstantChannel) async throws -> [BenchDuty] {
        let log = EventLog(sink: { _ in })
        let at: @Sendable () -> Instant? = { clock.now }
        let delivery = DeliveryDuty(
            settings: DeliverySettings(channels: [ChannelSettings(name: "bench", channel: channel, concurrency: 100)]),
            poll: .seconds(5), log: log, wake: Wake())
        return [
            try await BenchDuty(WorkdayDuty(log: log, at: at), database.options),
            try await BenchDuty(AssignmentDuty(log: log, batchSize: 1000, at: at), database.options),
            try await BenchDuty(ClockDuty(log: log, at: at), database.options),
            try await BenchDuty(EstimateDuty(log: log, at: at), database.options),
            try await BenchDuty(AuditDuty(log: log, patience: .seconds(10), at: at), database.options),
            try await BenchDuty(UpkeepDuty(log: log, retention: .seconds(30 * 86_400), at: at), database.options),
            // by the database's own clock: all that is decided here is of the past, and due
            try await BenchDuty(delivery, database.options),
        ]
    }

    private func instant(_ sql: String) async throws -> Instant {
        let text = try await database.session.simpleQuery(
            "select (extract(epoch from \(sql) - '2000-01-01 00:00+00') * 1000000)::bigint")
        return Instant(microseconds: Int64(text[0][0] ?? "") ?? 0)
    }

    private static func literal(_ at: Instant) -> String {
        "timestamptz '2000-01-01 00:00+00' + \(at.microseconds) * interval '1 microsecond'"
    }
}
