/// A field of a log event.
package enum LogValue: Sendable, Equatable {
    case number(Int64)
    case duration(Duration)
    /// May come from anywhere: it is quoted so that it can never start a line or a field of its own.
    case text(String)

    func append(asText line: inout [UInt8]) {
        switch self {
        case .number(let number): line += String(number).utf8
        case .duration(let duration): line += Self.short(duration).utf8
        case .text(let text) where text.isPlain: line += text.utf8
        case .text(let text): Self.append(quoted: text, to: &line)
        }
    }

    /// Durations are seconds in JSON.
    func append(asJSON line: inout [UInt8]) {
        switch self {
        case .number(let number): line += String(number).utf8
        case .duration(let duration): line += Self.seconds(duration).utf8
        case .text(let text): Self.append(quoted: text, to: &line)
        }
    }

    /// As it is, so that it can be filtered by: durations are seconds.
    var journalBytes: [UInt8] {
        switch self {
        case .number(let number): Array(String(number).utf8)
        case .duration(let duration): Array(Self.seconds(duration).utf8)
        case .text(let text): Array(String(text.unicodeScalars.prefix(Self.longest)).utf8)
        }
    }

    /// In scalars: nothing in a log is longer.
    static let longest = 4000

    /// A JSON string, cut where it is too long for a log.
    static func append(quoted text: String, to line: inout [UInt8]) {
        line.append(jsonString: text.unicodeScalars.prefix(longest))
    }

    /// `250ms`, `38s`, `5min3s`, `2h5min`, `3d4h`: two units at most.
    static func short(_ duration: Duration) -> String {
        let milliseconds = max(
            0, duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        if seconds < 10 { return "\(seconds).\(milliseconds % 1000 / 100)s" }
        let units: [(String, Int64)] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)]
        let first = units.firstIndex { seconds >= $0.1 } ?? units.count - 1
        let (name, size) = units[first]
        let rest = first + 1 < units.count ? seconds % size / units[first + 1].1 : 0
        return "\(seconds / size)\(name)" + (rest > 0 ? "\(rest)\(units[first + 1].0)" : "")
    }

    static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        let digits = String(milliseconds.magnitude % 1000)
        return "\(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1000)."
            + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

extension String {
    /// Needs no quotes in a text line.
    fileprivate var isPlain: Bool {
        !isEmpty && utf8.count <= 200
            && utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
                    && $0 != UInt8(ascii: "\\")
            }
    }
}
