import Postgres

/// What the operator of one installation decides; the initial values here are the defaults.
struct Configuration: Sendable, Equatable {
    struct Database: Sendable, Equatable {
        var conninfo = ""
        /// A path, or the name of a credential of systemd; empty for none. What it has is in `conninfo` once it is loaded.
        var passwordFile = ""
        var connectTimeout: Duration = .seconds(10)
        var statementTimeout: Duration = .seconds(30)
        var lockTimeout: Duration = .seconds(5)
        var pooler = Pooler.off
    }

    struct Daemon: Sendable, Equatable {
        var pollInterval: Duration = .seconds(5)
        var batchSize = 1000
        var auditInterval: Duration = .seconds(60)
        var healthInterval: Duration = .seconds(60)
        var listen = true
    }

    struct Log: Sendable, Equatable {
        enum Level: String, CaseIterable, Sendable {
            case debug, info, warning, error
        }

        enum Format: String, CaseIterable, Sendable {
            case text, json
        }

        var level = Level.info
        var format = Format.text
    }

    struct Delivery: Sendable, Equatable {
        var lease: Duration = .seconds(30)
        var retention: Duration = .seconds(30 * 86_400)
    }

    struct Tickets: Sendable, Equatable {
        /// Nil is for ever.
        var retention: Duration?
    }

    struct Metrics: Sendable, Equatable {
        /// Empty: none are written.
        var file = ""
        var interval: Duration = .seconds(30)
    }

    var database = Database()
    var daemon = Daemon()
    var log = Log()
    var delivery = Delivery()
    var tickets = Tickets()
    var metrics = Metrics()
    /// By name.
    var channels: [Channel] = []
    /// The file that was read, if there is one.
    var file: String?
    /// What deserves a line in the log although it is no mistake.
    var warnings: [String] = []
}
