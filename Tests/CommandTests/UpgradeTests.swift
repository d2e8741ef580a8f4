import Foundation
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("upgrades while daemons are at work", .serialized)
struct UpgradeTests {
    /// What a later version would bring: a table in use changes, a function is replaced, and the ledger says so.
    private static let future = """
        begin;
        set local lock_timeout = '3s';
        set local role secondline_owner;
        alter table secondline.ticket add column mood text;
        alter table secondline.person add constraint person_mood_check check (capacity_minutes < 1000000) not valid;
        create or replace function secondline_rules.hint() returns void language sql volatile
        begin atomic
            select pg_notify('secondline', 'assignment');
        end;
        insert into secondline.schema_migration (name, checksum) values ('9999_mood', 'x');
        notify secondline, 'schema';
        commit
        """

    @Test(
        "a running daemon notices a newer schema at once when it listens, within its poll interval when it does not",
        arguments: ["on", "off"])
    func newer(listens: String) async throws {
        try await withDatabase { database, session in
            let daemon = try DaemonProcess(
                database.conninfo,
                environment: [
                    "SECONDLINE_DAEMON_LISTEN": listens,
                    "SECONDLINE_DAEMON_POLL_INTERVAL": listens == "on" ? "1h" : "100ms",
                ])
            try await daemon.says("daemon.ready")
            try await session.script(Self.future)
            let (status, log) = try await daemon.end()
            // the status of "try again": systemd starts what is installed by then
            #expect(status == secondline.ExitStatus.temporaryFailure.rawValue)
            #expect(log.contains("the schema in the database is 9999_mood, newer than \(SchemaVersion.known)"))
            let again = try await DaemonProcess(database.conninfo).end()
            #expect(again.status == status)
        }
    }

    @Test("a daemon at work leaves nothing half done when the schema changes beneath it; the next one goes on")
    func atWork() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 20, effort: 30)
            try await session.script(
                """
                insert into secondline.ticket (queue, title) select '\(department.queue)', 'ticket ' || i from generate_series(1, 600) i
                """)
            let environment = ["SECONDLINE_DAEMON_POLL_INTERVAL": "100ms", "SECONDLINE_DAEMON_BATCH_SIZE": "20"]
            let old = try DaemonProcess(database.conninfo, environment: environment)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Staff(of: database).solveEverything() }
                while try await session.id("count(*) from secondline.decision") < 200 {}
                // as "secondline migrate" does: who is at work may be in the way
                while true {
                    do throws(DatabaseError) {
                        try await session.script(Self.future)
                        break
                    } catch {
                        guard error.recovery == .retry else { throw error }
                        try await session.script("rollback")
                    }
                }
                let (status, log) = try await old.end()
                #expect(status == secondline.ExitStatus.temporaryFailure.rawValue)
                #expect(log.contains("9999_mood"))
                let done = try await session.id("count(*) from secondline.decision")
                #expect(done < 600)
                // this program stands for the next one
                try await session.script("delete from secondline.schema_migration where name = '9999_mood'")
                let next = try DaemonProcess(database.conninfo, environment: environment)
                try await group.waitForAll()
                next.signal(SIGTERM)
                #expect(try await next.end().status == 0)
            }
            #expect(try await session.id("count(*) from secondline.ticket where status = 'resolved'") == 600)
            #expect(try await LedgerCheck.faults(in: session) == [])
        }
    }

    /// A department at work with the schema of 0010 and nothing but its tables: solved tickets with their history, one in hand, some
    /// that wait.
    private static let department = """
        insert into secondline.team (name, time_zone) values ('Support', 'UTC');
        insert into secondline.person (team_id, role, full_name, capacity_minutes, time_zone, load_minutes)
        values (1, 'head', 'Head', 240, 'UTC', 0), (1, 'account_manager', 'Manager', 240, 'UTC', 0),
               (1, 'specialist', 'Anna', 240, 'UTC', 30), (1, 'specialist', 'Boris', 240, 'UTC', 0);
        insert into secondline.client (name, account_manager_id) values ('Client', 2);
        insert into secondline.queue (name, team_id) values ('support', 1);
        insert into secondline.queue_member (queue, person_id) values ('support', 3), ('support', 4);
        insert into secondline.workday (person_id, day, started_at) values (3, current_date, now()), (4, current_date, now());
        insert into secondline.ticket (queue, title, status, client_id, assignee_id, effort_minutes, submitted_at, eligible_at,
               changed_at, ended_at, attend_at)
        select 'support', 'ticket ' || i, case when i <= 300 then 'resolved' when i = 301 then 'accepted' else 'new'
               end::secondline.ticket_status, 1, case when i <= 301 then 3 end, 30, at, at, at, case when i <= 300 then at + '1 min' end,
               case when i > 300 then now() + interval '1 day' end
          from (select i, now() - interval '1 day' + i * interval '2 minutes' as at from generate_series(1, 340) i) t;
        insert into secondline.assignment (ticket_id, person_id, state, weight_minutes, offered_at, accepted_at, ended_at)
        select ticket_id, 3, case status when 'resolved' then 'resolved' else 'accepted' end::secondline.assignment_state, 30,
               submitted_at, submitted_at, ended_at from secondline.ticket where assignee_id = 3;
        insert into secondline.decision (ticket_id, decided_at, kind, person_id, reason, candidates)
        select ticket_id, offered_at, 'assigned', 3, 'only_candidate', '{"considered": [{"person_id": 3}]}' from secondline.assignment;
        insert into secondline.message_history (message_id, ended_at, state, channel, severity, kind, person_id, ticket_id, created_at,
               attempt, idempotency_key, data)
        select -ticket_id, now(), 'sent', 'popup', 'normal', 'ticket.offered', 3, ticket_id, offered_at, 0, gen_random_uuid(), '{}'
          from secondline.assignment;
        insert into secondline.journal (ticket_id, at, event, person_id, from_status, to_status)
        select t.ticket_id, t.submitted_at, e.event, t.assignee_id, e.before, e.after
          from secondline.ticket t
          join (values (1, 'submitted', null, 'new'), (2, 'assigned', 'new', 'assigned'), (3, 'accepted', 'assigned', 'accepted'),
                       (4, 'resolved', 'accepted', 'resolved')) e0 (n, event, f, t) on true
         cross join lateral (select e0.event, e0.f::secondline.ticket_status as before, e0.t::secondline.ticket_status as after) e
         where e0.n <= case t.status when 'new' then 1 when 'accepted' then 3 else 4 end order by t.ticket_id, e0.n;
        """

    @Test(
        "the previous schema with all that is in it is upgraded while the new daemon waits for it, and the work goes on"
    )
    func previous() async throws {
        try await withDatabase(migrated: false) { database, session in
            let old = SchemaFile.migrations.filter { $0.migration <= "0010" || $0.migration.hasPrefix("0010") }
            #expect(old.count == 10)
            try await session.script(
                ([
                    "begin", SchemaFile.named("roles.sql").text, SchemaFile.named("ledger.sql").text,
                    "set local role secondline_owner",
                ]
                    + old.map { file in
                        """
                        \(file.text);
                        insert into secondline.schema_migration (name, checksum) values ('\(file.migration)',
                            encode(sha256(convert_to(\(quoteLiteral(file.text)), 'UTF8')), 'hex'))
                        """
                    } + [Self.department, "commit"]).joined(separator: ";\n"))
            let daemon = try DaemonProcess(
                database.conninfo, environment: ["SECONDLINE_DAEMON_POLL_INTERVAL": "100ms"])
            try await daemon.says("schema.awaited found=0010_client known=\(SchemaVersion.known)")
            let upgrade = await CommandRun(["migrate"], on: database.conninfo)
            #expect(upgrade.status == .ok, "\(upgrade.errors)")
            for file in SchemaFile.migrations.dropFirst(10) {
                #expect(upgrade.output.contains("applied \(file.migration)\n"))
            }
            try await daemon.says("daemon.ready")
            // what was in hand before is still theirs
            try await session.script("select secondline.resolve_ticket(301, 3, 'done')")
            try await Staff(of: database).solveEverything()
            daemon.signal(SIGTERM)
            let (status, log) = try await daemon.end()
            #expect(status == 0)
            // one line, however many duties and rounds waited
            #expect(log.components(separatedBy: "schema.awaited").count == 2)
            #expect(try await session.id("count(*) from secondline.ticket where status = 'resolved'") == 340)
            #expect(try await LedgerCheck.faults(in: session) == [])
        }
    }
}
