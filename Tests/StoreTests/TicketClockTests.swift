import Foundation
import Postgres
import TestSupport
import Testing

/// What a ticket's clocks depend on, kept beside the database.
private struct TrackedTicket {
    let id: Int64
    let submitted: Micros
    /// Index into the queues.
    var queue = 0
    var priority = "normal"
    var status = "new"
    var changed: Micros
    var clientWaits: Micros?
    var isReplied = false
    var waitingSince: Micros?
    var ended: Micros?
    /// Business time.
    var waited: Micros = 0
    var given: Micros?
    var gifts = 0
    var timeOuts = 0
    var declinedBy: Set<Int64> = []
    var owner: Int64?

    mutating func answered() {
        isReplied = true
        clientWaits = nil
    }
}

/// The clocks of tickets against a slow reference: random histories on random calendars, over changes of clocks, with beginnings,
/// pauses and ends outside of business time.
@Suite(.serialized, .ownDatabase) struct TicketClockTests {
    static let priorities = ["urgent", "high", "normal", "low"]

    private struct Run {
        var random: SeededGenerator
        /// Nil counts every hour; the second queue's is always so.
        let calendars: [BusinessCalendar]
        let queues: [String]
        /// By queue, clock and priority; missing is no target.
        var targets: [[String: Micros]] = [[:], [:]]
        let people: [Int64]
        let head: Int64
        let client: Int64
        var tickets: [TrackedTicket] = []
        static let (accept, stalled, remind, giveUp) = (
            90 * Micros.minute, 5 * Micros.hour, 16 * Micros.hour, 40 * Micros.hour
        )

        /// The alarms that should run on a ticket: since when, and when they ring.
        func expected(_ ticket: TrackedTicket) -> Set<String> {
            var clocks: Set<String> = []
            let calendar = calendars[ticket.queue]
            func add(_ alarm: String, _ since: Micros?, _ after: Micros?, plus waited: Micros = 0) {
                guard let since, let after else { return }
                let due = calendar.end(from: since, after: after + waited)
                clocks.insert("\(alarm)|\(since)|\(due.map(String.init) ?? "later")")
            }
            if ticket.ended != nil { return [] }
            let target = targets[ticket.queue]
            let response = target[(ticket.isReplied ? "next_response " : "first_response ") + ticket.priority]
            let resolution = target["resolution \(ticket.priority)"]
            let waits =
                ticket.clientWaits ?? (ticket.status == "new" ? max(ticket.submitted, ticket.given ?? .min) : nil)
            let running = ticket.status == "waiting_for_client" ? nil : ticket.submitted
            let isHeld = ticket.owner != nil
            if ticket.status == "assigned" { add("offer", ticket.given, Self.accept) }
            if isHeld { add("response_nudge", waits, response.map { $0 * 3 / 4 }) }
            add("response_breach", waits, response)
            if isHeld { add("resolution_nudge", running, resolution.map { $0 * 3 / 4 }, plus: ticket.waited) }
            add("resolution_breach", running, resolution, plus: ticket.waited)
            add("client_reminder", ticket.waitingSince, Self.remind)
            add("give_up", ticket.waitingSince, Self.giveUp)
            if ticket.status == "accepted" {
                add("stalled", ticket.changed, Self.stalled)
                add("stalled_alert", ticket.changed, 2 * Self.stalled)
            }
            let isAdrift = ["new", "assigned"].contains(ticket.status)
            if isAdrift && ticket.timeOuts >= 2 { add("untouched", ticket.submitted, 0) }
            if isAdrift && ticket.gifts >= 4 { add("bouncing", ticket.submitted, 0) }
            if ticket.status == "new" && ticket.declinedBy == Set(people) { add("declined", ticket.given, 0) }
            return clocks
        }

        /// Does something that is possible to a ticket at an instant, in the database and here.
        mutating func act(on place: Int, at now: Micros) -> String? {
            var ticket = tickets[place]
            defer { tickets[place] = ticket }
            let (at, id) = (SQLText.instant(now), ticket.id)
            let owner = ticket.owner ?? 0
            var acts = ["client", "priority"]
            switch ticket.status {
            case "new": acts += ["assign", "assign", "assign"]
            case "assigned": acts += ["accept", "decline", "time_out", "reply", "wait", "note"]
            case "accepted": acts += ["reply", "wait", "wait", "resolve", "note", "hand_over"]
            case "waiting_for_client": acts += ["client", "client", "reply", "give_up"]
            default: acts = ["reopen", "client"]
            }
            let act = random.pick(acts)
            let rules = "select secondline_rules."
            var call: String
            switch act {
            case "assign":
                guard let person = people.filter({ !ticket.declinedBy.contains($0) }).randomElement(using: &random)
                else { return nil }
                ticket.owner = person
                ticket.status = "assigned"
                ticket.given = now
                ticket.gifts += 1
                call = """
                    \(rules)assign(\(at), '{\(id)}', '{\(person)}', '{least_loaded}', '{"{}"}', '{0}', '{0}')
                    """
            case "accept":
                ticket.status = "accepted"
                call = "\(rules)accept(\(at), \(id), \(owner))"
            case "decline":
                ticket.status = "new"
                ticket.declinedBy.insert(owner)
                ticket.owner = nil
                call = "\(rules)decline(\(at), \(id), \(owner), 'no')"
            case "time_out":
                ticket.status = "new"
                ticket.timeOuts += 1
                ticket.owner = nil
                call = "\(rules)time_out(\(at), t) from secondline.ticket t where t.ticket_id = \(id)"
            case "reply":
                if ticket.status == "assigned" { ticket.status = "accepted" }
                ticket.answered()
                call = "\(rules)reply(\(at), \(id), \(owner), 'aha')"
            case "wait":
                ticket.status = "waiting_for_client"
                ticket.waitingSince = now
                ticket.answered()
                call = "\(rules)wait_for_client(\(at), \(id), \(owner), 'what?')"
            case "note":
                ticket.status = "accepted"
                call = "\(rules)note(\(at), \(id), \(owner), 'a note')"
            case "priority":
                ticket.priority = random.pick(TicketClockTests.priorities)
                call = "\(rules)set_priority(\(at), \(id), '\(ticket.priority)', \(head))"
            case "resolve", "give_up":
                ticket.status = "resolved"
                ticket.ended = now
                ticket.waitingSince.map { ticket.waited += calendars[ticket.queue].time(from: $0, to: now) }
                ticket.waitingSince = nil
                ticket.answered()
                call =
                    act == "resolve"
                    ? "\(rules)resolve(\(at), \(id), \(owner), 'done')"
                    : "\(rules)give_up(\(at), t) from secondline.ticket t where t.ticket_id = \(id)"
            case "hand_over":
                ticket.status = "new"
                ticket.queue = 1 - ticket.queue
                ticket.owner = nil
                ticket.declinedBy = []
                ticket.timeOuts = 0
                call = "\(rules)hand_over(\(at), \(id), '\(queues[ticket.queue])', \(owner), 'theirs')"
            default:
                // the client says something, or it is reopened
                if let since = ticket.waitingSince ?? ticket.ended {
                    ticket.waited += calendars[ticket.queue].time(from: since, to: now)
                    ticket.status = "accepted"
                }
                (ticket.waitingSince, ticket.ended) = (nil, nil)
                ticket.clientWaits = ticket.clientWaits ?? now
                call =
                    act == "reopen"
                    ? "\(rules)reopen(\(at), \(id), \(head), 'again')"
                    : "\(rules)client_replied(\(at), \(id), null, null)"
            }
            ticket.changed = now
            return call
        }
    }

    private func run(round: Int) async throws -> Run {
        var random = SeededGenerator(seed: BusinessTimeTests.seed &+ UInt64(round))
        let start = BusinessTimeTests.someDay(&random)
        let now = Micros(start) * .day + Micros.random(in: 0..<Micros.day, using: &random)
        let staff = try await Workforce(in: db, &random, around: start)
        try await staff.compile(at: now, in: db)
        let today = staff.zone.day(at: now)
        let window = TimeSpan(start: Micros(today - 99) * .day, end: Micros(today + 300) * .day)
        let always = BusinessCalendar(always: TimeSpan(start: 0, end: window.end + 1000 * .day))
        let calendar = staff.teamCalendar(days: today - 100...today + 300) ?? always
        let other = "\(UUID())"
        try await db.script(
            "select secondline.add_queue('\(other)'); update secondline.queue set team_id = null where name = '\(other)'"
        )
        let head = try await db.id("secondline.add_person(\(staff.team), 'head', 'Hanna')")
        var people: [Int64] = []
        for name in ["Anna", "Boris"] {
            people.append(
                try await db.id("secondline.add_person(\(staff.team), 'specialist', '\(name)', null, 100000)"))
        }
        var run = Run(
            random: random, calendars: [calendar, always], queues: [staff.queue, other], people: people, head: head,
            client: try await db.id("secondline.add_client('North')"))
        var rows: [String] = []
        for queue in 0...1 {
            for clock in ["first_response", "next_response", "resolution"] {
                for priority in Self.priorities {
                    let target = run.random.chance(1, in: 6) ? nil : Micros.random(in: 1...2000, using: &run.random)
                    run.targets[queue]["\(clock) \(priority)"] = target.map { $0 * .minute }
                    rows.append(
                        "('\(run.queues[queue])', '\(priority)', '\(clock)', \(target.map { "interval '\($0) minutes'" } ?? "null"))"
                    )
                }
            }
        }
        try await db.script(
            """
            insert into secondline.target values \(rows.joined(separator: ","));
            update secondline.queue set accept_within = '90 minutes', stalled_after = '5 hours',
                   remind_client_after = '16 hours', give_up_after = '40 hours', effort_minutes = 1, changed_at = '1971-01-01'
             where name in ('\(run.queues[0])', '\(run.queues[1])');
            select secondline.add_member(q, p) from unnest(array['\(run.queues[0])', '\(run.queues[1])']) q, unnest(array\(people)::bigint[]) p;
            update secondline.person set changed_at = '1971-01-01' where person_id = any (array\(people)::bigint[]);
            select secondline_rules.start_workday(\(SQLText.instant(now - .day)), p) from unnest(array\(people)::bigint[]) p;
            """)
        // histories of all tickets, in one order of time; often at the edges of business time
        var moments = (0..<240).map { _ -> Micros in
            let moment = now + Micros.random(in: 0..<(25 * Micros.day), using: &run.random)
            guard run.random.chance(1, in: 2),
                let span = calendar.spans.filter({ $0.start > now && $0.end < now + 25 * .day }).randomElement(
                    using: &run.random)
            else { return moment }
            return run.random.pick([span.start, span.end, span.start - 1, span.end + 1])
        }
        moments.sort()
        for moment in moments {
            if run.tickets.count < 20 || run.random.chance(1, in: 30) {
                let priority = run.random.pick(Self.priorities)
                let id = try await db.id(
                    """
                    secondline_rules.submit(\(SQLText.instant(moment)), '\(run.queues[0])', 'title', '', '\(priority)', 'question',
                        \(run.client), null, null, null)
                    """)
                run.tickets.append(
                    TrackedTicket(
                        id: id, submitted: moment, priority: priority, changed: moment, clientWaits: moment))
            } else {
                let place = Int.random(in: run.tickets.indices, using: &run.random)
                guard let call = run.act(on: place, at: moment) else { continue }
                try await db.script(call)
            }
        }
        return run
    }

    @Test("clocks are those of a slow reference, whatever happened when", .timeLimit(.minutes(3)))
    func reference() async throws {
        var seen: [String: Int] = [:]
        for round in 0..<24 {
            let seed = "SECONDLINE_TEST_SEED=\(BusinessTimeTests.seed), round \(round)"
            let run = try await run(round: round)
            let rows = try await db.simpleQuery(
                """
                select t.ticket_id, c.alarm, \(SQLText.micros("c.since")), \(SQLText.micros("c.due_at")), t.status, \(SQLText.micros("t.changed_at"))
                  from secondline.ticket t left join lateral secondline_rules.clocks(t) c on true
                 where t.ticket_id = any ('{\(run.tickets.map { "\($0.id)" }.joined(separator: ","))}')
                """)
            var found: [Int64: Set<String>] = [:]
            for row in rows {
                let ticket = run.tickets.first { "\($0.id)" == row[0]! }!
                try #require(row[4] == ticket.status && row[5] == "\(ticket.changed)", "\(seed): \(ticket)")
                guard let alarm = row[1], let since = row[2], let due = row[3] else { continue }
                let isKnown =
                    run.expected(ticket).contains("\(alarm)|\(since)|later")
                    && Micros(due)! > run.calendars[0].spans.last?.end ?? 0
                found[ticket.id, default: []].insert("\(alarm)|\(since)|\(isKnown ? "later" : due)")
                seen[alarm, default: 0] += 1
            }
            for ticket in run.tickets {
                let expected = run.expected(ticket)
                #expect(found[ticket.id] ?? [] == expected, "\(seed): \(ticket)")
            }
        }
        #expect(seen.count == 12, "\(seen)")
        print(
            "clocks: seed \(BusinessTimeTests.seed), \(seen.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })"
        )
    }
}
