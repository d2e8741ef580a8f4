/// An INI text taken apart: assignments in order, and what could not be understood.
struct ConfigurationText {
    struct Assignment: Equatable {
        let section: String
        let key: String
        let value: String
        let line: Int
    }

    private(set) var assignments: [Assignment] = []
    /// By line.
    private(set) var mistakes: [(line: Int, message: String)] = []
    private var section: String?
    private var opened: [String: Int] = [:]

    init(_ bytes: [UInt8]) {
        let withoutMark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let lines = withoutMark.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let text = String(validating: line, as: UTF8.self), !line.contains(0) else {
                mistakes.append((index + 1, "not text in UTF-8"))
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
        if let earlier = opened[name] {
            mistakes.append((line, "[\(name)] was opened before, on line \(earlier)"))
        } else {
            opened[name] = line
            checkSection(name, line: line)
        }
    }

    private mutating func checkSection(_ name: String, line: Int) {
        guard !ConfigurationKey.sections.contains(name) else { return }
        let clause = Suggestion.clause(name, among: ConfigurationKey.sections)
        mistakes.append((line, "there is no section [\(name)]\(clause)"))
    }

    private mutating func assign(_ key: Substring, _ written: Substring, line: Int) {
        guard let section else {
            mistakes.append((line, "\(key) stands before the first [section]"))
            return
        }
        switch value(of: written) {
        case .success(let value):
            assignments.append(Assignment(section: section, key: String(key), value: value, line: line))
        case .failure(let fault): mistakes.append((line, "\(key): \(fault.message)"))
        }
    }

    /// In double quotes, `\"` and `\\` stand for `"` and `\`; without them the value is taken as it is.
    private func value(of written: Substring) -> Result<String, ConfigurationFault> {
        guard written.first == "\"" else {
            guard !written.contains(" #"), !written.contains(" ;") else {
                return .failure(
                    ConfigurationFault(message: "put the comment on a line of its own, or the value in double quotes"))
            }
            return .success(String(written))
        }
        var value = ""
        var rest = written.dropFirst()
        while let character = rest.popFirst() {
            if character == "\"" {
                guard rest.isEmpty else {
                    return .failure(ConfigurationFault(message: "there is text after the closing quote"))
                }
                return .success(value)
            }
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                value.append(next)
                rest.removeFirst()
            } else {
                value.append(character)
            }
        }
        return .failure(ConfigurationFault(message: "the closing double quote is missing"))
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
