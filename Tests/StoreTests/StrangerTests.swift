import Postgres
import TestSupport
import Testing

/// Whoever has a login tries everything that is not theirs, with every function there is: those of a later release too.
@Suite(.serialized, .ownDatabase) struct StrangerTests {
    /// A department with something of every kind in it, under the names of the parameters that take it.
    struct Loot: Sendable {
        let words: [String: String]

        init(of department: Department) async throws {
            let (owner, suffix) = (department.specialists[0], "\(department.team)")
            let ticket = try await department.acceptedTicket(in: db, effort: 15)
            let developer = try await db.id("secondline.add_person(\(department.team), 'developer', 'Dev')")
            try await db.script(
                """
                insert into secondline.channel (name) values ('mail') on conflict do nothing;
                select secondline.add_queue('developers \(suffix)', 3, team => \(department.team));
                select secondline.set_queue_team('\(department.queue)', \(department.team));
                select secondline.add_member('developers \(suffix)', \(developer)), secondline.start_workday(\(developer)),
                       secondline.grant_skill(\(owner), 'skill \(suffix)');
                insert into secondline.alarm (ticket_id, alarm, since, rung_at) values (\(ticket), 'stalled', now(), now());
                """)
            let escalated = try await department.acceptedTicket(in: db, effort: 15)
            let escalation = try await db.id(
                "secondline.escalate_ticket(\(escalated), \(owner), 'bug', 'high', 'x', 'developers \(suffix)')")
            let work = try await db.id(
                "developer_ticket_id from secondline.escalation where escalation_id = \(escalation)")
            try await db.assign([(work, developer)])
            try await db.script("select secondline.acknowledge_escalation(\(escalation), \(developer))")
            words = [
                "ticket": "\(ticket)", "escalation": "\(escalation)", "person": "\(owner)",
                "team": "\(department.team)",
                "client": "\(department.client)", "calendar": "secondline.calendar_of_person(\(owner))",
                "absence":
                    "\(try await db.id("secondline.record_absence(\(owner), 'sick', '2031-01-01', '2031-01-02')"))",
                "task": "\(try await db.id("secondline.add_task(\(owner), 'plan')"))",
                "item": "\(try await db.id("secondline.add_agenda_item(\(owner), 'idea')"))",
                "message": "\(try await db.id("secondline.send_message(\(owner), 'note', '{\"text\": \"x\"}')"))",
                "alert":
                    "\(try await db.id("alert_id from pg_temp.stranger_alert(\(ticket), \(department.team))"))",
                "queue": "'\(department.queue)'", "to_queue": "'developers \(suffix)'", "skill": "'skill \(suffix)'",
                "external_key": "null", "channel": "'mail'", "locale": "'en'", "login": "'nobody_\(suffix)'",
                "time_zone": "'UTC'",
            ]
        }

        /// A call of this function with theirs in every parameter; `actor` is who claims to do it.
        func call(_ function: String, _ parameters: [(name: String, type: String)], actor: Int64) -> String {
            let actors = ["by_person", "from_person", "author", "head", "developer", "owner", "person"]
            let acting = actors.first { name in parameters.contains { $0.name == name } }
            let values = parameters.map { parameter -> String in
                if parameter.name == acting { return "\(actor)::bigint" }
                if let word = words[parameter.name] { return "\(word)::\(parameter.type)" }
                switch parameter.type {
                case "bigint": return "\(words["person"]!)::bigint"
                case "integer", "numeric", "double precision": return parameter.name == "line" ? "2" : "5"
                case "text": return parameter.name == "kind" ? "'note'" : "'x'"
                case "text[]": return "'{x}'::text[]"
                case "integer[]": return "'{1}'::integer[]"
                case "date": return "'2031-02-03'::date"
                case "interval": return "'2 hours'::interval"
                case "boolean": return "true"
                case "jsonb": return "'{\"text\": \"x\"}'::jsonb"
                case "timestamp with time zone": return "pg_catalog.now()"
                case "time without time zone": return parameter.name == "ends" ? "'18:00'::time" : "'09:00'::time"
                case let type where type.hasSuffix("[]"): return "'{}'::\(type)"
                case let type: return "(pg_catalog.enum_range(null::\(type)))[1]"
                }
            }
            return "select \(function)(\(values.joined(separator: ", ")))"
        }
    }

    /// What happens to each function that this role may call, as its name and SQLSTATE; "done" when it is done. Nothing of it stays.
    static func outcomes(
        _ role: String, as login: String, on loot: Loot, actor: Int64, searchPath: String = "pg_catalog",
        prelude: String = ""
    ) async throws -> [String: String] {
        let rows = try await db.simpleQuery(
            """
            select p.oid::regproc, p.proname, a.name, format_type(a.type, null) from pg_proc p
             cross join unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) with ordinality a (name, type, n)
             where p.pronamespace = 'secondline'::regnamespace and has_function_privilege('\(role)', p.oid, 'execute')
             order by p.proname, a.n
            """)
        var parameters: [String: [(name: String, type: String)]] = [:]
        for row in rows { parameters[row[1]!, default: []].append((row[2]!, row[3]!)) }
        let calls = parameters.map { name, parameters in
            "(\(quoteLiteral(name)), \(quoteLiteral(loot.call("secondline.\(name)", parameters, actor: actor))))"
        }
        return try await withSession(as: login) { session in
            try await session.script(prelude)
            let said = try await session.simpleQuery(
                """
                create temporary table outcome (name text, state text);
                do $do$
                declare r record; state text;
                begin
                    for r in select * from (values \(calls.joined(separator: ",\n"))) c (name, sql) loop
                        begin
                            perform set_config('search_path', '\(searchPath)', true);
                            execute r.sql;
                            raise exception 'undo' using errcode = 'SL999';
                        exception when others then
                            state := sqlstate;
                        end;
                        insert into pg_temp.outcome values (r.name, replace(state, 'SL999', 'done'));
                    end loop;
                end;
                $do$;
                select name, state from pg_temp.outcome
                """)
            return Dictionary(uniqueKeysWithValues: said.map { ($0[0]!, $0[1]!) })
        }
    }

    /// Refused for who they are: it is not theirs, or they cannot even see it.
    private static let refusals: Set = ["42501", "SL005", "P0002"]

    /// What anybody may read of everybody: calendars, shifts, figures, whether a ticket would keep the regulation.
    private static let reading = [
        "shift", "calendar_of_person", "calendar_of_team", "calendar_of_queue", "business_time", "business_end",
        "service_figures_of", "check_ticket",
    ]

    /// One's own day, words and contacts, with how far it goes here; writing tickets, notes, what a client said, praise. A proposal
    /// that is none is refused before anybody asks whose it is.
    private static let ofEverybody = [
        "record_absence": "done", "record_absence_hours": "22023", "start_workday": "SL006", "pause_workday": "done",
        "resume_workday": "SL006", "end_workday": "done", "set_substitute": "done", "submit_plan": "done",
        "add_task": "done",
        "submit_report": "SL003", "add_agenda_item": "done", "submit_ticket": "done", "add_note": "done",
        "client_replied": "done",
        "set_contact": "done", "set_locale": "done", "praise": "done", "refuse_escalation": "SL006",
    ]

    @Test("a member gets nowhere with what is another team's, neither in their own name nor in another's")
    func member() async throws {
        let logins = try await RightsTests.Logins()
        try await Self.makeAlerts()
        let loot = try await Loot(of: logins.other)
        let open: [String: String] = Dictionary(uniqueKeysWithValues: Self.reading.map { ($0, "done") })
        let asOther = try await Self.outcomes(
            "secondline_member", as: logins.names["member"]!, on: loot, actor: logins.other.specialists[0])
        #expect(asOther.count > 60)
        #expect(refused(asOther, but: open) == [])
        let asSelf = try await Self.outcomes(
            "secondline_member", as: logins.names["member"]!, on: loot, actor: logins.here.specialists[0])
        #expect(refused(asSelf, but: open.merging(Self.ofEverybody) { $1 }) == [])
        // whoever has left, is nobody here, or a client's may do nothing at all
        for login in ["gone", "nobody"] {
            for actor in [logins.other.specialists[0], logins.here.specialists[2]] {
                let all = try await Self.outcomes("secondline_member", as: logins.names[login]!, on: loot, actor: actor)
                #expect(refused(all, but: open) == [], "\(login)")
            }
        }
        try await logins.drop()
    }

    @Test("a head changes nothing of another head's team")
    func head() async throws {
        let logins = try await RightsTests.Logins()
        try await Self.makeAlerts()
        let loot = try await Loot(of: logins.here)
        // new teams, and what is the whole department's: clients, the words
        let open =
            Self.reading + [
                "add_team", "add_client", "set_template", "set_client_contact", "set_client_locale", "set_client_login",
                "change_client", "send_to_client",
            ]
        // the other head themselves, as everybody, without an open workday; and one of their own team, also in others' queues
        let own = Self.ofEverybody.merging([
            "start_workday": "done", "pause_workday": "SL003", "resume_workday": "SL003", "end_workday": "SL003",
            "submit_plan": "SL003", "add_task": "SL003", "set_capacity": "done", "set_login": "done",
            "set_working_hours": "done",
            "send_message": "done",
            "clear_working_hours": "done", "grant_skill": "done", "revoke_skill": "done", "add_member": "done",
            "remove_member": "done", "deactivate_person": "done",
        ]) { $1 }
        for actor in [logins.other.head, logins.here.specialists[0], logins.here.head] {
            let all = try await Self.outcomes(
                "secondline_head", as: logins.names["other_head"]!, on: loot, actor: actor)
            #expect(all.count > 100)
            let declared = Dictionary(uniqueKeysWithValues: open.map { ($0, "done") })
            #expect(
                refused(all, but: declared.merging(actor == logins.other.head ? own : [:]) { $1 }) == [], "\(actor)")
        }
        try await logins.drop()
    }

    /// Functions with another outcome than a refusal or the one that is declared.
    private func refused(_ outcomes: [String: String], but declared: [String: String]) -> [String] {
        outcomes.filter { name, state in declared[name].map { $0 != state } ?? !Self.refusals.contains(state) }
            .map { "\($0.key) \($0.value)" }.sorted()
    }

    static func makeAlerts() async throws {
        try await db.script(
            """
            create or replace function pg_temp.stranger_alert(p_ticket bigint, p_team bigint) returns table (alert_id bigint)
            language sql as $$
                insert into secondline.alert (ticket_id, alarm, since, team_id, told, raised_at)
                select a.ticket_id, a.alarm, a.since, p_team, 'head', now() from secondline.alarm a where a.ticket_id = p_ticket
                returning alert_id $$;
            """)
    }
}
