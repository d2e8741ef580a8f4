/// How a session connects, and the limits that it sets for itself; behind a transaction pooler each transaction does.
package struct SessionOptions: Sendable {
    /// A libpq conninfo string or URI; the environment and service files apply as everywhere.
    package var conninfo: String
    package var applicationName: String
    /// For each host of the conninfo, unless that sets `connect_timeout`. Names are resolved by libc, within its own limits.
    package var connectTimeout: Duration
    /// Within this time (and a grace of 1.5 s for cancelling) every call returns, whatever the server does.
    package var callTimeout: Duration
    package var statementTimeout: Duration
    package var lockTimeout: Duration
    /// A client that vanished in a transaction, or stands still in one, keeps what it has locked for so long.
    package var idleInTransactionTimeout: Duration
    /// Adds `target_session_attrs=read-write` when the conninfo does not say.
    package var readWrite: Bool
    /// `SET ROLE` after connecting.
    package var role: String?
    package var pooler: Pooler
    /// Called before each wait for a server, which lasts for `longestWait` at most: whoever is not heard for longer hangs.
    package var onWait: (@Sendable () -> Void)?

    package init(
        conninfo: String,
        applicationName: String,
        connectTimeout: Duration = .seconds(10),
        callTimeout: Duration = .seconds(35),
        statementTimeout: Duration = .seconds(30),
        lockTimeout: Duration = .seconds(5),
        idleInTransactionTimeout: Duration = .seconds(10),
        readWrite: Bool = true,
        role: String? = nil,
        pooler: Pooler = .off
    ) {
        self.conninfo = conninfo
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.callTimeout = callTimeout
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.readWrite = readWrite
        self.role = role
        self.pooler = pooler
    }
}

/// A setting of the server's, by name.
package typealias ServerSetting = (name: String, value: String)

extension SessionOptions {
    /// Limits, because a role's settings are not inherited by its members; and what else a login's own settings would change.
    var settings: [ServerSetting] {
        [
            ("default_transaction_isolation", "read committed"), ("row_security", "on"),
            ("standard_conforming_strings", "on"),
            ("statement_timeout", "\(statementTimeout.wholeMilliseconds)"),
            ("lock_timeout", "\(lockTimeout.wholeMilliseconds)"),
            ("idle_in_transaction_session_timeout", "\(idleInTransactionTimeout.wholeMilliseconds)"),
        ]
    }

    /// One host's time to connect, or one call's with its grace, whichever is longer; without libc's time for names.
    package var longestWait: Duration {
        let own = (try? Conninfo(parsing: conninfo))?["connect_timeout"].flatMap { Int($0) } ?? 0
        return max(.seconds(own), connectTimeout, callTimeout + Connection.grace)
    }
}
