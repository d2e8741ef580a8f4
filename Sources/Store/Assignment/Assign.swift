package import Policy
package import Postgres

/// Applies decided pairs under locks; returns those that held. See `secondline_rules.assign`.
package struct Assign: Statement {
    package struct Row: Sendable {
        package let ticket: TicketID
        package let person: PersonID
        /// Seconds since the ticket became eligible.
        package let waited: Double
    }

    package let at: Instant
    package let choices: ArraySlice<Choice>

    package init(at: Instant, choices: ArraySlice<Choice>) {
        self.at = at
        self.choices = choices
    }

    package static let sql: StaticString = """
        select ticket_id, person_id, waited_seconds
          from secondline_rules.assign($1, $2::bigint[], $3::bigint[], $4::text[], $5::text[]::jsonb[])
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(choices.map(\.ticket.raw))
        parameters.append(choices.map(\.person.raw))
        parameters.append(choices.map(\.reason.rawValue))
        parameters.append(choices.map(\.candidatesJSON))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(ticket: try row.next(), person: try row.next(), waited: try row.next())
    }
}

extension Choice {
    /// What the ledger keeps: numbers and our own codes only, so nothing needs escaping.
    var candidatesJSON: String {
        var json = #"{"considered":["#
        json.reserveCapacity(96 + 96 * considered.count)
        for (place, one) in considered.enumerated() {
            if place > 0 { json += "," }
            json += #"{"person_id":"#
            json += String(one.person.raw)
            json += #","load":"#
            json += String(one.load.count)
            json += #","capacity":"#
            json += String(one.capacity.count)
            if one.knowsClient { json += #","knows_client":true"# }
            if one.isSpared { json += #","spared":true"# }
            json += "}"
        }
        json += #"],"excluded":{"#
        for (place, entry) in excluded.sorted(by: { $0.key.rawValue < $1.key.rawValue }).enumerated() {
            if place > 0 { json += "," }
            json += "\"\(entry.key.rawValue)\":\(entry.value)"
        }
        return json + "}}"
    }
}
