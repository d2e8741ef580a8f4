/// An event as it is written down.
struct LogRecord {
    /// UTC.
    let at: String
    let event: LogEvent
    /// How often it has happened since it was last told.
    var times = 1

    var fields: [(key: String, value: LogValue)] {
        event.fields + (times > 1 ? [("times", .number(Int64(times)))] : [])
    }

    func append(asText line: inout [UInt8], colours: Bool = false) {
        line += at.utf8
        line.append(UInt8(ascii: " "))
        let colour: String? =
            switch event.level {
            case .debug, .info: nil
            case .warning: "33"
            case .error: "31"
            }
        if colours, let colour { line += "\u{1B}[\(colour)m".utf8 }
        line += "\(event.level)".utf8
        line.append(UInt8(ascii: " "))
        line += event.name.utf8
        if colours, colour != nil { line += "\u{1B}[0m".utf8 }
        append(fieldsAsText: &line)
        line.append(UInt8(ascii: "\n"))
    }

    func append(asJSON line: inout [UInt8]) {
        line += #"{"at":"\#(at)","level":"\#(event.level)","event":"\#(event.name)""#.utf8
        for (key, value) in fields {
            line += #","\#(key)":"#.utf8
            value.append(asJSON: &line)
        }
        line += "}\n".utf8
    }

    private func append(fieldsAsText line: inout [UInt8]) {
        for (key, value) in fields {
            line.append(UInt8(ascii: " "))
            line += key.utf8
            line.append(UInt8(ascii: "="))
            value.append(asText: &line)
        }
    }
}

/// As journald takes it: https://systemd.io/JOURNAL_NATIVE_PROTOCOL
extension LogRecord {
    /// The level as syslog counts.
    var priority: Int {
        switch event.level {
        case .debug: 7
        case .info: 6
        case .warning: 4
        case .error: 3
        }
    }

    /// - Parameter json: whether the message is the JSON object; the fields are beside it in any case.
    func journalEntry(json: Bool) -> [UInt8] {
        var message: [UInt8] = []
        if json {
            append(asJSON: &message)
            message.removeLast()
        } else {
            message += event.name.utf8
            append(fieldsAsText: &message)
        }
        var entry: [UInt8] = []
        Self.append("PRIORITY", Array(String(priority).utf8), to: &entry)
        Self.append("SYSLOG_IDENTIFIER", Array("secondline".utf8), to: &entry)
        Self.append("MESSAGE", message, to: &entry)
        Self.append("SECONDLINE_EVENT", Array(event.name.utf8), to: &entry)
        for (key, value) in fields { Self.append("SECONDLINE_\(key.uppercased())", value.journalBytes, to: &entry) }
        return entry
    }

    /// Whatever the value has in it stays one field.
    private static func append(_ key: String, _ value: [UInt8], to entry: inout [UInt8]) {
        entry += key.utf8
        if value.contains(UInt8(ascii: "\n")) {
            entry.append(UInt8(ascii: "\n"))
            let count = UInt64(value.count)
            entry += (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
        } else {
            entry.append(UInt8(ascii: "="))
        }
        entry += value
        entry.append(UInt8(ascii: "\n"))
    }
}
