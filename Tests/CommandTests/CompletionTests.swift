import Foundation
import Testing

@testable import secondline

@Suite("Completion")
struct CompletionTests {
    struct Line: Sendable, CustomTestStringConvertible {
        /// As it is typed; the cursor is at its end.
        let typed: String
        let offers: [String]
        var testDescription: String { typed }

        init(_ typed: String, _ offers: [String]) { (self.typed, self.offers) = (typed, offers) }

        private static let program = Program.secondline
        private static let names = program.commands.map(\.name)
        private static let common = program.options.map { "--\($0.long)" }

        static let all: [Line] =
            [
                Line("secondline ", names),
                Line("secondline re", ["report", "retry"]),
                Line("secondline --conninfo host=x sta", ["status"]),
                Line("secondline -d x -c /dev/null sta", ["status"]),
                Line("secondline help sta", ["status"]),
                Line("secondline report --format ", ["text", "csv", "json"]),
                Line("secondline report --format=j", ["json"]),
                Line("secondline report --team report --fo", ["--format"]),
                Line("secondline send --severity ", ["low", "normal", "high", "urgent", "critical"]),
                Line("secondline bench la", ["latency"]),
                Line("secondline bench latency ", []),
                Line("secondline bench -- sn", ["snapshot"]),
                Line("secondline explain ", []),
                Line("secondline report --team ", []),
                Line("secondline import /etc/hostn", ["hostname"]),
                Line("secondline import -q crm /etc/hostn", ["hostname"]),
                Line("secondline --config /etc/hostn", ["hostname"]),
                Line("secondline --config=/etc/hostn", ["hostname"]),
            ]
            + program.commands.map { command in
                Line("secondline \(command.name) --", command.options.map { "--\($0.long)" } + common)
            }
    }

    @Test("bash offers what the declaration has", arguments: Line.all)
    func bash(_ line: Line) async throws {
        // the words as readline makes them
        let words = line.typed.replacing("=", with: " = ").split(separator: " ", omittingEmptySubsequences: true)
        let typed = words.map(String.init) + (line.typed.hasSuffix(" ") ? [""] : [])
        let script = """
            set -u
            source /dev/fd/3 3<<'END'
            \(BashCompletion(program: .secondline).text)
            END
            complete -p secondline
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _secondline
            ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]##*/}"
            """
        let shell = try ShortProcess(
            "/bin/bash", ["--norc", "-s", "--"] + typed, environment: ["PATH": "/usr/bin:/bin"],
            input: Data(script.utf8))
        let end = await shell.end()
        #expect(end.errors == "")
        #expect(end.status == 0)
        var offered = end.output.split(separator: "\n").map(String.init)
        #expect(offered.removeFirst() == "complete -F _secondline secondline")
        #expect(offered.sorted() == line.offers.sorted())
    }

    @Test("zsh, at a terminal, does too", .timeLimit(.minutes(5)))
    func zsh() async throws {
        let lines = Line.all
        let completion = ScratchFile(ZshCompletion(program: .secondline).text)
        let shell = try ShortProcess(
            "/bin/zsh", ["-f", "-s", completion.path] + lines.map(\.typed),
            environment: ["PATH": "/usr/bin:/bin", "TERM": "dumb", "LC_ALL": "C.UTF-8"], input: Data(Self.terminal.utf8)
        )
        let end = await shell.end()
        #expect(end.errors == "")
        let answers = end.output.components(separatedBy: "<END>\n").dropLast()
        try #require(answers.count == lines.count, "\(end.output)")
        for (line, answer) in zip(lines, answers) {
            let offered = answer.split(separator: "\n").map(String.init)
            // it shows the short names too, and all options where there is nothing else
            let isOption = line.offers.first?.hasPrefix("--") == true
            let expected = offered.filter { isOption ? $0.hasPrefix("--") : !$0.hasPrefix("-") }
            #expect(Set(expected) == Set(line.offers), "\(line.typed)")
        }
    }

    @Test("both are understood by their shells, also where texts have quotes, brackets and colons")
    func hostile() async throws {
        let program = Program(
            name: "secondline", version: "1", summary: "x",
            commands: [
                Command(
                    name: "odd", summary: "It's [a] \"b\": $(c) `d` \\",
                    options: [
                        Option(long: "x", short: "x", value: "A:B", summary: "It's [a]: $(c) `d` \\]", repeatable: true)
                    ],
                    operands: [Operand(name: "A:[B]", summary: "x", arity: .any)], run: { _ in .ok })
            ])
        for (shell, text) in [
            ("/bin/bash", BashCompletion(program: program).text), ("/bin/zsh", ZshCompletion(program: program).text),
        ] {
            let end = await (try ShortProcess(shell, ["-n"], input: Data(text.utf8))).end()
            #expect(end.status == 0 && end.errors == "", "\(end.errors)")
        }
    }

    /// Types each line into a zsh of its own terminal, which prints what it would offer instead of showing it.
    private static let terminal = """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1= PS2= RPS1=; stty -echo; unsetopt zle_bracketed_paste prompt_sp
        autoload -Uz compinit && compinit -u -D
        source $1
        compdef _secondline secondline
        compadd() {
            if [[ \\${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd \\"\\$@\\"; return; fi
            local -a hits; builtin compadd -A hits \\"\\$@\\"
            (( \\$#hits == 0 )) || print -rl -- '' '<'\\${^hits}'>'
        }
        zle -C capture complete-word _main_complete
        capture-all() { zle capture; print -r -- ''; print -r -- '<END>'; zle kill-buffer; }
        zle -N capture-all
        bindkey '^X^X' capture-all
        print '<REA''DY>'"
        until_line() {
            while zpty -r shell line; do
                line=${line%%$'\\r'*}
                [[ $line != $1 ]] || return
                [[ $line != '<'*'>' ]] || print -r -- ${${line#<}%>}
            done
        }
        until_line '<READY>'
        shift
        for typed; do
            zpty -n -w shell "$typed"$'\\x18\\x18'
            until_line '<END>'
            print -r -- '<END>'
        done
        zpty -d shell

        """
}
