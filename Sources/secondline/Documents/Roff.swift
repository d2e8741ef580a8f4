/// Text in the macros of man(7), for groff and mandoc; everything but ASCII is written as an escape.
struct Roff {
    enum Piece {
        case plain(String)
        case bold(String)
        /// What is to be replaced by the reader.
        case italic(String)
    }

    private(set) var text: String

    /// Without a date: the same version is the same page.
    init(_ title: String, section: Int, version: String) {
        text = """
            .TH \(Self.argument(title.uppercased())) \(section) "" \(Self.argument("secondline \(version)")) "Secondline"
            .nr HY 0
            .nh
            .ad l

            """
    }

    mutating func section(_ title: String) { text += ".SH \(Self.argument(title))\n" }

    mutating func subsection(_ title: String) { text += ".SS \(Self.argument(title))\n" }

    mutating func paragraph(_ pieces: Piece...) { text += ".PP\n\(Self.line(pieces))\n" }

    /// As `Paragraphs` has it: each line is a paragraph, lines that begin with a space are kept as they are.
    mutating func prose(_ prose: String) {
        var isKept = false
        for line in prose.split(separator: "\n") {
            if line.hasPrefix(" ") != isKept {
                text += isKept ? ".EE\n" : ".PP\n.EX\n"
                isKept.toggle()
            }
            text += (isKept ? "" : ".PP\n") + Self.line([.plain(String(line))]) + "\n"
        }
        if isKept { text += ".EE\n" }
    }

    /// A term, and what it means, indented.
    mutating func term(_ term: [Piece], _ meaning: String) {
        text += ".TP\n\(Self.line(term))\n\(Self.line([.plain(meaning)]))\n"
    }

    private static func line(_ pieces: [Piece]) -> String {
        let line = pieces.map { piece in
            switch piece {
            case .plain(let text): escaped(text)
            case .bold(let text): "\\fB\(escaped(text))\\fR"
            case .italic(let text): "\\fI\(escaped(text))\\fR"
            }
        }.joined()
        // at the beginning of a line they would be a request
        return line.hasPrefix(".") || line.hasPrefix("\\(aq") ? "\\&" + line : line
    }

    private static func argument(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// Each of these would otherwise be printed as another character.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "\"": escaped += "\\(dq"
            case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
            case _:
                let code = String(scalar.value, radix: 16, uppercase: true)
                escaped += "\\[u\(String(repeating: "0", count: max(0, 4 - code.count)))\(code)]"
            }
        }
        return escaped
    }
}
