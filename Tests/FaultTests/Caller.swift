import Postgres

/// A program with one connection that goes on whatever happens to the server, and knows of each call what came of it.
actor Caller {
    enum Outcome: Sendable {
        case done([[String?]])
        /// By a rule of the department.
        case refused(SQLState)
        case failed
        case unknown
    }

    private let session: Session
    private let told: Told

    init(_ session: Session, _ told: Told) {
        self.session = session
        self.told = told
    }

    /// Counts as an act when it is done, unless it only looks.
    func call(_ sql: String, looks: Bool = false) async -> Outcome {
        if await !session.isOpen {
            do throws(DatabaseError) { try await session.open() } catch {
                judge(error, sql)
                try? await Task.sleep(for: .milliseconds(50))
                return .failed
            }
        }
        do throws(DatabaseError) {
            let rows = try await session.simpleQuery(sql)
            // committed here, but perhaps not on the standby, which may be the next primary
            if await session.takeNotices().contains(where: { $0.contains("waiting for synchronous replication") }) {
                told.note { $0.unknown += 1 }
                return .unknown
            }
            if !looks { told.note { $0.acts += 1 } }
            return .done(rows)
        } catch {
            return judge(error, sql)
        }
    }

    func close() async { await session.close() }

    @discardableResult
    private func judge(_ error: DatabaseError, _ sql: String) -> Outcome {
        if error.outcomeUnknown {
            told.note { $0.unknown += 1 }
            return .unknown
        }
        guard let state = error.sqlState else {
            told.note { $0.failed += 1 }
            return .failed
        }
        switch state.errorClass {
        case "SL":
            told.note { $0.refused += 1 }
            return .refused(state)
        // a lock, a time limit, no server, no room
        case "55", "57", "08", "53": break
        // a primary that has become a standby
        case "25": break
        // a day that gets a task while it is being ended
        case "P0" where sql.hasPrefix("do "): break
        default: told.note { $0.unexpected.append("\(error): \(sql.prefix(300))") }
        }
        told.note { $0.failed += 1 }
        return .failed
    }
}
