import Postgres
import Store

extension Command {
    static let migrate = Command(
        name: "migrate", summary: "Bring the database to the schema of this version",
        discussion: """
            Creates the schema, or applies what a newer version brought; all of it or nothing. Safe to run again, and \
            safe when two run at once. Needs a role that may create schemas in this database, and the first time in \
            a cluster also roles. A DBA can do the same with psql and sql/install.sql, which the \
            package has in /usr/share/secondline.
            """,
        options: [
            Option(long: "dry-run", short: "n", summary: "Print the SQL that would run, for psql, and change nothing")
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
            let result = try await Migrator.migrate(session)
            for name in result.applied { call.output.write("applied \(name)\n") }
            call.output.write(
                result.applied.isEmpty
                    ? "Nothing to migrate: the schema is \(SchemaVersion.known). Functions, views and rights were renewed.\n"
                    : "The schema is \(SchemaVersion.known).\n")
        }
        await session.close()
        return .ok
    }
}
