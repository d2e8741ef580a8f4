/// A subcommand as it is declared.
struct Command: Sendable {
    let name: String
    /// One line, without a full stop.
    let summary: String
    /// Paragraphs; they are wrapped, lines that begin with a space are kept.
    var discussion: String?
    var options: [Option] = []
    var operands: [Operand] = []
    let run: @Sendable (Invocation) async throws -> ExitStatus
}
