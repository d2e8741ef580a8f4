import CPostgreSQL
import Glibc

/// One libpq connection, used by one thread at a time; nothing here blocks longer than its deadline.
final class Connection {
    /// How long a cancelled call may take to come back before the connection is given up.
    static let grace: Duration = .milliseconds(1500)

    /// Nil once the connection is lost or closed.
    private(set) var handle: OpaquePointer?
    let notices = Notices()
    let callTimeout: Duration
    let pooler: Pooler
    private let readWrite: Bool
    /// What each transaction sets for itself, where a session cannot.
    private var transactionSettings: [ServerSetting] = []
    /// The server's process is the one that answered us.
    var isDirect = true
    /// What has been prepared, by statement type.
    var prepared: [ObjectIdentifier: PreparedStatement] = [:]
    /// The server changed under the prepared statements: forget them before the next transaction.
    var hasStaleStatements = false
    private let interrupt: Interrupt?
    let onWait: (@Sendable () -> Void)?

    /// Takes over the handle, which must be connected.
    init(_ handle: OpaquePointer, options: SessionOptions, interrupt: Interrupt?) {
        self.handle = handle
        self.interrupt = interrupt
        onWait = options.onWait
        callTimeout = options.callTimeout
        pooler = options.pooler
        readWrite = options.readWrite
        PQsetNoticeReceiver(handle, receiveNotice, Unmanaged.passUnretained(notices).toOpaque())
        PQsetnonblocking(handle, 1)
    }

    deinit { close() }

    /// What begins a transaction.
    var opening: [String] { pooler == .transaction ? [Self.begin, openingSettings] : [Self.begin] }

    /// What is decided under locks must see what was committed before they were had.
    static let begin = "begin isolation level read committed"

    private var openingSettings: String {
        "select current_setting('transaction_read_only'), \(sets(transactionSettings, locally: true))"
    }

    /// A server that was a primary and is no longer would be read from for ever by who has nothing to write: each transaction
    /// looks. What the server reports of itself costs nothing, but a pooler repeats what it heard long ago.
    func checkWritable() throws(DatabaseError) {
        guard readWrite, pooler == .off else { return }
        for name in ["in_hot_standby", "default_transaction_read_only"] {
            if PQparameterStatus(handle, name).map({ String(cString: $0) }) == "on" { throw becameReadOnly() }
        }
    }

    func checkWritable(_ steps: [(step: Step, statement: String?)], _ answers: [Answer]) throws(DatabaseError) {
        guard readWrite, pooler == .transaction else { return }
        for (step, answer) in zip(steps, answers) {
            if case .command(openingSettings) = step.step, answer.textRows.first?.first == "on" {
                throw becameReadOnly()
            }
        }
    }

    private func becameReadOnly() -> DatabaseError {
        close()
        return DatabaseError(.connection, "the server has become read-only", sqlState: .readOnlyTransaction)
    }

    /// Holds for all that is done from now on.
    func set(_ settings: [ServerSetting]) throws(DatabaseError) {
        if pooler == .transaction {
            transactionSettings += settings
            return
        }
        var call = Call(deadline: .now + callTimeout, statement: "set")
        _ = try simple("select \(sets(settings, locally: false))", &call)
    }

    func sets(_ settings: [ServerSetting], locally isLocal: Bool) -> String {
        settings.map { "set_config(\(quoteLiteral($0.name)), \(quoteLiteral($0.value)), \(isLocal))" }
            .joined(separator: ", ")
    }

    var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// Says goodbye to the server, without waiting.
    func close() {
        PQfinish(handle)
        handle = nil
    }

    /// Gives the connection up: shut down first, so that PQfinish cannot hang on a silent network.
    func abandon() {
        shutdown(PQsocket(handle), Int32(SHUT_RDWR))
        close()
    }

    func opened() throws(DatabaseError) -> OpaquePointer {
        guard let handle else { throw DatabaseError(.connection, "the session is not open") }
        return handle
    }

    var info: ServerInfo {
        func text(_ value: UnsafeMutablePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        return ServerInfo(
            version: Int(PQserverVersion(handle)), backendPID: PQbackendPID(handle), host: text(PQhost(handle)),
            port: text(PQport(handle)), database: text(PQdb(handle)), user: text(PQuser(handle)), isDirect: isDirect)
    }

    func wait(for events: Int32, until deadline: ContinuousClock.Instant) -> Wake {
        poll(PQsocket(handle), for: events, until: deadline, interrupt: interrupt)
    }

    /// Closes after the server or the network did, and says why.
    func lost(_ call: Call, _ report: DatabaseError? = nil) -> DatabaseError {
        let text = String(cString: PQerrorMessage(handle)).folded
        var error =
            report ?? notices.fatal
            ?? DatabaseError(.connection, text.isEmpty ? "the connection was lost" : text)
        error.kind = .connection
        error.statement = call.statement
        error.outcomeUnknown = call.commits
        abandon()
        return error
    }

    /// Reads what has arrived unasked: notifications, and whether the server is gone.
    func takeInput(_ call: Call) throws(DatabaseError) {
        let handle = try opened()
        var reads = 0
        // A FATAL and the end of the stream may need a read each.
        while reads < 4, poll(PQsocket(handle), for: POLLIN, until: .now, interrupt: nil) == .ready {
            guard PQconsumeInput(handle) == 1 else { throw lost(call) }
            _ = PQisBusy(handle)  // parses
            reads += 1
        }
    }

    /// All notifications that have arrived.
    func takeNotifications() -> [Notification] {
        var taken: [Notification] = []
        while let notify = PQnotifies(handle) {
            taken.append(
                Notification(
                    channel: String(cString: notify.pointee.relname), payload: String(cString: notify.pointee.extra),
                    pid: notify.pointee.be_pid))
            PQfreemem(notify)
        }
        return taken
    }
}

/// One exchange with the server.
struct Call {
    var deadline: ContinuousClock.Instant
    /// For errors.
    var statement: String?
    /// Losing the connection now leaves the outcome unknown.
    var commits = false
    /// Set once the deadline has passed.
    var cancel: CancelRequest?
    var wasCancelled = false
}
