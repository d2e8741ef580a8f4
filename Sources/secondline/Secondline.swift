extension Program {
    /// The program as it is declared; help, man page and completions come from here.
    static let secondline = Program(
        name: "secondline", version: "0.1.0",
        summary: "Dispatches the work of a support department: each ticket to a free specialist.",
        discussion: """
            Tickets are rows of a PostgreSQL table, written by a CRM, a web form or psql. The daemon ("run") gives each to a free \
            specialist by priority, skill and load, and keeps every decision with its reason. To begin: "migrate" a \
            database, grant secondline_daemon to the login of the daemon, "check", "run".
            """,
        commands: [
            .run, .migrate, .check, .status, .report, .explain, .messages, .retry, .drop, .channels, .send, .import,
            .demo, .bench, .generate,
        ],
        explain: { Explanation.of($0) })
}
