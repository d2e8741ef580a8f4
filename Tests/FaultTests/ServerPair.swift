import Foundation
import Glibc
import Postgres
import Store
import Synchronization
import TestSupport

/// A primary and its synchronous standby, each on a small disk of its own where we may mount one.
final class ServerPair: Sendable {
    let clusters: [Cluster]
    /// Whether the disks are small, and can be filled.
    let hasSmallDisks: Bool
    private let disks: [String]
    private let primaryIndex = Mutex(0)

    init() throws {
        var disks: [String] = []
        var clusters: [Cluster] = []
        var mounted = true
        for _ in 0..<2 {
            var template = Array("/tmp/sl-disk-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw Cluster.Failure(description: "mkdtemp: \(errno)") }
            let disk = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            mounted = mount("tmpfs", disk, "tmpfs", 0, "size=400m,mode=755") == 0 && mounted
            chmod(disk, 0o755)
            disks.append(disk)
            clusters.append(
                try Cluster(
                    settings: [
                        "synchronous_commit=on", "wal_retrieve_retry_interval=100ms", "max_wal_size=80MB",
                        "min_wal_size=32MB", "wal_keep_size=48MB", "shared_buffers=32MB", "autovacuum_naptime=5s",
                        "checkpoint_timeout=30s", "log_line_prefix='%m [%p] %a '", "hot_standby=on",
                    ], in: disk))
        }
        self.disks = disks
        self.clusters = clusters
        hasSmallDisks = mounted
    }

    var primary: Cluster { clusters[primaryIndex.withLock { $0 }] }
    var standby: Cluster { clusters[1 - primaryIndex.withLock { $0 }] }

    /// Whichever of them can be written to.
    func conninfo(_ hosts: [(host: String, port: Int)]? = nil) -> String {
        let hosts = hosts ?? clusters.map { ($0.directory, $0.port) }
        return
            "host=\(hosts.map(\.host).joined(separator: ",")) port=\(hosts.map { "\($0.port)" }.joined(separator: ",")) "
            + "user=postgres dbname=postgres target_session_attrs=read-write connect_timeout=2 sslmode=disable"
    }

    func session(_ name: String = "harness", timeout: Duration = .seconds(20)) -> Session {
        Session(
            options: SessionOptions(
                conninfo: conninfo(), applicationName: name, callTimeout: timeout,
                statementTimeout: timeout - .seconds(5),
                lockTimeout: .seconds(4)))
    }

    func start() async throws {
        try await offCore { try self.primary.start() }
        let session = session(timeout: .seconds(60))
        try await session.open()
        _ = try await Migrator.migrate(session)
        await session.close()
        try await replicate()
    }

    /// Makes the other server a copy, without which nothing is committed from then on.
    func replicate() async throws {
        let (primary, standby) = (primary, standby)
        try await offCore {
            try? FileManager.default.removeItem(atPath: standby.data)
            try primary.run(
                "pg_basebackup", "-D", standby.data, "-h", primary.directory, "-p", "\(primary.port)", "-U", "postgres",
                "-c", "fast", "-X", "stream", "-R", "--no-sync")
            let file = "\(standby.data)/postgresql.auto.conf"
            guard let settings = FileHandle(forWritingAtPath: file) else {
                throw Cluster.Failure(description: "cannot open \(file)")
            }
            try settings.seekToEnd()
            // promoted, it waits for nobody until it has a standby of its own
            try settings.write(contentsOf: Data("synchronous_standby_names = ''\n".utf8))
            try settings.close()
            try standby.start()
        }
        let session = Session(options: SessionOptions(conninfo: primary.conninfo(), applicationName: "harness"))
        try await session.open()
        try await session.script("alter system set synchronous_standby_names = '*'")
        try await session.script("select pg_reload_conf()")
        while try await session.simpleQuery(
            "select from pg_stat_replication where sync_state = 'sync' and current_setting('synchronous_standby_names') = '*'"
        ).isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        await session.close()
    }

    /// The standby takes over; what was the primary becomes its standby.
    func promote(hanging: Bool) async throws {
        let (old, new) = (primary, standby)
        try await offCore {
            var frozen: [Int32] = []
            if hanging {
                frozen = try old.backendPIDs()
                try old.signal(SIGSTOP)
                for pid in frozen { _ = try? old.signal(SIGSTOP, backend: pid) }
            } else {
                try old.stop()
            }
            try new.run("pg_ctl", "-D", new.data, "-w", "promote")
            if hanging {
                let postmaster = try old.postmasterPID
                frozen += try old.backendPIDs()
                _ = try old.signal(SIGKILL)
                for pid in frozen { kill(pid, SIGKILL) }
                while kill(postmaster, 0) == 0, !isZombie(postmaster) { usleep(10_000) }
                try? FileManager.default.removeItem(atPath: "\(old.data)/postmaster.pid")
                unlink(old.socketPath)
                unlink("\(old.socketPath).lock")
            }
        }
        primaryIndex.withLock { $0 = 1 - $0 }
        try await replicate()
    }

    func restart() async throws {
        try await offCore {
            try self.primary.stop()
            try self.primary.start()
        }
    }

    /// Leaves no byte on the primary's disk.
    func fillDisk() throws {
        let file = open("\(primary.directory)/ballast", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        var piece = 1 << 20
        let zeros = [UInt8](repeating: 0, count: piece)
        while piece > 0 {
            if write(file, zeros, piece) != piece { piece /= 4 }
        }
    }

    /// Room again; a server that stopped for want of it starts.
    func freeDisk() async throws {
        unlink("\(primary.directory)/ballast")
        try await offCore {
            // it may be about to start again by itself, or to end
            for _ in 0..<100 {
                let pid = (try? self.primary.postmasterPID) ?? 0
                if pid == 0 || kill(pid, 0) != 0 || isZombie(pid) {
                    try? FileManager.default.removeItem(atPath: "\(self.primary.data)/postmaster.pid")
                    try self.primary.start()
                    return
                }
                if (try? self.primary.run(
                    "pg_isready", "-q", "-h", self.primary.directory, "-p", "\(self.primary.port)")) != nil
                {
                    return
                }
                usleep(100_000)
            }
            throw Cluster.Failure(description: "the server does not come back after its disk was full")
        }
    }

    func logTail() -> String {
        clusters.map { cluster in
            let text = (try? String(contentsOfFile: "\(cluster.directory)/log", encoding: .utf8)) ?? ""
            return "== server \(cluster.port)\n" + text.split(separator: "\n").suffix(15).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    func remove() {
        for (cluster, disk) in zip(clusters, disks) {
            cluster.remove()
            umount2(disk, Int32(MNT_DETACH))
            rmdir(disk)
        }
    }
}

/// Blocking work, not on a thread that runs tasks.
func offCore<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { done in
        DispatchQueue.global().async { done.resume(with: Result { try body() }) }
    }
}

/// Dead, and nobody has asked how it ended.
func isZombie(_ pid: Int32) -> Bool {
    let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    return stat.split(separator: ")").last?.hasPrefix(" Z") ?? true
}
