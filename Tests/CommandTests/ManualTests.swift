import Foundation
import Testing

@testable import secondline

@Suite("The man pages")
struct ManualTests {
    @Test("secondline(1) has every command with its operands and options, and groff finds nothing to complain about")
    func program() async throws {
        let program = Program.secondline
        let text = try await rendered(ManualPage(program: program).text)
        // a heading is less indented than what stands below it
        let parts = text.split(separator: /\n {0,3}(?=[^ \n])/).map(flat)
        for command in program.commands {
            let usage = program.usage(of: command)
            let beginning = "\(usage) \(flat(command.summary))."
            let part = try #require(parts.first { $0.hasPrefix(beginning) }, "\(command.name)")
            for option in command.options {
                #expect(part.contains("--\(option.long)"), "\(command.name) --\(option.long)")
                #expect(part.contains(flat(option.meaning)))
            }
            for operand in command.operands { #expect(part.contains("\(operand.name) \(flat(operand.summary))")) }
        }
        let common = try #require(parts.first { $0.hasPrefix("OPTIONS OF EVERY COMMAND") })
        for option in program.options { #expect(common.contains("--\(option.long)")) }
        #expect(text.contains("secondline \(program.version)"))
    }

    @Test("secondline.conf(5) has every key of every section")
    func configuration() async throws {
        let text = try await rendered(ConfigurationManual(version: "1.2").text)
        let parts = text.split(separator: /\n(?=[^ \n])/).map(flat)
        for section in ConfigurationKey.sections {
            let part = try #require(parts.first { $0.hasPrefix("[\(section)] ") })
            for key in ConfigurationKey.all where key.section == section {
                #expect(part.contains(" \(key.name) \(flat(key.summary)) (\(flat(key.accepts))"), "\(key.name)")
            }
        }
    }

    @Test(
        "every character is printed as it was written",
        arguments: [
            ".TH a request", "'br another", "a\\fBb\\nc \\", "it's `this` ^that^ ~home \"so\"", "--option - dash",
            "set_contact(…, null) → é 😀", "%s \\(em \\*(x",
        ])
    func verbatim(_ words: String) async throws {
        var page = Roff("x", section: 1, version: "1")
        page.section("NAME")
        page.prose(words)
        page.prose(" kept  \(words)")
        page.term([.bold(words), .plain(" "), .italic(words)], words)
        let lines = try await rendered(page.text).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        #expect(lines.contains(words))
        #expect(lines.contains("kept  \(words)"))
        #expect(lines.contains("\(words) \(words)"))
    }

    @Test("the README has the statuses of the man page")
    func statuses() throws {
        let url = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../README.md")
        let readme = try String(contentsOf: url.standardizedFileURL, encoding: .utf8)
        for (statuses, meaning) in ExitStatus.documented {
            let row = "| \(statuses.map { "\($0.rawValue)" }.joined(separator: ", ")) | \(meaning) |"
            #expect(readme.contains(row), "\(row)")
        }
    }

    /// As a terminal of 80 columns shows it.
    private func rendered(_ page: String) async throws -> String {
        let groff = try ShortProcess(
            "/usr/bin/groff", ["-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=78n", "-rLT=78n"],
            environment: ["PATH": "/usr/bin:/bin"], input: Data(page.utf8))
        let end = await groff.end()
        #expect(end.status == 0)
        #expect(end.errors == "")
        return end.output
    }

    /// On one line.
    private func flat(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
