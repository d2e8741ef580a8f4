/// The whole command line as it is declared: what parses it and what the help is made from.
struct Program: Sendable {
    let name: String
    let version: String
    let summary: String
    var discussion: String?
    /// Accepted before and after every command.
    let options: [Option]
    let commands: [Command]
    /// Turns an error of another layer into a message; nil means that nobody foresaw it.
    let explain: @Sendable (any Error) -> CommandFailure?

    static let help = Option(long: "help", short: "h", summary: "Show this help and do nothing else")
    static let version = Option(long: "version", summary: "Show the version and do nothing else")
    static let config = Option(
        long: "config", short: "c", value: "FILE",
        summary: "Configuration file (default: $SECONDLINE_CONFIG or \(ConfigurationFile.defaultPath))")
    static let conninfo = Option(
        long: "conninfo", short: "d", value: "CONNINFO",
        summary: "libpq connection string; overrides the configuration")

    init(
        name: String, version: String, summary: String, discussion: String? = nil,
        options: [Option] = [Program.config, Program.conninfo],
        commands: [Command], explain: @escaping @Sendable (any Error) -> CommandFailure? = { _ in nil }
    ) {
        self.name = name
        self.version = version
        self.summary = summary
        self.discussion = discussion
        self.options = options + [Program.help, Program.version]
        self.commands = commands + [Program.helpCommand, Program.versionCommand]
        self.explain = explain
    }

    /// Does what the arguments (without the program's own name) say and returns the status to exit with.
    func run(
        arguments: [String], environment: [String: String] = ProcessEnvironment.variables,
        output: Terminal = .standardOutput, errors: Terminal = .standardError
    ) async -> ExitStatus {
        let status = await perform(arguments, environment: environment, output: output, errors: errors)
        guard status == .ok, let lost = output.lost else { return status }
        return report(CommandFailure(.ioError, "cannot write the output: \(lost)"), to: errors)
    }

    private func perform(
        _ arguments: [String], environment: [String: String], output: Terminal, errors: Terminal
    ) async -> ExitStatus {
        do {
            switch try ArgumentParser(program: self).parse(arguments) {
            case .help(let command):
                output.write(command.map(help(on:)) ?? overview)
            case .version:
                output.write("\(name) \(version)\n")
            case .nothing:
                errors.write(overview)
                return .usage
            case .command(let command, let given, let operands):
                return try await command.run(
                    Invocation(
                        command: command, operands: operands, environment: environment, output: output,
                        errors: errors, given: given))
            }
            return .ok
        } catch let failure as CommandFailure {
            return report(failure, to: errors)
        } catch {
            let unforeseen = CommandFailure(
                .software, "unforeseen error: \(error)", advice: "This is a fault of \(name); please report this line.")
            return report(explain(error) ?? unforeseen, to: errors)
        }
    }

    /// Prints `name: message` and the advice, and returns the status.
    func report(_ failure: CommandFailure, to errors: Terminal) -> ExitStatus {
        errors.write(errors.styled("\(name):", .bold) + " \(failure.message.visible(keeping: .newlines))\n")
        if let advice = failure.advice { errors.write("\(advice.visible(keeping: .newlines))\n") }
        return failure.status
    }

    func command(named word: String) throws(CommandFailure) -> Command {
        if let command = commands.first(where: { $0.name == word }) { return command }
        let nearest = Suggestion.nearest(to: word, among: commands.map(\.name))
        throw CommandFailure(
            .usage, "unknown command \"\(word)\"",
            advice: nearest.map { "Did you mean \"\(name) \($0)\"?" } ?? "Run \"\(name) help\" to see the commands.")
    }

    private static let helpCommand = Command(
        name: "help", summary: "Show the commands, or the help of one",
        operands: [Operand(name: "COMMAND", summary: "The command to explain", arity: .optional)],
        run: { _ in .ok })

    private static let versionCommand = Command(name: "version", summary: "Show the version", run: { _ in .ok })
}
