/// One call of a command: what was given, and where its text goes.
struct Invocation: Sendable {
    let command: Command
    let operands: [String]
    let environment: [String: String]
    let output: Terminal
    let errors: Terminal
    let given: [String: [String]]

    /// Whether the option or flag was given.
    func has(_ long: String) -> Bool { given[long] != nil }

    func value(_ long: String) -> String? { given[long]?.last }

    /// All values of a repeatable option, in order.
    func values(_ long: String) -> [String] { given[long] ?? [] }

    /// The operand at `index`, if it was given.
    func operand(_ index: Int) -> String? { operands.indices.contains(index) ? operands[index] : nil }

    func integer(_ long: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(long) else { return nil }
        return try parsed(long, ConfigurationKind.integer(text, in: range))
    }

    func duration(_ long: String, in range: ClosedRange<Duration>) throws(CommandFailure) -> Duration? {
        guard let text = value(long) else { return nil }
        return try parsed(long, ConfigurationKind.duration(text, in: range))
    }

    /// The configuration file, the environment and `--conninfo`, read anew at each call.
    func configuration() throws(CommandFailure) -> Configuration {
        try Configuration.load(file: value("config"), environment: environment, conninfo: value("conninfo"))
    }

    private func parsed<Value>(_ long: String, _ result: Result<Value, ConfigurationFault>)
        throws(CommandFailure) -> Value
    {
        switch result {
        case .success(let value): return value
        case .failure(let fault): throw CommandFailure(.usage, "--\(long): \(fault.message)")
        }
    }
}
