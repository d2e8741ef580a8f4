import Foundation
import Glibc
import Postgres
import Synchronization

/// PgBouncer in transaction mode, with a few connections of which each transaction gets the one that rested longest.
package final class PgBouncer: Sendable {
    package let directory: String
    package let port: Int
    package let poolSize: Int
    private let user: String
    private let process = Mutex<Process?>(nil)

    /// Before the server of this conninfo, with the settings `name = value`. Starts it.
    package init(before server: String, poolSize: Int = 3, settings: [String] = [], connectQuery: String? = nil) throws
    {
        var template = Array("/tmp/sl-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Cluster.Failure(description: "mkdtemp: \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        port = try freePort()
        self.poolSize = poolSize
        let conninfo = try Conninfo(parsing: server)
        user = conninfo.user ?? "postgres"
        var place = ["host", "port", "user", "password"].compactMap { key in conninfo[key].map { "\(key)='\($0)'" } }
        if let connectQuery { place.append("connect_query='\(connectQuery)'") }
        let lines =
            [
                "[databases]", "* = \(place.joined(separator: " "))", "[pgbouncer]", "listen_port = \(port)",
                "unix_socket_dir = \(directory)", "auth_type = trust", "auth_file = \(directory)/users",
                "admin_users = \(user)", "pool_mode = transaction", "default_pool_size = \(poolSize)",
                "min_pool_size = \(poolSize)",
                "server_round_robin = 1", "server_login_retry = 1", "logfile = \(directory)/log",
            ] + settings
        try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: false, encoding: .utf8)
        try "\"\(user)\" \"\"\n".write(toFile: "\(directory)/users", atomically: false, encoding: .utf8)
        if geteuid() == 0, let owner = getpwnam("postgres") {
            for path in [directory, file, "\(directory)/users"] {
                chown(path, owner.pointee.pw_uid, owner.pointee.pw_gid)
            }
        }
        try start()
    }

    package func conninfo(database: String) -> String {
        "host=\(directory) port=\(port) user=\(user) dbname=\(database)"
    }

    /// Returns when it takes connections.
    package func start() throws {
        try? FileManager.default.removeItem(atPath: socketPath)
        var words = ["/usr/sbin/pgbouncer", "--quiet", file]
        if geteuid() == 0 {
            words = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + words
        }
        let bouncer = try Self.run(words)
        process.withLock { $0 = bouncer }
        while !answers {
            guard bouncer.isRunning else {
                let said = (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? ""
                throw Cluster.Failure(description: "pgbouncer ended: \(said)")
            }
            usleep(2000)
        }
    }

    /// A command of its console, such as PAUSE.
    package func command(_ sql: String) throws {
        let psql = try Self.run(["/usr/bin/psql", "-Xq", "-d", conninfo(database: "pgbouncer"), "-c", sql])
        psql.waitUntilExit()
        guard psql.terminationStatus == 0 else { throw Cluster.Failure(description: "\(sql) failed") }
    }

    package func kill() {
        process.withLock { process in
            guard let bouncer = process else { return }
            Glibc.kill(bouncer.processIdentifier, SIGKILL)
            bouncer.waitUntilExit()
            process = nil
        }
    }

    package func remove() {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// What sessions left on its connections, all of which are looked at: nothing, unless somebody set, prepared or listened.
    package func leftovers(database: String) async throws -> [String] {
        var options = SessionOptions(conninfo: conninfo(database: database), applicationName: "leftovers")
        options.pooler = .transaction
        let session = Session(options: options)
        try await session.open()
        var found: [Int: String] = [:]
        for _ in 0..<(4 * poolSize) {
            for row in try await session.simpleQuery(Self.leftovers) {
                guard let pid = row[0].flatMap({ Int($0) }) else { continue }
                found[pid] = row[1] ?? ""
            }
        }
        await session.close()
        return found.values.filter { !$0.isEmpty }.sorted()
    }

    private static let leftovers = """
        select pg_backend_pid(), concat_ws(', ',
               (select string_agg(name || ' ' || setting, ', ') from pg_settings
                 where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'plan_cache_mode', 'jit',
                                'client_connection_check_interval', 'role') and setting <> reset_val),
               (select string_agg('prepared ' || name, ', ') from pg_prepared_statements where name <> ''),
               (select string_agg('listens ' || c, ', ') from pg_listening_channels() c),
               (select 'advisory lock' from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() limit 1),
               (select 'temporary objects' where pg_my_temp_schema() <> 0))
        """

    private var file: String { "\(directory)/pgbouncer.ini" }
    private var socketPath: String { "\(directory)/.s.PGSQL.\(port)" }

    private var answers: Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8.prefix(107)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    private static func run(_ words: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ["PATH": "/usr/bin:/bin"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
