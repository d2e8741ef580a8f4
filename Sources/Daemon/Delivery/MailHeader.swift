/// A header field of a mail (RFC 5322), whose value can come from anywhere: it stays within its field, on lines of 76 characters
/// at most, unless a single word is longer.
struct MailHeader {
    private static let lineLength = 76

    let name: String
    /// What a fold may separate; a space is between any two.
    private let words: [String]

    /// A value that is text for people, or a word of ours.
    init(_ name: String, _ text: String) {
        self.name = name
        words = Self.plainWords(text, room: Self.room(name)) ?? Self.encodedWords(text, room: Self.room(name))
    }

    /// Somebody's address, with a name unless that is empty.
    init(_ name: String, _ person: String, _ address: MailAddress) {
        self.name = name
        let phrase = person.isEmpty ? [] : Self.phrase(person, room: Self.room(name))
        words = phrase + [phrase.isEmpty ? address.text : "<\(address.text)>"]
    }

    /// With its line feed; further lines begin with a space.
    var text: String {
        var text = "\(name):"
        var column = text.utf8.count
        for word in words {
            let folds = column + 1 + word.utf8.count > Self.lineLength && column > name.utf8.count + 1
            text += folds ? "\n \(word)" : " \(word)"
            column = (folds ? 0 : column) + 1 + word.utf8.count
        }
        return text + "\n"
    }

    /// What is left of the first line.
    private static func room(_ name: String) -> Int { lineLength - name.utf8.count - 2 }

    /// The text as it is, or nil when it must be encoded: because of its characters, because it looks as if it was encoded, or
    /// because no fold would keep its spaces and lines short.
    private static func plainWords(_ text: String, room: Int) -> [String]? {
        guard text.isPrintableASCII, !text.contains("=?") else { return nil }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.first != "", words.last != "" else { return text.isEmpty ? [] : nil }
        if text.utf8.count <= room { return [text] }
        return words.allSatisfy { !$0.isEmpty && $0.utf8.count <= room } ? words : nil
    }

    /// A display name: atoms, a quoted string or encoded words.
    private static func phrase(_ name: String, room: Int) -> [String] {
        let isAtoms = !name.contains("  ") && name.utf8.allSatisfy { $0.isAtomText || $0 == UInt8(ascii: " ") }
        if isAtoms, let words = plainWords(name, room: room) { return words }
        let quoted = "\"" + name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
        let isQuotable = name.isPrintableASCII && !name.contains("=?") && quoted.utf8.count <= room
        return isQuotable ? [quoted] : encodedWords(name, room: room)
    }

    /// The text in RFC 2047's encoded words, each whole in itself; what is unprintable becomes a space.
    private static func encodedWords(_ text: String, room: Int) -> [String] {
        var printable = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { printable.append(scalar.isUnprintable ? " " : scalar) }
        var words: [String] = []
        var piece: [UInt8] = []
        func finish() {
            var word = Array("=?UTF-8?B?".utf8)
            word.append(base64: piece)
            words.append(String(decoding: word, as: UTF8.self) + "?=")
            piece = []
        }
        for unit in String(printable).units {
            // 12 characters are the word's frame, 75 its limit.
            let capacity = ((words.isEmpty ? min(room, 75) : 75) - 12) / 4 * 3
            if piece.count + unit.utf8.count > capacity { finish() }
            piece += unit.utf8
        }
        finish()
        return words
    }
}

extension String {
    fileprivate var isPrintableASCII: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

    /// Its characters; one that is made of too many parts for an encoded word, those parts.
    fileprivate var units: [String] {
        flatMap { character in
            character.utf8.count <= 30 ? [String(character)] : character.unicodeScalars.map { String($0) }
        }
    }
}
