import Postgres
import TestSupport
import Testing

/// What the database refuses or keeps true whoever writes, also its owner in psql.
@Suite(.serialized, .ownDatabase) struct LoadTests {
    private func loads(_ here: Department) async throws -> [String] {
        let people = here.specialists.map(String.init).joined(separator: ",")
        return try await db.lines(
            "select load_minutes, allowed_minutes from secondline.person where person_id in (\(people)) order by person_id"
        )
    }

    private func open(_ ticket: Int64, _ person: Int64, _ minutes: Int, overruled: Bool = false) -> String {
        """
        insert into secondline.assignment (ticket_id, person_id, weight_minutes, offered_at, overruled)
        values (\(ticket), \(person), \(minutes), now(), \(overruled))
        """
    }

    @Test("a ticket is in one pair of hands at a time, also for its owner")
    func oneOpen() async throws {
        let here = try await Department(in: db)
        let ticket = try await here.assignedTicket(in: db)
        await db.expectRefusal(
            "23505", constraint: "assignment_one_open_per_ticket", hint: false, open(ticket, here.specialists[1], 10))
    }

    @Test("an assignment never changes hands or tickets")
    func keepsHands() async throws {
        let here = try await Department(in: db)
        let ticket = try await here.assignedTicket(in: db)
        let other = try await here.ticket(in: db)
        await db.expectRefusal(
            "SL006", "update secondline.assignment set person_id = \(here.specialists[1]) where ticket_id = \(ticket)")
        await db.expectRefusal(
            "SL006", "update secondline.assignment set ticket_id = \(other) where ticket_id = \(ticket)")
    }

    @Test(
        "nothing is opened without room, also by its owner; someone empty-handed takes one ticket of any size",
        arguments: [
            ([240], true), ([500], true), ([75, 165], true), ([75, 166], false), ([500, 1], false), ([240, 1], false),
        ])
    func room(efforts: [Int], fits: Bool) async throws {
        let here = try await Department(in: db)
        for (place, effort) in efforts.enumerated() {
            let sql = open(try await here.ticket(in: db), here.specialists[0], effort)
            if fits || place < efforts.count - 1 {
                try await db.script(sql)
            } else {
                await db.expectRefusal("23514", constraint: "person_load_within_room_check", hint: false, sql)
            }
        }
    }

    @Test("two tickets at once are no single ticket: together beyond the capacity they are refused")
    func twoAtOnce() async throws {
        let here = try await Department(in: db)
        let (one, other) = (try await here.ticket(in: db), try await here.ticket(in: db))
        await db.expectRefusal(
            "23514", constraint: "person_load_within_room_check", hint: false,
            """
            insert into secondline.assignment (ticket_id, person_id, weight_minutes, offered_at)
            values (\(one), \(here.specialists[0]), 200, now()), (\(other), \(here.specialists[0]), 200, now())
            """)
    }

    @Test("what gives nobody a new ticket is always allowed, and every fall of the load takes the allowance back")
    func allowance() async throws {
        let here = try await Department(in: db)
        let (person, small, large) = (
            here.specialists[0], try await here.acceptedTicket(in: db), try await here.ticket(in: db)
        )
        let weigh = { (minutes: Int) in
            "update secondline.assignment set weight_minutes = \(minutes) where ticket_id = \(small)"
        }
        #expect(try await loads(here)[0] == "75|75")
        try await db.script(weigh(15))
        #expect(try await loads(here)[0] == "15|15")
        try await db.script(open(large, person, 225))
        #expect(try await loads(here)[0] == "240|15")
        // the client replies: beyond the capacity, but nothing new
        try await db.script(weigh(75))
        #expect(try await loads(here)[0] == "300|300")
        await db.expectRefusal(
            "23514", constraint: "person_load_within_room_check", hint: false,
            open(try await here.ticket(in: db), person, 1))
        try await db.script(weigh(74))
        #expect(try await loads(here)[0] == "299|299")
        // an overruling on record opens one that does not fit
        let urgent = try await here.ticket(in: db)
        try await db.script(open(urgent, person, 60, overruled: true))
        #expect(try await loads(here)[0] == "359|359")
        try await db.script("delete from secondline.assignment where ticket_id in (\(urgent), \(large))")
        #expect(try await loads(here)[0] == "74|74")
        try await db.script(
            "update secondline.assignment set state = 'resolved', ended_at = now() where ticket_id = \(small)")
        #expect(try await loads(here)[0] == "0|0")
        // reopened to its owner
        try await db.script(
            "update secondline.assignment set state = 'accepted', ended_at = null where ticket_id = \(small)")
        #expect(try await loads(here)[0] == "74|74")
        try await expectLoadsToAddUp()
    }

    @Test("a lowered capacity takes nothing away, and gives no room for anything new")
    func capacityLowered() async throws {
        let here = try await Department(in: db)
        let ticket = try await here.acceptedTicket(in: db, effort: 200)
        try await db.script("select secondline.set_capacity(\(here.specialists[0]), 50)")
        #expect(try await loads(here)[0] == "200|200")
        await db.expectRefusal(
            "23514", constraint: "person_load_within_room_check", hint: false,
            open(try await here.ticket(in: db), here.specialists[0], 1))
        try await db.script("select secondline.set_capacity(\(here.specialists[0]), 40)")
        try await db.script("select secondline.resolve_ticket(\(ticket), \(here.specialists[0]), 'done')")
        #expect(try await loads(here)[0] == "0|0")
    }

    @Test("who has capacity 0 gets nothing from the daemon")
    func noCapacity() async throws {
        let here = try await Department(in: db, specialists: 1, capacity: 0)
        #expect(try await db.assign([(here.ticket(in: db), here.specialists[0])]) == [])
    }

    @Test(
        "states and their times belong together, also for the owner",
        arguments: [
            ("ticket_waiting_has_no_assignee_check", "ticket set status = 'new'"),
            ("ticket_held_has_assignee_check", "ticket set assignee_id = null"),
            ("ticket_ended_at_with_end_check", "ticket set status = 'resolved'"),
            ("ticket_ended_at_with_end_check", "ticket set ended_at = now()"),
            (
                "ticket_ended_after_submitted_check",
                "ticket set status = 'resolved', ended_at = submitted_at - interval '1 s'"
            ),
            ("assignment_ended_at_with_state_check", "assignment set state = 'resolved'"),
            ("assignment_ended_at_with_state_check", "assignment set ended_at = now()"),
            ("assignment_accepted_at_with_state_check", "assignment set state = 'accepted', accepted_at = null"),
            ("assignment_accepted_after_offered_check", "assignment set accepted_at = offered_at - interval '1 s'"),
            (
                "assignment_ended_after_offered_check",
                "assignment set state = 'declined', ended_at = offered_at - interval '1 s'"
            ),
            ("assignment_weight_positive_check", "assignment set weight_minutes = 0"),
        ])
    func states(constraint: String, change: String) async throws {
        let here = try await Department(in: db)
        let ticket = try await here.assignedTicket(in: db)
        await db.expectRefusal(
            "23514", constraint: constraint, hint: false, "update secondline.\(change) where ticket_id = \(ticket)")
    }
}
