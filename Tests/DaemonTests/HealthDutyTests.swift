import Daemon
import Policy
import Postgres
import Store
import TestSupport
import Testing

@Suite("the health duty", .serialized)
struct HealthDutyTests {
    private static let intervals = DutyIntervals(poll: .seconds(5), audit: .seconds(60), health: .seconds(60))

    /// Of one kind; others may find the logins of other tests.
    private func lines(_ desk: Desk, _ kind: String) -> [String] {
        desk.recorded.lines.filter { $0.contains(" kind=\(kind) ") }.map { line in
            String(line.drop { $0 != " " }.dropFirst())
        }
    }

    @Test("what it finds is a row and a line, once; when it is gone, the row has an end and the log a line")
    func found() async throws {
        let desk = try await Desk(specialists: 1)
        let duty = HealthDuty(log: desk.recorded.log, intervals: Self.intervals)
        try await desk.session.script("drop index secondline.ticket_external_key_unique")
        for _ in 1...3 { #expect(try await duty.run(desk.session) == DutyOutcome()) }
        #expect(lines(desk, "index_missing").count == 1)
        #expect(
            lines(desk, "index_missing").first?.hasPrefix(
                "error health.found kind=index_missing subject=ticket_external_key_unique detail=\"index ") == true)
        #expect(lines(desk, "superuser").first?.hasPrefix("warning health.found ") == true)
        #expect(
            try await desk.value("select subject from secondline.health_now where kind = 'index_missing'")
                == "ticket_external_key_unique")
        try await desk.session.script(
            "create unique index ticket_external_key_unique on secondline.ticket (external_key) where external_key is not null"
        )
        for _ in 1...3 { _ = try await duty.run(desk.session) }
        #expect(lines(desk, "index_missing").count == 2)
        #expect(
            lines(desk, "index_missing").last?.hasPrefix(
                "info health.gone kind=index_missing subject=ticket_external_key_unique after=") == true)
        #expect(
            try await desk.session.simpleQuery(
                "select ended_at is not null from secondline.finding where kind = 'index_missing'") == [["t"]])
        #expect(try await desk.value("select ran_at is not null from secondline.duty where name = 'health'") == "t")
        try await desk.close()
    }

    @Test("all that it finds of the department is for the instant that it is told")
    func simulated() async throws {
        let desk = try await Desk(specialists: 1)
        try await desk.session.script("update secondline.duty set ran_at = now()")
        let later = try await desk.session.id(
            "(extract(epoch from clock_timestamp() + interval '1 hour' - '2000-01-01Z'::timestamptz) * 1000000)::bigint"
        )
        let duty = HealthDuty(log: desk.recorded.log, intervals: Self.intervals) { Instant(microseconds: later) }
        _ = try await duty.run(desk.session)
        // but its own, and that of the assignment
        #expect(
            Set(
                try await desk.session.simpleQuery("select subject from secondline.health_now where kind = 'duty_late'")
            )
                == Set(["audit", "clock", "estimate", "upkeep", "workday"].map { [$0] }))
        #expect(
            try await desk.value("select seen_at > now() + interval '59 min' from secondline.health_now limit 1") == "t"
        )
        try await desk.close()
    }

    @Test("what the daemon repeats all day and has left its index is found")
    func plans() async throws {
        let desk = try await Desk(specialists: 1)
        let duty = HealthDuty(log: desk.recorded.log, intervals: Self.intervals)
        try await desk.session.script(
            """
            set session_replication_role = replica;
            insert into secondline.ticket (queue, status, effort_minutes, submitted_at, eligible_at, changed_at, attend_at, title)
            select '\(desk.department.queue)', 'new', 75, now(), now(), now(), now(), 'title' from generate_series(1, 12000);
            reset session_replication_role; analyze secondline.ticket
            """)
        _ = try await duty.run(desk.session)
        #expect(lines(desk, "plan_left_index") == [])
        try await desk.session.script(
            "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off")
        _ = try await duty.run(desk.session)
        let found = lines(desk, "plan_left_index")
        #expect(found.count == 2)
        for (line, name) in zip(found, ["Look", "WaitingTickets"]) {
            #expect(line.hasPrefix("error health.found kind=plan_left_index subject=\(name) "), "\(line)")
            #expect(line.contains(" reads all of ticket\" "), "\(line)")
        }
        try await desk.close()
    }

    @Test("every duty with a row is among those that it judges")
    func allDuties() async throws {
        let desk = try await Desk(specialists: 1)
        let judged = Self.intervals.scope(at: nil).duties.map(\.name).sorted()
        #expect(
            try await desk.session.simpleQuery("select name from secondline.duty order by name") == judged.map { [$0] })
        try await desk.close()
    }

    @Test("who holds a table that it reads is named all the same")
    func heldTable() async throws {
        let desk = try await Desk(specialists: 1)
        var options = desk.database.options()
        options.lockTimeout = .milliseconds(100)
        let session = Session(options: options)
        try await session.open(preparing: HealthDuty.statements)
        let later = try await session.simpleQuery(
            "select (extract(epoch from now() + interval '20 minutes' - '2000-01-01 00:00+00') * 1000000)::bigint")[0][
                0]
        let at = try #require(later.flatMap { Int64($0) }.map { Instant(microseconds: $0) })
        let duty = HealthDuty(log: desk.recorded.log, intervals: Self.intervals, at: { at })
        try await desk.database.whileHolding("lock table secondline.ticket") {
            let error = await #expect(throws: DatabaseError.self) { try await duty.run(session) }
            #expect(error?.sqlState == .lockNotAvailable)
        }
        #expect(lines(desk, "horizon").count == 1)
        #expect(
            lines(desk, "horizon").first?.contains("advice=\"See what it does; to end it: select pg_terminate_backend(")
                == true)
        await session.close()
        try await desk.close()
    }

    @Test("a daemon that does it finds nothing in a department that is in order, with the rights of secondline_daemon")
    func inOrder() async throws {
        let desk = try await Desk(specialists: 2)
        let login = "sl_health_\(UInt32.random(in: 0 ... .max))"
        try await desk.session.script("create role \(login) login in role secondline_daemon, pg_read_all_stats")
        try await desk.session.script(
            """
            alter database \(desk.database.name) set idle_in_transaction_session_timeout = '5min';
            update secondline.duty set ran_at = now()
            """)
        var options = desk.database.options()
        options.conninfo = try Conninfo(parsing: options.conninfo).with("user", login)
        let session = Session(options: options)
        try await session.open(preparing: HealthDuty.statements)
        _ = try await HealthDuty(log: desk.recorded.log, intervals: Self.intervals).run(session)
        #expect(desk.recorded.lines == [])
        // a right that is missing is told
        try await desk.session.script(
            """
            revoke secondline_daemon from \(login); grant secondline_app to \(login);
            grant update (ran_at) on secondline.duty to \(login);
            grant execute on all functions in schema secondline_rules to \(login);
            revoke select on secondline.message_attempt from secondline_app
            """)
        _ = try await HealthDuty(log: desk.recorded.log, intervals: Self.intervals).run(session)
        #expect(desk.recorded.lines.count == 1)
        #expect(
            lines(desk, "rights_missing").first?.contains(
                "detail=\"\(login) lacks select on secondline.message_attempt\" advice=") == true)
        // and so many that it cannot look are no reason to stop
        try await desk.session.script("revoke secondline_app from \(login)")
        _ = try await HealthDuty(log: desk.recorded.log, intervals: Self.intervals).run(session)
        #expect(desk.recorded.lines("duty.failed").count == 1)
        await session.close()
        try await desk.session.script("drop owned by \(login); drop role \(login)")
        try await desk.close()
    }

    @Test("while another daemon does it, it does nothing")
    func oneAtATime() async throws {
        let desk = try await Desk(specialists: 1)
        let other = try await desk.database.session()
        let duty = HealthDuty(log: desk.recorded.log, intervals: Self.intervals)
        try await other.script("select pg_advisory_lock(7)")
        let holder = try await desk.database.session()
        async let held: Void = holder.script(
            "begin; select from secondline.duty where name = 'health' for no key update; select pg_advisory_lock(7); commit"
        )
        while try await other.simpleQuery("select from pg_locks where locktype = 'advisory' and not granted").isEmpty {}
        _ = try await duty.run(desk.session)
        #expect(try await desk.value("select count(*) from secondline.finding") == "0")
        try await other.script("select pg_advisory_unlock(7)")
        try await held
        _ = try await duty.run(desk.session)
        #expect(try await desk.value("select count(*) > 0 from secondline.finding") == "t")
        await holder.close()
        await other.close()
        try await desk.close()
    }

    @Test(
        "a prepared transaction, a slot that nobody uses and a server without autovacuum are found, on a server of its own"
    )
    func horizon() async throws {
        let cluster = try Cluster(settings: ["max_prepared_transactions=2", "wal_level=logical", "autovacuum=off"])
        defer { cluster.remove() }
        try cluster.start()
        let session = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
        try await session.open()
        _ = try await Migrator.migrate(session)
        try await session.script("select pg_create_logical_replication_slot('gone', 'test_decoding')")
        _ = try await session.simpleQuery(
            """
            begin; update secondline.duty set ran_at = ran_at where name = 'clock'; prepare transaction 'it''s forgotten'
            """)
        // each block of an exception is a transaction of its own to the horizon
        try await session.script(
            """
            create table public.burnt (n int);
            do $$ begin for n in 1..50100 loop begin insert into public.burnt values (n); exception when others then null; end; end loop; end $$
            """)
        let found = { (later: String) in
            try await session.simpleQuery(
                """
                select kind, subject, severity, advice from secondline_rules.session_health(now() + interval '\(later)')
                 order by 1, 2
                """
            ).map { $0.map { $0 ?? "-" }.joined(separator: "|") }
        }
        let slot =
            "horizon|slot gone|error|Start its consumer, or, when it will not come back: select pg_drop_replication_slot('gone');"
        #expect(try await found("0") == [slot])
        let end = "rollback prepared 'it''s forgotten';"
        let held = "duty_held|clock|error|\(end)"
        #expect(try await found("10 min") == [held, slot])
        #expect(
            try await found("20 min") == [
                held,
                "horizon|prepared it's forgotten|warning|Its program must end it; or, in this database: \(end) (or commit prepared)",
                slot,
            ])
        try await session.script(end)
        try await session.script("select pg_drop_replication_slot('gone')")
        #expect(try await found("20 min") == [])
        let storage = try await session.simpleQuery(
            "select kind, subject, severity from secondline_rules.storage_health()")
        #expect(storage == [["autovacuum_off", "server", "error"]])
        await session.close()
    }
}
