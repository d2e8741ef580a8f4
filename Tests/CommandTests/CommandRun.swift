import Foundation
import Postgres
import TestSupport

@testable import secondline

/// What a command of the real program said and returned.
struct CommandRun {
    let status: secondline.ExitStatus
    let output: String
    let errors: String

    /// Without the environment of whoever runs the tests.
    init(_ arguments: [String], environment: [String: String] = [:]) async {
        let (output, errors) = (ScratchFile(), ScratchFile())
        status = await Program.secondline.run(
            arguments: arguments, environment: environment,
            output: Terminal(descriptor: output.descriptor, environment: environment),
            errors: Terminal(descriptor: errors.descriptor, environment: environment))
        self.output = output.text
        self.errors = errors.text
    }

    init(_ arguments: [String], on conninfo: String) async {
        await self.init(arguments + ["--conninfo", conninfo])
    }
}

/// Calls `body` with a database of its own, and a session in it.
func withDatabase(
    migrated: Bool = true, _ body: (ScratchDatabase, Session) async throws -> Void
) async throws {
    let database = try await migrated ? .migrated() : ScratchDatabase()
    let session = try await database.session()
    do {
        try await body(database, session)
        await session.close()
        try await database.drop()
    } catch {
        await session.close()
        try? await database.drop()
        throw error
    }
}

/// Calls `body` with a login of its own in some of the roles; roles outlive databases, so it goes afterwards.
func withLogin(
    _ database: ScratchDatabase, _ session: Session, in roles: [String],
    _ body: (_ conninfo: String) async throws -> Void
) async throws {
    let login = "login_\(UInt64.random(in: 0 ... .max))"
    try await session.script("create role \(login) login")
    for role in roles { try await session.script("grant \(role) to \(login)") }
    do {
        try await body(try Conninfo(parsing: database.conninfo).with("user", login))
    } catch {
        try? await session.script("drop owned by \(login); drop role \(login)")
        throw error
    }
    try await session.script("drop owned by \(login); drop role \(login)")
}
