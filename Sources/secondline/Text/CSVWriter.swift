/// Writes RFC 4180 text to a file descriptor, with quotes where a field needs them. Call `flush` at the end.
struct CSVWriter {
    private let descriptor: Int32
    private let separator: UInt8
    private let lineEnd: String
    private var pending: [UInt8] = []

    /// The standard ends lines with `\r\n`; tools for lines want `\n`.
    init(descriptor: Int32, separator: UInt8 = UInt8(ascii: ","), lineEnd: String = "\n") {
        self.descriptor = descriptor
        self.separator = separator
        self.lineEnd = lineEnd
    }

    mutating func write(_ fields: [String]) throws(SystemError) {
        for (index, field) in fields.enumerated() {
            if index > 0 { pending.append(separator) }
            append(field, alone: fields.count == 1)
        }
        pending += lineEnd.utf8
        if pending.count >= 65_536 { try flush() }
    }

    /// A line that is CSV already, such as the raw text of a rejected record.
    mutating func write(raw line: [UInt8]) throws(SystemError) {
        pending += line
        pending.append(UInt8(ascii: "\n"))
        if pending.count >= 65_536 { try flush() }
    }

    mutating func flush() throws(SystemError) {
        defer { pending.removeAll(keepingCapacity: true) }
        if let code = FileBytes.write(pending, to: descriptor) { throw SystemError(code: code) }
    }

    private mutating func append(_ field: String, alone: Bool) {
        let quote = UInt8(ascii: "\"")
        let special = field.utf8.contains { $0 == quote || $0 == separator || $0 == 0x0A || $0 == 0x0D }
        // A single empty field would be an empty line, which readers pass over.
        guard special || field.utf8.first == 0x20 || field.utf8.last == 0x20 || (alone && field.isEmpty) else {
            pending += field.utf8
            return
        }
        pending.append(quote)
        for byte in field.utf8 {
            if byte == quote { pending.append(quote) }
            pending.append(byte)
        }
        pending.append(quote)
    }
}
