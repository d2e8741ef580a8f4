import Postgres
import Store

extension Command {
    static let migrate = Command(
        name: "migrate", summary: "Bring the database to the schema of this version",
        discussion: """
            Creates the schema, or applies what a newer version brought; all of it or nothing. Safe to run again, and \
            safe when two run at once. Needs a role that may create schemas in this database, and the first time in \
            a cluster also roles. A DBA can do the same with psql and sql/install.sql, which the \
            package has in /usr/share/secondline. Daemons may be at work. A table that somebody holds is \
            waited for, a second at a time, and who holds it is told.
            """,
        options: [
            Option(
                long: "wait", short: "w", value: "DURATION",
                summary: "Try for so long when somebody holds a table (default: 1min)"),
            Option(long: "dry-run", short: "n", summary: "Print the SQL that would run, for psql, and change nothing"),
        ],
        run: { call in try await MigrateCommand(call: call).run() })
}

struct MigrateCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let isDry = call.has("dry-run")
        let session = try await CommandSession(call, writes: !isDry).openAnySchema()
        if isDry {
            call.output.write(try await Migrator.script(for: session))
        } else {
            let limit = try call.duration("wait", in: .zero ... .seconds(86_400)) ?? .seconds(60)
            let watch = Task { [waiting = try await session.server.backendPID] in await tellHolders(of: waiting) }
            defer { watch.cancel() }
            let result: Migrator.Result
            do { result = try await Migrator.migrate(session, within: limit) } catch let error as DatabaseError
                where error.recovery == .retry
            {
                throw CommandFailure(
                    .temporaryFailure,
                    "nothing has changed: the migration did not get in time what it needs (\(error))",
                    advice: "End the transaction that holds it, try at a quieter time, or with a longer --wait.")
            }
            for name in result.applied { call.output.write("applied \(name)\n") }
            call.output.write(
                result.applied.isEmpty
                    ? "Nothing to migrate: the schema is \(SchemaVersion.known). Functions, views and rights were renewed.\n"
                    : "The schema is \(SchemaVersion.known).\n")
        }
        await session.close()
        return .ok
    }

    /// Says once of each who holds what the migration waits for.
    private func tellHolders(of waiting: Int32) async {
        var told: Set<LockHolders.Row> = []
        guard let session = try? await CommandSession(call, writes: false).openAnySchema() else { return }
        while !Task.isCancelled, let holders = try? await session.query(LockHolders(of: waiting)) {
            for holder in holders where told.insert(holder).inserted { call.errors.write("waiting for \(holder)\n") }
            try? await Task.sleep(for: .milliseconds(200))
        }
        await session.close()
    }
}
