/// Which column of an import file holds what.
struct ImportHeader: Sendable {
    enum Column: String, CaseIterable, Sendable {
        case queue, title, description, priority, kind, client, skill
        case clientID = "client_id"
        case authorID = "author_id"
        case effortMinutes = "effort_minutes"
        case externalKey = "external_key"
        case submittedAt = "submitted_at"
    }

    /// As they stand in the file, for the rejects.
    let names: [String]
    let columns: [Column: Int]
    /// How many fields come before the names: those that a rejects file adds.
    let skipped: Int

    static let rejectColumns = ["line", "reason"]

    func has(_ column: Column) -> Bool { columns[column] != nil }

    /// All mistakes at once.
    init(_ record: CSVRecord?, hasDefaultQueue: Bool) throws(CommandFailure) {
        guard let record else {
            throw CommandFailure(
                .dataError, "the file is empty", advice: "Its first line names the columns, such as queue,title.")
        }
        guard case .fields(let fields, let line) = record else {
            if case .bad(let fault, let line, _) = record {
                throw CommandFailure(.dataError, "line \(line), the header: \(fault.description)")
            }
            throw CommandFailure(.dataError, "the header cannot be read")
        }
        let isRejects = Array(fields.prefix(2)) == Self.rejectColumns
        skipped = isRejects ? 2 : 0
        names = Array(fields.dropFirst(skipped))
        var columns: [Column: Int] = [:]
        var mistakes: [String] = []
        for (place, name) in names.enumerated() {
            let word = Self.trimmed(name).lowercased()
            guard let column = Column(rawValue: word) else {
                mistakes.append(Self.unknown(word, at: place + 1))
                continue
            }
            if let earlier = columns.updateValue(place + skipped, forKey: column) {
                mistakes.append("\(word) is there twice, as column \(earlier - skipped + 1) and \(place + 1)")
            }
        }
        if columns[.title] == nil { mistakes.append("the column title is missing") }
        if columns[.queue] == nil, !hasDefaultQueue {
            mistakes.append("the column queue is missing; add it, or say --queue NAME")
        }
        if columns[.client] != nil, columns[.clientID] != nil {
            mistakes.append("client and client_id are both there; give the name or the number")
        }
        self.columns = columns
        guard mistakes.isEmpty else {
            let text = mistakes.count == 1 ? mistakes[0] : mistakes.map { "\n  \($0)" }.joined()
            throw CommandFailure(.dataError, "line \(line), the header: \(text)", advice: Self.advice(names))
        }
    }

    static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    private static func unknown(_ word: String, at place: Int) -> String {
        if word.isEmpty { return "column \(place) has no name" }
        return "there is no column \(word)" + Suggestion.clause(word, among: Column.allCases.map(\.rawValue))
    }

    private static func advice(_ names: [String]) -> String {
        if names.count == 1, names[0].contains(where: { $0 == ";" || $0 == "\t" }) {
            return "Nothing was imported. The columns must be separated by commas."
        }
        let columns = Column.allCases.map(\.rawValue).joined(separator: ", ")
        return "Nothing was imported. The columns are \(columns)."
    }
}
