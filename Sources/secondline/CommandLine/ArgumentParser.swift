/// Reads arguments as getopt_long does: options and operands mixed, `--opt value`, `--opt=value`, `-o value`, `-ovalue`,
/// combined flags, `--` before operands only, `-` as an operand.
struct ArgumentParser {
    enum Outcome {
        case nothing
        case help(Command?)
        case version
        case command(Command, given: [String: [String]], operands: [String])
    }

    let program: Program
    private var rest: ArraySlice<String> = []
    private var command: Command?
    private var given: [String: [String]] = [:]
    private var operands: [String] = []

    init(program: Program) { self.program = program }

    func parse(_ arguments: [String]) throws(CommandFailure) -> Outcome {
        var parser = self
        return try parser.consume(arguments)
    }

    private mutating func consume(_ arguments: [String]) throws(CommandFailure) -> Outcome {
        rest = arguments[...]
        var optionsEnded = false
        while let word = rest.popFirst() {
            if optionsEnded || word == "-" || !word.hasPrefix("-") {
                try takeOperand(word)
            } else if word == "--" {
                optionsEnded = true
            } else if word.hasPrefix("--") {
                try takeLong(word.dropFirst(2))
            } else {
                try takeShort(word.dropFirst())
            }
            // Help wins over whatever follows it: people append it to a line that does not work.
            if given["help"] != nil { return .help(command) }
            if given["version"] != nil { return .version }
        }
        guard let command else {
            guard given.isEmpty else { throw usage("no command given") }
            return .nothing
        }
        try OperandCount(command: command, operands: operands, advice: advice).check()
        if command.name == "version" { return .version }
        guard command.name == "help" else { return .command(command, given: given, operands: operands) }
        guard let word = operands.first else { return .help(nil) }
        return .help(try program.command(named: word))
    }

    private mutating func takeOperand(_ word: String) throws(CommandFailure) {
        if command == nil {
            command = try program.command(named: word)
        } else {
            operands.append(word)
        }
    }

    private mutating func takeLong(_ word: Substring) throws(CommandFailure) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let option = known.first(where: { $0.long == parts[0] }) else { throw unknown("--\(parts[0])") }
        if option.isFlag, parts.count == 2 { throw usage("--\(option.long) takes no value") }
        try record(option, written: "--\(option.long)", attached: parts.count == 2 ? parts[1] : nil)
    }

    private mutating func takeShort(_ letters: Substring) throws(CommandFailure) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = known.first(where: { $0.short == letter }) else { throw unknown("-\(letter)") }
            if option.isFlag {
                try record(option, written: "-\(letter)", attached: nil)
                continue
            }
            return try record(option, written: "-\(letter)", attached: letters.isEmpty ? nil : String(letters))
        }
    }

    private mutating func record(_ option: Option, written: String, attached: String?) throws(CommandFailure) {
        if given[option.long] != nil, !option.repeatable, !option.isFlag { throw usage("\(written) is given twice") }
        guard let placeholder = option.value else {
            given[option.long, default: []].append("")
            return
        }
        guard let value = attached ?? rest.popFirst() else { throw usage("\(written) needs a value: \(placeholder)") }
        guard option.choices.isEmpty || option.choices.contains(value) else {
            throw usage(
                "\(written) does not take \"\(value)\"", "It takes \(option.choices.joined(separator: ", ")).")
        }
        given[option.long, default: []].append(value)
    }

    private var known: [Option] { (command?.options ?? []) + program.options }

    private func unknown(_ written: String) -> CommandFailure {
        let message = "unknown option \(written)" + (command.map { " of \"\($0.name)\"" } ?? "")
        guard written.hasPrefix("--") else { return usage(message) }
        let word = String(written.dropFirst(2))
        if command == nil, let owner = program.commands.first(where: { $0.options.contains { $0.long == word } }) {
            return usage("\(written) comes after its command: \(program.name) \(owner.name) \(written)")
        }
        let nearest = Suggestion.nearest(to: word, among: known.map(\.long))
        return usage(message, nearest.map { "Did you mean --\($0)?" })
    }

    private func usage(_ message: String, _ hint: String? = nil) -> CommandFailure {
        CommandFailure(.usage, message, advice: hint ?? advice)
    }

    private var advice: String {
        let words = [program.name] + (command.map { [$0.name] } ?? []) + ["--help"]
        return "Run \"\(words.joined(separator: " "))\" to see what it takes."
    }
}
