package import Store

/// A message as a mail (RFC 5322 and 2045 to 2047) for a local `sendmail -t`, whose lines end in line feeds.
package struct Mail: Sendable {
    package let bytes: [UInt8]

    /// Nothing in the message can add a header or a recipient.
    package init(_ message: OutgoingMessage, from sender: MailAddress, to reader: MailAddress) {
        let headers = [
            MailHeader("From", "", sender),
            MailHeader("To", message.name, reader),
            MailHeader("Subject", message.subject),
            MailHeader("Date", message.date),
            MailHeader("Message-ID", "<\(message.idempotencyKey.asAtom)@\(sender.domain)>"),
            MailHeader("MIME-Version", "1.0"),
            MailHeader("Content-Type", "text/plain; charset=utf-8"),
            MailHeader("Content-Transfer-Encoding", "base64"),
            // So that nobody's absence note answers.
            MailHeader("Auto-Submitted", "auto-generated"),
            MailHeader("X-Secondline-Kind", message.kind),
        ]
        var bytes = Array(headers.map(\.text).joined().utf8)
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(base64Lines: message.text)
        self.bytes = bytes
    }
}

extension String {
    /// The same for the same text, and another for another, of letters, digits, `-`, `_` and `=`.
    fileprivate var asAtom: String {
        utf8.map { byte in
            if byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") {
                return String(Unicode.Scalar(byte))
            }
            return (byte < 16 ? "=0" : "=") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

extension [UInt8] {
    /// Appends a text in lines of base64. Within it lines end in CR LF, as text does in MIME.
    fileprivate mutating func append(base64Lines text: String) {
        var canonical: [UInt8] = []
        for byte in text.utf8 where byte != UInt8(ascii: "\r") {
            if byte == UInt8(ascii: "\n") { canonical.append(UInt8(ascii: "\r")) }
            canonical.append(byte)
        }
        // 57 bytes are 76 characters.
        for start in stride(from: 0, to: canonical.count, by: 57) {
            append(base64: canonical[start..<Swift.min(start + 57, canonical.count)])
            append(UInt8(ascii: "\n"))
        }
    }
}
