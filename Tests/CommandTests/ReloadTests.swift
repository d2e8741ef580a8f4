import Foundation
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

/// A configuration that is written anew while a daemon runs by it.
private struct LiveConfiguration {
    private let file = ScratchFile("")
    let directory = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    var path: String { file.path }

    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: file.path)) }

    /// A channel whose program waits until `release` was called, then notes that it was called.
    var channel: String {
        """
        [channel.mail]
        program = /bin/sh \(directory.path)/program
        format = json
        timeout = 1h

        """
    }

    func writeProgram() throws {
        let script = """
            cat > /dev/null; touch \(directory.path)/begun
            until [ -e \(directory.path)/release ]; do sleep 0.01; done
            echo x >> \(directory.path)/delivered

            """
        try Data(script.utf8).write(to: directory.appending(path: "program"))
    }

    func release() throws { try Data().write(to: directory.appending(path: "release")) }

    func isThere(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: directory.appending(path: name).path)
    }

    var delivered: String {
        (try? String(contentsOf: directory.appending(path: "delivered"), encoding: .utf8)) ?? ""
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }
}

/// SIGHUP, SIGTERM and what systemd hears of them.
@Suite("secondline run under systemd", .serialized)
struct ReloadTests {
    private func sent(_ session: Session) async throws -> Int64 {
        try await session.id(
            "count(*) from secondline.message_history where channel = 'mail' and state = 'sent'")
    }

    @Test(
        "SIGHUP applies a new configuration: a channel begins, and a delivery that is under way is neither lost nor repeated"
    )
    func appliesChannels() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1)
            let person = department.specialists[0]
            let (live, sink) = (try LiveConfiguration(), try DatagramSink())
            try live.writeProgram()
            try live.write("")
            let daemon = try DaemonProcess(
                database.conninfo, arguments: ["--config", live.path], environment: ["NOTIFY_SOCKET": sink.path])
            await sink.receives("READY=1")
            try live.write(live.channel)
            daemon.signal(SIGHUP)
            try await daemon.says("daemon.reloaded changed=channel\n")
            await sink.receives { $0.count { String(decoding: $0, as: UTF8.self).contains("READY=1") } == 2 }
            let told = sink.texts.filter { !$0.hasPrefix("STATUS=") || $0.contains("READY") }
                .filter { !$0.hasPrefix("EXTEND") }
            #expect(told.count == 3)
            #expect(told[1].hasPrefix("RELOADING=1\nMONOTONIC_USEC="))

            try await session.script(
                """
                select secondline.set_contact(\(person), 'mail', 'someone@example.org');
                select secondline.send_message(\(person), 'note', '{"text": "x"}')
                """)
            while !live.isThere("begun") { try await Task.sleep(for: .milliseconds(5)) }
            try live.write(live.channel + "[daemon]\nbatch_size = 10\n")
            daemon.signal(SIGHUP)
            await sink.receives { $0.count { String(decoding: $0, as: UTF8.self).contains("RELOADING=1") } == 2 }
            try live.release()
            try await daemon.says("daemon.reloaded changed=daemon\n")
            while try await sent(session) == 0 { await Task.yield() }
            daemon.signal(SIGTERM)
            #expect(try await daemon.end().status == 0)
            // reminders may have come beside the note: each once
            #expect(live.delivered == String(repeating: "x\n", count: Int(try await sent(session))))
            await sink.receives("STOPPING=1")
            sink.stop()
            live.remove()
        }
    }

    @Test("SIGHUP with another database: work goes on there; what it waits for is told meanwhile")
    func appliesDatabase() async throws {
        try await withDatabase { first, _ in
            try await withDatabase { second, session in
                let department = try await Department(in: session, specialists: 1)
                let live = try LiveConfiguration()
                try live.write("[database]\nconninfo = \(first.conninfo)\n")
                let daemon = try DaemonProcess(nil, arguments: ["--config", live.path])
                try await daemon.says("daemon.ready")
                try live.write("[database]\nconninfo = \(second.conninfo)\n")
                daemon.signal(SIGHUP)
                try await daemon.says("daemon.reloaded changed=database\n")
                try await daemon.says("daemon.ready", times: 2)
                // who stayed where it was never sees the ticket
                try #require(
                    try await session.id(
                        "count(*) from pg_stat_activity where datname = current_database() and application_name = 'secondline'"
                    ) > 0)
                let ticket = try await department.ticket(in: session)
                try await daemon.says("ticket.assigned ticket=\(ticket) ")
                daemon.signal(SIGTERM)
                #expect(try await daemon.end().status == 0)
                live.remove()
            }
        }
    }

    @Test("SIGHUP with a configuration that is no good is refused with a line, and the old one stays")
    func refuses() async throws {
        try await withDatabase { database, session in
            try await withDatabase(migrated: false) { empty, _ in
                let department = try await Department(in: session, specialists: 5)
                let (live, sink) = (try LiveConfiguration(), try DatagramSink())
                let good = "[database]\nconninfo = \(database.conninfo)\n[log]\nlevel = debug\n"
                try live.write(good)
                let daemon = try DaemonProcess(
                    nil, arguments: ["--config", live.path], environment: ["NOTIFY_SOCKET": sink.path])
                await sink.receives("READY=1")
                let nowhere = try Conninfo(parsing: database.conninfo).with("dbname", "nonexistent_\(UUID())")
                let broken = [
                    ("\(good)[daemon]\nbatch_size = many\n", "is not a whole number"),
                    ("[database]\nconninfo = \(nowhere)\n", "does not exist"),
                    ("[database]\nconninfo = \(empty.conninfo)\n", "has no schema"),
                    ("[database]\nconninfo = host=/nonexistent\n", "No such file or directory"),
                    ("[database]\nconninfo = host=\n[nonsense]\n", "no section"),
                ]
                for (index, (text, words)) in broken.enumerated() {
                    try live.write(text)
                    daemon.signal(SIGHUP)
                    // one of both comes, or it ends
                    try await daemon.says(/configuration\.refused|daemon\.reloaded/, times: index + 1)
                    try #require(daemon.text.components(separatedBy: "configuration.refused").count == index + 2)
                    await sink.receives {
                        let refused = $0.count {
                            String(decoding: $0, as: UTF8.self).hasSuffix("was refused, see the log")
                        }
                        return refused == index + 1
                    }
                    try await daemon.says(words)
                    let ticket = try await department.ticket(in: session)
                    try await daemon.says("ticket.assigned ticket=\(ticket) ")
                }
                daemon.signal(SIGTERM)
                let (status, log) = try await daemon.end()
                #expect(status == 0)
                let refusals = log.split(separator: "\n").filter {
                    $0.contains(" error configuration.refused message=")
                }
                #expect(refusals.count == broken.count)
                #expect(!log.contains("daemon.reloaded"))
                sink.stop()
                live.remove()
            }
        }
    }

    @Test("a second SIGTERM changes nothing: the end is as orderly as with one, and SIGHUP does not stop it")
    func terminatedTwice() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1)
            let live = try LiveConfiguration()
            try live.writeProgram()
            try live.write(live.channel)
            try await session.script(
                """
                select secondline.set_contact(\(department.specialists[0]), 'mail', 'someone@example.org');
                select secondline.send_message(\(department.specialists[0]), 'note', '{"text": "x"}')
                """)
            let daemon = try DaemonProcess(database.conninfo, arguments: ["--config", live.path])
            while !live.isThere("begun") { try await Task.sleep(for: .milliseconds(5)) }
            daemon.signal(SIGTERM)
            try await daemon.says("daemon.stopping signal=SIGTERM\n")
            daemon.signal(SIGTERM)
            daemon.signal(SIGHUP)
            try live.release()
            let (status, log) = try await daemon.end()
            #expect(status == 0)
            #expect(log.components(separatedBy: "daemon.stopping").count == 2)
            #expect(log.hasSuffix(" info daemon.stopped\n"))
            #expect(!log.contains("daemon.reloaded"))
            live.remove()
        }
    }

    @Test("a server that is not there: more time is asked for, again and again, and it is not said to be ready")
    func waits() async throws {
        let sink = try DatagramSink()
        let daemon = try DaemonProcess(
            "host=/nonexistent", environment: ["NOTIFY_SOCKET": sink.path, "WATCHDOG_USEC": "1000000"])
        await sink.receives("STATUS=waiting for the database: ")
        await sink.receives {
            $0.count { String(decoding: $0, as: UTF8.self).hasPrefix("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=") } >= 3
        }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
        await sink.receives("STOPPING=1")
        #expect(!sink.texts.contains { $0.contains("READY=1") })
        sink.stop()
    }

    @Test(
        "whatever systemd's variables say, it works",
        arguments: [
            ["NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "1000"],
            ["NOTIFY_SOCKET": "@nobody-listens", "WATCHDOG_USEC": "1"],
            ["NOTIFY_SOCKET": "x", "WATCHDOG_USEC": "x", "WATCHDOG_PID": "x", "JOURNAL_STREAM": "x"],
        ])
    func strangeEnvironment(environment: [String: String]) async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1)
            let daemon = try DaemonProcess(database.conninfo, environment: environment)
            let ticket = try await department.ticket(in: session)
            try await daemon.says("ticket.assigned ticket=\(ticket) ")
            daemon.signal(SIGTERM)
            let (status, log) = try await daemon.end()
            #expect(status == 0)
            #expect(log.components(separatedBy: "systemd.unreachable").count <= 2)
            #expect(log.contains(" warning "))
        }
    }

    @Test("a change in any section is seen")
    func sections() {
        var other = Configuration()
        other.database.conninfo = "dbname=other"
        other.daemon.batchSize = 1
        other.log.level = .debug
        other.delivery.lease = .seconds(1)
        other.tickets.retention = .seconds(1)
        other.metrics.file = "/other"
        other.channels = [Configuration.Channel(name: "other")]
        let sections = Set(
            ConfigurationKey.all.map { $0.section == ConfigurationSection.anyChannel ? "channel" : $0.section })
        #expect(Set(other.sectionsDiffering(from: Configuration())) == sections)
    }

    @Test(
        "--log-format wins over the file, also over one that is read again; its level is the new one",
        arguments: [("json", "text", "{\"at\":"), ("text", "json", "2")])
    func logFormat(option: String, file: String, start: String) async throws {
        try await withDatabase { database, _ in
            let (live, sink) = (try LiveConfiguration(), try DatagramSink())
            try live.write("[log]\nformat = \(file)\nlevel = warning\n")
            let daemon = try DaemonProcess(
                database.conninfo, arguments: ["--config", live.path, "--log-format", option],
                environment: ["NOTIFY_SOCKET": sink.path])
            await sink.receives("READY=1")
            try live.write("[log]\nformat = \(file)\nlevel = info\n")
            daemon.signal(SIGHUP)
            await sink.receives { $0.count { String(decoding: $0, as: UTF8.self).contains("READY=1") } == 2 }
            daemon.signal(SIGTERM)
            let log = try await daemon.end().log
            #expect(log.split(separator: "\n").allSatisfy { $0.hasPrefix(start) })
            #expect(
                log.contains(
                    option == "json" ? "\"daemon.reloaded\",\"changed\":\"log\"}" : "daemon.reloaded changed=log\n"))
            // nothing but the log has changed: the duties went on
            #expect(!log.contains("daemon.ready"))
            sink.stop()
            live.remove()
        }
    }
}
