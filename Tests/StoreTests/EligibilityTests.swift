import Postgres
import TestSupport
import Testing

/// Who may get tickets when: one person works on Monday 2026-06-01 (Berlin, UTC+2), and is looked at from there on.
@Suite(.serialized, .ownDatabase) struct EligibilityTests {
    struct LeaveCase: Sendable, CustomTestStringConvertible {
        let title: String
        var hours: [String] = []
        /// Before the workday is started, and while it is open.
        var before: [String] = []
        var during: [String] = []
        /// Berlin time → obstacle, "-" for none.
        let looks: [(at: String, obstacle: String)]

        var testDescription: String { title }

        static let nineToFive = ["1, '09:00', '17:00'"]
        static let all = [
            LeaveCase(title: "without leave", looks: [("06-01 08:00", "-"), ("06-02 08:00", "-")]),
            LeaveCase(
                title: "a whole day", before: ["record_absence({person}, 'vacation', '2026-06-01', '2026-06-01')"],
                looks: [("06-01 08:00", "absent"), ("06-01 23:00", "absent"), ("06-02 08:00", "absent")]),
            LeaveCase(
                title: "a whole day, recorded while the workday is open",
                during: ["record_absence({person}, 'vacation', '2026-06-01', '2026-06-01')"],
                looks: [("06-01 08:00", "absent")]),
            LeaveCase(
                title: "a day of sick-leave, which ends the workday",
                during: ["record_absence({person}, 'sick', '2026-06-01', '2026-06-01')"],
                looks: [("06-01 08:00", "not_at_work")]),
            LeaveCase(
                title: "a whole day, taken back",
                during: ["cancel_absence(secondline.record_absence({person}, 'vacation', '2026-06-01', '2026-06-01'))"],
                looks: [("06-01 08:00", "-")]),
            LeaveCase(
                title: "hours",
                before: ["record_absence_hours({person}, 'sick', '2026-06-01 10:00+02', '2026-06-01 11:00+02')"],
                looks: [
                    ("06-01 09:59", "-"), ("06-01 10:00", "absent"), ("06-01 10:59", "absent"), ("06-01 11:00", "-"),
                ]),
            LeaveCase(
                title: "hours, recorded while the workday is open",
                during: ["record_absence_hours({person}, 'sick', '2026-06-01 10:00+02', '2026-06-01 11:00+02')"],
                looks: [("06-01 09:59", "-"), ("06-01 10:30", "absent"), ("06-01 11:00", "-")]),
            LeaveCase(
                title: "hours that touch are one absence",
                during: [
                    "record_absence_hours({person}, 'sick', '2026-06-01 10:00+02', '2026-06-01 11:00+02')",
                    "record_absence_hours({person}, 'training', '2026-06-01 11:00+02', '2026-06-01 12:00+02')",
                ], looks: [("06-01 11:30", "absent"), ("06-01 12:00", "-")]),
            LeaveCase(
                title: "tomorrow's leave, and a workday that nobody ended",
                before: ["record_absence({person}, 'vacation', '2026-06-02', '2026-06-03')"],
                looks: [
                    ("06-01 23:59", "-"), ("06-02 00:00", "absent"), ("06-03 23:59", "absent"), ("06-04 00:00", "-"),
                ]),
            LeaveCase(
                title: "next week's hours, and a workday that nobody ended",
                before: ["record_absence_hours({person}, 'sick', '2026-06-08 10:00+02', '2026-06-08 11:00+02')"],
                looks: [("06-08 10:30", "absent"), ("06-08 11:00", "-")]),
            LeaveCase(
                title: "tomorrow's leave begins when the night shift is over", hours: ["1, '22:00', '06:00'"],
                before: ["record_absence({person}, 'vacation', '2026-06-02', '2026-06-03')"],
                looks: [("06-02 03:00", "-"), ("06-02 06:00", "absent")]),
            LeaveCase(
                title: "the shift ends: 15 minutes are needed", hours: nineToFive,
                looks: [
                    ("06-01 08:00", "-"), ("06-01 16:45", "-"), ("06-01 16:46", "shift_ending"),
                    ("06-01 20:00", "shift_ending"),
                    ("06-02 10:00", "shift_ending"),
                ]),
            LeaveCase(
                title: "hours set while the workday is open",
                during: ["set_working_hours({person}, 1, '09:00', '12:00')"],
                looks: [("06-01 11:30", "-"), ("06-01 11:50", "shift_ending")]),
            LeaveCase(
                title: "hours cleared while the workday is open", hours: nineToFive,
                during: ["clear_working_hours({person})"], looks: [("06-01 20:00", "-")]),
            LeaveCase(
                title: "an absence that reaches the end of the shift ends it", hours: nineToFive,
                during: ["record_absence_hours({person}, 'sick', '2026-06-01 15:00+02', '2026-06-01 17:00+02')"],
                looks: [("06-01 14:40", "-"), ("06-01 14:50", "shift_ending"), ("06-01 16:00", "absent")]),
            LeaveCase(
                title: "an absence over the whole shift leaves its end", hours: nineToFive,
                during: ["record_absence_hours({person}, 'sick', '2026-06-01 09:00+02', '2026-06-01 17:00+02')"],
                looks: [("06-01 16:00", "absent"), ("06-01 17:30", "shift_ending")]),
            LeaveCase(
                title: "a holiday is a day without plan: an open workday is enough", hours: nineToFive,
                during: ["add_holiday({team}, '2026-06-01')"], looks: [("06-01 20:00", "-")]),
            LeaveCase(
                title: "a pause", during: ["pause_workday({person})"], looks: [("06-01 10:00", "paused")]),
            LeaveCase(
                title: "the end of the workday", during: ["end"],
                looks: [("06-01 10:00", "not_at_work")]),
            LeaveCase(
                title: "leaving for good", during: ["deactivate_person({person})"], looks: [("06-01 10:00", "left")]),
            LeaveCase(title: "no capacity", during: ["set_capacity({person}, 0)"], looks: [("06-01 10:00", "full")]),
        ]
    }

    @Test("a person on leave is never eligible", arguments: LeaveCase.all)
    func leave(_ one: LeaveCase) async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        let person = here.specialists[0]
        let word = { (text: String) in
            text.replacing("{person}", with: "\(person)").replacing("{team}", with: "\(here.team)")
        }
        for span in one.hours { try await db.script("select secondline.set_working_hours(\(person), \(span))") }
        for call in one.before { try await db.script("select secondline.\(word(call))") }
        let start = one.hours == ["1, '22:00', '06:00'"] ? "21:55" : "07:55"
        try await db.script("select secondline_rules.start_workday('2026-06-01 \(start)+02', \(person))")
        for call in one.during {
            if call == "end" {
                try await db.endDay(of: person)
            } else {
                try await db.script("select secondline.\(word(call))")
            }
        }
        let ticket = try await here.ticket(in: db)
        for look in one.looks {
            let at = "timestamptz '2026-\(look.at)+02'"
            let obstacle = "select coalesce(obstacle, '-')"
            #expect(
                try await db.value("\(obstacle) from secondline_rules.member_state(\(at)) where person_id = \(person)")
                    == look.obstacle, "\(look.at)")
            #expect(
                try await db.value("\(obstacle) from secondline_rules.ticket_candidate(\(at), \(ticket))")
                    == look.obstacle,
                "\(look.at)")
        }
    }

    @Test("when an absence is over is known")
    func freeAgain() async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        let person = here.specialists[0]
        try await db.script(
            """
            select secondline_rules.start_workday('2026-06-01 08:00+02', \(person));
            select secondline.record_absence_hours(\(person), 'sick', '2026-06-01 10:00+02', '2026-06-01 11:00+02');
            select secondline.record_absence_hours(\(person), 'sick', '2026-06-01 11:00+02', '2026-06-01 12:00+02');
            """)
        #expect(
            try await db.value(
                """
                select free_again_at = '2026-06-01 12:00+02' from secondline_rules.member_state('2026-06-01 10:15+02')
                 where person_id = \(person)
                """) == "t")
    }

    @Test("what is between a person and a ticket")
    func ticketObstacles() async throws {
        let here = try await Department(in: db, specialists: 5, skill: "french")
        let (decliner, unskilled, full, tight, free) = (
            here.specialists[0], here.specialists[1], here.specialists[2], here.specialists[3], here.specialists[4]
        )
        let declined = try await here.assignedTicket(in: db)
        try await db.assign([(here.ticket(in: db, effort: 240), full), (here.ticket(in: db, effort: 200), tight)])
        try await db.script(
            """
            select secondline.decline_ticket(\(declined), \(decliner), 'no');
            select secondline.revoke_skill(\(unskilled), 'french');
            """)
        let look = """
            select person_id, coalesce(obstacle, '-') from secondline_rules.ticket_candidate(clock_timestamp(), \(declined))
             order by person_id
            """
        #expect(
            try await db.lines(look) == [
                "\(decliner)|declined", "\(unskilled)|lacks_skill", "\(full)|full", "\(tight)|no_room", "\(free)|-",
            ])
        try await db.script("select secondline.pause_queue('\(here.queue)', 'flood')")
        #expect(try await db.lines(look).allSatisfy { $0.hasSuffix("|queue_paused") })
    }

    @Test(
        "room: what fits under the capacity, and anything for someone empty-handed",
        arguments: [
            (1, 0, 240, true), (500, 0, 240, true), (165, 75, 240, true), (166, 75, 240, false), (1, 240, 240, false),
            (1, 300, 240, false), (5, 0, 0, true),
        ])
    func hasRoom(effort: Int, load: Int, capacity: Int, fits: Bool) async throws {
        #expect(
            try await db.value("select secondline_rules.has_room(\(effort), \(load), \(capacity))")
                == (fits ? "t" : "f"))
    }

    @Test("the fair limit counts the offers of its window, and says when it lets go")
    func fairLimit() async throws {
        let here = try await Department(in: db, specialists: 1, capacity: 10_000)
        let person = here.specialists[0]
        try await db.script("select secondline.set_fair_limit('\(here.queue)', 2, '1 hour')")
        let state = { (at: String) in
            """
            select coalesce(obstacle, '-'), offers_left, free_again_at = timestamptz '2040-01-01 10:00Z'
              from secondline_rules.member_state(timestamptz '2040-01-01 \(at)Z') where person_id = \(person)
            """
        }
        for at in ["09:00", "09:30", "09:40"] {
            let ticket = try await here.ticket(in: db)
            let held = try await db.assign([(ticket, person)], at: "timestamptz '2040-01-01 \(at)Z'")
            // the third within the hour does not hold
            #expect(held.isEmpty == (at == "09:40"))
        }
        #expect(try await db.lines(state("09:10")) == ["fair_limit|0|t"])
        #expect(try await db.lines(state("09:59")) == ["fair_limit|0|t"])
        #expect(try await db.lines(state("10:00")) == ["-|1|-"])
        #expect(try await db.lines(state("10:30")) == ["-|2|-"])
        try await db.script("select secondline.set_fair_limit('\(here.queue)', null)")
        #expect(try await db.lines(state("09:40")) == ["-|-|-"])
    }

    @Test("a batch that gives more than the fair limit allows holds only in part, in its order")
    func fairBatch() async throws {
        let here = try await Department(in: db, specialists: 1, capacity: 10_000)
        try await db.script("select secondline.set_fair_limit('\(here.queue)', 3)")
        var tickets: [Int64] = []
        for _ in 0..<5 { tickets.append(try await here.ticket(in: db)) }
        #expect(try await db.assign(tickets.map { ($0, here.specialists[0]) }) == Array(tickets.prefix(3)))
        #expect(
            try await db.value(
                "select cardinality(recent_offers) from secondline.queue_member where queue = '\(here.queue)'")
                == "3")
    }
}
