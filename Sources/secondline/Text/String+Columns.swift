extension Character {
    /// Terminal columns, approximately: 2 for East Asian wide characters and emoji, 0 for marks alone.
    var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.isASCII { return 1 }
        if unicodeScalars.contains(where: { $0.value == 0xFE0F || $0.isWide }) { return 2 }
        return switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: 0
        case _: 1
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF,
            0x20000...0x3FFFD:
            true
        case _: properties.isEmojiPresentation
        }
    }
}

extension String {
    var columns: Int {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return utf8.count }
        return reduce(0) { $0 + $1.columns }
    }

    /// The text, or as much of it as fits with an ellipsis at its end.
    func fitted(to width: Int) -> String {
        guard columns > width else { return self }
        guard width > 0 else { return "" }
        var kept = ""
        var room = width - 1
        for character in self {
            room -= character.columns
            if room < 0 { break }
            kept.append(character)
        }
        return kept + "…"
    }

    /// Lines no wider than that, broken at blanks, and in a word only where it is wider by itself.
    func wrapped(to width: Int) -> [String] {
        guard columns > width, width > 0 else { return [self] }
        var lines: [String] = []
        var (line, room) = ("", width)
        for word in split(separator: " ") {
            let needed = String(word).columns
            if !line.isEmpty, needed + 1 <= room {
                line += " " + word
                room -= needed + 1
                continue
            }
            if !line.isEmpty { lines.append(line) }
            (line, room) = ("", width)
            for character in word {
                if character.columns > room, !line.isEmpty {
                    lines.append(line)
                    (line, room) = ("", width)
                }
                line.append(character)
                room -= character.columns
            }
        }
        return lines + [line]
    }
}
