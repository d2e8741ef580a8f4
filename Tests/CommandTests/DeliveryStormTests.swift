import Foundation
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("deliveries, whatever dies on the way", .serialized)
struct DeliveryStormTests {
    /// 100,000 with SECONDLINE_TEST_STORM=100000; fewer keep a whole run of the tests short.
    private static let messages =
        ProcessInfo.processInfo.environment["SECONDLINE_TEST_STORM"].flatMap { Int($0) } ?? 15_000
    private static let kills = 30
    private static let restarts = 5

    /// A server of its own, which may be stopped, with the schema, and a person at work whom the channel `record` reaches.
    private struct Scene {
        let cluster: Cluster
        let session: Session
        let person: Int64
        let directory: URL

        init() async throws {
            cluster = try Cluster()
            try cluster.start()
            session = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
            try await session.open()
            _ = try await Migrator.migrate(session)
            let department = try await Department(in: session, specialists: 1)
            person = department.specialists[0]
            try await session.script("select secondline.set_contact(\(person), 'record', 'here')")
            directory = FileManager.default.temporaryDirectory.appending(path: "storm-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }

        /// One `write` a message, so that lines of several programs never mix.
        var record: URL { directory.appending(path: "record") }

        func daemon(_ program: String, concurrency: Int = 8) throws -> DaemonProcess {
            try DaemonProcess(
                cluster.conninfo(),
                environment: [
                    "SECONDLINE_DAEMON_POLL_INTERVAL": "200ms", "SECONDLINE_DELIVERY_LEASE": "2s",
                    "SECONDLINE_CHANNEL_RECORD_PROGRAM": program,
                    "SECONDLINE_CHANNEL_RECORD_CONCURRENCY": "\(concurrency)",
                    "SECONDLINE_CHANNEL_RECORD_RETRY_AFTER": "100ms",
                ])
        }

        /// The ids of the messages that the channel has, each as often as it was delivered.
        func recorded() throws -> [Int64: Int] {
            var counts: [Int64: Int] = [:]
            for line in try String(contentsOf: record, encoding: .utf8).split(separator: "\n") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                let id = try #require(object?["message_id"] as? Int64)
                counts[id, default: 0] += 1
            }
            return counts
        }

        func end() async throws {
            await session.close()
            try cluster.stop()
            cluster.remove()
            try FileManager.default.removeItem(at: directory)
        }
    }

    @Test(
        "tens of thousands of messages, 30 killed daemons and 5 server restarts: all delivered, each repetition accounted for"
    )
    func storm() async throws {
        let scene = try await Scene()
        let session = scene.session
        try await session.script(
            """
            insert into secondline.message (channel, severity, kind, person_id, created_at, send_at, data)
            select 'record', 'normal', 'note', \(scene.person), now(), now(), jsonb_build_object('text', 'Note ' || i)
              from generate_series(1, \(Self.messages)) i
            """)
        let program = "/usr/bin/dd of=\(scene.record.path) oflag=append conv=notrunc bs=65536 status=none"
        var daemons = [try scene.daemon(program), try scene.daemon(program)]
        let disasters = Self.kills + Self.restarts
        for disaster in 1...disasters {
            let goal = disaster * Self.messages / (disasters + 2)
            while try await session.id("count(*) from secondline.message_history") < goal {
                try await Task.sleep(for: .milliseconds(20))
            }
            if disaster % (disasters / Self.restarts) == 0 {
                await session.close()
                try scene.cluster.stop(immediate: true)
                try scene.cluster.start()
                try await session.open()
            } else {
                daemons[disaster % 2].signal(SIGKILL)
                #expect(try await daemons[disaster % 2].end().status == -SIGKILL)
                daemons[disaster % 2] = try scene.daemon(program)
            }
        }
        while try await session.id("count(*) from secondline.message where channel = 'record'") > 0 {
            try await Task.sleep(for: .milliseconds(100))
        }
        for daemon in daemons { daemon.signal(SIGTERM) }
        for daemon in daemons { #expect(try await daemon.end().status == 0) }

        let recorded = try scene.recorded()
        #expect(recorded.count == Self.messages)
        let unknown = try await session.simpleQuery(
            "select message_id, count(*) from secondline.message_attempt where outcome = 'unknown' group by message_id")
        let allowed = Dictionary(uniqueKeysWithValues: unknown.map { (Int64($0[0]!)!, Int($0[1]!)!) })
        let repeated = recorded.filter { $0.value > 1 }
        let unaccounted = repeated.filter { $0.value - 1 > allowed[$0.key, default: 0] }
        #expect(unaccounted == [:], "delivered more often than the ledger's unknown attempts explain")
        #expect(
            try await session.id("count(*) from secondline.message_history where state = 'sent' and channel = 'record'")
                == Self.messages)
        // exactly one report was taken for each
        let accepted = try await session.simpleQuery(
            """
            select count(*), count(distinct message_id) from secondline.message_attempt where outcome = 'sent' and not late
            """)
        #expect(accepted[0] == ["\(Self.messages)", "\(Self.messages)"])
        print(
            "delivered \(recorded.count), repeated \(repeated.count), unknown attempts \(allowed.values.reduce(0, +))")
        try await scene.end()
    }

    @Test("a daemon that sleeps beyond its lease loses its message, and its late report changes nothing")
    func zombie() async throws {
        let scene = try await Scene()
        let started = scene.directory.appending(path: "started")
        let program = scene.directory.appending(path: "program")
        // waits for the gate that its argument names
        try Data(
            """
            #!/bin/sh
            cat >> \(scene.record.path)
            echo x >> \(started.path)
            while [ ! -e \(scene.directory.path)/$1 ]; do sleep 0.05; done
            """.utf8
        ).write(to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        func begun(_ count: Int) async throws {
            while (try? Data(contentsOf: started))?.count != 2 * count { try await Task.sleep(for: .milliseconds(10)) }
        }
        func open(_ gate: String) throws { try Data().write(to: scene.directory.appending(path: gate)) }
        func ledger() async throws -> [[String?]] {
            try await scene.session.simpleQuery(
                "select attempt, outcome, late from secondline.message_attempt order by attempt_id")
        }

        let first = try scene.daemon("\(program.path) first")
        try await first.says("daemon.ready")
        let popup = try await scene.session.id(
            "secondline.send_message(\(scene.person), 'note', '{\"text\":\"hello\"}')")
        try await begun(1)
        first.signal(SIGSTOP)
        let second = try scene.daemon("\(program.path) second")
        try await second.says("message.taken_over")
        // the second is at it when the first comes back and has delivered
        try await begun(2)
        try open("first")
        first.signal(SIGCONT)
        while try await ledger().count < 2 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await ledger() == [["1", "unknown", "f"], ["1", "sent", "t"]])
        #expect(
            try await scene.session.simpleQuery(
                "select state, attempt from secondline.message where channel = 'record'") == [["sending", "2"]])
        try open("second")
        while try await scene.session.id("count(*) from secondline.message_history where channel = 'record'") == 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        for daemon in [first, second] { daemon.signal(SIGTERM) }
        #expect(
            try await first.end().log.contains(
                "delivery.late message=\(popup + 1) channel=record attempt=1 outcome=sent"))
        #expect(try await !second.end().log.contains("delivery.late"))
        #expect(try await ledger() == [["1", "unknown", "f"], ["1", "sent", "t"], ["2", "sent", "f"]])
        #expect(
            try await scene.session.simpleQuery(
                "select state, attempt from secondline.message_history where channel = 'record'") == [["sent", "2"]])
        try await scene.end()
    }
}
