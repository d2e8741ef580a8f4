/// The completion of zsh: specifications of `_arguments`, made from the declaration.
struct ZshCompletion {
    let program: Program

    var text: String {
        """
        #compdef \(program.name)
        # Completion of \(program.name) for zsh, made by "\(program.name) generate zsh".

        _\(program.name)() {
            local curcontext=$curcontext state line
            local -A opt_args
            local -a commands=(
        \(commandList)
            )
            local -a common=(
        \(lines(program.options.flatMap(specifications), indent: 8))
            )
            _arguments -C -s -S : $common '(-): :->command' '(-)*:: :->rest' && return
            case $state in
                command) _describe -t commands command commands ;;
                rest)
                    curcontext=${curcontext%:*:*}:\(program.name)-$words[1]:
                    case $words[1] in
        \(program.commands.map(branch).joined(separator: "\n"))
                        *) _message 'unknown command' ;;
                    esac
                    ;;
            esac
        }

        _\(program.name) "$@"

        """
    }

    private var commandList: String {
        lines(program.commands.map { quoted("\(colons($0.name)):\(colons($0.summary))") }, indent: 8)
    }

    private func branch(_ command: Command) -> String {
        let own = command.options.flatMap(specifications) + command.operands.enumerated().map(specification)
        let call = (["_arguments -s -S : $common"] + own).joined(separator: " \\\n" + String(repeating: " ", count: 24))
        return """
                            \(command.name))
                                \(call)
                                ;;
            """
    }

    /// One for each way to write it; they exclude each other unless the option may be repeated.
    private func specifications(_ option: Option) -> [String] {
        let names = (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.long)"]
        let summary = "[\(bracketed(option.summary))]"
        let value = option.value.map { ":\(colons($0)):\(action(CompletedValue(of: option)))" } ?? ""
        return names.map { name in
            let exclusion = option.repeatable ? "*" : names.count > 1 ? "(\(names.joined(separator: " ")))" : ""
            let attached = option.isFlag ? "" : name.hasPrefix("--") ? "=" : "+"
            return quoted(exclusion + name + attached + summary + value)
        }
    }

    private func specification(_ index: Int, _ operand: Operand) -> String {
        let place = operand.takesMany ? "*" : "\(index + 1)"
        let separator = operand.isNeeded || operand.takesMany ? ":" : "::"
        return quoted("\(place)\(separator)\(colons(operand.name)):\(action(CompletedValue(of: operand, in: program)))")
    }

    private func action(_ value: CompletedValue) -> String {
        switch value {
        case .words(let words): "(\(words.joined(separator: " ")))"
        case .file: "_files"
        case .unknown: " "
        }
    }

    private func lines(_ lines: [String], indent: Int) -> String {
        lines.map { String(repeating: " ", count: indent) + $0 }.joined(separator: "\n")
    }

    private func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }

    private func colons(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing(":", with: "\\:") }

    private func bracketed(_ text: String) -> String {
        colons(text).replacing("[", with: "\\[").replacing("]", with: "\\]")
    }
}
