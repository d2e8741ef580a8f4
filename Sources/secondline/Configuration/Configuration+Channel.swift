import Daemon
import Store

extension Configuration {
    /// One way for messages to leave the house.
    struct Channel: Sendable, Equatable {
        let name: String
        /// The words of the command line: the absolute path of the program, then its arguments.
        var program: [String] = []
        var format = MessageFormat.json
        var timeout: Duration = .seconds(30)
        /// By one daemon.
        var concurrency = 4
        /// By all daemons together; nil is no limit.
        var rate: Rate?
        var retryAfter: Duration = .seconds(5)
        var retryAtMost: Duration = .seconds(15 * 60)
        /// The sender of mails; empty is `secondline@` and the name of the host.
        var from = ""
        /// The whole environment of the program; may hold secrets.
        var environment: [String: String] = [:]

        /// As environment variables write the name: `a-b` and `a_b` are both `A_B`.
        var variableName: String { String(name.uppercased().map { $0 == "-" ? "_" : $0 }) }
    }
}

extension Rate {
    /// As it is written in the configuration.
    var configurationText: String { "\(count)/\(per.configurationText)" }
}
