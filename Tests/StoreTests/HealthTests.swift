import Dispatch
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// What each look finds, at times that are said: nobody waits for an hour.
@Suite("health", .serialized, .ownDatabase) struct HealthTests {
    /// Findings as kind|subject|severity.
    private func found(_ look: String, _ condition: String = "true", by session: Session? = nil) async throws
        -> [String]
    {
        try await (session ?? db).lines(
            "select kind, subject, severity from secondline_rules.\(look) where \(condition) order by 1, 2")
    }

    /// Runs the body while another session is idle in a transaction that has run the SQL, which is undone then.
    private func whileIdle(_ sql: String, _ body: (_ pid: String) async throws -> Void) async throws {
        let (pids, opened) = AsyncStream.makeStream(of: String.self)
        let release = DispatchSemaphore(value: 0)
        let database = OwnDatabase.current!.database
        let holder = Task {
            defer { opened.finish() }
            let session = Session(options: database.options("forgetful"))
            try await session.open()
            try? await session.transaction { (db) throws(DatabaseError) in
                try db.script(sql)
                opened.yield(try db.simpleQuery("select pg_backend_pid()")[0][0] ?? "")
                release.wait()
                throw DatabaseError(.usage, "undo")
            }
            await session.close()
        }
        var pid: String?
        for await one in pids {
            pid = one
            break
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body(#require(pid))) } catch { result = .failure(error) }
        release.signal()
        try await holder.value
        try result.get()
    }

    @Test("who is idle in a transaction with locks is named after a minute, and as what holds the horizon after 15")
    func idleSession() async throws {
        let department = try await Department(in: db, specialists: 1)
        try await whileIdle(
            "update secondline.person set changed_at = changed_at where person_id = \(department.specialists[0])"
        ) { (pid) async throws in
            let at = { (later: String) in "session_health(now() + interval '\(later)')" }
            #expect(try await found(at("0")) == [])
            #expect(try await found(at("2 min")) == ["idle_in_transaction|pid \(pid)|warning"])
            #expect(
                try await found(at("20 min")) == ["horizon|pid \(pid)|warning", "idle_in_transaction|pid \(pid)|error"])
            #expect(
                try await found(at("2 hours")) == ["horizon|pid \(pid)|error", "idle_in_transaction|pid \(pid)|error"])
            let words = try await db.lines(
                "select detail, advice, since < now() from secondline_rules.\(at("2 min")) where kind = 'idle_in_transaction'"
            )
            #expect(words.first?.hasPrefix("pid \(pid) (forgetful) of ") == true)
            #expect(words.first?.contains("has locks on person") == true)
            #expect(words.first?.contains("select pg_terminate_backend(\(pid));") == true)
            #expect(words.first?.hasSuffix("|t") == true)
        }
        #expect(try await found("session_health(now() + interval '2 hours')") == [])
    }

    @Test("an idle transaction without locks of ours keeps the horizon all the same, and nothing else")
    func idleSnapshot() async throws {
        try await whileIdle("set transaction isolation level repeatable read; select 1") { (pid) async throws in
            #expect(
                try await found("session_health(now() + interval '20 min')") == ["horizon|pid \(pid)|warning"])
        }
    }

    @Test("who has locked a duty's row is named, also to a daemon that sees nothing of other sessions")
    func heldDuty() async throws {
        let login = "sl_health_\(UInt32.random(in: 0 ... .max))"
        try await db.script("create role \(login) login in role secondline_daemon")
        try await db.script("update secondline.duty set ran_at = now() where name = 'clock'")
        try await whileIdle("select from secondline.duty where name = 'clock' for no key update") {
            (pid) async throws in
            #expect(try await found("session_health(now())", "kind = 'duty_held'") == [])
            let later = "session_health(now() + interval '10 min')"
            #expect(try await found(later, "kind = 'duty_held'") == ["duty_held|clock|error"])
            #expect(
                try await db.value("select advice from secondline_rules.\(later) where kind = 'duty_held'")
                    == "select pg_terminate_backend(\(pid));")
            try await withSession(as: login) { (session) async throws in
                #expect(try await found(later, by: session) == ["blind|\(login)|info", "duty_held|clock|error"])
                #expect(
                    try await session.value("select advice from secondline_rules.\(later) where kind = 'duty_held'")
                        == "select pg_terminate_backend(\(pid));")
            }
            try await db.script("grant pg_read_all_stats to \(login)")
            try await withSession(as: login) { (session) async throws in
                #expect(
                    try await found(later, by: session)
                        == ["duty_held|clock|error", "idle_in_transaction|pid \(pid)|warning"])
            }
        }
        try await db.script("drop role \(login)")
    }

    @Test("the indexes that are expected are those that a fresh schema has")
    func expectedIndexes() async throws {
        let missing = """
            select c.relname from pg_class c join pg_index i on i.indexrelid = c.oid
             where c.relnamespace = 'secondline'::regnamespace
            except select secondline_rules.expected_index() order by 1
            """
        #expect(try await db.lines(missing) == [], "add them to expected_index() in sql/functions/85_health.sql")
        #expect(try await found("storage_health()") == [])
    }

    @Test("a missing or invalid index, disabled triggers and what else is not as it was made are found, with the cure")
    func storage() async throws {
        let rows = try await db.lines(
            """
            begin;
            drop index secondline.ticket_waiting_effort_index;
            set local allow_system_table_mods = on;
            update pg_index set indisvalid = false where indexrelid = 'secondline.message_due_index'::regclass;
            alter table secondline.person disable trigger person_left_calendar;
            alter table secondline.assignment disable trigger all;
            alter table secondline.team add constraint team_name_is_short check (length(name) < 9) not valid;
            alter table secondline.ticket set (autovacuum_enabled = false);
            select kind, subject, severity, advice from secondline_rules.storage_health() order by 1, 2;
            rollback
            """)
        #expect(
            rows == [
                "autovacuum_off|ticket|error|alter table secondline.ticket reset (autovacuum_enabled);",
                "constraint_unchecked|team.team_name_is_short|warning|alter table secondline.team validate constraint team_name_is_short;",
                "index_invalid|message_due_index|error|reindex index concurrently secondline.message_due_index;",
                "index_missing|ticket_waiting_effort_index|error|Create it again, with \"concurrently\", by its statement; that of a constraint comes with the constraint: grep -rwA3 ticket_waiting_effort_index /usr/share/secondline/sql/migrations",
                "trigger_disabled|assignment|error|alter table secondline.assignment enable trigger all; then see what was written meanwhile.",
                "trigger_disabled|person|error|alter table secondline.person enable trigger user; then see what was written meanwhile.",
            ])
        #expect(try await found("storage_health()") == [])
    }

    @Test("tables with more dead rows than live ones are found")
    func bloat() async throws {
        try await db.script(
            """
            alter table secondline.skill set (autovacuum_enabled = false);
            insert into secondline.skill (name) select 'skill ' || n from generate_series(1, 21000) n;
            delete from secondline.skill;
            select pg_stat_force_next_flush();
            """)
        let kinds = "kind = 'bloat'"
        #expect(try await found("storage_health()", kinds) == ["bloat|skill|warning"])
        #expect(
            try await db.value("select detail from secondline_rules.storage_health() where \(kinds)")
                == "skill has 21000 dead rows beside 0 live ones; last vacuumed never")
        try await db.script("vacuum secondline.skill")
        try await db.script(
            "alter table secondline.skill reset (autovacuum_enabled); select pg_stat_force_next_flush()")
        #expect(try await found("storage_health()") == [])
    }

    @Test("sessions of the daemon without a limit, and logins that may forget a transaction, are found")
    func roles() async throws {
        // the first of all by name, as only five are named
        let login = "aaa_health_\(UInt32.random(in: 0 ... .max))"
        try await db.script("create role \(login) login in role secondline_app")
        let named = { (session: Session) in
            try await session.value(
                """
                select coalesce(bool_or(detail like '%\(login)%'), false) from secondline_rules.role_health()
                 where kind = 'limits_missing' and subject = 'logins'
                """)
        }
        #expect(try await named(db) == "t")
        try await db.script("alter role \(login) set idle_in_transaction_session_timeout = '1min'")
        #expect(try await named(db) == "f")
        try await db.script("alter role \(login) set idle_in_transaction_session_timeout = 0")
        #expect(try await named(db) == "t")
        try await db.script(
            """
            alter role \(login) in database \(OwnDatabase.current!.database.name) set idle_in_transaction_session_timeout = '1min'
            """)
        #expect(try await named(db) == "f")
        try await db.script("drop role \(login)")

        try await withSession { (session) async throws in
            let own = "subject = session_user"
            #expect(
                try await found("role_health()", own, by: session).map { $0.split(separator: "|")[0] } == ["superuser"])
            try await session.script("set lock_timeout = 0")
            #expect(
                try await session.value(
                    "select detail from secondline_rules.role_health() where \(own) and kind = 'limits_missing'")?
                    .contains("have no lock_timeout:") == true)
        }
    }

    @Test("a duty without a row, one that nobody does, all of them, and a schema of another version are found")
    func duties() async throws {
        let look = { (duties: String, intervals: String, later: String) in
            "duty_health(now() + interval '\(later)', '{\(duties)}', '{\(intervals)}', '\(SchemaVersion.known)')"
        }
        try await db.script("update secondline.duty set ran_at = case when name <> 'assignment' then now() end")
        #expect(try await found(look("assignment,clock,audit,health", "null,5,60,60", "5 min")) == [])
        // 5 min and three times 60 s
        #expect(
            try await found(look("assignment,clock,audit,health", "null,5,60,60", "7 min")) == ["duty_late|clock|error"]
        )
        #expect(
            try await found(look("assignment,clock,audit,health", "null,5,60,60", "9 min")) == [
                "no_daemon|daemon|error"
            ])
        // a daemon asks about the others
        #expect(
            try await found(look("assignment,clock,audit", "null,5,60", "9 min"))
                == ["duty_late|audit|error", "duty_late|clock|error"])
        #expect(try await found(look("assignment,chess", "null,5", "0")) == ["duty_missing|chess|error"])
        #expect(
            try await found("duty_health(now(), '{}', '{}', '0001_department')")
                == ["schema_version|\(SchemaVersion.known)|warning"])
        // whichever of the two is behind
        #expect(
            try await db.lines(
                """
                select v.known, f.advice from unnest('{0001_department,9999_next}'::text[]) v (known)
                 cross join secondline_rules.duty_health(now(), '{}', '{}', v.known) f order by 1
                """) == [
                    "0001_department|Install the version of secondline that brought it, and restart the daemons.",
                    "9999_next|Run \"secondline migrate\".",
                ])
    }

    @Test("channels that fail, that no daemon has, that are slow, or whose messages were refused are found")
    func channels() async throws {
        let department = try await Department(in: db, specialists: 1)
        let person = department.specialists[0]
        try await db.script(
            """
            select secondline.set_contact(\(person), c, 'here') from unnest('{mail,chat,sms,fax}'::text[]) c;
            select secondline_rules.report_channel(now(), 'mail', 'w1', null, 0, null);
            select secondline_rules.report_channel(now(), 'chat', 'w1', 90, 7, 'no route');
            select secondline_rules.report_channel(now(), 'chat', 'w2', null, 0, null);
            select secondline_rules.report_channel(now(), 'sms', 'w1', 90, 7, 'no credit');
            insert into secondline.message (channel, state, severity, kind, person_id, created_at, send_at, data)
            select v.channel, v.state::secondline.message_state, 'normal', 'note', \(person), now(), v.send_at::timestamptz, '{}'
              from (values ('mail', 'ready', now() - interval '20 min'), ('mail', 'set_aside', 'infinity'),
                           ('mail', 'set_aside', 'infinity'), ('sms', 'ready', now() - interval '1 day')) v (channel, state, send_at);
            """)
        #expect(
            try await found("channel_health(now())") == [
                "channel_failing|chat|warning", "channel_failing|sms|error", "channel_unserved|fax|warning",
                "messages_set_aside|mail|warning", "messages_waiting|mail|warning",
            ])
        #expect(
            try await db.lines(
                "select subject, detail, extract(epoch from now() - since)::int from secondline_rules.channel_health(now()) where kind = 'channel_failing'"
            ) == [
                "chat|everything fails or is refused in channel chat of 1 of 2 daemons: no route|90",
                "sms|everything fails or is refused in channel sms: no credit|90",
            ])
        // daemons that said nothing for five minutes are gone
        #expect(
            try await found("channel_health(now() + interval '6 min')", "kind like 'channel%'")
                == ["chat", "fax", "mail", "sms"].map { "channel_unserved|\($0)|warning" })
        try await db.script(
            "delete from secondline.message; delete from secondline.contact; delete from secondline.channel_worker")
    }

    @Test(
        "the next working day that nobody covers is found: over a weekend, a holiday, by skill; not where somebody has no hours"
    )
    func shifts() async throws {
        let department = try await Department(in: db, specialists: 2, atWork: false)
        let (anna, boris) = (department.specialists[0], department.specialists[1])
        try await db.script(
            """
            select secondline.set_working_hours(p, d, '09:00', '18:00') from generate_series(1, 5) d, unnest(array[\(anna), \(boris)]) p;
            """)
        // a Friday to come, at noon in Berlin
        let friday =
            try await db.value("select current_date + (12 - extract(isodow from current_date)::int) % 7 + 7") ?? ""
        let noon = "('\(friday) 12:00'::timestamp at time zone 'Europe/Berlin')"
        let look = "department_health(\(noon))"
        let queue = "subject like '\(department.queue)%'"
        #expect(try await found(look, queue) == [])
        try await db.script(
            "select secondline.record_absence(\(anna), 'vacation', '\(friday)'::date + 3, '\(friday)'::date + 3)")
        #expect(try await found(look, queue) == [])
        try await db.script(
            "select secondline.record_absence(\(boris), 'sick', '\(friday)'::date + 3, '\(friday)'::date + 4)")
        let monday = try await db.value("select '\(friday)'::date + 3") ?? ""
        #expect(try await found(look, queue) == ["shift_uncovered|\(department.queue) \(monday)|warning"])
        let detail = try await db.value("select detail from secondline_rules.\(look) where \(queue)") ?? ""
        #expect(
            detail
                == "nobody works on queue \(department.queue) on Monday \(monday): Specialist 0, Specialist 1 are absent"
        )
        #expect(!detail.contains("sick"))
        // the day before it is the Sunday
        #expect(
            try await found("department_health(\(noon) + interval '2 days')", queue)
                == ["shift_uncovered|\(department.queue) \(monday)|warning"])
        #expect(try await found("department_health(\(noon) + interval '3 days')", queue) == [])

        // on Tuesday Anna is back
        try await db.script("select secondline.add_holiday(\(department.team), '\(monday)')")
        #expect(try await found(look, queue) == [])
        try await db.script("delete from secondline.holiday")
        try await db.script("select secondline.pause_queue('\(department.queue)', 'moved')")
        #expect(try await found(look, queue) == [])
        try await db.script("select secondline.resume_queue('\(department.queue)')")
        let extra = try await db.id("secondline.add_person(\(department.team), 'specialist', 'Emil')")
        try await db.script("select secondline.add_member('\(department.queue)', \(extra))")
        #expect(try await found(look, queue) == [])
        try await db.script("select secondline.deactivate_person(\(extra))")
        #expect(try await found(look, queue) == ["shift_uncovered|\(department.queue) \(monday)|warning"])
        try await db.script("select secondline.pause_queue('\(department.queue)', 'done')")
    }

    @Test("queues without people, people whom nothing reaches, teams without head and tickets set aside are found")
    func department() async throws {
        let department = try await Department(in: db, specialists: 1, skill: "sql \(UInt32.random(in: 0 ... .max))")
        let (person, queue, team) = (department.specialists[0], department.queue, department.team)
        let name = try await db.value("select name from secondline.team where team_id = \(team)") ?? ""
        let mine = "subject in ('\(queue)', '\(name)')"
        let look = "department_health(now())"
        #expect(try await found(look, mine) == [])
        let ticket = try await department.ticket(in: db)
        try await db.script("select secondline_rules.set_aside(now(), \(ticket), 'secret words of the client')")
        #expect(try await found(look, mine) == ["tickets_set_aside|\(queue)|error"])
        #expect(
            try await db.value("select count(*) from secondline_rules.\(look) where (detail || advice) ~ 'secret'")
                == "0")
        try await db.script("delete from secondline.ticket_fault")

        try await db.script("select secondline.set_contact(\(person), 'mail', 'anna@example.org')")
        #expect(try await found(look, mine) == ["people_unreachable|\(name)|warning"])
        try await db.script(
            """
            select secondline_rules.report_channel(now(), 'mail', 'w1', null, 0, null);
            select secondline.set_contact(\(department.head), 'mail', 'head@example.org');
            """)
        #expect(
            try await db.value("select detail from secondline_rules.\(look) where \(mine)")
                == "no channel of a daemon that runs leads to Max Manager of team \(name): they have popups only")
        try await db.script("delete from secondline.contact; delete from secondline.channel_worker")

        try await db.script("delete from secondline.person_skill where person_id = \(person)")
        #expect(try await found(look, mine) == ["queue_without_members|\(queue)|error"])
        #expect(
            try await db.value("select detail from secondline_rules.\(look) where \(mine)")?.contains(
                ": no member has the skill sql") == true)
        try await db.script("select secondline.cancel_ticket(\(ticket), \(department.manager), 'no more')")
        try await db.script("select secondline.remove_member('\(queue)', \(person))")
        #expect(try await found(look, mine) == ["queue_without_members|\(queue)|warning"])
        try await db.script("select secondline.pause_queue('\(queue)', 'not in use')")
        #expect(try await found(look, mine) == [])
        try await db.script("select secondline.deactivate_person(\(department.head))")
        #expect(try await found(look, mine) == ["team_without_head|\(name)|warning"])
    }

    @Test(
        "a finding is opened when it is first seen, kept while it holds, told when it is new or worse, and ended once")
    func recorded() async throws {
        let record = { (minutes: Int, findings: String) in
            try await db.lines(
                """
                select change, kind, subject, severity, seconds
                  from secondline_rules.record_findings('2030-01-01 00:00Z'::timestamptz + \(minutes) * interval '1 min',
                       array[\(findings)]::secondline_rules.found[])
                """)
        }
        let first = "row('a', 'x', 'warning', null, 'd1', 'do')"
        #expect(try await record(0, first) == ["found|a|x|warning|0"])
        #expect(try await record(1, first) == [])
        #expect(try await record(2, "row('a', 'x', 'error', null, 'd2', 'do')") == ["found|a|x|error|120"])
        // twice in one look is one, at its worst; how long it has been so may be known
        let second = "row('b', 'x', 'info', null, 'd', 'do'), row('b', 'x', 'warning', '2029-12-31 00:00Z', 'd', 'do')"
        #expect(try await record(3, "\(first), \(second)") == ["found|b|x|warning|86580"])
        #expect(
            try await db.lines(
                "select kind, severity, detail, since, seen_at - '2030-01-01 00:00Z' from secondline.health_now order by 1"
            ).map { $0.replacing("+00", with: "") } == [
                "a|warning|d1|2030-01-01 00:00:00|00:03:00", "b|warning|d|2029-12-31 00:00:00|00:03:00",
            ])
        #expect(try await record(5, "") == ["gone|a|x|warning|300", "gone|b|x|warning|86700"])
        #expect(try await record(6, "") == [])
        #expect(try await record(7, first) == ["found|a|x|warning|0"])
        #expect(try await db.value("select count(*) from secondline.finding") == "3")
        #expect(try await record(60 * 24 * 31, first) == [])
        #expect(try await db.lines("select kind, ended_at is null from secondline.finding") == ["a|t"])
        try await db.script("delete from secondline.finding")
    }

    @Test("who looks after the servers and heads see the health; members and clients do not, and nobody writes it")
    func readers() async throws {
        let logins = try await RightsTests.Logins()
        for login in ["reader", "head", "program", "daemon"] {
            try await withSession(as: logins.names[login]!) { (session) async throws in
                #expect(try await session.value("select count(*) from secondline.health_now") == "0")
            }
        }
        for login in ["member", "nothing"] {
            try await withSession(as: logins.names[login]!) { (session) async throws in
                await session.expectRefusal("42501", hint: false, "select from secondline.health_now")
                await session.expectRefusal("42501", hint: false, "select from secondline.finding")
            }
        }
        for login in ["reader", "head", "program", "member"] {
            try await withSession(as: logins.names[login]!) { (session) async throws in
                await session.expectRefusal(
                    "42501", hint: false, "select from secondline_rules.record_findings(now(), '{}')")
            }
        }
        try await logins.drop()
    }

    @Test("a statement whose plan reads all of a large table is seen, and nothing prepared is left behind")
    func plans() async throws {
        let department = try await Department(in: db, specialists: 1)
        try await db.script(
            """
            set session_replication_role = replica;
            insert into secondline.ticket (queue, status, effort_minutes, submitted_at, eligible_at, changed_at, attend_at, title)
            select '\(department.queue)', 'new', 75, now(), now(), now(), now(), 'title' from generate_series(1, 12000);
            reset session_replication_role; analyze secondline.ticket
            """)
        try await withSession { (session) async throws in
            for statement in [Look.self, WaitingTickets.self] as [any Statement.Type] {
                let tables = { try await session.query(ScannedTables(statement)) }
                #expect(try await tables() == [])
                try await session.script(
                    "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off")
                #expect(try await tables() == ["ticket"])
                try await session.script("reset all")
            }
            await session.expectRefusal(
                "42P01", hint: false, "select secondline_rules.scanned_tables('select from nothing')")
            #expect(try await session.value("select count(*) from pg_prepared_statements where from_sql") == "0")
        }
    }

    @Test("the figures count what there is, by queue and channel, and name no person")
    func figures() async throws {
        let department = try await Department(in: db, specialists: 2)
        let queue = department.queue
        _ = try await department.acceptedTicket(in: db, effort: 60)
        _ = try await department.ticket(in: db)
        _ = try await department.ticket(in: db)
        try await db.script("select secondline.pause_workday(\(department.specialists[1]))")
        let rows = try await db.lines(
            """
            select name, array_to_string(labels, '/'), value from secondline_rules.figures(now() + interval '1 hour')
             where labels[1] = '\(queue)' and name <> 'ticket_oldest_wait_seconds' order by 1, 2
            """)
        #expect(
            rows == [
                "capacity_seconds|\(queue)|14400", "load_seconds|\(queue)|3600", "people_at_work|\(queue)|1",
                "tickets_open|\(queue)/accepted|1", "tickets_open|\(queue)/new|2",
            ])
        #expect(
            try await db.value(
                """
                select value between 3599 and 3700 from secondline_rules.figures(now() + interval '1 hour')
                 where labels[1] = '\(queue)' and name = 'ticket_oldest_wait_seconds'
                """) == "t")
        #expect(
            try await db.value(
                "select count(*) from secondline_rules.figures(now()) where array_to_string(labels, ' ') ~ 'Specialist'"
            )
                == "0")
    }
}
