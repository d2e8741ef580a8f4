import Foundation
import Glibc
import Testing

@testable import secondline

@Suite("The command line")
struct ProgramTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }

        static let all: [Mistake] = [
            Mistake(arguments: ["staus"], says: "Did you mean \"secondline status\"?"),
            Mistake(arguments: ["zzz"], says: "unknown command \"zzz\"\nRun \"secondline help\""),
            Mistake(arguments: ["help", "staus"], says: "Did you mean \"secondline status\"?"),
            Mistake(
                arguments: ["status", "--wach"], says: "unknown option --wach of \"status\"\nDid you mean --watch?"),
            Mistake(arguments: ["status", "--confg=x"], says: "Did you mean --config?"),
            Mistake(arguments: ["status", "-wx"], says: "unknown option -x"),
            Mistake(arguments: ["--watch", "status"], says: "secondline status --watch"),
            Mistake(arguments: ["--config"], says: "--config needs a value: FILE"),
            Mistake(arguments: ["status", "-q"], says: "-q needs a value: NAME"),
            Mistake(arguments: ["status", "--watch=yes"], says: "--watch takes no value"),
            Mistake(arguments: ["status", "--every", "1s", "--every", "2s"], says: "--every is given twice"),
            Mistake(arguments: ["status", "--format", "xml"], says: "It takes text, json."),
            Mistake(arguments: ["status", "extra"], says: "does not take \"extra\""),
            Mistake(arguments: ["import"], says: "\"import\" needs FILE"),
            Mistake(arguments: ["import", "a", "b", "c"], says: "does not take \"c\""),
            Mistake(arguments: ["explain"], says: "needs TICKET"),
            Mistake(arguments: ["bench", "asign"], says: "Did you mean \"assign\"?"),
            Mistake(arguments: ["-c", "x"], says: "no command given"),
        ]
    }

    @Test("output that cannot be written is told, with status 74; a reader who went away is not")
    func lostOutput() async throws {
        let full = open("/dev/full", O_WRONLY)
        let errors = ScratchFile()
        let terminal = Terminal(descriptor: errors.descriptor, environment: [:])
        let status = await Program.secondline.run(
            arguments: ["generate", "conf"], environment: [:], output: Terminal(descriptor: full, environment: [:]),
            errors: terminal)
        close(full)
        #expect(status == .ioError)
        #expect(errors.text == "secondline: cannot write the output: No space left on device\n")
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        close(ends[0])
        let ignored = await Program.secondline.run(
            arguments: ["generate", "conf"], environment: [:], output: Terminal(descriptor: ends[1], environment: [:]),
            errors: terminal)
        close(ends[1])
        #expect(ignored == .ok)
    }

    @Test("a mistake is explained on standard error, with status 64", arguments: Mistake.all)
    func mistake(_ mistake: Mistake) async {
        let outcome = await SampleProgram().run(mistake.arguments)
        #expect(outcome.status == .usage)
        #expect(outcome.errors.hasPrefix("secondline: "))
        #expect(outcome.errors.contains(mistake.says))
        #expect(outcome.output.isEmpty)
        #expect(outcome.call == nil)
    }

    @Test(
        "a value is taken with a space, an equals sign, or glued to the letter",
        arguments: [["--queue", "crm"], ["--queue=crm"], ["-q", "crm"], ["-qcrm"], ["-wqcrm"], ["-wq", "crm"]])
    func values(_ options: [String]) async {
        let outcome = await SampleProgram().run(["status"] + options)
        #expect(outcome.status == .ok)
        #expect(outcome.call?.value("queue") == "crm")
        #expect(outcome.call?.has("watch") == options[0].hasPrefix("-w"))
    }

    @Test("a value may be empty, begin with a dash, or contain an equals sign")
    func strangeValues() async {
        let outcome = await SampleProgram().run(["status", "--queue=", "-q", "--all", "--queue=a=b"])
        #expect(outcome.call?.values("queue") == ["", "--all", "a=b"])
        #expect(outcome.call?.has("all") == false)
    }

    @Test("flags are combined behind one dash")
    func combinedFlags() async {
        let outcome = await SampleProgram().run(["status", "-aw"])
        #expect(outcome.call?.has("all") == true)
        #expect(outcome.call?.has("watch") == true)
        #expect(outcome.call?.has("queue") == false)
    }

    @Test(
        "options of every command stand before or after it",
        arguments: [["-d", "host=x", "status", "-w"], ["status", "-w", "--conninfo", "host=x"]])
    func globalOptions(_ arguments: [String]) async {
        let outcome = await SampleProgram().run(arguments)
        #expect(outcome.call?.value("conninfo") == "host=x")
        #expect(outcome.call?.has("watch") == true)
    }

    @Test("a dash is an operand, and so is everything behind two dashes")
    func operands() async {
        #expect(await SampleProgram().run(["import", "-"]).call?.operands == ["-"])
        #expect(await SampleProgram().run(["import", "--", "--help"]).call?.operands == ["--help"])
        #expect(await SampleProgram().run(["import", "--", "-", "--"]).call?.operands == ["-", "--"])
        #expect(await SampleProgram().run(["explain", "1", "2", "3"]).call?.operands == ["1", "2", "3"])
        #expect(await SampleProgram().run(["import", "a"]).call?.operand(1) == nil)
    }

    @Test(
        "help goes to standard output with status 0, whatever else is on the line",
        arguments: [
            ["help"], ["--help"], ["-h"], ["status", "--help"], ["help", "status"], ["import", "-h", "--nonsense"],
        ])
    func help(_ arguments: [String]) async {
        let outcome = await SampleProgram().run(arguments)
        #expect(outcome.status == .ok)
        #expect(outcome.output.contains("Usage: secondline"))
        #expect(outcome.errors.isEmpty)
        #expect(outcome.call == nil)
    }

    @Test("the help of a command names its options and operands, and the help all commands")
    func helpIsComplete() async {
        let status = await SampleProgram().run(["help", "status"]).output
        for word in ["-w, --watch", "-q, --queue NAME", "(text, json)", "may be repeated", "-c, --config FILE"] {
            #expect(status.contains(word))
        }
        let bench = await SampleProgram().run(["bench", "--help"]).output
        #expect(bench.contains("Usage: secondline bench assign|latency\n"))
        let overview = await SampleProgram().run(["help"]).output
        for command in SampleProgram().program.commands { #expect(overview.contains("  \(command.name) ")) }
    }

    @Test("the help fits 80 columns")
    func helpWidth() {
        let program = SampleProgram().program
        let texts = [program.overview] + program.commands.map(program.help(on:))
        for line in texts.joined(separator: "\n").split(separator: "\n") { #expect(line.count <= 80) }
    }

    @Test("so does that of every command of the real program, and none is without a word on its options")
    func realHelp() {
        let program = Program.secondline
        #expect(Set(program.commands.map(\.name)).count == program.commands.count)
        // the list in the help of bench is wider, and kept as it is written
        for command in program.commands where command.name != "bench" {
            for line in program.help(on: command).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            #expect(command.options.allSatisfy { !$0.summary.isEmpty && !$0.summary.hasSuffix(".") })
        }
    }

    @Test("the README lists every command")
    func readme() throws {
        let url = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../README.md")
        let text = try String(contentsOf: url.standardizedFileURL, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## Commands\n").last)
        for command in Program.secondline.commands where command.name != "version" {
            let row = "\n| `secondline \(command.name)"
            #expect(section.contains("\(row) ") || section.contains("\(row)`"), "\(command.name)")
        }
    }

    @Test("without arguments the help goes to standard error, with status 64")
    func nothing() async {
        let outcome = await SampleProgram().run([])
        #expect(outcome.status == .usage)
        #expect(outcome.errors.contains("Commands:"))
        #expect(outcome.output.isEmpty)
    }

    @Test("the version is told on request", arguments: [["--version"], ["version"]])
    func version(_ arguments: [String]) async {
        let outcome = await SampleProgram().run(arguments)
        #expect(outcome.output == "secondline 1.2\n")
        #expect(outcome.status == .ok)
    }

    @Test("a refusal is told with its advice and status, and cannot disturb the terminal")
    func refusal() async {
        let outcome = await SampleProgram().run(["refuse"])
        #expect(outcome.status == .noUser)
        #expect(outcome.errors == "secondline: no person 7\\e[2J\nAdd one.\n")
    }

    @Test("an error that nobody foresaw is status 70")
    func unforeseen() async {
        let outcome = await SampleProgram().run(["surprise"])
        #expect(outcome.status == .software)
        #expect(outcome.errors.contains("Surprise()"))
    }

    @Test("numbers and durations of options are checked")
    func typedValues() async throws {
        let call = try #require(await SampleProgram().run(["status", "--every", "250ms", "-q", "7"]).call)
        #expect(try call.duration("every", in: .zero ... .seconds(1)) == .milliseconds(250))
        #expect(try call.integer("queue", in: 1...9) == 7)
        #expect(try call.integer("format", in: 1...9) == nil)
        #expect(throws: CommandFailure(.usage, "--queue: 7 is not between 8 and 9")) {
            try call.integer("queue", in: 8...9)
        }
    }
}
