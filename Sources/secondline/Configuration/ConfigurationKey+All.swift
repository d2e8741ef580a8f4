extension ConfigurationKey {
    /// Every key there is, in the order of the example file; keys of a section stand together.
    static let all: [ConfigurationKey] = [
        .conninfo(
            "database", "conninfo", \.database.conninfo,
            "libpq connection string or URI; what it leaves out comes from PGHOST, .pgpass and so on"),
        .duration(
            "database", "connect_timeout", \.database.connectTimeout, in: .seconds(1) ... .seconds(300),
            "how long to wait for a server to answer"),
        .duration(
            "database", "statement_timeout", \.database.statementTimeout, in: .seconds(1) ... .seconds(3600),
            "the longest that one statement may take"),
        .duration(
            "database", "lock_timeout", \.database.lockTimeout, in: .milliseconds(10) ... .seconds(300),
            "the longest that a statement waits for a row locked by others"),
        .duration(
            "daemon", "poll_interval", \.daemon.pollInterval, in: .milliseconds(100) ... .seconds(3600),
            "how often a duty looks at its tables when nothing woke it"),
        .integer("daemon", "batch_size", \.daemon.batchSize, in: 1...10_000, "the most tickets in one transaction"),
        .duration(
            "daemon", "audit_interval", \.daemon.auditInterval, in: .seconds(1) ... .seconds(3600),
            "how often the audit looks for tickets that wait while somebody is free"),
        .boolean(
            "daemon", "listen", \.daemon.listen,
            "wake on LISTEN; off only polls"),
        .choice("log", "level", \.log.level, "the least severe events that are logged"),
        .choice("log", "format", \.log.format, "key=value or one JSON object a line"),
    ]

    static let sections: [String] = all.map(\.section).reduce(into: []) { sections, section in
        if sections.last != section { sections.append(section) }
    }

    static func names(in section: String) -> [String] { all.filter { $0.section == section }.map(\.name) }
}
