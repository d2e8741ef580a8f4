import Daemon
import Glibc
import Postgres
import Store
import TestSupport
import Testing

/// A daemon at work in this process until the body returns.
func withDaemon(_ settings: DaemonSettings, _ log: RecordedLog, _ body: () async throws -> Void) async throws {
    let daemon = Daemon(settings: settings, log: log.log)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await daemon.run() }
        do {
            try await body()
            daemon.stop()
        } catch {
            daemon.stop()
            throw error
        }
        try await group.waitForAll()
    }
}

@Suite("the daemon's loop", .serialized)
struct DaemonTests {
    @Test(
        "a new ticket, a solved one, a workday that starts and a member who joins wake it at once: it polls once an hour here"
    )
    func hints() async throws {
        let desk = try await Desk(specialists: 1, capacity: 75)
        let person = desk.department.specialists[0]
        var settings = DaemonSettings(session: desk.database.options(), pollInterval: .seconds(3600))
        settings.auditInterval = .seconds(3600)
        try await withDaemon(settings, desk.recorded) {
            await desk.recorded.line(containing: "daemon.ready")
            let first = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "ticket.assigned ticket=\(first)")
            let second = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "reason=no_room")
            try await desk.run("secondline.resolve_ticket(\(first), \(person), 'done')")
            await desk.recorded.line(containing: "ticket.assigned ticket=\(second)")

            let newcomer = try await desk.session.id(
                "secondline.add_person(\(desk.department.team), 'specialist', 'New')")
            try await desk.run("secondline.start_workday(\(newcomer))")
            let third = try await desk.department.ticket(in: desk.session)
            try await desk.run("secondline.add_member('\(desk.department.queue)', \(newcomer))")
            await desk.recorded.line(containing: "ticket.assigned ticket=\(third) to=\(newcomer)")

            try await desk.run("secondline.pause_workday(\(newcomer))")
            let fourth = try await desk.department.ticket(in: desk.session)
            try await desk.run("secondline.resume_workday(\(newcomer))")
            await desk.recorded.line(containing: "ticket.assigned ticket=\(fourth) to=\(newcomer)")
        }
        try await desk.close()
    }

    @Test("without LISTEN it polls, and does the same")
    func polls() async throws {
        let desk = try await Desk(specialists: 1)
        let settings = DaemonSettings(session: desk.database.options(), pollInterval: .milliseconds(50), listens: false)
        try await withDaemon(settings, desk.recorded) {
            await desk.recorded.line(containing: "daemon.ready")
            let ticket = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
        }
        try await desk.close()
    }

    @Test("the rights of secondline_daemon are all that it needs, to set aside, record blockers and audit as well")
    func leastRights() async throws {
        let desk = try await Desk(specialists: 1, capacity: 75)
        try await desk.session.script(
            """
            create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
            create trigger refuse before update on secondline.ticket for each row
                when (new.status = 'assigned' and new.title = 'poison') execute function public.refuse()
            """)
        var options = desk.database.options()
        options.role = "secondline_daemon"
        let settings = DaemonSettings(
            session: options, pollInterval: .milliseconds(50), auditInterval: .milliseconds(50))
        try await withDaemon(settings, desk.recorded) {
            await desk.recorded.line(containing: "daemon.ready")
            _ = try await desk.session.id(
                "secondline.submit_ticket('\(desk.department.queue)', 'poison', '', 'urgent')")
            await desk.recorded.line(containing: "ticket.set_aside")
            let ticket = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
            _ = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "queue.blocked")
        }
        #expect(desk.recorded.lines("duty.failed") == [])
        try await desk.close()
    }

    @Test("a schema that it does not know is refused, naming both versions")
    func unknownSchema() async throws {
        let desk = try await Desk(specialists: 1)
        try await desk.session.script(
            "insert into secondline.schema_migration (name, checksum) values ('9999_future', 'x')")
        let daemon = Daemon(settings: DaemonSettings(session: desk.database.options()), log: desk.recorded.log)
        do {
            try await daemon.run()
            Issue.record("it ran")
        } catch DaemonFault.schema(let version) {
            let fault = try #require(version.fault)
            #expect(fault.message.contains("9999_future") && fault.message.contains(SchemaVersion.known))
        }
        try await desk.close()
    }

    @Test(
        "started while a migration holds its locks, it waits, and then readies itself as ever",
        arguments: ["schema_migration", "duty"])
    func startsDuringMigration(table: String) async throws {
        let desk = try await Desk(specialists: 1)
        var options = desk.database.options()
        options.lockTimeout = .milliseconds(100)
        let settings = DaemonSettings(session: options, pollInterval: .milliseconds(50))
        let (isLocked, locked) = AsyncStream<Void>.makeStream()
        let locking = Task {
            defer { locked.finish() }
            try await desk.database.whileHolding("lock table secondline.\(table) in access exclusive mode") {
                locked.finish()
                await desk.recorded.line(containing: "duty.failed")
            }
        }
        for await _ in isLocked {}
        try await withDaemon(settings, desk.recorded) {
            try await locking.value
            await desk.recorded.line(containing: "daemon.ready")
            let ticket = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
        }
        try await desk.close()
    }

    @Test("a connection that is killed costs one line when it is lost and one when it is back")
    func killed() async throws {
        let desk = try await Desk(specialists: 1)
        let settings = DaemonSettings(session: desk.database.options("killed"), pollInterval: .milliseconds(50))
        try await withDaemon(settings, desk.recorded) {
            await desk.recorded.line(containing: "daemon.ready")
            try await desk.session.script(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'killed' and datname = current_database()"
            )
            await desk.recorded.line(containing: "database.restored")
            let ticket = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
        }
        #expect(desk.recorded.lines("database.lost").count == 1)
        #expect(desk.recorded.lines("database.restored").count == 1)
        try await desk.close()
    }
}

/// What stops answering without going away.
@Suite("a server that falls silent", .serialized)
struct SilenceTests {
    @Test("a stopped backend: the call is given up, and another connection does the work")
    func stoppedBackend() async throws {
        let server = try await Silence()
        try await withDaemon(server.settings(server.cluster.conninfo(database: "dept")), server.recorded) {
            await server.recorded.line(containing: "daemon.ready")
            let pids = try await server.daemonPIDs()
            for pid in pids { try server.cluster.signal(SIGSTOP, backend: pid) }
            let ticket = try await server.department.ticket(in: server.session)
            await server.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
            for pid in pids { _ = try? server.cluster.signal(SIGCONT, backend: pid) }
        }
        try await server.end()
    }

    @Test("a stopped server: it waits, and is back at work when the server is")
    func stoppedServer() async throws {
        let server = try await Silence()
        try await withDaemon(server.settings(server.cluster.conninfo(database: "dept")), server.recorded) {
            await server.recorded.line(containing: "daemon.ready")
            let ticket = try await server.pausedTicket()
            let pids = try await server.daemonPIDs()
            try server.cluster.signal(SIGSTOP)
            for pid in pids { try server.cluster.signal(SIGSTOP, backend: pid) }
            await server.recorded.line(containing: "database.lost")
            try server.cluster.signal(SIGCONT)
            for pid in pids { _ = try? server.cluster.signal(SIGCONT, backend: pid) }
            try await server.session.script("select secondline.resume_queue('\(server.department.queue)')")
            await server.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
        }
        try await server.end()
    }

    @Test("a silent network: it is noticed, and work goes on when bytes pass again")
    func silentNetwork() async throws {
        let server = try await Silence()
        let proxy = try StallingProxy(to: server.cluster.socketPath)
        try await withDaemon(server.settings(proxy.conninfo(database: "dept")), server.recorded) {
            await server.recorded.line(containing: "daemon.ready")
            proxy.stall()
            let ticket = try await server.department.ticket(in: server.session)
            await server.recorded.line(containing: "database.lost")
            proxy.resume()
            await server.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
        }
        proxy.stop()
        try await server.end()
    }

    @Test("a server that is fenced is left by all duties as soon as one has looked: they poll once an hour here")
    func fenced() async throws {
        let server = try await Silence()
        var settings = server.settings(server.cluster.conninfo(database: "dept"))
        (settings.pollInterval, settings.auditInterval, settings.healthInterval) = (
            .seconds(3600), .seconds(3600), .seconds(3600)
        )
        var options = settings.session
        (options.readWrite, options.applicationName) = (false, "fence")
        let fence = Session(options: options)
        try await fence.open()
        try await withDaemon(settings, server.recorded) {
            await server.recorded.line(containing: "daemon.ready")
            // what listening has hinted is over
            try await Task.sleep(for: .seconds(1))
            let before = try await server.daemonPIDs()
            let listener = try #require(
                try await fence.simpleQuery(
                    "select pid from pg_stat_activity where application_name = 'daemon' and query like 'listen%'")[0][0]
                    .flatMap(Int32.init))
            try await fence.script("alter system set default_transaction_read_only = on")
            try await fence.script("select pg_reload_conf()")
            // who connects now sees it, and all others have had the signal
            var isFenced = false
            while !isFenced {
                let newcomer = Session(options: options)
                try await newcomer.open()
                isFenced = try await newcomer.simpleQuery("show default_transaction_read_only") == [["on"]]
                await newcomer.close()
            }
            try await fence.script("notify secondline, '\(AssignmentDuty.name)'")
            var left = before
            while left.count > 4, left.contains(listener) {
                try await Task.sleep(for: .milliseconds(20))
                let now = try await fence.simpleQuery(
                    "select pid from pg_stat_activity where application_name = 'daemon'")
                left = before.filter { pid in now.contains { $0[0] == "\(pid)" } }
            }
            // before who listens found it, the two that leave the others alone at first, and delivery, which has no channel
            #expect(left.contains(listener))
            try await fence.script("alter system reset default_transaction_read_only")
            try await fence.script("select pg_reload_conf()")
            await server.recorded.line(containing: "database.restored")
        }
        #expect(server.recorded.lines("database.lost").count == 1)
        await fence.close()
        try await server.end()
    }

    /// A server of its own that may be stopped, with a department.
    private struct Silence {
        let cluster: Cluster
        let session: Session
        let department: Department
        let recorded = RecordedLog()

        init() async throws {
            cluster = try Cluster()
            try cluster.start()
            let home = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "home"))
            try await home.open()
            try await home.script("create database dept")
            await home.close()
            session = Session(
                options: SessionOptions(conninfo: cluster.conninfo(database: "dept"), applicationName: "desk"))
            try await session.open()
            _ = try await Migrator.migrate(session)
            department = try await Department(in: session)
        }

        func settings(_ conninfo: String) -> DaemonSettings {
            let options = SessionOptions(
                conninfo: conninfo, applicationName: "daemon", connectTimeout: .seconds(1), callTimeout: .seconds(1))
            return DaemonSettings(session: options, pollInterval: .milliseconds(100))
        }

        func daemonPIDs() async throws -> [Int32] {
            try await session.simpleQuery("select pid from pg_stat_activity where application_name = 'daemon'")
                .compactMap { $0[0].flatMap(Int32.init) }
        }

        /// A ticket that waits, because its queue is paused.
        func pausedTicket() async throws -> Int64 {
            try await session.script("select secondline.pause_queue('\(department.queue)', 'test')")
            return try await department.ticket(in: session)
        }

        func end() async throws {
            await session.close()
            try cluster.stop()
            cluster.remove()
        }
    }
}
