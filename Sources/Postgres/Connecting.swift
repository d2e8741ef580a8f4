import CPostgreSQL
import Glibc

extension Connection {
    /// Connects to the first host that takes us; each has `connectTimeout`. Throws `.connection`, or `.usage` for a conninfo that
    /// cannot be read and for a server that is too old.
    static func connect(_ options: SessionOptions, interrupt: Interrupt? = nil) throws(DatabaseError) -> Connection {
        var settings = try settings(options)
        while true {
            options.onWait?()
            let attempt = try Attempt(settings)
            switch attempt.run(options, interrupt) {
            case .connected:
                let rest = attempt.settingsOfHostsLeft(settings)
                let connection = Connection(attempt.release(), options: options, interrupt: interrupt)
                do throws(DatabaseError) {
                    try connection.setUp(options)
                    return connection
                } catch {
                    guard error.sqlState == .readOnlyTransaction, let rest else { throw error }
                    settings = rest
                }
            case .refused: throw attempt.error
            case .interrupted: throw DatabaseError(.connection, "connecting was cancelled")
            case .silent:
                // libpq's own loop would go on to the next host; PQconnectPoll leaves that to us.
                guard let rest = attempt.settingsOfHostsLeft(settings) else {
                    let host = attempt.place
                    throw DatabaseError(.connection, "\(host) did not answer within the connect timeout")
                }
                settings = rest
            }
        }
    }

    private static func settings(_ options: SessionOptions) throws(DatabaseError) -> [(key: String, value: String)] {
        let conninfo = try Conninfo(parsing: options.conninfo)
        var defaults = [
            ("application_name", options.applicationName), ("keepalives_idle", "15"), ("keepalives_interval", "5"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
        ]
        // a pooler tells libpq what its server was when it first met it: there we look ourselves
        if options.readWrite, options.pooler == .off { defaults.append(("target_session_attrs", "read-write")) }
        // Of a keyword given twice libpq takes the last.
        return defaults + conninfo.settings.filter { $0.key != "client_encoding" } + [("client_encoding", "UTF8")]
    }

    /// Refuses old servers, a pooler that nobody told us of, and a server that cannot be written to; sets what the options say.
    private func setUp(_ options: SessionOptions) throws(DatabaseError) {
        guard info.version >= ServerInfo.oldestVersion else {
            let (major, minor) = (info.version / 10000, info.version % 10000)
            throw DatabaseError(.usage, "the server is PostgreSQL \(major).\(minor); 15 or later is needed")
        }
        let known = PQbackendPID(handle)
        let asked = ["pg_backend_pid() = \(known)", "current_setting('transaction_read_only')"]
        let settings = pooler == .transaction ? [] : [sets(options.settings, locally: false)]
        // in one statement: a connection that others use too is left as it was
        let isOurs = pooler == .off ? " where pg_backend_pid() = \(known)" : ""
        var call = Call(deadline: .now + callTimeout, statement: "set up the session")
        let rows: [[String?]]
        do throws(DatabaseError) {
            rows = try simple("select \((asked + settings).joined(separator: ", "))\(isOurs)", &call)[0].textRows
        } catch {
            // a pooler takes every client, and lets it wait for a connection to the server
            guard pooler != .off, call.wasCancelled else { throw error }
            var failure = DatabaseError(.deadline, "the pooler gave no connection to the server in time")
            failure.hint = "its pool may be full: see default_pool_size, max_db_connections and max_user_connections"
            throw failure
        }
        guard let row = rows.first else {
            throw DatabaseError(
                .usage, "a pooler stands between this program and the server: set pooler in [database] to its pool_mode"
            )
        }
        isDirect = row[0] == "t"
        if options.readWrite, row[1] == "on" {
            throw DatabaseError(.connection, "the server is read-only", sqlState: .readOnlyTransaction)
        }
        guard pooler != .transaction else {
            let role = options.role.map { [ServerSetting("role", $0)] } ?? []
            return try set(options.settings + role)
        }
        do {
            call = Call(deadline: .now + callTimeout, statement: "set client_connection_check_interval")
            _ = try simple("set client_connection_check_interval = 10000", &call)
        } catch  where error.kind == .server {
            // The server's operating system cannot watch its sockets: the other limits hold.
        }
        guard let role = options.role else { return }
        do {
            call = Call(deadline: .now + callTimeout)
            _ = try simple("set role \(quoteIdentifier(role))", &call)
        } catch  where error.kind == .server {
            throw DatabaseError(.usage, "cannot become role \(role): \(error.message.folded)", sqlState: "42501")
        }
    }
}

/// One run through libpq's connection state machine.
private final class Attempt {
    enum Outcome { case connected, refused, silent, interrupted }

    private let handle: OpaquePointer
    private var isReleased = false

    init(_ settings: [(key: String, value: String)]) throws(DatabaseError) {
        var keys: [UnsafePointer<CChar>?] = settings.map { UnsafePointer(strdup($0.key)) }
        var values: [UnsafePointer<CChar>?] = settings.map { UnsafePointer(strdup($0.value)) }
        keys.append(nil)
        values.append(nil)
        defer { for text in keys + values { free(UnsafeMutablePointer(mutating: text)) } }
        guard let handle = PQconnectStartParams(keys, values, 0) else {
            throw DatabaseError(.usage, "no memory for a connection")
        }
        self.handle = handle
        // libpq gives no SQLSTATE for a refused connection, except in the verbose text.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
    }

    deinit { if !isReleased { PQfinish(handle) } }

    /// Hands the handle over.
    func release() -> OpaquePointer {
        isReleased = true
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
    }

    func run(_ options: SessionOptions, _ interrupt: Interrupt?) -> Outcome {
        let seconds = setting("connect_timeout").flatMap { Int($0) } ?? 0
        let timeout: Duration = seconds > 0 ? .seconds(seconds) : options.connectTimeout
        var place = place
        var deadline = ContinuousClock.now + timeout
        var wanted = PGRES_POLLING_WRITING
        while true {
            if self.place != place {  // the next host has a time of its own
                place = self.place
                deadline = .now + timeout
                options.onWait?()
            }
            switch wanted {
            case PGRES_POLLING_OK: return .connected
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING: break
            default: return .refused
            }
            guard PQstatus(handle) != CONNECTION_BAD else { return .refused }
            let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
            switch poll(PQsocket(handle), for: events, until: deadline, interrupt: interrupt) {
            case .ready: wanted = PQconnectPoll(handle)
            case .deadline: return .silent
            case .interrupted: return .interrupted
            }
        }
    }

    /// Host and port being tried.
    var place: String {
        let host = PQhost(handle).map { String(cString: $0) } ?? ""
        let port = PQport(handle).map { String(cString: $0) } ?? ""
        return "\(host) port \(port)"
    }

    /// What libpq uses, with the environment and service files merged in.
    private func setting(_ key: String) -> String? {
        guard let options = PQconninfo(handle) else { return nil }
        defer { PQconninfoFree(options) }
        return readOptions(options).first { $0.key == key }?.value
    }

    /// The settings without the hosts up to the one being tried; nil when that was the last.
    func settingsOfHostsLeft(_ settings: [(key: String, value: String)]) -> [(key: String, value: String)]? {
        func list(_ key: String) -> [Substring] {
            setting(key).map { $0.split(separator: ",", omittingEmptySubsequences: false) } ?? []
        }
        let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let names = hosts.isEmpty ? addresses : hosts
        let index = names.indices.first { index in
            let port = ports.count > 1 ? ports[index] : ports.first ?? ""
            return "\(names[index]) port \(port)" == place
        }
        guard let index, index + 1 < names.count else { return nil }
        var rest = settings.filter { !["host", "hostaddr", "port"].contains($0.key) }
        for (key, values) in [("host", hosts), ("hostaddr", addresses), ("port", ports)] where !values.isEmpty {
            rest.append((key, (values.count > 1 ? values[(index + 1)...] : values[...]).joined(separator: ",")))
        }
        return rest
    }

    /// Why the last host refused.
    var error: DatabaseError {
        let text = String(cString: PQerrorMessage(handle))
        var error = DatabaseError(.connection, "")
        var lines: [String] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("LOCATION:") {
            let (state, rest) = splitState(line)
            error.sqlState = state ?? error.sqlState
            lines.append(rest)
        }
        error.message = lines.joined(separator: " ").folded
        if PQconnectionNeedsPassword(handle) == 1 { error.sqlState = .invalidPassword }
        return error
    }

    /// Takes `28P01` out of `…FATAL:  28P01: password authentication failed`.
    private func splitState(_ line: Substring) -> (SQLState?, String) {
        let parts = Array(line.utf8)
        let isCode: (UInt8) -> Bool = { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) }
        for start in parts.indices.dropLast(7) where start >= 3 {
            guard parts[start - 3] == 0x3A, parts[start - 2] == 0x20, parts[start - 1] == 0x20,
                parts[start..<start + 5].allSatisfy(isCode), parts[start + 5] == 0x3A
            else { continue }
            let code = String(decoding: parts[start..<start + 5], as: UTF8.self)
            let text = parts[..<(start - 1)] + parts[(start + 7)...]
            return (SQLState(code), String(decoding: text, as: UTF8.self))
        }
        return (nil, String(line))
    }
}
