import Postgres
import Store

/// How a command reaches the database.
struct CommandSession {
    let options: SessionOptions

    /// `writes` looks for a server that can be written to, as the conninfo of several hosts may name.
    init(_ call: Invocation, writes: Bool) throws(CommandFailure) {
        var options = try call.configuration().sessionOptions("secondline \(call.command.name)")
        options.readWrite = writes
        self.options = options
    }

    /// An open session on a database whose schema is this program's.
    func open() async throws -> Session {
        let session = try await openAnySchema()
        let version = try await session.transaction { (db) throws(DatabaseError) in try SchemaVersion.read(in: db) }
        if let failure = Explanation.of(version) { throw failure }
        return session
    }

    func openAnySchema() async throws -> Session {
        let session = Session(options: options)
        do throws(DatabaseError) {
            try await session.open()
        } catch {
            if let failure = await readOnlyServer(behind: error) { throw failure }
            throw error
        }
        return session
    }

    /// libpq refuses a read-only server without a SQLSTATE: whether it was that is seen by connecting without the wish to write.
    private func readOnlyServer(behind error: DatabaseError) async -> CommandFailure? {
        guard options.readWrite, error.kind == .connection,
            error.sqlState == nil || error.sqlState == .readOnlyTransaction,
            let conninfo = try? Conninfo(parsing: options.conninfo)
        else { return nil }
        var modest = options
        modest.readWrite = false
        modest.conninfo = conninfo.with("target_session_attrs", "any")
        let session = Session(options: modest)
        do throws(DatabaseError) {
            try await session.open()
            guard let state = try await session.query(ServerState()).first, state.isReadOnly else { return nil }
            let server = try await session.server
            await session.close()
            return Self.readOnly(server, state)
        } catch {
            return nil
        }
    }

    static func readOnly(_ server: ServerInfo, _ state: ServerState.Row) -> CommandFailure {
        let place = "the server at \(server.host):\(server.port)"
        if state.isStandby {
            return CommandFailure(
                .unavailable, "\(place) is a standby, which cannot be written to",
                advice: "Connect to the primary, or name all servers in the conninfo: host=one,two.")
        }
        return CommandFailure(
            .unavailable, "sessions on \(place) are read-only (default_transaction_read_only)",
            advice: "Connect to another server, or have that setting of the server, database or role changed.")
    }
}
