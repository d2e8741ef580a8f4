import Daemon
import Foundation
import Glibc
import Postgres
import Store
import TestSupport
import Testing

@Suite("metrics", .serialized)
struct MetricsTests {
    /// A directory that is gone when the test is over.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)").path
        var file: String { "\(path)/secondline.prom" }
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
        var text: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

        init(isThere: Bool = true) {
            if isThere { mkdir(path, 0o755) }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Returns when the file, or its next version, contains the text.
        func says(_ words: String) async throws {
            while !text.contains(words) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private static let promtool: String? = {
        let places: [String] = [
            ProcessInfo.processInfo.environment["SECONDLINE_TEST_PROMTOOL"] ?? "", "/usr/bin/promtool",
        ]
        return places.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// What promtool complains of.
    private func lint(_ text: String) throws -> String {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: Self.promtool!)
        process.arguments = ["check", "metrics"]
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, output)
        try process.run()
        input.fileHandleForWriting.write(Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? said : "status \(process.terminationStatus): \(said)"
    }

    @Test("values and labels are written as the format has them, and only families that there are")
    func format() {
        typealias Sample = MetricsText.Sample
        let text = MetricsText([
            Sample(name: "tickets_open", labels: ["a \"b\" \\ c\nd", "new"], value: 12),
            Sample(name: "nothing", labels: [], value: 1),
            Sample(name: "duty_age_seconds", labels: ["clock"], value: 0.25),
            Sample(name: "alerts_open", labels: [], value: -1),
            Sample(name: "alerts_unacknowledged", labels: ["too many"], value: 1),
            Sample(name: "ticket_oldest_wait_seconds", labels: ["q"], value: .infinity),
        ]).text
        #expect(
            text.split(separator: "\n").filter { !$0.hasPrefix("# HELP") } == [
                "# TYPE secondline_duty_age_seconds gauge", "secondline_duty_age_seconds{duty=\"clock\"} 0.25",
                "# TYPE secondline_tickets_open gauge",
                "secondline_tickets_open{queue=\"a \\\"b\\\" \\\\ c\\nd\",status=\"new\"} 12",
                "# TYPE secondline_ticket_oldest_wait_seconds gauge",
                "secondline_ticket_oldest_wait_seconds{queue=\"q\"} +Inf",
                "# TYPE secondline_alerts_open gauge", "secondline_alerts_open -1",
                "# TYPE secondline_alerts_unacknowledged gauge",
            ])
        #expect(Set(Metric.all.map(\.fullName)).count == Metric.all.count)
    }

    @Test("a daemon writes a whole file that everybody may read, again and again, and leaves nothing beside it")
    func written() async throws {
        let desk = try await Desk(specialists: 1)
        let folder = Folder()
        umask(0o077)
        defer { umask(0o022) }
        var settings = DaemonSettings(session: desk.database.options(), pollInterval: .milliseconds(50))
        settings.metrics = MetricsSettings(file: folder.file, interval: .milliseconds(20), version: "1.2")
        var last = ""
        try await withDaemon(settings, desk.recorded) {
            _ = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "ticket.assigned")
            try await folder.says("secondline_events_total{event=\"ticket.assigned\"} 1\n")
            try await folder.says("secondline_tickets_open{queue=\"\(desk.department.queue)\",status=\"assigned\"} 1\n")
            try await folder.says("secondline_health_findings{kind=\"superuser\",severity=\"warning\"} 1\n")
            last = folder.text
        }
        #expect(last.hasPrefix("# HELP secondline_build_info ") && last.hasSuffix("\n"))
        #expect(last.contains("secondline_build_info{version=\"1.2\",schema=\"\(SchemaVersion.known)\"} 1\n"))
        #expect(last.contains("secondline_database_connected 1\n"))
        for duty in ["assignment", "audit", "clock", "delivery", "estimate", "health", "upkeep", "workday"] {
            #expect(last.contains("secondline_duty_runs_total{duty=\"\(duty)\"} "))
            #expect(last.contains("secondline_duty_failures_total{duty=\"\(duty)\"} 0\n"))
        }
        #expect(!last.contains("Specialist"))
        if Self.promtool != nil { #expect(try lint(last) == "") }
        #expect(folder.names == ["secondline.prom"])
        var status = stat()
        #expect(stat(folder.file, &status) == 0 && status.st_mode & 0o777 == 0o644)
        try await desk.close()
    }

    @Test("a directory that is not there is one warning; when it is, one line; the daemon works meanwhile")
    func noDirectory() async throws {
        let desk = try await Desk(specialists: 1)
        let folder = Folder(isThere: false)
        var settings = DaemonSettings(session: desk.database.options(), pollInterval: .milliseconds(50))
        settings.metrics = MetricsSettings(file: folder.file, interval: .milliseconds(10))
        try await withDaemon(settings, desk.recorded) {
            await desk.recorded.line(containing: "metrics.failed")
            _ = try await desk.department.ticket(in: desk.session)
            await desk.recorded.line(containing: "ticket.assigned")
            mkdir(folder.path, 0o755)
            await desk.recorded.line(containing: "metrics.restored")
            try await folder.says("secondline_database_connected 1")
        }
        #expect(desk.recorded.lines("metrics.failed").count == 1)
        #expect(
            desk.recorded.lines("metrics.failed").first?.hasSuffix(
                " warning metrics.failed file=\(folder.file) error=\"cannot be written: No such file or directory\"")
                == true)
        #expect(desk.recorded.lines("metrics.restored").count == 1)
        try await desk.close()
    }

    @Test("where there is no space the old file stays whole, and nothing is left beside it")
    func noSpace() throws {
        let folder = Folder()
        // a tmpfs of one page, where we may mount one
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=8k") == 0 else { return }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let file = MetricsFile(folder.file)
        #expect(file.replace(with: "small\n") == nil)
        #expect(
            file.replace(with: String(repeating: "x", count: 20_000)) == "cannot be written: No space left on device")
        #expect(folder.text == "small\n")
        #expect(folder.names == ["secondline.prom"])
        #expect(file.obstacle == "cannot be written: No space left on device")
        #expect(folder.names == ["secondline.prom"])
        #expect(file.replace(with: "next\n") == nil)
        #expect(folder.text == "next\n")
    }

    @Test("what keeps the file from being written is told before")
    func obstacles() throws {
        let folder = Folder()
        #expect(MetricsFile(folder.file).obstacle == nil)
        #expect(folder.names == [])
        #expect(MetricsFile(folder.path).obstacle == "is a directory")
        #expect(MetricsFile(folder.path + "/none/x.prom").obstacle == "cannot be written: No such file or directory")
        #expect(MetricsFile(folder.file).replace(with: "x") == nil)
        #expect(MetricsFile(folder.file + "/x.prom").obstacle == "cannot be written: Not a directory")
        // where everybody may write by its mode, and nobody can
        #expect(MetricsFile("/proc/x.prom").obstacle?.hasPrefix("cannot be written: ") == true)
        #expect(MetricsFile("/proc/x.prom").replace(with: "x")?.hasPrefix("cannot be written: ") == true)
        // a link in its place is replaced, not followed; one in the place of what is written first is refused
        let target = folder.path + "/target"
        symlink(target, folder.file + ".\(getpid())")
        #expect(MetricsFile(folder.file).replace(with: "y") == "cannot be written: Too many levels of symbolic links")
        #expect(access(target, F_OK) != 0)
    }

    @Test("while the database is gone the file says so, with what the daemon knows by itself")
    func databaseLost() async throws {
        let cluster = try Cluster()
        defer { cluster.remove() }
        try cluster.start()
        let session = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
        try await session.open()
        _ = try await Migrator.migrate(session)
        await session.close()
        let (folder, recorded) = (Folder(), RecordedLog())
        var settings = DaemonSettings(
            session: SessionOptions(conninfo: cluster.conninfo(), applicationName: "secondline"),
            pollInterval: .milliseconds(50))
        settings.metrics = MetricsSettings(file: folder.file, interval: .milliseconds(20))
        try await withDaemon(settings, recorded) {
            await recorded.line(containing: "daemon.ready")
            try await folder.says("secondline_database_connected 1\n")
            #expect(folder.text.contains("secondline_alerts_open 0"))
            try cluster.stop()
            try await folder.says("secondline_database_connected 0\n")
            #expect(!folder.text.contains("secondline_alerts_open"))
            #expect(folder.text.contains("secondline_duty_runs_total"))
            try cluster.start()
            try await folder.says("secondline_database_connected 1\n")
        }
        #expect(recorded.lines("metrics.failed") == [])
    }
}
