import TestSupport
import Testing

@testable import secondline

@Suite("Quotes in the configuration")
struct ConfigurationValueTests {
    private func words(_ written: String, isInFile: Bool = true) -> Result<[String], ConfigurationFault> {
        ConfigurationValue(written: written, isInFile: isInFile).words
    }

    @Test(
        "words stand between blanks, and double quotes keep blanks in them",
        arguments: [
            ("", []), ("  ", []), ("a", ["a"]), (" a \t b ", ["a", "b"]), ("\"\"", [""]), ("a \"\" b", ["a", "", "b"]),
            ("/usr/lib/x --name \"two words\"", ["/usr/lib/x", "--name", "two words"]),
            ("\"/path with blank/x\" -a", ["/path with blank/x", "-a"]),
            ("--a=\"b c\"d", ["--a=b cd"]), ("\"a\"\"b\"", ["ab"]),
            (#""\" \\ \n""#, [#"" \ \n"#]), (#"a\ b \\"#, [#"a\"#, "b", #"\\"#]),
            ("$HOME a|b a;b * ~ 'a b' `x` a#b", ["$HOME", "a|b", "a;b", "*", "~", "'a", "b'", "`x`", "a#b"]),
            ("\"#\" \"; x\"", ["#", "; x"]), ("e\u{301} \"\u{301}\"", ["e\u{301}", "\u{301}"]),
            ("a\u{A0}b", ["a\u{A0}b"]),
        ])
    func wordsOf(_ written: String, _ expected: [String]) {
        #expect(words(written) == .success(expected))
        #expect(words(written, isInFile: false) == .success(expected))
    }

    @Test("any words, put into quotes, are read as they were", arguments: 0..<50)
    func anyWords(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab\"\\ \t#;=$'é")
        for _ in 0..<20 {
            let original = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                String((0..<Int.random(in: 0...6, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
            }
            let written = original.map(quoted).joined(separator: " ")
            #expect(words(written) == .success(original))
            #expect(words(written, isInFile: false) == .success(original))
            // through a file: the whole line, with what trims and splits it
            let program = try loadConfiguration("[channel.x]\nprogram = /x \(written)").channels.first?.program
            #expect(program == ["/x"] + original)
        }
    }

    private func quoted(_ word: String) -> String {
        "\"" + word.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }

    @Test(
        "in the file a word that begins a comment is refused; a variable has no comments",
        arguments: ["# b", "; b", ";"])
    func comment(_ rest: String) {
        let fault = ConfigurationFault(message: "put the comment on a line of its own, or the word in double quotes")
        #expect(words("/x \(rest)") == .failure(fault))
        let plain = ["/x"] + rest.split(separator: " ").map(String.init)
        #expect(words("/x \(rest)", isInFile: false) == .success(plain))
    }

    @Test("a value that is no words is quoted as a whole in the file, and never in a variable")
    func wholeText() {
        let written = "\"a b\""
        #expect(ConfigurationValue(written: written, isInFile: true).text == .success("a b"))
        #expect(ConfigurationValue(written: written, isInFile: false).text == .success(written))
        #expect(ConfigurationValue(written: "a # b", isInFile: false).text == .success("a # b"))
    }
}
