import Foundation
import Postgres
import TestSupport
import Testing

/// Who sees whose days.
@Suite(.serialized, .ownDatabase) struct DayRightsTests {
    /// Each person has a plan, a task with their secret, a report with another, an absence, and a ticket in hand.
    struct Scene: Sendable {
        let logins: RightsTests.Logins
        let people: [String: Int64]

        init() async throws {
            // where it is about noon, so that no day or month ends meanwhile
            let hour = Calendar(identifier: .gregorian).dateComponents(in: .gmt, from: Date()).hour! - 12
            logins = try await RightsTests.Logins(zone: hour < 0 ? "Etc/GMT\(hour)" : "Etc/GMT+\(hour)")
            people = [
                "member": logins.here.specialists[0], "colleague": logins.here.specialists[1], "head": logins.here.head,
                "deputy": logins.other.specialists[0], "other_head": logins.other.head,
            ]
            for (name, person) in people {
                let at =
                    logins.other.specialists.contains(person) || person == logins.other.head
                    ? logins.other : logins.here
                if name.hasSuffix("head") {
                    try await db.script(
                        "select secondline.start_workday(\(person)); select secondline.add_member('\(at.queue)', \(person))"
                    )
                }
                let (task, ticket) = (
                    try await db.id("secondline.add_task(\(person), 'secret task of \(name)')"),
                    try await at.ticket(in: db)
                )
                try await db.script(
                    """
                    select secondline.submit_plan(\(person), '{more}');
                    select secondline.report_task(task_id, 'not_done', 5, 'secret comment of \(name)') from secondline.task where person_id = \(person);
                    select secondline.submit_report(\(person), 'secret of \(name)', 'secret badly of \(name)');
                    select secondline.change_task(\(task), 'secret task of \(name)');
                    select secondline.record_absence(\(person), 'vacation', '2030-01-01', '2030-01-02');
                    insert into secondline.workday (person_id, day, started_at) values (\(person), '2020-01-01', '2020-01-01 09:00Z')
                        on conflict do nothing;
                    """.replacing(/insert into secondline\.workday[^;]*;/, with: ""))
                try await db.script(
                    "select secondline.reassign_ticket(\(ticket), \(person), \(at.head), 'theirs')")
            }
        }

        func session<R: Sendable>(as login: String, _ body: @Sendable (Session) async throws -> R) async throws -> R {
            try await withSession(as: logins.names[login]!, body)
        }
    }

    static let all: Set = ["member", "colleague", "head", "deputy", "other_head"]
    /// With the login, whose rows of the team: nil is refused with 42501.
    static let team: [String: Set<String>] = [
        "member": ["member"], "colleague": ["colleague"], "head": ["member", "colleague", "head"],
        "deputy": ["member", "colleague", "head", "deputy"], "other_head": ["other_head", "deputy"], "program": all,
        "daemon": all, "nobody": [], "gone": [],
    ]
    static let own: [String: Set<String>] = [
        "member": ["member"], "colleague": ["colleague"], "head": ["head"], "deputy": ["deputy"],
        "other_head": ["other_head"], "program": all, "daemon": all, "nobody": [], "gone": [],
    ]

    @Test("whose rows a login sees, in each table and view")
    func rows() async throws {
        let scene = try await Scene()
        let ids = scene.people.values.map { "\($0)" }.joined(separator: ",")
        let views: [(String, [String: Set<String>], reader: Bool)] = [
            ("task", Self.team, false), ("report", Self.team, false), ("day_task", Self.team, false),
            ("day_report", Self.team, false), ("absence_calendar", Self.team, true), ("my_day", Self.own, false),
            ("my_month", Self.own, false), ("my_tickets", Self.own, true), ("suggested_task", Self.own, false),
        ]
        for (view, seen, reader) in views {
            for login in Self.team.keys.sorted() + ["reader", "nothing"] {
                let sql = "select distinct person_id from secondline.\(view) where person_id in (\(ids))"
                let found = try await scene.session(as: login) { session -> Set<String>? in
                    do throws(DatabaseError) {
                        let rows = try await session.simpleQuery(sql).map { $0[0] ?? "" }
                        return Set(scene.people.filter { rows.contains("\($0.value)") }.keys)
                    } catch {
                        guard error.sqlState == "42501" else { throw error }
                        return nil
                    }
                }
                let wanted: Set<String>? =
                    login == "nothing" ? nil : login == "reader" ? (reader ? [] : nil) : seen[login]!
                #expect(found == wanted, "\(login) in \(view)")
            }
        }
        try await scene.logins.drop()
    }

    @Test("the agenda is that of one's own team and of those that one leads, and tells only what was shared")
    func agenda() async throws {
        let scene = try await Scene()
        let (here, other) = ("\(scene.logins.here.team)", "\(scene.logins.other.team)")
        let wanted: [String: [String]] = [
            "member": [here], "head": [here], "deputy": [here, other], "other_head": [other], "nobody": [], "gone": [],
        ]
        for (login, teams) in wanted {
            try await scene.session(as: login) { session async throws in
                for view in ["secondline.standup_agenda", "secondline_rules.agenda_now()"] {
                    #expect(
                        try await session.lines("select distinct team_id from \(view) order by 1")
                            == teams.sorted { Int($0)! < Int($1)! },
                        "\(login)")
                    #expect(
                        try await session.lines("select text from \(view) where text ~ 'secret (badly|of|comment)'")
                            == [])
                }
            }
        }
        for login in ["program", "daemon"] {
            let seen = try await scene.session(as: login) {
                try await $0.lines(
                    "select distinct team_id from secondline.standup_agenda where team_id in (\(here), \(other)) order by 1"
                )
            }
            #expect(seen.count == 2)
        }
        for login in ["reader", "nothing"] {
            let error = try await scene.session(as: login) { await $0.refusal("select from secondline.standup_agenda") }
            #expect(error?.sqlState == "42501")
        }
        try await scene.logins.drop()
    }

    @Test("a function that leaks what it is asked about is never asked about other people's rows")
    func leaks() async throws {
        let scene = try await Scene()
        let columns = [
            "task": ["title", "comment"], "report": ["went_well", "went_badly"], "day_task": ["task", "comment"],
            "day_report": ["tasks", "went_badly"], "my_day": ["task", "comment"], "my_month": ["tasks", "went_badly"],
            "suggested_task": ["title"],
        ]
        for login in ["member", "head", "other_head", "nobody"] {
            try await scene.session(as: login) { session async throws in
                try await session.script(
                    """
                    create function pg_temp.leak(text) returns boolean language plpgsql cost 0.0000001 as
                    $$ begin if $1 ~ 'secret.* of colleague' then raise exception 'leaked: %', $1; end if; return true; end $$;
                    create function pg_temp.leak(bigint) returns boolean language plpgsql cost 0.0000001 as
                    $$ begin if $1 = \(scene.people["colleague"]!) then raise exception 'leaked %', $1; end if; return true; end $$;
                    create operator pg_temp.~~~ (leftarg = text, rightarg = text, function = pg_catalog.texteq);
                    """)
                for (view, texts) in columns {
                    for column in texts + ["person_id"] {
                        var state: SQLState?
                        do throws(DatabaseError) {
                            try await session.script("select from secondline.\(view) where pg_temp.leak(\(column))")
                        } catch {
                            state = error.sqlState
                        }
                        // the head sees it, so it can leak
                        let leaks = login == "head" && !view.hasPrefix("my") && view != "suggested_task"
                        #expect(state == (leaks ? "P0001" : nil), "\(login): \(view).\(column)")
                    }
                }
                // the server does so only a while after the session has ended
            }
        }
        try await scene.logins.drop()
    }

    @Test("every view that shows some people's rows only is a barrier to such functions, whatever the planner does")
    func barriers() async throws {
        #expect(
            try await db.lines(
                """
                select c.relname, 'security_barrier=true' = any (coalesce(c.reloptions, '{}')) from pg_class c
                 where c.relnamespace = 'secondline'::regnamespace and c.relkind = 'v'
                   and pg_get_viewdef(c.oid) ~ 'visible_|own_person|acting_|is_program|session_user' order by 1
                """)
                == [
                    "absence_calendar", "alert_now", "client_ticket", "day_report", "day_task", "inbox", "message_now",
                    "message_set_aside", "my_clients", "my_day", "my_escalations", "my_month", "my_tickets",
                    "suggested_task",
                ]
                .map { "\($0)|t" })
    }

    @Test("the rules that people may call directly tell them no more than the views")
    func rules() async throws {
        let scene = try await Scene()
        let colleague = scene.people["colleague"]!
        let task = try await db.id("secondline.add_task(\(colleague), 'left open')")
        try await scene.session(as: "member") { session async throws in
            #expect(
                try await session.lines("select * from secondline_rules.visible_person()")
                    == ["\(scene.people["member"]!)"])
            #expect(
                try await session.lines("select * from secondline_rules.own_person()") == ["\(scene.people["member"]!)"]
            )
            #expect(try await session.value("select secondline_rules.is_program()") == "f")
            for call in [
                "secondline_rules.missing(w) from secondline.workday w where person_id = \(colleague)",
                "secondline_rules.standup_agenda(now(), \(scene.logins.here.team), current_date)",
                "secondline_rules.agenda_data(now(), \(scene.logins.here.team), current_date, now())",
                "secondline_rules.reminder_data(\(colleague), current_date, null, null)",
                "secondline_rules.due_reminder(now(), '1 day', \(colleague))",
                "secondline_rules.changeable_task(\(task))", "secondline_rules.submit_plan(now(), \(colleague), '{x}')",
                "secondline_rules.run_workdays(now(), 1)", "secondline_rules.head_to_tell(now(), 1, \(colleague))",
            ] {
                let error = await session.refusal("select \(call)")
                #expect(error?.sqlState == "42501", "\(call)")
            }
        }
        try await scene.session(as: "head") { session async throws in
            #expect(
                try await session.value("select missing from secondline.day_report where person_id = \(colleague)")
                    == "{\"task \(task)\"}")
        }
        try await scene.logins.drop()
    }

    @Test("a new head or deputy sees the team's days at once, a former one no more")
    func changes() async throws {
        let scene = try await Scene()
        let team = scene.logins.here.team
        let count = "select count(distinct person_id) from secondline.report"
        let seen: @Sendable (String) async throws -> String? = { login in
            try await scene.session(as: login) { try await $0.value(count) }
        }
        #expect(try await seen("deputy") == "4")
        try await db.script("select secondline.set_deputy(\(team), \(scene.people["colleague"]!))")
        #expect(try await seen("deputy") == "1")
        #expect(try await seen("colleague") == "3")
        try await db.script("select secondline.set_head(\(team), \(scene.people["other_head"]!))")
        #expect(try await seen("other_head") == "5")
        #expect(try await seen("head") == "3")
        try await db.script("select secondline.deactivate_person(\(scene.people["head"]!))")
        #expect(try await seen("head") == "1")
        try await scene.logins.drop()
    }

    @Test("the inbox shows a reminder to its reader and to programs, to nobody else")
    func inbox() async throws {
        let scene = try await Scene()
        let head = scene.people["head"]!
        try await db.script("select secondline.add_task(\(head), 'open'); select secondline.end_workday(\(head))")
        for (login, count) in [("reader", 0), ("colleague", 0), ("other_head", 0), ("head", 1), ("program", 1)] {
            let kinds = try await scene.session(as: login) {
                try await $0.lines(
                    "select kind from secondline.inbox where person_id = \(head) and kind = 'report.reminder'")
            }
            #expect(kinds.count == count, "\(login)")
        }
        try await scene.logins.drop()
    }
}
