import Postgres
import TestSupport
import Testing

/// No report, no end of the workday, whoever tries it and however.
@Suite(.serialized, .ownDatabase) struct GateTests {
    typealias Logins = RightsTests.Logins

    private func withLogins(_ body: (Logins) async throws -> Void) async throws {
        let logins = try await Logins()
        let result: Result<Void, any Error>
        do { result = .success(try await body(logins)) } catch { result = .failure(error) }
        try await logins.drop()
        try result.get()
    }

    /// Runs it and undoes it.
    private func attempt(_ sql: String, as login: String?, role: String? = nil) async throws -> SQLState? {
        try await withSession(as: login) { session async throws in
            do throws(DatabaseError) {
                try await session.transaction { (db) throws(DatabaseError) in
                    if let role { try db.script("set local role \(role)") }
                    try db.script(sql)
                    throw DatabaseError(.usage, "undo")
                }
                return nil
            } catch {
                return error.sqlState
            }
        }
    }

    @Test("through the function it says what is missing, is journalled each time, and reminds once")
    func function() async throws {
        try await withLogins { logins async throws in
            let member = logins.here.specialists[0]
            let task = try await db.id("secondline.add_task(\(member), 'the task')")
            let end = "select * from secondline.end_workday(\(member))"
            for login in ["member", "program", "member"] {
                try await withSession(as: logins.names[login]!) { session async throws in
                    #expect(try await session.lines(end) == ["f|{plan,\"task \(task)\",report}"], "\(login)")
                }
            }
            #expect(
                try await db.lines(
                    """
                    select event, from_state, to_state, by_person_id, note from secondline.workday_journal
                     where person_id = \(member) and event = 'end_refused'
                    """)
                    == Array(
                        repeating: "end_refused|working|working|\(member)|plan, task \(task), report", count: 3))
            let reminders = """
                select (select count(*) from secondline.reminder where person_id = \(member) and what = 'report' and which = 'attempt'),
                       (select count(*) from secondline.message where person_id = \(member) and kind = 'report.reminder')
                """
            #expect(try await db.lines(reminders) == ["1|1"])
            // what is done is missing no more
            try await db.script(
                "select secondline.submit_plan(\(member), '{}'); select secondline.report_task(\(task), 'not_done')")
            #expect(try await db.lines(end) == ["f|{report}"])
            try await db.script("select secondline.submit_report(\(member), 'well', 'badly')")
            try await withSession(as: logins.names["member"]!) { session async throws in
                #expect(try await session.lines(end) == ["t|{}"])
            }
            #expect(try await db.lines(reminders) == ["1|1"])
            #expect(try await db.value("select state from secondline.workday where person_id = \(member)") == "ended")
        }
    }

    @Test("heads and deputies have no other gate for themselves")
    func heads() async throws {
        try await withLogins { logins async throws in
            for login in ["head", "deputy", "other_head"] {
                let person = Int64(logins.words("{\(login)}"))!
                try await withSession(as: logins.names[login]!) { session async throws in
                    if login != "deputy" { try await session.script("select secondline.start_workday(\(person))") }
                    #expect(
                        try await session.lines("select * from secondline.end_workday(\(person))")
                            == ["f|{plan,report}"], "\(login)")
                    let excuse = await session.refusal(
                        "select secondline.excuse_workday(\(person), \(person), 'because')")
                    #expect(excuse?.sqlState == "SL005", "\(login)")
                }
                #expect(
                    try await db.value("select state from secondline.workday where person_id = \(person)") == "working")
            }
        }
    }

    static let logins = [
        "program", "daemon", "head", "other_head", "deputy", "member", "colleague", "gone", "reader", "nobody",
        "nothing",
    ]

    /// Ways round it, and how they are refused to those who may write the tables.
    static let tricks: [(state: SQLState, sql: String)] = [
        ("SL001", "update secondline.workday set state = 'ended', ended_at = now() where {its}"),
        ("SL001", "update secondline.workday set state = 'ended', ended_at = now(), planned_at = now() where {its}"),
        ("23514", "update secondline.workday set ended_at = now() where {its}"),
        ("SL001", "update secondline.workday set state = 'excused', excuse = 'x', ended_at = now() where {its}"),
        (
            "SL001",
            "update secondline.workday set state = 'excused', excuse = 'x', ended_at = now(), excused_by = {head} where {its}"
        ),
        (
            "SL001",
            "update secondline.workday set state = 'excused', excuse = 'x', ended_at = now(), excused_by = {member} where {its}"
        ),
        (
            "SL001",
            "update secondline.workday set state = 'excused', excuse = 'x', ended_at = now(), excused_by = {other_head} where {its}"
        ),
        (
            "SL001",
            """
            update secondline.workday set state = 'overdue' where {its};
            update secondline.workday set state = 'ended', ended_at = now() where {its}
            """
        ),
        (
            "SL001",
            """
            update secondline.workday set state = 'overdue' where {its};
            update secondline.workday set state = 'excused', excuse = 'x', ended_at = now(), excused_by = {head} where {its}
            """
        ),
        ("SL001", "delete from secondline.workday where {its}"),
        (
            "SL001",
            "update secondline.workday set state = 'overdue' where {its}; delete from secondline.workday where {its}"
        ),
        ("SL006", "update secondline.workday set day = day - 1 where {its}"),
        ("SL006", "update secondline.workday set day = day - 1, state = 'paused', paused_at = now() where {its}"),
        ("SL006", "update secondline.workday set day = day - 1, state = 'overdue' where {its}"),
        ("SL006", "update secondline.workday set person_id = {manager} where {its}"),
        ("SL006", "update secondline.workday set person_id = {manager}, state = 'overdue' where {its}"),
        (
            "SL001",
            """
            insert into secondline.workday (person_id, day, started_at, ended_at, state)
            values ({member}, '2020-01-01', '2020-01-01 09:00Z', '2020-01-01 17:00Z', 'ended')
            """
        ),
        (
            "SL001",
            """
            insert into secondline.workday (person_id, day, started_at, ended_at, state, planned_at)
            values ({member}, '2020-01-01', '2020-01-01 09:00Z', '2020-01-01 17:00Z', 'ended', now())
            """
        ),
        (
            "SL001",
            """
            insert into secondline.workday (person_id, day, started_at, ended_at, state, excused_by, excuse)
            values ({member}, '2020-01-01', '2020-01-01 09:00Z', '2020-01-01 17:00Z', 'excused', {head}, 'x')
            """
        ),
        (
            "SL006",
            """
            insert into secondline.workday (person_id, day, started_at, state)
            values ({member}, '2020-01-01', '2020-01-01 09:00Z', 'overdue')
            """
        ),
        (
            "SL001",
            """
            insert into secondline.workday (person_id, day, started_at) select person_id, day, now() from secondline.workday where {its}
            on conflict (person_id, day) do update set state = 'ended', ended_at = now()
            """
        ),
        // with the report, but not the outcome of a task
        (
            "SL001",
            """
            update secondline.workday set planned_at = now() where {its};
            insert into secondline.report (person_id, day, submitted_at, went_well, went_badly)
            select person_id, day, now(), 'x', 'x' from secondline.workday where {its};
            update secondline.workday set state = 'ended', ended_at = now() where {its}
            """
        ),
    ]

    @Test("direct SQL is refused, to logins because they may not write, to the owner and a superuser by the gate")
    func direct() async throws {
        try await withLogins { logins async throws in
            try await db.script("select secondline.add_task(\(logins.here.specialists[0]), 'the task')")
            let before = try await everything()
            for trick in Self.tricks {
                let sql = logins.words(trick.sql.replacing("{its}", with: "person_id = {member}"))
                for login in Self.logins {
                    #expect(try await attempt(sql, as: logins.names[login]!) == "42501", "\(login): \(sql)")
                }
                for role in ["secondline_owner", "postgres"] {
                    #expect(try await attempt(sql, as: nil, role: role) == trick.state, "\(role): \(sql)")
                }
            }
            #expect(try await everything() == before)
        }
    }

    static let calls = [
        "secondline_rules.end_workday(now(), {member})",
        "secondline_rules.excuse_workday(now(), {member}, {head}, 'x', null)",
        "secondline_rules.change_workday(now(), w, 'ended', 'ended', {member}) from secondline.workday w where person_id = {member}",
        "secondline_rules.correct_workday(now(), {member}, {head}, now() - interval '1 hour', now(), 'x')",
        "secondline_rules.excuse_sick(now(), {member})", "secondline_rules.mark_overdue(now(), 1)",
        "secondline_rules.close_overdue(now(), {member}, current_date)",
        "secondline_rules.submit_report(now(), {member}, 'x', 'x', null, null, null)",
        "secondline_rules.record_absence(now(), {member}, 'sick', current_date, current_date, null, null)",
    ]

    @Test("the rules behind the functions are nobody's to call", arguments: calls)
    func rules(call: String) async throws {
        try await withLogins { logins async throws in
            for login in Self.logins {
                #expect(
                    try await attempt("select \(logins.words(call))", as: logins.names[login]!) == "42501", "\(login)")
            }
        }
    }

    struct Call: Sendable {
        let login: String
        /// Nil: allowed.
        let refused: SQLState?
        let call: String
        init(_ login: String, _ refused: SQLState?, _ call: String) {
            (self.login, self.refused, self.call) = (login, refused, call)
        }

        static let all: [Call] =
            // another person's day
            logins.filter { !["member", "program"].contains($0) }.flatMap { login in
                [
                    "end_workday({member})", "pause_workday({member})", "submit_plan({member}, '{x}')",
                    "add_task({member}, 'x')", "change_task({task}, 'x')", "drop_task({task}, 'x')",
                    "report_task({task}, 'done')", "submit_report({member}, 'x', 'x')",
                    "add_agenda_item({member}, 'x')",
                    "praise({member}, {colleague}, 'x')",
                ].map { Call(login, "42501", $0) }
            } + [
                // as the head, who they are not
                Call("member", "42501", "excuse_workday({member}, {head}, 'x')"),
                Call("colleague", "42501", "excuse_workday({member}, {head}, 'x')"),
                Call("deputy", "42501", "excuse_workday({member}, {head}, 'x')"),
                Call("other_head", "42501", "excuse_workday({member}, {head}, 'x')"),
                Call("daemon", "42501", "excuse_workday({member}, {head}, 'x')"),
                Call("reader", "42501", "excuse_workday({member}, {head}, 'x')"),
                Call("nobody", "42501", "excuse_workday({member}, {head}, 'x')"),
                // as they are
                Call("member", "SL005", "excuse_workday({member}, {member}, 'x')"),
                Call("colleague", "SL005", "excuse_workday({member}, {colleague}, 'x')"),
                Call("other_head", "SL005", "excuse_workday({member}, {other_head}, 'x')"),
                Call(
                    "other_head", "SL005",
                    "correct_workday({member}, {other_head}, now() - interval '1 min', null, 'x')"),
                Call("other_head", "SL005", "remark({other_head}, {member}, 'x', 'x', 'x')"),
                Call("program", "SL005", "excuse_workday({member}, {other_head}, 'x')"),
                Call("head", nil, "excuse_workday({member}, {head}, 'x')"),
                Call("deputy", nil, "excuse_workday({member}, {deputy}, 'x')"),
                Call("program", nil, "excuse_workday({member}, {head}, 'x')"),
                Call("deputy", nil, "remark({deputy}, {member}, 'x', 'x', 'x')"),
                Call("member", nil, "report_task({task}, 'done')"),
                Call("program", nil, "report_task({task}, 'done')"),
                Call("member", nil, "praise({member}, {head}, 'x')"),
                Call("member", nil, "note_standup({team}, 'x')"), Call("deputy", nil, "note_standup({team}, 'x')"),
                Call("member", "42501", "note_standup({other_team}, 'x')"),
                Call("other_head", "42501", "note_standup({team}, 'x')"),
                Call("nobody", "42501", "note_standup({team}, 'x')"),
                // how the team is set up
                Call("head", nil, "set_deputy({team}, {colleague})"),
                Call("head", nil, "set_reminder({team}, 'plan', 'second', '1 hour')"),
                Call("head", nil, "set_standup({team}, '{1,5}', '10:00')"),
                Call("head", nil, "set_lateness({team})"), Call("program", nil, "set_head({team}, {other_head})"),
                Call("head", "42501", "set_head({other_team}, {head})"),
                Call("other_head", "42501", "set_head({team}, {other_head})"),
                Call("other_head", "42501", "set_deputy({team}, {other_head})"),
                Call("other_head", "42501", "set_reminder({team}, 'plan', 'second', null)"),
                Call("other_head", "42501", "set_standup({team}, '{}', null)"),
                Call("other_head", "42501", "set_lateness({team})"),
                Call("member", "42501", "set_deputy({team}, {member})"),
                Call("daemon", "42501", "set_deputy({team}, {member})"),
            ]
    }

    @Test("nobody plans, reports, ends or excuses for others but programs, the head and the deputy")
    func others() async throws {
        try await withLogins { logins async throws in
            let task = try await db.id("secondline.add_task(\(logins.here.specialists[0]), 'the task')")
            let before = try await everything()
            for one in Call.all {
                let sql = logins.words("select secondline.\(one.call.replacing("{task}", with: "\(task)"))")
                let state = try await attempt(sql, as: logins.names[one.login]!)
                #expect(state == one.refused, "\(one.login): \(sql)")
            }
            #expect(try await everything() == before)
        }
    }
}
