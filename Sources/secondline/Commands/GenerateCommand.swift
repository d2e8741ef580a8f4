extension Command {
    static let generate = Command(
        name: "generate", summary: "Print the man pages, the completions of a shell, or an example configuration",
        discussion: """
            All of them say what this version declares; the package brings them where they belong. Without it: "man1" is \
            secondline(1), "man5" secondline.conf(5); "bash" belongs into /etc/bash_completion.d, "zsh" as _secondline into a \
            directory of $fpath; "conf" has every key with its default.
            """,
        operands: [
            Operand(name: "WHAT", summary: "What to print", choices: ["man1", "man5", "bash", "zsh", "conf"])
        ],
        run: { call in GenerateCommand(call: call).run() })
}

struct GenerateCommand {
    let call: Invocation

    func run() -> ExitStatus {
        let program = Program.secondline
        switch call.operand(0) {
        case "man1": call.output.write(ManualPage(program: program).text)
        case "man5": call.output.write(ConfigurationManual(version: program.version).text)
        case "bash": call.output.write(BashCompletion(program: program).text)
        case "zsh": call.output.write(ZshCompletion(program: program).text)
        default: call.output.write(ConfigurationExample.file)
        }
        return .ok
    }
}
