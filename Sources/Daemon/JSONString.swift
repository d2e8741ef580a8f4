extension [UInt8] {
    /// Appends a JSON string; control characters, also those that only terminals heed, are escaped.
    mutating func append(jsonString text: some Sequence<Unicode.Scalar>) {
        append(UInt8(ascii: "\""))
        for scalar in text {
            switch scalar {
            case "\"": self += #"\""#.utf8
            case "\\": self += #"\\"#.utf8
            case "\n": self += #"\n"#.utf8
            case "\t": self += #"\t"#.utf8
            case "\r": self += #"\r"#.utf8
            case _ where scalar.isUnprintable:
                let hex = String(scalar.value, radix: 16)
                self += (#"\u"# + String(repeating: "0", count: Swift.max(0, 4 - hex.count)) + hex).utf8
            case _: self += String(scalar).utf8
            }
        }
        append(UInt8(ascii: "\""))
    }
}

extension Unicode.Scalar {
    /// Controls, and what reorders or breaks lines.
    var isUnprintable: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        case _: false
        }
    }
}
