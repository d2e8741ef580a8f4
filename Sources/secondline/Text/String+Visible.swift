/// Which control characters of a text are left alone.
enum KeptControls: Sendable {
    case none
    case newlines
}

extension String {
    /// The text with what could move a cursor, hide or reorder it written out: `\n`, `\t`, `\e`, `\u{202E}`.
    func visible(keeping kept: KeptControls = .none) -> String {
        // Printable ASCII, which is nearly all there is, passes untouched.
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar == "\n", kept == .newlines {
                shown.unicodeScalars.append(scalar)
            } else if let escape = scalar.escape {
                shown += escape
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// JSON with the same characters written as `\u202e`; they can stand only in its strings.
    var visibleJSON: String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar.escape != nil {
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}

extension Unicode.Scalar {
    fileprivate var escape: String? {
        switch value {
        case 0x09: "\\t"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x1B: "\\e"
        // C0, DEL, C1, and the bidirectional and line-breaking controls that reorder what follows.
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
            "\\u{\(String(value, radix: 16, uppercase: true))}"
        case _: nil
        }
    }
}
