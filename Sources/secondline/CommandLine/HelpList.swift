/// Two columns: a term, and what it means.
struct HelpList {
    let entries: [(term: String, summary: String)]

    init(_ entries: [(term: String, summary: String)]) { self.entries = entries }

    static func entry(_ option: Option) -> (term: String, summary: String) {
        let short = option.short.map { "-\($0), " } ?? "    "
        let placeholder = option.value.map { " \($0)" } ?? ""
        return ("\(short)--\(option.long)\(placeholder)", option.meaning)
    }

    var text: String {
        let column = min(28, (entries.map(\.term.count).max() ?? 0) + 4)
        var text = ""
        for (term, summary) in entries {
            var lines = Paragraphs.lines(of: summary, width: Paragraphs.width - column)
            let start = "  " + term
            if start.count + 2 > column {
                text += start + "\n"
            } else {
                text += start + String(repeating: " ", count: column - start.count) + lines.removeFirst() + "\n"
            }
            for line in lines { text += String(repeating: " ", count: column) + line + "\n" }
        }
        return text
    }
}
