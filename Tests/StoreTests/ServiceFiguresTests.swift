import Foundation
import Postgres
import TestSupport
import Testing

/// What happened to a ticket, as the test remembers it.
private struct Remembered {
    enum State { case new, assigned, accepted, waiting, resolved, cancelled }

    let queue: Int
    let isClients: Bool
    let submitted: Micros
    var state = State.new
    var accepted: Micros?
    var replies: [Micros] = []
    var resolved: Micros?
    var waits: [TimeSpan] = []
    /// From when to when it was open; the end of the last is .max while it is.
    var open: [TimeSpan]
    var escalated: [Micros] = []

    init(queue: Int, isClients: Bool, submitted: Micros) {
        (self.queue, self.isClients, self.submitted) = (queue, isClients, submitted)
        open = [TimeSpan(start: submitted, end: .max)]
    }

    var ended: Micros { open.last!.end }
    /// A solution is an answer.
    var answered: Micros? { [replies.first, resolved].compactMap { $0 }.min() }

    mutating func end(_ state: State, at now: Micros) {
        leaveClient(at: now)
        if state == .resolved { resolved = resolved ?? now }
        self.state = state
        open[open.count - 1].end = now
    }

    mutating func leaveClient(at now: Micros) {
        if state == .waiting { waits[waits.count - 1].end = now }
    }
}

/// Figures the slow way: every ticket is asked about every period.
private struct SlowFigures {
    let tickets: [Remembered]
    let zone: Zone
    let calendar: BusinessCalendar
    let now: Micros

    private func percentile(_ values: [Double], _ part: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let place = part * Double(sorted.count - 1)
        let (low, high) = (sorted[Int(place)], sorted[min(Int(place) + 1, sorted.count - 1)])
        return low + (high - low) * (place - place.rounded(.down))
    }

    private func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// In the order of the function's columns after first_day; the age in seconds.
    func line(queue: Int, from first: DayNumber, days: Int) -> [Double?] {
        let end = min(zone.instant(first + days, 0), now)
        let last = min(first + days - 1, zone.day(at: now))
        let mine = tickets.filter { $0.queue == queue }
        // by what the clocks on the wall show: an hour that comes twice at midnight is the new day's
        func within(_ at: Micros) -> Bool { (first..<first + days).contains(zone.day(at: at)) }

        let arrived = mine.filter { within($0.submitted) }
        var hours: [Int: Int] = [:]
        for ticket in arrived {
            let local = ticket.submitted + zone.offset(at: ticket.submitted)
            hours[Int((local - Micros(DayNumber(local / .day)) * .day) / .hour), default: 0] += 1
        }
        let peak = hours.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key

        let waits = mine.compactMap { ticket -> Double? in
            guard ticket.isClients, let first = ticket.answered, within(first) else { return nil }
            return Double(calendar.time(from: ticket.submitted, to: first)) / 60e6
        }
        let handled = mine.filter { $0.state == .resolved && within($0.ended) }
        let handling = handled.map { ticket -> Double in
            var time = calendar.time(from: ticket.accepted!, to: ticket.ended)
            for wait in ticket.waits { time -= calendar.time(from: wait.start, to: wait.end) }
            for (one, next) in zip(ticket.open, ticket.open.dropFirst()) {
                time -= calendar.time(from: one.end, to: next.start)
            }
            return Double(time) / 60e6
        }
        let left = mine.filter { ticket in
            ticket.open.contains { zone.day(at: $0.start) <= last && ($0.end == .max || zone.day(at: $0.end) > last) }
        }
        let age = percentile(left.map { Double(end - $0.submitted) / 1e6 }, 0.5)
        return [
            Double(arrived.count), peak.map(Double.init),
            mean(waits), percentile(waits, 0.5), percentile(waits, 0.9),
            Double(handled.count), mean(handling), percentile(handling, 0.5), percentile(handling, 0.9),
            mean(handled.map { Double($0.replies.count) }),
            Double(mine.count { $0.open.dropFirst().contains { within($0.start) } }),
            Double(mine.count { $0.escalated.contains(where: within) }),
            Double(left.count), age,
        ]
    }
}

/// A team with random hours and three queues: its own, an empty one, and nobody's.
private struct Desk {
    let zone: Zone
    let queues: [String]
    let head: Int64
    let people: [Int64]
    let client: Int64
    let calendar: BusinessCalendar
    private(set) var tickets: [Remembered] = []
    private(set) var now: Micros
    private var script: [String] = []

    init(_ random: inout SeededGenerator) async throws {
        zone = random.pick(
            ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"].map(Zone.init))
        // clocks change within the next three weeks: 2026-03-08, 2026-03-29, 2026-04-05, 2026-10-04, 2026-10-25, 2026-11-01
        let start =
            random.pick([20_520, 20_541, 20_548, 20_730, 20_751, 20_758]) - Int.random(in: 5...12, using: &random)
        now = zone.instant(start, 0)
        let here = try await Department(in: db, specialists: 3, capacity: 100_000, zone: zone.name, atWork: false)
        (head, people, client) = (here.head, here.specialists, here.client)
        queues = [here.queue, "\(here.queue) empty", "\(here.queue) nobody's"]
        var week = random.week()
        if week.values.allSatisfy(\.isEmpty) { week = [1: [TimeSpan(start: 9 * .hour, end: 18 * .hour)]] }
        let person = PlannedPerson(zone: zone, hours: week)
        let hours = week.flatMap { weekday, spans in
            spans.map { "(\(here.head), \(weekday), \(SQLText.time($0.start)), \(SQLText.time($0.end)))" }
        }
        try await db.script(
            """
            select secondline.set_queue_team('\(here.queue)', \(here.team));
            select secondline.add_queue(\(quoteLiteral(queues[1])), team => \(here.team));
            select secondline.add_queue(\(quoteLiteral(queues[2])));
            select secondline.set_queue_team(\(quoteLiteral(queues[2])), null);
            select secondline.add_member(\(quoteLiteral(queues[2])), \(here.specialists[0]));
            set session_replication_role = replica;
            insert into secondline.working_hours values \(hours.joined(separator: ","));
            delete from secondline.calendar where team_id = \(here.team);
            reset session_replication_role;
            select secondline_rules.compile_team(\(SQLText.instant(now)), \(here.team));
            """)
        calendar = BusinessCalendar(
            working: person.spans(start - 104...start + 304, holidays: []), away: [],
            within: TimeSpan(start: zone.instant(start - 100, 0), end: zone.instant(start + 301, 0)))
    }

    private func id(_ ticket: Int) -> String {
        "(select ticket_id from secondline.ticket where external_key = '\(queues[0]) \(ticket)')"
    }

    private mutating func call(_ function: String, _ ticket: Int, _ rest: String) {
        script.append("select secondline_rules.\(function)(\(SQLText.instant(now)), \(id(ticket)), \(rest))")
    }

    private mutating func submit(_ random: inout SeededGenerator) {
        let queue = random.chance(1, in: 5) ? 2 : 0
        let isClients = random.chance(4, in: 5)
        script.append(
            """
            select secondline_rules.submit(\(SQLText.instant(now)), \(quoteLiteral(queues[queue])), 'title', '', null, 'question',
                \(isClients ? "\(client)" : "null"), null, null, '\(queues[0]) \(tickets.count)')
            """)
        tickets.append(Remembered(queue: queue, isClients: isClients, submitted: now))
    }

    /// Who has a ticket now, as SQL.
    private func holder(_ ticket: Int) -> String {
        "(select assignee_id from secondline.ticket where external_key = '\(queues[0]) \(ticket)')"
    }

    private mutating func act(on ticket: Int, _ random: inout SeededGenerator) {
        var t = tickets[ticket]
        let one = Int.random(in: 0..<12, using: &random)
        func accepted() { t.accepted = t.accepted ?? now }
        switch (t.state, one) {
        case (.cancelled, _): return
        case (.resolved, 0...2):
            if one == 0 {
                call("reopen", ticket, "\(head), 'again'")
            } else {
                call("client_replied", ticket, "null, 'again'")
            }
            t.state = .accepted
            t.open.append(TimeSpan(start: now, end: .max))
        case (.resolved, _): return
        case (_, 0):
            call("cancel", ticket, "\(head), 'no'")
            t.end(.cancelled, at: now)
        case (.new, _):
            call("reassign", ticket, "\(random.pick(people)), \(head), 'you'")
            t.state = .assigned
        case (.assigned, 1):
            call("decline", ticket, "\(holder(ticket)), 'no'")
            t.state = .new
        case (.assigned, 2...5):
            call("accept", ticket, holder(ticket))
            accepted()
            t.state = .accepted
        case (.accepted, 2):
            // what escalating leaves in the journal, or sending back what had been escalated before
            let isNew = random.chance(1, in: 2)
            script.append(
                """
                insert into secondline.journal (ticket_id, at, event, from_status, to_status)
                values (\(id(ticket)), \(SQLText.instant(now)), '\(isNew ? "escalated" : "rejoined")', 'accepted', '\(isNew ? "with_developer" : "to_verify")'),
                       (\(id(ticket)), \(SQLText.instant(now)), '\(isNew ? "heard_back" : "sent_back")',
                        '\(isNew ? "with_developer" : "to_verify")', '\(isNew ? "to_verify" : "with_developer")'),
                       (\(id(ticket)), \(SQLText.instant(now)), 'confirmed', '\(isNew ? "to_verify" : "with_developer")', 'accepted')
                """)
            if isNew { t.escalated.append(now) }
        case (.waiting, 1...6):
            call("client_replied", ticket, "null, 'that'")
            t.leaveClient(at: now)
            t.state = .accepted
        case (.waiting, _):
            call("reply", ticket, "\(holder(ticket)), 'still there?'")
            t.replies.append(now)
        case (_, 6,) where t.isClients:
            call("wait_for_client", ticket, "\(holder(ticket)), 'which one?'")
            accepted()
            t.replies.append(now)
            t.waits.append(TimeSpan(start: now, end: .max))
            t.state = .waiting
        case (_, 7...8):
            call("resolve", ticket, "\(holder(ticket)), 'done'")
            accepted()
            t.end(.resolved, at: now)
        case (_, _):
            call("reply", ticket, "\(holder(ticket)), 'we look'")
            accepted()
            t.replies.append(now)
            t.state = .accepted
        }
        tickets[ticket] = t
    }

    /// Lets things happen, with midnights and what lies beside them among the times.
    mutating func live(steps: Int, _ random: inout SeededGenerator) async throws {
        for _ in 0..<steps {
            let midnight = zone.instant(zone.day(at: now) + 1, 0)
            switch Int.random(in: 0..<40, using: &random) {
            case 0: now = midnight
            case 1: now = max(now + 1, midnight - 1)
            case 2: now += 1
            default: now += Micros.random(in: 1...50 * .minute, using: &random)
            }
            if tickets.isEmpty || random.chance(1, in: 5) {
                submit(&random)
            } else {
                act(on: Int.random(in: max(0, tickets.count - 40)..<tickets.count, using: &random), &random)
            }
        }
        try await db.script(script.joined(separator: ";\n"))
        script = []
    }
}

@Suite(.serialized, .ownDatabase) struct ServiceFiguresTests {
    @Test("the figures are those of a slow count over every ticket and period", .timeLimit(.minutes(2)))
    func exact() async throws {
        var compared = 0
        for round in 0..<6 {
            let seed = BusinessTimeTests.seed &+ UInt64(round)
            print("service figures: SECONDLINE_TEST_SEED=\(BusinessTimeTests.seed), round \(round)")
            var random = SeededGenerator(seed: seed)
            var desk = try await Desk(&random)
            let first = desk.zone.day(at: desk.now)
            try await desk.live(steps: 800, &random)
            let utc = Zone("UTC")
            let always = BusinessCalendar(always: TimeSpan(start: 0, end: .max))
            let last = desk.zone.day(at: desk.now)
            // in the middle of a day, of a week, from before the first ticket, and into the future
            for (from, to) in [(first - 3, last + 9), (last, last), (first + 4, first + 12)] {
                // everything has happened
                let now = desk.now + 1
                let rows = try await db.simpleQuery(
                    """
                    select array_position(array[\(desk.queues.map(quoteLiteral).joined(separator: ","))], f.queue) - 1, f.period,
                           f.first_day - date '1970-01-01', f.arrivals, f.peak_hour, f.first_reply_minutes, f.first_reply_minutes_p50,
                           f.first_reply_minutes_p90, f.handled, f.handling_minutes, f.handling_minutes_p50, f.handling_minutes_p90,
                           f.replies_per_ticket, f.reopened, f.escalated, f.backlog, extract(epoch from f.backlog_age)
                      from secondline_rules.figures(\(SQLText.instant(now)), \(SQLText.day(from)), \(SQLText.day(to))) f
                     where f.queue in (\(desk.queues.map(quoteLiteral).joined(separator: ",")))
                    """)
                var wanted = 0
                for queue in 0..<3 {
                    let zone = queue == 2 ? utc : desk.zone
                    wanted += (from...to).count { zone.instant($0, 0) <= now }
                    let mondays = Set((from...to).map { $0 - ($0 + 3) % 7 })
                    wanted += mondays.count { zone.instant($0, 0) <= now }
                }
                #expect(rows.count == wanted)
                for row in rows {
                    let (queue, day) = (Int(row[0]!)!, Int(row[2]!)!)
                    let slow = SlowFigures(
                        tickets: desk.tickets, zone: queue == 2 ? utc : desk.zone,
                        calendar: queue == 2 ? always : desk.calendar, now: now)
                    let right = slow.line(queue: queue, from: day, days: row[1] == "week" ? 7 : 1)
                    let found = row.dropFirst(3).map { $0.flatMap(Double.init) }
                    for (place, pair) in zip(found, right).enumerated() {
                        compared += 1
                        let isNear =
                            switch pair {
                            case (nil, nil): true
                            // one digit after the point; the age in whole seconds
                            case (let found?, let right?): abs(found - right) <= (place == 13 ? 1.001 : 0.0501)
                            default: false
                            }
                        #expect(
                            isNear,
                            "seed \(seed), queue \(queue), \(row[1]!) \(day), column \(place): \(pair), \(desk.zone.name)"
                        )
                    }
                }
                // all of it happened somewhere
                if from < first { for column in 3..<17 { #expect(rows.contains { $0[column] ?? "0" != "0" }) } }
            }
        }
        #expect(compared > 10_000)
    }

    @Test("a queue without tickets has its rows, of zeros")
    func empty() async throws {
        let here = try await Department(in: db, atWork: false)
        #expect(
            try await db.lines(
                """
                select period, first_day, arrivals, peak_hour, first_reply_minutes, handled, handling_minutes, replies_per_ticket,
                       reopened, escalated, backlog, backlog_age
                  from secondline.service_figures_of('2026-01-01', '2026-01-02') where queue = '\(here.queue)'
                """) == [
                    "day|2026-01-01|0|-|-|0|-|-|0|0|0|-", "day|2026-01-02|0|-|-|0|-|-|0|0|0|-",
                    "week|2025-12-29|0|-|-|0|-|-|0|0|0|-",
                ])
    }

    @Test("a target that passed counts once a ticket, in the day in which it passed")
    func breached() async throws {
        let here = try await Department(in: db, atWork: false)
        let ticket = try await here.ticket(in: db)
        let other = try await here.ticket(in: db)
        try await db.script(
            """
            update secondline.ticket set submitted_at = '2026-01-05 10:00+00' where ticket_id in (\(ticket), \(other));
            insert into secondline.alarm values (\(ticket), 'response_breach', '2026-01-05 10:00+00', '2026-01-06 10:00+00'),
                (\(ticket), 'resolution_breach', '2026-01-05 10:00+00', '2026-01-06 11:00+00'),
                (\(ticket), 'response_nudge', '2026-01-05 10:00+00', '2026-01-05 11:00+00'),
                (\(other), 'response_breach', '2026-01-05 10:00+00', '2026-01-07 10:00+00')
            """)
        #expect(
            try await db.lines(
                """
                select period, first_day, breached from secondline.service_figures_of('2026-01-05', '2026-01-07')
                 where queue = '\(here.queue)' order by 1, 2
                """) == ["day|2026-01-05|0", "day|2026-01-06|1", "day|2026-01-07|1", "week|2026-01-05|2"])
    }

    @Test("a day ends at midnight of the team, whatever the session's time zone")
    func midnight() async throws {
        let here = try await Department(in: db, zone: "America/New_York", atWork: false)
        try await db.script(
            "select secondline.set_queue_team('\(here.queue)', \(here.team)); set timezone = 'Asia/Tokyo'")
        for time in ["2026-01-10 23:59:59.999999", "2026-01-11 00:00"] {
            try await db.script(
                """
                select secondline_rules.submit(timestamptz '\(time) America/New_York', '\(here.queue)', 'title', '', null, 'question',
                    null, null, null, null)
                """)
        }
        #expect(
            try await db.lines(
                """
                select first_day, arrivals, peak_hour, backlog from secondline.service_figures_of('2026-01-09', '2026-01-12')
                 where queue = '\(here.queue)' and period = 'day'
                """) == ["2026-01-09|0|-|0", "2026-01-10|1|23|1", "2026-01-11|1|0|2", "2026-01-12|0|-|2"])
        try await db.script("reset timezone")
    }

    @Test("whoever may read tickets may read the figures", arguments: RightsTests.roles)
    func rights(role: String) async throws {
        _ = try await Department(in: db, atWork: false)
        try await withSession { session in
            try await session.script("set role \(role)")
            let rows = try await session.value("select count(*) > 300 from secondline.service_figures")
            #expect(rows == "t")
        }
    }

    @Test(
        "days that are no period are refused",
        arguments: [
            "null, '2026-01-01'", "'2026-01-01', null", "'2026-01-02', '2026-01-01'", "'1990-01-01', '2026-01-01'",
            "'-infinity', '2026-01-01'", "'2026-01-01', 'infinity'",
        ])
    func refused(days: String) async throws {
        await db.expectRefusal("22023", "select * from secondline.service_figures_of(\(days))")
    }
}
