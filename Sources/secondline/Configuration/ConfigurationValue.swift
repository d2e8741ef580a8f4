/// A value as it was written, and how quotes in it are understood.
struct ConfigurationValue {
    typealias Reading<Value> = Result<Value, ConfigurationFault>

    let written: String
    /// Only there can a comment follow, and quotes surround a whole value.
    let isInFile: Bool

    /// One text. In the file, one that begins with a double quote ends at the next and keeps what is between.
    var text: Reading<String> {
        guard isInFile else { return .success(written) }
        var rest = written.unicodeScalars[...]
        guard rest.first == "\"" else {
            guard !written.contains(" #"), !written.contains(" ;") else {
                return .failure(Self.comment(mayQuote: "value"))
            }
            return .success(written)
        }
        rest.removeFirst()
        guard let value = Self.quoted(&rest) else { return .failure(Self.unclosed) }
        guard rest.isEmpty else {
            return .failure(ConfigurationFault(message: "there is text after the closing quote"))
        }
        return .success(value)
    }

    /// Words between blanks. Double quotes, anywhere in a word, keep blanks together, in a variable as in the file.
    var words: Reading<[String]> {
        var words: [String] = []
        // nil between words: "" is a word
        var word: String?
        var rest = written.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case " ", "\t", "\r", "\n":
                if let word { words.append(word) }
                word = nil
            case "\"":
                guard let quoted = Self.quoted(&rest) else { return .failure(Self.unclosed) }
                word = (word ?? "") + quoted
            case "#" where isInFile && word == nil, ";" where isInFile && word == nil:
                return .failure(Self.comment(mayQuote: "word"))
            case _: word = (word ?? "") + String(scalar)
            }
        }
        if let word { words.append(word) }
        return .success(words)
    }

    /// Up to the closing quote, which is taken too; nil without one. `\"` and `\\` stand for `"` and `\`.
    private static func quoted(_ rest: inout Substring.UnicodeScalarView) -> String? {
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return String(value) }
            if scalar == "\\", let next = rest.first, next == "\"" || next == "\\" {
                value.append(next)
                rest.removeFirst()
            } else {
                value.append(scalar)
            }
        }
        return nil
    }

    private static let unclosed = ConfigurationFault(message: "the closing double quote is missing")

    private static func comment(mayQuote what: String) -> ConfigurationFault {
        ConfigurationFault(message: "put the comment on a line of its own, or the \(what) in double quotes")
    }
}
