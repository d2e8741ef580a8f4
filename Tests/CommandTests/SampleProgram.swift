import Synchronization
import Testing

@testable import secondline

/// A program with one command of every shape, and what it did when it was run.
final class SampleProgram: Sendable {
    struct Run {
        let status: secondline.ExitStatus
        let output: String
        let errors: String
        /// What the command saw; nil when it was not reached.
        let call: Invocation?
    }

    private struct Surprise: Error {}

    private let seen = Mutex<Invocation?>(nil)

    func run(_ arguments: [String], environment: [String: String] = [:]) async -> Run {
        let (output, errors) = (ScratchFile(), ScratchFile())
        let status = await program.run(
            arguments: arguments, environment: environment,
            output: Terminal(descriptor: output.descriptor, environment: environment),
            errors: Terminal(descriptor: errors.descriptor, environment: environment))
        return Run(status: status, output: output.text, errors: errors.text, call: seen.withLock { $0 })
    }

    var program: Program {
        let note: @Sendable (Invocation) async throws -> secondline.ExitStatus = { call in
            self.seen.withLock { $0 = call }
            return .ok
        }
        return Program(
            name: "secondline", version: "1.2", summary: "Gives tickets to people",
            commands: [
                Command(
                    name: "status", summary: "Queues and people now",
                    options: [
                        Option(long: "watch", short: "w", summary: "Show it again and again"),
                        Option(long: "all", short: "a", summary: "Show the idle ones too"),
                        Option(long: "queue", short: "q", value: "NAME", summary: "Only this one", repeatable: true),
                        Option(long: "every", value: "DURATION", summary: "How often"),
                        Option(long: "format", value: "KIND", choices: ["text", "json"], summary: "How to show it"),
                    ], run: note),
                Command(
                    name: "import", summary: "Import tickets",
                    operands: [
                        Operand(name: "FILE", summary: "CSV"),
                        Operand(name: "REJECTS", summary: "CSV", arity: .optional),
                    ], run: note),
                Command(
                    name: "bench", summary: "Measure",
                    operands: [Operand(name: "WHAT", summary: "What", choices: ["assign", "latency"])], run: note),
                Command(
                    name: "explain", summary: "Explain",
                    operands: [Operand(name: "TICKET", summary: "Number", arity: .many)], run: note),
                Command(name: "surprise", summary: "Fail", run: { _ in throw Surprise() }),
                Command(
                    name: "refuse", summary: "Fail",
                    run: { _ in throw CommandFailure(.noUser, "no person 7\u{1B}[2J", advice: "Add one.") }),
            ])
    }
}
