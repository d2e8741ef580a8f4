import Foundation
import Glibc

/// A private PostgreSQL server for tests that stop, kill or lose it; also the fallback when no server is given.
///
/// It lives in a directory under /tmp with its Unix socket, trusts everybody, and does not fsync. Started by root, it runs as the
/// operating-system user `postgres`, because initdb refuses root.
package struct Cluster: Sendable {
    package let directory: String
    package let port: Int
    private let tcp: Bool
    private let settings: [String]

    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// Runs initdb; `settings` are `name=value` for the server. Call `start`.
    package init(tcp: Bool = false, settings: [String] = []) throws {
        try self.init(inPlace: tcp, settings)
        try run(
            "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            "--no-instructions", "--data-checksums")
    }

    /// A streaming standby of a running server. Call `start`.
    package init(standbyOf primary: Cluster, settings: [String] = []) throws {
        try self.init(inPlace: false, settings)
        try run(
            "pg_basebackup", "--dbname=\(primary.conninfo())", "--pgdata=\(data)", "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync")
    }

    private init(inPlace tcp: Bool, _ settings: [String]) throws {
        var template = Array("/tmp/sl-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        port = try freePort()
        self.tcp = tcp
        self.settings = settings
        chmod(directory, 0o755)
        if geteuid() == 0, let user = getpwnam("postgres") {
            chown(directory, user.pointee.pw_uid, user.pointee.pw_gid)
        }
    }

    package func start() throws {
        var options = [
            "unix_socket_directories=\(directory)", "port=\(port)", "listen_addresses=\(tcp ? "127.0.0.1" : "")",
            "fsync=off", "full_page_writes=off", "max_connections=200",
        ]
        options += settings
        let arguments = options.map { "-c \($0)" }.joined(separator: " ")
        try run("pg_ctl", "-D", data, "-w", "-l", "\(directory)/log", "-o", arguments, "start")
    }

    /// Returns when it can be written to.
    package func promote() throws {
        try run("pg_ctl", "-D", data, "-w", "promote")
    }

    /// Makes this stopped server a standby of the one that took its place, which `full_page_writes` is for. Call `start`.
    package func follow(_ primary: Cluster) throws {
        try run(
            "pg_rewind", "--target-pgdata=\(data)", "--source-server=\(primary.conninfo())", "--write-recovery-conf",
            "--no-sync")
    }

    package func stop(immediate: Bool = true) throws {
        try run("pg_ctl", "-D", data, "-w", "-m", immediate ? "immediate" : "fast", "stop")
    }

    /// Sends a signal to the postmaster, or to one of its backends.
    package func signal(_ signal: Int32, backend: Int32? = nil) throws {
        let target = try backend ?? postmasterPID
        guard kill(target, signal) == 0 else { throw Failure(description: "kill \(target): \(errno)") }
    }

    package var postmasterPID: Int32 {
        get throws {
            let file = try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
            guard let line = file.split(separator: "\n").first, let pid = Int32(line) else {
                throw Failure(description: "no pid in postmaster.pid")
            }
            return pid
        }
    }

    package var socketPath: String { "\(directory)/.s.PGSQL.\(port)" }

    /// Over the Unix socket.
    package func conninfo(database: String = "postgres") -> String {
        "host=\(directory) port=\(port) user=postgres dbname=\(database)"
    }

    /// Stops the server if it runs, and deletes everything.
    package func remove() {
        if let pid = try? postmasterPID {
            kill(pid, SIGCONT)
            kill(pid, SIGQUIT)
            var patience = 500
            // The file goes last; a process that nobody reaps would seem alive.
            while FileManager.default.fileExists(atPath: "\(data)/postmaster.pid"), kill(pid, 0) == 0, patience > 0 {
                usleep(10_000)
                patience -= 1
            }
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// One server for the whole test process, started at first use and removed at exit.
    package static let shared: Result<Cluster, any Error> = Result {
        let cluster = try Cluster()
        try cluster.start()
        atexit { if case .success(let cluster) = Cluster.shared { cluster.remove() } }
        return cluster
    }

    private var data: String { "\(directory)/data" }

    private func run(_ program: String, _ arguments: String...) throws {
        var command = ["\(try binaryDirectory())/\(program)"] + arguments
        if geteuid() == 0 {
            command = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
        }
        // posix_spawn, because Foundation's Process waits for a descriptor that the server inherits. Output goes to a file for
        // the same reason.
        let output = "\(directory)/output"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The server would keep what it inherits open, such as the pipe of another test, which then never ends.
        for descriptor in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        var status = posix_spawn(&child, command[0], &actions, nil, &words, environ)
        if status == 0 {
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }
        guard status == 0 else {
            let said = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            throw Failure(description: "\(program) failed: \(said)")
        }
    }
}

/// The newest installed server.
private func binaryDirectory() throws -> String {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    if let newest = versions.compactMap({ Int($0) }).max() { return "\(root)/\(newest)/bin" }
    for directory in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
        if FileManager.default.isExecutableFile(atPath: "\(directory)/initdb") { return String(directory) }
    }
    throw Cluster.Failure(description: "no PostgreSQL server is installed: initdb not found")
}

/// A TCP port that nobody listens on at the moment.
package func freePort() throws -> Int {
    let (descriptor, port) = try listenOnLoopback()
    close(descriptor)
    return port
}

func listenOnLoopback() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard bound else { throw Cluster.Failure(description: "no loopback port: \(errno)") }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}

extension Cluster {
    /// All processes that the postmaster started.
    package func backendPIDs() throws -> [Int32] {
        let children = try String(
            contentsOfFile: "/proc/\(try postmasterPID)/task/\(try postmasterPID)/children", encoding: .utf8)
        return children.split(separator: " ").compactMap { Int32($0) }
    }

    /// The lines of its log, of all its starts.
    package func log() throws -> [Substring] {
        try String(contentsOfFile: "\(directory)/log", encoding: .utf8).split(separator: "\n")
    }
}
