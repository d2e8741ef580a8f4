import Policy
import Store

/// A note that was sent: where it goes, and where it does not.
struct SentNote: Sendable {
    let person: FindPeople.Row
    let popup: MessageID
    let contacts: [PersonContacts.Row]
    let copies: [NoteCopies.Row]
    /// Seconds until the next shift, when it waits for that.
    let quietFor: Double?

    func text(for terminal: Terminal) -> String {
        var table = TextTable([
            .init(heading: "CHANNEL", shrinks: true), .init(heading: "MESSAGE", alignment: .right),
            .init(heading: "ADDRESS", shrinks: true), .init(heading: "WHAT BECOMES OF IT", shrinks: true),
        ])
        table.append(["popup", "\(popup.raw)", "", "stands in the inbox until it is acknowledged"])
        for contact in contacts {
            let message = message(through: contact.channel)
            let number = message.map { "\($0.raw)" } ?? ""
            let (fate, style) = fate(of: contact, isSent: message != nil)
            table.append([.init(contact.channel), .init(number), .init(contact.address), .init(fate, style)])
        }
        var text = "Message \(popup.raw) to \(person.name.visible()) (\(person.id.raw))\n"
        text += table.text(for: terminal)
        for contact in contacts where message(through: contact.channel) != nil {
            let trouble = ChannelWords.trouble(
                contact.channel, state: contact.state, failingFor: contact.failingFor, error: contact.error)
            if let trouble { text += terminal.styled("\(contact.channel): \(trouble)".visible(), .yellow) + "\n" }
        }
        if let quietFor, !copies.isEmpty {
            text += "\(person.name.visible()) is neither in a shift nor at work, and it is not urgent: "
            text += "it waits for the next shift, in \(Figures.time(quietFor)).\n"
        }
        if contacts.isEmpty { text += "There is no contact beside the popup: secondline.set_contact adds one.\n" }
        return text
    }

    func message(through channel: String) -> MessageID? { copies.first { $0.channel == channel }?.message }

    func contact(through channel: String) -> PersonContacts.Row? { contacts.first { $0.channel == channel } }

    private func fate(of contact: PersonContacts.Row, isSent: Bool) -> (String, Terminal.Style?) {
        guard isSent else { return ("not sent: only what is \(contact.fromSeverity) or above goes there", .faint) }
        switch contact.state {
        case "not_configured": return ("waits: \(ChannelWords.absent)", .yellow)
        case "failing": return ("waits: the channel is failing", .yellow)
        case _: break
        }
        guard let quietFor else { return ("on its way", .green) }
        return ("waits for the next shift, in \(Figures.time(quietFor))", .yellow)
    }
}
