/// Prose broken into lines.
enum Paragraphs {
    static let width = 80

    /// Each line of `prose` is a paragraph, wrapped; one that begins with a space is kept as it is.
    static func wrapped(_ prose: String, hanging indent: Int = 0) -> String {
        var text = ""
        for paragraph in prose.split(separator: "\n", omittingEmptySubsequences: false) {
            if paragraph.isEmpty || paragraph.hasPrefix(" ") {
                text += paragraph + "\n"
                continue
            }
            for (index, line) in lines(of: String(paragraph), width: width - indent).enumerated() {
                text += (index == 0 ? "" : String(repeating: " ", count: indent)) + line + "\n"
            }
        }
        return text
    }

    /// At least one line; a word longer than the width has a line of its own.
    static func lines(of prose: String, width: Int) -> [String] {
        var lines = [""]
        for word in prose.split(separator: " ") {
            let last = lines.count - 1
            if lines[last].isEmpty {
                lines[last] = String(word)
            } else if lines[last].count + 1 + word.count <= width {
                lines[last] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
