import Daemon
import Glibc
import Postgres
import Synchronization

/// From the commit of a ticket to the commit of its assignment, at 500 tickets a second, against one NOTIFY hop and one commit.
struct LatencyBench {
    let database: BenchDatabase
    let tickets: Int

    private static let pace: Duration = .milliseconds(2)

    func run(_ rounds: Int, _ output: Terminal) async throws {
        try await database.hire(60)
        try await database.run("create table public.hop (id bigint primary key)")
        var figures = (
            hopMiddle: Rounds(), ourMiddle: Rounds(), middle: Rounds(), hopTail: Rounds(), ourTail: Rounds(),
            tail: Rounds()
        )
        for round in 0...rounds {
            let hop = try await measureHop()
            let ours = try await measureDaemon()
            try await database.finishAll()
            try await database.run("truncate public.hop")
            if round == 0 { continue }
            figures.hopMiddle.add(hop.quantile(0.5))
            figures.ourMiddle.add(ours.quantile(0.5))
            figures.middle.add(ours.quantile(0.5) / hop.quantile(0.5))
            figures.hopTail.add(hop.quantile(0.99))
            figures.ourTail.add(ours.quantile(0.99))
            figures.tail.add(ours.quantile(0.99) / hop.quantile(0.99))
            database.note("round \(round): p50 \(Rounds.number(figures.middle.figures.last ?? 0, digits: 2)) ×")
        }
        output.write(
            """
            insert committed → assignment committed, \(tickets) tickets at 500/s, milliseconds, median of \(rounds) (least–most)
                                         p50                    p99
              one NOTIFY and one commit  \(figures.hopMiddle.text(digits: 2))       \(figures.hopTail.text(digits: 2))
              secondline                 \(figures.ourMiddle.text(digits: 2))       \(figures.ourTail.text(digits: 2))
              ratio                      \(figures.middle.text(digits: 2))       \(figures.tail.text(digits: 2))   budget ≤ 2, ≤ 4

            """)
    }

    /// Milliseconds of one hop: a session commits an insert with NOTIFY, another hears it and commits an insert.
    private func measureHop() async throws -> Rounds {
        let times = Times()
        let answering = Session(options: database.options)
        try await answering.open()
        let (hops, continuation) = AsyncStream.makeStream(of: Int64.self)
        let listener = Task { [options = database.options] in
            do {
                try await Listener(options: options, channels: ["hop"]).listen {
                    continuation.yield(-1)
                } onNotification: {
                    continuation.yield(Int64($0.payload) ?? 0)
                }
            } catch { continuation.finish() }
        }
        var heard = hops.makeAsyncIterator()
        _ = await heard.next()
        let sender = Task { [tickets] in
            try await submitting(tickets) { number in
                try await database.session.script(
                    "begin; select pg_notify('hop', '\(number)'); insert into public.hop values (\(number)); commit")
                return Int64(number)
            } committed: {
                times.start($0)
            }
        }
        for _ in 0..<tickets {
            guard let number = await heard.next() else { break }
            try await answering.script("insert into public.hop values (-\(number) - 1)")
            times.end(number)
        }
        try await sender.value
        listener.cancel()
        await answering.close()
        return times.milliseconds
    }

    /// Milliseconds of the real daemon: listener, loop, duty; its log tells when an assignment is committed.
    private func measureDaemon() async throws -> Rounds {
        let times = Times()
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        let daemon = Daemon(
            settings: DaemonSettings(session: database.options),
            log: EventLog(sink: { bytes in
                times.endAssigned(in: bytes)
                isReady.yield()
            }))
        let running = Task { try await daemon.run() }
        for await _ in ready where times.sawReady { break }
        try await submitting(tickets) { number in
            let rows = try await database.session.simpleQuery(
                "insert into secondline.ticket (queue, title) values ('bench', 'Ticket \(number)') returning ticket_id")
            return Int64(rows[0][0] ?? "") ?? 0
        } committed: {
            times.start($0)
        }
        let patience = ContinuousClock.now + .seconds(10)
        while times.count < tickets && ContinuousClock.now < patience { try await Task.sleep(for: .milliseconds(10)) }
        daemon.stop()
        try await running.value
        return times.milliseconds
    }

    private func submitting(
        _ count: Int, _ submit: (Int) async throws -> Int64, committed: (Int64) -> Void
    ) async throws {
        var due = ContinuousClock.now
        for number in 0..<count {
            committed(try await submit(number))
            due += Self.pace
            if due > .now { try await Task.sleep(until: due, tolerance: .zero, clock: .continuous) }
        }
    }
}

/// When things began and ended, by id; the end may be known before the beginning.
private final class Times: Sendable {
    private struct State {
        var starts: [Int64: ContinuousClock.Instant] = [:]
        var ends: [Int64: ContinuousClock.Instant] = [:]
        var sawReady = false
    }

    private let state = Mutex(State())

    func start(_ id: Int64) {
        let now = ContinuousClock.now
        state.withLock { $0.starts[id] = now }
    }

    func end(_ id: Int64) {
        let now = ContinuousClock.now
        state.withLock { $0.ends[id] = now }
    }

    /// The ids of `ticket.assigned` lines.
    func endAssigned(in bytes: [UInt8]) {
        let now = ContinuousClock.now
        let text = String(decoding: bytes, as: UTF8.self)
        state.withLock { state in
            for line in text.split(separator: "\n") {
                if line.contains("daemon.ready") { state.sawReady = true }
                guard line.contains("ticket.assigned"),
                    let field = line.split(separator: " ").first(where: { $0.hasPrefix("ticket=") }),
                    let id = Int64(field.dropFirst("ticket=".count))
                else { continue }
                state.ends[id] = now
            }
        }
    }

    var sawReady: Bool { state.withLock { $0.sawReady } }
    var count: Int { state.withLock { $0.ends.count } }

    var milliseconds: Rounds {
        state.withLock { state in
            var rounds = Rounds()
            for (id, start) in state.starts {
                if let end = state.ends[id] { rounds.add(max(0, (end - start).inMilliseconds)) }
            }
            return rounds
        }
    }
}
