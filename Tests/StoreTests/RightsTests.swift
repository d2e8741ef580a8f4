import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct RightsTests {
    static let roles = [
        "secondline_app", "secondline_daemon", "secondline_head", "secondline_member", "secondline_reader",
    ]

    /// The one declaration of who may call what.
    static let functions: [String: [String]] = {
        let setup = [
            "add_team", "add_person", "change_team", "change_person", "set_login", "change_client", "add_client",
            "remove_holiday",
            "add_queue", "add_member", "remove_member", "grant_skill",
            "revoke_skill",
            "set_capacity", "set_working_hours", "clear_working_hours", "add_holiday", "pause_queue", "resume_queue",
            "set_fair_limit", "set_starvation_bound", "set_head_start", "deactivate_person", "set_team_contact",
            "set_client_contact", "set_team_locale", "set_client_locale", "set_template", "set_queue_team", "set_head",
            "set_deputy", "set_lateness", "set_reminder", "set_standup", "set_regulation", "clear_regulation",
            "set_misplaced_topic", "set_client_login", "set_target", "set_stalled_after", "set_client_silence",
            "set_acknowledge_within", "set_escalation",
            "set_routing", "set_accept_within",
        ]
        let telling = [
            "send_message", "send_to_client", "send_to_team", "secondline_rules.quiet_until",
        ]
        let outbox = ["retry_message", "retry_channel", "drop_message"]
        let work = [
            "record_absence", "record_absence_hours", "cancel_absence", "start_workday", "pause_workday",
            "resume_workday",
            "end_workday", "submit_ticket", "accept_ticket", "decline_ticket", "resolve_ticket", "reassign_ticket",
            "set_priority", "move_ticket", "cancel_ticket", "add_note", "acknowledge_message", "set_contact",
            "set_locale", "excuse_workday", "correct_workday", "submit_plan", "add_task", "change_task", "drop_task",
            "report_task", "submit_report", "add_agenda_item", "drop_agenda_item", "note_standup", "praise", "remark",
            "reply_to_client", "wait_for_client", "client_replied", "reopen_ticket", "hand_over", "resubmit_ticket",
            "report_difficulty", "acknowledge_alert",
            "escalate_ticket", "link_ticket", "acknowledge_escalation", "decline_escalation", "note_progress",
            "ask_owner", "answer_developer", "finish_escalation", "confirm_fix", "send_back", "refuse_escalation",
            "accept_suggestion", "decline_suggestion",
            "set_substitute",
        ]
        let reading = [
            "check_ticket", "shift", "calendar_of_person", "calendar_of_team", "calendar_of_queue", "business_time",
            "business_end", "service_figures_of",
            "secondline_rules.head_start", "secondline_rules.rank", "secondline_rules.business_interval",
            "secondline_rules.business_clock", "secondline_rules.business_instant", "secondline_rules.ticket_candidate",
            "secondline_rules.member_state",
            "secondline_rules.has_room", "secondline_rules.routed_person", "secondline_rules.is_routed_to",
            // the rules behind secondline.inbox
            "secondline_rules.acting_person", "secondline_rules.is_pointless", "secondline_rules.reader",
            "secondline_rules.render", "secondline_rules.field_text", "secondline_rules.time_text",
            "secondline_rules.day_text",
            "secondline_rules.instant", "secondline_rules.is_reported",
            // those behind the views on people's days
            "secondline_rules.is_program", "secondline_rules.acting_client", "secondline_rules.leader",
            "secondline_rules.visible_person",
            "secondline_rules.own_person", "secondline_rules.missing", "secondline_rules.agenda_now",
            "secondline_rules.visible_team", "secondline_rules.visible_manager",
            // the rank behind secondline.queue_now
            "secondline_rules.clock_of",
            // what stands behind secondline.alert_now
            "secondline_rules.waits_for", "secondline_rules.reason_text",
        ]
        let ofClients = [
            "secondline_rules.visible_client", "secondline_rules.expected", "secondline_rules.client_news",
            "secondline_rules.state_text",
        ]
        let deciding = [
            "waiting_group", "routed_waiting", "lock_unlocked_people", "assign", "record_blockers", "set_aside",
            "finish_duty",
            "idle_specialist", "claim_messages", "begin_claim", "renew_leases", "finish_deliveries",
            "take_over_messages", "report_channel", "forget_worker", "attend_popups", "retire_popups", "remove_history",
            "remove_tickets", "remove_blockers",
            "run_workdays", "run_clocks", "run_estimates",
            "find_health", "session_health", "duty_health", "storage_health", "expected_index", "role_health",
            "channel_health", "department_health", "some_names", "scanned_tables", "record_findings", "figures",
        ].map { "secondline_rules.\($0)" }
        return [
            "secondline_app": setup + telling + outbox + work + reading + ofClients,
            "secondline_head": setup + telling + work + reading + ofClients,
            "secondline_member": work + reading + ofClients, "secondline_reader": reading + ofClients,
            "secondline_daemon": reading + ofClients + telling + outbox + deciding,
            // which tables: see ClientLoginTests
            "secondline_client": ofClients + ["submit_ticket", "client_replied", "cancel_ticket", "reopen_ticket"],
        ]
    }()

    /// What a role may not read, or not every column of: see `hidden`.
    static let unread = [
        "secondline_member": [
            "channel_now", "channel_worker", "contact", "departure", "finding", "health_now", "message",
            "message_attempt",
            "message_history", "message_key", "message_now", "message_set_aside", "workday",
        ],
        "secondline_head": [
            "departure", "message", "message_attempt", "message_history", "message_key", "message_now",
            "message_set_aside",
            "workday",
        ],
        "secondline_reader": [
            "agenda_item", "day_report", "day_task", "departure", "message", "message_history", "my_day", "my_month",
            "report",
            "standup_agenda", "standup_note", "suggested_task", "task", "workday",
        ],
    ]

    /// Of tables that a role may read but for these columns.
    static let hidden = [
        "secondline_member": ["workday.excuse"], "secondline_head": ["workday.excuse"],
        "secondline_reader": ["message.data", "message_history.data", "workday.excuse"],
    ]

    @Test("a role may call what is declared here and nothing else", arguments: roles + ["secondline_client"])
    func functionMatrix(role: String) async throws {
        let found = try await db.lines(
            """
            select case p.pronamespace::regnamespace::text when 'secondline' then '' else p.pronamespace::regnamespace || '.' end
                   || p.proname
              from pg_proc p
             where p.pronamespace::regnamespace::text in ('secondline', 'secondline_rules')
               and has_function_privilege('\(role)', p.oid, 'execute')
            """)
        #expect(Set(found).symmetricDifference(Self.functions[role]!).sorted() == [])
        #expect(found.count == Set(found).count, "an overloaded function")
    }

    @Test("nobody else may call anything, not even functions of a later release")
    func publicFunctions() async throws {
        let mine = "pronamespace::regnamespace::text in ('secondline', 'secondline_rules')"
        try await db.script(
            """
            begin; set local role secondline_owner;
            create function secondline.later() returns int language sql return 1;
            create function secondline_rules.later() returns int language sql return 1;
            commit;
            """)
        #expect(
            try await db.lines(
                "select p.oid::regprocedure from pg_proc p where \(mine) and has_function_privilege('public', p.oid, 'execute')"
            )
                == [])
        try await db.script("drop function secondline.later(), secondline_rules.later()")
    }

    @Test(
        "all read tables, but not what others are told or write about their days; none is written but tickets and a duty",
        arguments: roles)
    func tableMatrix(role: String) async throws {
        let wanted: [String] =
            switch role {
            case "secondline_daemon": ["update duty.ran_at"]
            case "secondline_app":
                [
                    "author_id", "client_id", "description", "effort_minutes", "external_key", "kind", "priority",
                    "queue",
                    "skill", "title",
                ].map { "insert ticket.\($0)" }
            default: []
            }
        #expect(
            try await db.lines(
                """
                select w.what || ' ' || c.relname || '.' || a.attname
                  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 cross join (values ('insert'), ('update'), ('references')) w (what)
                 where c.relnamespace = 'secondline'::regnamespace and c.relkind in ('r', 'v', 'p')
                   and has_column_privilege('\(role)', c.oid, a.attnum, w.what)
                 order by 1
                """) == wanted.sorted())
        #expect(
            try await db.lines(
                """
                select w.what || ' ' || c.relname from pg_class c
                 cross join (values ('insert'), ('update'), ('delete'), ('truncate'), ('references'), ('trigger')) w (what)
                 where c.relnamespace = 'secondline'::regnamespace and c.relkind in ('r', 'v', 'p')
                   and has_table_privilege('\(role)', c.oid, w.what)
                """) == [])
        #expect(
            try await db.lines(
                """
                select relname from pg_class c
                 where c.relnamespace = 'secondline'::regnamespace and c.relkind in ('r', 'v', 'p')
                   and not has_table_privilege('\(role)', c.oid, 'select')
                 order by 1
                """)
                == (Self.unread[role] ?? []))
        #expect(
            try await db.lines(
                """
                select c.relname || '.' || a.attname
                  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 where c.relnamespace = 'secondline'::regnamespace and c.relkind in ('r', 'v', 'p')
                   and has_any_column_privilege('\(role)', c.oid, 'select') and not has_column_privilege('\(role)', c.oid, a.attnum, 'select')
                 order by 1
                """) == (Self.hidden[role] ?? []))
        #expect(
            try await db.lines(
                "select seqrelid::regclass from pg_sequence where has_sequence_privilege('\(role)', seqrelid, 'usage, update')"
            )
                == [])
        #expect(
            try await db.lines(
                """
                select nspname from pg_namespace where nspname like 'secondline%' and has_schema_privilege('\(role)', oid, 'create')
                """) == [])
    }

    /// Two teams whose people have logins; the names of roles belong to the whole server, so they carry the department's team.
    struct Logins: Sendable {
        let here: Department
        let other: Department
        let names: [String: String]

        init(zone: String = "Europe/Berlin") async throws {
            here = try await Department(in: db, specialists: 3, zone: zone)
            other = try await Department(in: db, specialists: 1, zone: zone)
            let suffix = "\(UInt32.random(in: 0 ... .max))"
            var names: [String: String] = [:]
            let granted = [
                "member": "member", "colleague": "member", "gone": "member", "head": "head", "other_head": "head",
                "deputy": "member", "program": "app", "reader": "reader", "daemon": "daemon", "nobody": "member",
                "nothing": "",
            ]
            for (login, role) in granted {
                names[login] = "sl_test_\(login)_\(suffix)"
                try await db.script(
                    "create role \(names[login]!) login" + (role.isEmpty ? "" : " in role secondline_\(role)"))
            }
            let people = [
                "member": here.specialists[0], "colleague": here.specialists[1], "gone": here.specialists[2],
                "head": here.head, "other_head": other.head, "deputy": other.specialists[0],
            ]
            for (login, person) in people {
                try await db.script(
                    "update secondline.person set login = '\(names[login]!)' where person_id = \(person)")
            }
            try await db.script(
                """
                select secondline.deactivate_person(\(here.specialists[2]));
                select secondline.set_deputy(\(here.team), \(other.specialists[0]));
                """)
            self.names = names
        }

        func drop() async throws {
            try await db.script("drop role if exists \(names.values.joined(separator: ", "))")
        }

        func words(_ text: String, ticket: Int64 = 0, popup: Int64 = 0) -> String {
            let words = [
                "member": here.specialists[0], "colleague": here.specialists[1], "gone": here.specialists[2],
                "head": here.head, "other_head": other.head, "deputy": other.specialists[0],
                "manager": here.manager, "team": here.team,
                "other_team": other.team,
                "ticket": ticket, "client": here.client, "popup": popup,
            ]
            return words.reduce(text.replacing("{queue}", with: "'\(here.queue)'")) {
                $0.replacing("{\($1.key)}", with: "\($1.value)")
            }
        }
    }

    struct Call: Sendable, CustomTestStringConvertible {
        let login: String
        /// Nil: allowed.
        let refused: SQLState?
        let sql: String

        init(_ login: String, _ refused: SQLState?, _ sql: String) {
            (self.login, self.refused, self.sql) = (login, refused, sql)
        }

        var testDescription: String { "\(login) \(refused?.code ?? "may") \(sql)" }

        static let all = [
            // for oneself
            Call("member", nil, "select secondline.accept_ticket({ticket}, {member})"),
            Call("member", nil, "select secondline.decline_ticket({ticket}, {member}, 'no')"),
            Call("member", nil, "select secondline.pause_workday({member})"),
            Call("member", nil, "select secondline.record_absence({member}, 'sick', '2030-01-01', '2030-01-02')"),
            // that would excuse the day which they have begun
            Call(
                "member", "SL005", "select secondline.record_absence({member}, 'sick', day, day) from secondline.my_day"
            ),
            Call("member", nil, "select secondline.submit_ticket({queue}, 'title', '', author => {member})"),
            Call("member", nil, "select secondline.reassign_ticket({ticket}, {colleague}, {member}, 'please')"),
            Call("member", nil, "select secondline.add_note({ticket}, {member}, 'note')"),
            Call("member", "42501", "select secondline.escalate_ticket({ticket}, {colleague}, 'bug', 'low', 'x')"),
            Call("member", "42501", "select secondline.finish_escalation(1, {colleague}, 'fixed', 'x')"),
            Call("member", "P0002", "select secondline.link_ticket({ticket}, 0)"),
            Call("member", "42501", "select secondline.set_escalation({queue})"),
            Call("other_head", "42501", "select secondline.set_escalation({queue})"),
            Call("member", nil, "select * from secondline.my_escalations"),
            Call("member", nil, "select secondline.shift({colleague}, '2026-06-01')"),
            Call("member", nil, "select * from secondline.queue_now"),
            Call("member", nil, "select * from secondline.specialist_now"),
            Call("member", nil, "select * from secondline_rules.ticket_candidate(now(), {ticket})"),
            // not for others, and not as others
            Call("member", "42501", "select secondline.accept_ticket({ticket}, {colleague})"),
            Call("colleague", "42501", "select secondline.accept_ticket({ticket}, {member})"),
            Call("colleague", "SL005", "select secondline.accept_ticket({ticket}, {colleague})"),
            Call("member", "42501", "select secondline.pause_workday({colleague})"),
            Call(
                "member", "42501", "select secondline.record_absence({colleague}, 'sick', '2030-01-01', '2030-01-02')"),
            Call("member", nil, "select secondline.submit_ticket({queue}, 'title', '')"),
            Call("member", "42501", "select secondline.submit_ticket({queue}, 'title', '', author => {colleague})"),
            Call("member", "42501", "select secondline.reassign_ticket({ticket}, {colleague}, {head}, 'please')"),
            Call("member", "42501", "select secondline.cancel_ticket({ticket}, {manager}, 'no')"),
            Call("member", "42501", "select secondline.accept_ticket({ticket}, null)"),
            Call("member", "42501", "select secondline.set_capacity({member}, 1)"),
            Call("member", "42501", "select secondline.add_team('mine', 'UTC')"),
            Call("member", "42501", "update secondline.ticket set priority = 'urgent'"),
            Call("member", "42501", "insert into secondline.ticket (queue, title) values ({queue}, 'title')"),
            Call("member", "42501", "delete from secondline.journal"),
            Call("member", "42501", "select secondline_rules.accept(now(), {ticket}, {member})"),
            Call("member", "42501", "select secondline_rules.hint()"),
            Call("member", "42501", "select secondline_rules.set_aside(now(), {ticket}, 'no')"),
            Call("member", "42501", "select secondline_rules.end_workday(now(), {colleague})"),
            // a head, in the own team
            Call("head", nil, "select secondline.set_capacity({member}, 300)"),
            Call("head", nil, "select secondline.record_absence({member}, 'sick', '2030-01-01', '2030-01-02')"),
            Call("head", nil, "select secondline.reassign_ticket({ticket}, {colleague}, {head}, 'must')"),
            Call("head", nil, "select secondline.add_holiday({team}, '2030-01-01')"),
            Call("head", nil, "select secondline.deactivate_person({colleague})"),
            Call("head", nil, "select secondline.pause_queue({queue}, 'flood')"),
            Call("head", "42501", "select secondline.start_workday({member})"),
            Call("head", "42501", "select secondline.accept_ticket({ticket}, {member})"),
            Call("other_head", "42501", "select secondline.set_capacity({member}, 300)"),
            Call("member", nil, "select secondline.set_substitute({member}, {colleague})"),
            Call("member", "42501", "select secondline.set_substitute({colleague}, {member})"),
            Call("head", nil, "select secondline.set_substitute({member}, {colleague})"),
            Call("other_head", "42501", "select secondline.set_substitute({member}, {colleague})"),
            Call("program", nil, "select secondline.set_substitute({member}, null)"),
            Call("member", "42501", "select secondline.set_routing({queue}, 'account_manager')"),
            Call("head", nil, "select secondline.set_routing({queue}, 'account_manager')"),
            Call("member", "42501", "select secondline.set_accept_within({queue}, '1 hour')"),
            Call("head", nil, "select secondline.set_accept_within({queue}, '1 hour')"),
            Call("other_head", "42501", "select secondline.add_member({queue}, {member})"),
            Call("other_head", "42501", "select secondline.grant_skill({member}, 'french')"),
            Call("other_head", "42501", "select secondline.add_person({team}, 'specialist', 'Spy')"),
            Call("other_head", "42501", "select secondline.change_person({member}, 'Spy')"),
            Call("other_head", "42501", "select secondline.change_person({other_head}, team => {team})"),
            Call("other_head", "42501", "select secondline.set_login({member}, 'spy')"),
            Call("other_head", "42501", "select secondline.change_team({team}, 'Spies')"),
            Call("member", "42501", "select secondline.change_person({member}, role => 'head')"),
            Call("head", nil, "select secondline.change_person({member}, 'Nina', 'developer')"),
            Call("head", "42501", "select secondline.set_login({member}, 'secondline_app')"),
            Call("program", "42501", "select secondline.set_login({member}, session_user)"),
            Call("other_head", "42501", "select secondline.remove_holiday({team}, '2030-01-01')"),
            Call("other_head", "42501", "select secondline.remove_member({queue}, {member})"),
            Call("head", nil, "select secondline.set_login({member}, null)"),
            Call("program", nil, "select secondline.change_person({other_head}, team => {team})"),
            Call("other_head", "42501", "select secondline.add_holiday({team}, '2030-01-01')"),
            Call("other_head", "42501", "select secondline.deactivate_person({member})"),
            Call(
                "other_head", "42501", "select secondline.record_absence({member}, 'sick', '2030-01-01', '2030-01-02')"),
            Call("other_head", "42501", "select secondline.reassign_ticket({ticket}, {colleague}, {head}, 'must')"),
            Call(
                "other_head", "SL005", "select secondline.reassign_ticket({ticket}, {colleague}, {other_head}, 'must')"),
            Call("other_head", "SL005", "select secondline.cancel_ticket({ticket}, {other_head}, 'no')"),
            // a program, for everybody
            Call("program", nil, "select secondline.accept_ticket({ticket}, {member})"),
            Call("program", nil, "select secondline.submit_ticket({queue}, 'title', '')"),
            Call("program", nil, "insert into secondline.ticket (queue, title) values ({queue}, 'title')"),
            Call("program", nil, "select secondline.set_capacity({member}, 300)"),
            Call(
                "program", "42501",
                "insert into secondline.ticket (queue, title, status) values ({queue}, 'title', 'new')"),
            Call("program", "42501", "update secondline.ticket set title = 'other'"),
            Call("program", "42501", "select secondline_rules.assign(now(), '{}', '{}', '{}', '{}', '{}', '{}')"),
            // who left, is nobody, or only reads
            Call("gone", "42501", "select secondline.submit_ticket({queue}, 'title', '', author => {gone})"),
            Call("gone", "42501", "select secondline.start_workday({gone})"),
            Call("nobody", "42501", "select secondline.submit_ticket({queue}, 'title', '')"),
            Call("nobody", "42501", "select secondline.accept_ticket({ticket}, {member})"),
            Call("nobody", "42501", "select secondline.start_workday({member})"),
            Call("nobody", "42501", "select secondline.record_absence({member}, 'sick', '2030-01-01', '2030-01-02')"),
            Call("reader", nil, "select * from secondline.decision_log"),
            Call("reader", nil, "select * from secondline.ticket_now"),
            Call("reader", "42501", "select secondline.submit_ticket({queue}, 'title', '')"),
            Call("nothing", "42501", "select * from secondline.ticket"),
            Call("nothing", "42501", "select secondline.submit_ticket({queue}, 'title', '')"),
            // the daemon
            Call("daemon", nil, "select * from secondline.duty where name = 'audit' for no key update skip locked"),
            Call("daemon", nil, "select secondline_rules.finish_duty(now(), 'audit')"),
            Call("daemon", nil, "select * from secondline_rules.assign(now(), '{}', '{}', '{}', '{}', '{}', '{}')"),
            Call("daemon", nil, "select * from secondline_rules.idle_specialist(now(), '1 minute')"),
            Call("daemon", "42501", "insert into secondline.ticket (queue, title) values ({queue}, 'title')"),
            Call("daemon", "42501", "select * from secondline.ticket for no key update"),
            Call("daemon", "42501", "update secondline.assignment set state = 'offered'"),
            Call("daemon", "42501", "delete from secondline.duty"),
            Call("daemon", "42501", "select secondline.accept_ticket({ticket}, {member})"),
        ]
    }

    @Test("a login acts for its person, a program for everybody, and others for nobody")
    func calls() async throws {
        let logins = try await Logins()
        try await db.script("insert into secondline.channel (name) values ('mail') on conflict do nothing")
        for call in Call.all + Call.messages {
            let comment = Comment(rawValue: call.testDescription)
            let ticket = try await logins.here.assignedTicket(in: db)
            let popup = try await db.id(
                "secondline.send_message(\(logins.here.specialists[0]), 'note', '{\"text\": \"x\"}')")
            try await withSession(as: logins.names[call.login]!) { session in
                do throws(DatabaseError) {
                    // undone, so that no call meets the traces of another
                    try await session.transaction { (db) throws(DatabaseError) in
                        try db.script(logins.words(call.sql, ticket: ticket, popup: popup))
                        throw DatabaseError(.usage, "undo")
                    }
                } catch {
                    #expect(error.sqlState == call.refused, comment)
                    if error.sqlState != call.refused { Issue.record(error, comment) }
                }
            }
            try await db.script("select secondline.resolve_ticket(\(ticket), \(logins.here.specialists[0]), 'done')")
        }
        try await logins.drop()
    }

    @Test("whoever writes the caller's search path or temporary objects, the functions mean what they mean")
    func hijack() async throws {
        let logins = try await Logins()
        let ticket = try await logins.here.assignedTicket(in: db)
        try await db.script("insert into secondline.channel (name) values ('mail') on conflict do nothing")
        let (member, person) = (logins.names["member"]!, logins.here.specialists[0])
        let popup = try await db.id("secondline.send_message(\(person), 'note', '{\"text\": \"x\"}')")
        try await db.script(
            """
            create schema evil;
            create function evil.trap() returns boolean language plpgsql as $$ begin raise exception 'hijacked'; end $$;
            create function evil.clock_timestamp() returns timestamptz language sql as 'select evil.trap(); select null::timestamptz';
            create function evil.pg_has_role(name, text, text) returns boolean language sql as 'select evil.trap()';
            create function evil.pg_notify(text, text) returns void language sql as 'select evil.trap()';
            create function evil.same(bigint, bigint) returns boolean language sql as 'select evil.trap()';
            create operator evil.= (leftarg = bigint, rightarg = bigint, function = evil.same);
            create table evil.ticket (); create table evil.person (); create type evil.timestamptz as (a int);
            create table evil.message (); create table evil.contact (); create table evil.template ();
            create function evil.set_config(text, text, boolean) returns text language sql as 'select evil.trap()::text';
            create function evil.format(text, variadic text[]) returns text language sql as 'select evil.trap()::text';
            create function evil.nextval(text) returns bigint language sql as 'select evil.trap()::int::bigint';
            grant usage on schema evil to public; grant all on all tables in schema evil to public;
            """)
        try await withSession(as: member) { session in
            try await session.script(
                """
                create temporary table person (person_id bigint); create temporary table ticket (ticket_id bigint);
                create temporary table assignment (); create temporary table journal ();
                create temporary table message (); create temporary table contact (); create temporary table template ();
                create type pg_temp.text as (a int);
                set search_path = evil, pg_temp, secondline, pg_catalog;
                """)
            try await session.script(
                """
                select secondline.accept_ticket(\(ticket), \(person));
                select secondline.add_note(\(ticket), \(person), 'note');
                select secondline.pause_workday(\(person)); select secondline.resume_workday(\(person));
                select secondline.record_absence(\(person), 'sick', '2030-01-01', '2030-01-02');
                select secondline.submit_ticket('\(logins.here.queue)', 'title', '', author => \(person));
                select secondline.resolve_ticket(\(ticket), \(person), 'done');
                select secondline.set_contact(\(person), 'mail', 'a@example.org'); select secondline.set_locale(\(person), 'ru');
                select * from secondline.inbox; select secondline.acknowledge_message(\(popup), \(person));
                discard temporary;
                """)
        }
        let evil = """
            create temporary table message (); create temporary table contact (); create temporary table channel ();
            create temporary table message_kind (); create temporary table message_history ();
            set search_path = evil, pg_temp, secondline, pg_catalog;
            """
        try await withSession(as: logins.names["head"]!) { session in
            try await session.script(evil)
            try await session.script(
                """
                select secondline.send_message(\(person), 'note', '{"text": "x"}'::pg_catalog.jsonb, 'key');
                select secondline.send_to_team(\(logins.here.team), 'note', '{"text": "x"}'::pg_catalog.jsonb);
                select secondline.set_team_contact(\(logins.here.team), 'chat', 'room');
                select secondline.set_template('note', 'fr', 'Un mot', '{text}'); discard temporary;
                """)
        }
        try await withSession(as: logins.names["daemon"]!) { session in
            try await session.script(evil)
            try await session.script(
                """
                select * from secondline_rules.claim_messages(pg_catalog.now(), 'w', 'mail', 5, '1 min', '-infinity', 5, '1 s');
                select secondline_rules.begin_claim(1);
                select * from secondline_rules.take_over_messages(pg_catalog.now(), 'mail', 5);
                select secondline_rules.report_channel(pg_catalog.now(), 'mail', 'w', null, 0, null);
                select * from secondline_rules.attend_popups(pg_catalog.now(), 5);
                select secondline_rules.retire_popups(pg_catalog.now(), '1 day', 0, 5);
                select secondline_rules.remove_history(pg_catalog.now(), '1 day', 5); discard temporary;
                """)
        }
        #expect(try await db.value("select status from secondline.ticket where ticket_id = \(ticket)") == "resolved")
        try await db.script("drop schema evil cascade")
        try await logins.drop()
    }

    @Test("every function that runs with its owner's rights pins its search path, and belongs to the owner")
    func securityDefiner() async throws {
        #expect(
            try await db.lines(
                """
                select p.oid::regprocedure from pg_proc p
                 where p.pronamespace::regnamespace::text in ('secondline', 'secondline_rules')
                   and (p.proowner <> 'secondline_owner'::regrole
                        or p.prosecdef and not 'search_path=pg_catalog, pg_temp' = any (coalesce(p.proconfig, '{}')))
                """) == [])
    }
}
