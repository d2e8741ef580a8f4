import Daemon
import Policy
import Postgres
import Store

/// Delivering a backlog to a channel that takes everything at once: messages a second, by hand and by the daemon.
struct MessagesBench {
    let database: BenchDatabase
    let messages: Int

    private static let people = 60
    private static let batch = 1000

    func run(_ rounds: Int, _ output: Terminal) async throws {
        try await database.hire(Self.people)
        try await database.run("select secondline.set_contact(person_id, 'bench', 'here') from secondline.person")
        try await prepareYardstick()
        var bare = Rounds()
        var byHand = Rounds()
        var daemon = Rounds()
        var bareRatio = Rounds()
        var ratio = Rounds()
        for round in 0...rounds {
            try await write()
            let least = Double(messages) / (try await deliverBarely()).inSeconds
            try await write()
            let yardstick = Double(messages) / (try await deliverByHand()).inSeconds
            try await write()
            let ours = Double(messages) / (try await deliverByDaemon()).inSeconds
            // the first round fills caches and grows files
            if round == 0 { continue }
            bare.add(least)
            byHand.add(yardstick)
            daemon.add(ours)
            bareRatio.add(ours / least)
            ratio.add(ours / yardstick)
            database.note("round \(round): by hand \(Int(yardstick))/s, daemon \(Int(ours))/s")
        }
        output.write(
            """
            delivering \(messages) messages to a channel that takes them at once, messages/s, median of \(rounds) (least–most)
              bare claim and finish: no words, address, quiet hours  \(bare.text())
              the same statements by hand                            \(byHand.text())
              secondline                                             \(daemon.text())
              ratio to the same statements                           \(ratio.text(digits: 2))   budget ≥ 0.50
              ratio to the bare ones                                 \(bareRatio.text(digits: 2))

            """)
    }

    private func write() async throws {
        try await database.run(
            """
            truncate secondline.message, secondline.message_history, secondline.message_attempt;
            insert into secondline.message (channel, severity, kind, person_id, created_at, send_at, data)
            select 'bench', 'normal', 'note', 1 + i % \(Self.people), now(), now(),
                   jsonb_build_object('text', 'Something happened to ticket ' || i)
              from generate_series(1, \(messages)) i
            """)
        try await database.settle()
    }

    /// The same rows in the same tables, nothing looked up: no words, no address, no quiet hours, no begun claim.
    private func prepareYardstick() async throws {
        try await database.run(
            """
            prepare claim (timestamptz) as
            with due as materialized (
                select message_id from secondline.message
                 where channel = 'bench' and send_at >= $1 and send_at <= now() and state = 'ready'
                 order by send_at, message_id limit \(Self.batch) for no key update skip locked
            )
            update secondline.message m
               set state = 'sending', attempt = attempt + 1, leased_until = now() + interval '30 s', leased_by = 'hand'
              from due d where m.message_id = d.message_id
            returning m.message_id, m.attempt, m.data;
            prepare finish (bigint[], integer[]) as
            with done as materialized (select * from unnest($1, $2) d (message_id, attempt)),
            finished as (
                delete from secondline.message m using done d
                 where m.message_id = d.message_id and m.attempt = d.attempt returning m.*
            ), history as (
                insert into secondline.message_history (
                    message_id, ended_at, state, channel, severity, kind, person_id, created_at, attempt, idempotency_key, data)
                select message_id, now(), 'sent', channel, severity, kind, person_id, created_at, attempt, idempotency_key, data
                  from finished
            )
            insert into secondline.message_attempt (message_id, attempt, outcome, started_at, ended_at, channel, worker)
            select message_id, attempt, 'sent', now(), now(), 'bench', 'hand' from finished
            """)
    }

    private func deliverBarely() async throws -> Duration {
        let start = ContinuousClock.now
        while true {
            let rows = try await database.session.simpleQuery("execute claim ('-infinity')")
            if rows.isEmpty { return .now - start }
            let ids = rows.map { $0[0] ?? "" }.joined(separator: ",")
            let attempts = rows.map { $0[1] ?? "" }.joined(separator: ",")
            _ = try await database.session.simpleQuery("execute finish ('{\(ids)}', '{\(attempts)}')")
        }
    }

    /// The daemon's own statements, one after the other on one connection, and nothing in between.
    private func deliverByHand() async throws -> Duration {
        let session = Session(options: database.options)
        try await session.open()
        try await DeliveryDuty.prepare(session)
        let start = ContinuousClock.now
        var floor: Instant?
        while true {
            let rows = try await session.query(
                ClaimMessages(
                    worker: "hand", channel: "bench", limit: Self.batch, lease: 30, floor: floor, rate: nil))
            var ends: [FinishDeliveries.End] = []
            for case .message(let message, let claim, let sendAt, _) in rows {
                if ends.isEmpty { try await session.execute(BeginClaim(claim)) }
                if let sendAt { floor = Instant(microseconds: sendAt.microseconds - 2_000_000) }
                ends.append(
                    FinishDeliveries.End(
                        ClaimID(message.id, attempt: message.attempt), outcome: "sent", said: "", crashed: false,
                        took: 0, retryIn: 0))
            }
            if ends.isEmpty { break }
            _ = try await session.query(FinishDeliveries(worker: "hand", channel: "bench", ends: ends))
        }
        let took = ContinuousClock.now - start
        await session.close()
        return took
    }

    /// The real daemon; from ready to the last message in the history.
    private func deliverByDaemon() async throws -> Duration {
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        var settings = DaemonSettings(session: database.options)
        settings.delivery.channels = [
            ChannelSettings(name: "bench", channel: InstantChannel(), concurrency: Self.batch)
        ]
        let daemon = Daemon(
            settings: settings,
            log: EventLog(sink: { bytes in
                if String(decoding: bytes, as: UTF8.self).contains("daemon.ready") { isReady.yield() }
            }))
        let start = ContinuousClock.now
        let running = Task { try await daemon.run() }
        for await _ in ready { break }
        while try await database.session.simpleQuery(
            "select exists (select from secondline.message where channel = 'bench')") == [["t"]]
        {
            try await Task.sleep(for: .milliseconds(5))
        }
        let took = ContinuousClock.now - start
        daemon.stop()
        try await running.value
        return took
    }
}
