extension Program {
    /// The program as it is declared; help, man page and completions come from here.
    static let secondline = Program(
        name: "secondline", version: "0.1.0",
        summary: "Dispatches the work of a support department: each ticket to a free specialist.",
        commands: [
            .run, .migrate, .check, .status, .report, .explain, .messages, .retry, .drop, .channels, .send, .import,
            .demo, .bench,
        ],
        explain: { Explanation.of($0) })
}
