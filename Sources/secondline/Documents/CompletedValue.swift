/// What a shell offers in place of a placeholder.
enum CompletedValue {
    case words([String])
    /// The placeholder `FILE`.
    case file
    /// A name or number that only people know.
    case unknown

    init(of option: Option) {
        self = option.choices.isEmpty ? (option.value == "FILE" ? .file : .unknown) : .words(option.choices)
    }

    /// The operand `COMMAND` is one of the program's.
    init(of operand: Operand, in program: Program) {
        self =
            switch operand.name {
            case _ where !operand.choices.isEmpty: .words(operand.choices)
            case "COMMAND": .words(program.commands.map(\.name))
            case "FILE": .file
            case _: .unknown
            }
    }
}
