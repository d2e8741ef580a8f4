import Postgres

extension Command {
    static let bench = Command(
        name: "bench", summary: "Measure this program against hand-written yardsticks on your server",
        discussion: """
            Creates a database of its own on the server of the connection, which must be allowed to create databases, \
            measures, and drops it. The yardstick and the daemon's real code run in turn in the same run; what counts is \
            their ratio, not the seconds.

              assign   assigning a backlog, against the fastest set-based SQL for the same writes
              latency  insert committed to assignment committed at a steady rate, against a NOTIFY and a commit
              scale    the cost of a ticket with few and with many open tickets, closed tickets and people
              messages delivering a backlog to a channel that takes everything, against claiming and finishing by hand
              duties   a cycle of each duty beside many open tickets and 1,000 people, idle and with a full hand
              snapshot messages and tickets at a steady rate while another session holds a snapshot open
              memory   what all duties keep in memory over a day of a department in simulated time
            """,
        options: [
            Option(long: "rounds", value: "N", summary: "How often each side is measured (default 5)"),
            Option(
                long: "tickets", value: "N",
                summary: "Tickets a round (default 20,000; latency 2,500; duties 100,000; memory 5,000 a day)"),
            Option(long: "messages", value: "N", summary: "Messages a round (default 50,000)"),
            Option(long: "for", value: "DURATION", summary: "How long snapshot holds it (default 3min)"),
            Option(long: "hours", value: "N", summary: "Simulated hours of memory (default 24)"),
            Option(
                long: "closed", value: "N", summary: "Closed tickets of the large case of scale (default 1,000,000)"),
            Option(long: "open", value: "N", summary: "Open tickets of the large case of scale (default 1,000,000)"),
        ],
        operands: [
            Operand(
                name: "WHAT", summary: "What to measure",
                choices: ["assign", "latency", "scale", "messages", "snapshot", "duties", "memory"])
        ],
        run: { call in
            let rounds = try call.integer("rounds", in: 1...100) ?? 5
            let configuration = try call.configuration()
            let tickets = try call.integer("tickets", in: 100...10_000_000)
            let large = LargeCase(
                open: try call.integer("open", in: 20_000...100_000_000) ?? 1_000_000,
                closed: try call.integer("closed", in: 20_000...100_000_000) ?? 1_000_000)
            let messages = try call.integer("messages", in: 1000...10_000_000) ?? 50_000
            let span = try call.duration("for", in: .seconds(6) ... .seconds(3600)) ?? .seconds(180)
            let hours = try call.integer("hours", in: 2...240) ?? 24
            try await BenchDatabase.with(configuration, progress: call.errors) { database in
                switch call.operand(0) {
                case "assign":
                    try await AssignBench(database: database, tickets: tickets ?? 20_000).run(rounds, call.output)
                case "latency":
                    try await LatencyBench(database: database, tickets: tickets ?? 2500).run(rounds, call.output)
                case "messages":
                    try await MessagesBench(database: database, messages: messages).run(rounds, call.output)
                case "snapshot":
                    try await SnapshotBench(database: database, span: span).run(call.output)
                case "duties":
                    try await DutiesBench(database: database, tickets: max(20_000, tickets ?? 100_000), people: 1000)
                        .run(rounds, call.output)
                case "memory":
                    try await MemoryBench(database: database, tickets: tickets ?? 5000, hours: hours).run(call.output)
                default:
                    try await ScaleBench(database: database, tickets: tickets ?? 5000, large: large).run(
                        rounds, call.output)
                }
            }
            return .ok
        })
}
