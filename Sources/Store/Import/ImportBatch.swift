package import Postgres

/// Tickets that are inserted together, in one transaction; those that the database refuses are found and left out.
package struct ImportBatch: Sendable {
    package struct Result: Sendable {
        package var inserted = 0
        package var alreadyThere = 0
        /// By place in the batch.
        package var refused: [(place: Int, error: DatabaseError)] = []
    }

    package let tickets: [ImportedTicket]
    /// Whether times of submission are written, which needs the right to.
    package let isDated: Bool

    package init(tickets: [ImportedTicket], isDated: Bool) {
        self.tickets = tickets
        self.isDated = isDated
    }

    /// Nothing is in when it throws, unless the error's `outcomeUnknown` is set.
    package func insert(in session: Session) async throws(DatabaseError) -> Result {
        try await session.transaction { (db) throws(DatabaseError) in
            var result = Result()
            if !tickets.isEmpty { try insert(tickets[...], in: db, &result) }
            return result
        }
    }

    private func insert(_ part: ArraySlice<ImportedTicket>, in db: Database, _ result: inout Result)
        throws(DatabaseError)
    {
        do throws(DatabaseError) {
            let inserted = try db.savepoint { (db) throws(DatabaseError) in
                isDated
                    ? try db.execute(ImportDatedTickets(tickets: part)) : try db.execute(ImportTickets(tickets: part))
            }
            result.inserted += inserted
            result.alreadyThere += part.count - inserted
        } catch {
            guard error.recovery == .setAside || error.sqlState == "P0002" else { throw error }
            guard part.count > 1 else {
                result.refused.append((part.startIndex, error))
                return
            }
            let middle = part.startIndex + part.count / 2
            try insert(part[..<middle], in: db, &result)
            try insert(part[middle...], in: db, &result)
        }
    }
}
