import Foundation
import Glibc
import Postgres
import Synchronization
import TestSupport

/// A pair of servers, three daemons with networks of their own, and a department at work.
final class Scene: Sendable {
    static let daemons = 3
    static let hands = 3
    static let clients = 2

    let schedule: Schedule
    let pair: ServerPair
    let staff: Staffing
    let daemons: [FaultyDaemon]
    let told = Told()
    let phase = Phase()
    /// Of each daemon, one to each server.
    let networks: [[StallingProxy]]
    /// Logs, and what the channel got.
    let directory: URL

    init(_ schedule: Schedule) async throws {
        self.schedule = schedule
        directory = FileManager.default.temporaryDirectory.appending(path: "secondline-faults-\(schedule.seed)")
        try? FileManager.default.removeItem(at: directory)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        pair = try await offCore { try ServerPair() }
        do {
            try await pair.start()
            let session = pair.session()
            try await session.open()
            staff = try await Staffing(in: session)
            await session.close()
            let pair = pair
            let program = try Self.channel(in: directory)
            networks = try (0..<Self.daemons).map { _ in try pair.clusters.map { try StallingProxy(to: $0.socketPath) }
            }
            var daemons: [FaultyDaemon] = []
            for number in 0..<Self.daemons {
                let environment = [
                    "SECONDLINE_DATABASE_CONNECT_TIMEOUT": "2s", "SECONDLINE_DATABASE_STATEMENT_TIMEOUT": "2s",
                    // the last one meets the limit of statements, not of locks
                    "SECONDLINE_DATABASE_LOCK_TIMEOUT": number == Self.daemons - 1 ? "5s" : "500ms",
                    "SECONDLINE_DAEMON_POLL_INTERVAL": "200ms", "SECONDLINE_DAEMON_AUDIT_INTERVAL": "1s",
                    "SECONDLINE_DELIVERY_LEASE": "2s",
                    "SECONDLINE_CHANNEL_RECORD_PROGRAM": program,
                    "SECONDLINE_CHANNEL_RECORD_RETRY_AFTER": "100ms",
                    "SECONDLINE_CHANNEL_RECORD_RETRY_AT_MOST": "1s",
                ]
                daemons.append(
                    try FaultyDaemon(
                        number, pair.conninfo(networks[number].map { ("127.0.0.1", $0.port) }), in: directory,
                        environment: environment))
                try daemons[number].start()
            }
            self.daemons = daemons
        } catch {
            pair.remove()
            throw error
        }
    }

    /// Notes what it gets, by one `write`; one in ten takes its time, so that faults find messages on their way.
    private static func channel(in directory: URL) throws -> String {
        let program = directory.appending(path: "channel")
        try Data(
            """
            #!/bin/sh
            /usr/bin/dd of=\(directory.path)/record oflag=append conv=notrunc bs=65536 status=none || exit 75
            case $$ in *7) exec /usr/bin/sleep 0.7 ;; esac
            """.utf8
        ).write(to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        return program.path
    }

    /// Everything as it should be again, as far as this harness has changed it.
    func heal() async throws {
        for network in networks.joined() {
            network.resume()
            network.slow(byMicroseconds: 0)
        }
        for daemon in daemons {
            daemon.signal(SIGCONT)
            try daemon.moveClock(hours: 0)
        }
    }

    func end(keepsLogs: Bool) {
        for daemon in daemons { daemon.signal(SIGKILL) }
        for network in networks.joined() { network.stop() }
        pair.remove()
        if !keepsLogs { try? FileManager.default.removeItem(at: directory) }
    }

    /// The database as it was found, beside the logs.
    func dump() {
        let file = "\(pair.primary.directory)/database.dump"
        try? pair.primary.run(
            "pg_dump", "-h", pair.primary.directory, "-p", "\(pair.primary.port)", "-U", "postgres", "-Fc", "-f", file,
            "postgres")
        try? FileManager.default.copyItem(atPath: file, toPath: directory.appending(path: "database.dump").path)
    }

    /// For whoever reads of a failure.
    func state() async -> String {
        let session = pair.session()
        var activity = "no server"
        if (try? await session.open()) != nil {
            let rows =
                (try? await session.simpleQuery(
                    """
                    select pid, application_name, state, wait_event, now() - xact_start, left(query, 120) from pg_stat_activity
                     where backend_type = 'client backend' order by xact_start
                    """)) ?? []
            activity = rows.map { $0.map { $0 ?? "-" }.joined(separator: " | ") }.joined(separator: "\n")
        }
        await session.close()
        let logs = daemons.map { "== daemon \($0.number)\n\($0.tail(12))" }.joined(separator: "\n")
        return "== activity\n\(activity)\n\(logs)\n\(pair.logTail())\nlogs and deliveries: \(directory.path)"
    }
}
