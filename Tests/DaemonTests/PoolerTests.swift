import Daemon
import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite("a daemon behind a transaction pooler", .serialized)
struct PoolerTests {
    /// A post whose daemon goes through a pooler with fewer connections than it has sessions.
    private struct Behind {
        let post: Post
        let bouncer: PgBouncer

        init() async throws {
            post = try await Post()
            bouncer = try PgBouncer(before: post.desk.database.conninfo, poolSize: 2)
        }

        var settings: DaemonSettings {
            var options = post.desk.database.options("pooled")
            options.conninfo = bouncer.conninfo(database: post.desk.database.name)
            options.pooler = .transaction
            var settings = post.daemon(post.delivery(), options: options, poll: .milliseconds(50))
            settings.auditInterval = .milliseconds(50)
            return settings
        }

        func assigned() async throws {
            let ticket = try await post.desk.department.ticket(in: post.desk.session, effort: 1)
            await post.desk.recorded.line(containing: "ticket.assigned ticket=\(ticket)")
        }

        func close() async throws {
            bouncer.remove()
            try await post.close()
        }
    }

    @Test("two daemons do all duties over two connections, and leave nothing on them")
    func duties() async throws {
        let behind = try await Behind()
        let desk = behind.post.desk
        try await desk.session.script(
            "update secondline.reminder_rule set after = '0' where team_id = \(desk.department.team) and what = 'plan'")
        try await withDaemon(behind.settings, desk.recorded) {
            try await withDaemon(behind.settings, desk.recorded) {
                for _ in 0..<5 { try await behind.assigned() }
                let note = try await behind.post.note("hello")
                await desk.recorded.line(containing: "message.sent message=\(note) channel=mail")
                await desk.recorded.line(containing: "reminder.sent what=plan")
                // each notes in its row that it has run
                while try await desk.value("select count(*) from secondline.duty where ran_at is null") != "0" {}
                let listening = try await desk.value(
                    "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
                )
                #expect(listening == "0")
            }
        }
        #expect(try await behind.bouncer.leftovers(database: desk.database.name) == [])
        #expect(desk.recorded.lines("duty.failed") == [])
        #expect(desk.recorded.lines("database.lost") == [])
        #expect(try await LedgerCheck.faults(in: desk.session) == [])
        try await behind.close()
    }

    @Test(
        "PAUSE, RELOAD and RESUME cost it nothing; a pooler that is killed, a line when it is lost and one when it is back"
    )
    func bouncer() async throws {
        let behind = try await Behind()
        let recorded = behind.post.desk.recorded
        try await withDaemon(behind.settings, recorded) {
            try await behind.assigned()
            try behind.bouncer.command("PAUSE")
            let ticket = try await behind.post.desk.department.ticket(in: behind.post.desk.session, effort: 1)
            try behind.bouncer.command("RELOAD")
            try behind.bouncer.command("RESUME")
            await recorded.line(containing: "ticket.assigned ticket=\(ticket)")
            #expect(recorded.lines("database.lost") == [] && recorded.lines("duty.failed") == [])
            behind.bouncer.kill()
            await recorded.line(containing: "database.lost")
            try behind.bouncer.start()
            await recorded.line(containing: "database.restored")
            try await behind.assigned()
        }
        #expect(recorded.lines("database.lost").count == 1 && recorded.lines("database.restored").count == 1)
        try await behind.close()
    }
}

@Suite("a daemon behind a session pooler", .serialized)
struct SessionPoolerTests {
    @Test("when the pool is too small it says so while it works, and goes on when there is room")
    func smallPool() async throws {
        let post = try await Post()
        let database = post.desk.database
        // those that listen, or run once a minute or less, are four
        let bouncer = try PgBouncer(before: database.conninfo, poolSize: 5, settings: ["pool_mode = session"])
        var options = database.options("pooled", callTimeout: .seconds(1))
        options.conninfo = bouncer.conninfo(database: database.name)
        options.pooler = .session
        let settings = post.daemon(post.delivery(), options: options, poll: .milliseconds(50))
        #expect(settings.sessions == 9)
        let recorded = post.desk.recorded
        try await withDaemon(settings, recorded) {
            await recorded.line(containing: "session.missing")
            #expect(recorded.lines("session.missing")[0].contains("default_pool_size"))
            #expect(recorded.lines("daemon.ready") == [])
            try bouncer.command("SET default_pool_size = 9")
            await recorded.line(containing: "daemon.ready")
            let ticket = try await post.desk.department.ticket(in: post.desk.session, effort: 1)
            await recorded.line(containing: "ticket.assigned ticket=\(ticket)")
        }
        bouncer.remove()
        try await post.close()
    }

    @Test("a daemon has as many sessions as it says")
    func count() async throws {
        let post = try await Post()
        let file = ScratchPath()
        var settings = post.daemon(
            post.delivery(), options: post.desk.database.options("counted"), poll: .milliseconds(50))
        settings.metrics = MetricsSettings(file: file.path, interval: .milliseconds(50), version: "1")
        let counted = "select count(*) from pg_stat_activity where application_name = 'counted'"
        try await withDaemon(settings, post.desk.recorded) {
            await post.desk.recorded.line(containing: "daemon.ready")
            while try await post.desk.value("\(counted) and query ~* '^(listen|notify)'") == "0" {}
            while !file.text.contains("secondline_database_connected 1") { await Task.yield() }
            #expect(try await post.desk.value(counted) == "\(settings.sessions)")
            #expect(settings.sessions == 10)
        }
        settings.listens = false
        settings.metrics = nil
        #expect(settings.sessions == 8)
        try await post.close()
    }

    private final class ScratchPath {
        let path = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString).prom").path
        var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }
}

@Suite("a primary that becomes a standby", .serialized)
struct StandbyTests {
    @Test("however a daemon reaches it, a standby costs a line when the primary is lost and one when it is back")
    func promoted() async throws {
        let cluster = try Cluster(settings: ["log_statement=all", "log_connections=on", "log_line_prefix=%a\\ "])
        defer { cluster.remove() }
        try cluster.start()
        let home = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "home"))
        try await home.open()
        _ = try await Migrator.migrate(home)
        let department = try await Department(in: home, specialists: 1, capacity: 1000)
        let bouncer = try PgBouncer(before: cluster.conninfo())
        defer { bouncer.remove() }

        let direct = SessionOptions(conninfo: cluster.conninfo(), applicationName: "direct")
        let anyServer = SessionOptions(
            conninfo: cluster.conninfo() + " target_session_attrs=any", applicationName: "any")
        let pooled = SessionOptions(
            conninfo: bouncer.conninfo(database: "postgres"), applicationName: "pooled", pooler: .transaction)
        let all = [direct, anyServer, pooled]
        let logs = all.map { _ in RecordedLog() }
        func settings(_ index: Int) -> DaemonSettings {
            DaemonSettings(session: all[index], pollInterval: .milliseconds(50))
        }
        try await withDaemon(settings(0), logs[0]) {
            try await withDaemon(settings(1), logs[1]) {
                try await withDaemon(settings(2), logs[2]) {
                    for log in logs { await log.line(containing: "daemon.ready") }
                    await home.close()
                    try cluster.stop(immediate: false)
                    try cluster.becomeStandby(asking: "nobody")
                    let before = try cluster.log().count
                    try cluster.start()
                    // each duty tries, and tries again
                    for name in ["application_name=direct", "any LOG", "pooled LOG"] {
                        while try cluster.log().dropFirst(before).filter({ $0.contains(name) }).count < 10 {}
                    }
                    try cluster.promote()
                    try await home.open()
                    for log in logs { await log.line(containing: "database.restored") }
                    let ticket = try await department.ticket(in: home)
                    while try await home.id(
                        "count(*) from secondline.assignment where ticket_id = \(ticket)") == 0
                    {}
                }
            }
        }
        for log in logs {
            #expect(log.lines("database.lost").count == 1, "\(log.lines("database.lost"))")
            #expect(log.lines("database.restored").count == 1)
            #expect(log.lines("duty.failed") == [])
        }
        await home.close()
        try cluster.stop()
    }
}
