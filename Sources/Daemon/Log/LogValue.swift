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

    /// A JSON string; control characters, also those that only terminals heed, are escaped.
    static func append(quoted text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars.prefix(4000) {
            switch scalar {
            case "\"": line += #"\""#.utf8
            case "\\": line += #"\\"#.utf8
            case "\n": line += #"\n"#.utf8
            case "\t": line += #"\t"#.utf8
            case "\r": line += #"\r"#.utf8
            case _ where scalar.isUnprintable:
                let hex = String(scalar.value, radix: 16)
                line += (#"\u"# + String(repeating: "0", count: max(0, 4 - hex.count)) + hex).utf8
            case _: line += String(scalar).utf8
            }
        }
        line.append(UInt8(ascii: "\""))
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

extension Unicode.Scalar {
    /// Controls, and what reorders or breaks lines.
    fileprivate var isUnprintable: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        case _: false
        }
    }
}
