import Daemon
import Postgres

/// Messages and tickets at a steady rate while another session holds a snapshot open: what they cost at the start and at the end.
struct SnapshotBench {
    let database: BenchDatabase
    let span: Duration

    private static let people = 60
    /// At each beat 8 messages and a ticket: 800 and 100 a second.
    private static let beat: Duration = .milliseconds(10)

    /// What one window showed.
    private struct Picture {
        let rounds: Rounds
        /// Milliseconds from the commit of a message to the commit of its delivery: median, 99th percentile.
        let delay: (Double, Double)
        /// The same from a ticket to its assignment.
        let wait: (Double, Double)
        let deadRows: Int
        let megabytes: Double
        let backlog: Int
    }

    func run(_ output: Terminal) async throws {
        try await database.hire(Self.people)
        try await database.run(
            "select secondline.set_contact(person_id, 'bench', 'here', 'critical') from secondline.person")
        let times = RoundTimes()
        var settings = DaemonSettings(session: database.options)
        settings.delivery.channels = [ChannelSettings(name: "bench", channel: InstantChannel(), concurrency: 64)]
        let daemon = Daemon(settings: settings, log: EventLog(level: .debug, sink: times.sink))
        let running = Task { try await daemon.run() }
        let window = min(span / 6, .seconds(30))
        database.note("800 messages/s and 100 tickets/s, nobody looks")
        try await load(for: window)
        let before = try await picture(window, times)

        database.note("the same, with a snapshot held for \(span.configurationText)")
        let reader = Session(options: database.options)
        try await reader.open()
        let holding = Task {
            try await reader.script(
                """
                begin isolation level repeatable read;
                select count(*), pg_sleep(\(span.inSeconds)) from secondline.team;
                commit
                """, timeout: span + .seconds(60))
        }
        try await load(for: window)
        let start = try await picture(window, times)
        try await load(for: span - window * 2)
        times.forget()
        try await load(for: window - .seconds(1))
        let end = try await picture(window, times)
        try await holding.value
        await reader.close()
        daemon.stop()
        try await running.value
        output.write(
            """
            800 messages/s and 100 tickets/s; a snapshot held for \(span.configurationText); windows of \(window.configurationText)
            \(header)
            \(line("claim and report, ms, p50", before, start, end) { $0.rounds.quantile(0.5) })
            \(line("claim and report, ms, p99", before, start, end) { $0.rounds.quantile(0.99) })   budget ≤ 2
            \(line("message written → delivered, ms, p50", before, start, end) { $0.delay.0 })
            \(line("message written → delivered, ms, p99", before, start, end) { $0.delay.1 })
            \(line("ticket written → assigned, ms, p50", before, start, end) { $0.wait.0 })
            \(line("ticket written → assigned, ms, p99", before, start, end) { $0.wait.1 })
            \(line("outbox, MB", before, start, end) { $0.megabytes })
            \(line("dead rows in the outbox", before, start, end, digits: 0) { Double($0.deadRows) })
            \(line("backlog", before, start, end, digits: 0) { Double($0.backlog) })

            """)
    }

    private var header: String {
        let cells = ["without", "held, start", "held, end"].map { String(repeating: " ", count: 12 - $0.count) + $0 }
        return String(repeating: " ", count: 40) + cells.joined() + "   end / without"
    }

    private func line(
        _ what: String, _ before: Picture, _ start: Picture, _ end: Picture, digits: Int = 2,
        _ figure: (Picture) -> Double
    ) -> String {
        let cells = [before, start, end].map { picture in
            let text = Rounds.number(figure(picture), digits: digits)
            return String(repeating: " ", count: max(1, 12 - text.count)) + text
        }
        let ratio = figure(before) > 0 ? Rounds.number(figure(end) / figure(before), digits: 2) : "–"
        return "  \(what)" + String(repeating: " ", count: max(1, 38 - what.count)) + cells.joined() + "      \(ratio)"
    }

    private func load(for span: Duration) async throws {
        let end = ContinuousClock.now + span
        var due = ContinuousClock.now
        var beat = 0
        while ContinuousClock.now < end {
            try await database.run(
                """
                insert into secondline.message (channel, severity, kind, person_id, created_at, send_at, data)
                select 'bench', 'normal', 'note', 1 + (i + \(beat)) % \(Self.people), statement_timestamp(), statement_timestamp(),
                       jsonb_build_object('text', 'Something happened to ticket ' || i) from generate_series(1, 8) i;
                """)
            try await database.run(
                "insert into secondline.ticket (queue, title) values ('bench', 'Ticket \(beat)')")
            beat += 1
            due += Self.beat
            if due > .now { try await Task.sleep(until: due, tolerance: .zero, clock: .continuous) }
        }
    }

    private func picture(_ window: Duration, _ times: RoundTimes) async throws -> Picture {
        let lately = "now() - interval '\(window.inSeconds) s'"
        let rows = try await database.session.simpleQuery(
            """
            select percentile_cont(0.5) within group (order by ms), percentile_cont(0.99) within group (order by ms)
              from (select extract(epoch from ended_at - created_at) * 1000 as ms from secondline.message_history
                     where channel = 'bench' and ended_at > \(lately)) x;
            select percentile_cont(0.5) within group (order by ms), percentile_cont(0.99) within group (order by ms)
              from (select extract(epoch from d.decided_at - t.submitted_at) * 1000 as ms
                      from secondline.decision d join secondline.ticket t on t.ticket_id = d.ticket_id
                     where d.decided_at > \(lately)) x;
            select n_dead_tup, pg_total_relation_size(relid) / 1e6 from pg_stat_user_tables where relid = 'secondline.message'::regclass;
            select count(*), 0 from secondline.message where channel = 'bench' and state = 'ready'
            """)
        let figures = rows.map { row in (Double(row[0] ?? "") ?? 0, Double(row[1] ?? "") ?? 0) }
        return Picture(
            rounds: times.collect(), delay: figures[0], wait: figures[1], deadRows: Int(figures[2].0),
            megabytes: figures[2].1, backlog: Int(figures[3].0))
    }
}
