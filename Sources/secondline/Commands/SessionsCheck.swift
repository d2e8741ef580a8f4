import Postgres

/// Whether as many sessions can be had at once as a daemon has: a pooler lets those wait that are too many.
struct SessionsCheck {
    let options: SessionOptions
    /// The one of the check is among them.
    let count: Int
    var patience: Duration = .seconds(5)

    func finding() async -> Finding {
        var options = options
        options.callTimeout = patience
        options.connectTimeout = min(patience, options.connectTimeout)
        let sessions = (1..<count).map { [options] _ in Session(options: options) }
        let errors = await withTaskGroup(of: DatabaseError?.self) { group in
            for session in sessions {
                group.addTask {
                    do throws(DatabaseError) { try await session.open() } catch { return error }
                    return nil
                }
            }
            var errors: [DatabaseError] = []
            for await case let error? in group { errors.append(error) }
            return errors
        }
        for session in sessions { await session.close() }
        guard let error = errors.first else { return .ok("sessions: \(count) at once, as many as a daemon has") }
        return .warning(
            "sessions: only \(count - errors.count) of the \(count) that a daemon has could be had at once: \(error.message)",
            advice)
    }

    private var advice: String {
        switch options.pooler {
        case .off: "Raise the connection limit of the role or the database, or max_connections."
        case .session:
            """
            The pool is likely too small: give it \(count) connections for each daemon and \(count) more \
            (default_pool_size, and max_db_connections and max_user_connections where they are set).
            """
        case .transaction: "Raise max_client_conn of the pooler."
        }
    }
}
