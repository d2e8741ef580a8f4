import Daemon
import Policy
import Postgres
import TestSupport
import Testing

@testable import Store

/// One department in a database of its own, and the duty run by hand.
struct Desk {
    let database: ScratchDatabase
    let session: Session
    let department: Department
    let recorded = RecordedLog()

    init(
        specialists: Int = 2, capacity: Int = 240, effort: Int = 75, skill: String? = nil, reminders: Bool = true
    ) async throws {
        database = try await ScratchDatabase.migrated()
        session = try await database.session()
        department = try await Department(
            in: session, specialists: specialists, capacity: capacity, effort: effort, skill: skill,
            reminders: reminders)
    }

    var duty: AssignmentDuty { AssignmentDuty(log: recorded.log, batchSize: 1000) }

    /// Until nothing more can be given.
    @discardableResult
    func assign() async throws -> DutyOutcome {
        var outcome = try await duty.run(session)
        // also what it would do when it settles
        while outcome.again || outcome.dueIn.map({ $0 <= .milliseconds(50) }) ?? false {
            outcome = try await duty.run(session)
        }
        return outcome
    }

    func value(_ sql: String) async throws -> String? { try await session.simpleQuery(sql).first?.first ?? nil }

    func run(_ call: String) async throws { try await session.script("select \(call)") }

    func close() async throws {
        await session.close()
        try await database.drop()
    }
}

@Suite("the assignment duty", .serialized)
struct AssignmentDutyTests {
    @Test("a ticket inserted as a CRM does reaches a person, with decision, journal and log telling the same")
    func wholePath() async throws {
        let desk = try await Desk()
        let ticket = try await desk.value(
            "insert into secondline.ticket (queue, title, priority) values ('\(desk.department.queue)', 'Help', 'high') returning ticket_id"
        )
        try await desk.assign()
        let row = try await desk.session.simpleQuery(
            """
            select t.status, d.reason, t.assignee_id = d.person_id, a.state, a.weight_minutes, p.load_minutes, j.event
              from secondline.ticket t join secondline.decision d using (ticket_id) join secondline.assignment a using (ticket_id)
              join secondline.person p on p.person_id = t.assignee_id
              join secondline.journal j on j.ticket_id = t.ticket_id and j.to_status = 'assigned'
            """)
        #expect(row == [["assigned", "first_of_equals", "t", "offered", "75", "75", "assigned"]])
        let told = desk.recorded.lines("ticket.assigned")
        #expect(
            told.count == 1
                && told[0].contains(
                    "ticket=\(ticket ?? "") to=\(desk.department.specialists[0]) reason=first_of_equals waited=")
        )
        try await desk.close()
    }

    @Test("what came on Monday at 9:00 is served as if Friday at 17:00 had been a moment ago, if the queue is a team's")
    func overTheWeekend() async throws {
        let desk = try await Desk(specialists: 1, capacity: 75)
        let (here, head) = (desk.department, desk.department.head)
        try await desk.session.script(
            """
            select secondline.set_working_hours(\(head), d, '09:00', '17:00') from generate_series(1, 5) d;
            select secondline_rules.compile_team('2026-06-05 12:00 UTC', \(here.team), '2026-06-05');
            select secondline.set_head_start('\(here.queue)', 'high', '1 hour');
            """)
        for (team, priority) in [("\(here.team)", "high"), ("null", "normal")] {
            try await desk.run("secondline.set_queue_team('\(here.queue)', \(team))")
            for (priority, eligible) in [("normal", "2026-06-05 16:30"), ("high", "2026-06-08 09:00")] {
                let ticket = try await here.ticket(in: desk.session, priority: priority)
                try await desk.session.script(
                    """
                    set session_replication_role = replica;
                    update secondline.ticket set submitted_at = t, eligible_at = t
                      from (select timestamp '\(eligible)' at time zone 'Europe/Berlin') v (t) where ticket_id = \(ticket);
                    reset session_replication_role
                    """)
            }
            try await desk.assign()
            #expect(
                try await desk.value("select priority from secondline.ticket where status = 'assigned'") == priority,
                "team \(team)")
            try await desk.session.script(
                """
                select secondline.accept_ticket(ticket_id, assignee_id) from secondline.ticket where status = 'assigned';
                select secondline.cancel_ticket(ticket_id, \(head), 'enough') from secondline.ticket where ended_at is null;
                """)
        }
        try await desk.close()
    }

    @Test("nothing is written while nothing changes, however often it runs")
    func idempotent() async throws {
        let desk = try await Desk(specialists: 1, capacity: 75)
        for _ in 0..<3 { _ = try await desk.department.ticket(in: desk.session) }
        try await desk.assign()
        let rows =
            "select (select count(*) from secondline.blocker) + (select count(*) from secondline.decision) + (select count(*) from secondline.journal)"
        let count = try await desk.value(rows)
        desk.recorded.forget()
        for _ in 0..<5 { try await desk.assign() }
        #expect(try await desk.value(rows) == count)
        #expect(desk.recorded.lines == [])
        try await desk.close()
    }

    @Test("a group that waits says why, since when, and stops saying it when it is over")
    func blockers() async throws {
        let desk = try await Desk(specialists: 1)
        let person = desk.department.specialists[0]
        let queue = desk.department.queue
        try await desk.session.endDay(of: person)
        _ = try await desk.department.ticket(in: desk.session)
        let blocker = "select coalesce(blocked_by, 'none') from secondline.queue_now"
        try await desk.assign()
        #expect(try await desk.value(blocker) == "not_at_work")
        try await desk.run("secondline.start_workday(\(person))")
        try await desk.run("secondline.pause_workday(\(person))")
        try await desk.assign()
        #expect(try await desk.value(blocker) == "paused")
        try await desk.run("secondline.pause_queue('\(queue)', 'new release')")
        try await desk.run("secondline.resume_workday(\(person))")
        try await desk.assign()
        #expect(try await desk.value(blocker) == "queue_paused")
        try await desk.run("secondline.resume_queue('\(queue)')")
        try await desk.assign()
        #expect(try await desk.value("select count(*) from secondline.queue_now") == "0")
        #expect(
            try await desk.value(
                "select string_agg(reason, ' ' order by since) from secondline.blocker where ended_at is not null")
                == "not_at_work paused queue_paused")
        #expect(try await desk.value("select count(*) from secondline.blocker where ended_at is null") == "0")
        #expect(desk.recorded.lines("queue.blocked").count == 3)
        #expect(desk.recorded.lines("queue.unblocked").count == 1)
        try await desk.close()
    }

    @Test("a ticket that everybody declined waits for its own reason, and others pass it")
    func declinedByAll() async throws {
        let desk = try await Desk(specialists: 1)
        let person = desk.department.specialists[0]
        let declined = try await desk.department.ticket(in: desk.session, priority: "urgent")
        try await desk.assign()
        try await desk.run("secondline.decline_ticket(\(declined), \(person), 'not my field')")
        let other = try await desk.department.ticket(in: desk.session, priority: "low")
        try await desk.assign()
        #expect(
            try await desk.value("select assignee_id from secondline.ticket where ticket_id = \(other)") == "\(person)")
        #expect(
            try await desk.value("select blocked_by from secondline.queue_now where ticket_id = \(declined)")
                == "declined")
        try await desk.close()
    }

    @Test("a person chosen by hand is never overwritten")
    func byHand() async throws {
        let desk = try await Desk()
        let ticket = try await desk.department.ticket(in: desk.session)
        let chosen = desk.department.specialists[1]
        try await desk.run("secondline.reassign_ticket(\(ticket), \(chosen), \(desk.department.head), 'knows it')")
        try await desk.assign()
        #expect(try await desk.value("select assignee_id from secondline.ticket") == "\(chosen)")
        #expect(try await desk.value("select count(*) from secondline.decision where kind = 'assigned'") == "0")
        try await desk.close()
    }

    @Test("the fair limit holds the morning's backlog back, and tells when it lets go")
    func fairLimit() async throws {
        let desk = try await Desk(specialists: 1, capacity: 1000)
        try await desk.run("secondline.set_fair_limit('\(desk.department.queue)', 2, '1 hour')")
        for _ in 0..<5 { _ = try await desk.department.ticket(in: desk.session) }
        let outcome = try await desk.assign()
        #expect(try await desk.value("select count(*) from secondline.assignment") == "2")
        #expect(try await desk.value("select distinct blocked_by from secondline.queue_now") == "fair_limit")
        let due = try #require(outcome.dueIn)
        #expect(due > .seconds(3000) && due <= .seconds(3600))
        try await desk.close()
    }

    @Test("an absence by the hour tells when it ends")
    func absenceEnds() async throws {
        let desk = try await Desk(specialists: 1)
        try await desk.run(
            "secondline.record_absence_hours(\(desk.department.specialists[0]), 'sick', now() - interval '1 hour', now() + interval '10 minutes')"
        )
        _ = try await desk.department.ticket(in: desk.session)
        let due = try #require(try await desk.assign().dueIn)
        #expect(due > .seconds(500) && due <= .seconds(600))
        #expect(try await desk.value("select blocked_by from secondline.queue_now") == "absent")
        try await desk.close()
    }

    @Test("who worked for a client before gets their next ticket")
    func knowsClient() async throws {
        let desk = try await Desk()
        let ticket = try await desk.department.ticket(in: desk.session)
        let second = desk.department.specialists[1]
        try await desk.run("secondline.reassign_ticket(\(ticket), \(second), \(desk.department.head), 'their project')")
        try await desk.run("secondline.resolve_ticket(\(ticket), \(second), 'done')")
        let next = try await desk.department.ticket(in: desk.session)
        try await desk.assign()
        #expect(
            try await desk.value("select reason from secondline.decision where ticket_id = \(next)") == "knows_client")
        #expect(
            try await desk.value("select assignee_id from secondline.ticket where ticket_id = \(next)") == "\(second)")
        try await desk.close()
    }

    @Test("people with a skill that tickets need are spared for them")
    func sparesSkills() async throws {
        let desk = try await Desk(skill: "sql")
        let plain = "plain \(desk.department.queue)"
        try await desk.run("secondline.add_queue('\(plain)')")
        let newcomer = try await desk.session.id("secondline.add_person(\(desk.department.team), 'specialist', 'New')")
        for person in desk.department.specialists + [newcomer] {
            try await desk.run("secondline.add_member('\(plain)', \(person))")
        }
        try await desk.run("secondline.start_workday(\(newcomer))")
        _ = try await desk.department.ticket(in: desk.session)
        _ = try await desk.session.id("secondline.submit_ticket('\(plain)', 'a', 'b')")
        try await desk.assign()
        #expect(
            try await desk.value("select assignee_id from secondline.ticket where queue = '\(plain)'") == "\(newcomer)")
        try await desk.close()
    }

    @Test("a ticket that the database refuses is found among many, set aside alone, and named; the others go on")
    func poison() async throws {
        let desk = try await Desk(specialists: 8)
        for _ in 0..<20 { _ = try await desk.department.ticket(in: desk.session) }
        try await desk.session.script(
            """
            create function public.refuse() returns trigger language plpgsql as $$
            begin raise exception 'a rule of this company'; end $$;
            create trigger refuse before update on secondline.ticket for each row
                when (new.status = 'assigned' and new.title = 'title' and new.ticket_id % 7 = 0) execute function public.refuse()
            """)
        try await desk.assign()
        let refused = try await desk.value("select count(*) from secondline.ticket where ticket_id % 7 = 0")
        #expect(try await desk.value("select count(*) from secondline.ticket where status = 'new'") == refused)
        #expect(try await desk.value("select count(*) from secondline.ticket_fault") == refused)
        let lines = desk.recorded.lines("ticket.set_aside")
        #expect(lines.count == Int(refused ?? ""))
        #expect(lines.allSatisfy { $0.contains("a rule of this company") && $0.contains(" error ") })
        #expect(
            try await desk.value("select count(*) from secondline.queue_now where blocked_by = 'set_aside'") == refused)
        // set aside is out of the way until its time
        desk.recorded.forget()
        try await desk.assign()
        #expect(desk.recorded.lines("ticket.set_aside") == [])
        try await desk.session.script("drop trigger refuse on secondline.ticket; delete from secondline.ticket_fault")
        try await desk.assign()
        #expect(try await desk.value("select count(*) from secondline.ticket where status = 'new'") == "0")
        try await desk.close()
    }

    @Test("tickets that nobody at work can take hide nothing, however many they are and however old")
    func blockedHideNobody() async throws {
        let desk = try await Desk(specialists: 1)
        let session = desk.session
        try await session.script("select secondline.add_queue('rare', required_skill => 'rare')")
        try await session.script(
            """
            insert into secondline.ticket (queue, title, priority, submitted_at, eligible_at)
            select 'rare', 'old', 'urgent', now() - interval '1 year', now() - interval '1 year' from generate_series(1, 20000);
            insert into secondline.ticket (queue, title, effort_minutes, submitted_at, eligible_at)
            select '\(desk.department.queue)', 'large', 300, now() - interval '1 hour', now() - interval '1 hour' from generate_series(1, 5000)
            """)
        try await desk.run("secondline.set_starvation_bound('\(desk.department.queue)', '1 day')")
        try await desk.run(
            "secondline.reassign_ticket((select min(ticket_id) from secondline.ticket where queue = 'rare'), \(desk.department.specialists[0]), \(desk.department.head), 'busy')"
        )
        let small = try await desk.department.ticket(in: session, priority: "low")
        try await desk.assign()
        #expect(
            try await desk.value("select assignee_id from secondline.ticket where ticket_id = \(small)")
                == "\(desk.department.specialists[0])")
        try await desk.close()
    }

    @Test("a person whose row is locked by somebody is passed over without waiting, and overtaken by nobody")
    func lockedPerson() async throws {
        let desk = try await Desk()
        let (first, second) = (desk.department.specialists[0], desk.department.specialists[1])
        try await desk.database.whileHolding(
            "select from secondline.person where person_id = \(first) for update"
        ) {
            for _ in 0..<4 { _ = try await desk.department.ticket(in: desk.session) }
            let outcome = try await desk.duty.run(desk.session)
            #expect(outcome.dueIn == .milliseconds(250))
            #expect(
                try await desk.value("select count(*) from secondline.assignment where person_id = \(second)") == "3")
            #expect(
                try await desk.value("select min(ticket_id) from secondline.ticket where status = 'new'")
                    == (try await desk.value("select max(ticket_id) from secondline.ticket")))
        }
        try await desk.assign()
        #expect(
            try await desk.value("select assignee_id from secondline.ticket order by ticket_id desc limit 1")
                == "\(first)")
        try await desk.close()
    }

    @Test("an open transaction that holds most of a queue's people stops neither the others nor another queue")
    func manyLocked() async throws {
        let desk = try await Desk(specialists: 8)
        let elsewhere = try await Department(in: desk.session, specialists: 1)
        let held = desk.department.specialists.prefix(6).map(String.init).joined(separator: ",")
        try await desk.database.whileHolding(
            "select from secondline.person where person_id in (\(held)) for update"
        ) {
            let ticket = try await desk.department.ticket(in: desk.session, priority: "urgent")
            let another = try await elsewhere.ticket(in: desk.session)
            _ = try await desk.duty.run(desk.session)
            let assignee = try await desk.value("select assignee_id from secondline.ticket where ticket_id = \(ticket)")
            #expect(desk.department.specialists.suffix(2).map { Optional("\($0)") }.contains(assignee))
            #expect(
                try await desk.value("select status from secondline.ticket where ticket_id = \(another)") == "assigned")
        }
        try await desk.close()
    }

    @Test("a blocker that only another version knows is written anew, not stumbled over")
    func unknownBlocker() async throws {
        let desk = try await Desk(specialists: 1)
        try await desk.session.endDay(of: desk.department.specialists[0])
        let ticket = try await desk.department.ticket(in: desk.session)
        try await desk.session.script(
            """
            insert into secondline.blocker (queue, reason, since) values ('\(desk.department.queue)', 'of_tomorrow', now());
            insert into secondline.blocker (queue, ticket_id, reason, since)
            values ('\(desk.department.queue)', \(ticket), 'of_tomorrow', now())
            """)
        try await desk.assign()
        #expect(
            try await desk.value("select reason from secondline.blocker where ended_at is null and ticket_id is null")
                == "not_at_work")
        try await desk.run("secondline.start_workday(\(desk.department.specialists[0]))")
        try await desk.assign()
        #expect(try await desk.value("select count(*) from secondline.blocker where ended_at is null") == "0")
        try await desk.close()
    }

    @Test("while another daemon holds the duty's row, this one does nothing and does not wait")
    func oneAtATime() async throws {
        let desk = try await Desk()
        _ = try await desk.department.ticket(in: desk.session)
        let assignment = "select from secondline.duty where name = 'assignment' for no key update"
        try await desk.database.whileHolding(assignment) {
            let outcome = try await desk.duty.run(desk.session)
            #expect(outcome == DutyOutcome())
            #expect(try await desk.value("select count(*) from secondline.assignment") == "0")
        }
        try await desk.close()
    }
}
