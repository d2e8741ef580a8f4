package import Policy

/// A claimed message, rendered for its reader: all that a channel needs to deliver it.
package struct OutgoingMessage: Sendable, Equatable {
    package let id: MessageID
    /// 1 at the first claim; names the claim in the acknowledgement.
    package let attempt: Int
    /// The same for every attempt, and no other message's.
    package let idempotencyKey: String
    package let kind: String
    /// Name of the person, team or client.
    package let name: String
    /// As the channel understands it; one line, checked when it was written.
    package let address: String
    /// `en`, `ru`, `pt_BR`.
    package let locale: String
    /// One line without control characters.
    package let subject: String
    /// Without control characters but tabs and line feeds.
    package let text: String
    /// A JSON object, as the database wrote it.
    package let data: String
    /// When it was claimed, as a mail says it: `Sun, 22 Nov 2026 06:40:17 +0000`.
    package let date: String

    package init(
        id: MessageID, attempt: Int, idempotencyKey: String, kind: String, name: String, address: String,
        locale: String, subject: String, text: String, data: String, date: String
    ) {
        self.id = id
        self.attempt = attempt
        self.idempotencyKey = idempotencyKey
        self.kind = kind
        self.name = name
        self.address = address
        self.locale = locale
        self.subject = subject
        self.text = text
        self.data = data
        self.date = date
    }
}
