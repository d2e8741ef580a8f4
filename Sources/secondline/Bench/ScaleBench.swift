/// How large the large cases are.
struct LargeCase: Sendable {
    let open: Int
    let closed: Int
    var people = 10_000
}

/// The cost of assigning a ticket, small against large: open tickets, closed tickets, people.
struct ScaleBench {
    let database: BenchDatabase
    let tickets: Int
    let large: LargeCase

    func run(_ rounds: Int, _ output: Terminal) async throws {
        try await database.hire(10)
        database.note("few of everything")
        var lines: [String] = []
        let small = try await measure(rounds)
        lines.append(line("\(Rounds.number(Double(tickets), digits: 0)) open, none closed, 10 people", small, nil))

        try await database.run(
            """
            insert into secondline.skill (name) values ('rare') on conflict do nothing;
            insert into secondline.queue (name, required_skill) values ('blocked', 'rare') on conflict do nothing;
            """)
        database.note("\(large.open) open tickets that nobody at work can take")
        try await fill("new", large.open)
        lines.append(
            line("\(Rounds.number(Double(large.open), digits: 0)) more open, blocked", try await measure(rounds), small)
        )
        let alone = try await measureAlone(rounds)
        database.note("\(large.closed) closed tickets")
        try await database.run("truncate secondline.ticket cascade")
        let alone0 = try await measureAlone(rounds)
        lines.append(
            "  one ticket beside the blocked ones \(alone.text(" ms", digits: 2)), in an empty queue \(alone0.text(" ms", digits: 2)), ratio \(Rounds.number(alone.median / alone0.median, digits: 2))"
        )
        try await fill("resolved", large.closed)
        lines.append(line("\(Rounds.number(Double(large.closed), digits: 0)) closed", try await measure(rounds), small))

        database.note("\(large.people) people")
        try await database.run("truncate secondline.ticket cascade")
        try await database.hire(large.people - 10)
        try await database.settle()
        lines.append(line("\(Rounds.number(Double(large.people), digits: 0)) people", try await measure(rounds), small))
        output.write(
            "cost of assigning a ticket, µs, median of \(rounds) (least–most); budget: ratio ≤ 1.25\n"
                + lines.joined(separator: "\n") + "\n")
    }

    /// Microseconds a ticket.
    private func measure(_ rounds: Int) async throws -> Rounds {
        var figures = Rounds()
        for round in 0...rounds {
            try await database.submit(tickets)
            try await database.settle()
            let took = try await database.assignAll()
            try await database.finishAll()
            if round > 0 { figures.add(took.inSeconds * 1e6 / Double(tickets)) }
        }
        return figures
    }

    /// Milliseconds for one ticket that somebody can take.
    private func measureAlone(_ rounds: Int) async throws -> Rounds {
        var figures = Rounds()
        for _ in 0...(8 * rounds) {
            let insert = "insert into secondline.ticket (queue, title) values ('bench', 'Alone')"
            try await database.submit(1)
            figures.add((try await database.assignAll(warmUp: true, after: insert)).inMilliseconds)
        }
        try await database.finishAll()
        return figures
    }

    private func fill(_ status: String, _ count: Int) async throws {
        let ended = status == "new" ? "null" : "now()"
        // triggers would journal each of them
        try await database.run(
            """
            set session_replication_role = replica;
            insert into secondline.ticket (queue, skill, status, effort_minutes, title, ended_at, attend_at, submitted_at)
            select \(status == "new" ? "'blocked', 'rare'" : "'bench', null"), '\(status)', 75, 'Ticket ' || i, \(ended),
                   \(status == "new" ? "now() + interval '1 day'" : "null"), now()
              from generate_series(1, \(count)) i;
            reset session_replication_role;
            """)
        try await database.settle()
    }

    private func line(_ name: String, _ figures: Rounds, _ base: Rounds?) -> String {
        let ratio = base.map { "   ratio \(Rounds.number(figures.median / $0.median, digits: 2))" } ?? ""
        return "  " + name + String(repeating: " ", count: max(1, 42 - name.count)) + figures.text(digits: 0) + ratio
    }
}
