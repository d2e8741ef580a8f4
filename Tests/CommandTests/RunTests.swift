import Foundation
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("secondline run", .serialized)
struct RunTests {
    @Test("SIGTERM and SIGINT end it with status 0 and a last line", arguments: [SIGTERM, SIGINT])
    func stops(signal: Int32) async throws {
        let database = try await ScratchDatabase.migrated()
        let daemon = try DaemonProcess(database.conninfo)
        try await daemon.says("daemon.ready")
        daemon.signal(signal)
        let (status, log) = try await daemon.end()
        #expect(status == 0)
        #expect(log.contains("daemon.started") && log.contains("daemon.stopping signal=SIG"))
        #expect(log.split(separator: "\n").last?.hasSuffix("info daemon.stopped") == true)
        try await database.drop()
    }

    @Test("a reader of its log that goes away does not take it along")
    func logReaderGoes() async throws {
        let database = try await ScratchDatabase.migrated()
        let session = try await database.session()
        let department = try await Department(in: session, specialists: 1)
        let daemon = Process()
        daemon.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "secondline")
        daemon.arguments = ["run", "--conninfo", database.conninfo]
        daemon.environment = ["PATH": "/usr/bin"]
        let log = Pipe()
        daemon.standardError = log
        try daemon.run()
        _ = try log.fileHandleForReading.read(upToCount: 1)
        try log.fileHandleForReading.close()
        let ticket = try await department.ticket(in: session)
        while daemon.isRunning,
            try await session.id("count(*) from secondline.ticket where ticket_id = \(ticket) and status = 'assigned'")
                == 0
        {}
        #expect(daemon.isRunning)
        daemon.terminate()
        daemon.waitUntilExit()
        await session.close()
        try await database.drop()
    }

    /// A server of its own, which may be stopped, with the schema.
    private func migratedCluster() async throws -> Cluster {
        let cluster = try Cluster()
        try cluster.start()
        let session = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
        try await session.open()
        _ = try await Migrator.migrate(session)
        await session.close()
        return cluster
    }

    @Test("SIGTERM ends it also while the server does not answer")
    func stopsWhileSilent() async throws {
        let cluster = try await migratedCluster()
        let daemon = try DaemonProcess(cluster.conninfo(), environment: ["SECONDLINE_DAEMON_POLL_INTERVAL": "100ms"])
        try await daemon.says("daemon.ready")
        let pids = try cluster.backendPIDs()
        try cluster.signal(SIGSTOP)
        for pid in pids { try cluster.signal(SIGSTOP, backend: pid) }
        daemon.signal(SIGTERM)
        let (status, log) = try await daemon.end()
        #expect(status == 0)
        #expect(log.contains("daemon.stopped"))
        try cluster.signal(SIGCONT)
        for pid in pids { _ = try? cluster.signal(SIGCONT, backend: pid) }
        try cluster.stop()
        cluster.remove()
    }

    @Test("a server that is not there is waited for")
    func waitsForServer() async throws {
        let cluster = try await migratedCluster()
        try cluster.stop()
        let daemon = try DaemonProcess(cluster.conninfo())
        try await daemon.says("database.unreachable")
        try cluster.start()
        try await daemon.says("daemon.ready")
        daemon.signal(SIGTERM)
        let (status, log) = try await daemon.end()
        #expect(status == 0)
        #expect(log.components(separatedBy: "database.unreachable").count == 2)
        try cluster.stop()
        cluster.remove()
    }

    @Test("the last line of a log in JSON is JSON too, and says why it ended")
    func lastWords() async throws {
        let database = try await ScratchDatabase()
        let (status, log) = try await DaemonProcess(database.conninfo, arguments: ["--log-format", "json"]).end()
        #expect(status == secondline.ExitStatus.configuration.rawValue)
        let lines = try log.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.last?["event"] as? String == "daemon.failed")
        #expect(lines.last?["status"] as? Int == 78)
        #expect((lines.last?["error"] as? String)?.contains("no schema secondline") == true)
        try await database.drop()
    }

    @Test("a database without the schema ends it with status 78 and a line that says what to do")
    func noSchema() async throws {
        let database = try await ScratchDatabase()
        let (status, log) = try await DaemonProcess(database.conninfo).end()
        #expect(status == secondline.ExitStatus.configuration.rawValue)
        #expect(log.contains("secondline migrate"))
        try await database.drop()
    }

    @Test(
        "killed and started again 20 times, it loses, doubles and overfills nothing",
        .enabled(if: Dataset.isThere, "\(Dataset.missing)"))
    func killed() async throws {
        let database = try await ScratchDatabase.migrated()
        let session = try await database.session()
        let department = try await Department(in: session, specialists: 60)
        let count = try await department.submitVolvo(in: session)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Staff(of: database).solveEverything() }
            for kill in 1...20 {
                let daemon = try DaemonProcess(
                    database.conninfo, environment: ["SECONDLINE_DAEMON_POLL_INTERVAL": "100ms"])
                let goal = kill * count / 25
                while try await session.id("count(*) from secondline.decision") < goal {}
                daemon.signal(SIGKILL)
                #expect(try await daemon.end().status == -SIGKILL)
            }
            let last = try DaemonProcess(database.conninfo, environment: ["SECONDLINE_DAEMON_POLL_INTERVAL": "100ms"])
            try await group.waitForAll()
            last.signal(SIGTERM)
            #expect(try await last.end().status == 0)
        }
        #expect(try await session.id("count(*) from secondline.ticket where status = 'resolved'") == 4701)
        let faults = try await LedgerCheck.faults(in: session)
        #expect(faults == [])
        await session.close()
        try await database.drop()
    }
}
