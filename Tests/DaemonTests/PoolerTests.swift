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
