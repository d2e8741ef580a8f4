/// The completion of bash: tables made from the declaration, and the walk through the words that uses them.
struct BashCompletion {
    let program: Program

    var text: String {
        """
        # Completion of \(program.name) for bash, made by "\(program.name) generate bash".

        # What a command ("" before it is named) takes: the words of its options.
        _\(program.name)_options() {
            options='\(words(of: program.options))'
            case $1 in
        \(program.commands.filter { !$0.options.isEmpty }.map(optionLine).joined(separator: "\n"))
            esac
        }

        # What follows option $2 of command $1: words, "/" for a file, "?" for what only people know; empty for a flag.
        _\(program.name)_value() {
            value=''
            case "$1 $2" in
        \(valueLines.joined(separator: "\n"))
            esac
        }

        # The same for the operand number $2 of command $1; empty when there is none.
        _\(program.name)_operand() {
            value=''
            case "$1 $2" in
        \(program.commands.flatMap(operandLines).joined(separator: "\n"))
            esac
        }

        _\(program.name)() {
            local current=${COMP_WORDS[COMP_CWORD]} command='' value='' options='' joined='' ended='' operands=0
            local word letter i k
            COMPREPLY=()
            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                # bash makes three words of --option=value
                if [[ $word == [=:]* ]]; then
                    joined=yes
                elif [[ -n $joined || -n $value ]]; then
                    joined='' value=''
                elif [[ -z $ended && $word == -- ]]; then
                    ended=yes
                elif [[ -z $ended && $word == --* ]]; then
                    _\(program.name)_value "$command" "$word"
                elif [[ -z $ended && $word == -?* ]]; then
                    for ((k = 1; k < ${#word}; k++)); do
                        letter=${word:k:1}
                        _\(program.name)_value "$command" "-$letter"
                        [[ -z $value ]] || break
                    done
                    # the value is in this word already
                    if ((k < ${#word} - 1)); then value=''; fi
                elif [[ -z $command ]]; then
                    command=$word
                else
                    operands=$((operands + 1))
                fi
            done
            if [[ $current == '=' && -n $value ]]; then current=''; fi
            if [[ -z $value ]]; then
                if [[ -n $joined || $current == [=:]* ]]; then return; fi
                if [[ -z $ended && $current == -* ]]; then
                    _\(program.name)_options "$command"
                    value=$options
                elif [[ -z $command ]]; then
                    value='\(program.commands.map(\.name).joined(separator: " "))'
                else
                    _\(program.name)_operand "$command" "$((operands + 1))"
                fi
            fi
            case $value in
                '' | '?') ;;
                /)
                    # fails outside of a completion
                    compopt -o filenames 2>/dev/null || true
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    ;;
                *) mapfile -t COMPREPLY < <(compgen -W "$value" -- "$current") ;;
            esac
        }

        complete -F _\(program.name) \(program.name)

        """
    }

    private func words(of options: [Option]) -> String { options.map { "--\($0.long)" }.joined(separator: " ") }

    private func optionLine(_ command: Command) -> String {
        "        \(command.name)) options=\"\(words(of: command.options)) $options\" ;;"
    }

    private var valueLines: [String] {
        program.options.compactMap { valueLine($0, "*'") }
            + program.commands.flatMap { command in command.options.compactMap { valueLine($0, "'\(command.name)") } }
    }

    private func valueLine(_ option: Option, _ command: String) -> String? {
        if option.isFlag { return nil }
        let names = (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.long)"]
        let patterns = names.map { "\(command) \($0)'" }.joined(separator: " | ")
        return "        \(patterns)) value='\(code(CompletedValue(of: option)))' ;;"
    }

    private func operandLines(_ command: Command) -> [String] {
        command.operands.enumerated().map { index, operand in
            let pattern = operand.takesMany ? "'\(command.name) '*" : "'\(command.name) \(index + 1)'"
            return "        \(pattern)) value='\(code(CompletedValue(of: operand, in: program)))' ;;"
        }
    }

    private func code(_ value: CompletedValue) -> String {
        switch value {
        case .words(let words): words.joined(separator: " ")
        case .file: "/"
        case .unknown: "?"
        }
    }
}
