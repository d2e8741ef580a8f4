/// A ticket, as `secondline.ticket.ticket_id` names it.
package struct TicketID: Hashable, Comparable, Sendable {
    package let raw: Int64

    package init(_ raw: Int64) { self.raw = raw }

    package static func < (a: TicketID, b: TicketID) -> Bool { a.raw < b.raw }
}

/// A person, as `secondline.person.person_id` names them.
package struct PersonID: Hashable, Comparable, Sendable {
    package let raw: Int64

    package init(_ raw: Int64) { self.raw = raw }

    package static func < (a: PersonID, b: PersonID) -> Bool { a.raw < b.raw }
}

/// A message, as `secondline.message.message_id` names it.
package struct MessageID: Hashable, Comparable, Sendable {
    package let raw: Int64

    package init(_ raw: Int64) { self.raw = raw }

    package static func < (a: MessageID, b: MessageID) -> Bool { a.raw < b.raw }
}
