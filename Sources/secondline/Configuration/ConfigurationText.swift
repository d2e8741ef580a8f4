/// An INI text taken apart: assignments in order, and what could not be understood.
struct ConfigurationText {
    struct Assignment: Equatable {
        let section: String
        let key: String
        /// As written, with its quotes.
        let value: String
        let line: Int
    }

    private(set) var assignments: [Assignment] = []
    /// In order, each once.
    private(set) var sections: [(name: String, line: Int)] = []
    /// By line.
    private(set) var mistakes: [(line: Int, message: String)] = []
    private var section: String?

    init(_ bytes: [UInt8]) {
        let withoutMark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let lines = withoutMark.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let text = String(validating: line, as: UTF8.self), !line.contains(0) else {
                mistakes.append((index + 1, line.contains(0) ? "has a NUL byte" : "not text in UTF-8"))
                continue
            }
            read(text.trimmed, line: index + 1)
        }
    }

    private mutating func read(_ text: Substring, line: Int) {
        guard let first = text.first, first != "#", first != ";" else { return }
        if first == "[" {
            open(text, line: line)
        } else if let sign = text.firstIndex(of: "=") {
            assign(text[..<sign].trimmed, text[text.index(after: sign)...].trimmed, line: line)
        } else {
            mistakes.append((line, "\"\(text)\" is neither a [section] nor key = value"))
        }
    }

    private mutating func open(_ text: Substring, line: Int) {
        guard text.last == "]", text.count > 2 else {
            mistakes.append((line, "\"\(text)\" is not a [section]"))
            return
        }
        let name = String(text.dropFirst().dropLast().trimmed)
        section = name
        if let earlier = sections.first(where: { $0.name == name }) {
            mistakes.append((line, "[\(name)] was opened before, on line \(earlier.line)"))
        } else {
            sections.append((name, line))
        }
    }

    private mutating func assign(_ key: Substring, _ value: Substring, line: Int) {
        guard let section else {
            mistakes.append((line, "\(key) stands before the first [section]"))
            return
        }
        assignments.append(Assignment(section: section, key: String(key), value: String(value), line: line))
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without white space, carriage returns included, at either end.
    fileprivate var trimmed: Substring {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
