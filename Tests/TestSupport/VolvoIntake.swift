package import Postgres

extension Department {
    /// Submits the 4,701 tickets of 2–4 May 2012 as they were, bugs those that reached the third line; returns how many.
    package func submitVolvo(in session: Session) async throws -> Int {
        let priorities = ["1": "urgent", "2": "high", "3": "normal", "4": "low"]
        let tickets = try Dataset.rows("volvo2013.csv.gz").filter { $0[1] >= "2012-05-02" && $0[1] < "2012-05-05" }
        for start in stride(from: 0, to: tickets.count, by: 500) {
            let values = tickets[start..<min(start + 500, tickets.count)].map { row in
                let arrived = quoteLiteral(String(row[1]))
                let priority = quoteLiteral(priorities[String(row[2])] ?? "normal")
                let kind = row[8] == "3" ? "bug" : "question"
                return
                    "(\(quoteLiteral(String(row[0]))), \(quoteLiteral("Incident in \(row[3])")), \(arrived)::timestamptz, \(priority), '\(kind)')"
            }
            try await session.script(
                """
                insert into secondline.ticket (queue, external_key, title, submitted_at, eligible_at, changed_at, priority, kind)
                select '\(queue)', v.key, v.title, v.at, v.at, v.at, v.priority::secondline.priority, v.kind::secondline.ticket_kind
                  from (values \(values.joined(separator: ","))) v (key, title, at, priority, kind)
                """)
        }
        // they waited long ago: what is due on them is not what this is about
        try await session.script("update secondline.ticket set attend_at = now() + interval '1 day'")
        return tickets.count
    }
}
