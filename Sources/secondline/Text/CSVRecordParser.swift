/// Finds the fields of one record in a buffer that grows; after `wantsMore` it goes on where it stopped.
struct CSVRecordParser {
    enum Step {
        /// Ends before `end`, which is behind its line feed, and holds that many line feeds.
        case record(end: Int, newlines: Int)
        case fault(CSVFault)
        case wantsMore
    }

    private enum State {
        case fieldStart
        case plain
        case quoted
        /// Behind a quote within a quoted field: the end of the field, or the first of two.
        case afterQuote
    }

    private struct Field {
        var start: Int
        var end: Int
        var doubledQuotes = false
    }

    private let separator: UInt8
    private var state = State.fieldStart
    private var position = 0
    private var newlines = 0
    private var fields: [Field] = []
    private var field = Field(start: 0, end: 0)
    private var fieldWithNUL: Int?

    init(separator: UInt8) { self.separator = separator }

    mutating func begin(at start: Int) {
        state = .fieldStart
        position = start
        newlines = 0
        fields.removeAll(keepingCapacity: true)
        fieldWithNUL = nil
    }

    /// The buffer lost `count` bytes at its front.
    mutating func shift(by count: Int) {
        position -= count
        field.start -= count
        field.end -= count
        for index in fields.indices {
            fields[index].start -= count
            fields[index].end -= count
        }
    }

    mutating func scan(_ buffer: [UInt8], atEnd: Bool) -> Step {
        while position < buffer.count {
            let byte = buffer[position]
            if byte == 0, fieldWithNUL == nil { fieldWithNUL = fields.count + 1 }
            switch state {
            case .fieldStart:
                field = Field(start: position, end: position)
                if byte == UInt8(ascii: "\"") {
                    field.start += 1
                    state = .quoted
                    position += 1
                } else {
                    state = .plain
                }
                continue
            case .plain:
                if byte == separator {
                    finish(at: position)
                } else if byte == UInt8(ascii: "\n") {
                    return end(of: buffer)
                } else if byte == UInt8(ascii: "\"") {
                    return .fault(.strayQuote(field: fields.count + 1))
                }
            case .quoted:
                if byte == UInt8(ascii: "\"") {
                    field.end = position
                    state = .afterQuote
                } else if byte == UInt8(ascii: "\n") {
                    newlines += 1
                }
            case .afterQuote:
                if byte == UInt8(ascii: "\"") {
                    field.doubledQuotes = true
                    state = .quoted
                } else if byte == separator {
                    finish(at: field.end)
                } else if byte == UInt8(ascii: "\n") {
                    return end(of: buffer)
                } else if byte == UInt8(ascii: "\r") {
                    guard position + 1 < buffer.count || atEnd else { return .wantsMore }
                    guard position + 1 < buffer.count, buffer[position + 1] == UInt8(ascii: "\n") else {
                        return .fault(.textAfterQuote(field: fields.count + 1))
                    }
                } else {
                    return .fault(.textAfterQuote(field: fields.count + 1))
                }
            }
            position += 1
        }
        guard atEnd else { return .wantsMore }
        if state == .quoted { return .fault(.unclosedQuote(field: fields.count + 1)) }
        return endOfText(buffer)
    }

    func record(_ buffer: [UInt8], start: Int, line: Int) -> CSVRecord {
        let raw = { Array(buffer[start..<position].trimmingLineEnd) }
        if let fieldWithNUL { return .bad(.containsNUL(field: fieldWithNUL), line: line, raw: raw()) }
        var texts: [String] = []
        texts.reserveCapacity(fields.count)
        for field in fields {
            let text =
                field.doubledQuotes
                ? String(validating: Self.withSingleQuotes(buffer[field.start..<field.end]), as: UTF8.self)
                : String(validating: buffer[field.start..<field.end], as: UTF8.self)
            guard let text else { return .bad(.invalidUTF8(field: texts.count + 1), line: line, raw: raw()) }
            texts.append(text)
        }
        return .fields(texts, line: line)
    }

    private mutating func finish(at end: Int) {
        field.end = end
        fields.append(field)
        state = .fieldStart
    }

    private mutating func end(of buffer: [UInt8]) -> Step {
        let carriageReturn = state == .plain && position > field.start && buffer[position - 1] == UInt8(ascii: "\r")
        finish(at: state == .afterQuote ? field.end : position - (carriageReturn ? 1 : 0))
        position += 1
        return .record(end: position, newlines: newlines + 1)
    }

    /// The last record may lack its line feed.
    private mutating func endOfText(_ buffer: [UInt8]) -> Step {
        if state == .fieldStart { field = Field(start: position, end: position) }
        finish(at: state == .afterQuote ? field.end : position)
        return .record(end: position, newlines: newlines)
    }

    private static func withSingleQuotes(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var single: [UInt8] = []
        single.reserveCapacity(bytes.count)
        var skip = false
        for byte in bytes {
            if byte == UInt8(ascii: "\""), skip {
                skip = false
                continue
            }
            skip = byte == UInt8(ascii: "\"")
            single.append(byte)
        }
        return single
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmingLineEnd: ArraySlice<UInt8> {
        var rest = self
        if rest.last == UInt8(ascii: "\n") { rest.removeLast() }
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        return rest
    }
}
