package import Policy
package import Postgres

/// Applies decided pairs under locks; returns what became of each. See `secondline_rules.assign`.
package struct Assign: Statement {
    package enum Outcome: String, PostgresValue {
        case assigned
        /// Somebody has it, moved it, cancelled it, or is changing it now.
        case ticketChanged = "ticket_changed"
        /// No longer eligible, no longer with room, or being changed now.
        case personChanged = "person_changed"
        /// Ranked behind one whose person fell away: it would overtake.
        case notTried = "not_tried"
    }

    package struct Row: Sendable {
        package let ticket: TicketID
        package let person: PersonID
        package let outcome: Outcome
        /// Seconds since the ticket became eligible; nil when it has changed.
        package let waited: Double?
    }

    package let at: Instant
    package let choices: ArraySlice<Choice>

    package init(at: Instant, choices: ArraySlice<Choice>) {
        self.at = at
        self.choices = choices
    }

    package static let sql: StaticString = """
        select ticket_id, person_id, outcome, waited_seconds
          from secondline_rules.assign($1, $2::bigint[], $3::bigint[], $4::text[], $5::text[]::jsonb[], $6::integer[], $7::integer[])
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(choices.map(\.ticket.raw))
        parameters.append(choices.map(\.person.raw))
        parameters.append(choices.map(\.reason.rawValue))
        parameters.append(choices.map(\.candidatesJSON))
        parameters.append(choices.map { Int32($0.minutesBefore.count) })
        parameters.append(choices.map { Int32($0.offersBefore) })
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(ticket: try row.next(), person: try row.next(), outcome: try row.next(), waited: try row.next())
    }
}

extension Choice {
    /// What the ledger keeps: numbers and our own codes only, so nothing needs escaping.
    var candidatesJSON: String {
        var json: [UInt8] = []
        json.reserveCapacity(64 + 80 * considered.count)
        json += #"{"considered":["#.utf8
        for (place, one) in considered.enumerated() {
            if place > 0 { json.append(UInt8(ascii: ",")) }
            json += #"{"person_id":"#.utf8
            json += String(one.person.raw).utf8
            json += #","load":"#.utf8
            json += String(one.load.count).utf8
            json += #","capacity":"#.utf8
            json += String(one.capacity.count).utf8
            if one.knowsClient { json += #","knows_client":true"#.utf8 }
            if one.isSpared { json += #","spared":true"#.utf8 }
            json.append(UInt8(ascii: "}"))
        }
        json.append(UInt8(ascii: "]"))
        if !excluded.isEmpty {
            let counts = excluded.map { "\"\($0.key.rawValue)\":\($0.value)" }
            json += #","excluded":{\#(counts.sorted().joined(separator: ","))}"#.utf8
        }
        json.append(UInt8(ascii: "}"))
        return String(decoding: json, as: UTF8.self)
    }
}
