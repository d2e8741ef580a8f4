import Foundation
import Postgres
import Store
import Synchronization
import TestSupport
import Testing

/// A primary and its synchronous standby, which change places, with a department that is at work.
final class Pair: Sendable {
    private struct Roles {
        var primary: Cluster
        var standby: Cluster
    }

    /// Rewinding needs whole pages, and WAL from before the fork; a standby that lost its primary looks for it at once.
    private static let settings = ["full_page_writes=on", "wal_keep_size=1GB", "wal_retrieve_retry_interval=100ms"]

    private let roles: Mutex<Roles>
    /// Names both servers, first the one that was the primary in the beginning.
    let conninfo: String
    let department: Department

    var primary: Cluster { roles.withLock { $0.primary } }
    var standby: Cluster { roles.withLock { $0.standby } }

    init() async throws {
        let primary = try Cluster(settings: Self.settings)
        try primary.start()
        let session = Session(options: SessionOptions(conninfo: primary.conninfo(), applicationName: "test"))
        try await session.open()
        _ = try await Migrator.migrate(session)
        department = try await Department(in: session, specialists: 12, capacity: 100_000, effort: 1)
        await session.close()
        let standby = try Cluster(standbyOf: primary, settings: Self.settings)
        try standby.start()
        roles = Mutex(Roles(primary: primary, standby: standby))
        conninfo =
            "host=\(primary.directory),\(standby.directory) port=\(primary.port),\(standby.port) user=postgres dbname=postgres"
        try await waitForStandby()
    }

    func remove() {
        roles.withLock { roles in
            roles.standby.remove()
            roles.primary.remove()
        }
    }

    /// Calls `body` with a session on the primary.
    func onPrimary<R>(_ body: (Session) async throws -> R) async throws -> R {
        let session = Session(options: SessionOptions(conninfo: primary.conninfo(), applicationName: "test"))
        try await session.open()
        let value = try await body(session)
        await session.close()
        return value
    }

    /// Ends the primary at once and starts it again. Returns when it took connections again, as its log has it.
    func restart() async throws -> String {
        try primary.stop(immediate: true)
        try primary.start()
        let ready = try primary.log().last { $0.contains("database system is ready to accept connections") }
        return ready.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } ?? ""
    }

    /// Ends the primary at once; the standby takes its place. Returns when it was told to.
    func failOver() async throws -> String {
        try primary.stop(immediate: true)
        return try await promote()
    }

    /// Makes the primary, which lives on, refuse to write; the standby takes its place.
    func switchOver() async throws -> String {
        let old = primary
        let session = Session(
            options: SessionOptions(conninfo: old.conninfo(), applicationName: "test", readWrite: false))
        try await session.open()
        try await session.script("alter system set default_transaction_read_only = on")
        try await session.script("select pg_reload_conf()")
        // what was begun before may still write
        while try await session.id("count(*) from pg_stat_activity where backend_xid is not null") > 0 {}
        let told = try await promote()
        // nobody stays who wants to write
        while try await session.id(
            "count(*) from pg_stat_activity where application_name = 'secondline' and query !~* 'listen'")
            > 0
        {}
        await session.close()
        try old.stop(immediate: false)
        return told
    }

    /// The one that was the primary comes back as the standby of the other.
    func rejoin() async throws {
        // rewinding reads the new timeline from the last checkpoint
        try await onPrimary { try await $0.script("checkpoint") }
        try standby.follow(primary)
        try standby.start()
        try await waitForStandby()
    }

    private func promote() async throws -> String {
        let session = Session(
            options: SessionOptions(conninfo: standby.conninfo(), applicationName: "test", readWrite: false))
        try await session.open()
        let told = try await session.simpleQuery("select clock_timestamp()")[0][0] ?? ""
        await session.close()
        try standby.promote()
        roles.withLock { ($0.primary, $0.standby) = ($0.standby, $0.primary) }
        return told
    }

    /// From here on no commit is acknowledged that the standby does not have.
    private func waitForStandby() async throws {
        try await onPrimary { session in
            while try await session.id("count(*) from pg_stat_replication where state = 'streaming'") == 0 {}
            try await session.script("alter system set synchronous_standby_names = '*'")
            try await session.script("select pg_reload_conf()")
            while try await session.id("count(*) from pg_stat_replication where sync_state = 'sync'") == 0 {}
        }
    }
}

/// Writes tickets and solves what is assigned, and remembers what was acknowledged; a server that is away does not end it.
final class Writer: Sendable {
    private let session: Session
    private let queue: String
    private let state = Mutex((isStopping: false, acknowledged: [Int64]()))

    init(to conninfo: String, queue: String) {
        session = Session(
            options: SessionOptions(conninfo: conninfo, applicationName: "writer", callTimeout: .seconds(5)))
        self.queue = queue
    }

    var acknowledged: [Int64] { state.withLock { $0.acknowledged } }

    func stop() { state.withLock { $0.isStopping = true } }

    func run() async {
        while !state.withLock({ $0.isStopping }) {
            do {
                if await !session.isOpen { try await session.open() }
                try await write()
                // some tickets a fault are enough
                try await Task.sleep(for: .milliseconds(20))
            } catch {
                await session.close()
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        await session.close()
    }

    private func write() async throws {
        // the same key until it is acknowledged: then it is the first ticket again
        let key = acknowledged.count
        let ticket = try await session.id(
            "secondline.submit_ticket('\(queue)', 'title', 'text', external_key => 'key-\(key)')")
        state.withLock { $0.acknowledged.append(ticket) }
        // an act that was not acknowledged may be done
        for (state, act) in [("offered", "accept_ticket(%)"), ("accepted", "resolve_ticket(%, 'done')")] {
            let mine = try await session.simpleQuery(
                """
                select ticket_id, person_id from secondline.assignment where ended_at is null and state = '\(state)'
                 order by assignment_id limit 10
                """)
            for row in mine {
                let hand = "\(row[0] ?? ""), \(row[1] ?? "")"
                try await session.script("select secondline.\(act.replacing("%", with: hand))")
            }
        }
    }
}
