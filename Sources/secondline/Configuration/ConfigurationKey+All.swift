extension ConfigurationKey {
    private static let channel = ConfigurationSection.anyChannel

    /// Every key there is, in the order of the example file; keys of a section stand together. Every channel has its own
    /// values of those of `channel.NAME`.
    static let all: [ConfigurationKey] = [
        .conninfo(
            "database", "conninfo", \Configuration.database.conninfo,
            "libpq connection string or URI; what it leaves out comes from PGHOST, .pgpass and so on"),
        .file(
            "database", "password_file", \Configuration.database.passwordFile,
            "the password is the first line of this file, or of this credential of systemd"),
        .duration(
            "database", "connect_timeout", \Configuration.database.connectTimeout, in: .seconds(1) ... .seconds(300),
            "how long to wait for a server to answer"),
        .duration(
            "database", "statement_timeout", \Configuration.database.statementTimeout,
            in: .seconds(1) ... .seconds(3600),
            "the longest that one statement may take"),
        .duration(
            "database", "lock_timeout", \Configuration.database.lockTimeout, in: .milliseconds(10) ... .seconds(300),
            "the longest that a statement waits for a row locked by others"),
        .choice(
            "database", "pooler", \Configuration.database.pooler,
            "the pool_mode of a pooler such as PgBouncer that stands before the server; with transaction the daemon polls"
        ),
        .duration(
            "daemon", "poll_interval", \Configuration.daemon.pollInterval, in: .milliseconds(100) ... .seconds(3600),
            "how often a duty looks at its tables when nothing woke it"),
        .integer(
            "daemon", "batch_size", \Configuration.daemon.batchSize, in: 1...10_000,
            "the most tickets in one transaction"),
        .duration(
            "daemon", "audit_interval", \Configuration.daemon.auditInterval, in: .seconds(1) ... .seconds(3600),
            "how often the audit looks for tickets that wait while somebody is free"),
        .duration(
            "daemon", "health_interval", \Configuration.daemon.healthInterval, in: .seconds(1) ... .seconds(3600),
            "how often the daemon looks at the health of database and department"),
        .boolean(
            "daemon", "listen", \Configuration.daemon.listen,
            "wake on LISTEN; off only polls"),
        .choice("log", "level", \Configuration.log.level, "the least severe events that are logged"),
        .choice("log", "format", \Configuration.log.format, "key=value or one JSON object a line"),
        .duration(
            "delivery", "lease", \Configuration.delivery.lease, in: .seconds(1) ... .seconds(3600),
            "how long a message stays with a daemon that does not report, before another one takes it over"),
        .duration(
            "delivery", "retention", \Configuration.delivery.retention, in: .seconds(3600) ... .seconds(3650 * 86_400),
            "how long delivered and dropped messages are kept"),
        .period(
            "tickets", "retention", \Configuration.tickets.retention,
            in: .seconds(400 * 86_400) ... .seconds(36_500 * 86_400),
            "how long closed tickets are kept, with their journal and decisions; empty is for ever"),
        .path(
            "metrics", "file", \Configuration.metrics.file,
            "where the metrics are written for node_exporter, in its directory, ending in .prom; empty is nowhere"),
        .duration(
            "metrics", "interval", \Configuration.metrics.interval, in: .seconds(1) ... .seconds(3600),
            "how often they are written"),
        .program(
            channel, "program", \Configuration.Channel.program,
            "the command line of the program that takes the messages; there is no shell",
            example: "/usr/sbin/sendmail -oi -t"),
        .choice(
            channel, "format", \Configuration.Channel.format,
            "what the program is given: a mail, or a JSON object", example: "mail"),
        .duration(
            channel, "timeout", \Configuration.Channel.timeout,
            in: .milliseconds(100) ... .seconds(3600),
            "the longest that one delivery may take; then the program is killed"),
        .integer(
            channel, "concurrency", \Configuration.Channel.concurrency, in: 1...100,
            "how many deliveries at once, per daemon"),
        .rate(
            channel, "rate", \Configuration.Channel.rate,
            "the most deliveries in a time, all daemons together; empty is no limit"),
        .duration(
            channel, "retry_after", \Configuration.Channel.retryAfter,
            in: .milliseconds(100) ... .seconds(3600),
            "the first pause after a failure; it doubles with each"),
        .duration(
            channel, "retry_at_most", \Configuration.Channel.retryAtMost,
            in: .seconds(1) ... .seconds(7 * 86_400), "the longest pause, not below retry_after"),
        .address(
            channel, "from", \Configuration.Channel.from,
            "the sender of mails; empty is secondline@ and the name of the host"),
        .environment(
            channel, "environment", \Configuration.Channel.environment,
            "the whole environment of the program"),
    ]

    static let sections: [String] = all.map(\.section).reduce(into: []) { sections, section in
        if sections.last != section { sections.append(section) }
    }
}
