/// One plain address, `local@domain` (the addr-spec of RFC 5322, a dot-atom at a host name): nothing in it can end a header or
/// name a second recipient.
package struct MailAddress: Sendable, Equatable {
    package let text: String
    /// What follows the @.
    let domain: Substring

    /// Nil for anything else, and for what a program could take for an option.
    package init?(_ text: String) {
        // The last @: the local part has none.
        guard text.utf8.count <= 254, let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let (local, domain) = (text[..<at], text[text.utf8.index(after: at)...])
        guard local.isDotAtom, local.utf8.first != UInt8(ascii: "-"), domain.isHostName else { return nil }
        self.text = text
        self.domain = domain
    }
}

extension UInt8 {
    /// A character of an atom (RFC 5322, 3.2.3).
    var isAtomText: Bool { isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(self) }

    var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        case _: false
        }
    }
}

extension Substring {
    fileprivate var isDotAtom: Bool { labels.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isAtomText) } }

    fileprivate var isHostName: Bool {
        let hyphen = UInt8(ascii: "-")
        return labels.allSatisfy { label in
            !label.isEmpty && label.count <= 63 && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { $0.isLetterOrDigit || $0 == hyphen }
        }
    }

    private var labels: [Substring.UTF8View.SubSequence] {
        utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    }
}
