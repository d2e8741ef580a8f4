internal import Postgres

/// People who take what they are offered and solve it, over several connections, until nothing is left.
package struct Staff: Sendable {
    let database: ScratchDatabase
    let hands: Int

    package init(of database: ScratchDatabase, hands: Int = 4) {
        self.database = database
        self.hands = hands
    }

    /// Returns when no ticket is open any more.
    package func solveEverything() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hand in 0..<hands {
                group.addTask { try await solve(hand) }
            }
            try await group.waitForAll()
        }
    }

    private func solve(_ hand: Int) async throws {
        let session = try await database.session()
        while true {
            let mine = try await session.simpleQuery(
                """
                select ticket_id, person_id from secondline.assignment
                 where ended_at is null and person_id % \(hands) = \(hand) order by assignment_id limit 20
                """)
            for row in mine {
                guard let ticket = row[0], let person = row[1] else { continue }
                try await session.insist("select secondline.accept_ticket(\(ticket), \(person))")
                try await session.insist("select secondline.resolve_ticket(\(ticket), \(person), 'done')")
            }
            guard mine.isEmpty else { continue }
            let left = try await session.simpleQuery(
                "select from secondline.ticket where status not in ('resolved', 'cancelled') limit 1")
            if left.isEmpty { break }
            // nothing in hand: what comes next is the daemon's to decide
            try await Task.sleep(for: .milliseconds(2))
        }
        await session.close()
    }
}

extension Session {
    /// Tries again for as long as others are in the way, as a program of the department does.
    fileprivate func insist(_ sql: String) async throws(DatabaseError) {
        while true {
            do throws(DatabaseError) {
                return try await script(sql)
            } catch {
                guard error.recovery == .retry else { throw error }
            }
        }
    }
}
