import Postgres
import TestSupport
import Testing

/// What the daemon's functions do with decided pairs, with blockers and with tickets that are refused.
@Suite(.serialized, .ownDatabase) struct AssignTests {
    @Test("a pair that holds writes ticket, assignment, decision, journal and load together")
    func holds() async throws {
        let here = try await Department(in: db)
        let (ticket, person) = (try await here.ticket(in: db), here.specialists[0])
        #expect(try await db.assign([(ticket, person)]) == [ticket])
        #expect(
            try await db.lines(
                """
                select t.status, t.assignee_id, a.person_id, a.state, a.by_hand, a.weight_minutes, d.kind, d.person_id,
                       d.by_person_id, d.reason, j.event, j.person_id, j.from_status, j.to_status, p.load_minutes,
                       t.changed_at = a.offered_at and a.offered_at = d.decided_at and d.decided_at = j.at
                       and p.last_assigned_at = j.at
                  from secondline.ticket t join secondline.assignment a using (ticket_id) join secondline.decision d using (ticket_id)
                  join secondline.journal j using (ticket_id) join secondline.person p on p.person_id = a.person_id
                 where ticket_id = \(ticket) and j.event <> 'submitted'
                """) == [
                    "assigned|\(person)|\(person)|offered|f|75|assigned|\(person)|-|least_loaded|assigned|\(person)|new|assigned|75|t"
                ])
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
    }

    // What ranks behind a ticket whose person fell away is decided anew; a ticket that is gone hinders nobody.
    @Test(
        "a pair that no longer holds is dropped, and those before it hold",
        arguments: [
            ("decline_ticket({ticket}, {person}, 'no')", "person_changed"),
            ("resolve_ticket({ticket}, {person}, 'done')", "ticket_changed"),
            ("cancel_ticket({ticket}, {manager}, 'no')", "ticket_changed"),
            ("reassign_ticket({ticket}, {person}, {head}, 'must')", "ticket_changed"),
            ("pause_workday({person})", "person_changed"), ("end", "person_changed"),
            ("deactivate_person({person})", "person_changed"), ("set_capacity({person}, 0)", "person_changed"),
            ("remove_member({queue}, {person})", "person_changed"),
            ("revoke_skill({person}, 'french')", "person_changed"),
            ("pause_queue({queue}, 'flood')", "ticket_changed"),
            ("move_ticket({ticket}, {other_queue}, {manager}, 'theirs')", "person_changed"),
            (
                "record_absence_hours({person}, 'sick', now() - interval '1 hour', now() + interval '1 hour')",
                "person_changed"
            ), ("set_fair_limit({queue}, 1)", "person_changed"),
        ])
    func dropped(call: String, outcome: String) async throws {
        let here = try await Department(in: db, specialists: 2, capacity: 10_000, skill: "french")
        let other = try await Department(in: db, specialists: 1)
        let person = here.specialists[0]
        let ticket = try await here.ticket(in: db)
        // a ticket must be theirs before they can decline or resolve it; an offer before there is a limit to it
        if call.hasPrefix("decline") || call.hasPrefix("resolve") { try await db.assign([(ticket, person)]) }
        if call.hasPrefix("set_fair") {
            try await db.script("select secondline.set_fair_limit('\(here.queue)', 2)")
            try await db.assign([(here.ticket(in: db), person)])
        }
        let words = [
            "ticket": "\(ticket)", "person": "\(person)", "manager": "\(here.manager)", "head": "\(here.head)",
            "queue": "'\(here.queue)'", "other_queue": "'\(other.queue)'",
        ]
        if call == "end" {
            try await db.endDay(of: person)
        } else {
            try await db.script(
                "select secondline.\(words.reduce(call) { $0.replacing("{\($1.key)}", with: $1.value) })")
        }
        let (first, last) = (try await other.ticket(in: db), try await other.ticket(in: db))
        let before = try await db.lines("select t::text from secondline.ticket t where ticket_id = \(ticket)")
        let colleague = other.specialists[0]
        let held = try await db.assign([(first, colleague), (ticket, person), (last, colleague)])
        #expect(held == (outcome == "ticket_changed" ? [first, last] : [first]))
        #expect(try await db.lines("select t::text from secondline.ticket t where ticket_id = \(ticket)") == before)
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
    }

    @Test(
        "in one batch, room is counted in its order",
        arguments: [
            ([75, 75, 75, 75], 0, 3), ([500, 10], 0, 1), ([200, 41, 40], 0, 1), ([75, 75], 100, 1), ([141], 100, 0),
            ([140], 100, 1), ([240], 0, 1),
        ])
    func room(efforts: [Int], load: Int, holding: Int) async throws {
        let here = try await Department(in: db, specialists: 1)
        let person = here.specialists[0]
        if load > 0 { try await db.assign([(here.ticket(in: db, effort: load), person)]) }
        var tickets: [Int64] = []
        for effort in efforts { tickets.append(try await here.ticket(in: db, effort: effort)) }
        #expect(try await db.assign(tickets.map { ($0, person) }) == Array(tickets.prefix(holding)))
        try await expectLoadsToAddUp()
    }

    @Test("a ticket or person that somebody is changing is not waited for", arguments: ["ticket", "person"])
    func locked(what: String) async throws {
        let here = try await Department(in: db)
        let tickets = [try await here.ticket(in: db), try await here.ticket(in: db)]
        let lock =
            what == "ticket"
            ? "select from secondline.ticket where ticket_id = \(tickets[0]) for no key update"
            : "select secondline.pause_workday(\(here.specialists[0]))"
        let held = try await whileHolding(lock) {
            try await db.script("set lock_timeout = '1s'")
            return try await db.assign([(tickets[0], here.specialists[0]), (tickets[1], here.specialists[1])])
        }
        #expect(held == (what == "ticket" ? [tickets[1]] : []))
        try await expectLoadsToAddUp()
    }

    @Test("a choice by hand waits for the daemon's batch, and the batch does not undo it")
    func byHand() async throws {
        let here = try await Department(in: db)
        let (ticket, chosen) = (try await here.ticket(in: db), here.specialists[1])
        let held = try await whileHolding(
            "select secondline.reassign_ticket(\(ticket), \(chosen), \(here.head), 'must')"
        ) { try await db.assign([(ticket, here.specialists[0])]) }
        #expect(held == [])
        #expect(
            try await db.lines("select status, assignee_id from secondline.ticket where ticket_id = \(ticket)")
                == ["assigned|\(chosen)"])
    }

    private func recordBlockers(_ groups: [(String, String)], tickets: [(Int64, String?)] = [], at: String) async throws
    {
        let list = { (words: [String]) in "array[\(words.joined(separator: ","))]" }
        try await db.script(
            """
            select secondline_rules.record_blockers('\(at)', \(list(groups.map { "'\($0.0)'" }))::text[],
                \(list(groups.map { _ in "''" }))::text[], \(list(groups.map { "'\($0.1)'" }))::text[],
                \(list(tickets.map { "\($0.0)" }))::bigint[],
                \(list(tickets.map { $0.1.map { "'\($0)'" } ?? "null" }))::text[])
            """)
    }

    @Test("why a group waits is written only when it changes")
    func groupBlockers() async throws {
        let (one, two) = (
            try await Department(in: db, specialists: 0), try await Department(in: db, specialists: 0)
        )
        let history = """
            select queue = '\(one.queue)', reason, to_char(since at time zone 'UTC', 'HH24'), to_char(ended_at at time zone 'UTC', 'HH24')
              from secondline.blocker where queue in ('\(one.queue)', '\(two.queue)') order by since, queue <> '\(one.queue)'
            """
        try await recordBlockers([(one.queue, "full"), (two.queue, "not_at_work")], at: "2026-01-01 01:00Z")
        let first = ["t|full|01|-", "f|not_at_work|01|-"]
        #expect(try await db.lines(history) == first)
        try await recordBlockers([(one.queue, "full"), (two.queue, "not_at_work")], at: "2026-01-01 02:00Z")
        #expect(try await db.lines(history) == first)
        try await recordBlockers([(one.queue, "paused"), (two.queue, "not_at_work")], at: "2026-01-01 03:00Z")
        #expect(try await db.lines(history) == ["t|full|01|03", "f|not_at_work|01|-", "t|paused|03|-"])
        try await recordBlockers([(one.queue, "paused")], at: "2026-01-01 04:00Z")
        #expect(try await db.lines(history) == ["t|full|01|03", "f|not_at_work|01|04", "t|paused|03|-"])
        try await recordBlockers([], at: "2026-01-01 05:00Z")
        #expect(try await db.lines(history) == ["t|full|01|03", "f|not_at_work|01|04", "t|paused|03|05"])
    }

    @Test("why a ticket waits is written when it changes, and ends when the ticket does not wait any more")
    func ticketBlockers() async throws {
        let here = try await Department(in: db)
        let ticket = try await here.ticket(in: db)
        let history = """
            select reason, ended_at is null from secondline.blocker where ticket_id = \(ticket) order by blocker_id
            """
        try await recordBlockers([], tickets: [(ticket, "no_room")], at: "2026-01-01 01:00Z")
        try await recordBlockers([], tickets: [(ticket, "no_room")], at: "2026-01-01 02:00Z")
        #expect(try await db.lines(history) == ["no_room|t"])
        try await recordBlockers([], tickets: [(ticket, "reserving")], at: "2026-01-01 03:00Z")
        #expect(try await db.lines(history) == ["no_room|f", "reserving|t"])
        try await recordBlockers([], tickets: [(ticket, nil)], at: "2026-01-01 04:00Z")
        #expect(try await db.lines(history) == ["no_room|f", "reserving|f"])
        try await recordBlockers([], tickets: [(ticket, "reserving")], at: "2026-01-01 05:00Z")
        try await db.assign([(ticket, here.specialists[0])])
        #expect(try await db.lines(history) == ["no_room|f", "reserving|f", "reserving|f"])
        // what is not waiting gets no blocker
        try await recordBlockers([], tickets: [(ticket, "reserving")], at: "2026-01-01 06:00Z")
        #expect(try await db.lines(history).count == 3)
    }

    @Test("a ticket that the database refuses is tried again after 1 minute, then twice as long, up to a day")
    func setAside() async throws {
        let here = try await Department(in: db)
        let ticket = try await here.ticket(in: db)
        var waits: [String?] = []
        for _ in 0..<13 {
            waits.append(try await db.value("select secondline_rules.set_aside(now(), \(ticket), 'refused') / 60"))
        }
        #expect(waits == ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "1024", "1440", "1440"])
        let faults = "select count(*) from secondline.ticket_fault where ticket_id = \(ticket)"
        // a pair that did not hold proves nothing
        try await db.script("select secondline.pause_workday(\(here.specialists[0]))")
        try await db.assign([(ticket, here.specialists[0])])
        #expect(try await db.value(faults) == "1")
        try await db.assign([(ticket, here.specialists[1])])
        #expect(try await db.value(faults) == "0")
    }

    @Test("groups in which tickets wait are found, each once")
    func waitingGroups() async throws {
        let plain = try await Department(in: db, specialists: 1)
        let skilled = try await Department(in: db, specialists: 0, skill: "french")
        for _ in 0..<3 {
            _ = try await plain.ticket(in: db)
            _ = try await skilled.ticket(in: db, priority: "low")
        }
        _ = try await plain.assignedTicket(in: db)
        try await db.script(
            "insert into secondline.ticket (queue, title, skill) values ('\(plain.queue)', 'title', 'french')")
        let groups = try await db.lines(
            """
            select queue, skill from secondline_rules.waiting_group()
             where queue in ('\(plain.queue)', '\(skilled.queue)') order by queue = '\(skilled.queue)', skill
            """)
        #expect(groups == ["\(plain.queue)|", "\(plain.queue)|french", "\(skilled.queue)|french"])
    }
}
