/// What a program said, fit for a column, a log and a screen: one line, printable, at most 2,000 characters.
struct SaidText {
    static let limit = 2000

    let text: String

    /// Repairs what is no UTF-8. Lines are joined by ` | `.
    init(_ output: [UInt8]) { self.init(String(decoding: output, as: UTF8.self)) }

    init(_ text: String) {
        let lines = text.unicodeScalars.split(separator: "\n").map { line in
            line.split { $0.isUnprintable || $0.properties.isWhitespace }.map { String($0) }.joined(separator: " ")
        }
        let whole = lines.filter { !$0.isEmpty }.joined(separator: " | ")
        // By scalars, which are what PostgreSQL counts.
        self.text = String(whole.unicodeScalars.prefix(Self.limit))
    }
}
