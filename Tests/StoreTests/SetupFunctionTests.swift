import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct SetupFunctionTests {
    static let refusals: [Refused] = [
        Refused("22023", "add_team(' ', 'UTC')"),
        Refused("22023", "add_team('nowhere', 'Mars/Olympus')"),
        Refused("22023", "add_team('nowhere', null)"),
        Refused("22023", "add_team(E'two\\nlines', 'UTC')"),
        Refused("P0002", "add_person(-1, 'specialist', 'Nina')"),
        Refused("P0002", "add_person(null, 'specialist', 'Nina')"),
        Refused("22023", "add_person({team}, 'specialist', '')"),
        Refused("22023", "add_person({team}, 'specialist', 'Nina', time_zone => 'CET/Berlin')"),
        Refused("22P02", "add_person({team}, 'boss', 'Nina')", hint: false),
        Refused(
            "23514", "add_person({team}, 'specialist', 'Nina', null, -1)",
            constraint: "person_capacity_not_negative_check", hint: false),
        Refused("P0002", "change_team(-1, 'Other')"),
        Refused("P0002", "change_team(null, 'Other')"),
        Refused("22023", "change_team({team}, ' ')"),
        Refused("22023", "change_team({team}, time_zone => 'Mars/Olympus')"),
        Refused("P0002", "change_person(-1, 'Nina')"),
        Refused("P0002", "change_person(null, 'Nina')"),
        Refused("22023", "change_person({owner}, '')"),
        Refused("22023", "change_person({owner}, 'Nina', time_zone => 'Mars/Olympus')"),
        Refused("P0002", "change_person({owner}, 'Nina', team => -1)"),
        Refused("SL006", "change_person({owner}, 'Nina', time_zone => 'Asia/Tokyo')"),
        Refused("22P02", "change_person({owner}, role => 'boss')", hint: false),
        Refused("P0002", "set_login(-1, 'nina')"),
        Refused("22023", "set_login({owner}, ' ')"),
        Refused("P0002", "change_client(-1, 'North')"),
        Refused("P0002", "change_client(null, 'North')"),
        Refused("P0002", "change_client({client}, 'North', -1)"),
        Refused("SL006", "change_client({client}, 'North', {gone})"),
        Refused("22023", "change_client({client}, ' ')"),
        Refused("P0002", "remove_holiday(-1, '2026-12-25')"),
        Refused("P0002", "remove_holiday(null, '2026-12-25')"),
        Refused("22023", "add_client(null)"),
        Refused("P0002", "add_client('Client', -1)"),
        Refused("SL006", "add_client('Client', {gone})"),
        Refused("22023", "add_queue('')"),
        Refused("23505", "add_queue({queue})", constraint: "queue_pkey", hint: false),
        Refused("23514", "add_queue('queue', 4)", constraint: "queue_line_known_check", hint: false),
        Refused("23514", "add_queue('queue', 2, 0)", constraint: "queue_effort_positive_check", hint: false),
        Refused("P0002", "add_member('nowhere', {owner})"),
        Refused("P0002", "add_member({queue}, -1)"),
        Refused("P0002", "remove_member('nowhere', {owner})"),
        Refused("22023", "grant_skill({owner}, '')"),
        Refused("P0002", "grant_skill(-1, 'french')"),
        Refused("P0002", "revoke_skill(-1, 'french')"),
        Refused("P0002", "set_capacity(-1, 100)"),
        Refused(
            "23514", "set_capacity({owner}, 100001)", constraint: "person_capacity_not_negative_check", hint: false),
        Refused("22023", "set_working_hours({owner}, 0, '09:00', '17:00')"),
        Refused("22023", "set_working_hours({owner}, 8, '09:00', '17:00')"),
        Refused("22023", "set_working_hours({owner}, 1, '09:00', '09:00')"),
        Refused("P0002", "set_working_hours(-1, 1, '09:00', '17:00')"),
        Refused("P0002", "clear_working_hours(-1)"),
        Refused("P0002", "add_holiday(-1, '2026-12-25')"),
        Refused("22023", "record_absence({owner}, 'vacation', '2026-08-02', '2026-08-01')"),
        Refused("22023", "record_absence({owner}, 'vacation', '2026-08-02', null)"),
        Refused("22023", "record_absence({owner}, 'vacation', '2026-08-02', '2036-08-01')"),
        Refused("22023", "record_absence({owner}, 'vacation', '2026-08-02', 'infinity')"),
        Refused("22P02", "record_absence({owner}, 'party', '2026-08-01', '2026-08-02')", hint: false),
        Refused("P0002", "record_absence(-1, 'sick', '2026-08-01', '2026-08-02')"),
        Refused("22023", "record_absence_hours({owner}, 'sick', '2026-08-01 10:00Z', '2026-08-01 10:00Z')"),
        Refused("22023", "record_absence_hours({owner}, 'sick', '-infinity', '2026-08-01 10:00Z')"),
        Refused("P0002", "cancel_absence(-1)"),
        Refused("P0002", "pause_queue('nowhere', 'flood')"),
        Refused("22023", "pause_queue({queue}, '')"),
        Refused("P0002", "resume_queue('nowhere')"),
        Refused(
            "23514", "set_fair_limit({queue}, 0)", constraint: "queue_fair_limit_positive_check", hint: false),
        Refused(
            "23514", "set_fair_limit({queue}, 3, '0')", constraint: "queue_fair_window_in_range_check", hint: false),
        Refused(
            "23514", "set_starvation_bound({queue}, '-1 s')", constraint: "queue_starvation_bound_in_range_check",
            hint: false),
        Refused(
            "23514", "set_head_start({queue}, 'low', '8 days')", constraint: "queue_head_start_in_order_check",
            hint: false),
        Refused("22023", "set_head_start({queue}, null, '8 days')"),
        Refused("P0002", "set_routing('nowhere', 'load')"),
        Refused("22023", "set_routing({queue}, 'fate')"),
        Refused("22023", "set_routing({queue}, null)"),
        Refused("P0002", "set_accept_within('nowhere', '1 hour')"),
        Refused("22023", "set_accept_within({queue}, null)"),
        Refused("22023", "set_accept_within({queue}, '-1 s')"),
        Refused("22023", "set_accept_within({queue}, '31 days')"),
        Refused("P0002", "set_substitute(-1, {owner})"),
        Refused("P0002", "set_substitute({owner}, -1)"),
        Refused("22023", "set_substitute({owner}, {owner})"),
        Refused("SL006", "set_substitute({owner}, {gone})"),
        Refused("P0002", "deactivate_person(-1)"),
        Refused("P0002", "deactivate_person(null)"),
        Refused("SL006", "deactivate_person({gone})"),
        Refused("P0002", "start_workday(-1)"),
        Refused("SL006", "start_workday({owner})"),
        Refused("SL006", "start_workday({gone})"),
        Refused("SL003", "pause_workday({head})"),
        Refused("SL003", "resume_workday({head})"),
        Refused("SL003", "end_workday({head})"),
        Refused("SL006", "resume_workday({owner})"),
        Refused("P0002", "end_workday(null)"),
        Refused("P0002", "set_head(-1, {head})"),
        Refused("P0002", "set_head({team}, -1)"),
        Refused("SL006", "set_head({team}, {gone})"),
        Refused("P0002", "set_deputy(-1, {head})"),
        Refused("P0002", "set_deputy({team}, -1)"),
        Refused("SL006", "set_deputy({team}, {gone})"),
        Refused("P0002", "set_lateness(-1)"),
        Refused(
            "23514", "set_lateness({team}, '-1 s')", constraint: "team_late_grace_in_range_check", hint: false),
        Refused(
            "23514", "set_lateness({team}, '25 hours')", constraint: "team_late_grace_in_range_check", hint: false),
        Refused(
            "23514", "set_lateness({team}, '0', 6, 5)", constraint: "team_late_days_in_window_check", hint: false),
        Refused("23502", "set_lateness({team}, null)", hint: false),
        Refused("P0002", "set_reminder(-1, 'plan', 'first', '1 hour')"),
        Refused("P0002", "set_reminder({team}, 'plan', 'third', '1 hour')"),
        Refused("P0002", "set_reminder({team}, null, null, null)"),
        Refused("22023", "set_reminder({team}, 'plan', 'first', '13 hours')"),
        Refused(
            "23514", "set_reminder({team}, 'start', 'unseen', '-1 min')",
            constraint: "reminder_rule_start_after_check", hint: false),
        Refused("22023", "set_standup({team}, '{1,8}', '10:00')"),
        Refused("22023", "set_standup({team}, '{1,null}', '10:00')"),
        Refused("22023", "set_standup({team}, '{1}', null)"),
        Refused("P0002", "set_standup(-1, '{1}', '10:00')"),
        Refused("P0002", "set_queue_team('nowhere', {team})"),
        Refused("P0002", "set_queue_team({queue}, -1)"),
        Refused("P0002", "add_queue('new', team => -1)"),
    ]

    @Test("a refused call says why and what to do, and changes nothing", arguments: refusals)
    func refused(_ one: Refused) async throws {
        try await one.check(Scene(in: db))
    }

    @Test("a team's name and a person's login are given once")
    func unique() async throws {
        let here = try await Department(in: db, specialists: 0)
        await db.expectRefusal(
            "23505", constraint: "team_name_unique", hint: false,
            "select secondline.add_team((select name from secondline.team where team_id = \(here.team)), 'UTC')")
        _ = try await db.id("secondline.add_person(\(here.team), 'specialist', 'One', 'the_login')")
        await db.expectRefusal(
            "23505", constraint: "person_login_unique", hint: false,
            "select secondline.add_person(\(here.team), 'specialist', 'Two', 'the_login')")
        await db.expectRefusal(
            "23505", constraint: "person_login_unique", hint: false,
            "select secondline.set_login(\(here.head), 'the_login')")
        await db.expectRefusal(
            "23505", constraint: "team_name_unique", hint: false,
            """
            select secondline.change_team(secondline.add_team('second \(here.team)', 'UTC'),
                                          (select name from secondline.team where team_id = \(here.team)))
            """)
    }

    @Test("what is changed of a person, a team and a client; the rest stays")
    func changes() async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        let there = try await Department(in: db, specialists: 0)
        let person = here.specialists[0]
        let row =
            "select full_name, role, login, time_zone, team_id, capacity_minutes from secondline.person where person_id = \(person)"
        try await db.script("select secondline.set_login(\(person), 'nina')")
        try await db.script("select secondline.change_person(\(person), 'Nina', 'developer')")
        #expect(try await db.lines(row) == ["Nina|developer|nina|Europe/Berlin|\(here.team)|240"])
        try await db.script(
            "select secondline.change_person(\(person), time_zone => 'Asia/Tokyo', team => \(there.team))")
        #expect(try await db.lines(row) == ["Nina|developer|nina|Asia/Tokyo|\(there.team)|240"])
        try await db.script("select secondline.set_login(\(person), null)")
        #expect(try await db.lines(row) == ["Nina|developer|-|Asia/Tokyo|\(there.team)|240"])

        let team = "select name, time_zone from secondline.team where team_id = \(here.team)"
        try await db.script("select secondline.change_team(\(here.team), 'Renamed \(here.team)')")
        #expect(try await db.lines(team) == ["Renamed \(here.team)|Europe/Berlin"])
        try await db.script("select secondline.change_team(\(here.team), time_zone => 'Asia/Tokyo')")
        #expect(try await db.lines(team) == ["Renamed \(here.team)|Asia/Tokyo"])
        try await db.script("select secondline.change_client(\(here.client), 'Southwind')")
        let client = "select name, account_manager_id from secondline.client where client_id = \(here.client)"
        #expect(try await db.lines(client) == ["Southwind|\(here.manager)"])
        try await db.script("select secondline.change_client(\(here.client), account_manager => \(person))")
        #expect(try await db.lines(client) == ["Southwind|\(person)"])
    }

    @Test(
        "what may be said again is harmless",
        arguments: [
            "add_member({queue}, {owner})", "remove_member({other_queue}, {owner})", "grant_skill({owner}, 'dutch')",
            "revoke_skill({owner}, 'dutch')", "remove_holiday({team}, '2026-12-25')",
            "add_holiday({team}, '2026-12-25')", "clear_working_hours({owner})",
            "set_working_hours({owner}, 1, '09:00', '17:00')", "resume_queue({queue})",
            "pause_queue({queue}, 'flood')", "set_capacity({owner}, 300)",
        ])
    func again(call: String) async throws {
        let scene = try await Scene(in: db)
        let state = """
            select (select array_agg(m::text order by m) from secondline.queue_member m),
                   (select array_agg(k::text order by k) from secondline.person_skill k),
                   (select array_agg(h::text order by h) from secondline.holiday h),
                   (select array_agg(w::text order by w) from secondline.working_hours w),
                   (select array_agg((q.paused_at, q.pause_reason)::text order by q.name) from secondline.queue q),
                   (select array_agg(p.capacity_minutes order by p.person_id) from secondline.person p)
            """
        try await db.script(scene("select secondline.\(call)"))
        let once = try await db.lines(state)
        try await db.script(scene("select secondline.\(call)"))
        #expect(try await db.lines(state) == once)
    }

    @Test("people have their team's time zone unless they have their own, and 240 minutes unless told")
    func defaults() async throws {
        let here = try await Department(in: db, specialists: 0, zone: "Asia/Tokyo")
        let plain = try await db.id("secondline.add_person(\(here.team), 'developer', 'Plain')")
        let own = try await db.id(
            "secondline.add_person(\(here.team), 'developer', 'Own', null, 0, 'America/Lima')")
        #expect(
            try await db.lines(
                """
                select time_zone, capacity_minutes from secondline.person
                 where person_id in (\(plain), \(own)) order by person_id
                """) == ["Asia/Tokyo|240", "America/Lima|0"])
    }

    @Test(
        "working hours that overlap are refused, those that touch are not",
        arguments: [
            ("1, '12:00', '13:00'", false), ("1, '16:59', '18:00'", false), ("1, '08:00', '09:01'", false),
            ("7, '22:00', '09:30'", false), ("7, '23:00', '22:59'", false), ("1, '20:00', '19:00'", true),
            ("1, '17:00', '18:00'", true),
            ("1, '07:00', '09:00'", true), ("7, '22:00', '09:00'", true), ("1, '09:00', '20:00'", true),
            ("2, '00:00', '24:00'", true),
        ])
    func overlap(span: String, fits: Bool) async throws {
        let here = try await Department(in: db, specialists: 1)
        let person = here.specialists[0]
        try await db.script("select secondline.set_working_hours(\(person), 1, '09:00', '17:00')")
        let call = "select secondline.set_working_hours(\(person), \(span))"
        if fits { try await db.script(call) } else { await db.expectRefusal("23P01", call) }
    }

    @Test("an absence is cancelled once, and is kept")
    func cancelAbsence() async throws {
        let here = try await Department(in: db, specialists: 1)
        let absence = try await db.id(
            "secondline.record_absence(\(here.specialists[0]), 'sick', '2026-03-02', '2026-03-03')")
        try await db.script("select secondline.cancel_absence(\(absence))")
        await db.expectRefusal("SL006", "select secondline.cancel_absence(\(absence))")
        #expect(
            try await db.value("select cancelled_at is not null from secondline.absence where absence_id = \(absence)")
                == "t")
    }

    @Test("a queue keeps the time of its first pause and the last reason")
    func pause() async throws {
        let here = try await Department(in: db, specialists: 0)
        let paused = "select paused_at from secondline.queue where name = '\(here.queue)'"
        try await db.script("select secondline.pause_queue('\(here.queue)', 'flood')")
        let since = try await db.value(paused)
        try await db.script("select secondline.pause_queue('\(here.queue)', 'fire')")
        #expect(try await db.value(paused) == since)
        try await db.script("select secondline.resume_queue('\(here.queue)')")
        #expect(try await db.value(paused) == nil)
    }

    @Test("a workday goes through its states, and is the same again when it is started again that day")
    func workday() async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        let person = here.specialists[0]
        let state = """
            select w.paused_at is not null, w.ended_at is not null, s.state from secondline.workday w
              join secondline.specialist_now s using (person_id) where person_id = \(person)
            """
        let first = try await db.id("secondline.start_workday(\(person))")
        #expect(try await db.lines(state) == ["f|f|free"])
        try await db.script("select secondline.pause_workday(\(person))")
        #expect(try await db.lines(state) == ["t|f|paused"])
        await db.expectRefusal("SL006", "select secondline.pause_workday(\(person))")
        try await db.script("select secondline.resume_workday(\(person)); select secondline.pause_workday(\(person))")
        try await db.endDay(of: person)
        #expect(try await db.lines(state) == ["f|t|not_at_work"])
        await db.expectRefusal("SL003", "select secondline.pause_workday(\(person))")
        #expect(try await db.id("secondline.start_workday(\(person))") == first)
        #expect(try await db.lines(state) == ["f|f|free"])
    }

    @Test("who leaves for good: the workday ends, what they had waits for others, and every change wakes the duty")
    func deactivate() async throws {
        let here = try await Department(in: db, specialists: 2)
        let person = here.specialists[0]
        let tickets = [try await here.assignedTicket(in: db), try await here.acceptedTicket(in: db)]
        try await db.script("select secondline.deactivate_person(\(person))")
        #expect(
            try await db.lines(
                """
                select t.status, t.assignee_id, a.state from secondline.ticket t join secondline.assignment a using (ticket_id)
                 where ticket_id in (\(tickets[0]), \(tickets[1]))
                """) == ["new|-|rehomed", "new|-|rehomed"])
        #expect(
            try await db.value(
                "select count(*) from secondline.workday where person_id = \(person) and ended_at is null")
                == "0")
        #expect(try await db.assign([(tickets[0], person)]) == [])
        try await expectLoadsToAddUp()
    }

    @Test(
        "what changes who is free hints once a transaction",
        arguments: [
            "start_workday({head})", "pause_workday({owner})",
            "add_member({other_queue}, {owner})",
            "remove_member({queue}, {owner})", "grant_skill({owner}, 'dutch')", "set_capacity({owner}, 500)",
            "change_person({owner}, 'Nina')", "change_person({owner}, role => 'developer')",
            "set_working_hours({owner}, 1, '09:00', '17:00')", "clear_working_hours({owner})",
            "record_absence({owner}, 'sick', '2026-03-02', '2026-03-03')", "resume_queue({queue})",
            "set_routing({queue}, 'account_manager')", "set_substitute({owner}, {colleague})",
            "set_fair_limit({queue}, 5)", "set_head_start({queue}, 'high', '4 days')", "deactivate_person({owner})",
            "submit_ticket({queue}, 'title', '')", "resolve_ticket({accepted}, {owner}, 'done')",
            "decline_ticket({assigned}, {owner}, 'no')", "set_priority({new}, 'urgent', {manager})",
            "move_ticket({new}, {other_queue}, {manager}, 'theirs')",
        ])
    func hint(call: String) async throws {
        let scene = try await Scene(in: db)
        let heard = try await hints { try await db.script(scene("select secondline.\(call)")) }
        #expect(heard == ["assignment"])
    }

    @Test("so does the end of a workday")
    func endHint() async throws {
        let scene = try await Scene(in: db)
        let heard = try await hints { try await db.script(Session.endingDay(of: scene("{owner}"))) }
        #expect(heard == ["assignment"])
    }
}
