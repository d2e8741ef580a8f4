import Policy
import Store

/// Messages as people read them.
enum MessageTable {
    static func table(of messages: [OpenMessages.Row]) -> TextTable {
        var table = TextTable([
            .init(heading: "MESSAGE", alignment: .right), .init(heading: "STATE"),
            .init(heading: "CHANNEL", shrinks: true), .init(heading: "KIND", shrinks: true),
            .init(heading: "TO", shrinks: true), .init(heading: "AGE", alignment: .right),
            .init(heading: "TRIES", alignment: .right), .init(heading: "LAST SAID, OR ABOUT", shrinks: true),
        ])
        for message in messages {
            table.append([
                .init("\(message.id.raw)"), state(of: message), .init(message.channel), .init(message.kind),
                .init(recipient(of: message)), .init(Figures.time(message.age)), .init("\(message.attempt)"),
                matter(of: message),
            ])
        }
        return table
    }

    private static func state(of message: OpenMessages.Row) -> TextTable.Cell {
        let due = message.dueIn.map { " in \(Figures.time($0))" } ?? ""
        return switch message.state {
        // a popup stands in the inbox, sent, until it is acknowledged
        case "sent": .init(due.isEmpty ? "unread" : "appears\(due)", .faint)
        case "set_aside": .init("set_aside", .red)
        case let state: .init(state + due, due.isEmpty ? nil : .faint)
        }
    }

    private static func recipient(of message: OpenMessages.Row) -> String {
        let name = message.recipient ?? "?"
        return message.recipientIs == "person" ? name : "\(name) (\(message.recipientIs))"
    }

    /// What the channel said, once it has been tried; what it is about before.
    private static func matter(of message: OpenMessages.Row) -> TextTable.Cell {
        guard let outcome = message.outcome else {
            // set aside before any attempt was recorded
            if let said = message.said, !said.isEmpty { return .init(said, .yellow) }
            return .init(message.subject ?? "")
        }
        let said = message.said.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        return .init(outcome + said, .yellow)
    }
}
